// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Elements of anonymous sets, from netlink. A set of intervals lists their edges: where one begins,
 * and, flagged, the value behind its end; an interval up to the highest value has no end. nft puts
 * a loose end in front of the first one.
 */
#include "kernel/members.h"

#include <errno.h>
#include <stdlib.h>

#include "base/bits.h"
#include "base/vec.h"

/* One element as it came. Intervals have two, and there may be a loose one. */
struct edge {
	uint8_t key[VALUE_MOST];
	bool end;
	struct verdict_of verdict;
};

enum { EDGES_MOST = 2 * MEMBERS_MOST + 2 };

/* nft's sets of one rule have these and no other flags. */
enum {
	FLAGS_MUST = NFT_SET_ANONYMOUS | NFT_SET_CONSTANT,
	FLAGS_MAY = FLAGS_MUST | NFT_SET_INTERVAL | NFT_SET_MAP,
};

void members_free(struct members *members)
{
	hash_free(&members->by_name);
	free(members->items);
	*members = (struct members){ 0 };
}

const struct member_set *members_find(struct members *members, const char *name)
{
	struct member_set *set = hash_get(&members->by_name, name);

	if (set)
		return set->members ? set : NULL;
	set = arena_alloc(members->arena, sizeof(*set));
	set->name = arena_strdup(members->arena, name);
	hash_put(&members->by_name, set->name, set);
	if (members->last)
		members->last->next = set;
	else
		members->first = set;
	members->last = set;
	return NULL;
}

void members_wait(struct members *members, const struct chain *chain, struct rule *rule,
		  const struct nlmsghdr *h)
{
	struct waiting_rule waiting = {
		.chain = chain, .rule = rule,
		.message = arena_memdup(members->arena, h, h->nlmsg_len),
	};

	VEC_PUSH(members, waiting);
}

int members_take_set(struct member_set *set, const struct nlmsghdr *h)
{
	const struct nlattr *table[NFTA_SET_MAX + 1];
	uint32_t flags = 0, key_len = 0, data_type = NFT_DATA_VERDICT;

	attr_table(attr_of_message(h), table, NFTA_SET_MAX);
	if (!attr_u32(table[NFTA_SET_KEY_LEN], &key_len))
		return -EBADMSG;
	attr_u32(table[NFTA_SET_FLAGS], &flags);
	attr_u32(table[NFTA_SET_DATA_TYPE], &data_type);
	set->map = flags & NFT_SET_MAP;
	set->plain = (flags & FLAGS_MUST) == FLAGS_MUST && !(flags & ~(uint32_t)FLAGS_MAY) &&
		     key_len && key_len <= VALUE_MOST && !table[NFTA_SET_EXPR] &&
		     !table[NFTA_SET_EXPRESSIONS] && data_type == NFT_DATA_VERDICT;
	set->intervals = flags & NFT_SET_INTERVAL;
	set->key_len = set->plain ? (uint8_t)key_len : 0;
	return 0;
}

static bool take_verdict(struct members *members, const struct nlattr *data,
			 struct verdict_of *verdict)
{
	struct expr e = { 0 };

	if (!expr_read_verdict(&e, data))
		return false;
	verdict->code = e.verdict.code;
	verdict->chain = e.verdict.chain ? arena_strdup(members->arena, e.verdict.chain) : NULL;
	return true;
}

/* Comments of elements (USERDATA) are words, too, but say nothing of packets. */
static bool is_known(const struct member_set *set, uint16_t attribute)
{
	switch (attribute) {
	case NFTA_SET_ELEM_KEY:
	case NFTA_SET_ELEM_FLAGS:
	case NFTA_SET_ELEM_USERDATA:
	case NFTA_SET_ELEM_PAD:
		return true;
	case NFTA_SET_ELEM_DATA:
		return set->map;
	}
	return false;
}

