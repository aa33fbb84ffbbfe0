// SPDX-License-Identifier: GPL-2.0-or-later
/* The same packets through the rules before and after, and what becomes of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/vec.h"
#include "convert/samples.h"
#include "engine/engine.h"
#include "net/packet.h"

enum { ROOM = 256, SHOWN_MOST = 10, BEFORE = 0, AFTER = 1, QUOTED = 28 };
static const uint64_t second = 1000000000, hour = 3600 * second;

/* What became of a packet on one side. */
struct end {
	struct outcome outcome;
	struct packet packet;
	uint8_t bytes[ROOM];
};

/* A kind of difference that was shown. */
struct kind {
	int lines[2];
	enum fate fates[2];
};

struct prover {
	const struct conversion *c;
	struct proof *proof;
	struct sink *report;
	struct err *err;
	struct samples samples;
	struct host hosts[DEVICES_MOST];	/* each with its default route */
	struct engine *engines[DEVICES_MOST][2];
	unsigned left;
	uint64_t now;
	struct end ends[2];
	/* Of a traced run: the lines of the input whose rules matched */
	bool tracing;
	struct { int *items; size_t count, room; } matched;
	struct { struct kind *items; size_t count, room; } kinds;
};

/* ------------------------------------------------------------------ lines */

static int line_of(const struct prover *p, int side, const struct rule *rule)
{
	size_t line = rule && rule->line > 0 ? (size_t)rule->line : 0;

	if (side == BEFORE || !line)
		return (int)line;
	return line <= p->c->lines.count ? p->c->lines.items[line - 1] : 0;
}

struct tracer {
	struct prover *prover;
	int side;
};

static void note(void *context, const struct event *event)
{
	const struct tracer *t = context;
	int line;

	if (event->kind != EVENT_RULE || event->answer != ANSWER_YES)
		return;
	line = line_of(t->prover, t->side, event->rule);
	if (line)
		VEC_PUSH(&t->prover->matched, line);
}

static bool is_remarked(const struct conversion *c, int line)
{
	for (size_t i = 0; i < c->remarks.count; i++)
		if (c->remarks.items[i].line == line && !c->remarks.items[i].aside)
			return true;
	return false;
}

/* The first line with a remark among those that matched, 0: none. */
static int explaining_line(const struct prover *p)
{
	for (size_t i = 0; i < p->matched.count; i++)
		if (is_remarked(p->c, p->matched.items[i]))
			return p->matched.items[i];
	return 0;
}

/* ------------------------------------------------------------------ one packet */

/* A packet under way: what it is made of, and where it comes from. */
struct step {
	struct packet_spec spec;
	uint8_t quoted[QUOTED];		/* its payload, when it has one */
	char in[IFNAMSIZ];		/* "": made here */
	char out[IFNAMSIZ];		/* "": routing says */
	int engine;
};

static void build(const struct step *step, struct packet *packet, uint8_t bytes[ROOM])
{
	struct packet_spec spec = step->spec;

	spec.payload = spec.payload_len ? step->quoted : NULL;
	packet_build(packet, &spec, bytes, ROOM);
}

static void set_name(char to[IFNAMSIZ], const char *name)
{
	snprintf(to, IFNAMSIZ, "%s", name);
}

static void run_side(struct prover *p, const struct step *step, int side)
{
	struct tracer tracer = { p, side };
	const struct trace trace = { &tracer, note };
	struct end *end = &p->ends[side];
	struct input input = {
		.packet = &end->packet, .now = p->now, .trace = p->tracing ? &trace : NULL,
		.meta = { .known = KNOWN_IN | KNOWN_MARK },
	};

	build(step, &end->packet, end->bytes);
	set_name(input.meta.in, step->in);
	if (*step->out) {
		set_name(input.meta.out, step->out);
		input.meta.known |= KNOWN_OUT;
	}
	engine_run(p->engines[step->engine][side], &input, &end->outcome);
}

static bool passes(const struct end *end)
{
	return end->outcome.fate <= FATE_SENT;
}

