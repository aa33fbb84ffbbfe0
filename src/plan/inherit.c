// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When rules change, the buckets and quotas of those that stay are kept: the state of a use goes to
 * the equal rule in the chain of the same name, each to one, in order.
 */
#include <string.h>

#include "base/bits.h"
#include "ext/ext.h"
#include "plan/make.h"

static bool rule_keeps_state(const struct program_rule *rule)
{
	if (rule->end == END_ACT && rule->state)
		return true;
	for (uint16_t i = 0; i < rule->step_count; i++)
		if (rule->steps[i].kind == STEP_MATCH && rule->steps[i].state)
			return true;
	return false;
}

static void forget_rule(struct program_rule *rule)
{
	for (uint16_t i = 0; i < rule->step_count; i++) {
		const struct step *s = &rule->steps[i];

		if (s->kind == STEP_MATCH && s->state)
			memset(s->state, 0, rule->rule->matches[s->use].ext->state);
	}
	if (rule->end == END_ACT && rule->state)
		memset(rule->state, 0, rule->rule->target.ext->state);
}

void program_forget(struct program *program)
{
	for (struct program_chain *c = program->chains; c; c = c->next)
		for (uint32_t i = 0; i < c->count; i++)
			if (rule_keeps_state(&c->rules[i]))
				forget_rule(&c->rules[i]);
}

/* Equal rules may have their matches in another order: each use looks for its own. */
static void copy_uses(struct program_rule *to, const struct program_rule *from)
{
	for (uint16_t i = 0; i < to->step_count; i++) {
		const struct step *a = &to->steps[i];
		const struct use *use;

		if (a->kind != STEP_MATCH || !a->state)
			continue;
		use = &to->tested->matches[a->use];
		for (uint16_t k = 0; k < from->step_count; k++) {
			const struct step *b = &from->steps[k];

			if (b->kind == STEP_MATCH && b->state &&
			    use_equal(use, &from->tested->matches[b->use])) {
				memcpy(a->state, b->state, use->ext->state);
				break;
			}
		}
	}
	if (to->end == END_ACT && to->state && from->end == END_ACT && from->state)
		memcpy(to->state, from->state, to->rule->target.ext->state);
}

/*
 * Looks on from where the last one was found, so that two long chains that are mostly the same cost
 * one pass; `taken` marks the old rules that have given their state away.
 */
static void inherit_chain(struct program_chain *to, const struct program_chain *from)
{
	AUTO_ARENA scratch = ARENA_INIT;
	bool *taken = arena_alloc(&scratch, from->count + 1);
	uint32_t at = 0;

	for (uint32_t i = 0; i < to->count; i++) {
		struct program_rule *rule = &to->rules[i];

		if (!rule_keeps_state(rule))
			continue;
		for (uint32_t tried = 0; tried < from->count;
		     tried++, at = (at + 1) % from->count) {
			const struct program_rule *old = &from->rules[at];

			if (taken[at] || !rule_keeps_state(old) ||
			    !rule_equal(rule->rule, old->rule))
				continue;
			taken[at] = true;
			copy_uses(rule, old);
			break;
		}
	}
}

static const char *full_name(struct arena *arena, const struct program_chain *chain)
{
	const struct table *table = chain->chain->table;

	return arena_printf(arena, "%u %s %s", (unsigned)table->family, table->name,
			    chain->chain->name);
}

void program_inherit(struct program *program, const struct program *before)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct hash names = HASH_INIT;

	for (struct program_chain *c = before->chains; c; c = c->next)
		hash_put(&names, full_name(&scratch, c), c);
	for (struct program_chain *c = program->chains; c; c = c->next) {
		const struct program_chain *old = hash_get(&names, full_name(&scratch, c));

		if (old)
			inherit_chain(c, old);
	}
	hash_free(&names);
}
