// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carrying a plan out on a value. What a kernel would then have is needed without a kernel: to name
 * a loop that it refused, to show a restore's own view inside the restore, and in tests.
 */
#include <errno.h>
#include <string.h>

#include "ext/ext.h"
#include "plan/place.h"
#include "plan/plan.h"

static uint64_t highest_handle(const struct ruleset *rs)
{
	uint64_t highest = rs->last_handle;

	for (struct table *t = rs->first; t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next) {
			highest = c->handle > highest ? c->handle : highest;
			for (struct rule *r = c->first; r; r = r->next)
				highest = r->handle > highest ? r->handle : highest;
		}
	return highest;
}

/* While a plan is carried out, `references` are kept up to date. */
static void refer(const struct table *t, const struct rule *r, int change)
{
	struct chain *to = r->chain_to ? table_chain(t, r->chain_to) : NULL;

	if (to)
		to->references += (uint32_t)change;
}

static void take_out(struct chain *c, struct rule *r)
{
	refer(c->table, r, -1);
	chain_remove(c, r);
}

static void empty(struct chain *c)
{
	for (const struct rule *r = c->first; r; r = r->next)
		refer(c->table, r, -1);
	chain_clear(c);
}

static struct rule *find_rule(const struct chain *c, uint64_t handle, uint32_t id)
{
	struct rule *r = c->first;

	while (r && (handle ? r->handle != handle : r->id != id || !id))
		r = r->next;
	return r;
}

/* All of the rule, as a kernel would give it back: the plan and its memory may go first. */
static struct rule *put_rule(struct ruleset *rs, struct chain *c, const struct op *op,
			     struct rule *before, uint64_t handle)
{
	const struct rule *read = rule_as_read(&rs->arena, op->family, op->rule);
	struct rule *r = rule_copy(&rs->arena, read);

	r->handle = handle;
	r->counts = true;
	chain_insert(c, r, before);
	refer(c->table, r, 1);
	return r;
}

static bool jumps_nowhere(const struct table *t, const struct rule *r)
{
	const struct chain *to = r->chain_to ? table_chain(t, r->chain_to) : NULL;

	return r->chain_to && (!to || !to->exists);
}

static int add_rule(struct ruleset *rs, struct chain *c, const struct op *op, uint64_t handle)
{
	struct rule *before = NULL;

	if (jumps_nowhere(c->table, op->rule))
		return -ENOENT;
	if (op->before_handle || op->before_id) {
		before = find_rule(c, op->before_handle, op->before_id);
		if (!before)
			return -ENOENT;
	}
	put_rule(rs, c, op, op->at_head ? c->first : before, handle);
	return 0;
}

static int change_rule(struct ruleset *rs, struct chain *c, const struct op *op, uint64_t handle)
{
	struct rule *r = find_rule(c, op->handle, op->handle ? 0 : op->id);

	if (!r)
		return -ENOENT;
	if (op->kind == OP_RULE_REPLACE) {
		if (jumps_nowhere(c->table, op->rule))
			return -ENOENT;
		put_rule(rs, c, op, r, handle);
	}
	take_out(c, r);
	return 0;
}

static void zero(struct table *t, const struct chain *only, uint64_t handle)
{
	for (struct chain *c = t->first; c; c = c->next)
		for (struct rule *r = only && c != only ? NULL : c->first; r; r = r->next)
			if (!handle || r->handle == handle)
				r->counters = (struct counters){ 0 };
}

static void rename_chain(struct table *t, struct chain *chain, const char *name)
{
	const char *old = chain->name;

	table_rename_chain(t, chain, name);
	for (struct chain *c = t->first; c; c = c->next)
		for (struct rule *r = c->first; r; r = r->next)
			if (r->chain_to && !strcmp(r->chain_to, old))
				r->chain_to = chain->name;
}

static int op_on_chain(struct ruleset *rs, struct table *t, struct chain *c, const struct op *op,
		       uint64_t handle)
{
	switch (op->kind) {
	case OP_CHAIN_DELETE:
		if (c->first || c->references)
			return -EBUSY;
		table_remove_chain(t, c);
		return 0;
	case OP_CHAIN_RENAME:
		if (table_chain(t, op->name))
			return -EEXIST;
		rename_chain(t, c, op->name);
		return 0;
	case OP_CHAIN_POLICY:
		if (op->policy != POLICY_NONE)
			c->policy = op->policy;
		if (op->counters_given)
			c->counters = op->counters;
		return 0;
	case OP_CHAIN_FLUSH:
		empty(c);
		return 0;
	case OP_RULE_ADD:
		return add_rule(rs, c, op, handle);
	case OP_RULE_DELETE:
	case OP_RULE_REPLACE:
		return change_rule(rs, c, op, handle);
	case OP_RULE_ZERO:
		zero(t, c, op->handle);
		return 0;
	case OP_TABLE_ADD:
	case OP_TABLE_DELETE:
	case OP_CHAIN_ADD:
		break;
	}
	return 0;
}

static int op_on_table(struct table *t, const struct op *op, uint64_t handle)
{
	struct chain *c;

	switch (op->kind) {
	case OP_TABLE_DELETE:
		while (t->first)
			table_remove_chain(t, t->first);
		t->exists = false;
		return 0;
	case OP_CHAIN_ADD:
		c = table_chain(t, op->chain);
		if (c && c->exists)
			return -EEXIST;
		if (!c)
			c = table_add_chain(t, op->chain);
		c->exists = c->loaded = true;
		c->counts = c->builtin;
		c->policy = op->policy;
		c->counters = op->counters;
		c->handle = handle;
		return 0;
	case OP_CHAIN_FLUSH:
		for (c = t->first; c; c = c->next)
			empty(c);
		return 0;
	default:
		zero(t, NULL, 0);
		return 0;
	}
}