static bool is_same(const struct end *a, const struct end *b)
{
	const struct outcome *x = &a->outcome, *y = &b->outcome;

	if (x->fate != y->fate)
		return false;
	if (x->fate == FATE_REJECTED)
		return x->reject_type == y->reject_type && x->reject_code == y->reject_code;
	return !passes(a) || (a->packet.len == b->packet.len && x->meta.mark == y->meta.mark &&
			      !memcmp(a->bytes, b->bytes, a->packet.len) &&
			      !strcmp(x->meta.out, y->meta.out));
}

enum result { SAME, DIFFERENT, NOT_JUDGED };

static enum result run_both(struct prover *p, const struct step *step)
{
	p->now += second;
	run_side(p, step, BEFORE);
	run_side(p, step, AFTER);
	if (p->ends[BEFORE].outcome.fate == FATE_UNKNOWN ||
	    p->ends[AFTER].outcome.fate == FATE_UNKNOWN)
		return NOT_JUDGED;
	return is_same(&p->ends[BEFORE], &p->ends[AFTER]) ? SAME : DIFFERENT;
}

/* ------------------------------------------------------------------ what is told */

static void print_end(const struct prover *p, struct sink *s, int side)
{
	static const char *const words[] = {
		[FATE_DELIVERED] = "accepted", [FATE_FORWARDED] = "sent on", [FATE_SENT] = "sent",
		[FATE_DROPPED] = "dropped", [FATE_REJECTED] = "rejected", [FATE_STOLEN] = "taken",
		[FATE_QUEUED] = "queued", [FATE_UNKNOWN] = "unknown", [FATE_HELD] = "held",
	};
	const struct end *end = &p->ends[side];
	int line = line_of(p, side, end->outcome.rule);

	sink_str(s, words[end->outcome.fate]);
	if (end->outcome.fate == FATE_REJECTED)
		sink_printf(s, " with code %u", end->outcome.reject_code);
	if (line)
		sink_printf(s, " (line %d)", line);
	else if (end->outcome.chain)
		sink_printf(s, " (policy of %s)", end->outcome.chain->name);
	if (!passes(end))
		return;
	sink_str(s, " as ");
	packet_print(s, &end->packet);
	sink_printf(s, ", tos 0x%02x, mark 0x%x", packet_tos(&end->packet),
		    end->outcome.meta.mark);
}

static bool is_new_kind(struct prover *p)
{
	struct kind kind;

	for (int side = 0; side < 2; side++) {
		kind.lines[side] = line_of(p, side, p->ends[side].outcome.rule);
		kind.fates[side] = p->ends[side].outcome.fate;
	}
	for (size_t i = 0; i < p->kinds.count; i++)
		if (!memcmp(&p->kinds.items[i], &kind, sizeof(kind)))
			return false;
	VEC_PUSH(&p->kinds, kind);
	return true;
}

static void tell(struct prover *p, const struct step *step, int line)
{
	struct packet packet;
	uint8_t bytes[ROOM];

	if (!is_new_kind(p) || p->kinds.count > SHOWN_MOST)
		return;
	build(step, &packet, bytes);
	sink_str(p->report, "differs: ");
	packet_print(p->report, &packet);
	if (*step->in)
		sink_printf(p->report, ", from %s", step->in);
	if (*step->out || *p->ends[BEFORE].outcome.meta.out)
		sink_printf(p->report, ", through %s",
			    *step->out ? step->out : p->ends[BEFORE].outcome.meta.out);
	sink_str(p->report, "\n  before: ");
	print_end(p, p->report, BEFORE);
	sink_str(p->report, "\n  after:  ");
	print_end(p, p->report, AFTER);
	if (line)
		sink_printf(p->report, "\n  see what is said of line %d\n", line);
	else
		sink_str(p->report, "\n  and nothing that was said explains it\n");
}

/* ------------------------------------------------------------------ a conversation */

static struct packet_spec spec_of(const struct sample *s)
{
	return (struct packet_spec){
		.family = FAMILY_IPV4, .saddr.v4 = htobe32(s->src), .daddr.v4 = htobe32(s->dst),
		.proto = s->proto, .sport = s->sport, .dport = s->dport, .tcp_flags = s->flags,
		.icmp_type = s->type, .icmp_code = s->code, .icmp_id = 7, .seq = 1000,
	};
}

