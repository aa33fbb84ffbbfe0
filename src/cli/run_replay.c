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

#include "base/hash.h"
#include "base/json.h"
#include "cli/cli.h"
#include "cli/scene.h"
#include "net/capture.h"

enum {
	FATES = FATE_HELD + 1,
	FLOWS_MOST = 1 << 18,	/* beyond, differences are counted and no longer told apart */
	PROGRESS_EVERY = 65536,
};

/* Both directions of a flow are one; `low` is the end that sorts first. */
struct flow_key {
	union inet_addr low, high;
	uint16_t low_port, high_port;
	uint8_t proto, family;
};

struct flow {
	struct flow_key key;
	uint32_t next;			/* of the same bucket; 0: none */
	uint64_t packets, otherwise;	/* those whose fate differs */
	char line[96];			/* its first packet that fares otherwise */
	char fates[160];
};

struct replay {
	struct scene_source source;
	const char *capture, *vs, *write, *device;
	bool json, quiet;
	struct scene scene, other;
	struct engine *engine, *other_engine;
	struct capture_out *out;
	uint64_t packets, not_ip, bytes, first_ns, last_ns;
	uint64_t fates[FATES];
	/* flows, 1-based */
	struct flow *flows;
	uint32_t flow_count, *buckets;
	uint64_t more_otherwise;
	uint8_t copy[CAPTURE_ROOM], came[CAPTURE_ROOM];
};

/* ------------------------------------------------------------------ flows */

static uint16_t port_at(const struct packet *p, unsigned at)
{
	const uint8_t *h = p->has_ports ? packet_transport(p, at + 2) : NULL;

	return h ? (uint16_t)(h[at] << 8 | h[at + 1]) : 0;
}

static struct flow_key key_of(const struct packet *p)
{
	struct flow_key key = { .proto = p->proto, .family = p->family };
	size_t len = addr_len((enum family)p->family);
	uint16_t source = port_at(p, 0), destination = port_at(p, 2);
	int order = memcmp(packet_saddr(p), packet_daddr(p), len);
	bool turned = order > 0 || (!order && source > destination);

	memcpy(&key.low, turned ? packet_daddr(p) : packet_saddr(p), len);
	memcpy(&key.high, turned ? packet_saddr(p) : packet_daddr(p), len);
	key.low_port = turned ? destination : source;
	key.high_port = turned ? source : destination;
	return key;
}

/* NULL when there is no more room. */
static struct flow *flow_of(struct replay *r, const struct packet *p)
{
	struct flow_key key = key_of(p);
	uint32_t *slot = &r->buckets[hash_bytes(&key, sizeof(key)) % FLOWS_MOST];

	for (uint32_t n = *slot; n; n = r->flows[n].next)
		if (!memcmp(&r->flows[n].key, &key, sizeof(key)))
			return &r->flows[n];
	if (r->flow_count + 1 == FLOWS_MOST)
		return NULL;
	r->flows[++r->flow_count] = (struct flow){ .key = key, .next = *slot };
	*slot = r->flow_count;
	return &r->flows[r->flow_count];
}

static void print_fate(struct sink *sink, const struct outcome *o)
{
	sink_str(sink, fate_word(o->fate));
	sink_str(sink, o->rule || o->chain ? " by " : ": ");
	print_decider(sink, o);
}

static void compare(struct replay *r, const struct packet *was, const struct outcome *a,
		    const struct outcome *b)
{
	struct flow *f = flow_of(r, was);
	AUTO_SINK line = SINK_MEMORY, fates = SINK_MEMORY;

	if (f)
		f->packets++;
	if (fate_status(a->fate) == fate_status(b->fate) &&
	    (a->fate == FATE_REJECTED) == (b->fate == FATE_REJECTED))
		return;
	if (!f) {
		r->more_otherwise++;
		return;
	}
	if (f->otherwise++)
		return;
	packet_print(&line, was);
	print_fate(&fates, a);
	sink_str(&fates, "; then ");
	print_fate(&fates, b);
	snprintf(f->line, sizeof(f->line), "%s", sink_text(&line));
	snprintf(f->fates, sizeof(f->fates), "%s", sink_text(&fates));
}

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

