// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reviewer. A session is judged with the entry that connection tracking really has of it (none
 * when it is older than that), in both orders, since whoever speaks first decides which rules meet a
 * packet of a connection that the kernel does not know; then a new login from the same peer. What
 * worked before and does not afterwards is cut.
 */
#include "safe/review.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/wrap.h"
#include "dialect/iptables.h"
#include "engine/engine.h"
#include "kernel/connection.h"

enum {
	TCP_SYN = 0x02, TCP_PUSH = 0x08, TCP_ACK = 0x10,
	LOGIN_PORT = 61234,	/* of a client that nobody has seen yet */
	PACKETS_MOST = 3,
};

/* A packet of a probe. */
struct shot {
	bool outgoing;
	uint8_t flags;
};

static const struct probe {
	enum loss loss;
	bool login;
	struct shot shots[PACKETS_MOST];
	size_t count;
} probes[] = {
	{ LOSS_WE_SPEAK, false, { { true, TCP_ACK | TCP_PUSH }, { false, TCP_ACK } }, 2 },
	{ LOSS_PEER_SPEAKS, false, { { false, TCP_ACK | TCP_PUSH }, { true, TCP_ACK } }, 2 },
	{ LOSS_LOGIN, true, { { false, TCP_SYN }, { true, TCP_SYN | TCP_ACK }, { false, TCP_ACK } },
	  3 },
};

struct judging {
	struct review *review;
	const struct host *host;
	const struct lifeline *line;
	struct connection conn;		/* of the session */
	uint8_t tcp_state;
	bool tracked;
};

void review_free(struct review *review)
{
	arena_free(&review->arena);
	*review = REVIEW_INIT;
}

/* ------------------------------------------------------------------ packets */

static union inet_addr own_addr(const struct judging *j)
{
	union inet_addr addr = j->line->local;
	struct route_answer route;

	/* A mosh-server, say, that listens everywhere: what routing would answer from. */
	if (bytes_are_zero(&addr, sizeof(addr)) &&
	    host_route(j->host, j->line->family, &j->line->peer, &route))
		addr = route.source;
	return addr;
}

/*
 * A packet from the peer, and one to it. A client calls the address and port that it called before,
 * even where these are translated to those of the server.
 */
static void make_packet(const struct judging *j, const struct probe *probe, const struct shot *shot,
			struct packet *packet, uint8_t *bytes, size_t room)
{
	const struct lifeline *l = j->line;
	const struct tuple *called = &j->conn.way[0];
	bool is_translated = j->tracked && called->dport &&
			     !memcmp(&called->src, &l->peer, sizeof(l->peer));
	uint16_t peer_port = probe->login || !l->peer_port ? LOGIN_PORT : l->peer_port;
	struct packet_spec spec = {
		.family = l->family, .proto = l->proto, .tcp_flags = shot->flags,
		.saddr = l->peer, .daddr = own_addr(j), .sport = peer_port, .dport = l->port,
	};

	if (is_translated) {
		spec.daddr = called->dst;
		spec.dport = ntohs(called->dport);
	}

	if (shot->outgoing) {
		spec.daddr = l->peer;
		spec.saddr = own_addr(j);
		spec.sport = l->port;
		spec.dport = peer_port;
	}
	packet_build(packet, &spec, bytes, room);
}

/* The device that packets of the peer come in through: the one that leads to it. */
static void fill_meta(const struct judging *j, bool outgoing, struct meta *meta)
{
	struct route_answer route;

	*meta = (struct meta){
		.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY,
	};
	if (outgoing)
		return;
	meta->known |= KNOWN_OWNER;
	if (!host_route(j->host, j->line->family, &j->line->peer, &route) || !route.device) {
		meta->known &= ~(unsigned)KNOWN_IN;
		return;
	}
	memcpy(meta->in, route.device->name, sizeof(meta->in));
	meta->in_group = route.device->group;
}

