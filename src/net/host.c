// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model of a host, and what routing makes of an address: longest prefix, then the smallest
 * metric, the local table in front (net/ipv4/fib_frontend.c, fib_rules.c; rules of policy routing
 * beyond the usual three are not modelled).
 */
#include "net/host.h"

#include <linux/rtnetlink.h>

#include "base/bits.h"

void host_free(struct host *host)
{
	arena_free(&host->arena);
	*host = HOST_INIT;
}

/* ------------------------------------------------------------------ adding */

struct device *host_device(const struct host *host, const char *name)
{
	struct device *d = host->devices;

	while (d && strcmp(d->name, name) != 0)
		d = d->next;
	return d;
}

struct device *host_add_device(struct host *host, const char *name)
{
	struct device *d = arena_alloc(&host->arena, sizeof(*d)), **end = &host->devices;

	strncpy(d->name, name, sizeof(d->name) - 1);
	d->loopback = !strcmp(name, "lo");
	d->ether = !d->loopback;
	d->mtu = d->loopback ? 65536 : 1500;
	d->up = true;
	for (; *end; end = &(*end)->next)
		d->index = (*end)->index;
	d->index++;
	*end = d;
	host->known = true;
	return d;
}

struct device_addr *host_add_addr(struct host *host, struct device *device, enum family family,
				  const union inet_addr *addr, unsigned prefix)
{
	struct device_addr *a = arena_alloc(&host->arena, sizeof(*a)), **end = &host->addrs;

	*a = (struct device_addr){
		.device = device, .family = family, .addr = *addr, .prefix = (uint8_t)prefix,
	};
	while (*end)
		end = &(*end)->next;
	*end = a;
	host->known = true;
	return a;
}

struct route *host_add_route(struct host *host, enum family family, const union inet_addr *dst,
			     unsigned prefix)
{
	struct route *r = arena_alloc(&host->arena, sizeof(*r));

	*r = (struct route){
		.next = host->routes, .family = family, .dst = *dst, .prefix = (uint8_t)prefix,
		.type = RTN_UNICAST, .table = RT_TABLE_MAIN,
	};
	addr_mask_from_prefix(family, prefix, &r->mask);
	addr_apply_mask(&r->dst, &r->mask);
	host->routes = r;
	host->known = true;
	return r;
}

void host_add_neighbour(struct host *host, const struct device *device, enum family family,
			const union inet_addr *addr, const uint8_t mac[6])
{
	struct neighbour *n = arena_alloc(&host->arena, sizeof(*n));

	*n = (struct neighbour){
		.next = host->neighbours, .device = device, .family = family, .addr = *addr,
	};
	memcpy(n->mac, mac, sizeof(n->mac));
	host->neighbours = n;
}

/* ------------------------------------------------------------------ looking up */

const struct neighbour *host_neighbour(const struct host *host, const struct device *device,
				       enum family family, const union inet_addr *addr)
{
	const struct neighbour *n = host->neighbours;

	while (n && (n->device != device || n->family != family ||
		     memcmp(&n->addr, addr, addr_len(family)) != 0))
		n = n->next;
	return n;
}

static bool network_has(enum family family, const union inet_addr *network,
			const union inet_addr *mask, const union inet_addr *addr)
{
	be32 differ = (addr->v6[0] & mask->v6[0]) ^ network->v6[0];

	if (family == FAMILY_IPV6)
		for (unsigned i = 1; i < 4; i++)
			differ |= (addr->v6[i] & mask->v6[i]) ^ network->v6[i];
	return !differ;
}

/* `device` NULL: through any. */
static const struct route *lookup(const struct host *host, enum family family, uint32_t table,
				  const union inet_addr *dst, const struct device *device)
{
	const struct route *best = NULL;

	for (const struct route *r = host->routes; r; r = r->next) {
		if (r->family != family || r->table != table ||
		    !network_has(family, &r->dst, &r->mask, dst) ||
		    (r->device && !r->device->up) || (device && r->device != device))
			continue;
		if (!best || r->prefix > best->prefix ||
		    (r->prefix == best->prefix && r->metric < best->metric))
			best = r;
	}
	return best;
}

