// SPDX-License-Identifier: GPL-2.0-or-later
/* The way through the commands, and the making of operations. */
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "plan/planner.h"

/* libiptc's words (nft_strerror); callers compare them. */
const char text_no_chain[] = "No chain/target/match by that name";
const char text_bad_rule[] = "Bad rule (does a matching rule exist in that chain?)";

int plan_fail(struct planner *p, const struct command *c, int errnum, const char *text)
{
	struct place place = c->chain_place;

	place.line = c->line;
	if (!err_is_set(p->err)) {
		err_styled(p->err, ERR_OTHER, ERR_STYLE_PLAIN, place, "%s", text);
		p->err->errnum = errnum;
	}
	return -errnum;
}

struct op *plan_op(struct planner *p, enum op_kind kind, const struct command *c,
		   const struct known_table *t, const struct known_chain *k)
{
	struct op op = {
		.kind = kind, .family = t->family, .table = t->name,
		.chain = k ? k->op_name : NULL, .command = c,
	};

	VEC_PUSH(p->plan, op);
	return &p->plan->items[p->plan->count - 1];
}

void table_must_be(struct planner *p, const struct command *c, struct known_table *t)
{
	/*
	 * Saying it twice costs one message and nothing else: the kernel keeps a table that is
	 * there.
	 */
	if (t->there == FACT_YES || t->added)
		return;
	plan_op(p, OP_TABLE_ADD, c, t, NULL);
	t->added = true;
}

/*
 * Rules of a user chain may need what stands around the built-in chains of an older dialect, so
 * these come first.
 */
static void frame_must_be(struct planner *p, const struct command *c, struct known_table *t)
{
	const struct builtin_table *old = old_table(t->family, t->name);
	struct known_chain *first = old ? known_chain(p, t, old->chains[0].name) : NULL;

	if (first && chain_is_there_really(p, t, first) == FACT_NO)
		chain_create(p, c, t, first, POLICY_NONE);
}

void chain_create(struct planner *p, const struct command *c, struct known_table *t,
		  struct known_chain *k, enum policy policy)
{
	struct op *op;

	if (!k->builtin)
		frame_must_be(p, c, t);
	table_must_be(p, c, t);
	op = plan_op(p, OP_CHAIN_ADD, c, t, k);
	op->policy = k->builtin && policy == POLICY_NONE ? POLICY_ACCEPT : policy;
	k->policy = op->policy;
	k->there = FACT_YES;
	k->created = true;
	k->mark = p->plan->count;
	known_empty(p, k);
}

static int plan_one(struct planner *p, const struct command *c)
{
	struct known_table *t = known_table(p, c->family, c->table);

	switch (c->kind) {
	case COMMAND_APPEND:
		return plan_append(p, c, t);
	case COMMAND_INSERT:
		return plan_insert(p, c, t);
	case COMMAND_REPLACE:
		return plan_replace(p, c, t);
	case COMMAND_DELETE:
		return plan_delete(p, c, t);
	case COMMAND_DELETE_NUMBER:
		return plan_delete_number(p, c, t);
	case COMMAND_CHECK:
		return plan_check(p, c, t);
	case COMMAND_FLUSH:
		return plan_flush(p, c, t);
	case COMMAND_ZERO:
		return plan_zero(p, c, t);
	case COMMAND_ZERO_NUMBER:
		return plan_zero_number(p, c, t);
	case COMMAND_NEW_CHAIN:
		return plan_new_chain(p, c, t);
	case COMMAND_DELETE_CHAIN:
		return plan_delete_chain(p, c, t);
	case COMMAND_RENAME_CHAIN:
		return plan_rename_chain(p, c, t);
	case COMMAND_POLICY:
		return plan_policy(p, c, t);
	case COMMAND_TABLE:
		return plan_replace_table(p, c, t);
	case COMMAND_CHAIN:
		return plan_declare_chain(p, c, t);
	case COMMAND_TABLE_KEEP:
	case COMMAND_LIST:
	case COMMAND_LIST_RULES:
	case COMMAND_NONE:
	case COMMAND_VERSION:
	case COMMAND_HELP:
		break;
	}
	return 0;
}

/* Room for what most plans need, at once: growing step by step leaves holes in a large heap. */
static void reserve(struct plan *plan, const struct command *first)
{
	size_t want = plan->count + 8;

	for (const struct command *c = first; c; c = c->next)
		want += c->rule_count ? c->rule_count : 1;
	if (want <= plan->room)
		return;
	plan->items = mem_resize(plan->items, want * sizeof(*plan->items));
	plan->room = want;
}

int plan_commands(struct plan *plan, const struct command *first, const struct view *view,
		  enum plan_trust trust, struct ruleset *rs, struct err *err)
{
	struct planner p = {
		.plan = plan, .view = view, .trust = trust, .rs = rs, .err = err,
	};
	int r;

	reserve(plan, first);
	r = plan_look_ahead(&p, first);
	for (const struct command *c = first; !r && c; c = c->next)
		r = plan_one(&p, c);
	known_free(&p);
	return r;
}

void plan_free(struct plan *plan)
{
	free(plan->items);
	*plan = (struct plan){ .arena = plan->arena };
}
