/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of ipset(8) in memory: their elements, and whether one of them fits. Read from the kernel
 * (kernel/sets.c), or from text as `ipset save` prints it. All types are made of the same parts; a
 * network is looked for by every length that occurs, the longest first, as the kernel does.
 */
#ifndef POSTERN_NET_IPSET_H
#define POSTERN_NET_IPSET_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/err.h"
#include "net/addr.h"

enum { IPSET_NAME = 32, IPSET_PARTS = 3, IPSET_PREFIXES = 129 };

enum ipset_part {
	IPSET_NONE, IPSET_IP, IPSET_NET, IPSET_PORT, IPSET_IFACE, IPSET_MAC, IPSET_MARK, IPSET_SET,
};

enum ipset_method { IPSET_HASH, IPSET_BITMAP, IPSET_LIST };

/* What elements are found by; zero where the type has no such part. */
struct ipset_key {
	union inet_addr addr[2];	/* first and second address or network, masked */
	uint32_t mark;
	be16 port;
	uint8_t proto;
	uint8_t prefix[2];		/* of an address: all of it */
	uint8_t mac[6];
	bool physdev;			/* the device is a port of a bridge */
};

struct ipset_element {
	struct ipset_key key;
	char name[IPSET_NAME];		/* the device; of a list the set */
	bool used, wildcard, nomatch;
	bool no_mac;			/* of bitmap:ip,mac: any, until one is seen */
	uint32_t next;			/* in its chain, from 1; of unused ones, too */
	uint64_t expires;		/* ns after the sets were read; 0: never. With no_mac: after
					 * the card is there */
	uint64_t packets, bytes;
	uint32_t skb_mark, skb_mark_mask, skb_priority;
	uint16_t skb_queue;
};

struct ipset {
	struct ipset *following;	/* of all */
	char name[IPSET_NAME];
	enum ipset_method method;
	uint8_t parts[IPSET_PARTS], part_count;
	uint8_t family;			/* enum family; 0: any */
	bool has_timeout, has_counters, has_skbinfo, forceadd;
	uint32_t timeout;		/* seconds of new elements; 0: for ever */
	uint32_t most;			/* elements */
	uint32_t mark_mask;
	union inet_addr mask;		/* of addresses that are not networks (netmask, bitmask) */
	union inet_addr first, last;	/* of a bitmap of addresses */
	uint16_t first_port, last_port;	/* of a bitmap of ports */

	struct ipset_element *elements;	/* malloc'd */
	uint32_t count, room, unused;	/* places taken, places, the first one given back */
	uint32_t live;			/* elements there are */
	uint32_t *chains, chain_count;	/* malloc'd; a power of two */
	uint32_t prefixes[2][IPSET_PREFIXES];	/* elements of each length */
};

struct ipsets {
	struct ipset *first, **end;
	uint32_t elements;
};

#define IPSETS_INIT ((struct ipsets){ 0 })
void ipsets_free(struct ipsets *sets);
#define AUTO_IPSETS __attribute__((cleanup(ipsets_free))) struct ipsets

/* Most elements of all sets together that text or a kernel may bring; twice is two. */
enum { IPSET_ELEMENTS_MOST = 2 << 20 };

/*
 * An empty set of a type like "hash:ip,port", at the end. NULL: there is no such type. Its facts may be
 * set until the first element is added.
 */
struct ipset *ipsets_add(struct ipsets *sets, const char *name, const char *type,
			 enum family family);
struct ipset *ipsets_find(const struct ipsets *sets, const char *name);
/* Text of `ipset save`; an error carries line and word. */
int ipsets_parse(struct ipsets *sets, const char *text, size_t len, struct err *err);

struct ipset *ipset_copy(const struct ipset *set);
void ipset_free(struct ipset **set);

/* Bits of an address or network that the part's elements have (its mask), applied. */
void ipset_mask(const struct ipset *set, struct ipset_key *key);

/*
 * Adds; addresses are masked here. The element of that key when there is one already (`*is_new` false,
 * nothing changed), else a new one that has but its key and name. NULL: the set is full.
 */
struct ipset_element *ipset_add(struct ipset *set, const struct ipset_key *key, const char *name,
				uint64_t now, bool *is_new);
void ipset_remove(struct ipset *set, struct ipset_element *element);
/* The very element; NULL: there is none, or it has expired. */
struct ipset_element *ipset_exact(const struct ipset *set, const struct ipset_key *key,
				  const char *name, uint64_t now);

/* The length that networks are added with from packets: the longest that occurs, or all of it. */
uint8_t ipset_longest(const struct ipset *set, unsigned which);

/* What is asked beside the key; of a match with counters they are those after this packet. */
struct ipset_query {
	struct ipset_key key;		/* whole addresses */
	const char *name;		/* the device, "" none */
	uint64_t now;
	bool counts;			/* this packet is counted: the set must be the caller's own */
	uint32_t len;
	bool compares;			/* with these counters, by IPSET_COUNTER_* of linux/netfilter/ipset */
	uint8_t packets_op, bytes_op;
	uint64_t packets, bytes;
};

/*
 * The element that fits, NULL none. It may be a `nomatch` one; or one without a card, which is not
 * counted and fits any.
 */
struct ipset_element *ipset_match(struct ipset *set, const struct ipset_query *query);
/* Its counters, the packet counted in; false: they are not what was asked for. */
bool ipset_element_counts(const struct ipset *set, struct ipset_element *element,
			  const struct ipset_query *query);

#endif
