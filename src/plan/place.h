/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where rules may stand. The kernel refuses a use in a table, at a hook or for a protocol that the
 * extension is not made for, chains that nest too deep or lead back to themselves, and jumps to
 * base chains; all of that follows from the declarations and is asked here: by backends without a
 * kernel, and by whoever explains what a kernel refused.
 */
#ifndef POSTERN_PLAN_PLACE_H
#define POSTERN_PLAN_PLACE_H

#include "ext/ext.h"
#include "rules/rules.h"

/* The kernel follows so many jumps (NFT_JUMP_STACK_SIZE); one more is refused. */
enum { JUMPS_MOST = 16 };

/* TABLE_*, or 0. */
unsigned place_table_bit(const char *table);

/*
 * HOOK_* of the hooks from which packets reach a chain: a built-in chain's own, or those of its
 * callers. `t` may be NULL (nothing is known of callers). Chains that jump in circles are no
 * problem.
 */
unsigned place_hooks(const struct table *t, const char *table, const char *chain);

/* What is wrong with a use at a place: true also when it stands there by other names. */
bool place_is_wrong_table(const struct ext *ext, const char *table);
bool place_is_wrong_hook(const struct ext *ext, unsigned hooks);

/*
 * Why the kernel refuses a use for other reasons (ext.h, `refused`), or NULL; `hooks` are those of
 * a built-in chain, 0 for others.
 */
const char *place_refusal(enum family family, unsigned hooks, const struct rule *rule,
			  const struct use *use, int *errnum);

/*
 * What the kernel says when the rule is put into `chain`: 0, -EINVAL (table, hook or protocol),
 * what the extension says, -ENOENT (nobody has the extension any more), -EOPNOTSUPP (a jump to a
 * base chain that is there).
 * Callers of the chain are looked at by place_check_table.
 */
int place_check_rule(const struct chain *chain, const struct rule *rule);
/* The same of one of its uses. */
int place_check_use(const struct chain *chain, const struct rule *rule, const struct use *use);

/* True when the rule can make place_check_table fail: it jumps, or may not stand everywhere. */
bool place_matters(const struct rule *rule);

/*
 * What the kernel says of a table as a whole (nft_table_validate), following all jumps from its
 * base chains: 0, -EMLINK (more than JUMPS_MOST, and every circle), -EINVAL (a use that is reached
 * from a hook where it may not stand).
 */
int place_check_table(const struct table *t);

#endif
