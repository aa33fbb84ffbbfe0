// SPDX-License-Identifier: GPL-2.0-or-later
/* -j SNPT and DNPT: another network prefix, without state (RFC 6296). */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter_ipv6/ip6t_NPT.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "src-pfx", .type = &type_network_apart, .metavar = "prefix/length",
	  .at = SPANS(struct ip6t_npt_tginfo, src_pfx, src_pfx_len), .flags = OPT_MUST | OPT_ALWAYS,
	  .help = "The network that addresses have" },
	{ .name = "dst-pfx", .type = &type_network_apart, .metavar = "prefix/length",
	  .at = SPANS(struct ip6t_npt_tginfo, dst_pfx, dst_pfx_len), .flags = OPT_MUST | OPT_ALWAYS,
	  .help = "The network that they get" },
	{ 0 },
};

static const struct example snpt_examples[] = {
	{ .rule = "-s fd00::/64 -o eth0 -j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8:1::/64",
	  .means = "inner addresses look like ours from outside" },
	{ .rule = "-j SNPT --src-pfx fd00::/48 --dst-pfx 2001:db8::/48", .means = "a whole site" },
	{ 0 },
};

static const struct ext snpt = {
	.name = "SNPT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_npt_tginfo),
	.compared = offsetof(struct ip6t_npt_tginfo, adjustment), .opts = opts, .title = "SNPT",
	.tables = TABLE_MANGLE, .hooks = HOOK_INPUT | HOOK_POSTROUTING, .effect = EFFECT_COUNTS,
	.summary = "replace the network of the source address",
	.kconfig = "CONFIG_IP6_NF_TARGET_NPT", .examples = snpt_examples,
};
EXT_REGISTER(snpt);

static const struct example dnpt_examples[] = {
	{ .rule = "-d 2001:db8:1::/64 -i eth0 -j DNPT --src-pfx 2001:db8:1::/64 --dst-pfx "
	  "fd00::/64",
	  .means = "and the way back" },
	{ .rule = "-j DNPT --src-pfx 2001:db8::/48 --dst-pfx fd00::/48", .means = "a whole site" },
	{ 0 },
};

static const struct ext dnpt = {
	.name = "DNPT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_npt_tginfo),
	.compared = offsetof(struct ip6t_npt_tginfo, adjustment), .opts = opts, .title = "DNPT",
	.tables = TABLE_MANGLE, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_COUNTS,
	.summary = "replace the network of the destination address",
	.kconfig = "CONFIG_IP6_NF_TARGET_NPT", .examples = dnpt_examples,
};
EXT_REGISTER(dnpt);
