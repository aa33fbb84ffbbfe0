// SPDX-License-Identifier: GPL-2.0-or-later
/* -j DSCP: the DiffServ code point. */
#include <linux/netfilter/xt_DSCP.h>

#include "ext/type/types.h"

#define DSCP SPAN(struct xt_DSCP_info, dscp)

static const struct opt opts[] = {
	{ .name = "set-dscp", .type = &type_hex_full, .at = DSCP, .max = 63, .flags = OPT_ALWAYS,
	  .excludes = BIT(1), .list = "set %v",
	  .help = "Set DSCP field in packet header to value\n"
		  "This value can be in decimal (ex: 32)\nor in hex (ex: 0x20)" },
	{ .name = "set-dscp-class", .type = &type_name, .at = DSCP, .names = dscp_classes,
	  .flags = OPT_ALIAS, .excludes = BIT(0), .bad = "Invalid DSCP value `%v'",
	  .metavar = "class",
	  .help = "Set the DSCP field in packet header to the\n"
		  "value represented by the DiffServ class value.\n"
		  "This class may be EF,BE or any of the CSxx\nor AFxx classes." },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j DSCP --set-dscp 0x08", .means = "background traffic" },
	{ .rule = "-j DSCP --set-dscp-class EF", .means = "voice",
	  .saved = "-j DSCP --set-dscp 0x2e" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_DSCP_info *info = data;

	(void)state;
	packet_set_tos(e->packet, (uint8_t)((packet_tos(e->packet) & 3) | info->dscp << 2));
	return VERDICT_NONE;
}

static const struct ext dscp = {
	.name = "DSCP", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_DSCP_info),
	.opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "DSCP target: Parameter --set-dscp is required", .title = "DSCP",
	.tables = TABLE_MANGLE, .effect = EFFECT_COUNTS, .summary = "set the DiffServ code point",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_DSCP", .examples = examples, .act = act,
};
EXT_REGISTER(dscp);
