// SPDX-License-Identifier: GPL-2.0-or-later
/* -m comment: words for people. It matches every packet. */
#include <linux/netfilter/xt_comment.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "comment", .type = &type_text, .at = SPAN(struct xt_comment_info, comment),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "/* %v */", .metavar = "COMMENT",
	  .help = "Attach a comment to a rule" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m comment --comment office",
	  .means = "every packet; the rule is the office's" },
	{ .rule = "-m comment --comment \"say \\\"why\\\"\"", .means = "quotes are kept" },
	{ 0 },
};

static const struct ext comment = {
	.name = "comment", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_comment_info), .opts = opts, .effect = EFFECT_PURE, .always = true,
	.summary = "a comment that stays with the rule",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_COMMENT", .examples = examples,
};
EXT_REGISTER(comment);
