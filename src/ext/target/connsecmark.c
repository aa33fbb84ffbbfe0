// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CONNSECMARK: carry the security label between a packet and its connection. */
#include <linux/netfilter/xt_CONNSECMARK.h>

#include "ext/type/types.h"

#define WAY(n) MODE(struct xt_connsecmark_target_info, mode, CONNSECMARK_##n, 0xff)

static const struct opt opts[] = {
	{ .name = "save", .given = WAY(SAVE), .excludes = BIT(1),
	  .help = "Copy security mark from packet to conntrack" },
	{ .name = "restore", .given = WAY(RESTORE), .excludes = BIT(0),
	  .help = "Copy security mark from connection to packet" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j CONNSECMARK --save", .means = "the connection gets the packet's label" },
	{ .rule = "-j CONNSECMARK --restore", .means = "the packet gets the connection's label" },
	{ 0 },
};

static const struct ext connsecmark = {
	.name = "CONNSECMARK", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_connsecmark_target_info), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "CONNSECMARK target: parameter required", .title = "CONNSECMARK",
	.tables = TABLE_MANGLE | TABLE_SECURITY, .effect = EFFECT_COUNTS,
	.summary = "copy the security label from packet to connection, or back",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CONNSECMARK", .examples = examples,
};
EXT_REGISTER(connsecmark);
