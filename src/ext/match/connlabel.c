// SPDX-License-Identifier: GPL-2.0-or-later
/* -m connlabel: one of 128 bits that a connection can carry besides its mark. */
#include <linux/netfilter/xt_connlabel.h>

#include "ext/type/types.h"

#define INFO struct xt_connlabel_mtinfo

static const struct opt opts[] = {
	{ .name = "label", .type = &type_label, .at = SPAN(INFO, bit),
	  .invert = BITS(INFO, options, XT_CONNLABEL_OP_INVERT), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "connlabel %!%v", .help = "Match if label has been set on connection" },
	{ .name = "set", .given = BITS(INFO, options, XT_CONNLABEL_OP_SET),
	  .help = "Set label on connection" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m connlabel ! --label \"40\"", .means = "connections without label 40" },
	{ .rule = "-m connlabel --label \"41\" --set", .means = "label the connection" },
	{ 0 },
};

static const struct ext connlabel = {
	.name = "connlabel", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(INFO),
	.opts = opts, .effect = EFFECT_STATEFUL, .summary = "labels of the connection",
	.manual = "Labels are numbers from 0 to 127. Names can be given to them in "
		  "/etc/xtables/connlabel.conf, in lines of a number and a name. With --set the "
		  "label is set, and the rule matches when that worked.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNLABEL", .examples = examples,
};
EXT_REGISTER(connlabel);
