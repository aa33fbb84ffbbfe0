// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * REJECT of ipchains and ipfwadm: port unreachable in front of routing, host unreachable for what is
 * routed, nothing at all for what is made here (ip_fw.c, ip_forward.c, ip_output.c of linux 2.2).
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "ext/old.h"

static enum verdict act(struct eval *e, const void *data, void *state)
{
	bool arriving = e->hook == NF_INET_PRE_ROUTING;

	(void)data;
	(void)state;
	/* Behind routing only what is made here, or masqueraded, is judged: too late for an answer. */
	if (e->hook == NF_INET_POST_ROUTING ||
	    (!arriving && e->meta->known & KNOWN_IN && !e->meta->in[0]))
		return VERDICT_DROP;
	if (!e->simulated && e->world->reject)
		e->world->reject(e->world->context, e, NFT_REJECT_ICMP_UNREACH,
				 arriving ? OLD_PORT_UNREACH : OLD_HOST_UNREACH);
	return VERDICT_REJECT;
}

static const struct ext reject = {
	.name = "old-reject", .kind = EXT_TARGET, .families = IN_V4, .old = true,
	.effect = EFFECT_ENDS, .act = act,
	.summary = "drop, and tell the sender as the chain has it",
};
EXT_REGISTER(reject);