/* What whoever got the packet answers. */
static struct packet_spec reply_to(const struct packet *packet)
{
	bool icmp = packet->proto == PROTO_ICMP;
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = packet->proto, .tcp_flags = FLAG_SYN | FLAG_ACK,
		.icmp_type = 0, .icmp_id = 7, .seq = 5000, .ack = 1001,
	};

	memcpy(&spec.saddr, packet_daddr(packet), 4);
	memcpy(&spec.daddr, packet_saddr(packet), 4);
	if (!icmp && packet->captured >= packet->transport + 4u) {
		const uint8_t *ports = packet->bytes + packet->transport;

		spec.sport = (uint16_t)(ports[2] << 8 | ports[3]);
		spec.dport = (uint16_t)(ports[0] << 8 | ports[1]);
	}
	return spec;
}

/* ICMP's "port unreachable" about a packet; its first bytes go with it. */
static void error_about(struct step *step, const struct packet *packet)
{
	step->spec = (struct packet_spec){
		.family = FAMILY_IPV4, .proto = PROTO_ICMP, .icmp_type = 3, .icmp_code = 3,
		.payload_len = QUOTED,
	};
	memcpy(&step->spec.saddr, packet_daddr(packet), 4);
	memcpy(&step->spec.daddr, packet_saddr(packet), 4);
	memcpy(step->quoted, packet->bytes,
	       packet->captured < QUOTED ? packet->captured : QUOTED);
}

static bool can_be_answered(const struct sample *s)
{
	return s->proto == PROTO_UDP || (s->proto == PROTO_TCP && s->flags == FLAG_SYN) ||
	       (s->proto == PROTO_ICMP && s->type == 8);
}

/* Where the answer to a packet that passed comes from and goes to. */
static void answer_way(const struct prover *p, const struct sample *s, const struct end *end,
		       struct step *step)
{
	step->engine = s->out;
	set_name(step->in, end->outcome.fate == FATE_DELIVERED ? "" : end->outcome.meta.out);
	set_name(step->out, s->in < 0 ? "" : p->samples.devices[s->in]);
}

static enum result run_counted(struct prover *p, const struct step *step)
{
	p->proof->packets++;
	return run_both(p, step);
}

/*
 * The packet; when it passes both the reply, an error of the host inside about that, and one of the
 * host outside about the packet. `*at` is the step that was run last.
 */
static enum result converse(struct prover *p, const struct sample *s, struct step *at)
{
	struct step inside = { .engine = s->out };
	enum result result;
	struct end first;

	*at = (struct step){ .spec = spec_of(s), .engine = s->out };
	set_name(at->in, s->in < 0 ? "" : p->samples.devices[s->in]);
	p->now += hour;
	result = run_counted(p, at);
	first = p->ends[BEFORE];
	first.packet.bytes = first.bytes;
	if (result != SAME || !passes(&first) || !can_be_answered(s))
		return result;
	answer_way(p, s, &first, at);
	at->spec = reply_to(&first.packet);
	if (*at->in && samples_is_martian(be32toh(at->spec.saddr.v4), true))
		return SAME;
	result = run_counted(p, at);
	if (result != SAME || first.outcome.fate != FATE_FORWARDED)
		return result;
	if (passes(&p->ends[BEFORE])) {
		set_name(inside.in, at->out);
		set_name(inside.out, at->in);
		error_about(&inside, &p->ends[BEFORE].packet);
		result = run_counted(p, &inside);
	}
	if (result != SAME) {
		*at = inside;
		return result;
	}
	error_about(at, &first.packet);
	return run_counted(p, at);
}

static bool judge(void *context, const struct sample *sample)
{
	struct prover *p = context;
	struct step at;
	unsigned before = p->proof->packets;
	enum result result;
	int line;

	result = converse(p, sample, &at);
	p->proof->equal += p->proof->packets - before - (result != SAME);
	if (result == NOT_JUDGED)
		p->proof->unknown++;
	if (result == DIFFERENT) {
		unsigned packets = p->proof->packets;

		p->tracing = true;
		p->matched.count = 0;
		converse(p, sample, &at);
		p->tracing = false;
		p->proof->packets = packets;
		line = explaining_line(p);
		*(line ? &p->proof->explained : &p->proof->unexplained) += 1;
		tell(p, &at, line);
	}
	return p->proof->packets < p->left;
}

