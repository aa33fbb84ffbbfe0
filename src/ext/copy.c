// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of rules that share nothing with their originals, so that arenas can go their own ways. */
#include "ext/ext.h"

static struct use copy_use(struct arena *arena, const struct use *use)
{
	struct use copy = { .ext = use->ext };

	if (use->ext && use->data && use->ext->size)
		copy.data = arena_memdup(arena, use->data, use->ext->size);
	return copy;
}

struct rule *rule_copy(struct arena *arena, const struct rule *rule)
{
	struct rule *r = arena_memdup(arena, rule, sizeof(*r));

	r->prev = r->next = NULL;
	r->matches = NULL;
	if (rule->match_count)
		r->matches = arena_alloc(arena, rule->match_count * sizeof(*r->matches));
	for (unsigned i = 0; i < rule->match_count; i++)
		r->matches[i] = copy_use(arena, &rule->matches[i]);
	r->target = copy_use(arena, &rule->target);
	if (rule->chain_to)
		r->chain_to = arena_strdup(arena, rule->chain_to);
	if (rule->unsaid) {
		const char *text = rule->unsaid->text ? rule->unsaid->text : "";
		struct unsaid unsaid = { .text = arena_strdup(arena, text) };

		r->unsaid = arena_memdup(arena, &unsaid, sizeof(unsaid));
	}
	return r;
}
