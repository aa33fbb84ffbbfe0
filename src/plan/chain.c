// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about chains and tables: -N -X -E -F -Z -P, and *TABLE and :CHAIN of a restore. */
#include <errno.h>
#include <string.h>

#include "plan/planner.h"

int plan_new_chain(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);

	/* A built-in name counts as there even before the first rule makes it. */
	if (k->builtin || k->there == FACT_YES)
		return plan_fail(p, c, EEXIST, "Chain already exists");
	chain_create(p, c, t, k, POLICY_NONE);
	return 0;
}

static void chain_is_gone(struct known_chain *k)
{
	k->there = FACT_NO;
	k->op_name = k->name;
	k->created = false;
	k->value = NULL;
	k->found = NULL;
}

/* -X of all takes a built-in chain that changes nothing. */
static bool may_vanish(const struct known_chain *k)
{
	/* Without its rules read, its users are its rules: nothing jumps to a built-in chain. */
	uint32_t rules = k->value ? k->value->rule_count
				  : k->added + (k->found ? k->found->references : 0);

	return !rules && k->policy == POLICY_ACCEPT;
}

/* All user chains, and built-in ones that change nothing (empty, policy ACCEPT). */
static int delete_all_chains(struct planner *p, const struct command *c, struct known_table *t)
{
	for (struct known_chain *k = t->first; k; k = k->next) {
		if (k->there != FACT_YES || (k->found && k->found->foreign))
			continue;
		if (k->builtin && (old_table(t->family, t->name) || !may_vanish(k)))
			continue;
		plan_op(p, OP_CHAIN_DELETE, c, t, k);
		chain_is_gone(k);
	}
	return 0;
}

int plan_delete_chain(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k;

	if (!c->chain)
		return delete_all_chains(p, c, t);
	k = known_chain(p, t, c->chain);
	if (k->there == FACT_NO)
		return plan_fail(p, c, ENOENT, text_no_chain);
	plan_op(p, OP_CHAIN_DELETE, c, t, k);
	chain_is_gone(k);
	return 0;
}

/* A chain made by this plan has no handle yet: its name is changed where the plan says it. */
static void rename_created(struct planner *p, const struct known_table *t,
			   const struct known_chain *k, const char *name)
{
	struct plan *plan = p->plan;

	for (size_t i = k->mark - 1; i < plan->count; i++) {
		struct op *op = &plan->items[i];

		if (op->family != t->family || strcmp(op->table, t->name) != 0)
			continue;
		if (op->chain && !strcmp(op->chain, k->name))
			op->chain = name;
		if (op->rule && op->rule->chain_to && !strcmp(op->rule->chain_to, k->name)) {
			struct rule *r = arena_memdup(plan->arena, op->rule, sizeof(*r));

			r->chain_to = name;
			op->rule = r;
		}
	}
}

int plan_rename_chain(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain), *taken = known_chain(p, t, c->name);
	struct op *op;

	if (taken->builtin || taken->there == FACT_YES)
		return plan_fail(p, c, EEXIST, "File exists");
	if (k->builtin || k->there != FACT_YES || (k->found && k->found->foreign))
		return plan_fail(p, c, ENOENT, text_no_chain);
	if (k->created) {
		rename_created(p, t, k, c->name);
		k->op_name = c->name;
	} else {
		op = plan_op(p, OP_CHAIN_RENAME, c, t, k);
		op->name = c->name;
		op->handle = k->found ? k->found->handle : 0;
	}
	known_rename(t, k, c->name);
	return 0;
}

static int flush_one(struct planner *p, const struct command *c, struct known_table *t,
		     struct known_chain *k)
{
	int there = chain_is_there(p, t, k);

	if (there < 0)
		return there;
	if (there == FACT_NO && !k->builtin)
		return plan_fail(p, c, ENOENT, text_no_chain);
	if (there == FACT_NO)
		chain_create(p, c, t, k, POLICY_NONE);
	else
		plan_op(p, OP_CHAIN_FLUSH, c, t, k);
	known_empty(p, k);
	return 0;
}

static void flush_each(struct planner *p, const struct command *c, struct known_table *t)
{
	for (struct known_chain *k = t->first; k; k = k->next)
		if (k->there == FACT_YES)
			plan_op(p, OP_CHAIN_FLUSH, c, t, k);
}

