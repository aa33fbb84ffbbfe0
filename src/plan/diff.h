/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two rule sets, as a value: what would have to change for `have` to become
 * `want`. Rules that stay are left alone, so they keep their counters; rules that move take theirs
 * along.
 */
#ifndef POSTERN_PLAN_DIFF_H
#define POSTERN_PLAN_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/sink.h"
#include "plan/plan.h"
#include "rules/rules.h"

enum change_kind {
	CHANGE_TABLE_ADDED, CHANGE_TABLE_REMOVED,
	CHANGE_CHAIN_ADDED, CHANGE_CHAIN_REMOVED, CHANGE_POLICY,
	CHANGE_RULE_ADDED, CHANGE_RULE_REMOVED, CHANGE_RULE_MOVED,
};

struct change {
	enum change_kind kind : 8;
	enum policy before : 8, after : 8;	/* CHANGE_POLICY */
	const char *table, *chain;
	const struct chain *of;		/* the chain, in `want` where it is there, else in `have` */
	const struct rule *old;		/* in `have`: removed, moved */
	const struct rule *new;		/* in `want`: added, moved */
	const struct rule *next;	/* rule of `have` in front of which `new` comes; NULL: end */
	uint32_t old_number, new_number;	/* from 1 */
	bool with_table;		/* its whole table goes */
	enum family family;
};

struct difference {
	struct change *items;
	size_t count, room;
	uint32_t added, removed, moved, others;	/* rules; chains and policies */
	uint32_t generation;		/* of `have` */
	unsigned flags;
};

enum diff_flags {
	/* Tables that `want` does not have go, too (emptied, where others have chains in them). */
	DIFF_WHOLE = 1,
	/*
	 * Rules nobody has words for stay in chains that stay: `want` comes from a text, which could
	 * not have them.
	 */
	DIFF_KEEPS_UNSAID = 2,
};

/*
 * Fills in `d`, which refers into both rule sets. Chains that iptables has no name for (foreign)
 * and other people's tables are left out. Rules nobody has words for stay where both have them.
 */
void diff_rulesets(struct difference *d, const struct ruleset *have, const struct ruleset *want,
		   unsigned flags);
void diff_free(struct difference *d);
#define AUTO_DIFF __attribute__((cleanup(diff_free))) struct difference

/* The operations, as one transaction; copies of moved rules are taken from plan->arena. */
void diff_plan(const struct difference *d, struct plan *plan);

/*
 * For people: a heading for each chain, "+ 3 -p tcp ..." with the number it gets, "- 2 ...",
 * "  moved 2 -> 5 ...", at most `most` lines and then how many more there are.
 */
void diff_print(struct sink *sink, const struct difference *d, size_t most);
/* The words of one, without its chain. */
void diff_print_rule(struct sink *sink, const struct change *c, const struct rule *rule);
/* "2 rules added, 1 removed, 1 policy or chain changed" or "nothing changes". */
void diff_print_counts(struct sink *sink, const struct difference *d);

#endif
