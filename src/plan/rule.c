// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands about rules: -A -I -R -D -C, and -Z of one rule. */
#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "ext/ext.h"
#include "plan/planner.h"

static int jump_failed(struct planner *p, const struct command *c, const struct rule *r)
{
	struct place place = c->jump_place;

	place.line = c->line;
	err_set(p->err, ERR_SYNTAX, place, "Chain '%s' does not exist", r->chain_to);
	p->err->errnum = ENOENT;
	return -ENOENT;
}

static int jump_refused(struct planner *p, const struct command *c, const struct rule *r)
{
	struct place place = c->jump_place;

	place.line = c->line;
	plan_refuse(p->err, place, EOPNOTSUPP,
		    c->kind == COMMAND_APPEND ? "RULE_APPEND" :
		    c->kind == COMMAND_INSERT ? "RULE_INSERT" : "RULE_REPLACE",
		    "rule in chain", c->chain);
	err_hint(p->err, "%s is a built-in chain; only chains of your own can be jumped to",
		 r->chain_to);
	return -EOPNOTSUPP;
}

static bool jumps(const struct rule *r)
{
	return r->jump == JUMP_CHAIN || r->jump == JUMP_GOTO;
}

/* 0 when the chains that the command's rules jump to are there (or nobody asks). */
static int check_jumps(struct planner *p, const struct command *c, struct known_table *t,
		       bool really)
{
	for (uint32_t i = 0; i < c->rule_count; i++) {
		const struct rule *r = c->rules[i];
		struct known_chain *k;
		int there;

		if (!jumps(r))
			continue;
		if (i && r->chain_to == c->rules[i - 1]->chain_to)
			continue;
		k = known_chain(p, t, r->chain_to);
		there = really ? chain_is_there_really(p, t, k) : chain_is_there(p, t, k);
		if (there < 0)
			return there;
		if (there == FACT_NO && !k->builtin)
			return jump_failed(p, c, r);
		if (there == FACT_NO)	/* one that is there the kernel refuses by itself */
			return jump_refused(p, c, r);
	}
	return 0;
}

/*
 * A failure about the rule's place or presence. iptables looks at the jump first, so it is asked
 * for now even when hoping.
 */
static int rule_failed(struct planner *p, const struct command *c, struct known_table *t,
		       int errnum, const char *text)
{
	const struct known_chain *k = known_chain(p, t, c->chain);
	int r = check_jumps(p, c, t, true);

	if (r)
		return r;
	plan_fail(p, c, errnum, text);
	if (k->there == FACT_YES && k->value && !k->value->rule_count)
		err_hint(p->err, "%s has no rules", c->chain);
	else if (k->there == FACT_YES && k->value)
		err_hint(p->err, "%s has %u rule%s; -S %s shows them", c->chain,
			 k->value->rule_count, k->value->rule_count == 1 ? "" : "s", c->chain);
	return -errnum;
}

/* The chain that a rule is to be put into; built-in ones are made when they are not there. */
static int chain_for_rule(struct planner *p, const struct command *c, struct known_table *t,
			  struct known_chain **chain)
{
	struct known_chain *k = known_chain(p, t, c->chain);
	int there = check_jumps(p, c, t, false);

	if (there < 0)
		return there;
	there = chain_is_there(p, t, k);
	if (there < 0)
		return there;
	if (there == FACT_NO && !k->builtin)
		return plan_fail(p, c, ENOENT, text_no_chain);
	if (there == FACT_NO)
		chain_create(p, c, t, k, POLICY_NONE);
	*chain = k;
	return 0;
}

/* Rules of tracked chains get an id: later commands of the transaction may point at them. */
static struct rule *number_rule(struct planner *p, struct rule *r, size_t op)
{
	r = arena_memdup(p->plan->arena, r, sizeof(*r));
	r->id = ++p->plan->last_id;
	r->handle = 0;
	VEC_PUSH(&p->op_of_id, op);
	return r;
}

/* A jump to a chain renamed by this same plan has to use the name it had. */
static struct rule *named_as_before(struct planner *p, struct known_table *t, struct rule *r)
{
	const struct known_chain *to;

	if (!t->renames || !jumps(r))
		return r;
	to = known_chain(p, t, r->chain_to);
	if (to->op_name == to->name)
		return r;
	r = arena_memdup(p->plan->arena, r, sizeof(*r));
	r->chain_to = to->op_name;
	return r;
}

static void add_rule(struct planner *p, const struct command *c, struct known_table *t,
		     struct known_chain *k, struct rule *r, struct rule *before, bool at_head)
{
	struct op *op = plan_op(p, OP_RULE_ADD, c, t, k);

	op->at_head = at_head;
	if (before) {
		op->before_handle = before->handle;
		op->before_id = before->handle ? 0 : before->id;
	}
	r = named_as_before(p, t, r);
	op->rule = r;
	if (k->tracked && k->value) {
		r = number_rule(p, r, p->plan->count - 1);
		op->rule = r;
		chain_insert(k->value, r, at_head ? k->value->first : before);
	} else if (k->value) {
		k->value->rule_count++;
	} else {
		k->added++;
	}
}

