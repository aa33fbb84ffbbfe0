// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a table the way it is listed: built-in chains first and always, user chains by name. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static void add_builtin_chains(struct table *t)
{
	const struct builtin_table *b = builtin_table(t->name);
	struct chain *place = t->first;

	for (size_t i = 0; b && i < b->count; i++) {
		struct chain *c = table_chain(t, b->chains[i].name);

		if (!c) {
			c = table_add_chain(t, b->chains[i].name);
			c->policy = POLICY_ACCEPT;
		}
		if (c == place)
			place = place->next;
		else
			table_move_chain(t, c, place);
	}
}

static int by_name(const void *a, const void *b)
{
	const struct chain *x = *(struct chain *const *)a, *y = *(struct chain *const *)b;

	return strcmp(x->name, y->name);
}

static void sort_user_chains(struct table *t)
{
	AUTO_FREE struct chain **sorted = NULL;
	struct chain *last_builtin = NULL, *c;
	size_t n = 0, i = 0;

	for (c = t->first; c; c = c->next)
		if (c->builtin)
			last_builtin = c;
		else
			n++;
	if (n < 2 || (last_builtin && !last_builtin->next))
		return;
	sorted = mem_alloc(n * sizeof(struct chain *));
	for (c = last_builtin ? last_builtin->next : t->first; c; c = c->next)
		sorted[i++] = c;
	n = i;
	qsort(sorted, n, sizeof(*sorted), by_name);
	for (i = 0; i < n; i++) {
		sorted[i]->next = i + 1 < n ? sorted[i + 1] : NULL;
		if (i == 0 && last_builtin)
			last_builtin->next = sorted[0];
		else if (i == 0)
			t->first = sorted[0];
	}
	t->last = sorted[n - 1];
}

void complete_table(struct table *t)
{
	add_builtin_chains(t);
	sort_user_chains(t);
}

struct table *read_table(struct kernel *kernel, struct ruleset *rs, enum family family,
			 const char *name, const char *chain, struct err *err)
{
	if (kernel_read(kernel, rs, family, name, chain, READ_RULES, err) < 0)
		return NULL;
	return ruleset_table(rs, family, name);
}

bool table_has_foreign(const struct table *table)
{
	for (const struct chain *c = table->first; c; c = c->next)
		if (c->foreign)
			return true;
	return false;
}
