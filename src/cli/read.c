// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a table the way it is listed: built-in chains first and always. */
#include <string.h>

#include "cli/cli.h"

void complete_table(struct table *t)
{
	const struct builtin_table *b = builtin_table(t->name) ? builtin_table(t->name)
							      : old_table(t->family, t->name);
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

struct table *read_table(const struct backend *backend, struct ruleset *rs, enum family family,
			 const char *name, const char *chain, struct err *err)
{
	if (backend_read(backend, rs, family, name, chain, READ_RULES, err) < 0)
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