bool host_device_source(const struct host *host, enum family family, const struct device *device,
			const union inet_addr *dst, union inet_addr *source)
{
	const struct device_addr *best = NULL;
	bool best_near = false;

	for (const struct device_addr *a = host->addrs; a; a = a->next) {
		union inet_addr subnet = a->addr, mask;
		bool near;

		if (a->family != family || a->device != device)
			continue;
		addr_mask_from_prefix(family, a->prefix, &mask);
		addr_apply_mask(&subnet, &mask);
		/* inet_select_addr(): the first primary one, better one on the same network. */
		near = dst && network_has(family, &subnet, &mask, dst);
		if (!best || (near && !best_near && !a->secondary)) {
			best = a;
			best_near = near;
		}
	}
	if (best)
		*source = best->addr;
	return best != NULL;
}

static const uint32_t tables[] = { RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT };

int host_route_back(const struct host *host, enum family family, const union inet_addr *source,
		    const struct device *device)
{
	const struct route *r = NULL;

	for (size_t i = 0; !r && i < ARRAY_SIZE(tables); i++)
		r = lookup(host, family, tables[i], source,
			   family == FAMILY_IPV6 ? device : NULL);
	/* IPv4 finds a route, and then looks where it leads. */
	return !r || (device && r->device != device) ? -1 : r->type;
}

bool host_route(const struct host *host, enum family family, const union inet_addr *dst,
		struct route_answer *answer)
{
	const struct route *r = NULL;

	for (size_t i = 0; !r && i < ARRAY_SIZE(tables); i++)
		r = lookup(host, family, tables[i], dst, NULL);
	if (!r)
		return false;
	*answer = (struct route_answer){
		.type = r->type, .device = r->device, .source = r->source, .gateway = r->gateway,
		.realm = r->realm, .several = r->several,
	};
	if (r->type == RTN_LOCAL) {
		answer->source = *dst;
		answer->device = host_device(host, "lo");
	} else if (r->device && bytes_are_zero(&r->source, sizeof(r->source))) {
		host_device_source(host, family, r->device,
				   bytes_are_zero(&r->gateway, sizeof(r->gateway)) ? dst :
				   &r->gateway, &answer->source);
	}
	return true;
}

/* __inet_dev_addr_type() of net/ipv4/fib_frontend.c: only the local table is asked. */
static int addr_type4(const struct host *host, const union inet_addr *addr,
		      const struct device *device)
{
	static const union inet_addr all = { .bytes = { 255, 255, 255, 255 } };
	const struct route *r;

	if (!addr->bytes[0] || !memcmp(addr->bytes, all.bytes, 4))
		return RTN_BROADCAST;
	if ((addr->bytes[0] & 0xf0) == 0xe0)
		return RTN_MULTICAST;
	r = lookup(host, FAMILY_IPV4, RT_TABLE_LOCAL, addr, NULL);
	return r && (!device || r->device == device) ? r->type : RTN_UNICAST;
}

/* match_lookup_rt6() of net/netfilter/xt_addrtype.c. */
static int addr_type6(const struct host *host, const union inet_addr *addr,
		      const struct device *device)
{
	struct route_answer answer;

	if (addr->bytes[0] == 0xff)
		return RTN_MULTICAST;
	if (!host_route(host, FAMILY_IPV6, addr, &answer))
		return RTN_UNREACHABLE;
	if (answer.type == RTN_LOCAL && device) {
		const struct route *r = lookup(host, FAMILY_IPV6, RT_TABLE_LOCAL, addr, NULL);

		return r && r->device == device ? RTN_LOCAL : RTN_UNICAST;
	}
	return answer.type;
}

int host_addr_type(const struct host *host, enum family family, const union inet_addr *addr,
		   const struct device *device)
{
	if (!host || !host->known)
		return -1;
	return family == FAMILY_IPV6 ? addr_type6(host, addr, device) :
				       addr_type4(host, addr, device);
}
