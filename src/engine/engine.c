// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An engine: a program, what stands at each hook in the order of priorities, connections, and the
 * way of a packet past them. Sources: linux/netfilter_ipv4.h (priorities), net/ipv4/ip_input.c,
 * ip_forward.c, ip_output.c and their twins of IPv6 (which hooks, and when).
 */
#include "engine/engine.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "engine/count.h"
#include "engine/sets.h"
#include "engine/run.h"
#include "ext/ext.h"

int engine_open(struct engine **engine, const struct engine_config *config, struct err *err)
{
	struct engine *e = mem_alloc(sizeof(*e));
	int r;

	*e = (struct engine){ .config = *config };
	r = conntrack_open(&e->ct, &config->limits, err);
	if (r) {
		mem_free_ptr(&e);
		return r;
	}
	world_init(e);
	program_make(&e->program, config->rules, NULL, !config->linear);
	stations_make(e);
	*engine = e;
	return 0;
}

void engine_close(struct engine **engine)
{
	struct engine *e = *engine;

	if (!e)
		return;
	conntrack_close(&e->ct);
	counting_free(&e->counting);
	sets_close(&e->sets);
	program_free(&e->program);
	arena_free(&e->stations);
	arena_free(&e->arena);
	mem_free_ptr(engine);
	*engine = NULL;
}

void engine_replace(struct engine *engine, const struct ruleset *rules)
{
	struct program before = engine->program;

	program_make(&engine->program, rules, &before, !engine->config.linear);
	program_free(&before);
	engine->config.rules = rules;
	stations_make(engine);
}

int engine_forget(struct engine *engine, struct err *err)
{
	struct conntrack *fresh;
	int r = conntrack_open(&fresh, &engine->config.limits, err);

	if (r < 0)
		return r;
	conntrack_take_settings(fresh, engine->ct);
	conntrack_close(&engine->ct);
	engine->ct = fresh;
	counting_free(&engine->counting);
	if (engine->config.sets) {
		sets_close(&engine->sets);
		engine->sets = sets_open(engine->config.sets);
	}
	arena_free(&engine->arena);
	memset(engine->shared, 0, sizeof(engine->shared));
	engine->shared_count = 0;
	program_forget(&engine->program);
	return 0;
}

struct conntrack *engine_conntrack(struct engine *engine)
{
	return engine->ct;
}

struct world *engine_world(struct engine *engine)
{
	return &engine->world;
}

const struct chain *engine_left_out(const struct engine *engine, size_t n)
{
	return n < engine->program.left_out_count ? engine->program.left_out[n] : NULL;
}

/* ------------------------------------------------------------------ one hook */

void run_event(struct run *run, struct event *event)
{
	event->hook = run->e.hook;
	event->eval = &run->e;
	run->input->trace->event(run->input->trace->context, event);
}

void run_end(struct run *run, enum fate fate, const char *why)
{
	run->outcome->fate = fate;
	run->outcome->why = why;
	run->outcome->table = NULL;
	run->outcome->chain = NULL;
	run->outcome->rule = NULL;
	run->outcome->number = 0;
}

static void tell(struct run *run, enum event_kind kind, const struct packet *before)
{
	struct event event = { .kind = kind, .before = before };

	run_event(run, &event);
}

static inline void run_note(struct run *run, enum event_kind kind, const struct packet *before)
{
	if (run_is_traced(run))
		tell(run, kind, before);
}

/* A verdict of rules that ends the way. */
static void end_by_verdict(struct run *run, enum verdict verdict)
{
	struct outcome *outcome = run->outcome;

	if (run->stopped) {
		outcome->fate = FATE_UNKNOWN;
		return;
	}
	switch (verdict) {
	case VERDICT_STOLEN:
		outcome->fate = FATE_STOLEN;
		return;
	case VERDICT_QUEUE:
		outcome->fate = FATE_QUEUED;
		outcome->queue = run->queue;
		outcome->bypass = run->bypass;
		return;
	case VERDICT_REJECT:
		outcome->fate = FATE_REJECTED;
		outcome->reject_type = run->reject_type;
		outcome->reject_code = run->reject_code;
		return;
	case VERDICT_NONE:
	case VERDICT_ACCEPT:
	case VERDICT_DROP:
	case VERDICT_RETURN:
		outcome->fate = FATE_DROPPED;
		return;
	}
}

