// SPDX-License-Identifier: GPL-2.0-or-later
/* -m dscp: the DiffServ code point, six bits of the TOS byte or of the traffic class. */
#include <linux/netfilter/xt_dscp.h>

#include "ext/type/types.h"

#define NOT BITS(struct xt_dscp_info, invert, 1)

static const struct opt opts[] = {
	{ .name = "dscp", .type = &type_hex_full, .at = SPAN(struct xt_dscp_info, dscp),
	  .invert = NOT, .max = XT_DSCP_MAX, .flags = OPT_ALWAYS, .excludes = BIT(1),
	  .field = FIELD_DSCP, .list = "%n%v",
	  .help = "Match DSCP codepoint with numerical value\n"
		  "This value can be in decimal (ex: 32)\nor in hex (ex: 0x20)" },
	{ .name = "dscp-class", .type = &type_name, .at = SPAN(struct xt_dscp_info, dscp),
	  .invert = NOT, .names = dscp_classes, .flags = OPT_ALIAS, .metavar = "name",
	  .bad = "Invalid DSCP value `%v'",
	  .help = "Match the DiffServ class. This value may\n"
		  "be any of the BE,EF, AFxx or CSx classes" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m dscp ! --dscp 0x00",
	  .means = "anything that asks for a treatment of its own" },
	{ .rule = "-m dscp --dscp-class EF", .means = "voice", .saved = "-m dscp --dscp 0x2e" },
	{ 0 },
};

static const struct ext dscp = {
	.name = "dscp", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_dscp_info), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "DSCP match: Parameter --dscp is required", .title = "DSCP match",
	.effect = EFFECT_PURE, .summary = "the DiffServ code point",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_DSCP", .examples = examples,
};
EXT_REGISTER(dscp);
