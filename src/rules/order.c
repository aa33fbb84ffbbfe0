// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table as iptables-nft shows it: its built-in chains first, in their order and whether or not
 * the backend has them yet, foreign base chains, then user chains by name.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "rules/rules.h"

/* Those of iptables, or of an older dialect. */
static const struct builtin_table *rows_of(const struct table *t)
{
	const struct builtin_table *b = builtin_table(t->name);

	return b ? b : old_table(t->family, t->name);
}

static long rank(const struct chain *c)
{
	const struct builtin_table *t = rows_of(c->table);

	if (c->builtin)
		for (size_t i = 0; t && i < t->count; i++)
			if (!strcmp(t->chains[i].name, c->name))
				return (long)i - 100;
	return c->foreign ? -1 : 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct chain *x = *(struct chain *const *)a, *y = *(struct chain *const *)b;
	long i = rank(x), j = rank(y);

	if (i != j)
		return i < j ? -1 : 1;
	/* The old programs show user chains by age. */
	if (old_table(x->table->family, x->table->name))
		return x->handle < y->handle ? -1 : 1;
	return strcmp(x->name, y->name);
}

void table_order(struct table *t)
{
	struct { struct chain **items; size_t count, room; } v = { 0 };

	for (struct chain *c = t->first; c; c = c->next)
		VEC_PUSH(&v, c);
	if (v.count)
		qsort(v.items, v.count, sizeof(*v.items), by_rank);
	t->first = t->last = NULL;
	for (size_t i = 0; i < v.count; i++) {
		v.items[i]->next = NULL;
		if (t->last)
			t->last->next = v.items[i];
		else
			t->first = v.items[i];
		t->last = v.items[i];
	}
	free(v.items);
}

void chain_make_placeholder(struct chain *c)
{
	chain_clear(c);
	c->builtin = true;
	c->exists = c->counts = c->foreign = false;
	c->policy = POLICY_ACCEPT;
	c->counters = (struct counters){ 0 };
	c->handle = 0;
	c->references = 0;
	c->loaded = true;
}

void table_add_builtin(struct table *t, const char *name)
{
	if (!table_chain(t, name) && builtin_chain(t->name, name))
		chain_make_placeholder(table_add_chain(t, name));
}

void table_add_builtins(struct table *t)
{
	const struct builtin_table *b = rows_of(t);

	for (size_t i = 0; b && i < b->count; i++)
		table_add_builtin(t, b->chains[i].name);
}