int plan_flush(struct planner *p, const struct command *c, struct known_table *t)
{
	if (c->chain)
		return flush_one(p, c, t, known_chain(p, t, c->chain));
	if (t->there == FACT_NO && !t->added)
		return 0;
	/* Around the chains of an older dialect stands a frame, which has to stay. */
	if (old_table(t->family, t->name))
		flush_each(p, c, t);
	else
		plan_op(p, OP_CHAIN_FLUSH, c, t, NULL)->may_be_missing = true;
	for (struct known_chain *k = t->first; k; k = k->next)
		if (k->there != FACT_NO)
			known_empty(p, k);
	return 0;
}

/* The counters of a built-in chain's policy. */
static void zero_policy(struct planner *p, const struct command *c, struct known_table *t,
			struct known_chain *k)
{
	/* -Z of ipchains and ipfwadm leaves the counters of policies alone. */
	if (!k->builtin || old_table(t->family, t->name) || (k->found && !k->found->counts))
		return;
	if (k->created && k->mark)
		p->plan->items[k->mark - 1].counters = (struct counters){ 0 };
	else
		plan_op(p, OP_CHAIN_POLICY, c, t, k)->counters_given = true;
}

int plan_zero(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k;
	int there;

	if (!c->chain) {
		if (t->there == FACT_NO && !t->added)
			return 0;
		for (k = t->first; k; k = k->next)
			if (k->there == FACT_YES && !(k->found && k->found->foreign))
				zero_policy(p, c, t, k);
		plan_op(p, OP_RULE_ZERO, c, t, NULL)->may_be_missing = true;
		return 0;
	}
	k = known_chain(p, t, c->chain);
	there = chain_is_there_really(p, t, k);
	if (there < 0)
		return there;
	/* A built-in chain that is not there yet has counted nothing. */
	if (there == FACT_NO)
		return k->builtin ? 0 : plan_fail(p, c, ENOENT, text_no_chain);
	zero_policy(p, c, t, k);
	plan_op(p, OP_RULE_ZERO, c, t, k)->may_be_missing = true;
	return 0;
}

static void set_policy(struct planner *p, const struct command *c, struct known_table *t,
		       struct known_chain *k)
{
	struct op *op;

	if (k->created && k->mark)
		op = &p->plan->items[k->mark - 1];
	else
		op = plan_op(p, OP_CHAIN_POLICY, c, t, k);
	if (c->policy != POLICY_NONE)
		k->policy = op->policy = c->policy;
	/* Without counters given a new policy starts from zero, as ever since iptables 1.2. */
	op->counters = c->counters_given ? c->counters : (struct counters){ 0 };
	op->counters_given = true;
}

static int policy_of_builtin(struct planner *p, const struct command *c, struct known_table *t,
			     struct known_chain *k)
{
	int there = chain_is_there(p, t, k);

	if (there < 0)
		return there;
	if (there == FACT_NO)
		chain_create(p, c, t, k, POLICY_NONE);
	if (c->policy != POLICY_NONE || c->counters_given)
		set_policy(p, c, t, k);
	return 0;
}

int plan_policy(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);

	if (c->policy == POLICY_NONE)
		return plan_fail(p, c, EINVAL, "Bad policy name");
	if (!k->builtin)
		return plan_fail(p, c, ENOENT, "Bad built-in chain name");
	return policy_of_builtin(p, c, t, k);
}

/* :CHAIN sets a built-in chain's policy; a user chain is made, or emptied when it is there. */
int plan_declare_chain(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);
	int there;

	if (k->builtin)
		return policy_of_builtin(p, c, t, k);
	there = chain_is_there(p, t, k);
	if (there < 0)
		return there;
	if (there == FACT_NO) {
		chain_create(p, c, t, k, POLICY_NONE);
		return 0;
	}
	return flush_one(p, c, t, k);
}

int plan_replace_table(struct planner *p, const struct command *c, struct known_table *t)
{
	plan_op(p, OP_TABLE_DELETE, c, t, NULL)->may_be_missing = true;
	known_forget(t);
	return 0;
}
