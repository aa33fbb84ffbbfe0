// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections counted by key (count.h): a pool of entries in hash chains by rule and key. */
#include "engine/count.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { ENTRIES = 65536, KEY_MOST = 20, NOTHING = UINT32_MAX };

struct entry {
	struct tuple tuple;		/* of the original direction */
	uint16_t zone;
	uint8_t key_len, key[KEY_MOST];
	bool is_node;			/* no connection: the key was seen, by this rule */
	uint32_t rule;
	uint32_t next;			/* in its chain, or among the free */
};

struct counting {
	struct entry entries[ENTRIES];
	uint32_t chains[ENTRIES];
	uint32_t free, rules;
	uint64_t swept;			/* ns; 0: not yet */
};

static struct counting *make(void)
{
	struct counting *c = mem_alloc(sizeof(*c));

	c->rules = 0;
	c->swept = 0;
	c->free = 0;
	for (uint32_t i = 0; i < ENTRIES; i++) {
		c->entries[i].next = i + 1 < ENTRIES ? i + 1 : NOTHING;
		c->chains[i] = NOTHING;
	}
	return c;
}

void counting_free(struct counting **counting)
{
	mem_free_ptr(counting);
	*counting = NULL;
}

static bool tuple_equal(const struct tuple *a, const struct tuple *b)
{
	return a->proto == b->proto && a->family == b->family && a->sport == b->sport &&
	       a->dport == b->dport && !memcmp(&a->src, &b->src, sizeof(a->src)) &&
	       !memcmp(&a->dst, &b->dst, sizeof(a->dst)) && a->icmp_type == b->icmp_type &&
	       a->icmp_code == b->icmp_code;
}

/* already_closed() of nf_conncount.c. */
static bool has_closed(const struct conntrack *ct, const struct connection *conn)
{
	const char *state = conntrack_tcp_state(ct, conn);

	return !strcmp(state, "TIME_WAIT") || !strcmp(state, "CLOSE");
}

/*
 * What is counted for the packet: its connection's tuple, or that of its own bytes. False: it has
 * none.
 */
static bool own_tuple(const struct eval *e, struct tuple *tuple, uint16_t *zone)
{
	const struct packet *p = e->packet;

	*zone = e->ct.conn ? e->ct.conn->zone : 0;
	if (e->ct.conn) {
		*tuple = e->ct.conn->way[0];
		return true;
	}
	*tuple = (struct tuple){ .proto = p->proto, .family = (uint8_t)e->family };
	memcpy(&tuple->src, packet_saddr(p), addr_len(e->family));
	memcpy(&tuple->dst, packet_daddr(p), addr_len(e->family));
	if (p->has_ports) {
		tuple->sport = packet_be16(p->bytes + p->transport);
		tuple->dport = packet_be16(p->bytes + p->transport + 2);
	}
	return !p->fragment;
}

static void let_go(struct counting *c, uint32_t *link)
{
	uint32_t gone = *link;

	*link = c->entries[gone].next;
	c->entries[gone].next = c->free;
	c->free = gone;
}

static bool has_gone(struct conntrack *ct, const struct entry *entry)
{
	uint8_t direction;
	struct connection *conn = conntrack_lookup(ct, &entry->tuple, entry->zone, &direction);

	return !conn || has_closed(ct, conn);
}

/* When all are in use: those of connections that have gone, and keys. Once a second, it is long. */
static void sweep(struct counting *c, struct conntrack *ct, uint64_t now)
{
	if (c->swept && now - c->swept < UINT64_C(1000000000))
		return;
	c->swept = now;
	for (uint32_t i = 0; i < ENTRIES; i++)
		for (uint32_t *link = &c->chains[i]; *link != NOTHING;)
			if (c->entries[*link].is_node || has_gone(ct, &c->entries[*link]))
				let_go(c, link);
			else
				link = &c->entries[*link].next;
}

/* At the head of its chain. False: there is no room. */
static bool add(struct counting *c, uint32_t *chain, const struct entry *what)
{
	uint32_t fresh = c->free;

	if (fresh == NOTHING)
		return false;
	c->free = c->entries[fresh].next;
	c->entries[fresh] = *what;
	c->entries[fresh].next = *chain;
	*chain = fresh;
	return true;
}

struct found {
	int64_t count;
	bool has_node, is_there;
};

/* Counts those of the key, and lets go of those that have gone. */
static struct found look(struct counting *c, struct conntrack *ct, uint32_t *link,
			 const struct entry *own, bool is_confirmed)
{
	struct found found = { 0 };

	while (*link != NOTHING) {
		struct entry *entry = &c->entries[*link];
		bool is_own = !entry->is_node && entry->zone == own->zone &&
			      tuple_equal(&entry->tuple, &own->tuple);

		if (entry->rule == own->rule && entry->key_len == own->key_len &&
		    !memcmp(entry->key, own->key, own->key_len)) {
			if (!entry->is_node && (!is_own || is_confirmed) && has_gone(ct, entry)) {
				let_go(c, link);
				continue;
			}
			found.has_node |= entry->is_node;
			found.is_there |= is_own;
			found.count += !entry->is_node;
		}
		link = &entry->next;
	}
	return found;
}

/*
 * count_tree() and __nf_conncount_add() of nf_conncount.c (6.18). A confirmed connection is not
 * added to a key that is there, but those that have closed are thrown out: the count may fall to 0,
 * and the packet with it, such as the RST that closes the only one. A kernel looks once per tick,
 * the engine always.
 */
int64_t counting_count(struct counting **counting, struct conntrack *ct, struct eval *e,
		       const void *key, size_t key_len, uint32_t *state)
{
	struct counting *c = *counting ? *counting : (*counting = make());
	struct entry own = { .key_len = (uint8_t)key_len };
	bool is_confirmed = e->ct.conn && e->ct.conn->status & IPS_CONFIRMED;
	uint32_t *chain;
	struct found found;

	if (key_len > KEY_MOST)
		return -1;
	if (!own_tuple(e, &own.tuple, &own.zone)) {
		e->hotdrop = true;
		return -1;
	}
	if (!*state)
		*state = ++c->rules;
	own.rule = *state;
	memcpy(own.key, key, key_len);
	chain = &c->chains[(hash_bytes(key, key_len) ^ *state * UINT64_C(0x9e3779b1)) % ENTRIES];
	found = look(c, ct, chain, &own, is_confirmed);
	if (found.is_there || (found.has_node && is_confirmed))
		return found.count;
	if (c->free == NOTHING)
		sweep(c, ct, e->world->now);
	if (!add(c, chain, &own))
		return -1;
	own.is_node = true;
	if (!found.has_node && !add(c, chain, &own))
		return -1;
	return found.count + 1;
}
