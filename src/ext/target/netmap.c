// SPDX-License-Identifier: GPL-2.0-or-later
/* -j NETMAP: a whole network becomes another one, host by host. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "ext/type/nat.h"
#include "ext/type/types.h"

#define OPTS(range)                                                                          \
	{                                                                                    \
		{ .name = "to", .type = &type_nat_network, .at = { 0, sizeof(struct range) }, \
		  .flags = OPT_MUST | OPT_ALWAYS, .list = "to:%v",                        \
		  .help = "Network address to map to." },                                    \
		{ 0 },                                                                       \
	}
static const struct opt opts4[] = OPTS(nf_nat_ipv4_multi_range_compat);
static const struct opt opts6[] = OPTS(nf_nat_range);

static const struct example examples4[] = {
	{ .rule = "-d 192.0.2.0/24 -j NETMAP --to 10.1.2.0/24", .means = "192.0.2.7 is 10.1.2.7" },
	{ .rule = "-j NETMAP --to 10.1.2.3", .means = "everything is one host",
	  .saved = "-j NETMAP --to 10.1.2.3/32" },
	{ 0 },
};

/* xt_NETMAP.c: the host's bits stay, the network's are those of the range. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	return nat_act_netmap(e, e->family == FAMILY_IPV6 ? opts6 : opts4, data);
}

static const struct ext netmap4 = {
	.name = "NETMAP", .kind = EXT_TARGET, .families = IN_V4,
	.alias = BITS(struct nf_nat_ipv4_multi_range_compat, rangesize, 1),
	.size = sizeof(struct nf_nat_ipv4_multi_range_compat), .opts = opts4, .tables = TABLE_NAT,
	.tracks = true,
	.effect = EFFECT_ENDS, .summary = "map a network to another one of the same size",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_NETMAP", .examples = examples4, .act = act,
};
EXT_REGISTER(netmap4);

static const struct example examples6[] = {
	{ .rule = "-d 2001:db8::/64 -j NETMAP --to fd00::/64", .means = "2001:db8::7 is fd00::7" },
	{ .rule = "-j NETMAP --to fd00::1", .means = "everything is one host",
	  .saved = "-j NETMAP --to fd00::1/128" },
	{ 0 },
};

static const struct ext netmap6 = {
	.name = "NETMAP", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct nf_nat_range), .opts = opts6, .tables = TABLE_NAT,
	.tracks = true,
	.effect = EFFECT_ENDS, .summary = "map a network to another one of the same size",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_NETMAP", .examples = examples6, .act = act,
};
EXT_REGISTER(netmap6);
