// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dump of nfnetlink's ipset subsystem: a set's header, then its elements, which may go on in further
 * messages (ip_set_dump_do() and the list functions of net/netfilter/ipset).
 */
#include <errno.h>

#include "kernel/internal.h"
#include "kernel/nl.h"
#include "kernel/sets.h"

#include <linux/netfilter/ipset/ip_set.h>

/* Newer than the headers of Debian 12 (linux 6.3). */
enum { ATTR_BITMASK = IPSET_ATTR_MARKMASK + 1 };

static bool take_u8(const struct nlattr *attr, uint8_t *value)
{
	if (!attr || !attr_len(attr))
		return false;
	memcpy(value, attr_data(attr), sizeof(*value));
	return true;
}

static bool take_addr(const struct nlattr *attr, enum family family, union inet_addr *addr)
{
	const struct nlattr *kinds[IPSET_ATTR_IPADDR_MAX + 1], *a;

	attr_table(attr_inside(attr), kinds, IPSET_ATTR_IPADDR_MAX);
	a = kinds[family == FAMILY_IPV6 ? IPSET_ATTR_IPADDR_IPV6 : IPSET_ATTR_IPADDR_IPV4];
	if (!a || attr_len(a) < addr_len(family))
		return false;
	memcpy(addr, attr_data(a), addr_len(family));
	return true;
}

/* ------------------------------------------------------------------ a set */

static void take_header(const struct nlattr *data, struct ipset *set)
{
	const struct nlattr *table[IPSET_ATTR_CREATE_MAX + 1];
	enum family family = set->family ? (enum family)set->family : FAMILY_IPV4;
	uint32_t flags = 0;
	uint8_t bits;

	attr_table(attr_inside(data), table, IPSET_ATTR_CREATE_MAX);
	attr_u32(table[IPSET_ATTR_CADT_FLAGS], &flags);
	set->has_counters = flags & IPSET_FLAG_WITH_COUNTERS;
	set->has_skbinfo = flags & IPSET_FLAG_WITH_SKBINFO;
	set->forceadd = flags & IPSET_FLAG_WITH_FORCEADD;
	set->has_timeout = attr_u32(table[IPSET_ATTR_TIMEOUT], &set->timeout);
	attr_u32(table[IPSET_ATTR_MAXELEM], &set->most);
	attr_u32(table[IPSET_ATTR_MARKMASK], &set->mark_mask);
	if (take_u8(table[IPSET_ATTR_NETMASK], &bits))
		addr_mask_from_prefix(family, bits, &set->mask);
	take_addr(table[ATTR_BITMASK], family, &set->mask);
	take_addr(table[IPSET_ATTR_IP_FROM], family, &set->first);
	take_addr(table[IPSET_ATTR_IP_TO], family, &set->last);
	attr_u16(table[IPSET_ATTR_PORT_FROM], &set->first_port);
	attr_u16(table[IPSET_ATTR_PORT_TO], &set->last_port);
}

/* ------------------------------------------------------------------ an element */

static void take_key(const struct nlattr *const *table, const struct ipset *set,
		     struct ipset_key *key)
{
	enum family family = set->family ? (enum family)set->family : FAMILY_IPV4;
	uint8_t bits = (uint8_t)(addr_len(family) * 8);
	uint32_t flags = 0;

	if (take_addr(table[IPSET_ATTR_IP], family, &key->addr[0]))
		key->prefix[0] = bits;
	if (take_addr(table[IPSET_ATTR_IP2], family, &key->addr[1]))
		key->prefix[1] = bits;
	if (take_u8(table[IPSET_ATTR_CIDR], &bits) && bits <= addr_len(family) * 8)
		key->prefix[0] = bits;
	if (take_u8(table[IPSET_ATTR_CIDR2], &bits) && bits <= addr_len(family) * 8)
		key->prefix[1] = bits;
	if (table[IPSET_ATTR_PORT] && attr_len(table[IPSET_ATTR_PORT]) >= sizeof(key->port))
		memcpy(&key->port, attr_data(table[IPSET_ATTR_PORT]), sizeof(key->port));
	take_u8(table[IPSET_ATTR_PROTO], &key->proto);
	attr_u32(table[IPSET_ATTR_MARK], &key->mark);
	attr_u32(table[IPSET_ATTR_CADT_FLAGS], &flags);
	key->physdev = flags & IPSET_FLAG_PHYSDEV;
	if (table[IPSET_ATTR_ETHER] && attr_len(table[IPSET_ATTR_ETHER]) >= sizeof(key->mac))
		memcpy(key->mac, attr_data(table[IPSET_ATTR_ETHER]), sizeof(key->mac));
}

