// SPDX-License-Identifier: GPL-2.0-or-later
/* What the NAT targets do with their ranges: xt_nat.c, xt_MASQUERADE.c, xt_REDIRECT.c, xt_NETMAP.c. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "ext/type/nat.h"

static enum verdict setup(struct eval *e, const struct nf_nat_range2 *range, bool source,
			  enum nat_how how)
{
	if (!e->world->nat || !e->ct.conn || e->simulated)
		return VERDICT_ACCEPT;
	return e->world->nat(e->world->context, e, range, source, how);
}

enum verdict nat_act(struct eval *e, const struct opt *opt, const void *data, bool source,
		     enum nat_how how)
{
	struct nf_nat_range2 range;

	nat_range_load(opt, data, &range);
	return setup(e, &range, source, how);
}

enum verdict nat_act_netmap(struct eval *e, const struct opt *opt, const void *data)
{
	bool source = e->hook == NF_INET_POST_ROUTING || e->hook == NF_INET_LOCAL_IN;
	const uint8_t *addr = source ? packet_saddr(e->packet) : packet_daddr(e->packet);
	struct nf_nat_range2 range;
	union inet_addr low, high, made = { 0 };

	nat_range_load(opt, data, &range);
	memcpy(&low, &range.min_addr, sizeof(low));
	memcpy(&high, &range.max_addr, sizeof(high));
	for (size_t i = 0; i < addr_len(e->family); i++) {
		uint8_t host = low.bytes[i] ^ high.bytes[i];

		made.bytes[i] = (uint8_t)((addr[i] & host) | (low.bytes[i] & ~host));
	}
	range.flags |= NF_NAT_RANGE_MAP_IPS;
	memcpy(&range.min_addr, &made, sizeof(made));
	memcpy(&range.max_addr, &made, sizeof(made));
	return setup(e, &range, source, NAT_RANGE);
}
