// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two rule sets compared chain by chain. Equal rules are paired in order; of the pairs the longest
 * run that is in order on both sides stays (longest increasing subsequence, n log n), the others
 * move. That is not always the shortest edit, but each chain of 100,000 rules takes a moment.
 */
#include "plan/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "ext/ext.h"

/* ------------------------------------------------------------------ equal rules get equal keys */

static uint64_t mix(uint64_t a, uint64_t b)
{
	a ^= b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2);
	return a * 0xff51afd7ed558ccdu;
}

static uint64_t use_key(const struct use *use)
{
	size_t size = use->ext->compared ? use->ext->compared : use->ext->size;

	return mix(hash_bytes(&use->ext, sizeof(use->ext)),
		   size ? hash_bytes(use->data, size) : 0);
}

/* Equal by rule_equal means equal here; matches may stand in any order. */
static uint64_t rule_key(const struct rule *r)
{
	const struct head *h = &r->head;
	uint64_t key, matches = 0;

	if (r->unsaid)
		return r->handle;
	key = mix(hash_bytes(&h->src, sizeof(h->src)), hash_bytes(&h->dst, sizeof(h->dst)));
	key = mix(key, hash_bytes(h->in, strlen(h->in)));
	key = mix(key, hash_bytes(h->out, strlen(h->out)));
	key = mix(key, (uint64_t)h->proto << 16 | (uint64_t)h->invert << 8 |
		  (uint64_t)h->fragment << 4 | r->jump);
	if (r->jump == JUMP_TARGET)
		key = mix(key, use_key(&r->target));
	else if (r->chain_to)
		key = mix(key, hash_bytes(r->chain_to, strlen(r->chain_to)));
	for (unsigned i = 0; i < r->match_count; i++)
		matches += use_key(&r->matches[i]);
	return mix(key, matches);
}

/* What has no words is the same only when it is the very same rule. */
static bool is_same(const struct rule *a, const struct rule *b)
{
	if (a->unsaid || b->unsaid)
		return a->unsaid && b->unsaid && a->handle && a->handle == b->handle;
	return rule_equal(a, b);
}

/* ------------------------------------------------------------------ one chain */

struct slot {
	const struct rule *rule;
	uint64_t key;
	size_t partner;			/* on the other side; NONE */
	bool stays;
};

#define NONE SIZE_MAX

struct side {
	struct slot *slots;
	size_t count;
};

static void side_fill(struct side *side, const struct chain *c)
{
	size_t n = 0;

	side->count = c ? c->rule_count : 0;
	side->slots = mem_alloc((side->count + 1) * sizeof(*side->slots));
	for (const struct rule *r = c ? c->first : NULL; r && n < side->count; r = r->next)
		side->slots[n++] = (struct slot){ .rule = r, .partner = NONE };
	side->count = n;
}

static void pair(struct side *have, size_t h, struct side *want, size_t w, bool stays)
{
	have->slots[h].partner = w;
	want->slots[w].partner = h;
	have->slots[h].stays = want->slots[w].stays = stays;
}

struct keyed {
	uint64_t key;
	size_t index;
};