static void take_extensions(const struct nlattr *const *table, struct ipset_element *e)
{
	uint32_t seconds = 0, flags = 0;
	uint64_t mark = 0;

	if (attr_u32(table[IPSET_ATTR_TIMEOUT], &seconds))
		e->expires = seconds * UINT64_C(1000000000);
	attr_u32(table[IPSET_ATTR_CADT_FLAGS], &flags);
	e->nomatch = flags & IPSET_FLAG_NOMATCH;
	e->wildcard = flags & IPSET_FLAG_IFACE_WILDCARD;
	attr_u64(table[IPSET_ATTR_PACKETS], &e->packets);
	attr_u64(table[IPSET_ATTR_BYTES], &e->bytes);
	if (attr_u64(table[IPSET_ATTR_SKBMARK], &mark)) {
		e->skb_mark = (uint32_t)(mark >> 32);
		e->skb_mark_mask = (uint32_t)mark;
	}
	attr_u32(table[IPSET_ATTR_SKBPRIO], &e->skb_priority);
	attr_u16(table[IPSET_ATTR_SKBQUEUE], &e->skb_queue);
}

static int take_element(const struct nlattr *data, struct ipsets *sets, struct ipset *set)
{
	const struct nlattr *table[IPSET_ATTR_ADT_MAX + 1];
	struct ipset_key key = { 0 };
	struct ipset_element *e;
	const char *name;
	bool is_new;

	attr_table(attr_inside(data), table, IPSET_ATTR_ADT_MAX);
	take_key(table, set, &key);
	name = attr_str(table[set->method == IPSET_LIST ? IPSET_ATTR_NAME : IPSET_ATTR_IFACE]);
	if (sets->elements++ >= IPSET_ELEMENTS_MOST)
		return -ENOBUFS;
	e = ipset_add(set, &key, name ? name : "", 0, &is_new);
	if (!e)
		return 0;
	take_extensions(table, e);
	e->no_mac = set->method == IPSET_BITMAP && set->part_count == 2 && !table[IPSET_ATTR_ETHER];
	return 0;
}

/* ------------------------------------------------------------------ the dump */

static int take_message(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *table[IPSET_ATTR_CMD_MAX + 1], *data;
	struct ipsets *sets = context;
	const char *name, *type;
	struct ipset *set;
	struct attrs inside;
	uint8_t family = 0;
	int r = 0;

	attr_table(attr_of_message(h), table, IPSET_ATTR_CMD_MAX);
	name = attr_str(table[IPSET_ATTR_SETNAME]);
	type = attr_str(table[IPSET_ATTR_TYPENAME]);
	if (!name)
		return 0;
	set = ipsets_find(sets, name);
	if (!set && type) {
		take_u8(table[IPSET_ATTR_FAMILY], &family);
		set = ipsets_add(sets, name, type, (enum family)family);
		if (set)
			take_header(table[IPSET_ATTR_DATA], set);
	}
	inside = attr_inside(table[IPSET_ATTR_ADT]);
	/* Of a type that is not known its elements are not, either. */
	while (set && !r && (data = attr_next(&inside)))
		r = take_element(data, sets, set);
	return r;
}

int kernel_read_sets(struct ipsets *sets, struct err *err)
{
	static const uint8_t protocol = IPSET_PROTOCOL_MIN;
	AUTO_KERNEL *kernel = NULL;
	uint32_t room[REQUEST_MOST / 4];
	struct msg m;
	int r = kernel_open(&kernel, err);

	if (r < 0)
		return r;
	msg_begin(&m, room, sizeof(room), NFNL_SUBSYS_IPSET << 8 | IPSET_CMD_LIST, NLM_F_DUMP,
		  kernel->seq++, FAMILY_IPV4, 0);
	msg_put(&m, IPSET_ATTR_PROTOCOL, &protocol, sizeof(protocol));
	r = nl_dump(kernel, &m, take_message, sets);
	return r < 0 ? err_errno(err, ERR_RESOURCE, -r, "cannot read the sets of ipset: %s",
				 strerror(-r)) : 0;
}