int plan_append(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = NULL;
	int r = chain_for_rule(p, c, t, &k);

	for (uint32_t i = 0; !r && k && i < c->rule_count; i++)
		add_rule(p, c, t, k, c->rules[i], NULL, false);
	return r;
}

int plan_insert(struct planner *p, const struct command *c, struct known_table *t)
{
	uint32_t number = c->number ? c->number : 1;
	struct known_chain *k = NULL;
	int r = chain_for_rule(p, c, t, &k);

	for (uint32_t i = 0; !r && k && i < c->rule_count; i++) {
		struct rule *before = NULL;

		if (number > 1) {
			before = k->value ? chain_rule(k->value, number) : NULL;
			if (!before && (!k->value || number != k->value->rule_count + 1))
				return rule_failed(p, c, t, E2BIG, "Index of insertion too big");
		}
		add_rule(p, c, t, k, c->rules[i], before, number == 1);
	}
	return r;
}

/* The rule of a number, with the chain and its words when there is none. */
static int rule_of_number(struct planner *p, const struct command *c, struct known_table *t,
			  const char *too_big, struct known_chain **chain, struct rule **rule)
{
	struct known_chain *k = known_chain(p, t, c->chain);
	int there = chain_is_there(p, t, k);

	if (there < 0)
		return there;
	if (there == FACT_NO || !k->value)
		return rule_failed(p, c, t, ENOENT, text_no_chain);
	*chain = k;
	*rule = chain_rule(k->value, c->number);
	return *rule ? 0 : rule_failed(p, c, t, E2BIG, too_big);
}

static struct op *op_of_rule(struct planner *p, const struct rule *r)
{
	return r->id ? &p->plan->items[p->op_of_id.items[r->id - 1]] : NULL;
}

int plan_replace(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = NULL;
	struct rule *old = NULL, *new;
	struct op *op;
	int r = rule_of_number(p, c, t, "Index of replacement too big", &k, &old);

	if (!r)
		r = check_jumps(p, c, t, false);
	if (r || !k || !old)
		return r;
	op = op_of_rule(p, old);
	if (op) {
		/* Added by this same plan: it never gets to be what it was. */
		uint32_t id = old->id;

		new = arena_memdup(p->plan->arena, named_as_before(p, t, c->rules[0]),
				   sizeof(*new));
		new->id = id;
		op->command = c;
	} else {
		op = plan_op(p, OP_RULE_REPLACE, c, t, k);
		op->handle = old->handle;
		new = number_rule(p, named_as_before(p, t, c->rules[0]), p->plan->count - 1);
		new->more = old->more;
		new->more_count = old->more_count;
	}
	op->rule = new;
	chain_insert(k->value, new, old);
	chain_remove(k->value, old);
	return 0;
}

static void delete_rule(struct planner *p, const struct command *c, struct known_table *t,
			struct known_chain *k, struct rule *r)
{
	struct op *op = plan_op(p, OP_RULE_DELETE, c, t, k);

	op->handle = r->handle;
	op->id = r->handle ? 0 : r->id;
	op->rule = r;
	chain_remove(k->value, r);
}

int plan_delete_number(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = NULL;
	struct rule *rule = NULL;
	int r = rule_of_number(p, c, t, "Index of deletion too big", &k, &rule);

	if (!r && k && rule)
		delete_rule(p, c, t, k, rule);
	return r;
}

static struct rule *find_rule(struct planner *p, struct known_table *t,
			      const struct known_chain *k, struct rule *like)
{
	struct rule *r = k->value ? k->value->first : NULL;
	const struct rule *read;

	like = named_as_before(p, t, like);
	read = rule_as_read(p->plan->arena, t->family, like);
	while (r && !rule_equal(r, read) && (read == like || !rule_equal(r, like)))
		r = r->next;
	return r;
}

int plan_delete(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);

	for (uint32_t i = 0; i < c->rule_count; i++) {
		struct rule *r = find_rule(p, t, k, c->rules[i]);

		if (!r)
			return rule_failed(p, c, t, ENOENT, text_bad_rule);
		delete_rule(p, c, t, k, r);
	}
	return 0;
}

int plan_check(struct planner *p, const struct command *c, struct known_table *t)
{
	const struct known_chain *k = known_chain(p, t, c->chain);

	for (uint32_t i = 0; i < c->rule_count; i++)
		if (!find_rule(p, t, k, c->rules[i]))
			return rule_failed(p, c, t, ENOENT, text_bad_rule);
	return 0;
}

int plan_zero_number(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);
	struct rule *rule = k->value ? chain_rule(k->value, c->number) : NULL;
	struct op *op;

	if (!rule)
		return plan_fail(p, c, ENOENT, text_bad_rule);
	op = op_of_rule(p, rule);
	if (op) {
		/* Given counters by this same plan ("[p:b] -A"): it starts without them. */
		struct rule *zeroed = arena_memdup(p->plan->arena, op->rule, sizeof(*zeroed));

		zeroed->counters = (struct counters){ 0 };
		op->rule = zeroed;
		return 0;
	}
	op = plan_op(p, OP_RULE_ZERO, c, t, k);
	op->handle = rule->handle;
	op->rule = rule;
	return 0;
}
