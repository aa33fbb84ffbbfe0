// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of ipset(8): elements in hash chains, found by all parts but a device's name. */
#include "net/ipset.h"

#include <linux/netfilter/ipset/ip_set.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { CHAINS_LEAST = 16 };

/* ------------------------------------------------------------------ types */

static const struct { const char *name; uint8_t part; } part_names[] = {
	{ "ip", IPSET_IP }, { "net", IPSET_NET }, { "port", IPSET_PORT }, { "iface", IPSET_IFACE },
	{ "mac", IPSET_MAC }, { "mark", IPSET_MARK }, { "set", IPSET_SET },
};

static const char *take_method(struct ipset *set, const char *type)
{
	static const char *const names[] = {
		[IPSET_HASH] = "hash:", [IPSET_BITMAP] = "bitmap:", [IPSET_LIST] = "list:",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strncmp(type, names[i], strlen(names[i]))) {
			set->method = (enum ipset_method)i;
			return type + strlen(names[i]);
		}
	return NULL;
}

static bool take_parts(struct ipset *set, const char *p)
{
	while (*p) {
		size_t len = strcspn(p, ","), i = 0;

		while (i < ARRAY_SIZE(part_names) && (strlen(part_names[i].name) != len ||
						      strncmp(p, part_names[i].name, len) != 0))
			i++;
		if (i == ARRAY_SIZE(part_names) || set->part_count == IPSET_PARTS)
			return false;
		set->parts[set->part_count++] = part_names[i].part;
		p += len + (p[len] == ',');
	}
	return set->part_count && (set->parts[0] == IPSET_SET) == (set->method == IPSET_LIST);
}

struct ipset *ipsets_add(struct ipsets *sets, const char *name, const char *type,
			 enum family family)
{
	struct ipset set = { .family = (uint8_t)family, .mark_mask = UINT32_MAX, .most = 65536 };
	const char *parts = take_method(&set, type);
	struct ipset *made;

	if (!parts || !take_parts(&set, parts) || strlen(name) >= IPSET_NAME)
		return NULL;
	/* These are of no family (NFPROTO_UNSPEC). */
	if (set.method == IPSET_LIST || set.parts[0] == IPSET_MAC || set.parts[0] == IPSET_PORT)
		set.family = 0;
	if (set.method == IPSET_BITMAP)
		set.most = UINT32_MAX;
	memcpy(set.name, name, strlen(name) + 1);
	memset(&set.mask, 0xff, sizeof(set.mask));
	made = mem_alloc(sizeof(*made));
	*made = set;
	if (!sets->end)
		sets->end = &sets->first;
	*sets->end = made;
	sets->end = &made->following;
	return made;
}

struct ipset *ipsets_find(const struct ipsets *sets, const char *name)
{
	struct ipset *set = sets->first;

	while (set && strcmp(set->name, name) != 0)
		set = set->following;
	return set;
}

void ipset_free(struct ipset **set)
{
	if (*set) {
		free((*set)->elements);
		free((*set)->chains);
	}
	free(*set);
	*set = NULL;
}

void ipsets_free(struct ipsets *sets)
{
	while (sets->first) {
		struct ipset *set = sets->first;

		sets->first = set->following;
		ipset_free(&set);
	}
	*sets = IPSETS_INIT;
}

static void *copied(const void *from, size_t size)
{
	void *to = size ? mem_alloc(size) : NULL;

	if (to)
		memcpy(to, from, size);
	return to;
}

struct ipset *ipset_copy(const struct ipset *set)
{
	struct ipset *copy = copied(set, sizeof(*set));

	copy->following = NULL;
	copy->room = set->count;
	copy->elements = copied(set->elements, set->count * sizeof(*set->elements));
	copy->chains = copied(set->chains, set->chain_count * sizeof(*set->chains));
	return copy;
}

/* ------------------------------------------------------------------ keys */

_Static_assert(sizeof(struct ipset_key) == 48, "keys are compared as bytes: no padding");

static uint8_t bits_of(const struct ipset *set)
{
	return set->family == FAMILY_IPV6 ? 128 : 32;
}

static bool is_address(uint8_t part)
{
	return part == IPSET_IP || part == IPSET_NET;
}

/* Which part is the first or second address; IPSET_NONE: there is none. */
static enum ipset_part address_part(const struct ipset *set, unsigned which)
{
	for (unsigned i = 0; i < set->part_count; i++)
		if (is_address(set->parts[i]) && !which--)
			return (enum ipset_part)set->parts[i];
	return IPSET_NONE;
}

