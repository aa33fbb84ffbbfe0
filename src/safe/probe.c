// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lifeline's packets. A session is judged with the entry that connection tracking really has of it
 * (none when it is older than that), in both orders, since whoever speaks first decides which rules
 * meet a packet of a connection that the kernel does not know.
 */
#include "safe/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "ext/old.h"
#include "kernel/connection.h"
#include "kernel/host.h"
#include "kernel/sets.h"
#include "safe/boot.h"

enum {
	TCP_SYN = 0x02, TCP_PUSH = 0x08, TCP_ACK = 0x10,
	SOLICITATION = 135, ADVERTISEMENT = 136,	/* RFC 4861 */
	NEIGHBOUR_HOPS = 255,
	LOGIN_PORT = 61234,	/* of a client that nobody has seen yet */
	PACKETS_MOST = 4,
};

/* A packet of a probe. */
struct shot {
	bool outgoing;
	uint8_t what;		/* TCP flags, or type of ICMPv6 */
};

static const struct probe {
	struct shot shots[PACKETS_MOST];
	size_t count;
} probes[LOSSES] = {
	[LOSS_WE_SPEAK] = { { { true, TCP_ACK | TCP_PUSH }, { false, TCP_ACK } }, 2 },
	[LOSS_PEER_SPEAKS] = { { { false, TCP_ACK | TCP_PUSH }, { true, TCP_ACK } }, 2 },
	[LOSS_LOGIN] = { { { false, TCP_SYN }, { true, TCP_SYN | TCP_ACK }, { false, TCP_ACK } },
			 3 },
	[LOSS_NEIGHBOUR] = { { { true, SOLICITATION }, { false, ADVERTISEMENT },
			       { false, SOLICITATION }, { true, ADVERTISEMENT } }, 4 },
};

/* ------------------------------------------------------------------ where things are */

static bool find_route(const struct probing *p, struct route_answer *route)
{
	return host_route(p->host, p->line->family, &p->line->peer, route);
}

static union inet_addr own_addr(const struct probing *p)
{
	union inet_addr addr = p->line->local;
	struct route_answer route;

	/* A mosh-server, say, that listens everywhere: what routing would answer from. */
	if (bytes_are_zero(&addr, sizeof(addr)) && find_route(p, &route))
		addr = route.source;
	return addr;
}

/* The host that packets to the peer are handed to. */
static union inet_addr next_host(const struct probing *p)
{
	struct route_answer route;

	if (find_route(p, &route) && !bytes_are_zero(&route.gateway, sizeof(route.gateway)))
		return route.gateway;
	return p->line->peer;
}

/*
 * A client calls the address and port that it called before, even where these are translated to
 * those of the server.
 */
static bool is_translated(const struct probing *p)
{
	const struct tuple *called = &p->conn.way[0];

	return p->tracked && called->dport &&
	       !memcmp(&called->src, &p->line->peer, sizeof(p->line->peer));
}

uint16_t probing_called_port(const struct probing *p)
{
	return is_translated(p) ? ntohs(p->conn.way[0].dport) : p->line->port;
}

int probing_begin(struct probing *p, const struct host *host, const struct lifeline *line,
		  struct err *err)
{
	/* What we send, as no translation of what the client calls can change that. */
	const struct tuple tuple = {
		.src = line->local, .dst = line->peer, .sport = htons(line->port),
		.dport = htons(line->peer_port), .proto = line->proto,
		.family = (uint8_t)line->family,
	};
	int r;

	*p = (struct probing){ .host = host, .line = line };
	if (!line->peer_port || bytes_are_zero(&line->local, sizeof(line->local)))
		return 0;
	r = kernel_connection(&p->conn, &p->tcp_state, &tuple, err);
	p->tracked = !r;
	return r == -ENOENT ? 0 : r;
}

bool probe_applies(const struct probing *p, enum loss loss)
{
	bool is_session = p->line->kind == LIFELINE_SESSION || p->line->kind == LIFELINE_MOSH;
	struct route_answer route;

	switch (loss) {
	case LOSS_WE_SPEAK:
	case LOSS_PEER_SPEAKS:
		/* Sessions that are not there cannot die. */
		return is_session && p->line->peer_port;
	case LOSS_LOGIN:
		return true;
	case LOSS_NEIGHBOUR:
		return p->line->family == FAMILY_IPV6 && find_route(p, &route) && route.device &&
		       !route.device->loopback && !route.device->noarp;
	case LOSSES:
		break;
	}
	return false;
}

/* ------------------------------------------------------------------ packets */

static void make_neighbours(const struct probing *p, const struct shot *shot,
			    struct packet_spec *spec)
{
	*spec = (struct packet_spec){
		.family = FAMILY_IPV6, .proto = IPPROTO_ICMPV6, .ttl = NEIGHBOUR_HOPS,
		.icmp_type = shot->what, .saddr = next_host(p), .daddr = own_addr(p),
	};
	if (shot->outgoing) {
		spec->daddr = spec->saddr;
		spec->saddr = own_addr(p);
	}
}

static void make_spec(const struct probing *p, enum loss loss, const struct shot *shot,
		      struct packet_spec *spec)
{
	const struct lifeline *l = p->line;
	uint16_t peer_port = loss == LOSS_LOGIN || !l->peer_port ? LOGIN_PORT : l->peer_port;

	if (loss == LOSS_NEIGHBOUR) {
		make_neighbours(p, shot, spec);
		return;
	}
	*spec = (struct packet_spec){
		.family = l->family, .proto = l->proto, .tcp_flags = shot->what,
		.saddr = l->peer, .daddr = own_addr(p), .sport = peer_port, .dport = l->port,
	};
	if (is_translated(p)) {
		spec->daddr = p->conn.way[0].dst;
		spec->dport = ntohs(p->conn.way[0].dport);
	}
	if (shot->outgoing) {
		spec->daddr = l->peer;
		spec->saddr = own_addr(p);
		spec->sport = l->port;
		spec->dport = peer_port;
	}
}

