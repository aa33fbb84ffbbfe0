// SPDX-License-Identifier: GPL-2.0-or-later
/* -m eui64: the IPv6 source address was made from the sender's hardware address (RFC 4291). */
#include "ext/ext.h"

static const struct example examples[] = {
	{ .rule = "-m eui64", .means = "the address fits the card it comes from" },
	{ .rule = "-s fe80::/10 -m eui64", .means = "link-local, made from the hardware address" },
	{ 0 },
};

/* The kernel looks at nothing in the data, but wants an int of it. */
static const struct ext eui64 = {
	.name = "eui64", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(int),
	.hooks = HOOK_PREROUTING | HOOK_INPUT | HOOK_FORWARD, .effect = EFFECT_PURE,
	.summary = "the source address was made from the hardware address",
	.kconfig = "CONFIG_IP6_NF_MATCH_EUI64", .examples = examples,
};
EXT_REGISTER(eui64);