/* It arrives, and where the server listens: a redirection elsewhere is as good as lost. */
static bool passes(const struct judging *j, const struct shot *shot, const struct packet *packet,
		   const struct outcome *o)
{
	const uint8_t *ports = packet_transport(packet, 4);

	if (shot->outgoing)
		return o->fate == FATE_SENT || o->fate == FATE_DELIVERED;
	return o->fate == FATE_DELIVERED && ports && ntohs(packet_be16(ports + 2)) == j->line->port;
}

/* ------------------------------------------------------------------ one probe */

/* What stopped it; only the last outcome is kept. */
struct result {
	bool alive;
	bool outgoing;
	struct outcome outcome;
};

static int run_probe(const struct judging *j, const struct probe *probe,
		     const struct ruleset *rules, struct result *result, struct err *err)
{
	AUTO_ENGINE *engine = NULL;
	const struct engine_config config = {
		.rules = rules, .host = j->host,
		.limits = { .connections = 8, .expectations = 1, .fragments = 1 },
	};
	struct err ignored = ERR_INIT;
	int r = engine_open(&engine, &config, err);

	*result = (struct result){ 0 };
	if (r < 0)
		return r;
	if (j->tracked && !probe->login)
		conntrack_insert(engine_conntrack(engine), &j->conn, j->tcp_state, &ignored);
	for (size_t i = 0; i < probe->count; i++) {
		uint8_t bytes[128];
		struct packet packet = { 0 };
		struct input input = { .packet = &packet, .now = (i + 1) * UINT64_C(1000000) };

		result->outgoing = probe->shots[i].outgoing;
		make_packet(j, probe, &probe->shots[i], &packet, bytes, sizeof(bytes));
		fill_meta(j, result->outgoing, &input.meta);
		engine_run(engine, &input, &result->outcome);
		if (!passes(j, &probe->shots[i], &packet, &result->outcome))
			return 0;
	}
	result->alive = true;
	return 0;
}

static const char *kept(struct review *review, struct sink *text)
{
	return text->len ? arena_strdup(&review->arena, sink_text(text)) : NULL;
}

static void note_cut(const struct judging *j, const struct probe *probe, const struct result *now)
{
	const struct outcome *o = &now->outcome;
	AUTO_SINK where = SINK_MEMORY, rule = SINK_MEMORY;
	struct arena *arena = &j->review->arena;
	struct cut *cut = arena_alloc(arena, sizeof(*cut)), **end = &j->review->first;
	/* Who let it through is not to blame that it went elsewhere. */
	bool by_rules = o->fate != FATE_DELIVERED;

	if (!by_rules) {
		sink_str(&where, "an address translation to somewhere else");
	} else if (o->rule) {
		sink_printf(&where, "rule %u of %s in table %s", o->number, o->chain->name,
			    o->table->name);
		iptables_save_rule(&rule, j->line->family, o->chain->name, o->rule, false);
	} else if (o->chain) {
		sink_printf(&where, "the policy of %s in table %s", o->chain->name,
			    o->table->name);
	} else {
		sink_str(&where, o->why ? o->why : "something else than rules");
	}
	*cut = (struct cut){
		.line = j->line, .loss = probe->loss, .outgoing = now->outgoing,
		.certain = o->fate != FATE_UNKNOWN && o->fate != FATE_QUEUED,
		.where = kept(j->review, &where), .rule = kept(j->review, &rule),
		.table = by_rules && o->table ? arena_strdup(arena, o->table->name) : NULL,
		.chain = by_rules && o->chain ? arena_strdup(arena, o->chain->name) : NULL,
		.by_policy = by_rules && o->chain && !o->rule,
	};
	while (*end)
		end = &(*end)->next;
	*end = cut;
	j->review->count++;
}

/* ------------------------------------------------------------------ one lifeline */

static int find_connection(struct judging *j, struct err *err)
{
	const struct lifeline *l = j->line;
	const struct tuple tuple = {
		.src = l->peer, .dst = l->local, .sport = htons(l->peer_port),
		.dport = htons(l->port), .proto = l->proto, .family = (uint8_t)l->family,
	};
	int r;

	if (l->kind != LIFELINE_SESSION)
		return 0;
	r = kernel_connection(&j->conn, &j->tcp_state, &tuple, err);
	j->tracked = !r;
	return r == -ENOENT ? 0 : r;
}

