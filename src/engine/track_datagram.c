// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Protocols without much of a state: UDP, UDP-Lite, ICMP and ICMPv6 (queries, and errors that speak
 * of other connections), GRE, and all the rest. Follows nf_conntrack_proto_udp.c, _icmp.c,
 * _icmpv6.c, _gre.c and _generic.c of net/netfilter.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <netinet/icmp6.h>

#include "engine/flow.h"
#include <netinet/ip_icmp.h> /* last: its macros have the names of members above */

/* Seconds. */
enum {
	UDP_TIMEOUT = 30, UDP_STREAM_TIMEOUT = 120, UDP_STREAM_AFTER = 2, ICMP_TIMEOUT = 30,
	GENERIC_TIMEOUT = 600, GRE_TIMEOUT = 30, GRE_STREAM_TIMEOUT = 180,
};

static uint64_t udp_timeout(const struct conntrack *ct, bool stream)
{
	return stream ? timeout_of(ct->settings.udp_stream, UDP_STREAM_TIMEOUT)
		      : timeout_of(ct->settings.udp, UDP_TIMEOUT);
}

/* ------------------------------------------------------------------ UDP */

static unsigned load16(const uint8_t *at)
{
	return (unsigned)(at[0] << 8 | at[1]);
}

/* udp_error(). A checksum of 0 says nothing, with IPv6, too. */
static bool udp_is_bad(const struct conntrack *ct, const struct eval *e)
{
	const uint8_t *h = packet_transport(e->packet, 8);
	uint32_t len = e->packet->len - e->packet->transport;

	if (!h || load16(h + 4) > len || load16(h + 4) < 8)
		return true;
	return load16(h + 6) && track_checks_checksum(ct, e) &&
	       !packet_checksum_is_good(e->packet);
}

enum track track_udp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	uint64_t now = e->world->now;
	bool stream;

	if (udp_is_bad(ct, e))
		return TRACK_INVALID;
	if (!flow_is_confirmed(flow))
		flow->udp_stream = now + UDP_STREAM_AFTER * SECONDS;
	if (!(flow->conn.status & IPS_SEEN_REPLY)) {
		flow_refresh(ct, flow, e, udp_timeout(ct, false));
		return TRACK_ACCEPT;
	}
	/* Still active after two seconds: a stream. */
	stream = now > flow->udp_stream;
	flow_refresh(ct, flow, e, udp_timeout(ct, stream));
	if (stream && !(flow->conn.status & FLOW_NAT_CLASH))
		flow->conn.status |= IPS_ASSURED;
	return TRACK_ACCEPT;
}

/*
 * udplite_error(). The kernel (up to 6.18 at least) sums UDP-Lite up with UDP's number in the pseudo
 * header, against RFC 3828.
 */
static bool udplite_is_bad(const struct conntrack *ct, const struct eval *e)
{
	const struct packet *p = e->packet;
	const uint8_t *h = packet_transport(p, 8);
	size_t size = addr_len(p->family);
	uint32_t len = p->len - p->transport, covered, sum;

	if (!h)
		return true;
	covered = load16(h + 4);
	if (!covered)
		covered = len;
	else if (covered < 8 || covered > len)
		return true;
	if (!load16(h + 6))
		return true;
	if (!track_checks_checksum(ct, e) || p->captured < p->len)
		return false;
	sum = checksum_add(checksum_add(0, packet_saddr(p), size), packet_daddr(p), size);
	sum += htons((uint16_t)len) + (uint32_t)htons(IPPROTO_UDP);
	return checksum_finish(checksum_add(sum, h, covered)) != 0;
}

enum track track_udplite(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	bool replied = flow->conn.status & IPS_SEEN_REPLY;

	if (udplite_is_bad(ct, e))
		return TRACK_INVALID;
	flow_refresh(ct, flow, e, udp_timeout(ct, replied));
	if (replied && !(flow->conn.status & FLOW_NAT_CLASH))
		flow->conn.status |= IPS_ASSURED;
	return TRACK_ACCEPT;
}

/* ------------------------------------------------------------------ the rest */

enum track track_gre(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	bool replied = flow->conn.status & IPS_SEEN_REPLY;

	flow_refresh(ct, flow, e, (replied ? GRE_STREAM_TIMEOUT : GRE_TIMEOUT) * SECONDS);
	if (replied && !(flow->conn.status & FLOW_NAT_CLASH))
		flow->conn.status |= IPS_ASSURED;
	return TRACK_ACCEPT;
}

enum track track_generic(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	flow_refresh(ct, flow, e, timeout_of(ct->settings.generic, GENERIC_TIMEOUT));
	return TRACK_ACCEPT;
}

uint64_t track_timeout(const struct conntrack *ct, const struct flow *flow)
{
	bool replied = flow->conn.status & IPS_SEEN_REPLY;

	switch (flow->conn.way[0].proto) {
	case IPPROTO_TCP:
		return tcp_timeout(ct, flow->tcp.state);
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		return udp_timeout(ct, replied);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return timeout_of(ct->settings.icmp, ICMP_TIMEOUT);
	case IPPROTO_GRE:
		return (replied ? GRE_STREAM_TIMEOUT : GRE_TIMEOUT) * SECONDS;
	}
	return timeout_of(ct->settings.generic, GENERIC_TIMEOUT);
}

