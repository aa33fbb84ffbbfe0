/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside plan/: what the planner knows of the backend while it goes through the commands. Knowledge
 * is about the moment behind the operations planned so far, so numbers and names follow earlier
 * edits of the same transaction.
 */
#ifndef POSTERN_PLAN_PLANNER_H
#define POSTERN_PLAN_PLANNER_H

#include "base/hash.h"
#include "plan/plan.h"

enum fact { FACT_UNKNOWN, FACT_YES, FACT_NO };

enum need { NEED_NOTHING, NEED_HANDLES, NEED_RULES };

struct known_chain {
	const char *name;
	const char *op_name;		/* in operations: a rename counts only from the commit on */
	struct known_chain *next;	/* in the table, in order of mention */
	enum fact there;
	bool builtin;
	bool created;			/* by this plan */
	bool empty_before;		/* while looking ahead: emptied before the need arose */
	bool tracked;			/* some command needs numbers or specifications of it */
	enum need need;
	enum policy policy;		/* when there == FACT_YES and it is built in */
	size_t mark;			/* 1 + index of the OP_CHAIN_ADD that made it */
	struct chain *value;		/* its rules as they will be; NULL: not known */
	uint32_t added;			/* rules added while value is NULL */
	const struct chain *found;	/* as read with READ_CHAINS, or deeper */
};

struct known_table {
	const char *name;
	enum family family;
	struct known_table *next;
	enum fact there;
	bool added;			/* OP_TABLE_ADD is in the plan */
	bool replaced;			/* *TABLE: nothing of the backend's matters */
	bool empty_before;		/* as of a chain */
	bool need_chains;
	bool all_chains;		/* a chain that is not known is not there */
	bool renames;
	enum need renamed_need;		/* the deepest need of any chain, for renamed ones */
	struct known_chain *first, *last;
	struct known_chain *newest;	/* that was asked for: rules of a chain come together */
	struct hash chains;
};

struct planner {
	struct plan *plan;
	const struct view *view;
	enum plan_trust trust;
	struct ruleset *rs;
	struct err *err;
	struct known_table *tables;
	struct { size_t *items, count,
		room; } op_of_id;	/* index of the OP_RULE_ADD of id n + 1 */
};

/* known.c: finding and asking. */
struct known_table *known_table(struct planner *p, enum family family, const char *name);
struct known_chain *known_chain(struct planner *p, struct known_table *t, const char *name);
void known_rename(struct known_table *t, struct known_chain *k, const char *name);
void known_forget(struct known_table *t);	/* *TABLE: all is gone */
void known_empty(struct planner *p, struct known_chain *k);	/* it has no rules now */
void known_free(struct planner *p);
/* FACT_YES also when it is only hoped; asks the view when looking. Negative: -errno. */
int chain_is_there(struct planner *p, struct known_table *t, struct known_chain *k);
/* As chain_is_there, but never hopes: for what no operation would be refused for. */
int chain_is_there_really(struct planner *p, struct known_table *t, struct known_chain *k);

/* ahead.c: what all commands together need, and reading it. */
int plan_look_ahead(struct planner *p, const struct command *first);

/* plan.c: making operations. The result is valid until the next one. */
struct op *plan_op(struct planner *p, enum op_kind kind, const struct command *c,
		   const struct known_table *t, const struct known_chain *k);
void table_must_be(struct planner *p, const struct command *c, struct known_table *t);
void chain_create(struct planner *p, const struct command *c, struct known_table *t,
		  struct known_chain *k, enum policy policy);
/* "iptables: TEXT." */
int plan_fail(struct planner *p, const struct command *c, int errnum, const char *text);

/* refusal.c: " OP failed (WHY): OF NAME", in a restore with its line. */
int plan_refuse(struct err *err, struct place place, int errnum, const char *op, const char *of,
		const char *name);

extern const char text_no_chain[], text_bad_rule[];

/* rule.c and chain.c: one command each. */
int plan_append(struct planner *p, const struct command *c, struct known_table *t);
int plan_insert(struct planner *p, const struct command *c, struct known_table *t);
int plan_replace(struct planner *p, const struct command *c, struct known_table *t);
int plan_delete(struct planner *p, const struct command *c, struct known_table *t);
int plan_delete_number(struct planner *p, const struct command *c, struct known_table *t);
int plan_check(struct planner *p, const struct command *c, struct known_table *t);
int plan_zero_number(struct planner *p, const struct command *c, struct known_table *t);

int plan_new_chain(struct planner *p, const struct command *c, struct known_table *t);
int plan_delete_chain(struct planner *p, const struct command *c, struct known_table *t);
int plan_rename_chain(struct planner *p, const struct command *c, struct known_table *t);
int plan_flush(struct planner *p, const struct command *c, struct known_table *t);
int plan_zero(struct planner *p, const struct command *c, struct known_table *t);
int plan_policy(struct planner *p, const struct command *c, struct known_table *t);
int plan_declare_chain(struct planner *p, const struct command *c, struct known_table *t);
int plan_replace_table(struct planner *p, const struct command *c, struct known_table *t);

#endif
