// SPDX-License-Identifier: GPL-2.0-or-later
/* Sameness by meaning, which is what -C and -D look for. */
#include <string.h>

#include "ext/ext.h"

bool use_equal(const struct use *a, const struct use *b)
{
	const struct ext *ext = a->ext;
	size_t size = ext->compared ? ext->compared : ext->size;

	return ext == b->ext && (!size || !memcmp(a->data, b->data, size));
}

static bool head_equal(const struct head *a, const struct head *b)
{
	return a->proto == b->proto && a->invert == b->invert && a->fragment == b->fragment &&
	       !memcmp(&a->src, &b->src, sizeof(a->src)) &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst)) &&
	       !strcmp(a->in, b->in) && !strcmp(a->out, b->out);
}

static unsigned count_compared(const struct rule *r)
{
	unsigned count = 0;

	for (unsigned i = 0; i < r->match_count; i++)
		count += !r->matches[i].ext->not_compared;
	return count;
}

/* Behind a limit others see fewer packets than before it. */
static bool is_ordered(const struct rule *r)
{
	for (unsigned i = 0; i < r->match_count; i++)
		if (r->matches[i].ext->effect != EFFECT_PURE && !r->matches[i].ext->not_compared)
			return true;
	return false;
}

/* The next match from `at` on that says something of packets. */
static unsigned next_asked(const struct rule *r, unsigned at)
{
	while (at < r->match_count &&
	       (r->matches[at].ext->always || r->matches[at].ext->not_compared))
		at++;
	return at;
}

static bool same_order(const struct rule *a, const struct rule *b)
{
	unsigned i = next_asked(a, 0), j = next_asked(b, 0);

	while (i < a->match_count && j < b->match_count &&
	       use_equal(&a->matches[i], &b->matches[j])) {
		i = next_asked(a, i + 1);
		j = next_asked(b, j + 1);
	}
	return i == a->match_count && j == b->match_count;
}

/* Every match of `a` finds a partner of its own in `b`; usually in the same place. */
static bool matches_equal(const struct rule *a, const struct rule *b)
{
	uint64_t taken = 0;

	if (count_compared(a) != count_compared(b) || a->match_count > 64 || b->match_count > 64)
		return false;
	for (unsigned i = 0; i < a->match_count; i++) {
		unsigned n = 0, j = b->match_count ? i % b->match_count : 0;

		if (a->matches[i].ext->not_compared)
			continue;
		while (n < b->match_count && (taken & (UINT64_C(1) << j) ||
					      !use_equal(&a->matches[i], &b->matches[j]))) {
			j = (j + 1) % b->match_count;
			n++;
		}
		if (n == b->match_count)
			return false;
		taken |= UINT64_C(1) << j;
	}
	return !is_ordered(a) || same_order(a, b);
}

static bool has_native(const struct rule *r)
{
	for (unsigned i = 0; i < r->match_count; i++)
		if (r->matches[i].ext->native)
			return true;
	return false;
}

const struct rule *rule_as_read(struct arena *arena, enum family family, const struct rule *rule)
{
	struct part parts[PARTS_MOST];
	struct rule *read;
	struct use *uses;
	uint16_t count = 0;

	if (!has_native(rule))
		return rule;
	uses = arena_alloc(arena, rule->match_count * sizeof(*uses));
	for (unsigned i = 0; i < rule->match_count; i++) {
		int n = use_lower(family, &rule->matches[i], parts, PARTS_MOST);

		if (n < 0)
			uses[count++] = rule->matches[i];
		for (int k = 0; k < n; k++)
			if (!use_raise(arena, family, rule->head.proto, &parts[k], uses, &count,
				       rule->match_count))
				return rule;
	}
	read = arena_memdup(arena, rule, sizeof(*rule));
	read->matches = uses;
	read->match_count = count;
	return read;
}

bool rule_equal(const struct rule *a, const struct rule *b)
{
	if (a->unsaid || b->unsaid || a->jump != b->jump || !head_equal(&a->head, &b->head))
		return false;
	switch ((enum jump_kind)a->jump) {
	case JUMP_NONE:
		break;
	case JUMP_TARGET:
		if (!use_equal(&a->target, &b->target))
			return false;
		break;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		if (strcmp(a->chain_to, b->chain_to) != 0)
			return false;
	}
	return matches_equal(a, b);
}