/* ------------------------------------------------------------------ before the first packet */

static void put_addr(struct prover *p, struct sink *text, uint32_t addr, int device)
{
	const union inet_addr own = { .v4 = htobe32(addr) };

	sink_str(text, "addr ");
	addr_print(text, FAMILY_IPV4, &own);
	sink_printf(text, "/32 dev %s\n", p->samples.devices[device]);
}

/* The devices of the description, or made-up ones; the default route leads through one of them. */
static int make_host(struct prover *p, int which)
{
	AUTO_SINK text = SINK_MEMORY;

	for (int i = 0; i < p->samples.device_count; i++) {
		sink_printf(&text, "link %s\n", p->samples.devices[i]);
		put_addr(p, &text, p->samples.own[i], i);
	}
	for (int i = 0; i < p->samples.other_count; i++)
		put_addr(p, &text, p->samples.others[i], 0);
	sink_printf(&text, "route default dev %s\nforward on\n", p->samples.devices[which]);
	return host_parse(&p->hosts[which], sink_text(&text), text.len, p->err);
}

static void take_devices(struct prover *p)
{
	struct samples *s = &p->samples;

	for (const struct device_addr *a = p->c->host->addrs; a; a = a->next) {
		if (a->family != FAMILY_IPV4 || a->device->loopback || a->secondary ||
		    s->device_count == DEVICES_MOST)
			continue;
		memcpy(s->devices[s->device_count], a->device->name, IFNAMSIZ);
		s->own[s->device_count++] = be32toh(a->addr.v4);
	}
}

static int open_one(struct prover *p, const struct ruleset *rules, int which, int side)
{
	static const struct conntrack_settings settings = {
		.tcp_loose = true, .checksum = true, .acct = true, .tcp_max_retrans = 3,
		.tcp_established = 60,
	};
	const struct engine_config config = {
		.rules = rules, .host = &p->hosts[which],
		.limits = { .connections = 64, .expectations = 4, .fragments = 4 },
	};
	int r = engine_open(&p->engines[which][side], &config, p->err);

	if (r < 0)
		return r;
	/* Nothing is left to chance: ports are taken from the first one on. */
	engine_world(p->engines[which][side])->random = NULL;
	conntrack_set(engine_conntrack(p->engines[which][side]), &settings);
	return 0;
}

static int open_all(struct prover *p, const struct ruleset *converted)
{
	int r = 0;

	for (int i = 0; !r && i < p->samples.device_count; i++) {
		r = make_host(p, i);
		if (!r)
			r = open_one(p, &p->c->rules, i, BEFORE);
		if (!r)
			r = open_one(p, converted, i, AFTER);
	}
	return r;
}

static void prover_free(struct prover *p)
{
	for (int i = 0; i < DEVICES_MOST; i++) {
		engine_close(&p->engines[i][BEFORE]);
		engine_close(&p->engines[i][AFTER]);
		host_free(&p->hosts[i]);
	}
	samples_free(&p->samples);
	free(p->matched.items);
	free(p->kinds.items);
	mem_free_ptr(&p);
}

int convert_prove(const struct conversion *c, const struct ruleset *converted, unsigned packets,
		  struct sink *report, struct proof *proof, struct err *err)
{
	struct prover *p = mem_alloc(sizeof(*p));
	int r;

	*proof = (struct proof){ 0 };
	*p = (struct prover){ .c = c, .proof = proof, .report = report, .err = err,
			      .left = packets };
	p->samples.each = judge;
	p->samples.context = p;
	if (c->host && c->host->known)
		take_devices(p);
	if (!p->samples.device_count)
		samples_name_devices(&p->samples, c->rows);
	r = open_all(p, converted);
	if (!r)
		samples_make(&p->samples, c->rows);
	prover_free(p);
	return r;
}
