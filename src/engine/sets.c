// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a packet to what an element of a set is found by, type by type (the kadt functions of
 * net/netfilter/ipset/ip_set_*.c of the kernel), and what rules do with sets.
 */
#include "engine/sets.h"

#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "ext/headers.h"
#include "ext/type/types.h"

/* Of lists in lists the kernel allows none; text might. */
enum { DEPTH_MOST = 4, NUMBERS = 65536 };

/* A set as it was given, until it changes. */
struct slot {
	const struct ipset *given;
	struct ipset *own;
};

struct sets {
	struct slot *slots;
	size_t count;
	uint32_t numbers[NUMBERS];	/* of a rule's number the slot, from 1; 0: not looked up yet */
	bool begun;
	uint64_t began;			/* ns, when the first packet asked */
};

enum { NOBODY = UINT32_MAX };

struct sets *sets_open(const struct ipsets *given)
{
	struct sets *sets = mem_alloc(sizeof(*sets));

	memset(sets, 0, sizeof(*sets));
	for (const struct ipset *s = given->first; s; s = s->following)
		sets->count++;
	sets->slots = mem_alloc(sets->count * sizeof(*sets->slots) + 1);
	sets->count = 0;
	for (const struct ipset *s = given->first; s; s = s->following)
		sets->slots[sets->count++] = (struct slot){ .given = s };
	return sets;
}

void sets_close(struct sets **sets)
{
	struct sets *s = *sets;

	for (size_t i = 0; s && i < s->count; i++)
		ipset_free(&s->slots[i].own);
	if (s)
		free(s->slots);
	free(s);
	*sets = NULL;
}

static struct slot *slot_named(struct sets *sets, const char *name)
{
	for (size_t i = 0; i < sets->count; i++)
		if (!strcmp(sets->slots[i].given->name, name))
			return &sets->slots[i];
	return NULL;
}

/* By the number that rules have; NULL: nobody gave this set. */
static struct slot *slot_of(struct sets *sets, uint16_t index, char name[IPSET_NAME])
{
	uint32_t *number = &sets->numbers[index];
	struct slot *slot;

	if (*number && *number != NOBODY)
		return &sets->slots[*number - 1];
	if (!set_name(index, name))
		*name = '\0';
	slot = slot_named(sets, name);
	*number = slot ? (uint32_t)(slot - sets->slots) + 1 : NOBODY;
	return slot;
}

/* A copy that may be changed. */
static struct ipset *own(struct slot *slot)
{
	if (!slot->own)
		slot->own = ipset_copy(slot->given);
	return slot->own;
}

static uint64_t elapsed(struct sets *sets, const struct eval *e)
{
	if (!sets->begun) {
		sets->begun = true;
		sets->began = e->world->now;
	}
	return e->world->now > sets->began ? e->world->now - sets->began : 0;
}

/* ------------------------------------------------------------------ from the packet to the key */

/* get_port() of ip_set_getport.c: NO, the packet fits no element with a port. */
static enum answer port_of(struct eval *e, bool source, struct ipset_key *key)
{
	const struct packet *p = e->packet;
	const uint8_t *h;
	enum answer there;
	uint32_t need = p->proto == IPPROTO_TCP ? 20 : p->proto == IPPROTO_SCTP ? 12 : 8;

	switch (p->proto) {
	case IPPROTO_TCP:
	case IPPROTO_SCTP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		break;
	default:
		/* No port; of a later fragment of IPv6 nothing is said. */
		key->proto = p->proto;
		return answer_of(p->family == FAMILY_IPV4 ? p->proto : !p->fragment);
	}
	if (p->fragment)
		return ANSWER_NO;
	there = packet_bytes(e, p->transport, need, &h);
	if (there != ANSWER_YES)
		return there;
	key->proto = p->proto;
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		source = true;
	key->port = packet_be16(h + (source ? 0 : 2));
	return ANSWER_YES;
}

static enum answer mac_of(struct eval *e, bool source, struct ipset_key *key)
{
	enum { HEADER = 14, SOURCE = 6 };
	const struct packet *p = e->packet;

	if (!p->link && !(e->meta->known & KNOWN_LINK))
		return eval_unknown(e, "the hardware addresses are not known");
	if (!p->link || p->link_len < HEADER)
		return ANSWER_NO;
	memcpy(key->mac, p->link + (source ? SOURCE : 0), sizeof(key->mac));
	return answer_of(!bytes_are_zero(key->mac, sizeof(key->mac)));
}

/* The device as the hook has it. */
static enum answer device_of(struct eval *e, bool source, const char **name)
{
	bool arrived = e->hook != NF_INET_LOCAL_OUT && e->hook != NF_INET_POST_ROUTING;
	bool leaves = e->hook != NF_INET_PRE_ROUTING && e->hook != NF_INET_LOCAL_IN;

