// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What HMARK hashes: addresses, ports, protocol; of an ICMP error those of the packet that it quotes.
 * Addresses and ports are put into an order, so that both directions have the same mark.
 */
#include "ext/flow_mark.h"

#include <linux/netfilter/xt_HMARK.h>
#include <netinet/in.h>
#include <string.h>

#include "base/jhash.h"
#include "ext/headers.h"

struct flow {
	uint32_t src, dst, ports;	/* as numbers */
	uint8_t proto;
};

static bool has(const struct xt_hmark_info *info, unsigned flag)
{
	return info->flags & XT_HMARK_FLAG(flag);
}

/* An IPv6 address becomes one word. */
static uint32_t masked(enum family family, const uint8_t *addr, const union nf_inet_addr *mask)
{
	be32 words[4], all = 0;

	memcpy(words, addr, addr_len(family));
	for (size_t i = 0; i < addr_len(family) / 4; i++)
		all ^= words[i] & mask->all[i];
	return ntohl(all);
}

static void set_ports(struct flow *flow, const struct xt_hmark_info *info, const void *bytes)
{
	union hmark_ports ports;
	uint16_t src, dst;

	memcpy(&ports.b32, bytes, sizeof(ports.b32));
	ports.b32 = (ports.b32 & info->port_mask.b32) | info->port_set.b32;
	src = ntohs(ports.b16.src);
	dst = ntohs(ports.b16.dst);
	flow->ports = dst > src ? (uint32_t)dst << 16 | src : (uint32_t)src << 16 | dst;
}

/* ------------------------------------------------------------------ from the connection */

static enum answer of_connection(struct eval *e, const struct xt_hmark_info *info,
				 struct flow *flow)
{
	const struct connection *c = e->ct.conn;
	be16 ports[2];

	if (!c)
		return e->ct.known ? ANSWER_NO : ANSWER_UNKNOWN;
	flow->src = masked(e->family, c->way[0].src.bytes, &info->src_mask);
	flow->dst = masked(e->family, c->way[1].src.bytes, &info->dst_mask);
	if (has(info, XT_HMARK_METHOD_L3))
		return ANSWER_YES;
	flow->proto = c->way[0].proto;
	ports[0] = c->way[0].sport;
	ports[1] = c->way[1].sport;
	if (flow->proto != IPPROTO_ICMP)
		set_ports(flow, info, ports);
	return ANSWER_YES;
}

/* ------------------------------------------------------------------ from the packet */

/* Where ports would be they need not be: then they count as none. */
static enum answer with_ports(struct eval *e, const struct xt_hmark_info *info, uint32_t at,
			      struct flow *flow)
{
	uint8_t bytes[4];
	enum answer there = flow_bytes(e, flow->proto, at, bytes);

	/* Of a protocol without ports nothing is masked, and nothing set. */
	if (there == ANSWER_YES && (flow->proto == IPPROTO_AH || flow->proto == IPPROTO_ESP ||
				    flow->proto == IPPROTO_TCP || flow->proto == IPPROTO_UDP ||
				    flow->proto == IPPROTO_DCCP || flow->proto == IPPROTO_SCTP ||
				    flow->proto == IPPROTO_UDPLITE))
		set_ports(flow, info, bytes);
	return there == ANSWER_UNKNOWN ? there : ANSWER_YES;
}

