// SPDX-License-Identifier: GPL-2.0-or-later
/* ACCEPT, DROP and RETURN: the verdicts every chain knows. They have no options. */
#include "ext/ext.h"

static bool lower_accept(const void *data, struct part *part)
{
	(void)data;
	part->kind = PART_VERDICT;
	part->verdict = VERDICT_ACCEPT;
	return true;
}

static bool lower_drop(const void *data, struct part *part)
{
	(void)data;
	part->kind = PART_VERDICT;
	part->verdict = VERDICT_DROP;
	return true;
}

static bool lower_return(const void *data, struct part *part)
{
	(void)data;
	part->kind = PART_VERDICT;
	part->verdict = VERDICT_RETURN;
	return true;
}

static bool raise_accept(const struct part *part, enum family family, void *data)
{
	(void)family;
	(void)data;
	return part->kind == PART_VERDICT && part->verdict == VERDICT_ACCEPT;
}

static bool raise_drop(const struct part *part, enum family family, void *data)
{
	(void)family;
	(void)data;
	return part->kind == PART_VERDICT && part->verdict == VERDICT_DROP;
}

static bool raise_return(const struct part *part, enum family family, void *data)
{
	(void)family;
	(void)data;
	return part->kind == PART_VERDICT && part->verdict == VERDICT_RETURN;
}

#define EXAMPLES(target, sentence) \
	(const struct example[]){ { .rule = "-j " target, .means = sentence }, { 0 } }

static const struct ext accept_ = {
	.name = "ACCEPT", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_accept, .raise = raise_accept,
	.summary = "let the packet through this table", .kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("ACCEPT", "let it pass"),
};
EXT_REGISTER(accept_);

static const struct ext drop_ = {
	.name = "DROP", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_drop, .raise = raise_drop,
	.summary = "throw the packet away without a word", .kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("DROP", "throw it away"),
};
EXT_REGISTER(drop_);

static const struct ext return_ = {
	.name = "RETURN", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_return, .raise = raise_return,
	.summary = "go on behind the rule that called this chain; in a built-in chain, the policy",
	.kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("RETURN", "back to the chain that called this one"),
};
EXT_REGISTER(return_);