/* What re-routing after a chain of type "route" depends on (nft_chain_route.c). */
struct route_key {
	union inet_addr saddr, daddr;
	uint32_t mark;
	uint8_t tos;
};

static struct route_key route_key(const struct run *run)
{
	struct route_key key = { .mark = run->e.meta->mark, .tos = packet_tos(run->e.packet) };
	size_t len = addr_len(run->e.family);

	memcpy(&key.saddr, packet_saddr(run->e.packet), len);
	memcpy(&key.daddr, packet_daddr(run->e.packet), len);
	return key;
}

static bool route_key_equal(const struct route_key *a, const struct route_key *b)
{
	return !memcmp(&a->saddr, &b->saddr, sizeof(a->saddr)) &&
	       !memcmp(&a->daddr, &b->daddr, sizeof(a->daddr)) && a->mark == b->mark &&
	       a->tos == b->tos;
}

static bool pass_chain(struct run *run, const struct station *station)
{
	struct route_key before = { 0 }, after;
	enum verdict verdict;

	if (station->reroutes)
		before = route_key(run);
	verdict = walk_chain(run, station->chain);
	if (verdict != VERDICT_ACCEPT) {
		end_by_verdict(run, verdict);
		return false;
	}
	if (!station->reroutes)
		return true;
	after = route_key(run);
	return route_key_equal(&before, &after) || route_again(run);
}

static bool pass_defrag(struct run *run)
{
	struct packet *packet = run->e.packet;
	bool was_fragment = packet->is_fragment;

	if (!was_fragment || (run->looped && run->e.hook != NF_INET_LOCAL_IN))
		return true;
	switch (conntrack_defrag(run->engine->ct, packet, 0, run->e.world->now)) {
	case DEFRAG_PASS:
		run->gathered = !packet->is_fragment;
		return true;
	case DEFRAG_HELD:
		run_end(run, FATE_HELD, "it waits for the other fragments");
		return false;
	case DEFRAG_REFUSED:
		run_end(run, FATE_DROPPED, "it does not fit the other fragments");
		return false;
	}
	return false;
}

static bool pass_track(struct run *run)
{
	struct eval *e = &run->e;

	if (run->input->fixed) {
		e->ct = *run->input->fixed;
	} else if (!run->looped || !e->ct.conn) {
		/* Over loopback a packet keeps its connection (nf_conntrack_in: "Ignore"). */
		e->ct = (struct conn_view){ .known = true, .state = CONN_INVALID };
		if (conntrack_in(run->engine->ct, e, &run->template) == VERDICT_DROP) {
			run_end(run, FATE_DROPPED, "the table of connections is full");
			return false;
		}
	}
	run_note(run, EVENT_TRACKED, NULL);
	return true;
}

struct nat_walk {
	struct run *run;
	const struct station *station;
};

/*
 * The nat chains of a hook, until one has bound the connection. A program that looks at a packet
 * with a connection of its own (input.fixed) gets the rules' verdict, and nothing bound.
 */
static enum verdict walk_nat(void *context, struct eval *e)
{
	struct nat_walk *walk = context;
	bool source = walk->run->e.hook == NF_INET_LOCAL_IN ||
		      walk->run->e.hook == NF_INET_POST_ROUTING;
	uint32_t done = source ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;

	for (size_t i = 0; i < walk->station->nat_count; i++) {
		const struct nat_link *link = &walk->station->nat[i];
		enum verdict verdict = link->chain ? walk_chain(walk->run, link->chain) :
						     link->act(e, NULL, NULL);

		if (verdict != VERDICT_ACCEPT)
			return verdict;
		if (e->ct.conn && e->ct.conn->status & done)
			break;
	}
	return VERDICT_ACCEPT;
}

/* The start of the packet as it was, for the event of its translation. */
struct snapshot {
	struct packet packet;
	uint8_t bytes[128];
};

static void snapshot_take(struct snapshot *snapshot, const struct packet *packet)
{
	uint32_t len = packet->captured < sizeof(snapshot->bytes) ? packet->captured :
								    sizeof(snapshot->bytes);

	snapshot->packet = *packet;
	memcpy(snapshot->bytes, packet->bytes, len);
	snapshot->packet.bytes = snapshot->bytes;
	snapshot->packet.captured = len;
	snapshot->packet.room = sizeof(snapshot->bytes);
}