/* Sets of these parts take --netmask or --bitmask; elsewhere the mask is all ones. */
void ipset_mask(const struct ipset *set, struct ipset_key *key)
{
	for (unsigned which = 0; which < 2; which++) {
		union inet_addr mask;

		if (address_part(set, which) == IPSET_NONE)
			continue;
		addr_mask_from_prefix((enum family)set->family, key->prefix[which], &mask);
		addr_apply_mask(&key->addr[which], &mask);
		addr_apply_mask(&key->addr[which], &set->mask);
	}
	key->mark &= set->mark_mask;
}

static uint32_t *chain_of(const struct ipset *set, const struct ipset_key *key)
{
	struct ipset_key hashed = *key;

	/* A bitmap has one element for an address, whatever else is in it. */
	if (set->method == IPSET_BITMAP)
		memset(hashed.mac, 0, sizeof(hashed.mac));
	hashed.physdev = false;
	return &set->chains[hash_bytes(&hashed, sizeof(hashed)) & (set->chain_count - 1)];
}

static bool name_fits(const struct ipset_element *e, const char *name)
{
	return e->wildcard ? !strncmp(e->name, name, strlen(e->name)) : !strcmp(e->name, name);
}

static bool key_fits(const struct ipset *set, const struct ipset_element *e,
		     const struct ipset_key *key)
{
	struct ipset_key other = e->key;

	if (set->method == IPSET_BITMAP)
		memcpy(other.mac, key->mac, sizeof(other.mac));
	return !memcmp(&other, key, sizeof(other));
}

/* The time of an element that waits for its card has not begun. */
static bool has_expired(const struct ipset_element *e, uint64_t now)
{
	return e->expires && e->expires <= now && !e->no_mac;
}

/* ------------------------------------------------------------------ elements */

static void enlarge(struct ipset *set)
{
	uint32_t count = set->chain_count ? set->chain_count * 4 : CHAINS_LEAST;

	free(set->chains);
	set->chains = mem_alloc(count * sizeof(*set->chains));
	memset(set->chains, 0, count * sizeof(*set->chains));
	set->chain_count = count;
	/* The first ones come first. */
	for (uint32_t i = set->count; i--;) {
		struct ipset_element *e = &set->elements[i];
		uint32_t *chain = chain_of(set, &e->key);

		if (!e->used)
			continue;
		e->next = *chain;
		*chain = i + 1;
	}
}

static struct ipset_element *new_place(struct ipset *set)
{
	struct ipset_element *e;

	if (set->unused) {
		e = &set->elements[set->unused - 1];
		set->unused = e->next;
		return e;
	}
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 8;
		set->elements = mem_resize(set->elements, set->room * sizeof(*set->elements));
	}
	return &set->elements[set->count++];
}

void ipset_remove(struct ipset *set, struct ipset_element *element)
{
	uint32_t place = (uint32_t)(element - set->elements) + 1;
	uint32_t *link = chain_of(set, &element->key);

	while (*link && *link != place)
		link = &set->elements[*link - 1].next;
	if (!*link)
		return;
	*link = element->next;
	for (unsigned which = 0; which < 2; which++)
		if (address_part(set, which) != IPSET_NONE)
			set->prefixes[which][element->key.prefix[which]]--;
	*element = (struct ipset_element){ .next = set->unused };
	set->unused = place;
	set->live--;
}

/* Those whose time is over go when there is no room (mtype_gc_do()). */
static void clean(struct ipset *set, uint64_t now)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (set->elements[i].used && has_expired(&set->elements[i], now))
			ipset_remove(set, &set->elements[i]);
}

static struct ipset_element *find(const struct ipset *set, const struct ipset_key *key,
				  const char *name)
{
	if (!set->chain_count)
		return NULL;
	for (uint32_t n = *chain_of(set, key); n; n = set->elements[n - 1].next) {
		struct ipset_element *e = &set->elements[n - 1];

		if (key_fits(set, e, key) && !strcmp(e->name, name))
			return e;
	}
	return NULL;
}

struct ipset_element *ipset_exact(const struct ipset *set, const struct ipset_key *key,
				  const char *name, uint64_t now)
{
	struct ipset_element *e = find(set, key, name);

	return e && !has_expired(e, now) ? e : NULL;
}

