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

static enum verdict act_accept(struct eval *e, const void *data, void *state)
{
	(void)e;
	(void)data;
	(void)state;
	return VERDICT_ACCEPT;
}

static const struct ext accept_ = {
	.name = "ACCEPT", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_accept, .raise = raise_accept,
	.summary = "let the packet through this table", .kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("ACCEPT", "let it pass"), .act = act_accept,
};
EXT_REGISTER(accept_);

static enum verdict act_drop(struct eval *e, const void *data, void *state)
{
	(void)e;
	(void)data;
	(void)state;
	return VERDICT_DROP;
}

static const struct ext drop_ = {
	.name = "DROP", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_drop, .raise = raise_drop,
	.summary = "throw the packet away without a word", .kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("DROP", "throw it away"), .act = act_drop,
};
EXT_REGISTER(drop_);

static enum verdict act_return(struct eval *e, const void *data, void *state)
{
	(void)e;
	(void)data;
	(void)state;
	return VERDICT_RETURN;
}

static const struct ext return_ = {
	.name = "RETURN", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_ENDS,
	.native = true, .lower = lower_return, .raise = raise_return,
	.summary = "go on behind the rule that called this chain; in a built-in chain, the policy",
	.kconfig = "CONFIG_NF_TABLES",
	.examples = EXAMPLES("RETURN", "back to the chain that called this one"), .act = act_return,
};
EXT_REGISTER(return_);
