// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "{ ... }" of nft, where one rule of iptables can say it: a list of ports, states of connections,
 * kinds of addresses, neighbours that are one range, and "none of these" one by one. What would be
 * several rules is not said.
 */
#include <stdlib.h>

#include "base/bits.h"
#include "kernel/members.h"

/* Members as numbers in network order, whatever order the register has them in. */
struct numbers {
	struct member items[MEMBERS_MOST];
	size_t count;
};

static bool is_one_value(const struct member *m, size_t len)
{
	return !memcmp(m->low, m->high, len);
}

static bool is_plain(const struct value *v, size_t len)
{
	return bytes_are_ones(v->mask, len) && bytes_are_zero(v->exclusive_or, len);
}

static bool is_address(enum field f)
{
	return f == FIELD_IP_SADDR || f == FIELD_IP_DADDR || f == FIELD_IP6_SADDR ||
	       f == FIELD_IP6_DADDR;
}

/*
 * One member. Of several "not" the head could take only one: all of them are iprange's then, which
 * may be there many times.
 */
static bool test_member(struct decoder *d, const struct value *v, const struct member *m,
			size_t len, bool negate, bool several)
{
	bool address = is_address(decoder_field(d, v, len)) && is_plain(v, len);
	struct field_test t = {
		.relation = REL_EQUAL, .negate = negate, .len = len, .low = m->low, .high = m->high,
	};
	struct value masked = *v;

	if ((address && several) ||
	    (!is_one_value(m, len) &&
	     !(address && member_is_prefix(m, len, masked.mask))))
		t.relation = REL_RANGE;
	return decoder_test_value(d, t.relation == REL_RANGE ? v : &masked, t);
}

/* ------------------------------------------------------------------ several at once */

static bool test_states(struct decoder *d, const struct member_set *set, bool negate)
{
	struct part part = { .kind = PART_ASK };
	uint64_t bits = 0;

	for (size_t i = 0; i < set->count; i++) {
		uint64_t state = uint_load(set->members[i].low, 4);

		/* A packet is in one state, which is one bit. */
		if (!is_one_value(&set->members[i], 4) || !state || state & (state - 1))
			return false;
		bits |= state;
	}
	ask_masked_uint(&part.ask, FIELD_CT_STATE, 0, bits);
	part.ask.relation = REL_ANY_BIT;
	part.ask.negate = negate;
	return decoder_offer(d, &part);
}

static bool test_routes(struct decoder *d, const struct value *v, const struct member_set *set,
			bool negate)
{
	uint32_t types = 0;

	for (size_t i = 0; i < set->count; i++) {
		uint64_t type = uint_load(set->members[i].low, 4);

		if (!is_one_value(&set->members[i], 4) || type >= 32)
			return false;
		types |= BIT(type);
	}
	return decoder_test_route(d, v, types, negate);
}

static bool test_ports(struct decoder *d, enum field field, const struct numbers *n, bool negate)
{
	struct part part = { .kind = PART_PORTS,
			     .ports = { .field = field, .negate = negate,
					.count = (uint8_t)n->count } };

	if (n->count > ARRAY_SIZE(part.ports.low))
		return false;
	for (size_t i = 0; i < n->count; i++) {
		const struct member *m = &n->items[i];

		part.ports.low[i] = (uint16_t)(m->low[0] << 8 | m->low[1]);
		part.ports.high[i] = (uint16_t)(m->high[0] << 8 | m->high[1]);
	}
	return decoder_offer(d, &part);
}

/* ------------------------------------------------------------------ neighbours */

static int compare_members(const void *a, const void *b)
{
	return memcmp(((const struct member *)a)->low, ((const struct member *)b)->low, VALUE_MOST);
}

static void numbers_of(const struct member_set *set, bool turned, struct numbers *n)
{
	n->count = set->count;
	memcpy(n->items, set->members, set->count * sizeof(struct member));
	for (size_t i = 0; i < n->count; i++) {
		const struct member *m = &set->members[i];

		bytes_copy_turned(n->items[i].low, m->low, set->key_len, turned);
		bytes_copy_turned(n->items[i].high, m->high, set->key_len, turned);
	}
	qsort(n->items, n->count, sizeof(n->items[0]), compare_members);
}

/* Where one ends and the next begins they become one. */
static void merge(struct numbers *n, size_t len)
{
	size_t last = 0;

	for (size_t i = 1; i < n->count; i++) {
		uint8_t next[VALUE_MOST];

		memcpy(next, n->items[last].high, VALUE_MOST);
		if (bytes_step(next, len, true) && !memcmp(next, n->items[i].low, len))
			memcpy(n->items[last].high, n->items[i].high, VALUE_MOST);
		else
			n->items[++last] = n->items[i];
	}
	n->count = last + 1;
}

/* ------------------------------------------------------------------ all of it */

static bool test_none(struct decoder *d, const struct value *v, const struct member_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (!test_member(d, v, &set->members[i], set->key_len, true, set->count > 1))
			return false;
	return true;
}

bool decoder_lookup(struct decoder *d, const struct expr *e)
{
	const struct value *v = &d->regs[e->sreg];
	const struct member_set *set = d->members ? members_find(d->members, e->lookup.set) : NULL;
	struct value number;
	bool turned, plain;
	struct numbers n;
	enum field f;

	/* Of an unknown register nothing else is set. */
	if (v->kind == VALUE_NONE || v->kind == VALUE_CONSTANT)
		return false;
	if (!set || !set->plain || set->map || set->more || !set->count || set->key_len > v->len ||
	    e->dreg != NO_REG)
		return false;
	plain = is_plain(v, set->key_len);
	f = decoder_field(d, v, set->key_len);
	if (v->kind == VALUE_FIB && set->key_len == 4)
		return plain && test_routes(d, v, set, e->lookup.negate);
	if (f == FIELD_CT_STATE && set->key_len == 4 && plain)
		return test_states(d, set, e->lookup.negate);
	turned = !v->swapped && field_table[f].host_order;
	numbers_of(set, turned, &n);
	if ((f == FIELD_SPORT || f == FIELD_DPORT) && plain && set->count > 1)
		return test_ports(d, f, &n, e->lookup.negate);
	if (e->lookup.negate)
		return test_none(d, v, set);
	if (set->count == 1)
		return test_member(d, v, &set->members[0], set->key_len, false, false);
	merge(&n, set->key_len);
	number = *v;
	number.swapped |= turned;
	return n.count == 1 && plain && f != FIELD_NONE &&
	       test_member(d, &number, &n.items[0], set->key_len, false, false);
}