static void run(const struct replay *r, struct engine *engine, const struct scene *scene,
		struct packet *p, enum packet_flaw flaw, const struct frame *f,
		struct outcome *outcome)
{
	struct input input = { .packet = p, .flaw = flaw };
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
	if (r->out && !fate_status(a.fate)) {
		int e = capture_write(r->out, f->ns, r->came, f->captured, f->wire, err);

		if (e < 0)
			return e;
	}
	if (!r->other_engine)
		return 0;
	run(r, r->other_engine, &r->other, &q, flaw, f, &b);
	if (flaw == PACKET_GOOD)
		compare(r, &was, &a, &b);
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

/* ------------------------------------------------------------------ telling */

static void print_chain(struct sink *out, const struct chain *c)
{
	uint32_t number = 0;
	bool named = false;

	for (const struct rule *rule = c->first; rule; rule = rule->next) {
		AUTO_SINK words = SINK_MEMORY;

		number++;
		if (!rule->counters.packets)
			continue;
		if (!named)
			sink_printf(out, "\n%s %s%s\n", c->table->name, c->name,
				    c->table->family == FAMILY_IPV6 ? " (IPv6)" : "");
		named = true;
		print_rule_words(&words, c->table->family, rule);
		sink_printf(out, "%5u %10llu %12llu  %s\n", number,
			    (unsigned long long)rule->counters.packets,
			    (unsigned long long)rule->counters.bytes, sink_text(&words));
	}
	if (!c->policy || !c->counters.packets)
		return;
	if (!named)
		sink_printf(out, "\n%s %s\n", c->table->name, c->name);
	sink_printf(out, "%5s %10llu %12llu  policy %s\n", "",
		    (unsigned long long)c->counters.packets, (unsigned long long)c->counters.bytes,
		    c->policy == POLICY_DROP ? "DROP" : "ACCEPT");
}

static void print_differences(struct sink *out, const struct replay *r)
{
	uint32_t shown = 0;

	sink_printf(out, "\nFlows that fare otherwise with %s\n", r->vs);
	for (uint32_t i = 1; i <= r->flow_count; i++) {
		const struct flow *f = &r->flows[i];

		if (!f->otherwise)
			continue;
		shown++;
		sink_printf(out, "  %s\n    %llu of %llu packets; the first was %s\n", f->line,
			    (unsigned long long)f->otherwise, (unsigned long long)f->packets,
			    f->fates);
	}
	if (r->more_otherwise)
		sink_printf(out, "  and %llu packets of further flows\n",
			    (unsigned long long)r->more_otherwise);
	if (!shown && !r->more_otherwise)
		sink_str(out, "  none\n");
}

static void print_all(struct sink *out, const struct replay *r)
{
	unsigned long long ms = (r->last_ns - r->first_ns) / 1000000;
	unsigned long long accepted = r->fates[FATE_DELIVERED] + r->fates[FATE_FORWARDED] +
				      r->fates[FATE_SENT];

	sink_printf(out, "%s: %llu packets, %llu bytes, %llu.%03llu seconds\n", r->capture,
		    (unsigned long long)r->packets, (unsigned long long)r->bytes,
		    ms / 1000, ms % 1000);
	sink_printf(out, "%16llu accepted\n", accepted);
	for (unsigned i = FATE_DROPPED; i < FATES; i++)
		if (r->fates[i] || i == FATE_DROPPED)
			sink_printf(out, "%16llu %s\n", (unsigned long long)r->fates[i],
				    fate_word((enum fate)i));
	if (r->not_ip)
		sink_printf(out, "%16llu were no IP packets\n", (unsigned long long)r->not_ip);
	for (const struct table *t = r->scene.rules.first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			print_chain(out, c);
	if (r->vs)
		print_differences(out, r);
}

static void put_rules(struct json *j, const struct replay *r)
{
	json_open(j, "rules", '[');
	for (const struct table *t = r->scene.rules.first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next) {
			uint32_t number = 0;

			for (const struct rule *rule = c->first; rule; rule = rule->next) {
				AUTO_SINK words = SINK_MEMORY;

				number++;
				print_rule_words(&words, t->family, rule);
				json_open(j, NULL, '{');
				json_u64(j, "family", t->family == FAMILY_IPV6 ? 6 : 4);
				json_str(j, "table", t->name);
				json_str(j, "chain", c->name);
				json_u64(j, "number", number);
				json_str(j, "rule", sink_text(&words));
				json_u64(j, "packets", rule->counters.packets);
				json_u64(j, "bytes", rule->counters.bytes);
				json_close(j, '}');
			}
		}
	json_close(j, ']');
}

static void put_json(struct sink *out, const struct replay *r)
{
	struct json j = { .sink = out };

	json_open(&j, NULL, '{');
	json_str(&j, "capture", r->capture);
	json_u64(&j, "packets", r->packets);
	json_u64(&j, "bytes", r->bytes);
	json_u64(&j, "not-ip", r->not_ip);
	json_u64(&j, "accepted", r->fates[FATE_DELIVERED] + r->fates[FATE_FORWARDED] +
		 r->fates[FATE_SENT]);
	for (unsigned i = FATE_DROPPED; i < FATES; i++)
		json_u64(&j, fate_word((enum fate)i), r->fates[i]);
	put_rules(&j, r);
	if (r->vs) {
		json_open(&j, "otherwise", '[');
		for (uint32_t i = 1; i <= r->flow_count; i++) {
			if (!r->flows[i].otherwise)
				continue;
			json_open(&j, NULL, '{');
			json_str(&j, "flow", r->flows[i].line);
			json_u64(&j, "packets", r->flows[i].packets);
			json_u64(&j, "differ", r->flows[i].otherwise);
			json_str(&j, "first", r->flows[i].fates);
			json_close(&j, '}');
		}
		json_close(&j, ']');
	}
	json_close(&j, '}');
	sink_char(out, '\n');
}

/* ------------------------------------------------------------------ the command */

static int open_engine(struct engine **engine, const struct scene *scene, struct err *err)
{
	const struct engine_config config = {
		.rules = &scene->rules, .host = &scene->host, .keep_counters = true,
	};

	return engine_open(engine, &config, err);
}

/* The other rule set, of the families that its file is of: by its name, as `apply` tells them. */
static int load_other(struct replay *r, struct err *err)
{
	struct scene_source source = { .host = r->source.host };

	if (r->source.rule6_count && !r->source.rule_count)
		source.rules6[source.rule6_count++] = r->vs;
	else
		source.rules[source.rule_count++] = r->vs;
	r->flows = mem_alloc(sizeof(*r->flows) * FLOWS_MOST);
	r->buckets = calloc(FLOWS_MOST, sizeof(*r->buckets));
	if (!r->buckets)
		return err_errno(err, ERR_RESOURCE, ENOMEM, "no memory for the flows");
	return scene_load(&r->other, &source, err);
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
	if (!e && r->vs)
		e = load_other(r, err);
	if (!e && r->vs)
		e = open_engine(&r->other_engine, &r->other, err);
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
	free(r->flows);
	free(r->buckets);
	free(r);
}

static int read_options(struct replay *r, int argc, char **argv, struct err *err)
{
	static const char *const names[] = { "--vs", "--write", "-i" };
	const char **values[] = { &r->vs, &r->write, &r->device };
	int e = 0;

	for (int i = 1; !e && i < argc; i++) {
		size_t n = 0;

		e = scene_option(&r->source, argc, argv, &i, err);
		if (e == 1) {
			e = 0;
			continue;
		}
		if (e < 0) {
			err->place.word--;
			return e;
		}
		while (n < 3 && strcmp(argv[i], names[n]) != 0)
			n++;
		if (n < 3 && i + 1 < argc)
			*values[n] = argv[++i];
		else if (!strcmp(argv[i], "--json"))
			r->json = true;
		else if (!strcmp(argv[i], "-q"))
			r->quiet = true;
		else if (r->capture || n < 3 || (argv[i][0] == '-' && argv[i][1]))
			e = err_set(err, ERR_SYNTAX, (struct place){ .word = (int16_t)(i - 1) },
				    n < 3 ? "option \"%s\" requires an argument" :
				    "unexpected \"%s\"", argv[i]);
		else
			r->capture = argv[i];
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
	if (e < 0) {
		own_fail(&call, &err);
		if (r)
			replay_free(r);
		return 2;
	}
	if (r->json)
		put_json(&out, r);
	else
		print_all(&out, r);
	replay_free(r);
	return sink_flush(&out) < 0 ? 2 : 0;
}