static int by_key(const void *a, const void *b)
{
	const struct keyed *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The first of `count` sorted ones that has the key, or `count`. */
static size_t find_key(const struct keyed *keyed, size_t count, uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (keyed[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Pairs the rules in [from, to) of both sides, each wanted one with the first equal one left. */
static void pair_equal(struct side *have, size_t from, size_t have_to, struct side *want,
		       size_t want_to)
{
	size_t count = have_to - from;
	struct keyed *keyed = mem_alloc((count + 1) * sizeof(*keyed));
	/* Of several equal ones: where to look next, kept at the first of the key. */
	size_t *next = mem_alloc((count + 1) * sizeof(*next));

	for (size_t i = 0; i < count; i++) {
		keyed[i] = (struct keyed){ rule_key(have->slots[from + i].rule), from + i };
		next[i] = 0;
	}
	qsort(keyed, count, sizeof(*keyed), by_key);
	for (size_t w = from; w < want_to; w++) {
		const struct rule *rule = want->slots[w].rule;
		uint64_t key = rule_key(rule);
		size_t first = find_key(keyed, count, key), at;

		if (first == count)
			continue;
		at = first + next[first];
		if (at < count && keyed[at].key == key &&
		    is_same(have->slots[keyed[at].index].rule, rule)) {
			pair(have, keyed[at].index, want, w, false);
			next[first]++;
		}
	}
	free(keyed);
	free(next);
}

/* Marks the longest run of pairs that is in order on both sides (patience sorting). */
static void keep_longest(struct side *have, size_t from, struct side *want, size_t want_to)
{
	size_t count = want_to - from, piles = 0, at;
	size_t *top = mem_alloc((count + 1) * sizeof(*top));	/* wanted rule on top of a pile */
	size_t *below = mem_alloc((count + 1) * sizeof(*below));

	for (size_t w = from; w < want_to; w++) {
		size_t low = 0, high = piles;

		if (want->slots[w].partner == NONE)
			continue;
		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (want->slots[top[middle]].partner < want->slots[w].partner)
				low = middle + 1;
			else
				high = middle;
		}
		below[w - from] = low ? top[low - 1] : NONE;
		top[low] = w;
		if (low == piles)
			piles++;
	}
	for (at = piles ? top[piles - 1] : NONE; at != NONE; at = below[at - from])
		pair(have, want->slots[at].partner, want, at, true);
	free(top);
	free(below);
}

static void compare(struct side *have, struct side *want)
{
	size_t from = 0, have_to = have->count, want_to = want->count;

	while (from < have_to && from < want_to &&
	       is_same(have->slots[from].rule, want->slots[from].rule)) {
		pair(have, from, want, from, true);
		from++;
	}
	while (have_to > from && want_to > from &&
	       is_same(have->slots[have_to - 1].rule, want->slots[want_to - 1].rule))
		pair(have, --have_to, want, --want_to, true);
	if (from == have_to || from == want_to)
		return;
	pair_equal(have, from, have_to, want, want_to);
	keep_longest(have, from, want, want_to);
}

/* ------------------------------------------------------------------ changes */

static struct change *push(struct difference *d, enum change_kind kind, const struct chain *of)
{
	struct change change = {
		.kind = kind, .of = of, .chain = of->name, .table = of->table->name,
		.family = of->table->family,
	};

	VEC_PUSH(d, change);
	switch (kind) {
	case CHANGE_RULE_ADDED:
		d->added++;
		break;
	case CHANGE_RULE_REMOVED:
		d->removed++;
		break;
	case CHANGE_RULE_MOVED:
		d->moved++;
		break;
	case CHANGE_TABLE_ADDED:
	case CHANGE_TABLE_REMOVED:
		break;
	case CHANGE_CHAIN_ADDED:
	case CHANGE_CHAIN_REMOVED:
	case CHANGE_POLICY:
		d->others++;
		break;
	}
	return &d->items[d->count - 1];
}

static void push_removed(struct difference *d, const struct chain *of, const struct side *have,
			 bool keeps_unsaid)
{
	for (size_t i = 0; i < have->count; i++) {
		const struct slot *slot = &have->slots[i];
		struct change *c;

		if (slot->partner != NONE || (keeps_unsaid && slot->rule->unsaid))
			continue;
		c = push(d, CHANGE_RULE_REMOVED, of);
		c->old = have->slots[i].rule;
		c->old_number = (uint32_t)i + 1;
	}
}

static void push_added(struct difference *d, const struct chain *of, const struct side *have,
		       const struct side *want)
{
	size_t last = want->count;

	/* Backwards to know what each comes in front of; the order is turned round below. */
	const struct rule **next = mem_alloc((want->count + 1) * sizeof(*next));

	next[want->count] = NULL;
	while (last-- > 0)
		next[last] = want->slots[last].stays ?
				     have->slots[want->slots[last].partner].rule : next[last + 1];
	for (size_t i = 0; i < want->count; i++) {
		const struct slot *slot = &want->slots[i];
		struct change *c;

		if (slot->stays)
			continue;
		c = push(d, slot->partner == NONE ? CHANGE_RULE_ADDED : CHANGE_RULE_MOVED, of);
		c->new = slot->rule;
		c->new_number = (uint32_t)i + 1;
		c->next = next[i + 1];
		if (slot->partner != NONE) {
			c->old = have->slots[slot->partner].rule;
			c->old_number = (uint32_t)slot->partner + 1;
		}
	}
	free(next);
}

static void diff_rules(struct difference *d, const struct chain *have, const struct chain *want,
		       const struct chain *of)
{
	struct side h = { 0 }, w = { 0 };

	side_fill(&h, have);
	side_fill(&w, want);
	compare(&h, &w);
	push_removed(d, of, &h, want && (d->flags & DIFF_KEEPS_UNSAID));
	push_added(d, of, &h, &w);
	free(h.slots);
	free(w.slots);
}

static bool is_there(const struct chain *c)
{
	return c && c->exists;
}

static enum policy policy_of(const struct chain *c)
{
	return is_there(c) && c->policy != POLICY_NONE ? c->policy : POLICY_ACCEPT;
}

static void diff_chain(struct difference *d, const struct chain *have, const struct chain *want)
{
	const struct chain *of = want ? want : have;
	struct change *c;

	if (of->foreign || (have && have->foreign))
		return;
	have = is_there(have) ? have : NULL;
	want = is_there(want) ? want : NULL;
	if (!have && !want)
		return;
	if (want && !have) {
		c = push(d, CHANGE_CHAIN_ADDED, want);
		c->after = want->builtin ? policy_of(want) : POLICY_NONE;
	} else if (of->builtin && policy_of(have) != policy_of(want)) {
		c = push(d, CHANGE_POLICY, have);
		c->before = policy_of(have);
		c->after = policy_of(want);
	}
	diff_rules(d, have, want, of);
	if (have && !want && !have->builtin)
		push(d, CHANGE_CHAIN_REMOVED, have);
}

static void diff_table(struct difference *d, const struct table *have, const struct table *want)
{
	for (const struct chain *c = want ? want->first : NULL; c; c = c->next) {
		/* An empty table is there because of its chains; one heading for it is enough. */
		if (c == want->first && !(have && have->exists))
			push(d, CHANGE_TABLE_ADDED, c);
		diff_chain(d, have ? table_chain(have, c->name) : NULL, c);
	}
	for (const struct chain *c = have ? have->first : NULL; c; c = c->next)
		if (!want || !table_chain(want, c->name))
			diff_chain(d, c, NULL);
}

/* False when somebody else has chains in it, or rules that only they can write again. */
static bool is_ours(const struct table *t)
{
	for (const struct chain *c = t->first; c; c = c->next) {
		if (c->foreign)
			return false;
		for (const struct rule *r = c->first; r; r = r->next)
			if (r->unsaid)
				return false;
	}
	return true;
}

static void remove_table(struct difference *d, const struct table *t)
{
	size_t from = d->count;
	bool ours = t->first && is_ours(t);

	if (ours)
		push(d, CHANGE_TABLE_REMOVED, t->first);
	diff_table(d, t, NULL);
	for (size_t i = from; i < d->count; i++)
		d->items[i].with_table = ours;
}

void diff_rulesets(struct difference *d, const struct ruleset *have, const struct ruleset *want,
		   unsigned flags)
{
	*d = (struct difference){ .generation = have->generation, .flags = flags };
	for (const struct table *t = want->first; t; t = t->next)
		if (t->exists)
			diff_table(d, ruleset_table(have, t->family, t->name), t);
	for (const struct table *t = have->first; (flags & DIFF_WHOLE) && t; t = t->next) {
		const struct table *w = ruleset_table(want, t->family, t->name);

		if (t->exists && !(w && w->exists))
			remove_table(d, t);
	}
}

void diff_free(struct difference *d)
{
	free(d->items);
	*d = (struct difference){ 0 };
}

/* ------------------------------------------------------------------ operations */

static struct op *push_op(struct plan *plan, enum op_kind kind, const struct change *c)
{
	struct op op = {
		.kind = kind, .family = c->family, .table = c->table, .chain = c->chain,
	};

	VEC_PUSH(plan, op);
	return &plan->items[plan->count - 1];
}

/* First what others lean on: tables, then all chains. */
static void plan_makings(const struct difference *d, struct plan *plan)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];

		if (c->kind == CHANGE_TABLE_ADDED)
			push_op(plan, OP_TABLE_ADD, c)->chain = NULL;
	}
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];
		struct op *op;

		if (c->kind != CHANGE_CHAIN_ADDED)
			continue;
		op = push_op(plan, OP_CHAIN_ADD, c);
		op->policy = c->after;
		op->counters = c->of->counters;
	}
}