struct ipset_element *ipset_add(struct ipset *set, const struct ipset_key *key, const char *name,
				uint64_t now, bool *is_new)
{
	struct ipset_key masked = *key;
	struct ipset_element *e;
	uint32_t *link;

	ipset_mask(set, &masked);
	e = find(set, &masked, name);
	*is_new = !e || has_expired(e, now);
	if (e && !*is_new)
		return e;
	if (e)
		ipset_remove(set, e);
	if (set->live >= set->most)
		clean(set, now);
	if (set->live >= set->most || strlen(name) >= IPSET_NAME)
		return NULL;
	if (set->live >= set->chain_count)
		enlarge(set);
	e = new_place(set);
	*e = (struct ipset_element){ .key = masked, .used = true };
	memcpy(e->name, name, strlen(name) + 1);
	/* Behind the others: of several that fit, the first decides. */
	for (link = chain_of(set, &masked); *link;)
		link = &set->elements[*link - 1].next;
	*link = (uint32_t)(e - set->elements) + 1;
	for (unsigned which = 0; which < 2; which++)
		if (address_part(set, which) != IPSET_NONE)
			set->prefixes[which][masked.prefix[which]]++;
	set->live++;
	return e;
}

uint8_t ipset_longest(const struct ipset *set, unsigned which)
{
	uint8_t bits = bits_of(set);

	if (address_part(set, which) != IPSET_NET)
		return bits;
	for (unsigned n = bits + 1u; n--;)
		if (set->prefixes[which][n])
			return (uint8_t)n;
	return bits;
}

/* ------------------------------------------------------------------ matching */

static bool counter_is(uint64_t counter, uint8_t op, uint64_t value)
{
	switch (op) {
	case IPSET_COUNTER_NONE:
		return true;
	case IPSET_COUNTER_EQ:
		return counter == value;
	case IPSET_COUNTER_NE:
		return counter != value;
	case IPSET_COUNTER_LT:
		return counter < value;
	case IPSET_COUNTER_GT:
		return counter > value;
	default:
		return false;
	}
}

bool ipset_element_counts(const struct ipset *set, struct ipset_element *element,
			  const struct ipset_query *query)
{
	if (!set->has_counters)
		return true;
	if (query->counts) {
		element->packets++;
		element->bytes += query->len;
	}
	return !query->compares || (counter_is(element->packets, query->packets_op,
					       query->packets) &&
				    counter_is(element->bytes, query->bytes_op, query->bytes));
}

static bool is_network_of(const struct ipset_element *e, const struct ipset_key *key)
{
	return e->key.prefix[0] == key->prefix[0] && e->key.physdev == key->physdev &&
	       !memcmp(&e->key.addr[0], &key->addr[0], sizeof(key->addr[0]));
}

/*
 * `*ends` is set when the kernel looks for no shorter network: one of this very address and length is
 * there, but with another device (the `multi` of hash_netiface4_data_equal()).
 */
static struct ipset_element *match_key(struct ipset *set, const struct ipset_query *q,
				       const struct ipset_key *key, bool *ends)
{
	bool has_device = set->part_count == 2 && set->parts[1] == IPSET_IFACE;

	for (uint32_t n = *chain_of(set, key); n; n = set->elements[n - 1].next) {
		struct ipset_element *e = &set->elements[n - 1];

		*ends |= has_device && is_network_of(e, key);
		if (!key_fits(set, e, key) || !name_fits(e, q->name))
			continue;
		if (e->no_mac || (!has_expired(e, q->now) &&
				  !memcmp(e->key.mac, key->mac, sizeof(key->mac)) &&
				  ipset_element_counts(set, e, q)))
			return e;
		*ends = false;
	}
	return NULL;
}

/* The next length below `from` that occurs, or -1. Of an address all of it, once. */
static int next_prefix(const struct ipset *set, unsigned which, int from)
{
	int bits = bits_of(set);

	if (address_part(set, which) != IPSET_NET)
		return from > bits ? bits : -1;
	for (int n = from > bits ? bits : from - 1; n >= 0; n--)
		if (set->prefixes[which][n])
			return n;
	return -1;
}

/* mtype_test_cidrs() of ip_set_hash_gen.h: the second network's lengths within those of the first. */
struct ipset_element *ipset_match(struct ipset *set, const struct ipset_query *query)
{
	enum { ABOVE_ALL = IPSET_PREFIXES };
	bool ends = false;

	if (!set->live)
		return NULL;
	for (int a = ABOVE_ALL; !ends && (a = next_prefix(set, 0, a)) >= 0;)
		for (int b = ABOVE_ALL; (b = next_prefix(set, 1, b)) >= 0;) {
			struct ipset_key key = query->key;
			struct ipset_element *e;

			key.prefix[0] = address_part(set, 0) != IPSET_NONE ? (uint8_t)a : 0;
			key.prefix[1] = address_part(set, 1) != IPSET_NONE ? (uint8_t)b : 0;
			ipset_mask(set, &key);
			e = match_key(set, query, &key, &ends);
			if (e)
				return e;
		}
	return NULL;
}