	if (!(source ? arrived : leaves))
		return ANSWER_NO;
	if (!(e->meta->known & (source ? KNOWN_IN : KNOWN_OUT)))
		return eval_unknown(e, "the device is not known");
	*name = source ? e->meta->in : e->meta->out;
	return answer_of(**name);
}

static enum answer take_part(struct eval *e, const struct ipset *set, enum ipset_part part,
			     bool source, unsigned *addrs, struct ipset_query *q)
{
	switch (part) {
	case IPSET_IP:
	case IPSET_NET:
		memcpy(&q->key.addr[*addrs], source ? packet_saddr(e->packet) :
		       packet_daddr(e->packet), addr_len(e->family));
		q->key.prefix[*addrs] = part == IPSET_NET ? ipset_longest(set, *addrs) :
					(uint8_t)(addr_len(e->family) * 8);
		++*addrs;
		return ANSWER_YES;
	case IPSET_PORT:
		return port_of(e, source, &q->key);
	case IPSET_MAC:
		return mac_of(e, source, &q->key);
	case IPSET_IFACE:
		return device_of(e, source, &q->name);
	case IPSET_MARK:
		q->key.mark = e->meta->mark;
		return e->meta->known & KNOWN_MARK ? ANSWER_YES :
		       eval_unknown(e, "the mark is not known");
	case IPSET_NONE:
	case IPSET_SET:
		break;
	}
	return ANSWER_NO;
}

/* What bitmaps and sets of addresses cannot hold. */
static bool is_out_of_range(const struct ipset *set, const struct ipset_query *q)
{
	uint32_t addr = ntohl(q->key.addr[0].v4);

	if (set->method == IPSET_BITMAP && set->parts[0] == IPSET_PORT)
		return ntohs(q->key.port) < set->first_port || ntohs(q->key.port) > set->last_port;
	if (set->method == IPSET_BITMAP)
		return addr < ntohl(set->first.v4) || addr > ntohl(set->last.v4);
	return false;
}

/* hash:ip and hash:ip,port take no address that is zero behind the mask. */
static bool is_zero(const struct ipset *set, const struct ipset_query *q)
{
	struct ipset_key masked = q->key;

	if (set->method != IPSET_HASH || set->parts[0] != IPSET_IP ||
	    (set->part_count > 1 && (set->part_count > 2 || set->parts[1] != IPSET_PORT)))
		return false;
	ipset_mask(set, &masked);
	return bytes_are_zero(&masked.addr[0], sizeof(masked.addr[0]));
}

/* NO: no element of the set fits this packet. */
static enum answer make_query(struct eval *e, const struct ipset *set, const struct set_use *use,
			      struct ipset_query *q)
{
	unsigned addrs = 0;

	q->name = "";
	if (use->dim < set->part_count || (set->family && set->family != e->family))
		return ANSWER_NO;
	for (unsigned i = 0; i < set->part_count; i++) {
		enum ipset_part part = (enum ipset_part)set->parts[i];
		bool source = use->flags >> (i + 1) & 1;
		enum answer there = take_part(e, set, part, source, &addrs, q);

		if (there != ANSWER_YES)
			return there;
	}
	if (set->method == IPSET_BITMAP && set->parts[0] == IPSET_PORT) {
		if (q->key.proto != IPPROTO_TCP && q->key.proto != IPPROTO_UDP)
			return ANSWER_NO;
		q->key.proto = 0;
	}
	return answer_of(!is_out_of_range(set, q) && !is_zero(set, q));
}

/* ------------------------------------------------------------------ asking */

/* IPSET_TYPE_NOMATCH: types with networks. */
static bool has_exceptions(const struct ipset *set)
{
	for (unsigned i = 0; i < set->part_count; i++)
		if (set->parts[i] == IPSET_NET)
			return true;
	return false;
}

/*
 * bitmap_ipmac_do_test(): an element without a card takes the first one that it sees, and begins to count
 * and to age.
 */
static void complete(struct eval *e, struct ipset_element *element, const struct ipset_query *q)
{
	if (e->simulated)
		return;
	memcpy(element->key.mac, q->key.mac, sizeof(q->key.mac));
	element->no_mac = false;
	element->packets = 1;
	element->bytes = q->len;
	element->expires += element->expires ? q->now : 0;
}

static void say_found(const struct ipset *set, const struct ipset_element *element,
		      struct set_found *found)
{
	if (found && set->has_skbinfo)
		*found = (struct set_found){
			element->skb_mark, element->skb_mark_mask, element->skb_priority,
			element->skb_queue,
		};
}

static enum answer ask(struct sets *sets, struct slot *slot, struct eval *e,
		       const struct set_use *use, unsigned depth, struct set_found *found);

/* list_set_ktest(): the sets in their order; their counters are not compared with. */
static enum answer ask_list(struct sets *sets, struct slot *slot, struct eval *e,
			    const struct set_use *use, struct ipset_query *q, unsigned depth,
			    struct set_found *found)
{
	const struct ipset *list = slot->own ? slot->own : slot->given;
	struct set_use inner = *use;

