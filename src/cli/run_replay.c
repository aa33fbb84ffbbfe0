// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern replay`: every packet of a capture through a rule set, and perhaps through another one
 * beside it. Nothing is sent; the clock is that of the capture.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/replay.h"

enum { PROGRESS_EVERY = 65536 };

struct asked {
	const struct replay *replay;
	enum family family;
};

/* ------------------------------------------------------------------ one packet */

static void fill_meta(const struct replay *r, const struct host *host, const struct packet *p,
		      const struct frame *f, struct meta *meta)
{
	*meta = (struct meta){
		.known = KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY | KNOWN_LINK,
		.pkttype = f->type,
	};
	scene_arrival(host, (enum family)p->family, packet_saddr(p), r->device, meta);
	if (!*meta->in)
		meta->known &= ~(unsigned)KNOWN_LINK;
}

/* Asked for each packet: what was assumed. */
static enum answer decide(void *context, const struct unknown *unknown)
{
	const struct asked *asked = context;

	return assumptions_answer(&asked->replay->assumptions, asked->family, unknown);
}

static void run(const struct replay *r, struct engine *engine, const struct scene *scene,
		struct packet *p, enum packet_flaw flaw, const struct frame *f,
		struct outcome *outcome)
{
	struct asked asked = { r, (enum family)p->family };
	struct input input = {
		.packet = p, .flaw = flaw, .context = &asked,
		.decide = r->assumptions.count ? decide : NULL,
	};
	struct world *world = engine_world(engine);

	if (flaw == PACKET_GOOD)
		fill_meta(r, &scene->host, p, f, &input.meta);
	/* A clock that only goes forward, from one second on. */
	input.now = 1000000000 + (r->last_ns - r->first_ns);
	world->time_known = true;
	world->wall = (int64_t)(f->ns / 1000000000);
	engine_run(engine, &input, outcome);
}

static int take_frame(struct replay *r, const struct frame *f, struct err *err)
{
	struct packet p = { .link = f->link, .link_len = f->link_len }, q, was;
	struct outcome a, b;
	enum packet_flaw flaw;
	int e;

	if (!f->bytes) {
		r->not_ip++;
		return 0;
	}
	if (!r->packets || f->ns < r->first_ns)
		r->first_ns = r->packets ? r->first_ns : f->ns;
	if (f->ns > r->last_ns)
		r->last_ns = f->ns;
	r->packets++;
	r->bytes += f->wire;
	flaw = packet_parse(&p, f->bytes, f->captured, f->room);
	memcpy(r->copy, f->bytes, f->captured);
	memcpy(r->came, f->bytes, f->captured);
	q = was = p;
	q.bytes = r->copy;
	was.bytes = r->came;
	run(r, r->engine, &r->scene, &p, flaw, f, &a);
	r->fates[a.fate]++;
	if (a.fate == FATE_UNKNOWN)
		replay_reason(r, &a);
	e = replay_write(r, &was, f, a.fate, err);
	if (e < 0)
		return e;
	if (!r->other_engine)
		return 0;
	run(r, r->other_engine, &r->other, &q, flaw, f, &b);
	if (flaw == PACKET_GOOD)
		replay_compare(r, &was, &(struct judged){ &a, &p }, &(struct judged){ &b, &q });
	return 0;
}

static void show_progress(const struct replay *r, const struct capture *capture)
{
	uint64_t done, all;

	capture_progress(capture, &done, &all);
	if (all)
		fprintf(stderr, "\r%3u%%  %llu packets ", (unsigned)(done * 100 / all),
			(unsigned long long)r->packets);
	else
		fprintf(stderr, "\r%llu packets ", (unsigned long long)r->packets);
}

static int take_frames(struct replay *r, struct err *err)
{
	AUTO_CAPTURE *capture = NULL;
	bool tells = isatty(STDERR_FILENO) && !r->quiet;
	uint64_t n = 0;
	struct frame f;
	int e = capture_open(&capture, r->capture, err);

	while (!e && (e = capture_next(capture, &f, err)) == 1) {
		e = take_frame(r, &f, err);
		if (tells && ++n % PROGRESS_EVERY == 0)
			show_progress(r, capture);
	}
	if (tells && n >= PROGRESS_EVERY)
		fputs("\r\033[K", stderr);
	return e;
}

/* ------------------------------------------------------------------ the command */

static int open_engine(struct engine **engine, const struct scene *scene, struct err *err)
{
	const struct engine_config config = {
		.rules = &scene->rules, .host = &scene->host,
		.sets = scene_sets(scene), .keep_counters = true,
	};

	return engine_open(engine, &config, err);
}

