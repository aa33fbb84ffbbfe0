// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making and asking the index (index.h). At first every rule is filed under all its keys as they
 * are. When that gives more combinations than a packet should be looked up in, addresses are cut to
 * whole bytes, then keys are left out, least telling first; whatever is still too many goes to the
 * largest of the combinations kept, or to the rules that are always tried.
 */
#include "plan/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "net/field.h"

enum {
	KEYS_MOST = 8,			/* of one rule */
	SHAPES_MOST = 256,		/* before a coarser level is tried */
};

/* A shape: which bits of which fields. Rules of one shape share a table. */
struct shape {
	unsigned count;
	uint8_t field[KEYS_MOST];
	uint64_t mask[KEYS_MOST][2];
};

struct slot {
	uint64_t hash;
	uint32_t from, to;	/* places in `rules`; equal: nothing here */
};

struct table_of {
	struct shape shape;
	struct slot *slots;
	size_t room;		/* a power of two */
};

struct index {
	struct table_of tables[INDEX_TABLES];
	unsigned count;
	uint32_t *rules;	/* lists, one behind the other, each ascending */
	uint32_t always_from, always_to;
};

/* What one rule can be filed under. */
struct keys {
	struct shape shape;
	uint64_t value[KEYS_MOST][2];
};

/* ------------------------------------------------------------------ keys of a rule */

/* How much is left out at each level. */
enum level { LEVEL_ALL, LEVEL_BYTES, LEVEL_FEW, LEVEL_FEWER, LEVEL_COUNT };

static bool is_address(unsigned field)
{
	return field == FIELD_IP_SADDR || field == FIELD_IP_DADDR || field == FIELD_IP6_SADDR ||
	       field == FIELD_IP6_DADDR;
}

/* Whole bytes of IPv4, pairs of bytes of IPv6: shorter than what was asked, never longer. */
static void mask_coarsen(unsigned field, uint64_t mask[2])
{
	size_t unit = field == FIELD_IP_SADDR || field == FIELD_IP_DADDR ? 1 : 2;
	uint8_t bytes[16];
	size_t at = 0;

	memcpy(bytes, mask, sizeof(bytes));
	while (at + unit <= sizeof(bytes) && bytes[at] == 0xff && bytes[at + unit - 1] == 0xff)
		at += unit;
	memset(bytes + at, 0, sizeof(bytes) - at);
	memcpy(mask, bytes, sizeof(bytes));
}

static bool level_takes(enum level level, unsigned field)
{
	if (level < LEVEL_FEW || is_address(field) || field == FIELD_DPORT)
		return true;
	return level == LEVEL_FEW && field == FIELD_L4PROTO;
}

static void keys_add(struct keys *keys, enum level level, const struct step *step)
{
	uint64_t mask[2] = { step->mask[0], step->mask[1] };
	struct shape *shape = &keys->shape;
	unsigned at = 0;

	if (!level_takes(level, step->field))
		return;
	if (level >= LEVEL_BYTES && is_address(step->field))
		mask_coarsen(step->field, mask);
	if (!(mask[0] | mask[1]) || shape->count == KEYS_MOST)
		return;
	while (at < shape->count && shape->field[at] < step->field)
		at++;
	if (at < shape->count && shape->field[at] == step->field)
		return;
	for (unsigned i = shape->count++; i > at; i--) {
		shape->field[i] = shape->field[i - 1];
		memcpy(shape->mask[i], shape->mask[i - 1], sizeof(mask));
		memcpy(keys->value[i], keys->value[i - 1], sizeof(mask));
	}
	shape->field[at] = step->field;
	memcpy(shape->mask[at], mask, sizeof(mask));
	keys->value[at][0] = step->low[0] & mask[0];
	keys->value[at][1] = step->low[1] & mask[1];
}

static void keys_of(const struct program_rule *rule, enum level level, struct keys *keys)
{
	*keys = (struct keys){ 0 };
	for (uint16_t i = 0; i < rule->leading; i++) {
		const struct step *step = &rule->steps[i];

		if (step->kind == STEP_EQUAL && !step->negate && !step->field_or)
			keys_add(keys, level, step);
	}
}

