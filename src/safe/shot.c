// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a lifeline's packets come from and go to, and all that rules may ask of them. */
#include "safe/shot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <string.h>

#include "base/bits.h"
#include "kernel/connection.h"
#include "safe/cgroup.h"

enum {
	NEIGHBOUR_HOPS = 255,
	LOGIN_PORT = 61234,	/* of a client that nobody has seen yet */
};

/* ------------------------------------------------------------------ where things are */

static bool find_route(const struct probing *p, struct route_answer *route)
{
	return host_route(p->host, p->line->family, &p->line->peer, route);
}

union inet_addr shot_own_addr(const struct probing *p)
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
 * A client calls the address and port that it called before, and from where it did, even where these
 * are translated to those of the socket.
 */
static bool is_translated(const struct probing *p)
{
	const struct tuple *answer = &p->conn.way[1];

	return p->tracked && p->conn.way[0].dport && answer->sport == htons(p->line->port) &&
	       !memcmp(&answer->src, &p->line->local, sizeof(answer->src)) &&
	       !memcmp(&answer->dst, &p->line->peer, sizeof(answer->dst));
}

/* As it stands in packets that come in. */
static const union inet_addr *peer_outside(const struct probing *p)
{
	return is_translated(p) ? &p->conn.way[0].src : &p->line->peer;
}

uint16_t probing_called_port(const struct probing *p)
{
	return is_translated(p) ? ntohs(p->conn.way[0].dport) : p->line->port;
}

int probing_begin(struct probing *p, const struct scenery *scenery, const struct lifeline *line,
		  struct err *err)
{
	/* What we send, as no translation of what the client calls can change that. */
	const struct tuple tuple = {
		.src = line->local, .dst = line->peer, .sport = htons(line->port),
		.dport = htons(line->peer_port), .proto = line->proto,
		.family = (uint8_t)line->family,
	};
	int r;

	*p = (struct probing){ .host = &scenery->host, .line = line };
	if (scenery->asks_for_groups) {
		cgroup_path(line->cgroup, p->group, sizeof(p->group));
		cgroup_path(line->login_cgroup, p->login_group, sizeof(p->login_group));
	}
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
		return p->line->kind != LIFELINE_SESSION || p->line->is_called;
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
		.icmp_type = shot->what, .saddr = next_host(p), .daddr = shot_own_addr(p),
	};
	if (shot->outgoing) {
		spec->daddr = spec->saddr;
		spec->saddr = shot_own_addr(p);
	}
}

static bool is_ssh(const struct lifeline *l)
{
	return l->kind == LIFELINE_SESSION || l->kind == LIFELINE_LOGIN;
}

static uint32_t full_load(const struct probing *p)
{
	uint32_t headers = p->line->family == FAMILY_IPV6 ? 40 + 32 : 20 + 32, mtu = LOAD_MOST;
	struct route_answer route;

	/* mosh keeps its datagrams small. */
	if (p->line->proto == IPPROTO_UDP)
		return 500;
	if (find_route(p, &route) && route.device && route.device->mtu > 2 * headers &&
	    route.device->mtu < mtu)
		mtu = route.device->mtu;
	return mtu - headers;
}

/* The peer's programs are anybody's guess, and call themselves what they like. */
static const char *banner_of(const struct lifeline *l, bool outgoing)
{
	if (!outgoing)
		return "SSH-2.0-client\r\n";
	return !strcmp(l->program, "dropbear") ? "SSH-2.0-dropbear_2022.83\r\n" :
						 "SSH-2.0-OpenSSH_9.2\r\n";
}

static void load(const struct probing *p, const struct shot *shot, struct packet_spec *spec)
{
	/* Keys are secret; what comes first in a login are names (RFC 4253, 7.1). */
	static const struct {
		uint8_t secret[64];
		char names[LOAD_MOST - 64];
	} bytes = {
		.names = "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group14-sha256,"
			 "ssh-ed25519,rsa-sha2-512,ssh-rsa,chacha20-poly1305@openssh.com,"
			 "aes128-ctr,hmac-sha2-256,none",
	};

	spec->payload = bytes.secret;
	switch (shot->load) {
	case LOAD_NONE:
		break;
	case LOAD_KEY:
	case LOAD_KEY_LOW:
	case LOAD_KEY_EF:
		spec->payload_len = 36;
		break;
	case LOAD_BANNER:
		spec->payload_len = 20;
		if (!is_ssh(p->line) || spec->proto != IPPROTO_TCP)
			break;
		spec->payload = (const uint8_t *)banner_of(p->line, shot->outgoing);
		spec->payload_len = (uint32_t)strlen((const char *)spec->payload);
		break;
	case LOAD_FULL:
		spec->payload_len = full_load(p);
		break;
	}
}

/* TOS or traffic class. Of our packets it is known, the peer's may be any that programs of SSH set. */
static uint8_t mark_of(const struct lifeline *l, const struct shot *shot)
{
	if (shot->outgoing)
		return l->tos;
	return shot->load == LOAD_KEY_LOW ? IPTOS_LOWDELAY :
	       shot->load == LOAD_KEY_EF ? IPTOS_DSCP_EF : IPTOS_DSCP_AF21;
}

static bool is_key(enum load load)
{
	return load == LOAD_KEY || load == LOAD_KEY_LOW || load == LOAD_KEY_EF;
}

/* As Linux sends them: a rule may ask. */
static void put_options(struct packet_spec *spec)
{
	static const uint8_t first[] = {
		2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7,
	};
	static const uint8_t later[] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1 };
	bool is_first = spec->tcp_flags & TCP_SYN;

	if (spec->proto != IPPROTO_TCP)
		return;
	spec->tcp_options = is_first ? first : later;
	spec->tcp_options_len = is_first ? sizeof(first) : sizeof(later);
}

