// SPDX-License-Identifier: GPL-2.0-or-later
/* A difference in words: what `apply` shows first and history keeps. */
#include <string.h>

#include "dialect/chains.h"
#include "dialect/iptables.h"
#include "dialect/old.h"
#include "plan/diff.h"

/* Every line would say the chain again. */
void diff_print_rule(struct sink *sink, const struct change *c, const struct rule *rule)
{
	AUTO_SINK text = SINK_MEMORY;
	const struct builtin_table *old = old_table(c->family, c->table);
	size_t start = strlen("-A ") + strlen(c->chain);

	if (rule->unsaid) {
		sink_printf(sink, "nft: %s", rule->unsaid->text);
		return;
	}
	if (old) {
		old_words(old->dialect)->print(sink, c->chain, rule);
		return;
	}
	iptables_save_rule(&text, c->family, c->chain, rule, false);
	if (text.len <= start)
		sink_str(sink, "(every packet)");
	else
		sink_str(sink, sink_text(&text) + start + 1);
}

static void put_change(struct sink *sink, const struct change *c)
{
	switch (c->kind) {
	case CHANGE_TABLE_ADDED:
	case CHANGE_TABLE_REMOVED:
		break;
	case CHANGE_CHAIN_ADDED:
		if (c->after == POLICY_NONE)
			sink_str(sink, "  + new chain\n");
		else
			sink_printf(sink, "  + policy %s\n", policy_name(c->after));
		break;
	case CHANGE_CHAIN_REMOVED:
		sink_str(sink, "  - the chain itself\n");
		break;
	case CHANGE_POLICY:
		sink_printf(sink, "  ! policy %s -> %s\n", policy_name(c->before),
			    policy_name(c->after));
		break;
	case CHANGE_RULE_ADDED:
		sink_printf(sink, "  + %u: ", c->new_number);
		diff_print_rule(sink, c, c->new);
		sink_char(sink, '\n');
		break;
	case CHANGE_RULE_REMOVED:
		sink_printf(sink, "  - %u: ", c->old_number);
		diff_print_rule(sink, c, c->old);
		sink_char(sink, '\n');
		break;
	case CHANGE_RULE_MOVED:
		sink_printf(sink, "  > %u -> %u: ", c->old_number, c->new_number);
		diff_print_rule(sink, c, c->new);
		sink_char(sink, '\n');
		break;
	}
}

static bool is_new_heading(const struct change *before, const struct change *c)
{
	return !before || before->family != c->family || strcmp(before->table, c->table) != 0 ||
	       strcmp(before->chain, c->chain) != 0;
}

void diff_print(struct sink *sink, const struct difference *d, size_t most)
{
	const struct change *before = NULL;
	size_t lines = 0, left = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];

		if (c->kind == CHANGE_TABLE_ADDED || c->kind == CHANGE_TABLE_REMOVED)
			continue;
		if (lines++ >= most) {
			left++;
			continue;
		}
		if (is_new_heading(before, c))
			sink_printf(sink, "%s %s %s\n", c->family == FAMILY_IPV6 ? "ip6" : "ip",
				    c->table, c->chain);
		before = c;
		put_change(sink, c);
	}
	if (left)
		sink_printf(sink, "  ... and %zu more changes\n", left);
}

void diff_print_counts(struct sink *sink, const struct difference *d)
{
	const struct { uint32_t count; const char *what; } rules[] = {
		{ d->added, "added" }, { d->removed, "removed" }, { d->moved, "moved" },
	};
	const char *comma = "";

	for (size_t i = 0; i < 3; i++) {
		if (!rules[i].count)
			continue;
		sink_printf(sink, "%s%u%s%s %s", comma, rules[i].count, *comma ? "" : " rule",
			    *comma || rules[i].count == 1 ? "" : "s", rules[i].what);
		comma = ", ";
	}
	if (d->others) {
		sink_printf(sink, "%s%u chain%s or polic%s changed", comma, d->others,
			    d->others == 1 ? "" : "s", d->others == 1 ? "y" : "ies");
		comma = ", ";
	}
	if (!*comma)
		sink_str(sink, "nothing changes");
}
