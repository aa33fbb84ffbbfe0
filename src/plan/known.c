// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of tables and chains, and asking for what is not. */
#include <errno.h>
#include <string.h>

#include "plan/planner.h"

struct known_table *known_table(struct planner *p, enum family family, const char *name)
{
	struct known_table *t = p->tables;

	while (t && (t->family != family || !text_is(t->name, name)))
		t = t->next;
	if (t)
		return t;
	t = arena_alloc(p->plan->arena, sizeof(*t));
	t->name = name;
	t->family = family;
	t->next = p->tables;
	p->tables = t;
	return t;
}

struct known_chain *known_chain(struct planner *p, struct known_table *t, const char *name)
{
	struct known_chain *k = t->newest;

	/* The commands of a restore share one text for a name. */
	if (k && k->name == name)
		return k;
	k = hash_get(&t->chains, name);
	t->newest = k;
	if (k)
		return k;
	k = arena_alloc(p->plan->arena, sizeof(*k));
	k->name = k->op_name = name;
	k->builtin = builtin_chain(t->name, name) != NULL;
	if (t->all_chains || t->there == FACT_NO)
		k->there = FACT_NO;
	if (t->last)
		t->last->next = k;
	else
		t->first = k;
	t->last = k;
	hash_put(&t->chains, name, k);
	return k;
}

void known_rename(struct known_table *t, struct known_chain *k, const char *name)
{
	hash_remove(&t->chains, k->name);
	k->name = name;
	k->builtin = false;
	hash_put(&t->chains, name, k);
	t->newest = k;
}

void known_forget(struct known_table *t)
{
	t->there = FACT_NO;
	t->added = false;
	t->all_chains = true;
	for (struct known_chain *k = t->first; k; k = k->next) {
		k->there = FACT_NO;
		k->created = false;
		k->value = NULL;
		k->found = NULL;
	}
}

void known_empty(struct planner *p, struct known_chain *k)
{
	if (!k->value) {
		k->value = arena_alloc(p->plan->arena, sizeof(*k->value));
		k->value->name = k->name;
	} else {
		chain_clear(k->value);
	}
}

void known_free(struct planner *p)
{
	for (struct known_table *t = p->tables; t; t = t->next)
		hash_free(&t->chains);
	mem_free_ptr(&p->op_of_id.items);
}

static int ask_failed(struct planner *p, int r)
{
	return err_errno(p->err, ERR_RESOURCE, -r, "Could not fetch rule set: %s", strerror(-r));
}

int chain_is_there(struct planner *p, struct known_table *t, struct known_chain *k)
{
	int r;

	if (k->there != FACT_UNKNOWN)
		return k->there;
	if (t->there == FACT_NO || t->all_chains)
		return k->there = FACT_NO;
	if (p->trust == PLAN_HOPES)
		return FACT_YES;
	r = p->view->has_chain(p->view->context, t->family, t->name, k->op_name);
	if (r && r != -ENOENT)
		return ask_failed(p, r);
	if (!r)
		t->there = FACT_YES;
	return k->there = r ? FACT_NO : FACT_YES;
}

int chain_is_there_really(struct planner *p, struct known_table *t, struct known_chain *k)
{
	enum plan_trust trust = p->trust;
	int there;

	p->trust = PLAN_LOOKS;
	there = chain_is_there(p, t, k);
	p->trust = trust;
	return there;
}