/* The device that packets of the peer come in through: the one that leads to it. */
static void fill_meta(const struct probing *p, enum loss loss, bool outgoing, struct meta *meta)
{
	bool is_kernel = loss == LOSS_NEIGHBOUR;
	struct route_answer route;

	*meta = (struct meta){
		.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY,
	};
	if (outgoing) {
		/* The socket is that of whoever called accept(2): the server, not the user. */
		meta->has_socket = !is_kernel;
		if (is_kernel || p->line->root)
			meta->known |= KNOWN_OWNER;
		return;
	}
	meta->known |= KNOWN_OWNER;
	if (!find_route(p, &route) || !route.device) {
		meta->known &= ~(unsigned)KNOWN_IN;
		return;
	}
	memcpy(meta->in, route.device->name, sizeof(meta->in));
	meta->in_group = route.device->group;
}

/* REDIRECT of the old dialects leaves the port for the translation of what is new. */
static bool is_redirected(const struct probing *p, enum loss loss, const struct outcome *o)
{
	bool is_known = p->tracked && loss != LOSS_LOGIN;

	return !is_known && o->meta.priority >> 16 == NOTE_REDIRECT &&
	       (o->meta.priority & 0xffff) && (o->meta.priority & 0xffff) != p->line->port;
}

/* Its address or port is neither what was called nor the server's. */
static bool is_led_away(const struct probing *p, const struct packet_spec *spec,
			const struct packet *packet)
{
	const uint8_t *ports = packet_transport(packet, 4);
	size_t len = addr_len(spec->family);
	union inet_addr own = own_addr(p);
	bool is_addr = !memcmp(packet_daddr(packet), spec->daddr.bytes, len) ||
		       !memcmp(packet_daddr(packet), own.bytes, len);
	uint16_t port = ports && spec->dport ? ntohs(packet_be16(ports + 2)) : spec->dport;

	return !is_addr || (port != spec->dport && port != p->line->port);
}

/* It arrives, and where the server listens: a redirection elsewhere is as good as lost. */
static bool passes(const struct probing *p, enum loss loss, const struct shot *shot,
		   const struct packet *packet, const struct outcome *o)
{
	const uint8_t *ports = packet_transport(packet, 4);

	if (shot->outgoing)
		return o->fate == FATE_SENT || o->fate == FATE_DELIVERED;
	if (o->fate != FATE_DELIVERED)
		return false;
	if (loss == LOSS_NEIGHBOUR)
		return true;
	return ports && ntohs(packet_be16(ports + 2)) == p->line->port &&
	       !is_redirected(p, loss, o);
}

void scenery_free(struct scenery *scenery)
{
	host_free(&scenery->host);
	ipsets_free(&scenery->sets);
	*scenery = SCENERY_INIT;
}

static bool names_sets(const struct ruleset *rules)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct named_sets names = { 0 };
	bool some;

	boot_set_names(&names, &arena, rules);
	some = names.count > 0;
	mem_free_ptr(&names.items);
	return some;
}

int scenery_read(struct scenery *scenery, const struct ruleset *before,
		 const struct ruleset *after, struct err *err)
{
	struct err ignored = ERR_INIT;
	int r = scenery->host.known ? 0 : kernel_read_host(&scenery->host, err);

	if (!r && !scenery->knows_sets && (names_sets(before) || names_sets(after)))
		scenery->knows_sets = kernel_read_sets(&scenery->sets, &ignored) == 0;
	return r;
}

int probe_engine(struct engine **engine, const struct ruleset *rules,
		 const struct scenery *scenery, struct err *err)
{
	/* A few packets are not worth an index. */
	const struct engine_config config = {
		.rules = rules, .host = &scenery->host, .linear = true,
		.sets = scenery->knows_sets ? &scenery->sets : NULL,
		.limits = { .connections = 8, .expectations = 1, .fragments = 1 },
	};

	return engine_open(engine, &config, err);
}

int probe_run(const struct probing *p, struct engine *engine, enum loss loss,
	      struct probed *probed, struct err *err)
{
	const struct probe *probe = &probes[loss];
	struct err ignored = ERR_INIT;
	int r = engine_forget(engine, err);

	*probed = (struct probed){ 0 };
	if (r < 0)
		return r;
	if (p->tracked && loss != LOSS_LOGIN && loss != LOSS_NEIGHBOUR)
		conntrack_insert(engine_conntrack(engine), &p->conn, p->tcp_state, &ignored);
	for (size_t i = 0; i < probe->count; i++) {
		const struct shot *shot = &probe->shots[i];
		uint8_t bytes[128];
		struct packet packet = { 0 };
		struct packet_spec spec;
		struct input input = { .packet = &packet, .now = (i + 1) * UINT64_C(1000000) };

		make_spec(p, loss, shot, &spec);
		packet_build(&packet, &spec, bytes, sizeof(bytes));
		fill_meta(p, loss, shot->outgoing, &input.meta);
		engine_run(engine, &input, &probed->outcome);
		probed->outgoing = shot->outgoing;
		probed->called = !shot->outgoing && probed->outcome.hook == 0;
		if (passes(p, loss, shot, &packet, &probed->outcome))
			continue;
		probed->elsewhere = !shot->outgoing && (probed->outcome.fate == FATE_DELIVERED ||
				    is_led_away(p, &spec, &packet));
		probed->redirected = !shot->outgoing && is_redirected(p, loss, &probed->outcome);
		return 0;
	}
	probed->alive = true;
	return 0;
}
