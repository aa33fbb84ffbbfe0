// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TOS: the Type of Service byte, or IPv6's traffic class. */
#include <linux/netfilter/xt_DSCP.h>

#include "ext/type/types.h"

#define CHANGE SPANS(struct xt_tos_target_info, tos_value, tos_mask)
#define OTHERS(n) (0xf & ~BIT(n))

static const struct opt opts[] = {
	{ .name = "set-tos", .type = &type_tos, .at = CHANGE, .flags = OPT_ALWAYS,
	  .excludes = OTHERS(0),
	  .help = "Zero out bits in mask and XOR value into TOS, or a symbol:\n"
		  "Minimize-Delay Maximize-Throughput Maximize-Reliability\nMinimize-Cost "
		  "Normal-Service" },
	{ .name = "and-tos", .type = &type_change_and, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(1), .help = "Binary AND the TOS value with bits" },
	{ .name = "or-tos", .type = &type_change_or, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(2), .help = "Binary OR the TOS value with bits" },
	{ .name = "xor-tos", .type = &type_change_xor, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(3), .help = "Binary XOR the TOS value with bits" },
	{ 0 },
};

static const struct name names[] = {
	{ "Minimize-Delay", 0x10 }, { "Maximize-Throughput", 0x08 },
	{ "Maximize-Reliability", 0x04 }, { "Minimize-Cost", 0x02 }, { "Normal-Service", 0 }, { 0 },
};

/* The blanks are libxt_TOS's. */
static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_tos_target_info *info = data;
	const char *name = info->tos_mask == 0x3f ? name_of(names, info->tos_value) : NULL;

	(void)family;
	if (how & HOW_NUMERIC)
		sink_printf(sink, " TOS set 0x%02x/0x%02x", info->tos_value, info->tos_mask);
	else if (name)
		sink_printf(sink, "  TOS set%s", name);
	else if (!info->tos_value)
		sink_printf(sink, " TOS and 0x%02x", (uint8_t)~info->tos_mask);
	else if (info->tos_value == info->tos_mask)
		sink_printf(sink, " TOS or 0x%02x", info->tos_value);
	else if (!info->tos_mask)
		sink_printf(sink, " TOS xor 0x%02x", info->tos_value);
	else
		sink_printf(sink, " TOS set 0x%02x/0x%02x", info->tos_value, info->tos_mask);
}

static const struct example examples[] = {
	{ .rule = "-j TOS --set-tos 0x10/0x3f", .means = "little delay, please" },
	{ .rule = "-j TOS --and-tos 0xe0", .means = "only the precedence stays",
	  .saved = "-j TOS --set-tos 0x00/0x1f" },
	{ .rule = "-j TOS --or-tos 0x08", .means = "one more bit is set",
	  .saved = "-j TOS --set-tos 0x08/0x08" },
	{ .rule = "-j TOS --xor-tos 0x08", .means = "one bit is turned over",
	  .saved = "-j TOS --set-tos 0x08/0x00" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_tos_target_info *info = data;
	uint8_t tos = packet_tos(e->packet);

	(void)state;
	packet_set_tos(e->packet, (uint8_t)((tos & ~info->tos_mask) ^ info->tos_value));
	return VERDICT_NONE;
}

static const struct ext tos = {
	.name = "TOS", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_tos_target_info), .opts = opts,
	.some = BIT(0) | BIT(1) | BIT(2) | BIT(3), .some_text = "TOS: An action is required",
	.tables = TABLE_MANGLE, .effect = EFFECT_COUNTS,
	.summary = "change the Type of Service byte",
	.manual = "The two lowest bits belong to congestion notification; DSCP leaves them alone.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_DSCP", .list = list, .examples = examples,
	.act = act,
};
EXT_REGISTER(tos);
