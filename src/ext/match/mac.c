// SPDX-License-Identifier: GPL-2.0-or-later
/* -m mac: the hardware address a packet came from. */
#include <linux/netfilter/xt_mac.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "mac-source", .type = &type_mac, .at = SPAN(struct xt_mac_info, srcaddr),
	  .invert = BITS(struct xt_mac_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .field = FIELD_ETHER_SADDR, .list = "%!%v", .help = "Match source MAC address" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m mac --mac-source 02:00:5e:10:00:01", .means = "one neighbour" },
	{ .rule = "-m mac ! --mac-source 02:00:5e:10:00:01", .means = "any other one" },
	{ 0 },
};

static const struct ext mac = {
	.name = "mac", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_mac_info),
	.opts = opts, .title = "MAC", .hooks = HOOK_PREROUTING | HOOK_INPUT | HOOK_FORWARD,
	.effect = EFFECT_PURE, .looks_at = LOOKS_AT_LINK, .examples = examples,
	.summary = "source address on the Ethernet", .kconfig = "CONFIG_NETFILTER_XT_MATCH_MAC",
};
EXT_REGISTER(mac);