void shot_make(const struct shooting *s, const struct shot *shot, struct packet_spec *spec)
{
	const struct probing *p = s->p;
	const struct lifeline *l = p->line;
	bool is_login = s->loss == LOSS_LOGIN;
	uint16_t peer_port = is_login || !l->peer_port ? LOGIN_PORT : l->peer_port;

	if (s->loss == LOSS_NEIGHBOUR) {
		make_neighbours(p, shot, spec);
		return;
	}
	*spec = (struct packet_spec){
		.family = l->family, .proto = l->proto, .tcp_flags = shot->what,
		.saddr = *peer_outside(p), .daddr = shot_own_addr(p), .sport = peer_port,
		.dport = l->port, .seq = shot->outgoing ? s->sent : s->heard,
		.ack = !(shot->what & TCP_ACK) ? 0 : shot->outgoing ? s->heard : s->sent,
	};
	load(p, shot, spec);
	put_options(spec);
	/* A new login marks its packets once it is one. */
	if (is_ssh(l) && (!is_login || is_key(shot->load)))
		spec->tos = mark_of(l, shot);
	if (is_translated(p)) {
		spec->daddr = p->conn.way[0].dst;
		spec->dport = ntohs(p->conn.way[0].dport);
		if (!is_login)
			spec->sport = ntohs(p->conn.way[0].sport);
	}
	if (shot->outgoing) {
		spec->daddr = s->seen_port ? s->seen : l->peer;
		spec->saddr = shot_own_addr(p);
		spec->sport = l->port;
		spec->dport = s->seen_port ? s->seen_port : peer_port;
	}
}

/*
 * NULL: not known. SYN and ACK come of a request, which has no group (tcp_make_synack); in which the
 * kernel's own sockets are nobody tells.
 */
static const char *group_of(const struct probing *p, enum loss loss, uint8_t what)
{
	bool is_next = loss == LOSS_LOGIN && p->line->proto == IPPROTO_TCP;
	const char *group = is_next ? p->login_group : p->group;

	if (loss == LOSS_NEIGHBOUR)
		return NULL;
	if (p->line->proto == IPPROTO_TCP && what == (TCP_SYN | TCP_ACK))
		return "";
	return *group ? group : NULL;
}

void shot_meta(const struct probing *p, enum loss loss, const struct shot *shot, struct meta *meta)
{
	bool is_kernel = loss == LOSS_NEIGHBOUR;
	struct route_answer route;

	*meta = (struct meta){
		.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY,
	};
	if (shot->outgoing) {
		meta->cgroup = group_of(p, loss, shot->what);
		/* The socket is that of whoever called accept(2): the server, not the user. */
		meta->has_socket = !is_kernel;
		if (is_kernel || p->line->root)
			meta->known |= KNOWN_OWNER;
		return;
	}
	meta->known |= KNOWN_OWNER;
	if (!host_route(p->host, p->line->family, peer_outside(p), &route) || !route.device) {
		meta->known &= ~(unsigned)KNOWN_IN;
		return;
	}
	memcpy(meta->in, route.device->name, sizeof(meta->in));
	meta->in_group = route.device->group;
}

/*
 * Routers that share one address for others to send to may send from addresses of their own: VRRP
 * (RFC 9568, 7.3), which CARP shares, HSRP (RFC 2281, and version 2), GLBP.
 */
static bool is_of_several(const uint8_t mac[6])
{
	static const struct {
		uint8_t len, mac[5];
	} first[] = {
		{ 5, { 0x00, 0x00, 0x5e, 0x00, 0x01 } }, { 5, { 0x00, 0x00, 0x5e, 0x00, 0x02 } },
		{ 5, { 0x00, 0x00, 0x0c, 0x07, 0xac } }, { 4, { 0x00, 0x00, 0x0c, 0x9f } },
		{ 4, { 0x00, 0x05, 0x73, 0xa0 } }, { 3, { 0x00, 0x07, 0xb4 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		if (!memcmp(mac, first[i].mac, first[i].len))
			return true;
	return false;
}

/* Where there is another gateway on the link, what comes may have come by that one. */
static bool may_come_by_another(const struct probing *p, const struct route_answer *way)
{
	const struct route *r = p->host->routes;

	while (r && (r->family != p->line->family || r->device != way->device ||
		     bytes_are_zero(&r->gateway, sizeof(r->gateway)) ||
		     !memcmp(&r->gateway, &way->gateway, sizeof(r->gateway))))
		r = r->next;
	return r || way->several;
}

bool shot_link(const struct probing *p, uint8_t header[LINK_HEADER], struct meta *meta)
{
	const union inet_addr *peer = peer_outside(p);
	enum family family = p->line->family;
	const struct neighbour *n;
	struct route_answer route;
	bool is_near;

	if (!(meta->known & KNOWN_IN) || !host_route(p->host, family, peer, &route) ||
	    !route.device)
		return false;
	/* Loopback, tunnels, lines of PPP: the kernel takes no address from these (xt_mac.c). */
	if (!route.device->ether) {
		meta->known |= KNOWN_LINK;
		return false;
	}
	is_near = bytes_are_zero(&route.gateway, sizeof(route.gateway));
	n = host_neighbour(p->host, route.device, family, is_near ? peer : &route.gateway);
	if (!n || is_of_several(n->mac) || (!is_near && may_come_by_another(p, &route)))
		return false;
	memcpy(header, route.device->mac, sizeof(n->mac));
	memcpy(header + sizeof(n->mac), n->mac, sizeof(n->mac));
	header[12] = family == FAMILY_IPV6 ? 0x86 : 0x08;
	header[13] = family == FAMILY_IPV6 ? 0xdd : 0x00;
	return true;
}
