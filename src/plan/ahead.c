// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking ahead. Before the first operation is planned, all commands are gone through once to find
 * what has to be read: the rules of a chain when some command says which of them by number or by
 * specification, the names of the chains when some command is about all of them. Whatever an
 * earlier command empties or replaces need not be read.
 */
#include <errno.h>
#include <string.h>

#include "plan/planner.h"

static void need_rules(struct known_table *t, struct known_chain *k, enum need need)
{
	k->tracked = true;
	if (t->replaced || t->empty_before || k->empty_before)
		return;
	if (k->need < need)
		k->need = need;
	if (t->renamed_need < need)
		t->renamed_need = need;
}

static void need_chains(struct known_table *t)
{
	if (!t->replaced)
		t->need_chains = true;
}

static void ahead_of_chain(struct planner *p, const struct command *c, struct known_table *t)
{
	struct known_chain *k = known_chain(p, t, c->chain);

	switch (c->kind) {
	case COMMAND_INSERT:
		if (c->number > 1)
			need_rules(t, k, NEED_HANDLES);
		break;
	case COMMAND_REPLACE:
	case COMMAND_DELETE_NUMBER:
	case COMMAND_ZERO_NUMBER:
		need_rules(t, k, NEED_HANDLES);
		break;
	case COMMAND_DELETE:
	case COMMAND_CHECK:
		need_rules(t, k, NEED_RULES);
		break;
	case COMMAND_CHAIN:
		if (k->builtin)
			break;
		need_chains(t);
		k->empty_before = true;
		break;
	case COMMAND_FLUSH:
	case COMMAND_NEW_CHAIN:
	case COMMAND_DELETE_CHAIN:
		k->empty_before = true;
		break;
	case COMMAND_RENAME_CHAIN:
		need_chains(t);
		t->renames = true;
		break;
	default:
		break;
	}
}

static void ahead_of_table(const struct command *c, struct known_table *t)
{
	switch (c->kind) {
	case COMMAND_TABLE:
		t->replaced = true;
		break;
	case COMMAND_FLUSH:
		t->empty_before = true;
		if (old_table(t->family, t->name))
			need_chains(t);
		break;
	case COMMAND_DELETE_CHAIN:
		need_chains(t);
		break;
	case COMMAND_ZERO:
		need_chains(t);		/* which have counters of their own? */
		break;
	default:
		break;
	}
}

/* Both names of a rename may carry the rules that another command asks for. */
static void share_needs(struct planner *p, const struct command *first)
{
	for (const struct command *c = first; c; c = c->next) {
		struct known_table *t;

		if (c->kind != COMMAND_RENAME_CHAIN)
			continue;
		t = known_table(p, c->family, c->table);
		for (int i = 0; i < 2; i++) {
			struct known_chain *k = known_chain(p, t, i ? c->name : c->chain);

			k->tracked = true;
			if (!t->replaced && k->need < t->renamed_need)
				k->need = t->renamed_need;
		}
	}
}

static int read_some(struct planner *p, struct known_table *t, const char *chain,
		     enum read_depth depth)
{
	int r = p->view->read(p->view->context, p->rs, t->family, t->name, chain, depth, p->err);

	/* Of several reads the first counts: if anything changed since, the plan is refused. */
	if (!r)
		p->plan->generation = p->rs->generation;
	return r;
}

static void learn_chains(struct planner *p, struct known_table *t)
{
	struct table *read = ruleset_table(p->rs, t->family, t->name);

	t->there = read && read->exists ? FACT_YES : FACT_NO;
	for (struct chain *c = read ? read->first : NULL; c; c = c->next) {
		struct known_chain *k;

		if (!c->exists)
			continue;
		k = known_chain(p, t, c->name);
		k->there = FACT_YES;
		k->found = c;
		k->policy = c->policy;
	}
	t->all_chains = true;
	for (struct known_chain *k = t->first; k; k = k->next)
		if (k->there == FACT_UNKNOWN)
			k->there = FACT_NO;
}

static int read_chain(struct planner *p, struct known_table *t, struct known_chain *k)
{
	struct table *read;
	int r = read_some(p, t, k->name, k->need == NEED_RULES ? READ_RULES : READ_HANDLES);

	if (r)
		return r;
	read = ruleset_table(p->rs, t->family, t->name);
	if (!read || !read->exists)
		t->there = FACT_NO;
	k->value = read ? table_chain(read, k->name) : NULL;
	if (k->value && !k->value->exists)
		k->value = NULL;
	k->found = k->value;
	k->there = k->value ? FACT_YES : FACT_NO;
	k->policy = k->value ? k->value->policy : POLICY_NONE;
	return 0;
}

static int read_table(struct planner *p, struct known_table *t)
{
	int r = 0;

	if (t->need_chains) {
		r = read_some(p, t, NULL, READ_CHAINS);
		if (!r)
			learn_chains(p, t);
	}
	for (struct known_chain *k = t->first; !r && k; k = k->next)
		if (k->need != NEED_NOTHING && k->there != FACT_NO)
			r = read_chain(p, t, k);
	return r;
}

int plan_look_ahead(struct planner *p, const struct command *first)
{
	bool renames = false;
	int r = 0;

	for (const struct command *c = first; c; c = c->next) {
		struct known_table *t = known_table(p, c->family, c->table);

		if (c->chain)
			ahead_of_chain(p, c, t);
		else
			ahead_of_table(c, t);
		for (uint32_t i = 0; i < c->rule_count; i++)
			c->rules[i]->id = 0;
	}
	for (struct known_table *t = p->tables; t; t = t->next)
		renames |= t->renames;
	if (renames)
		share_needs(p, first);
	for (struct known_table *t = p->tables; !r && t; t = t->next)
		r = read_table(p, t);
	return r;
}
