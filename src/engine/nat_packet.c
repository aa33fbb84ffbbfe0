// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carrying translations out: NAT at its place in a hook, and the bytes of packets and of what ICMP
 * errors quote. Follows nf_nat_inet_fn() of net/netfilter/nf_nat_core.c and nf_nat_proto.c.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <netinet/icmp6.h>

#include "engine/flow.h"
#include "net/checksum.h"
#include "net/host.h"
#include <netinet/ip_icmp.h> /* last: its macros have the names of members above */

static bool changes_source(uint8_t hook)
{
	return hook == NF_INET_POST_ROUTING || hook == NF_INET_LOCAL_IN;
}

static uint32_t bytes_there(const struct packet *p)
{
	return p->captured < p->len ? p->captured : p->len;
}

/* ------------------------------------------------------------------ bytes */

/* One datagram inside the packet, or the packet itself: what is to be written where. */
struct rewrite {
	struct packet *packet;
	uint32_t at;		/* of the IP header */
	const struct tuple *target;
	bool source;
};

/* Puts `value` at `place`, and the difference into the checksum (may be NULL). */
static void put(uint8_t *place, const void *value, size_t len, uint8_t *checksum)
{
	be16 sum;

	if (checksum) {
		sum = checksum_update(packet_be16(checksum), place, value, len);
		memcpy(checksum, &sum, sizeof(sum));
	}
	memcpy(place, value, len);
}

static const uint8_t *new_address(const struct rewrite *r)
{
	return r->source ? r->target->src.bytes : r->target->dst.bytes;
}

static uint8_t *address_place(const struct rewrite *r)
{
	uint8_t *ip = r->packet->bytes + r->at;

	if (r->target->family == FAMILY_IPV6)
		return ip + (r->source ? 8 : 24);
	return ip + (r->source ? 12 : 16);
}

/* The address is part of the transport checksum (nf_csum_update). */
static void update_for_address(const struct rewrite *r, uint8_t *checksum)
{
	be16 sum = checksum_update(packet_be16(checksum), address_place(r), new_address(r),
				   addr_len(r->target->family));

	memcpy(checksum, &sum, sizeof(sum));
}

static be16 new_port(const struct rewrite *r)
{
	return r->source ? r->target->sport : r->target->dport;
}

/* UDP writes a checksum of 0 as all ones; 0 means that there is none. */
static void rewrite_udp(const struct rewrite *r, uint8_t *h, bool has_checksum)
{
	static const uint8_t ones[2] = { 0xff, 0xff };
	be16 port = new_port(r);

	if (has_checksum)
		update_for_address(r, h + 6);
	put(h + (r->source ? 0 : 2), &port, 2, has_checksum ? h + 6 : NULL);
	if (has_checksum && !packet_be16(h + 6))
		memcpy(h + 6, ones, 2);
}

/* The CRC covers what an ICMP error quotes only when that is all there. */
static void rewrite_sctp(const struct rewrite *r, uint8_t *h, uint32_t there)
{
	struct packet quoted;
	be16 port = new_port(r);
	uint32_t crc;

	put(h + (r->source ? 0 : 2), &port, 2, NULL);
	if (there < 12)
		return;
	quoted = (struct packet){
		.bytes = r->packet->bytes, .len = r->packet->len, .captured = r->packet->captured,
		.proto = IPPROTO_SCTP, .family = r->packet->family,
		.transport = (uint16_t)(h - r->packet->bytes),
	};
	if (!packet_sctp_checksum(&quoted, &crc))
		return;
	for (unsigned i = 0; i < 4; i++)
		h[8 + i] = (uint8_t)(crc >> (8 * i));
}

static bool is_icmp4_query(uint8_t type)
{
	return type == ICMP_ECHO || type == ICMP_ECHOREPLY || type == ICMP_TIMESTAMP ||
	       type == ICMP_TIMESTAMPREPLY || type == ICMP_INFO_REQUEST ||
	       type == ICMP_INFO_REPLY || type == ICMP_ADDRESS || type == ICMP_ADDRESSREPLY;
}

