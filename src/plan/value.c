// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carrying a plan out on a value. What a kernel would then have is needed without a kernel: to name
 * a loop that it refused, to show a restore's own view inside the restore, and in tests.
 */
#include <errno.h>
#include <string.h>

#include "ext/ext.h"
#include "plan/plan.h"

static uint64_t highest_handle(const struct ruleset *rs)
{
	uint64_t highest = 0;

	for (struct table *t = rs->first; t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next) {
			highest = c->handle > highest ? c->handle : highest;
			for (struct rule *r = c->first; r; r = r->next)
				highest = r->handle > highest ? r->handle : highest;
		}
	return highest;
}

static bool is_jumped_to(const struct table *t, const struct chain *chain)
{
	for (struct chain *c = t->first; c; c = c->next)
		for (struct rule *r = c->first; r; r = r->next)
			if (r->chain_to && !strcmp(r->chain_to, chain->name))
				return true;
	return false;
}

static struct rule *find_rule(const struct chain *c, uint64_t handle, uint32_t id)
{
	struct rule *r = c->first;

	while (r && (handle ? r->handle != handle : r->id != id || !id))
		r = r->next;
	return r;
}

static void copy_use(struct ruleset *rs, struct use *use)
{
	if (use->data && use->ext)
		use->data = arena_memdup(&rs->arena, use->data, use->ext->size);
}

/* The whole rule: the plan and its memory may go before the value does. */
static struct rule *copy_rule(struct ruleset *rs, const struct rule *rule, uint64_t handle)
{
	struct rule *r = arena_memdup(&rs->arena, rule, sizeof(*r));

	if (r->chain_to)
		r->chain_to = arena_strdup(&rs->arena, r->chain_to);
	if (r->match_count)
		r->matches = arena_memdup(&rs->arena, r->matches,
					  r->match_count * sizeof(*r->matches));
	for (unsigned i = 0; i < r->match_count; i++)
		copy_use(rs, &r->matches[i]);
	copy_use(rs, &r->target);
	r->prev = r->next = NULL;
	r->handle = handle;
	r->counts = true;
	return r;
}

static int add_rule(struct ruleset *rs, struct chain *c, const struct op *op, uint64_t handle)
{
	struct rule *before = NULL;

	if (op->rule->chain_to && !table_chain(c->table, op->rule->chain_to))
		return -ENOENT;
	if (op->before_handle || op->before_id) {
		before = find_rule(c, op->before_handle, op->before_id);
		if (!before)
			return -ENOENT;
	}
	chain_insert(c, copy_rule(rs, op->rule, handle), op->at_head ? c->first : before);
	return 0;
}

static int change_rule(struct ruleset *rs, struct chain *c, const struct op *op, uint64_t handle)
{
	struct rule *r = find_rule(c, op->handle, op->handle ? 0 : op->id);

	if (!r)
		return -ENOENT;
	if (op->kind == OP_RULE_REPLACE)
		chain_insert(c, copy_rule(rs, op->rule, handle), r);
	chain_remove(c, r);
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
		if (c->first || is_jumped_to(t, c))
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
		chain_clear(c);
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
		if (table_chain(t, op->chain))
			return -EEXIST;
		c = table_add_chain(t, op->chain);
		c->exists = c->loaded = true;
		c->counts = c->builtin;
		c->policy = op->policy;
		c->counters = op->counters;
		c->handle = handle;
		return 0;
	case OP_CHAIN_FLUSH:
		for (c = t->first; c; c = c->next)
			chain_clear(c);
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

/* Ids are of one transaction only; references are counted anew. */
static void settle(struct table *t)
{
	struct chain *to;

	for (struct chain *c = t->first; c; c = c->next)
		c->references = 0;
	for (struct chain *c = t->first; c; c = c->next)
		for (struct rule *r = c->first; r; r = r->next) {
			r->id = 0;
			to = r->chain_to ? table_chain(t, r->chain_to) : NULL;
			if (to)
				to->references++;
		}
}

int plan_apply_value(const struct plan *plan, struct ruleset *rs, const struct op **refused)
{
	uint64_t handle = highest_handle(rs);

	/* Names change when everything else is done, as in the kernel. */
	for (int renames = 0; renames < 2; renames++)
		for (size_t i = 0; i < plan->count; i++) {
			const struct op *op = &plan->items[i];
			int r = 0;

			if ((op->kind == OP_CHAIN_RENAME) == (renames == 1))
				r = carry_out(rs, op, ++handle);
			if (r < 0) {
				*refused = op;
				return r;
			}
		}
	for (struct table *t = rs->first; t; t = t->next)
		settle(t);
	return 0;
}
