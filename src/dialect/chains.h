/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside dialect/: the chains of a table in the order in which iptables shows them. */
#ifndef POSTERN_DIALECT_CHAINS_H
#define POSTERN_DIALECT_CHAINS_H

#include "rules/rules.h"

/* Built-in chains in hook order, then the others by name. Foreign base chains are left out. */
struct chains {
	const struct chain **items;
	size_t count, room;
};

void chains_of(struct chains *chains, const struct table *table);
void chains_free(struct chains *chains);

/* "ACCEPT", "DROP", "-" */
const char *chain_policy_name(const struct chain *chain);
/* "ACCEPT"; "-": none. */
const char *policy_name(enum policy policy);

#endif