/* l4proto_manip_pkt(): `there` bytes of the transport header are there. False: too few. */
static bool rewrite_transport(const struct rewrite *r, uint8_t *h, uint32_t there)
{
	be16 port = new_port(r);

	switch (r->target->proto) {
	case IPPROTO_TCP:
		if (there < 8)
			return false;
		/* An ICMP error quotes 8 bytes at least; the checksum lies behind. */
		if (there >= 20)
			update_for_address(r, h + 16);
		put(h + (r->source ? 0 : 2), &port, 2, there >= 20 ? h + 16 : NULL);
		return true;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
		if (there < 8)
			return false;
		rewrite_udp(r, h, r->target->proto == IPPROTO_UDPLITE || packet_be16(h + 6));
		return true;
	case IPPROTO_SCTP:
		if (there < 8)
			return false;
		rewrite_sctp(r, h, there);
		return true;
	case IPPROTO_ICMP:
		if (there < 8)
			return false;
		if (is_icmp4_query(h[0]))
			put(h + 4, &r->target->sport, 2, h + 2);
		return true;
	case IPPROTO_ICMPV6:
		if (there < 8)
			return false;
		update_for_address(r, h + 2);
		if (h[0] == ICMP6_ECHO_REQUEST || h[0] == ICMP6_ECHO_REPLY)
			put(h + 4, &r->target->sport, 2, h + 2);
		return true;
	case IPPROTO_GRE:
		if (there < 8)
			return false;
		/* The call id of PPTP's; other versions have none to change. */
		if (!r->source && (h[1] & 7) == 1)
			put(h + 6, &r->target->dport, 2, NULL);
		return r->source || (h[1] & 7) <= 1;
	}
	return true;
}

/* nf_nat_ipv4_manip_pkt(), nf_nat_ipv6_manip_pkt() */
static bool rewrite(const struct rewrite *r)
{
	uint8_t *ip = r->packet->bytes + r->at, proto;
	uint32_t end = bytes_there(r->packet), header;
	uint16_t fragment;
	int at;

	if (r->at + (r->target->family == FAMILY_IPV6 ? 40 : 20) > end)
		return false;
	if (r->target->family == FAMILY_IPV6) {
		at = ipv6_transport(ip, end - r->at, &proto, &fragment);
		if (at >= 0 && !fragment &&
		    !rewrite_transport(r, ip + at, end - r->at - (uint32_t)at))
			return false;
		memcpy(address_place(r), new_address(r), 16);
		return true;
	}
	header = (ip[0] & 15u) * 4;
	if (r->at + header > end ||
	    !rewrite_transport(r, ip + header, end - r->at - header))
		return false;
	put(address_place(r), new_address(r), 4, ip + 10);
	return true;
}

/* ------------------------------------------------------------------ packets of a connection */

/* Does the connection change this end of packets of this direction? (nf_nat_packet) */
static bool is_translated(const struct flow *f, bool source, unsigned direction)
{
	uint32_t bit = source == (direction == IP_CT_DIR_ORIGINAL) ? IPS_SRC_NAT : IPS_DST_NAT;

	return f->conn.status & bit;
}

static enum verdict translate(struct eval *e, const struct flow *f)
{
	bool source = changes_source(e->hook);
	struct tuple target;
	struct rewrite r = { .packet = e->packet, .target = &target, .source = source };

	if (!is_translated(f, source, e->ct.direction))
		return VERDICT_ACCEPT;
	/* It shall look like the inverse of the other direction. */
	if (!tuple_invert(&target, &f->conn.way[!e->ct.direction]))
		return VERDICT_DROP;
	return rewrite(&r) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/* ------------------------------------------------------------------ ICMP errors */

static bool is_redirect(const struct packet *p, uint8_t type)
{
	return type == (p->family == FAMILY_IPV6 ? 137 : ICMP_REDIRECT);
}

/*
 * nf_nat_icmp_reply_translation(): what the error quotes went the other way, so its other end is
 * changed back; then the error itself.
 */
static enum verdict translate_error(struct eval *e, const struct flow *f)
{
	struct packet *p = e->packet;
	bool source = changes_source(e->hook);
	size_t ip_size = p->family == FAMILY_IPV6 ? 40 : 20;
	const uint8_t *h = packet_transport(p, 8 + ip_size);
	const struct tuple *other = &f->conn.way[!e->ct.direction];
	struct rewrite inner = {
		.packet = p, .at = p->transport + 8u, .target = other, .source = !source,
	};
	struct tuple target;
	struct rewrite outer = { .packet = p, .target = &target, .source = source };
	be16 checksum;

