// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern run`: real traffic through the rules of a store, in user space. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "cli/cli.h"
#include "cli/filter.h"
#include "cli/scene.h"

struct options {
	struct scene_source source;
	const char *tuns[WIRE_PORTS];
	size_t tun_count;
	const char *read, *write, *in, *bridge, *queue, *connections;
	bool quiet;
};

static atomic_bool stop, again;

static void on_signal(int number)
{
	atomic_store(number == SIGHUP ? &again : &stop, true);
}

/* No SA_RESTART: poll(2) is to end. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static int bad(int word, struct err *err, const char *text)
{
	return err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)word }, "%s", text);
}

static const char **value_place(struct options *o, const char *word)
{
	const struct { const char *word, **at; } values[] = {
		{ "--read", &o->read }, { "--write", &o->write }, { "--in", &o->in },
		{ "--bridge", &o->bridge }, { "--queue", &o->queue },
		{ "--connections", &o->connections }, { "--host", &o->source.host },
		{ "--sets", &o->source.sets },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		if (!strcmp(word, values[i].word))
			return values[i].at;
	if (!strcmp(word, "--tun") && o->tun_count < WIRE_PORTS)
		return &o->tuns[o->tun_count++];
	return NULL;
}

static int parse(struct options *o, int argc, char **argv, struct err *err)
{
	for (int i = 1; i < argc; i++) {
		const char **at = value_place(o, argv[i]);

		if (!strcmp(argv[i], "-q")) {
			o->quiet = true;
			continue;
		}
		if (!at && strcmp(argv[i], "--store") != 0)
			return bad(i - 1, err, "this is no option of `postern run'");
		if (i + 1 == argc)
			return bad(i - 1, err, "this option wants something behind it");
		i++;
		if (at)
			*at = argv[i];
		else
			choose_store(argv[i]);
	}
	if (!!o->tun_count + !!o->read + !!o->bridge + !!o->queue != 1)
		return bad(-1, err, "one of --tun, --queue, --bridge and --read it must be");
	if ((o->write || o->in) && !o->read)
		return bad(-1, err, "--write and --in go with --read");
	if (!chosen_store())
		return bad(-1, err, "--store DIR says whose rules");
	return 0;
}

static int open_bridge(struct wire *wire, const char *names, struct err *err)
{
	const char *comma = strchr(names, ',');
	char one[64];

	if (!comma || (size_t)(comma - names) >= sizeof(one))
		return err_set(err, ERR_SYNTAX, PLACE_NONE,
			       "--bridge wants two devices: eth0,eth1");
	snprintf(one, sizeof(one), "%.*s", (int)(comma - names), names);
	return wire_open_bridge(wire, one, comma + 1, err);
}

static int number(const char *word, const char *what, uint64_t most, uint64_t *value,
		  struct err *err)
{
	if (num_parse(word, 0, most, value))
		return 0;
	return err_set(err, ERR_SYNTAX, PLACE_NONE, "%s: \"%s\" is no number up to %llu", what,
		       word, (unsigned long long)most);
}

static int open_wire(struct filter *f, const struct options *o, struct err *err)
{
	uint64_t queue;
	int r;

	if (o->read)
		return wire_open_capture(&f->wire, o->read, o->write, o->in, err);
	if (o->bridge)
		return open_bridge(&f->wire, o->bridge, err);
	if (o->tun_count)
		return wire_open_tun(&f->wire, o->tuns, o->tun_count, err);
	r = number(o->queue, "--queue", UINT16_MAX, &queue, err);
	return r ? r : wire_open_queue(&f->wire, (uint16_t)queue, err);
}

static int start(struct filter *f, const struct options *o, struct err *err)
{
	struct scene scene = { 0 };
	uint64_t connections = 0;
	int r = store_open_backend(&f->backend, chosen_store(), err);

	if (!r && o->connections)
		r = number(o->connections, "--connections", 1 << 24, &connections, err);
	f->limits.connections = (uint32_t)connections;
	/* The host as it is with our own devices there. */
	if (!r)
		r = open_wire(f, o, err);
	if (!r)
		r = filter_watch_host(f, err);
	if (!r)
		r = filter_read_host(f, err);
	if (!r && o->source.sets)
		r = scene_read_sets(&scene, o->source.sets, err);
	f->sets = scene.sets;
	f->knows_sets = scene.knows_sets;
	if (r)
		return r;
	return filter_start(f, err);
}

static void tell(const struct filter *f)
{
	const struct filter_counts *c = &f->counts;
	const struct conntrack_counts *ct = conntrack_counts(engine_conntrack(f->engine));

	fprintf(stderr, "postern: %llu passed, %llu dropped, %llu rejected, %llu lost, "
		"%llu not IP\n", (unsigned long long)c->passed, (unsigned long long)c->dropped,
		(unsigned long long)c->rejected, (unsigned long long)c->lost,
		(unsigned long long)c->other);
	if (c->unknown)
		fprintf(stderr, "postern: %llu dropped that could not be judged, the first because "
			"%s\n", (unsigned long long)c->unknown, f->why);
	if (ct->early_dropped)
		fprintf(stderr, "postern: %llu connections without an answer were forgotten, while "
			"the table was full\n", (unsigned long long)ct->early_dropped);
	if (ct->refused)
		fprintf(stderr, "postern: %llu dropped that would have begun a connection, while "
			"the table was full\n", (unsigned long long)ct->refused);
}

static int filter(const struct options *o, struct err *err)
{
	AUTO_FREE struct filter *f = mem_alloc(sizeof(*f));
	int r, closed;

	*f = (struct filter){
		.stop = &stop, .again = &again, .live = !o->read, .host_fd = -1,
		.host_path = o->source.host,
	};
	r = start(f, o, err);
	if (!r) {
		if (!o->quiet)
			fprintf(stderr, "postern: filtering by the rules of %s\n",
				chosen_store());
		if (f->wire.mute && !o->quiet)
			fprintf(stderr, "postern: REJECT only drops, no answers can be sent: %s\n",
				strerror(f->wire.mute));
		r = filter_run(f, err);
		closed = wire_close(&f->wire, err);
		r = r ? r : closed;
		if (!o->quiet)
			tell(f);
	}
	filter_free(f);
	return r;
}

int run_filter(int argc, char **argv)
{
	struct options o = { 0 };
	struct err err = ERR_INIT;
	const struct call call = {
		.program = "postern run", .explain = true,
		.words = (const char *const *)argv + 1, .word_count = (size_t)argc - 1,
	};
	int r = parse(&o, argc, argv, &err);

	catch_signals();
	if (!r)
		r = filter(&o, &err);
	if (!r)
		return 0;
	own_fail(&call, &err);
	return err.code == ERR_SYNTAX ? 2 : 4;
}
