// SPDX-License-Identifier: GPL-2.0-or-later
/* Chains sorted for showing: the kernel's order of user chains means nothing. */
#include "dialect/chains.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

static int by_name(const void *a, const void *b)
{
	const struct chain *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

void chains_of(struct chains *chains, const struct table *table)
{
	size_t builtin;

	*chains = (struct chains){ 0 };
	for (const struct chain *c = table->first; c; c = c->next)
		if (c->builtin && !c->foreign)
			VEC_PUSH(chains, c);
	builtin = chains->count;
	for (const struct chain *c = table->first; c; c = c->next)
		if (!c->builtin && !c->foreign)
			VEC_PUSH(chains, c);
	if (chains->count > builtin)
		qsort(chains->items + builtin, chains->count - builtin, sizeof(*chains->items),
		      by_name);
}

void chains_free(struct chains *chains)
{
	mem_free_ptr(&chains->items);
}