static int carry_out(struct ruleset *rs, const struct op *op, uint64_t handle)
{
	struct table *t = ruleset_table(rs, op->family, op->table);
	struct chain *c;

	if (op->kind == OP_TABLE_ADD) {
		ruleset_add_table(rs, op->family, op->table)->exists = true;
		return 0;
	}
	if (!t || !t->exists)
		return op->may_be_missing ? 0 : -ENOENT;
	if (!op->chain || op->kind == OP_CHAIN_ADD)
		return op_on_table(t, op, handle);
	c = table_chain(t, op->chain);
	if (!c || !c->exists)
		return op->may_be_missing ? 0 : -ENOENT;
	return op_on_chain(rs, t, c, op, handle);
}

/* References are counted anew; ids are of one transaction only. */
static void settle(struct table *t)
{
	for (struct chain *c = t->first; c; c = c->next)
		c->references = 0;
	for (struct chain *c = t->first; c; c = c->next)
		for (struct rule *r = c->first; r; r = r->next) {
			r->id = 0;
			refer(t, r, 1);
		}
}

/* ------------------------------------------------------------------ what a kernel would refuse */

static bool adds_rule(const struct op *op)
{
	return op->kind == OP_RULE_ADD || op->kind == OP_RULE_REPLACE;
}

static int check_rule(struct ruleset *rs, const struct op *op)
{
	struct table *t = ruleset_table(rs, op->family, op->table);
	const struct chain *c = t && t->exists ? table_chain(t, op->chain) : NULL;

	return c ? place_check_rule(c, op->rule) : 0;
}

/* Taking away could make good what was wrong before, and a kernel would have noticed by then. */
static bool may_make_good(const struct op *op)
{
	switch (op->kind) {
	case OP_TABLE_DELETE:
	case OP_CHAIN_FLUSH:
	case OP_RULE_DELETE:
	case OP_RULE_REPLACE:
		return true;
	case OP_TABLE_ADD:
	case OP_CHAIN_ADD:
	case OP_CHAIN_DELETE:
	case OP_CHAIN_RENAME:
	case OP_CHAIN_POLICY:
	case OP_RULE_ADD:
	case OP_RULE_ZERO:
		break;
	}
	return false;
}

/*
 * The kernel judges a table after every rule. Rules that are only added make it worse and never
 * better, so looking once behind them all finds the same; which one it was is found by looking
 * after each (`stepwise`), by whoever wants to know.
 */
struct judge {
	const struct op *since;		/* a rule that matters, not looked at yet */
	bool stepwise;
};

static int judge(struct judge *j, const struct ruleset *rs, const struct op **refused)
{
	const struct op *op = j->since;
	const struct table *t = op ? ruleset_table(rs, op->family, op->table) : NULL;
	int r = t ? place_check_table(t) : 0;

	j->since = NULL;
	if (r < 0)
		*refused = op;
	return r;
}

static int judge_before(struct judge *j, struct ruleset *rs, const struct op *op,
			const struct op **refused)
{
	const struct op *s = j->since;
	int r = 0;

	if (s && (may_make_good(op) || op->family != s->family || strcmp(op->table, s->table) != 0))
		r = judge(j, rs, refused);
	if (!r && adds_rule(op)) {
		r = check_rule(rs, op);
		if (r < 0)
			*refused = op;
	}
	return r;
}

static int judge_after(struct judge *j, const struct ruleset *rs, const struct op *op,
		       const struct op **refused)
{
	if (!adds_rule(op) || !place_matters(op->rule))
		return 0;
	if (!j->since)
		j->since = op;
	return j->stepwise ? judge(j, rs, refused) : 0;
}

/* ------------------------------------------------------------------ all of a plan */

static int carry_out_all(const struct plan *plan, struct ruleset *rs, bool renames,
			 uint64_t *handle, struct judge *j, const struct op **refused)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct op *op = &plan->items[i];
		int r;

		if ((op->kind == OP_CHAIN_RENAME) != renames)
			continue;
		r = j ? judge_before(j, rs, op, refused) : 0;
		if (r < 0)
			return r;
		r = carry_out(rs, op, ++*handle);
		if (r < 0) {
			*refused = op;
			return r;
		}
		r = j ? judge_after(j, rs, op, refused) : 0;
		if (r < 0)
			return r;
	}
	return j ? judge(j, rs, refused) : 0;
}

static int apply(const struct plan *plan, struct ruleset *rs, struct judge *j,
		 const struct op **refused)
{
	uint64_t handle = highest_handle(rs);
	int r = 0;

	for (struct table *t = rs->first; t; t = t->next)
		settle(t);
	/* Names change when everything else is done, as in the kernel. */
	for (int renames = 0; !r && renames < 2; renames++)
		r = carry_out_all(plan, rs, renames == 1, &handle, j, refused);
	if (r < 0)
		return r;
	for (struct table *t = rs->first; t; t = t->next)
		settle(t);
	rs->last_handle = handle;
	return 0;
}

int plan_apply_value(const struct plan *plan, struct ruleset *rs, const struct op **refused)
{
	return apply(plan, rs, NULL, refused);
}

int plan_apply_judged(const struct plan *plan, struct ruleset *rs, bool stepwise,
		      const struct op **refused)
{
	struct judge j = { .stepwise = stepwise };

	return apply(plan, rs, &j, refused);
}