static bool is_error4(uint8_t type)
{
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static enum answer of_ipv4(struct eval *e, const struct xt_hmark_info *info, struct flow *flow)
{
	enum { ICMP_HEADER = 8, IP_HEADER = 20, MORE_AND_OFFSET = 0x3fff };
	const uint8_t *ip = e->packet->bytes, *icmp;
	uint32_t at = 0, len = (ip[0] & 0xfu) * 4;
	enum answer there;

	if (ip[9] == IPPROTO_ICMP) {
		there = packet_bytes(e, len, ICMP_HEADER, &icmp);
		if (there == ANSWER_YES && is_error4(icmp[0])) {
			at = len + ICMP_HEADER;
			there = packet_bytes(e, at, IP_HEADER, &ip);
			if (there == ANSWER_NO)
				return there;
		}
		if (there == ANSWER_UNKNOWN)
			return there;
	}
	flow->src = masked(FAMILY_IPV4, ip + 12, &info->src_mask);
	flow->dst = masked(FAMILY_IPV4, ip + 16, &info->dst_mask);
	if (has(info, XT_HMARK_METHOD_L3))
		return ANSWER_YES;
	flow->proto = ip[9];
	if (flow->proto == IPPROTO_ICMP || (ip[6] << 8 | ip[7]) & MORE_AND_OFFSET)
		return ANSWER_YES;
	return with_ports(e, info, at + (ip[0] & 0xfu) * 4, flow);
}

/*
 * ipv6_find_hdr() for any header, from the IPv6 header at `*at` on; an authentication header is the
 * last one. NO: the chain is broken.
 */
static enum answer last_header(struct eval *e, uint32_t *at, uint8_t *proto, bool *is_fragment)
{
	enum { IP6_HEADER = 40 };
	const uint8_t *h;
	enum answer there = packet_bytes(e, *at, IP6_HEADER, &h);

	*is_fragment = false;
	if (there != ANSWER_YES || h[0] >> 4 != 6)
		return there == ANSWER_YES ? ANSWER_NO : there;
	*proto = h[6];
	*at += IP6_HEADER;
	while (*proto == IPPROTO_HOPOPTS || *proto == IPPROTO_ROUTING ||
	       *proto == IPPROTO_DSTOPTS || *proto == IPPROTO_FRAGMENT) {
		uint8_t next = *proto;
		bool short_one = next == IPPROTO_DSTOPTS || next == IPPROTO_HOPOPTS;

		there = packet_bytes(e, *at, short_one ? 2 : 4, &h);
		if (there != ANSWER_YES)
			return there;
		*proto = h[0];
		if (next == IPPROTO_FRAGMENT) {
			*is_fragment = true;
			if (h[2] || h[3] & 0xf8)
				return ANSWER_YES;
		}
		*at += ip6_header_len(next, h);
	}
	return ANSWER_YES;
}

static enum answer of_ipv6(struct eval *e, const struct xt_hmark_info *info, struct flow *flow)
{
	enum { ICMP6_HEADER = 8, IP6_HEADER = 40, FIRST_QUERY = 128 };
	const uint8_t *ip = e->packet->bytes, *icmp;
	uint32_t at = 0;
	bool is_fragment;
	uint8_t proto;
	enum answer there = last_header(e, &at, &proto, &is_fragment);

	/* Then the mark is that of no flow. */
	if (there != ANSWER_YES)
		return there == ANSWER_NO ? ANSWER_YES : there;
	if (!is_fragment && proto == IPPROTO_ICMPV6) {
		there = packet_bytes(e, at, ICMP6_HEADER, &icmp);
		if (there == ANSWER_YES && icmp[0] && icmp[0] < FIRST_QUERY) {
			at += ICMP6_HEADER;
			there = packet_bytes(e, at, IP6_HEADER, &ip);
			if (there == ANSWER_YES)
				there = last_header(e, &at, &proto, &is_fragment);
			if (there == ANSWER_NO)
				return there;
		}
		if (there == ANSWER_UNKNOWN)
			return there;
	}
	flow->src = masked(FAMILY_IPV6, ip + 8, &info->src_mask);
	flow->dst = masked(FAMILY_IPV6, ip + 24, &info->dst_mask);
	if (has(info, XT_HMARK_METHOD_L3))
		return ANSWER_YES;
	flow->proto = proto;
	return proto == IPPROTO_ICMPV6 || is_fragment ? ANSWER_YES : with_ports(e, info, at, flow);
}

/* hmark_hash(). */
static uint32_t mark_of(const struct xt_hmark_info *info, const struct flow *flow)
{
	bool swap = flow->dst < flow->src;
	const uint32_t words[3] = { swap ? flow->dst : flow->src, swap ? flow->src : flow->dst,
				    flow->ports };
	uint32_t hash = jhash_words(words, 3, info->hashrnd) ^ (flow->proto & info->proto_mask);

	return jhash_scale(hash, info->hmodulus) + info->hoffset;
}

void flow_mark(struct eval *e, const struct xt_hmark_info *info)
{
	struct flow flow = { 0 };
	enum answer known = has(info, XT_HMARK_CT) ? of_connection(e, info, &flow) :
			    e->family == FAMILY_IPV6 ? of_ipv6(e, info, &flow) :
						       of_ipv4(e, info, &flow);

	if (known == ANSWER_YES)
		act_set_mark(e, mark_of(info, &flow), UINT32_MAX);
	else if (known == ANSWER_UNKNOWN)
		e->meta->known &= ~(unsigned)KNOWN_MARK;
}
