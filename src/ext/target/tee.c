// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TEE: a copy of the packet to another machine. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/xt_TEE.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "gateway", .type = &type_host_named, .at = SPAN(struct xt_tee_tginfo, gw),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "gw:%v", .metavar = "IPADDR",
	  .help = "Route packet via the gateway given by address" },
	{ .name = "oif", .type = &type_word, .at = SPAN(struct xt_tee_tginfo, oif),
	  .list = "oif=%v", .metavar = "NAME", .help = "Include oif in route calculation" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j TEE --gateway 192.0.2.9 --oif eth1", .means = "a copy of all to a recorder",
	  .families = IN_V4 },
	{ .rule = "-j TEE --gateway 2001:db8::9 --oif eth1", .means = "a copy of all to a recorder",
	  .families = IN_V6 },
	{ .rule = "-p udp -m udp --dport 53 -j TEE --gateway 192.0.2.9", .means = "only queries",
	  .families = IN_V4 },
	{ .rule = "-p udp -m udp --dport 53 -j TEE --gateway 2001:db8::9", .means = "only queries",
	  .families = IN_V6 },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_tee_tginfo *info = data;

	(void)state;
	if (e->world->copy && !e->simulated)
		e->world->copy(e->world->context, e, (const union inet_addr *)&info->gw, info->oif);
	return VERDICT_NONE;
}

static const struct ext tee = {
	.name = "TEE", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_tee_tginfo), .compared = offsetof(struct xt_tee_tginfo, priv),
	.opts = opts, .title = "TEE", .effect = EFFECT_COUNTS,
	.summary = "send a copy of the packet to a machine of the local network",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TEE", .examples = examples, .act = act,
};
EXT_REGISTER(tee);