static bool snapshot_differs(const struct snapshot *snapshot, const struct packet *packet)
{
	return snapshot->packet.captured && memcmp(snapshot->bytes, packet->bytes,
						   snapshot->packet.captured) != 0;
}

static bool pass_nat(struct run *run, const struct station *station)
{
	struct nat_walk walk = { run, station };
	struct eval *e = &run->e;
	struct route_key before = route_key(run), after;
	struct snapshot snapshot;
	enum verdict verdict;

	snapshot.packet.captured = 0;
	if (run_is_traced(run))
		snapshot_take(&snapshot, e->packet);
	if (run->input->fixed)
		verdict = e->ct.known && e->ct.state == CONN_NEW ? walk_nat(&walk, e) :
								   VERDICT_ACCEPT;
	else
		verdict = conntrack_nat(run->engine->ct, e, walk_nat, &walk);
	if (verdict != VERDICT_ACCEPT) {
		if (!run->stopped && !run->outcome->rule && !run->outcome->chain)
			run_end(run, FATE_DROPPED, "its addresses cannot be translated");
		else
			end_by_verdict(run, verdict);
		return false;
	}
	if (run_is_traced(run) && snapshot_differs(&snapshot, e->packet))
		run_note(run, EVENT_NAT, &snapshot.packet);
	if (e->hook != NF_INET_LOCAL_OUT)
		return true;
	/* nf_nat_ipv4_local_fn(): another destination, another way. */
	after = route_key(run);
	return !memcmp(&before.daddr, &after.daddr, sizeof(before.daddr)) || route_again(run);
}

static bool pass_confirm(struct run *run)
{
	struct eval *e = &run->e;

	if (run->input->fixed || !e->ct.conn)
		return true;
	if (conntrack_confirm(run->engine->ct, e) != VERDICT_ACCEPT) {
		run_end(run, FATE_DROPPED, "another packet made the same connection");
		return false;
	}
	return true;
}

