// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * MASQ of ipchains and -m of ipfwadm: accept, and let the connection come from this machine. Told by
 * a label of the connection, so that the translation behind it, and everybody who asks later, knows.
 * In other places than forward it is ACCEPT, as the kernels of the time had it.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

#include "ext/old.h"

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)data;
	(void)state;
	/* No flow is masqueraded by what answers it. */
	if (!e->simulated && e->hook == NF_INET_FORWARD && !e->leaving && e->ct.known &&
	    e->ct.conn && e->ct.direction == IP_CT_DIR_ORIGINAL)
		e->ct.conn->labels[OLD_LABEL / 8] |= (uint8_t)BIT(OLD_LABEL % 8);
	return VERDICT_ACCEPT;
}

static const struct ext masq = {
	.name = "MASQ", .kind = EXT_TARGET, .families = IN_V4, .old = true,
	.effect = EFFECT_ENDS, .act = act,
	.summary = "accept, and let the connection come from the address of the leaving device",
};
EXT_REGISTER(masq);
