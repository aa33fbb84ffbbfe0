// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections counted by key (count.h): a pool of entries in hash chains by rule and key. */
#include "engine/count.h"

#include <netinet/in.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

enum { ENTRIES = 65536, KEY_MOST = 20, NOTHING = UINT32_MAX };

struct entry {
	struct tuple tuple;		/* of the original direction */
	uint16_t zone;
	uint8_t key_len, key[KEY_MOST];
	uint32_t rule;
	uint32_t next;			/* in its chain, or among the free */
};

struct counting {
	struct entry entries[ENTRIES];
	uint32_t chains[ENTRIES];
	uint32_t free, rules;
};

static struct counting *make(void)
{
	struct counting *c = mem_alloc(sizeof(*c));

	c->rules = 0;
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

int64_t counting_count(struct counting **counting, struct conntrack *ct, struct eval *e,
		       const void *key, size_t key_len, uint32_t *state)
{
	struct counting *c = *counting ? *counting : (*counting = make());
	uint32_t *link, found;
	struct tuple tuple;
	uint16_t zone;
	int64_t count = 0;
	bool added = false;

	if (key_len > KEY_MOST)
		return -1;
	if (!own_tuple(e, &tuple, &zone)) {
		e->hotdrop = true;
		return -1;
	}
	if (!*state)
		*state = ++c->rules;
	link = &c->chains[(hash_bytes(key, key_len) ^ *state * UINT64_C(0x9e3779b1)) % ENTRIES];
	while ((found = *link) != NOTHING) {
		struct entry *entry = &c->entries[found];
		struct connection *conn;
		uint8_t direction;

		if (entry->rule != *state || entry->key_len != key_len ||
		    memcmp(entry->key, key, key_len)) {
			link = &entry->next;
			continue;
		}
		conn = conntrack_lookup(ct, &entry->tuple, entry->zone, &direction);
		if (tuple_equal(&entry->tuple, &tuple) && entry->zone == zone) {
			added = true;
		} else if (!conn || has_closed(ct, conn)) {
			*link = entry->next;
			entry->next = c->free;
			c->free = found;
			continue;
		}
		count++;
		link = &entry->next;
	}
	if (added)
		return count;
	found = c->free;
	if (found == NOTHING)
		return -1;
	c->free = c->entries[found].next;
	c->entries[found] = (struct entry){ .tuple = tuple, .zone = zone,
					    .key_len = (uint8_t)key_len, .rule = *state,
					    .next = NOTHING };
	memcpy(c->entries[found].key, key, key_len);
	*link = found;
	return count + 1;
}