/* False: the packet's way has ended; the outcome says how. */
static bool pass_hook(struct run *run, unsigned number)
{
	const struct hook *hook = &run->engine->hooks[family_slot(run->e.family)][number];

	run->e.hook = (uint8_t)number;
	run->outcome->hook = (uint8_t)number;
	run_note(run, EVENT_HOOK, NULL);
	for (const struct station *s = hook->stations; s < hook->stations + hook->count; s++) {
		bool goes_on = false;

		switch (s->kind) {
		case STATION_DEFRAG:
			goes_on = pass_defrag(run);
			break;
		case STATION_TRACK:
			goes_on = pass_track(run);
			break;
		case STATION_CHAIN:
			goes_on = (s->skips && s->skips(&run->e)) || pass_chain(run, s);
			break;
		case STATION_NAT:
			goes_on = pass_nat(run, s);
			break;
		case STATION_CONFIRM:
			goes_on = pass_confirm(run);
			break;
		}
		if (!goes_on)
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ the way */

static void set_out(struct meta *meta, const char *out)
{
	if (meta->out != out)
		snprintf(meta->out, sizeof(meta->out), "%s", out);
	if (!*out)
		meta->out_group = 0;
	meta->known |= KNOWN_OUT;
}

static void arrives(struct run *run)
{
	struct meta *meta = run->e.meta;
	char given[IFNAMSIZ];

	memcpy(given, meta->out, sizeof(given));
	set_out(meta, "");
	if (!pass_hook(run, NF_INET_PRE_ROUTING))
		return;
	if (run->routed && !run->looped)
		set_out(meta, given);
	switch (route_in(run)) {
	case WAY_NOWHERE:
		return;
	case WAY_HERE:
		if (pass_hook(run, NF_INET_LOCAL_IN))
			run->outcome->fate = FATE_DELIVERED;
		return;
	case WAY_ON:
		if (route_forward(run) && pass_hook(run, NF_INET_FORWARD) &&
		    pass_hook(run, NF_INET_POST_ROUTING))
			run->outcome->fate = FATE_FORWARDED;
		return;
	}
}

/* Between two ports of a bridge: no routing, nothing taken off. */
static void crosses(struct run *run)
{
	struct meta *meta = run->e.meta;
	char out[IFNAMSIZ];

	memcpy(out, meta->out, sizeof(out));
	set_out(meta, "");
	meta->known |= KNOWN_BRIDGE;
	memcpy(meta->bridge_in, meta->in, sizeof(meta->bridge_in));
	memset(meta->bridge_out, 0, sizeof(meta->bridge_out));
	if (!pass_hook(run, NF_INET_PRE_ROUTING))
		return;
	set_out(meta, out);
	memcpy(meta->bridge_out, out, sizeof(meta->bridge_out));
	if (pass_hook(run, NF_INET_FORWARD) && pass_hook(run, NF_INET_POST_ROUTING))
		run->outcome->fate = FATE_FORWARDED;
}

/* What is sent to this host itself comes back over the loopback device. */
static bool goes_back(const struct run *run)
{
	const struct device *device;

	if (!run->engine->config.host || !run->engine->config.host->known)
		return false;
	device = host_device(run->engine->config.host, run->e.meta->out);
	return device && device->loopback;
}

static void leaves(struct run *run)
{
	struct meta *meta = run->e.meta;

	meta->known |= KNOWN_PKTTYPE;
	meta->pkttype = PACKET_HOST;
	if (!route_out(run) || !pass_hook(run, NF_INET_LOCAL_OUT))
		return;
	route_take(run);
	if (!pass_hook(run, NF_INET_POST_ROUTING))
		return;
	run->outcome->fate = FATE_SENT;
	if (!goes_back(run))
		return;
	/* loopback_xmit() takes the socket away, mark and connection stay. */
	memcpy(meta->in, meta->out, sizeof(meta->in));
	meta->in_group = meta->out_group;
	meta->known |= KNOWN_IN | KNOWN_OWNER;
	meta->has_socket = false;
	meta->cgroup = NULL;
	run->looped = true;
	arrives(run);
}

static const char *flaw_text(enum packet_flaw flaw)
{
	switch (flaw) {
	case PACKET_GOOD:
		break;
	case PACKET_SHORT_NETWORK:
		return "its header is cut short, or gives a wrong length";
	case PACKET_NOT_IP:
		return "it is neither IPv4 nor IPv6";
	case PACKET_BAD_CHECKSUM:
		return "the checksum of its header is wrong";
	case PACKET_BAD_EXTENSION:
		return "an extension header runs over its end";
	}
	return NULL;
}

static void run_start(struct run *run, struct engine *engine, struct input *input,
		      struct outcome *outcome)
{
	struct meta *meta = &outcome->meta;

	/* But for the texts at their ends, which would take as long as all the rest. */
	memset(outcome, 0, offsetof(struct outcome, text));
	memset(&run->e, 0, offsetof(struct eval, text));
	outcome->fate = FATE_DROPPED;
	outcome->meta = input->meta;
	run->engine = engine;
	run->input = input;
	run->outcome = outcome;
	run->e.packet = input->packet;
	run->e.meta = meta;
	run->e.world = &engine->world;
	run->e.family = (enum family)input->packet->family;
	run->e.ct = (struct conn_view){ .known = true, .state = CONN_INVALID };
	run->fields.eval = &run->e;
	run->fields.read = 0;
	run->template = (struct conntrack_template){ 0 };
	run->linear = engine->config.linear || input->trace;
	run->looped = run->rerouted = run->gathered = run->stopped = false;
	run->by_rule = run->by_filter = false;
	run->routed = meta->known & KNOWN_OUT;
	run->unknowns = 0;
	run->reject_type = run->reject_code = 0;
	run->queue = 0;
	run->bypass = false;
	engine->world.now = input->now;
	engine->run = run;
}

void engine_run(struct engine *engine, struct input *input, struct outcome *outcome)
{
	struct run run;
	struct meta *meta = &outcome->meta;
	const char *flaw = flaw_text(input->flaw);

	run_start(&run, engine, input, outcome);
	if (flaw) {
		run_end(&run, FATE_DROPPED, flaw);
	} else if (input->bridged) {
		crosses(&run);
	} else if (meta->known & KNOWN_IN && !*meta->in) {
		leaves(&run);
	} else {
		arrives(&run);
	}
	outcome->ct = run.e.ct;
	if (outcome->fate > FATE_SENT && !input->fixed && run.e.ct.conn)
		conntrack_forget(engine->ct, &run.e);
	if (outcome->why == run.text) {
		memcpy(outcome->text, run.text, sizeof(outcome->text));
		outcome->why = outcome->text;
	}
	engine->run = NULL;
}