	if (depth == DEPTH_MOST)
		return ANSWER_NO;
	inner.packets_op = inner.bytes_op = IPSET_COUNTER_NONE;
	if (use->options & IPSET_FLAG_SKIP_SUBCOUNTER_UPDATE)
		inner.options |= IPSET_FLAG_SKIP_COUNTER_UPDATE;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct ipset_element *member = &list->elements[i];
		struct slot *other = member->used ? slot_named(sets, member->name) : NULL;
		enum answer answer;

		if (!other)
			continue;
		answer = ask(sets, other, e, &inner, depth + 1, found);
		if (answer == ANSWER_UNKNOWN)
			return answer;
		if (answer == ANSWER_NO || (member->expires && member->expires <= q->now))
			continue;
		if (q->counts && list->has_counters)
			list = own(slot);
		if (ipset_element_counts(list, &list->elements[i], q)) {
			say_found(list, &list->elements[i], found);
			return ANSWER_YES;
		}
	}
	return ANSWER_NO;
}

/* ip_set_test(). */
static enum answer ask(struct sets *sets, struct slot *slot, struct eval *e,
		       const struct set_use *use, unsigned depth, struct set_found *found)
{
	struct ipset_query q = {
		.now = elapsed(sets, e), .len = e->packet->len,
		.counts = !e->simulated && !(use->options & IPSET_FLAG_SKIP_COUNTER_UPDATE),
		.compares = use->packets_op || use->bytes_op, .packets_op = use->packets_op,
		.bytes_op = use->bytes_op, .packets = use->packets, .bytes = use->bytes,
	};
	struct ipset *set = slot->own ? slot->own : (struct ipset *)(uintptr_t)slot->given;
	struct ipset_element *element;
	enum answer there;

	if (set->method == IPSET_LIST)
		return use->dim ? ask_list(sets, slot, e, use, &q, depth, found) : ANSWER_NO;
	there = make_query(e, set, use, &q);
	if (there != ANSWER_YES)
		return there;
	if ((q.counts && set->has_counters) ||
	    (set->method == IPSET_BITMAP && set->part_count == 2))
		set = own(slot);
	element = ipset_match(set, &q);
	if (!element)
		return ANSWER_NO;
	if (element->no_mac)
		complete(e, element, &q);
	say_found(set, element, found);
	/* Then it is the exceptions that fit. */
	if (use->options & IPSET_FLAG_RETURN_NOMATCH && has_exceptions(set))
		return answer_of(element->nomatch);
	return answer_of(!element->nomatch);
}

enum answer sets_have(struct sets *sets, struct eval *e, const struct set_use *use,
		      struct set_found *found)
{
	char name[IPSET_NAME];
	struct slot *slot = slot_of(sets, use->index, name);

	if (!slot)
		return eval_unknown(e, "who is in set %s is not known", name);
	return ask(sets, slot, e, use, 0, found);
}

/* ------------------------------------------------------------------ changing */

static void fill(const struct ipset *set, struct ipset_element *element, const struct eval *e,
		 const struct set_use *use, uint64_t now)
{
	uint32_t timeout = use->timeout == UINT32_MAX ? set->timeout : use->timeout;

	element->packets = 1;
	element->bytes = e->packet->len;
	element->nomatch = false;
	element->expires = set->has_timeout && timeout ? now + timeout * UINT64_C(1000000000) : 0;
}

static bool change(struct sets *sets, struct slot *slot, struct eval *e, const struct set_use *use,
		   bool add, unsigned depth)
{
	struct ipset_query q = { .now = elapsed(sets, e) };
	struct ipset *set = own(slot);
	struct ipset_element *element;
	bool is_new;

	if (set->method == IPSET_LIST) {
		bool done = false;

		for (uint32_t i = 0; !done && depth < DEPTH_MOST && i < set->count; i++) {
			struct slot *other = slot_named(sets, set->elements[i].name);

			if (set->elements[i].used && other)
				done = change(sets, other, e, use, add, depth + 1);
		}
		return done;
	}
	if (make_query(e, set, use, &q) != ANSWER_YES)
		return false;
	if (!add) {
		ipset_mask(set, &q.key);
		element = ipset_exact(set, &q.key, q.name, q.now);
		if (element)
			ipset_remove(set, element);
		return element != NULL;
	}
	element = ipset_add(set, &q.key, q.name, q.now, &is_new);
	if (!element || (!is_new && !(use->options & IPSET_FLAG_EXIST)))
		return false;
	fill(set, element, e, use, q.now);
	return true;
}

bool sets_change(struct sets *sets, struct eval *e, const struct set_use *use, bool add)
{
	char name[IPSET_NAME];
	struct slot *slot = slot_of(sets, use->index, name);

	return slot && change(sets, slot, e, use, add, 0);
}
