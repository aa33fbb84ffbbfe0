// SPDX-License-Identifier: GPL-2.0-or-later
/* -m tos: the Type of Service byte, in IPv6 the traffic class. */
#include <linux/netfilter/xt_dscp.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "tos", .type = &type_tos_mask_first,
	  .at = SPANS(struct xt_tos_match_info, tos_mask, tos_value),
	  .invert = BITS(struct xt_tos_match_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .field = FIELD_IP_TOS, .list = "%<%n%v",
	  .help = "Match Type of Service/Priority field value" },
	{ 0 },
};

static void help(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "[!] --tos symbol          Match TOS field (IPv4 only) by symbol\n");
	type_tos_names(sink);
}

static const struct example examples[] = {
	{ .rule = "-m tos --tos Minimize-Delay", .means = "interactive traffic",
	  .saved = "-m tos --tos 0x10/0x3f" },
	{ .rule = "-m tos ! --tos 0xb8/0xfc", .means = "anything but DiffServ's EF" },
	{ 0 },
};

static const struct ext tos = {
	.name = "tos", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_tos_match_info), .opts = opts, .title = "tos match",
	.effect = EFFECT_PURE, .summary = "the Type of Service byte or the traffic class",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_DSCP", .help = help, .examples = examples,
};
EXT_REGISTER(tos);
