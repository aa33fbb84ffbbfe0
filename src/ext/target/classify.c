// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CLASSIFY: the class of traffic control that the packet goes to. */
#include <linux/netfilter/xt_CLASSIFY.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "set-class", .type = &type_class,
	  .at = SPAN(struct xt_classify_target_info, priority), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "set %v", .help = "Set skb->priority value (always hexadecimal!)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j CLASSIFY --set-class 0001:00ff", .means = "class ff of the first qdisc" },
	{ .rule = "-j CLASSIFY --set-class 1:2", .means = "class 2",
	  .saved = "-j CLASSIFY --set-class 0001:0002" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	e->meta->priority = ((const struct xt_classify_target_info *)data)->priority;
	e->meta->known |= KNOWN_PRIORITY;
	return VERDICT_NONE;
}

static const struct ext classify = {
	.name = "CLASSIFY", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_classify_target_info), .opts = opts, .title = "CLASSIFY",
	.hooks = HOOK_FORWARD | HOOK_OUTPUT | HOOK_POSTROUTING, .effect = EFFECT_COUNTS,
	.summary = "choose the class of tc(8) for the packet",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CLASSIFY", .examples = examples, .act = act,
};
EXT_REGISTER(classify);