/* ------------------------------------------------------------------ ICMP queries */

/*
 * Only queries begin a connection. IPv4 asks this of every packet of it, IPv6 of the first: the same,
 * since the type is that of the original direction.
 */
enum track track_icmp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	const struct tuple *t = &flow->conn.way[0];
	bool is_query;

	if (t->proto == IPPROTO_ICMP)
		is_query = t->family == FAMILY_IPV4 &&
			   (t->icmp_type == ICMP_ECHO || t->icmp_type == ICMP_TIMESTAMP ||
			    t->icmp_type == ICMP_INFO_REQUEST || t->icmp_type == ICMP_ADDRESS);
	else
		is_query = t->family == FAMILY_IPV6 &&
			   (t->icmp_type == ICMP6_ECHO_REQUEST || t->icmp_type == 139);
	if (!is_query)
		return TRACK_INVALID;
	flow_refresh(ct, flow, e, timeout_of(ct->settings.icmp, ICMP_TIMEOUT));
	return TRACK_ACCEPT;
}

/* ------------------------------------------------------------------ ICMP errors */

/*
 * nf_conntrack_inet_error(): the datagram quoted at `at` belongs to a connection, and the error goes
 * where that connection's packets go. Sets e->ct.
 */
static void relate(struct conntrack *ct, struct eval *e, uint32_t at, struct zone zone)
{
	const struct packet *p = e->packet;
	uint32_t end = p->captured < p->len ? p->captured : p->len;
	struct tuple quoted, inverse;
	struct flow *f;
	uint8_t dir;

	if (at >= end || !tuple_of_quote(&quoted, p->family, p->bytes + at, end - at) ||
	    !tuple_invert(&inverse, &quoted))
		return;
	f = flow_find(ct, &inverse, zone, e->world->now, &dir);
	if (!f || memcmp(f->conn.way[dir].dst.bytes, packet_daddr(p), addr_len(p->family)))
		return;
	e->ct.state = CONN_RELATED;
	e->ct.direction = dir;
	e->ct.conn = &f->conn;
}

/* True: go on as a query. */
static bool special_icmp4(struct conntrack *ct, struct eval *e, struct zone zone)
{
	const uint8_t *h = packet_transport(e->packet, 8);

	if (!h || (track_checks_checksum(ct, e) && !packet_checksum_is_good(e->packet)) ||
	    h[0] > NR_ICMP_TYPES)
		return false;
	switch (h[0]) {
	case ICMP_DEST_UNREACH:
	case ICMP_SOURCE_QUENCH:
	case ICMP_REDIRECT:
	case ICMP_TIME_EXCEEDED:
	case ICMP_PARAMETERPROB:
		relate(ct, e, e->packet->transport + 8u, zone);
		return false;
	}
	return true;
}

/* Neighbour discovery and listener reports have no connection (noct_valid_new). */
static bool is_untracked(uint8_t type)
{
	return (type >= 130 && type <= 136) || type == 143 || type == 151 || type == 152;
}

/* nf_conntrack_icmpv6_redirect(): the datagram is in an option of it. True: go on. */
static bool special_redirect(struct conntrack *ct, struct eval *e, struct zone zone)
{
	enum { HEADER = 40, OPTION = 8, OPTION_REDIRECTED = 4 };
	const struct packet *p = e->packet;
	const uint8_t *h = packet_transport(p, HEADER), *from = packet_saddr(p);

	if (!h)
		return false;
	if (h[1])
		return true;
	if (packet_ttl(p) != 255 || from[0] != 0xfe || (from[1] & 0xc0) != 0x80)
		return false;
	h = packet_transport(p, HEADER + 2);
	if (!h || !h[HEADER + 1])
		return false;
	if (h[HEADER] != OPTION_REDIRECTED)
		return true;
	relate(ct, e, p->transport + HEADER + OPTION, zone);
	return false;
}

static bool special_icmp6(struct conntrack *ct, struct eval *e, struct zone zone)
{
	const uint8_t *h = packet_transport(e->packet, 8);

	if (!h || (track_checks_checksum(ct, e) && !packet_checksum_is_good(e->packet)))
		return false;
	if (is_untracked(h[0])) {
		e->ct.state = CONN_UNTRACKED;
		return false;
	}
	if (h[0] == 137)
		return special_redirect(ct, e, zone);
	if (h[0] >= 128)
		return true;
	relate(ct, e, e->packet->transport + 8u, zone);
	return false;
}

bool track_icmp_special(struct conntrack *ct, struct eval *e, struct zone zone)
{
	if (e->packet->family == FAMILY_IPV4 && e->packet->proto == IPPROTO_ICMP)
		return special_icmp4(ct, e, zone);
	if (e->packet->family == FAMILY_IPV6 && e->packet->proto == IPPROTO_ICMPV6)
		return special_icmp6(ct, e, zone);
	return true;
}
