// SPDX-License-Identifier: GPL-2.0-or-later
/* -m mark: the mark that an earlier rule or a program put on the packet. */
#include <linux/netfilter/xt_mark.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "mark", .type = &type_mark,
	  .at = SPANS(struct xt_mark_mtinfo1, mark, mask),
	  .invert = BITS(struct xt_mark_mtinfo1, invert, 1),
	  .flags = OPT_MUST | OPT_ALWAYS, .field = FIELD_MARK, .list = "%!%v",
	  .help = "Match nfmark value with optional mask" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m mark --mark 0x1", .means = "packets marked 1" },
	{ .rule = "-m mark ! --mark 0x10/0xf0", .means = "packets whose second digit is not 1" },
	{ 0 },
};

static const struct ext mark = {
	.name = "mark", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_mark_mtinfo1), .opts = opts, .title = "mark match",
	.effect = EFFECT_PURE, .native = true, .summary = "the packet's mark",
	.kconfig = "CONFIG_NETFILTER_XT_MARK", .examples = examples,
};
EXT_REGISTER(mark);
