// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The default views of the world (ext/eval.h): chance from a generator of our own, addresses and
 * routes from the model of the host, NAT and tracking from conntrack, memory that uses share. What
 * was not given (sets, sockets, the time of day) stays unknown.
 */
#include "engine/run.h"

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_rpfilter.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "engine/count.h"
#include "engine/sets.h"

/* splitmix64 (Steele, Lea, Flood 2014): no secret, but well spread. */
static uint32_t draw(void *context)
{
	struct engine *engine = context;
	uint64_t z = engine->chance += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

static const struct host *known_host(const struct engine *engine)
{
	const struct host *host = engine->config.host;

	return host && host->known ? host : NULL;
}

static int addr_type(void *context, enum family family, const uint8_t *addr, const char *device)
{
	const struct host *host = known_host(context);
	const struct device *dev = host && device ? host_device(host, device) : NULL;
	union inet_addr a = { 0 };

	if (!host || (device && !dev))
		return -1;
	memcpy(&a, addr, addr_len(family));
	return host_addr_type(host, family, &a, dev);
}

/* ipv6_addr_scope() of an address of one host: link (0x20), else global (0). */
static bool is_link_local(enum family family, const uint8_t *addr)
{
	return family == FAMILY_IPV6 && addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80;
}

/* Packets that pass whatever routes say: they come from nowhere, or never left. */
static bool is_beyond_routes(const struct eval *e, const struct device *in)
{
	static const uint8_t all[4] = { 255, 255, 255, 255 }, local_groups[3] = { 224, 0, 0 };
	const uint8_t *src = packet_saddr(e->packet), *dst = packet_daddr(e->packet);

	if ((in && in->loopback) ||
	    (e->meta->known & KNOWN_PKTTYPE && e->meta->pkttype == PACKET_LOOPBACK))
		return true;
	if (e->family == FAMILY_IPV6)
		return bytes_are_zero(src, 16);
	return !*src && (!memcmp(dst, all, sizeof(all)) ||
			 !memcmp(dst, local_groups, sizeof(local_groups)));
}

/*
 * rpfilter_mt() of ipt_rpfilter.c and ip6t_rpfilter.c, without rules of policy routing. IPv6 minds the
 * device of link-local sources though it be loose.
 */
static enum answer reverse_path(void *context, struct eval *e, unsigned flags)
{
	const struct host *host = known_host(context);
	const struct device *in;
	union inet_addr source = { 0 };
	bool loose = flags & XT_RPFILTER_LOOSE;
	int type;

	if (!host || !(e->meta->known & KNOWN_IN))
		return eval_unknown(e, "the routes of this host are not known");
	in = host_device(host, e->meta->in);
	if (is_beyond_routes(e, in))
		return ANSWER_YES;
	if (!in)
		return eval_unknown(e, "the routes through device %s are not known", e->meta->in);
	memcpy(&source, packet_saddr(e->packet), addr_len(e->family));
	if (is_link_local(e->family, source.bytes))
		loose = false;
	type = host_route_back(host, e->family, &source, loose ? NULL : in);
	return answer_of(type == RTN_UNICAST ||
			 (type == RTN_LOCAL && flags & XT_RPFILTER_ACCEPT_LOCAL));
}

static enum answer is_bridge(void *context, const char *device)
{
	const struct host *host = known_host(context);

	if (!host)
		return ANSWER_UNKNOWN;
	for (const struct device *d = host->devices; d; d = d->next)
		if (!strcmp(d->master, device))
			return ANSWER_YES;
	return ANSWER_NO;
}

/* The way back is that of routing, from no device (tcpmss_reverse_mtu() of xt_TCPMSS.c). */
static int64_t path_mtu(void *context, struct eval *e)
{
	const struct host *host = known_host(context);
	const struct device *out = host && e->meta->known & KNOWN_OUT ?
				   host_device(host, e->meta->out) : NULL;
	union inet_addr source = { 0 };
	struct route_answer back;

	if (!out)
		return -1;
	memcpy(&source, packet_saddr(e->packet), addr_len(e->family));
	if (!host_route(host, e->family, &source, &back) || !back.device ||
	    back.device->mtu > out->mtu)
		return out->mtu;
	return back.device->mtu;
}

/* ------------------------------------------------------------------ shared memory */

static void *shared(void *context, const char *kind, const char *name, size_t size)
{
	struct engine *engine = context;
	uint64_t hash = hash_bytes(name, strlen(name)) ^ hash_bytes(kind, strlen(kind)) << 1;
	struct shared **slot = &engine->shared[hash % SHARED_SLOTS];
	struct shared *made;

	for (struct shared *s = *slot; s; s = s->next)
		if (s->size == size && !strcmp(s->kind, kind) && !strcmp(s->name, name))
			return s->memory;
	if (engine->shared_count == SHARED_MOST)
		return NULL;
	engine->shared_count++;
	made = arena_alloc(&engine->arena, sizeof(*made));
	*made = (struct shared){
		.next = *slot, .kind = arena_strdup(&engine->arena, kind),
		.name = arena_strdup(&engine->arena, name), .size = size,
		.memory = arena_alloc(&engine->arena, size),
	};
	*slot = made;
	return made->memory;
}

/* ------------------------------------------------------------------ targets */

/*
 * nf_nat_masquerade_ipv4/6(): the address of the device the packet leaves through, by the next hop.
 * A packet that has no source yet is let alone.
 */
static bool masquerade_addr(const struct engine *engine, struct eval *e, union inet_addr *addr)
{
	const struct host *host = known_host(engine);
	const struct device *out = host ? host_device(host, e->meta->out) : NULL;
	struct route_answer route;
	union inet_addr next = { 0 };

	if (!out)
		return false;
	memcpy(&next, packet_daddr(e->packet), addr_len(e->family));
	if (e->family == FAMILY_IPV4 && host_route(host, e->family, &next, &route) &&
	    !bytes_are_zero(&route.gateway, sizeof(route.gateway)))
		next = route.gateway;
	return host_device_source(host, e->family, out, &next, addr);
}

/*
 * nf_nat_redirect_ipv4/6(): the loopback address for what is made here, else the first address of the
 * device the packet came from (IPv6: one of the destination's scope).
 */
static bool redirect_addr(const struct engine *engine, struct eval *e, union inet_addr *addr)
{
	const struct host *host = known_host(engine);
	bool link = is_link_local(e->family, packet_daddr(e->packet));

	*addr = (union inet_addr){ 0 };
	if (e->hook == NF_INET_LOCAL_OUT) {
		if (e->family == FAMILY_IPV6)
			addr->bytes[15] = 1;
		else
			addr->v4 = htonl(INADDR_LOOPBACK);
		return true;
	}
	if (!host)
		return false;
	for (const struct device_addr *a = host->addrs; a; a = a->next)
		if (a->family == e->family && a->device && !strcmp(a->device->name, e->meta->in) &&
		    (!link || is_link_local(a->family, a->addr.bytes))) {
			*addr = a->addr;
			return true;
		}
	return false;
}

static enum verdict nat(void *context, struct eval *e, const struct nf_nat_range2 *range,
			bool source, enum nat_how how)
{
	struct engine *engine = context;
	struct nf_nat_range2 filled = *range;
	union inet_addr addr = { 0 };
	bool found = true;

	if (how == NAT_MASQUERADE)
		found = masquerade_addr(engine, e, &addr);
	else if (how == NAT_REDIRECT)
		found = redirect_addr(engine, e, &addr);
	if (!found && known_host(engine))
		return VERDICT_DROP;
	if (how != NAT_RANGE && found) {
		filled.flags |= NF_NAT_RANGE_MAP_IPS;
		memcpy(&filled.min_addr, &addr, sizeof(addr));
		memcpy(&filled.max_addr, &addr, sizeof(addr));
	}
	if (engine->run->input->fixed)
		return VERDICT_ACCEPT;
	return conntrack_nat_setup(engine->ct, e, &filled, source, how);
}

static void reject(void *context, struct eval *e, unsigned type, unsigned code)
{
	struct engine *engine = context;

	engine->run->reject_type = type;
	engine->run->reject_code = code;
	if (type == NFT_REJECT_TCP_RST && !engine->run->input->fixed)
		conntrack_reset_sent(engine->ct, e);
}

static bool track(void *context, struct eval *e, bool notrack, uint16_t zone, unsigned dirs,
		  const char *helper)
{
	struct engine *engine = context;
	struct conntrack_template *template = &engine->run->template;

	(void)e;
	if (template->is_set)
		return true;
	template->is_set = true;
	template->notrack = notrack;
	template->zone = zone;
	template->zone_dirs = (uint8_t)dirs;
	memset(template->helper, 0, sizeof(template->helper));
	if (helper)
		strncpy(template->helper, helper, sizeof(template->helper) - 1);
	return true;
}

static void queue(void *context, struct eval *e, unsigned number, unsigned flags)
{
	struct engine *engine = context;

	(void)e;
	engine->run->queue = (uint16_t)number;
	engine->run->bypass = flags & NFQ_FLAG_BYPASS;
}

static int64_t count_connections(void *context, struct eval *e, const void *key, size_t key_len,
				 void *state)
{
	struct engine *engine = context;

	return counting_count(&engine->counting, engine->ct, e, key, key_len, state);
}

static enum answer set_has(void *context, struct eval *e, const struct set_use *use,
			   struct set_found *found)
{
	struct engine *engine = context;

	return sets_have(engine->sets, e, use, found);
}

static bool set_change(void *context, struct eval *e, const struct set_use *use, bool add)
{
	struct engine *engine = context;

	return sets_change(engine->sets, e, use, add);
}

void world_init(struct engine *engine)
{
	if (getrandom(&engine->chance, sizeof(engine->chance), GRND_NONBLOCK) < 0)
		engine->chance = (uint64_t)(uintptr_t)engine;
	engine->world = (struct world){
		.context = engine, .random = draw, .addr_type = addr_type,
		.reverse_path = reverse_path, .is_bridge = is_bridge,
		.path_mtu = path_mtu, .shared = shared, .nat = nat,
		.reject = reject, .track = track, .queue = queue,
		.count_connections = count_connections,
	};
	if (!engine->config.sets)
		return;
	engine->sets = sets_open(engine->config.sets);
	engine->world.set_has = set_has;
	engine->world.set_change = set_change;
}
