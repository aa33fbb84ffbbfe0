// SPDX-License-Identifier: GPL-2.0-or-later
/* -j MARK: put a number on the packet. */
#include <linux/netfilter/xt_mark.h>

#include "ext/type/change.h"
#include "ext/type/types.h"

#define CHANGE SPANS(struct xt_mark_tginfo2, mark, mask)
#define OTHERS(n) (0x1f & ~BIT(n))

static const struct opt opts[] = {
	{ .name = "set-xmark", .type = &type_change, .at = CHANGE, .flags = OPT_ALWAYS,
	  .excludes = OTHERS(0), .help = "Clear bits in mask and XOR value into nfmark" },
	{ .name = "set-mark", .type = &type_change_set, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(1), .help = "Clear bits in mask and OR value into nfmark" },
	{ .name = "and-mark", .type = &type_change_and, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(2), .help = "Binary AND the nfmark with bits" },
	{ .name = "or-mark", .type = &type_change_or, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(3), .help = "Binary OR the nfmark with bits" },
	{ .name = "xor-mark", .type = &type_change_xor, .at = CHANGE, .flags = OPT_ALIAS,
	  .excludes = OTHERS(4), .help = "Binary XOR the nfmark with bits" },
	{ 0 },
};

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_mark_tginfo2 *info = data;

	(void)family;
	(void)how;
	change_list(sink, "MARK", info->mark, info->mask);
}

static bool raise_mark(const struct part *part, enum family family, void *data)
{
	struct xt_mark_tginfo2 *info = data;

	(void)family;
	if (part->kind != PART_SET_MARK || part->mark.field != FIELD_MARK ||
	    part->mark.from_other)
		return false;
	info->mark = part->mark.exclusive_or;
	info->mask = ~part->mark.mask;
	return true;
}

static const struct example examples[] = {
	{ .rule = "-j MARK --set-xmark 0x1/0xff", .means = "the low byte becomes 1" },
	{ .rule = "-j MARK --set-mark 3", .means = "the mark becomes 3",
	  .saved = "-j MARK --set-xmark 0x3/0xffffffff" },
	{ .rule = "-j MARK --and-mark 0xff", .means = "only the low byte stays",
	  .saved = "-j MARK --set-xmark 0x0/0xffffff00" },
	{ .rule = "-j MARK --or-mark 0x10", .means = "one more bit is set",
	  .saved = "-j MARK --set-xmark 0x10/0x10" },
	{ .rule = "-j MARK --xor-mark 0x10", .means = "one bit is turned over",
	  .saved = "-j MARK --set-xmark 0x10/0x0" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_mark_tginfo2 *info = data;

	(void)state;
	act_set_mark(e, info->mark, info->mask);
	return VERDICT_NONE;
}

static const struct ext mark = {
	.name = "MARK", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 2,
	.size = sizeof(struct xt_mark_tginfo2), .opts = opts,
	.some = BIT(0) | BIT(1) | BIT(2) | BIT(3) | BIT(4),
	.some_text = "MARK: One of the --set-xmark, --{and,or,xor,set}-mark options is required",
	.effect = EFFECT_COUNTS, .summary = "put a mark on the packet, for routing and later rules",
	.kconfig = "CONFIG_NETFILTER_XT_MARK", .list = list, .raise = raise_mark,
	.examples = examples, .act = act,
};
EXT_REGISTER(mark);
