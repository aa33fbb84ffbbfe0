// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Choosing translations: which addresses and ports a connection gets, as get_unique_tuple() and
 * nf_nat_setup_info() of net/netfilter/nf_nat_core.c choose. What is drawn by chance there is drawn
 * from world.random here, in the same order.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "base/jhash.h"
#include "engine/flow.h"

enum { ATTEMPTS_MOST = 128, ATTEMPTS_HARDER = ATTEMPTS_MOST / 4, ATTEMPTS_LEAST = 16 };

/* What is wanted, of whom. */
struct search {
	struct conntrack *ct;
	struct eval *e;
	struct flow *flow;
	const struct nf_nat_range2 *range;
	bool source;
};

static unsigned port_of(be16 port)
{
	return ntohs(port);
}

/* ------------------------------------------------------------------ is it taken? */

static bool is_taken(const struct search *s, const struct tuple *tuple)
{
	struct tuple reply;

	if (!tuple_invert(&reply, tuple))
		return false;
	return flow_is_taken(s->ct, &reply, s->flow, s->e->world->now);
}

/* Protocols of which two first packets may cross (allow_clash). */
static bool may_cross(uint8_t proto)
{
	return proto != IPPROTO_TCP && proto != IPPROTO_SCTP && proto != IPPROTO_ICMP &&
	       proto != IPPROTO_ICMPV6;
}

/*
 * nf_nat_used_tuple_new(): the untouched tuple. When the one that has it is the same flow the other
 * way round, and neither is translated, they are merged later.
 */
static bool is_taken_untouched(const struct search *s, const struct tuple *tuple)
{
	static const uint32_t uses_nat = IPS_NAT_MASK | IPS_SEQ_ADJUST;
	uint64_t now = s->e->world->now;
	struct zone zone = flow_zone(s->flow);
	struct tuple reply;
	struct flow *other;
	uint8_t dir;

	if (!is_taken(s, tuple))
		return false;
	if (!may_cross(tuple->proto) || (s->flow->conn.status & uses_nat))
		return true;
	other = flow_find(s->ct, tuple, zone, now, &dir);
	if (!other && tuple_invert(&reply, tuple))
		other = flow_find(s->ct, &reply, zone, now, &dir);
	if (!other)
		return false;
	return (other->conn.status & uses_nat) ||
	       !tuple_equal(&other->conn.way[0], &s->flow->conn.way[1]);
}

/*
 * nf_nat_used_tuple_harder(): the last attempts take the port of a TCP connection that is over, when
 * the new one's sequence numbers are higher.
 */
static bool is_taken_harder(const struct search *s, const struct tuple *tuple, unsigned left)
{
	struct tuple reply;
	struct flow *f;
	uint8_t dir;

	if (left > ATTEMPTS_HARDER || tuple->proto != IPPROTO_TCP ||
	    s->flow->tcp.state != TCP_CONNTRACK_SYN_SENT)
		return is_taken(s, tuple);
	if (!tuple_invert(&reply, tuple))
		return false;
	f = flow_find(s->ct, &reply, flow_zone(s->flow), s->e->world->now, &dir);
	if (!f)
		return false;
	if (dir == IP_CT_DIR_ORIGINAL || f->tcp.state < TCP_CONNTRACK_TIME_WAIT ||
	    (f->conn.status & (IPS_FIXED_TIMEOUT | IPS_DYING)) ||
	    !(f->conn.status & IPS_SRC_NAT) ||
	    (int32_t)(s->flow->tcp.seen[0].end - f->tcp.seen[0].end) <= 0)
		return true;
	if (!s->e->simulated)
		flow_kill(s->ct, f);
	return false;
}

/* ------------------------------------------------------------------ ranges */

static bool address_in_range(const struct tuple *t, const struct nf_nat_range2 *range)
{
	size_t size = addr_len(t->family);

	return memcmp(t->src.bytes, &range->min_addr, size) >= 0 &&
	       memcmp(t->src.bytes, &range->max_addr, size) <= 0;
}

static bool port_in_range(const struct tuple *t, bool source, const struct nf_nat_range2 *range)
{
	unsigned port = port_of(source ? t->sport : t->dport);

	switch (t->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_GRE:
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
		return port >= port_of(range->min_proto.all) &&
		       port <= port_of(range->max_proto.all);
	case IPPROTO_DCCP:
		/* Tracked without its ports, which count as 0. */
		return port_of(range->min_proto.all) == 0;
	}
	return true;
}

/* nf_in_range(): would this source do? */
static bool source_in_range(const struct tuple *t, const struct nf_nat_range2 *range)
{
	if ((range->flags & NF_NAT_RANGE_MAP_IPS) && !address_in_range(t, range))
		return false;
	return !(range->flags & NF_NAT_RANGE_PROTO_SPECIFIED) || port_in_range(t, true, range);
}

/*
 * find_appropriate_src(): the source that this source and port have got already, so that they look
 * the same to all.
 */