static int judge(struct judging *j, const struct ruleset *before, const struct ruleset *after,
		 struct err *err)
{
	int r = find_connection(j, err);

	for (size_t i = 0; !r && i < ARRAY_SIZE(probes); i++) {
		struct result was, now;

		/* Sessions that are not there cannot die. */
		if (!probes[i].login && j->line->kind == LIFELINE_CONFIGURED)
			continue;
		r = run_probe(j, &probes[i], after, &now, err);
		if (r || now.alive)
			continue;
		r = run_probe(j, &probes[i], before, &was, err);
		if (r || !was.alive)
			continue;
		note_cut(j, &probes[i], &now);
		return 0;
	}
	return r;
}

/* The same but for the client's port, which rules hardly ever look at: judged once. */
static bool is_judged(const struct lifelines *lines, const struct lifeline *line)
{
	for (const struct lifeline *l = lines->first; l != line; l = l->next)
		if (l->kind == line->kind && l->family == line->family && l->port == line->port &&
		    l->proto == line->proto && l->mine == line->mine &&
		    !memcmp(&l->peer, &line->peer, sizeof(l->peer)) &&
		    !memcmp(&l->local, &line->local, sizeof(l->local)))
			return true;
	return false;
}

int review_change(struct review *review, const struct lifelines *lines,
		  const struct ruleset *before, const struct ruleset *after,
		  const struct host *host, struct err *err)
{
	int r = 0;

	for (const struct lifeline *l = lines->first; !r && l; l = l->next) {
		struct judging j = { .review = review, .host = host, .line = l };

		/* Whoever speaks to a mosh-server is not known until it speaks. */
		if (bytes_are_zero(&l->peer, sizeof(l->peer)) || is_judged(lines, l))
			continue;
		review->looked_at++;
		r = judge(&j, before, after, err);
	}
	return r;
}

/* ------------------------------------------------------------------ telling */

static void print_cut(struct sink *sink, const struct cut *cut)
{
	static const char *const losses[] = {
		[LOSS_WE_SPEAK] = "would be cut as soon as this host sends something",
		[LOSS_PEER_SPEAKS] = "would be cut as soon as the other end sends something",
		[LOSS_LOGIN] = "would go on, but nobody could log in from there again",
	};
	AUTO_SINK text = SINK_MEMORY;

	lifeline_print(&text, cut->line);
	sink_printf(&text, "%s %s: what %s sends %s by %s",
		    cut->line->mine ? " (the one you type in)" : "", losses[cut->loss],
		    cut->outgoing ? "this host" : "the other end",
		    cut->certain ? "is dropped" : "may be dropped", cut->where);
	sink_wrap(sink, 0, 2, WRAP_WIDTH, sink_text(&text));
	if (cut->rule) {
		sink_str(sink, "    ");
		sink_wrap(sink, 4, 6, WRAP_WIDTH, cut->rule);
	}
}

void review_print(struct sink *sink, const struct review *review)
{
	for (const struct cut *cut = review->first; cut; cut = cut->next)
		print_cut(sink, cut);
}

void review_remedy(struct sink *sink, const struct cut *cut)
{
	const struct lifeline *l = cut->line;
	const char *program = l->family == FAMILY_IPV6 ? "ip6tables" : "iptables";
	const char *proto = l->proto == IPPROTO_UDP ? "udp" : "tcp";

	if (!cut->table || !cut->chain)
		return;
	sink_str(sink, program);
	if (strcmp(cut->table, "filter") != 0)
		sink_printf(sink, " -t %s", cut->table);
	sink_printf(sink, " -I %s -p %s %s ", cut->chain, proto, cut->outgoing ? "-d" : "-s");
	addr_print(sink, l->family, &l->peer);
	sink_printf(sink, " --%s %u -j ACCEPT", cut->outgoing ? "sport" : "dport", l->port);
}
