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
#include "rules/rules.h"

enum command_kind {
	COMMAND_NONE,
	COMMAND_APPEND, COMMAND_INSERT, COMMAND_REPLACE, COMMAND_DELETE, COMMAND_DELETE_NUMBER,
	COMMAND_CHECK, COMMAND_LIST, COMMAND_LIST_RULES, COMMAND_FLUSH, COMMAND_ZERO,
	COMMAND_ZERO_NUMBER, COMMAND_NEW_CHAIN, COMMAND_DELETE_CHAIN, COMMAND_RENAME_CHAIN,
	COMMAND_POLICY, COMMAND_VERSION, COMMAND_HELP,
	/* restore only */
	COMMAND_TABLE,		/* *TABLE without --noflush: all of it is replaced */
	COMMAND_TABLE_KEEP,	/* *TABLE with --noflush */
	COMMAND_CHAIN,		/* :CHAIN POLICY [p:b] */
};

struct command {
	enum command_kind kind;
	struct command *next;
	enum family family;
	const char *table;
	const char *chain;		/* NULL: all chains */
	const char *name;		/* new name (-E) */
	enum policy policy;
	uint32_t number;		/* rule number, from 1; 0 none */
	struct counters counters;
	bool counters_given;
	struct rule **rules;		/* several when addresses were (-s a,b); in order */
	uint32_t rule_count;
	int line;			/* of a restore; 0 */
	struct place chain_place;	/* where the chain stands in the input */
	struct place jump_place;	/* where the target stands */
};

enum op_kind {
	OP_TABLE_ADD,		/* make sure that it is there */
	OP_TABLE_DELETE,	/* it and all in it; not an error when missing is set */
	OP_CHAIN_ADD,		/* user chain, or built-in with its hook; must not be there */
	OP_CHAIN_DELETE,	/* must be empty and unused */
	OP_CHAIN_RENAME,	/* handle -> name */
	OP_CHAIN_POLICY,	/* policy, counters when counters_given */
	OP_CHAIN_FLUSH,		/* all rules of a chain; chain NULL: of the table */
	OP_RULE_ADD,		/* at the end, or behind/in front of `position` */
	OP_RULE_DELETE,		/* by handle, or by id of one added here */
	OP_RULE_REPLACE,	/* by handle */
	OP_RULE_ZERO,		/* counters of one rule (handle) */
};

struct op {
	enum op_kind kind;
	enum family family;
	const char *table, *chain;
	const char *name;		/* OP_CHAIN_RENAME */
	const struct rule *rule;
	uint64_t handle;		/* of the rule or chain concerned */
	uint32_t id;			/* OP_RULE_DELETE of a rule added here */
	uint64_t before_handle;		/* OP_RULE_ADD: in front of this rule */
	uint32_t before_id;		/* ... or of this one, added here */
	bool at_head;			/* OP_RULE_ADD: first of the chain */
	bool may_be_missing;		/* deletes: not an error when it is not there */
	enum policy policy;
	struct counters counters;
	bool counters_given;
	const struct command *command;	/* what asked for it; for errors */
};

struct plan {
	struct arena *arena;		/* not owned */
	struct op *items;
	size_t count, room;
	uint32_t generation;		/* of the view it was made from; 0: made without looking */
	uint32_t last_id;
};

void plan_free(struct plan *plan);
#define AUTO_PLAN __attribute__((cleanup(plan_free))) struct plan

#endif
