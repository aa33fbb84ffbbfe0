/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From commands to operations. A dialect gives commands (what was asked); a plan is the list of
 * operations that a backend carries out as one transaction. Rule numbers and rules to be found are
 * resolved here against a view of what the backend has.
 */
#ifndef POSTERN_PLAN_PLAN_H
#define POSTERN_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/pass.h"
#include "rules/command.h"
#include "rules/rules.h"

enum op_kind {
	OP_TABLE_ADD,		/* make sure that it is there */
	OP_TABLE_DELETE,	/* it and all in it; not an error when missing is set */
	OP_CHAIN_ADD,		/* user chain, or built-in with its hook; must not be there */
	OP_CHAIN_DELETE,	/* must be empty and unused */
	OP_CHAIN_RENAME,	/* handle -> name; counts from the commit on: until then other
				 * operations still use the old name */
	OP_CHAIN_POLICY,	/* policy, counters when counters_given */
	OP_CHAIN_FLUSH,		/* all rules of a chain; chain NULL: of the table */
	OP_RULE_ADD,		/* at the end, or behind/in front of `position` */
	OP_RULE_DELETE,		/* by handle, or by id of one added here */
	OP_RULE_REPLACE,	/* by handle */
	OP_RULE_ZERO,		/* counters of one rule (handle); handle 0: of the chain's,
		or of the
				 * table's (chain NULL) */
};

struct op {
	enum op_kind kind : 8;
	enum family family : 8;
	enum policy policy : 8;		/* POLICY_NONE: as it is */
	bool at_head : 1;		/* OP_RULE_ADD: first of the chain */
	bool may_be_missing : 1;	/* deletes: not an error when it is not there */
	bool counters_given : 1;
	uint32_t id;			/* OP_RULE_DELETE of a rule added here */
	const char *table, *chain;
	const struct rule *rule;
	const struct command *command;	/* what asked for it; for errors */
	uint64_t handle;		/* of the rule or chain concerned */
	union {				/* OP_RULE_ADD, OP_CHAIN_RENAME, OP_CHAIN_ADD and _POLICY */
		struct {
			uint64_t before_handle;	/* in front of this rule */
			uint32_t before_id;	/* ... or of this one, added here */
		};
		const char *name;
		struct counters counters;
	};
};

/* How much of a table a command needs. */
enum read_depth {
	READ_CHAINS,		/* chains with policies, counters, handles; no rules */
	READ_HANDLES,		/* also the rules of the chain, handles only */
	READ_RULES,		/* also what they say */
};

struct plan {
	struct arena *arena;		/* not owned */
	struct op *items;
	size_t count, room;
	uint32_t generation;		/* of the view it was made from; 0: made without looking */
	uint32_t last_id;
};

/*
 * What the plan was made against: the tables a command needs, read as deep as it needs. A plan
 * reads through this, so that the same planning serves the kernel, the embedded store and tests.
 */
struct view {
	void *context;
	/* As kernel_read. */
	int (*read)(void *context, struct ruleset *rs, enum family family, const char *table,
		    const char *chain, enum read_depth depth, struct err *err);
	/* Without a dump: 0, -ENOENT, or another -errno. */
	int (*has_chain)(void *context, enum family family, const char *table, const char *chain);
};

/*
 * Most single commands are right to hope: an append is one message, and only when the kernel
 * refuses it is it worth looking what was missing.
 */
enum plan_trust {
	PLAN_HOPES,		/* tables and chains are taken to be there */
	PLAN_LOOKS,		/* each chain that matters is asked for, once */
};

/*
 * Turns commands (linked by next) into operations. Reads through the view only what a command
 * needs: nothing for -A, -I at the head, -N, -P, -F, -X of a chain. `rs` receives what was read and
 * lives as long as the plan. Rules of the commands get their `id` here. Errors are worded as
 * iptables does.
 */
int plan_commands(struct plan *plan, const struct command *first, const struct view *view,
		  enum plan_trust trust, struct ruleset *rs, struct err *err);

/*
 * A backend refused `op` (NULL: the transaction as a whole) with errnum (positive). True when
 * making the plan again could help, because it hoped for something that is not there or because
 * somebody else was quicker.
 */
bool plan_is_stale(const struct plan *plan, enum plan_trust trust, const struct view *view,
		   const struct op *op, int errnum);

/* Otherwise: says it as iptables does. Returns what err_set returned. */
int plan_refused(const struct plan *plan, const struct op *op, int errnum, struct err *err);

/*
 * Carries a plan out on a value instead of a kernel: `rs` becomes what a backend would then have.
 * Rules are copied into rs. -ENOENT, -EEXIST, -EBUSY for what a kernel would refuse, with `refused`
 * set to the operation; rs is then half done and good for nothing.
 */
int plan_apply_value(const struct plan *plan, struct ruleset *rs, const struct op **refused);

/*
 * The same with the eyes of a kernel: also what place.h says about rules and tables is refused.
 * -EMLINK and -EINVAL about a table as a whole may name an operation too early; once more on a
 * fresh value with `stepwise`, which looks at the table after each rule, names the one that a
 * kernel names.
 */
int plan_apply_judged(const struct plan *plan, struct ruleset *rs, bool stepwise,
		      const struct op **refused);

void plan_free(struct plan *plan);
#define AUTO_PLAN __attribute__((cleanup(plan_free))) struct plan

#endif
