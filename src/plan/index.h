/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Narrows a packet to the rules of a chain that can match it. A rule is filed under those of its
 * tests that stand before anything with an effect of its own, and are "(field & mask) == value"; all
 * rules with the same fields and masks share one hash table. A packet is looked up in each table
 * once, and the short lists found, which are in the order of the chain, are merged. What cannot
 * be filed is a candidate for every packet. A candidate is only that: all of its tests are asked.
 */
#ifndef POSTERN_PLAN_INDEX_H
#define POSTERN_PLAN_INDEX_H

#include <stdint.h>

#include "base/arena.h"
#include "plan/fields.h"
#include "plan/program.h"

enum {
	INDEX_TABLES = 24,		/* combinations of fields and masks in one chain, at most */
	INDEX_FROM = 12,		/* rules a chain must have to be worth it */
};

struct index;

/* NULL when the chain is short or its rules have nothing to file them under. */
const struct index *index_make(struct arena *arena, const struct program_chain *chain);

struct candidates {
	unsigned count;
	struct { const uint32_t *at, *end; } lists[INDEX_TABLES + 1];
};

/*
 * The candidates among rules `from`, `from` + 1, ... (places in chain->rules). ANSWER_UNKNOWN: a
 * field that matters is not known, the chain must be walked rule by rule.
 */
enum answer index_find(const struct index *index, struct fields *fields, uint32_t from,
		       struct candidates *found);

/* The next one in order, UINT32_MAX behind the last. */
static inline uint32_t candidates_next(struct candidates *c)
{
	uint32_t least = UINT32_MAX;
	unsigned which = 0;

	for (unsigned i = 0; i < c->count; i++)
		if (*c->lists[i].at < least) {
			least = *c->lists[i].at;
			which = i;
		}
	if (least != UINT32_MAX && ++c->lists[which].at == c->lists[which].end)
		c->lists[which] = c->lists[--c->count];
	return least;
}

#endif