static bool same_source(const struct search *s, const struct tuple *tuple, struct tuple *result)
{
	struct zone zone = flow_zone(s->flow);

	for (struct chain *n = *flow_sources(s->ct, tuple, zone); n; n = n->next) {
		const struct flow *f = chain_owner(n, struct flow, source);
		const struct tuple *t = &f->conn.way[0];
		struct tuple seen;

		if (t->proto != tuple->proto || t->sport != tuple->sport ||
		    memcmp(&t->src, &tuple->src, sizeof(t->src)) ||
		    zone_id(flow_zone(f), 0) != zone_id(zone, 0) ||
		    !tuple_invert(&seen, &f->conn.way[1]))
			continue;
		*result = *tuple;
		result->src = seen.src;
		result->sport = seen.sport;
		if (tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6)
			result->dport = seen.sport;
		if (source_in_range(result, s->range))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------ an address of the range */

/*
 * find_best_ips_proto(): by a hash of both addresses, or of the source alone (PERSISTENT), word by
 * word.
 */
static void choose_address(const struct search *s, struct tuple *tuple)
{
	const struct nf_nat_range2 *range = s->range;
	union inet_addr *address = s->source ? &tuple->src : &tuple->dst;
	bool is_persistent = range->flags & NF_NAT_RANGE_PERSISTENT, full = false;
	unsigned last = tuple->family == FAMILY_IPV6 ? 3 : 0;
	uint32_t hash, low, count;

	if (!(range->flags & NF_NAT_RANGE_MAP_IPS))
		return;
	if (!memcmp(&range->min_addr, &range->max_addr, addr_len(tuple->family))) {
		memcpy(address, &range->min_addr, addr_len(tuple->family));
		return;
	}
	hash = jhash_words(tuple->src.v6, 4,
			   is_persistent ? 0 : tuple->dst.v6[last] ^ s->flow->conn.zone);
	for (unsigned i = 0; i <= last; i++) {
		low = full ? 0 : ntohl(range->min_addr.all[i]);
		count = full ? ~0u : ntohl(range->max_addr.all[i]) - low + 1;
		address->v6[i] = htonl(low + (uint32_t)((uint64_t)hash * count >> 32));
		if (address->v6[i] != range->max_addr.all[i])
			full = true;
		if (!is_persistent)
			hash ^= tuple->dst.v6[i];
	}
}

/* nft_nat_setup_netmap() and netmap_tg4(): the network's bits are replaced, the host's stay. */
static void map_network(const struct search *s, struct nf_nat_range2 *range)
{
	const uint8_t *from = s->source ? packet_saddr(s->e->packet) : packet_daddr(s->e->packet);
	uint8_t *low = (uint8_t *)&range->min_addr, *high = (uint8_t *)&range->max_addr;

	for (size_t i = 0; i < addr_len(s->e->packet->family); i++) {
		uint8_t host = low[i] ^ high[i];

		low[i] = high[i] = (uint8_t)((low[i] & ~host) | (from[i] & host));
	}
}

/* ------------------------------------------------------------------ a port */

struct ports {
	be16 *key;
	unsigned low, count;
};

/* The ports that may be used when none were asked for; false: they stay. */
static bool usual_ports(const struct search *s, struct ports *ports)
{
	unsigned now = port_of(*ports->key);

	if (!s->source)
		return false;
	/* Below 512 they may be somebody's credentials (rsh). */
	if (now < 512)
		*ports = (struct ports){ ports->key, 1, 511 };
	else if (now < 1024)
		*ports = (struct ports){ ports->key, 600, 1023 - 600 + 1 };
	else
		*ports = (struct ports){ ports->key, 1024, 65535 - 1024 + 1 };
	return true;
}

static bool ports_to_try(const struct search *s, struct tuple *tuple, struct ports *ports)
{
	unsigned low = port_of(s->range->min_proto.all), high = port_of(s->range->max_proto.all);
	bool given = s->range->flags & NF_NAT_RANGE_PROTO_SPECIFIED;

	ports->key = s->source ? &tuple->sport : &tuple->dport;
	switch (tuple->proto) {
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		ports->key = &tuple->sport;
		ports->low = given ? low : 0;
		/* A range upside down wraps, as the kernel's does. */
		ports->count = given ? high - low + 1 : 65536;
		return true;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_TCP:
	case IPPROTO_SCTP:
		break;
	default:
		/* GRE, too: only the PPTP helper's connections would have ids to change. */
		return false;
	}
	if (!given)
		return usual_ports(s, ports);
	if (high < low) {
		unsigned swap = high;

		high = low;
		low = swap;
	}
	ports->low = low;
	ports->count = high - low + 1;
	return true;
}

static void set_port(struct tuple *tuple, struct ports *ports, unsigned port)
{
	*ports->key = htons((uint16_t)port);
	if (tuple->proto == IPPROTO_ICMP || tuple->proto == IPPROTO_ICMPV6)
		tuple->dport = tuple->sport;
}

static uint16_t draw(const struct search *s)
{
	return (uint16_t)conntrack_random(s->e);
}

/* nf_nat_l4proto_unique_tuple(). When all fails the last one tried stays; the confirmation refuses. */
static void search_port(const struct search *s, struct tuple *tuple)
{
	unsigned flags = s->range->flags, attempts;
	struct ports ports;
	uint16_t offset = 0;

	if (!ports_to_try(s, tuple, &ports))
		return;
	if (flags & NF_NAT_RANGE_PROTO_OFFSET)
		offset = (uint16_t)(port_of(*ports.key) - port_of(s->range->base_proto.all));
	else if ((flags & NF_NAT_RANGE_PROTO_RANDOM_ALL) || s->source)
		offset = draw(s);
	/* An empty range would be a division by zero. */
	if (!ports.count)
		return;
	attempts = ports.count < ATTEMPTS_MOST ? ports.count : ATTEMPTS_MOST;
	for (;;) {
		for (unsigned i = 0; i < attempts; i++, offset++) {
			set_port(tuple, &ports, ports.low + offset % ports.count);
			if (!is_taken_harder(s, tuple, attempts - i))
				return;
		}
		if (attempts >= ports.count || attempts < ATTEMPTS_LEAST)
			return;
		attempts /= 2;
		offset = draw(s);
	}
}

/* ------------------------------------------------------------------ the choice */

/* get_unique_tuple() */
static void choose(const struct search *s, const struct tuple *original, struct tuple *tuple)
{
	const struct nf_nat_range2 *range = s->range;
	bool is_random = range->flags & NF_NAT_RANGE_PROTO_RANDOM_ALL;

	if (s->source && !is_random) {
		if (source_in_range(original, range)) {
			if (!is_taken_untouched(s, original)) {
				*tuple = *original;
				return;
			}
		} else if (same_source(s, original, tuple) && !is_taken(s, tuple)) {
			return;
		}
	}
	*tuple = *original;
	choose_address(s, tuple);
	if (!is_random) {
		if (!(range->flags & NF_NAT_RANGE_PROTO_SPECIFIED)) {
			if (!is_taken(s, tuple))
				return;
		} else if (!(range->flags & NF_NAT_RANGE_PROTO_OFFSET) &&
			   port_in_range(tuple, s->source, range) &&
			   (range->min_proto.all == range->max_proto.all || !is_taken(s, tuple))) {
			return;
		}
	}
	search_port(s, tuple);
}

/* nf_nat_setup_info() */
enum verdict nat_setup(struct conntrack *ct, struct eval *e, struct flow *flow,
		       const struct nf_nat_range2 *range, bool source)
{
	uint32_t done = source ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
	struct nf_nat_range2 r = *range;
	struct search s = { .ct = ct, .e = e, .flow = flow, .range = &r, .source = source };
	struct tuple now, chosen;

	if (flow_is_confirmed(flow))
		return VERDICT_ACCEPT;
	if ((flow->conn.status & done) || !tuple_invert(&now, &flow->conn.way[1]))
		return VERDICT_DROP;
	if (r.flags & NF_NAT_RANGE_NETMAP)
		map_network(&s, &r);
	choose(&s, &now, &chosen);
	if (!tuple_equal(&now, &chosen)) {
		if (!tuple_invert(&flow->conn.way[1], &chosen))
			return VERDICT_DROP;
		flow->conn.status |= source ? IPS_SRC_NAT : IPS_DST_NAT;
	}
	if (source)
		flow_put_source(ct, flow);
	flow->conn.status |= done;
	return VERDICT_ACCEPT;
}

static void one_address(struct nf_nat_range2 *range, const union inet_addr *address)
{
	memcpy(&range->min_addr, address, sizeof(*address));
	memcpy(&range->max_addr, address, sizeof(*address));
}

void nat_follow_master(struct conntrack *ct, struct eval *e, struct flow *flow,
		       const struct expectation *expectation)
{
	const struct connection *master = &expectation->master->conn;
	const struct tuple *way = &master->way[!expectation->direction];
	struct nf_nat_range2 range = { .flags = NF_NAT_RANGE_MAP_IPS };

	one_address(&range, &way->dst);
	nat_setup(ct, e, flow, &range, true);
	range.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
	range.min_proto.all = range.max_proto.all = expectation->saved_port;
	one_address(&range, &way->src);
	nat_setup(ct, e, flow, &range, false);
}

enum verdict conntrack_nat_setup(struct conntrack *ct, struct eval *e,
				 const struct nf_nat_range2 *range, bool source, enum nat_how how)
{
	struct flow *f;

	if (!e->ct.conn)
		return VERDICT_ACCEPT;
	f = flow_of(e->ct.conn);
	if (how == NAT_MASQUERADE) {
		/* Not meant to be masqueraded yet (nf_nat_masquerade_ipv4). */
		if (e->family == FAMILY_IPV4 && !f->conn.way[0].src.v4)
			return VERDICT_ACCEPT;
		memcpy(f->out, e->meta->out, sizeof(f->out));
	}
	return nat_setup(ct, e, f, range, source);
}
