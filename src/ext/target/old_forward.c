// SPDX-License-Identifier: GPL-2.0-or-later
/* A port forward of ipmasqadm: to an inside host, in turns with others of the same key. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_nat.h>

#include "ext/old.h"

/* Each of those with the same key has its turn: `share` flows of `sum`, the others go on. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct old_forward *f = data;
	struct nf_nat_range2 range = {
		.flags = NF_NAT_RANGE_MAP_IPS | (f->port ? NF_NAT_RANGE_PROTO_SPECIFIED : 0u),
		.min_addr.ip = f->addr, .max_addr.ip = f->addr,
		.min_proto.all = htons(f->port), .max_proto.all = htons(f->port),
	};
	uint32_t *turns = state, turn = f->sum ? *turns % f->sum : 0;

	bool mine = !f->sum || turn < f->share;

	if (e->simulated)
		return mine ? VERDICT_ACCEPT : VERDICT_NONE;
	*turns = turn + 1;
	if (!mine)
		return VERDICT_NONE;
	if (!e->world->nat || !e->ct.conn)
		return VERDICT_ACCEPT;
	e->ct.conn->labels[OLD_LABEL_FORWARD / 8] |= (uint8_t)BIT(OLD_LABEL_FORWARD % 8);
	return e->world->nat(e->world->context, e, &range, false, NAT_RANGE);
}

static const struct ext forward = {
	.name = "old-forward", .kind = EXT_TARGET, .families = IN_V4, .old = true,
	.size = sizeof(struct old_forward), .effect = EFFECT_ENDS, .act = act,
	.state = sizeof(uint32_t), .summary = "accept, and deliver to an inside host",
};
EXT_REGISTER(forward);