/* False: more than a value that is there or not, or malformed. */
static bool take_element(struct members *members, const struct member_set *set,
			 const struct nlattr *element)
{
	const struct nlattr *table[NFTA_SET_ELEM_MAX + 1], *data[NFTA_DATA_MAX + 1];
	struct edge *edge = &members->edges[members->edge_count];
	struct attrs attrs = attr_inside(element);
	const struct nlattr *a, *key;
	uint32_t flags = 0;

	while ((a = attr_next(&attrs)))
		if (!is_known(set, attr_type(a)))
			return false;
	attr_table(attr_inside(element), table, NFTA_SET_ELEM_MAX);
	attr_table(attr_inside(table[NFTA_SET_ELEM_KEY]), data, NFTA_DATA_MAX);
	attr_u32(table[NFTA_SET_ELEM_FLAGS], &flags);
	key = data[NFTA_DATA_VALUE];
	if (!key || attr_len(key) != set->key_len ||
	    flags & ~(set->intervals ? (uint32_t)NFT_SET_ELEM_INTERVAL_END : 0))
		return false;
	*edge = (struct edge){ .end = flags };
	memcpy(edge->key, attr_data(key), set->key_len);
	if (set->map && !edge->end &&
	    !take_verdict(members, table[NFTA_SET_ELEM_DATA], &edge->verdict))
		return false;
	members->edge_count++;
	return true;
}

int members_take_elements(struct members *members, struct member_set *set,
			  const struct nlmsghdr *h)
{
	const struct nlattr *table[NFTA_SET_ELEM_LIST_MAX + 1], *element;
	struct attrs list;

	attr_table(attr_of_message(h), table, NFTA_SET_ELEM_LIST_MAX);
	if (!members->edges)
		members->edges = arena_alloc(members->arena, EDGES_MOST * sizeof(struct edge));
	list = attr_inside(table[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while (set->plain && !set->more && (element = attr_next(&list))) {
		if (members->edge_count == EDGES_MOST)
			set->more = true;
		else
			set->plain = take_element(members, set, element);
	}
	return 0;
}

/* By value; where one interval ends and the next begins, the end comes first. */
static int compare_edges(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;
	int r = memcmp(x->key, y->key, VALUE_MOST);

	return r ? r : (int)y->end - (int)x->end;
}

static void add_values(struct members *members, struct member_set *set)
{
	for (size_t i = 0; i < members->edge_count; i++) {
		if (set->count == MEMBERS_MOST) {
			set->more = true;
			return;
		}
		memcpy(set->members[set->count].low, members->edges[i].key, VALUE_MOST);
		memcpy(set->members[set->count].high, members->edges[i].key, VALUE_MOST);
		set->members[set->count++].verdict = members->edges[i].verdict;
	}
}

static void add_intervals(struct members *members, struct member_set *set)
{
	struct member *open = NULL;

	/* Of edges that are not all there nothing follows. */
	for (size_t i = 0; i < members->edge_count && set->plain && !set->more; i++) {
		const struct edge *e = &members->edges[i];

		if (!e->end && set->count == MEMBERS_MOST) {
			set->more = true;
			return;
		}
		if (!e->end) {
			/* One inside of another is nothing that nft makes. */
			set->plain = !open;
			open = &set->members[set->count++];
			memcpy(open->low, e->key, VALUE_MOST);
			open->verdict = e->verdict;
			memset(open->high, 0xff, set->key_len);
		} else if (open) {
			memcpy(open->high, e->key, VALUE_MOST);
			set->plain = bytes_step(open->high, set->key_len, false) &&
				     memcmp(open->low, open->high, VALUE_MOST) <= 0;
			open = NULL;
		}
	}
}

bool member_is_prefix(const struct member *m, size_t len, uint8_t *mask)
{
	bool is_free = false;

	/* From the first bit that differs on the low end is all zeros, the high one all ones. */
	for (size_t i = 0; i < len; i++) {
		uint8_t differs = m->low[i] ^ m->high[i];

		mask[i] = (uint8_t)~differs;
		if (differs & (differs + 1) || m->low[i] & differs ||
		    (is_free && differs != 0xff))
			return false;
		is_free |= differs != 0;
	}
	return true;
}

void members_done(struct members *members, struct member_set *set)
{
	set->members = arena_alloc(members->arena, MEMBERS_MOST * sizeof(struct member));
	if (members->edge_count)
		qsort(members->edges, members->edge_count, sizeof(struct edge), compare_edges);
	if (set->plain && set->intervals)
		add_intervals(members, set);
	else if (set->plain)
		add_values(members, set);
	members->edge_count = 0;
}
