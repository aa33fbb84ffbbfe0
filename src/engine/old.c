// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands around the chains of ipchains and ipfwadm (doc/dialects.md), as the frames in a kernel
 * have it: who passes a chain by, and which connections are masqueraded and redirected.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_nat.h>

#include "base/bits.h"
#include "engine/run.h"
#include "ext/old.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, MASQ_LOW = 61000, MASQ_HIGH = 65095 };

static bool has_label(const struct eval *e, unsigned bit)
{
	return e->ct.known && e->ct.conn && e->ct.conn->labels[bit / 8] & BIT(bit % 8);
}

static bool has_status(const struct eval *e, uint32_t status)
{
	return e->ct.known && e->ct.conn && (e->ct.conn->status & status) == status;
}

/* ------------------------------------------------------------------ who passes by */

/* What belongs to masqueraded flows, or came by a port forward, is not judged by forward. */
static bool skips_forward(const struct eval *e)
{
	bool masqueraded = has_label(e, OLD_LABEL) && has_status(e, IPS_SRC_NAT);

	if (masqueraded && e->ct.direction == IP_CT_DIR_REPLY)
		return true;
	if (masqueraded && e->packet->proto == PROTO_ICMP && e->ct.state == CONN_RELATED)
		return true;
	if (has_status(e, IPS_EXPECTED | IPS_DST_NAT) && e->ct.direction == IP_CT_DIR_ORIGINAL)
		return true;
	return has_label(e, OLD_LABEL_FORWARD);
}

/*
 * Masqueraded packets, and answers of port forwards, are seen with their new source; multicast where
 * copies of it leave.
 */
static bool is_judged_late(const struct eval *e)
{
	if ((packet_daddr(e->packet)[0] & 0xf0) == 0xe0)
		return true;
	if (e->ct.direction == IP_CT_DIR_ORIGINAL)
		return has_label(e, OLD_LABEL);
	return has_label(e, OLD_LABEL_FORWARD);
}

static bool is_judged_early(const struct eval *e)
{
	return e->meta->in[0] && !is_judged_late(e);
}

const struct old_place old_places[] = {
	{ DIALECT_IPCHAINS, "input", NF_INET_PRE_ROUTING, -152, NULL },
	{ DIALECT_IPCHAINS, "forward", NF_INET_FORWARD, -3, skips_forward },
	{ DIALECT_IPCHAINS, "output", NF_INET_FORWARD, -2, is_judged_late },
	{ DIALECT_IPCHAINS, "output", NF_INET_POST_ROUTING, 110, is_judged_early },
	{ DIALECT_IPFWADM, "acct", NF_INET_PRE_ROUTING, -155, NULL },
	{ DIALECT_IPFWADM, "input", NF_INET_PRE_ROUTING, -154, NULL },
	{ DIALECT_IPFWADM, "forward", NF_INET_FORWARD, -6, skips_forward },
	{ DIALECT_IPFWADM, "output", NF_INET_FORWARD, -5, is_judged_late },
	{ DIALECT_IPFWADM, "output", NF_INET_POST_ROUTING, 112, is_judged_early },
	{ DIALECT_IPFWADM, "acct", NF_INET_POST_ROUTING, 114, NULL },
	{ .chain = NULL },
};

/* ------------------------------------------------------------------ connections */

static enum verdict masquerade(struct eval *e, const void *data, void *state)
{
	struct nf_nat_range2 range = { 0 };

	(void)data;
	(void)state;
	if (!has_label(e, OLD_LABEL) || !e->world->nat)
		return VERDICT_ACCEPT;
	if (e->packet->proto == PROTO_TCP || e->packet->proto == PROTO_UDP) {
		range.flags = NF_NAT_RANGE_PROTO_SPECIFIED;
		range.min_proto.all = htons(MASQ_LOW);
		range.max_proto.all = htons(MASQ_HIGH);
	}
	return e->world->nat(e->world->context, e, &range, true, NAT_MASQUERADE);
}

/* The port waits in the packet's priority; none: its own. */
static enum verdict redirect(struct eval *e, const void *data, void *state)
{
	struct nf_nat_range2 range = { 0 };
	uint16_t port = (uint16_t)e->meta->priority;

	(void)data;
	(void)state;
	if (e->packet->proto != PROTO_TCP && e->packet->proto != PROTO_UDP)
		return VERDICT_ACCEPT;
	if (!(e->meta->known & KNOWN_PRIORITY) || e->meta->priority >> 16 != NOTE_REDIRECT ||
	    !e->world->nat)
		return VERDICT_ACCEPT;
	if (port) {
		range.flags = NF_NAT_RANGE_PROTO_SPECIFIED;
		range.min_proto.all = range.max_proto.all = htons(port);
	}
	return e->world->nat(e->world->context, e, &range, false, NAT_REDIRECT);
}

act_function *old_nat(enum dialect dialect, unsigned hook, int32_t *priority)
{
	if (dialect != DIALECT_IPCHAINS && dialect != DIALECT_IPFWADM)
		return NULL;
	if (hook != NF_INET_PRE_ROUTING && hook != NF_INET_POST_ROUTING)
		return NULL;
	*priority = hook == NF_INET_PRE_ROUTING ? -101 : 99;
	return hook == NF_INET_PRE_ROUTING ? redirect : masquerade;
}