static bool shape_equal(const struct shape *a, const struct shape *b)
{
	return a->count == b->count && !memcmp(a->field, b->field, a->count) &&
	       !memcmp(a->mask, b->mask, a->count * sizeof(*a->mask));
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

/*
 * The hash under which a rule with these keys is found in a table of `shape`; false when the shape
 * asks for more than the keys tell.
 */
static bool keys_hash(const struct keys *keys, const struct shape *shape, uint64_t *hash)
{
	uint64_t h = shape->count;

	for (unsigned i = 0, k = 0; i < shape->count; i++) {
		while (k < keys->shape.count && keys->shape.field[k] < shape->field[i])
			k++;
		if (k == keys->shape.count || keys->shape.field[k] != shape->field[i])
			return false;
		for (unsigned w = 0; w < 2; w++) {
			if (shape->mask[i][w] & ~keys->shape.mask[k][w])
				return false;
			h = mix(h, keys->value[k][w] & shape->mask[i][w]);
		}
	}
	*hash = h;
	return true;
}

/* ------------------------------------------------------------------ choosing shapes */

struct counted {
	struct shape shape;
	uint32_t rules;
};

struct shapes {
	struct counted items[SHAPES_MOST];
	size_t count;
};

/* False: too many for this level. */
static bool shapes_count(struct shapes *shapes, const struct program_chain *chain,
			 enum level level)
{
	struct keys keys;

	shapes->count = 0;
	for (uint32_t r = 0; r < chain->count; r++) {
		size_t i = 0;

		keys_of(&chain->rules[r], level, &keys);
		if (!keys.shape.count)
			continue;
		while (i < shapes->count && !shape_equal(&shapes->items[i].shape, &keys.shape))
			i++;
		if (i == SHAPES_MOST)
			return false;
		if (i == shapes->count) {
			shapes->items[shapes->count].shape = keys.shape;
			shapes->items[shapes->count++].rules = 0;
		}
		shapes->items[i].rules++;
	}
	return true;
}

static int more_rules(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	return x->rules < y->rules ? 1 : x->rules > y->rules ? -1 : 0;
}

static enum level choose(struct shapes *shapes, const struct program_chain *chain)
{
	enum level level = LEVEL_ALL;

	while (!shapes_count(shapes, chain, level) ||
	       (shapes->count > INDEX_TABLES && level + 1 < LEVEL_COUNT)) {
		if (level + 1 == LEVEL_COUNT)
			break;
		level++;
	}
	qsort(shapes->items, shapes->count, sizeof(shapes->items[0]), more_rules);
	if (shapes->count > INDEX_TABLES)
		shapes->count = INDEX_TABLES;
	return level;
}

/* ------------------------------------------------------------------ making */

/* Where a rule is filed; table INDEX_TABLES: nowhere. */
struct filed {
	uint32_t table, rule;
	uint64_t hash;
};

static void file_rule(const struct index *index, const struct keys *keys, struct filed *filed)
{
	unsigned best = 0;

	filed->table = INDEX_TABLES;
	for (unsigned t = 0; t < index->count; t++) {
		uint64_t hash = 0;

		if (index->tables[t].shape.count <= best ||
		    !keys_hash(keys, &index->tables[t].shape, &hash))
			continue;
		best = index->tables[t].shape.count;
		filed->table = t;
		filed->hash = hash;
	}
}

static int by_place(const void *a, const void *b)
{
	const struct filed *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	if (x->table < INDEX_TABLES && x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->rule < y->rule ? -1 : 1;
}

static struct slot *slot_of(const struct table_of *table, uint64_t hash)
{
	size_t at = (size_t)(hash >> 7) & (table->room - 1);

	while (table->slots[at].from != table->slots[at].to && table->slots[at].hash != hash)
		at = (at + 1) & (table->room - 1);
	return &table->slots[at];
}

/* `filed`, sorted, becomes tables of slots over one array of lists. */
static void lay_out(struct arena *arena, struct index *index, const struct filed *filed,
		    uint32_t count)
{
	size_t lists[INDEX_TABLES + 1] = { 0 };

	index->rules = arena_alloc(arena, count * sizeof(*index->rules));
	for (uint32_t i = 0; i < count; i++)
		if (!i || filed[i].table != filed[i - 1].table ||
		    filed[i].hash != filed[i - 1].hash)
			lists[filed[i].table]++;
	for (unsigned t = 0; t < index->count; t++) {
		struct table_of *table = &index->tables[t];

		for (table->room = 2; table->room < lists[t] * 2;)
			table->room *= 2;
		table->slots = arena_alloc(arena, table->room * sizeof(*table->slots));
	}
	for (uint32_t i = 0; i < count; i++) {
		struct slot *slot;

		index->rules[i] = filed[i].rule;
		if (filed[i].table == INDEX_TABLES) {
			if (!index->always_to)
				index->always_from = i;
			index->always_to = i + 1;
			continue;
		}
		slot = slot_of(&index->tables[filed[i].table], filed[i].hash);
		if (slot->from == slot->to)
			*slot = (struct slot){ .hash = filed[i].hash, .from = i };
		slot->to = i + 1;
	}
}

const struct index *index_make(struct arena *arena, const struct program_chain *chain)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct shapes *shapes;
	struct filed *filed;
	struct index *index;
	struct keys keys;
	enum level level;

	if (chain->count < INDEX_FROM)
		return NULL;
	shapes = arena_alloc(&scratch, sizeof(*shapes));
	level = choose(shapes, chain);
	if (!shapes->count)
		return NULL;
	index = arena_alloc(arena, sizeof(*index));
	index->count = (unsigned)shapes->count;
	for (unsigned t = 0; t < index->count; t++)
		index->tables[t].shape = shapes->items[t].shape;
	filed = arena_alloc(&scratch, chain->count * sizeof(*filed));
	for (uint32_t r = 0; r < chain->count; r++) {
		keys_of(&chain->rules[r], level, &keys);
		filed[r].rule = r;
		file_rule(index, &keys, &filed[r]);
	}
	qsort(filed, chain->count, sizeof(*filed), by_place);
	lay_out(arena, index, filed, chain->count);
	return index;
}

/* ------------------------------------------------------------------ asking */

/* YES with the hash of the packet; NO: it lacks a field, and matches nothing in this table. */
static enum answer packet_hash(const struct shape *shape, struct fields *fields, uint64_t *hash)
{
	uint64_t h = shape->count;

	for (unsigned i = 0; i < shape->count; i++) {
		enum answer answer = fields_load(fields, shape->field[i]);
		const uint64_t *value = fields->value[shape->field[i]];

		if (answer != ANSWER_YES)
			return answer;
		h = mix(h, value[0] & shape->mask[i][0]);
		h = mix(h, value[1] & shape->mask[i][1]);
	}
	*hash = h;
	return ANSWER_YES;
}

static void add_list(struct candidates *found, const uint32_t *at, const uint32_t *end,
		     uint32_t from)
{
	if (from && at != end && *at < from) {
		const uint32_t *low = at, *high = end;

		while (low != high) {
			const uint32_t *middle = low + (high - low) / 2;

			if (*middle < from)
				low = middle + 1;
			else
				high = middle;
		}
		at = low;
	}
	if (at == end)
		return;
	found->lists[found->count].at = at;
	found->lists[found->count++].end = end;
}

enum answer index_find(const struct index *index, struct fields *fields, uint32_t from,
		       struct candidates *found)
{
	found->count = 0;
	add_list(found, index->rules + index->always_from, index->rules + index->always_to, from);
	for (unsigned t = 0; t < index->count; t++) {
		const struct table_of *table = &index->tables[t];
		const struct slot *slot;
		uint64_t hash = 0;
		enum answer answer = packet_hash(&table->shape, fields, &hash);

		if (answer == ANSWER_UNKNOWN)
			return answer;
		if (answer == ANSWER_NO)
			continue;
		slot = slot_of(table, hash);
		if (slot->from != slot->to)
			add_list(found, index->rules + slot->from, index->rules + slot->to, from);
	}
	return ANSWER_YES;
}
