// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tuples: what tells connections apart. Of a packet, of the datagram that an ICMP error quotes, and
 * of the answers to both. Follows nf_ct_get_tuple() and nf_ct_invert_tuple() of
 * net/netfilter/nf_conntrack_core.c.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <netinet/icmp6.h>

#include "engine/flow.h"
#include <netinet/ip_icmp.h> /* last: its macros have the names of members above */

enum { NODEINFO_QUERY = 139, NODEINFO_REPLY = 140 };	/* RFC 4620 */

static void read_addresses(struct tuple *tuple, enum family family, const uint8_t *addresses)
{
	size_t size = addr_len(family);

	*tuple = (struct tuple){ .family = (uint8_t)family };
	memcpy(tuple->src.bytes, addresses, size);
	memcpy(tuple->dst.bytes, addresses + size, size);
}

/*
 * GRE is told apart by call ids where it is PPTP's (gre_pkt_to_tuple). The source's id is known to
 * the PPTP helper alone, which we do not have: 0, as in a kernel without it.
 */
static bool read_gre(struct tuple *tuple, const uint8_t *h, size_t len)
{
	static const uint8_t ppp[2] = { 0x88, 0x0b };

	if (len < 4 || (h[1] & 7) != 1 || len < 8)
		return true;
	if (memcmp(h + 2, ppp, 2))
		return false;
	memcpy(&tuple->dport, h + 6, 2);
	return true;
}

/* `len` bytes are there of the transport part. */
static bool read_transport(struct tuple *tuple, const uint8_t *h, size_t len)
{
	switch (tuple->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		if (len < 4)
			return false;
		memcpy(&tuple->sport, h, 2);
		memcpy(&tuple->dport, h + 2, 2);
		return true;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (len < 8)
			return false;
		tuple->icmp_type = h[0];
		tuple->icmp_code = h[1];
		memcpy(&tuple->sport, h + 4, 2);
		tuple->dport = tuple->sport;
		return true;
	case IPPROTO_GRE:
		return read_gre(tuple, h, len);
	}
	/* DCCP, too: since Linux 6.17 it is tracked like any other protocol. */
	return true;
}

bool tuple_of_packet(struct tuple *tuple, const struct packet *packet)
{
	uint32_t end = packet->captured < packet->len ? packet->captured : packet->len;
	uint32_t at = packet->transport;

	read_addresses(tuple, packet->family, packet_saddr(packet));
	tuple->proto = packet->proto;
	return at <= end && read_transport(tuple, packet->bytes + at, end - at);
}

int ipv6_transport(const uint8_t *bytes, size_t len, uint8_t *proto, uint16_t *fragment)
{
	uint8_t next;
	size_t at = 40;

	*fragment = 0;
	if (len < at)
		return -1;
	next = bytes[6];
	while (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH || next == IPPROTO_NONE || next == IPPROTO_DSTOPTS) {
		const uint8_t *h = bytes + at;

		if (next == IPPROTO_NONE || at + 8 > len)
			return -1;
		if (next == IPPROTO_FRAGMENT) {
			*fragment = (uint16_t)((h[2] << 8 | h[3]) & 0xfff8);
			if (*fragment)
				break;
			at += 8;
		} else {
			at += next == IPPROTO_AH ? (h[1] + 2u) * 4 : (h[1] + 1u) * 8;
		}
		next = h[0];
	}
	*proto = next;
	return at > len ? -1 : (int)at;
}

bool tuple_of_quote(struct tuple *tuple, enum family family, const uint8_t *bytes, size_t len)
{
	uint16_t fragment;
	int at;

	if (family == FAMILY_IPV6) {
		if (len < 40)
			return false;
		read_addresses(tuple, family, bytes + 8);
		at = ipv6_transport(bytes, len, &tuple->proto, &fragment);
	} else {
		if (len < 20)
			return false;
		read_addresses(tuple, family, bytes + 12);
		tuple->proto = bytes[9];
		fragment = (uint16_t)((bytes[6] << 8 | bytes[7]) & 0x1fff);
		at = (bytes[0] & 15) * 4;
		if ((size_t)at > len)
			at = -1;
	}
	if (at <= 0 || fragment)
		return false;
	return read_transport(tuple, bytes + at, len - (size_t)at);
}

/* Types of ICMP queries, each beside the one that answers it. */
struct query {
	uint8_t proto, type, answer;
};

static const struct query queries[] = {
	{ IPPROTO_ICMP, ICMP_ECHO, ICMP_ECHOREPLY },
	{ IPPROTO_ICMP, ICMP_TIMESTAMP, ICMP_TIMESTAMPREPLY },
	{ IPPROTO_ICMP, ICMP_INFO_REQUEST, ICMP_INFO_REPLY },
	{ IPPROTO_ICMP, ICMP_ADDRESS, ICMP_ADDRESSREPLY },
	{ IPPROTO_ICMPV6, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY },
	{ IPPROTO_ICMPV6, NODEINFO_QUERY, NODEINFO_REPLY },
};

static bool invert_icmp_type(uint8_t proto, uint8_t *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		const struct query *q = &queries[i];

		if (q->proto != proto || (q->type != *type && q->answer != *type))
			continue;
		*type = q->type == *type ? q->answer : q->type;
		return true;
	}
	return false;
}

bool tuple_invert(struct tuple *to, const struct tuple *from)
{
	struct tuple t = *from;

	t.src = from->dst;
	t.dst = from->src;
	t.sport = from->dport;
	t.dport = from->sport;
	if ((t.proto == IPPROTO_ICMP || t.proto == IPPROTO_ICMPV6) &&
	    !invert_icmp_type(t.proto, &t.icmp_type))
		return false;
	*to = t;
	return true;
}