	/* nf_checksum() believes, on the way out, what was right when it came in. */
	if (!h ||
	    (!(e->hook == NF_INET_POST_ROUTING && *e->meta->in) && !packet_checksum_is_good(p)))
		return VERDICT_DROP;
	/* The translated end would be told a way it cannot go. */
	if (is_redirect(p, h[0]) && ((f->conn.status & IPS_NAT_DONE_MASK) != IPS_NAT_DONE_MASK ||
				     (f->conn.status & IPS_NAT_MASK)))
		return VERDICT_DROP;
	if (!is_translated(f, source, e->ct.direction))
		return VERDICT_ACCEPT;
	if (!rewrite(&inner))
		return VERDICT_DROP;
	if (packet_checksum(p, &checksum))
		memcpy(packet_checksum_place(p), &checksum, sizeof(checksum));
	if (!tuple_invert(&target, other))
		return VERDICT_DROP;
	target.proto = p->proto;
	return rewrite(&outer) ? VERDICT_ACCEPT : VERDICT_DROP;
}

/* ------------------------------------------------------------------ a hook */

/* nf_nat_alloc_null_binding(): it keeps its address; its port, when that is free. */
static enum verdict bind_to_itself(struct conntrack *ct, struct eval *e, struct flow *f)
{
	bool source = changes_source(e->hook);
	struct nf_nat_range2 range = { .flags = NF_NAT_RANGE_MAP_IPS };
	const union inet_addr *own = source ? &f->conn.way[1].dst : &f->conn.way[1].src;

	memcpy(&range.min_addr, own, sizeof(*own));
	memcpy(&range.max_addr, own, sizeof(*own));
	return nat_setup(ct, e, f, &range, source);
}

/* nf_nat_oif_changed(): it was masqueraded for another device's address. */
static bool has_changed_device(const struct eval *e, const struct flow *f)
{
	return f->out[0] && e->hook == NF_INET_POST_ROUTING &&
	       e->ct.direction == IP_CT_DIR_ORIGINAL && strcmp(f->out, e->meta->out) != 0;
}

enum verdict conntrack_nat(struct conntrack *ct, struct eval *e, nat_rules *rules, void *context)
{
	uint32_t done = changes_source(e->hook) ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
	uint8_t icmp = e->packet->family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	enum verdict verdict;
	struct flow *f;

	if (!e->ct.conn)
		return VERDICT_ACCEPT;
	f = flow_of(e->ct.conn);
	if (e->ct.state == CONN_RELATED && e->packet->proto == icmp)
		return translate_error(e, f);
	if ((e->ct.state == CONN_NEW || e->ct.state == CONN_RELATED) && !(f->conn.status & done)) {
		verdict = rules ? rules(context, e) : VERDICT_ACCEPT;
		if (verdict != VERDICT_ACCEPT && verdict != VERDICT_NONE)
			return verdict;
		if (!(f->conn.status & done) && bind_to_itself(ct, e, f) != VERDICT_ACCEPT)
			return VERDICT_DROP;
	} else if (has_changed_device(e, f)) {
		flow_count(ct, f, e);
		flow_kill(ct, f);
		return VERDICT_DROP;
	}
	return translate(e, f);
}

/* Does the host still have what a connection was masqueraded with? */
static bool has_address(const struct host *host, const struct flow *f)
{
	enum family family = f->conn.way[0].family;
	const struct device *out = host_device(host, f->out);

	for (const struct device_addr *a = host->addrs; out && out->up && a; a = a->next)
		if (a->device == out && a->family == family &&
		    !memcmp(&a->addr, &f->conn.way[1].dst, addr_len(family)))
			return true;
	return false;
}

void conntrack_host_changed(struct conntrack *ct, const struct host *host)
{
	for (uint32_t i = 0; i < ct->touched; i++) {
		struct flow *f = &ct->flows[i];

		if (f->listed && f->out[0] && !has_address(host, f))
			flow_kill(ct, f);
	}
}