/* The other rule set: a file takes the place of the rules of its family. */
static int load_other(struct replay *r, struct err *err)
{
	/* With rules of one family only, the others are of that, too. */
	bool six = r->source.rule6_count && !r->source.rule_count;
	int e = scene_load(&r->other, &r->source, err);

	for (size_t i = 0; !e && i < r->vs_count; i++)
		e = scene_replace_rules(&r->other, six ? FAMILY_IPV6 : 0, r->vs[i], err);
	return e ? e : replay_flows_open(r, err);
}

static void clear_counters(struct ruleset *rs)
{
	for (struct table *t = rs->first; t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next) {
			c->counters = (struct counters){ 0 };
			for (struct rule *rule = c->first; rule; rule = rule->next)
				rule->counters = (struct counters){ 0 };
		}
}

static int replay(struct replay *r, struct err *err)
{
	int e = scene_load(&r->scene, &r->source, err);

	/* What is counted is the capture. */
	clear_counters(&r->scene.rules);
	if (!e)
		e = open_engine(&r->engine, &r->scene, err);
	if (!e && r->vs_count)
		e = load_other(r, err);
	if (!e && r->vs_count)
		e = open_engine(&r->other_engine, &r->other, err);
	if (!e && r->write && capture_is_same(r->capture, r->write))
		e = err_set(err, ERR_OTHER, PLACE_NONE, "%s is the capture that is read", r->write);
	if (!e && r->write)
		e = capture_create(&r->out, r->write, err);
	if (!e)
		e = take_frames(r, err);
	if (capture_finish(&r->out, err) < 0 && !e)
		e = -EIO;
	return e;
}

static void replay_free(struct replay *r)
{
	engine_close(&r->engine);
	engine_close(&r->other_engine);
	scene_free(&r->scene);
	scene_free(&r->other);
	replay_held_free(r);
	free(r->flows);
	free(r->buckets);
	free(r);
}

/* Of an option that takes a word: where it goes; NULL: it is none. */
static int take_value(struct replay *r, const char *name, const char *value, struct err *err)
{
	if (!strcmp(name, "--assume"))
		return assumptions_add(&r->assumptions, value, err);
	if (!strcmp(name, "--write"))
		r->write = value;
	else if (!strcmp(name, "-i"))
		r->device = value;
	else if (r->vs_count == ARRAY_SIZE(r->vs))
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "--vs: a file of each family at most");
	else
		r->vs[r->vs_count++] = value;
	return 0;
}

static int read_option(struct replay *r, int argc, char **argv, int *at, struct err *err)
{
	static const char *const names[] = { "--vs", "--write", "-i", "--assume" };
	const char *word = argv[*at];

	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		if (strcmp(word, names[n]) != 0)
			continue;
		if (++*at == argc)
			return err_set(err, ERR_SYNTAX, PLACE_NONE,
				       "option \"%s\" requires an argument", word);
		return take_value(r, word, argv[*at], err);
	}
	if (!strcmp(word, "--json"))
		r->json = true;
	else if (!strcmp(word, "-q"))
		r->quiet = true;
	else if (r->capture || (*word == '-' && word[1]))
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "unexpected \"%s\"", word);
	else
		r->capture = word;
	return 0;
}

static int read_options(struct replay *r, int argc, char **argv, struct err *err)
{
	int e = 0;

	for (int i = 1; !e && i < argc; i++) {
		e = scene_option(&r->source, argc, argv, &i, err);
		if (!e)
			e = read_option(r, argc, argv, &i, err);
		else if (e == 1)
			e = 0;
		if (e < 0)
			err->place = (struct place){ .word = (int16_t)(i - 1) };
	}
	if (!e && !r->capture)
		e = err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)(argc - 1) },
			    "the capture is missing");
	return e;
}

int run_replay(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof(*r));
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	struct call call = {
		.program = "postern replay", .explain = true,
		.words = (const char *const *)argv + 1, .word_count = (size_t)argc - 1,
	};
	int e = r ? read_options(r, argc, argv, &err) : -ENOMEM;

	if (!e)
		e = replay(r, &err);
	/* What came before the damage of a capture is good. */
	if (!e || (r && r->packets)) {
		if (r->json)
			replay_json(&out, r, !e);
		else
			replay_print(&out, r);
	}
	if (sink_flush(&out) < 0)
		err_set(&err, ERR_OTHER, PLACE_NONE, "cannot write what was found out");
	if (r)
		replay_free(r);
	if (err.code == ERR_NONE)
		return 0;
	own_fail(&call, &err);
	return 2;
}
