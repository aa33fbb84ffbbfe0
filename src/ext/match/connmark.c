// SPDX-License-Identifier: GPL-2.0-or-later
/* -m connmark: the mark of the connection, as CONNMARK sets it. */
#include <linux/netfilter/xt_connmark.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "mark", .type = &type_mark, .at = SPANS(struct xt_connmark_mtinfo1, mark, mask),
	  .invert = BITS(struct xt_connmark_mtinfo1, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .field = FIELD_CT_MARK, .list = "%<%n %v",
	  .help = "Match ctmark value with optional mask" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m connmark --mark 0x1", .means = "connections marked 1" },
	{ .rule = "-m connmark ! --mark 0x10/0xf0", .means = "those whose second digit is not 1" },
	{ 0 },
};

static const struct ext connmark = {
	.name = "connmark", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_connmark_mtinfo1), .opts = opts, .title = "connmark match ",
	.tracks = true, .effect = EFFECT_PURE, .summary = "the connection's mark",
	.kconfig = "CONFIG_NETFILTER_XT_CONNMARK", .examples = examples,
};
EXT_REGISTER(connmark);