/* Goings before comings: a jump that turns round would be a loop for a moment. */
static void plan_removals(const struct difference *d, struct plan *plan)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];

		if (c->kind == CHANGE_TABLE_REMOVED)
			push_op(plan, OP_TABLE_DELETE, c)->chain = NULL;
		if (c->with_table)
			continue;
		if (c->kind == CHANGE_RULE_REMOVED || c->kind == CHANGE_RULE_MOVED) {
			struct op *op = push_op(plan, OP_RULE_DELETE, c);

			op->handle = c->old->handle;
			op->rule = c->old;
		}
	}
}

static void plan_additions(const struct difference *d, struct plan *plan)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];
		struct op *op;
		struct rule *rule;

		if (c->kind != CHANGE_RULE_ADDED && c->kind != CHANGE_RULE_MOVED)
			continue;
		rule = arena_memdup(plan->arena, c->new, sizeof(*rule));
		rule->id = 0;
		rule->handle = 0;
		if (c->old)
			rule->counters = c->old->counters;
		op = push_op(plan, OP_RULE_ADD, c);
		op->rule = rule;
		op->before_handle = c->next ? c->next->handle : 0;
	}
}

void diff_plan(const struct difference *d, struct plan *plan)
{
	plan->generation = d->generation;
	plan_makings(d, plan);
	plan_removals(d, plan);
	plan_additions(d, plan);
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];

		if (c->with_table)
			continue;
		if (c->kind == CHANGE_CHAIN_REMOVED)
			push_op(plan, OP_CHAIN_DELETE, c);
		else if (c->kind == CHANGE_POLICY)
			push_op(plan, OP_CHAIN_POLICY, c)->policy = c->after;
	}
}
