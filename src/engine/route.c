// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Routing on a packet's way: here, on, or nowhere, and why. What the caller knows of the outgoing
 * device is taken for routing's answer; without a model of the host nothing else is known.
 */
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "engine/run.h"

static bool nowhere(struct run *run, const char *why)
{
	struct event event = { .kind = EVENT_ROUTE, .why = why };

	run_end(run, FATE_DROPPED, why);
	if (run_is_traced(run))
		run_event(run, &event);
	return false;
}

static void goes_through(struct run *run, const struct device *device, uint32_t realm)
{
	struct meta *meta = run->e.meta;
	struct event event = { .kind = EVENT_ROUTE };

	if (device) {
		memcpy(meta->out, device->name, sizeof(meta->out));
		meta->out_group = device->group;
		meta->known |= KNOWN_OUT;
	}
	meta->realm = realm;
	meta->known |= KNOWN_REALM;
	if (run_is_traced(run))
		run_event(run, &event);
}

static const struct host *known_host(const struct run *run)
{
	const struct host *host = run->engine->config.host;

	return host && host->known ? host : NULL;
}

static const char *route_type_text(uint8_t type)
{
	switch (type) {
	case RTN_BLACKHOLE:
		return "the route is a blackhole";
	case RTN_UNREACHABLE:
		return "the route says unreachable";
	case RTN_PROHIBIT:
		return "the route says prohibited";
	default:
		return "no route";
	}
}

static bool route_is_usable(uint8_t type)
{
	return type == RTN_UNICAST || type == RTN_LOCAL || type == RTN_BROADCAST ||
	       type == RTN_MULTICAST || type == RTN_ANYCAST;
}

bool route_out(struct run *run)
{
	const struct host *host = known_host(run);
	struct route_answer route = { 0 };
	union inet_addr dst = { 0 };

	if (run->routed)
		return true;
	if (!host) {
		run->e.meta->known &= ~(unsigned)KNOWN_OUT;
		return true;
	}
	memcpy(&dst, packet_daddr(run->e.packet), addr_len(run->e.family));
	if (!host_route(host, run->e.family, &dst, &route))
		return nowhere(run, "no route");
	if (!route_is_usable(route.type) || !route.device)
		return nowhere(run, route_type_text(route.type));
	goes_through(run, route.device, route.realm);
	return true;
}

static void copy_way(struct meta *to, const struct meta *from)
{
	memcpy(to->out, from->out, sizeof(to->out));
	to->out_group = from->out_group;
	to->known = (to->known & ~(unsigned)KNOWN_OUT) | (from->known & KNOWN_OUT);
}

bool route_again(struct run *run)
{
	struct meta before = *run->e.meta;

	if (!route_out(run))
		return false;
	copy_way(&run->way, run->e.meta);
	copy_way(run->e.meta, &before);
	run->rerouted = true;
	return true;
}

void route_take(struct run *run)
{
	if (run->rerouted)
		copy_way(run->e.meta, &run->way);
	run->rerouted = false;
}

/* ------------------------------------------------------------------ what has arrived */

static bool is_loopback_v4(const uint8_t *addr)
{
	return addr[0] == 127;
}

static bool is_multicast_v4(const uint8_t *addr)
{
	return (addr[0] & 0xf0) == 0xe0;
}

/*
 * Addresses that no packet from a wire may have: ip_route_input_slow() and fib_validate_source() of
 * net/ipv4. NULL: none of those.
 */
static const char *martian(const struct run *run, const struct host *host)
{
	const uint8_t *src = packet_saddr(run->e.packet), *dst = packet_daddr(run->e.packet);
	const struct device *in = host_device(host, run->e.meta->in);
	union inet_addr source = { 0 }, destination = { 0 };
	bool loopback = in && in->loopback;

	memcpy(&source, src, 4);
	memcpy(&destination, dst, 4);
	if (is_multicast_v4(src) || source.v4 == UINT32_MAX)
		return "its source is a multicast or broadcast address";
	if (destination.v4 == UINT32_MAX || !(source.v4 | destination.v4) || is_multicast_v4(dst))
		return NULL;
	if (src[0] == 0)
		return "its source is in 0.0.0.0/8";
	if (dst[0] == 0)
		return "its destination is in 0.0.0.0/8";
	if (!loopback && (is_loopback_v4(src) || is_loopback_v4(dst)))
		return "it has an address of 127.0.0.0/8, but came from outside";
	if (!loopback && host_addr_type(host, FAMILY_IPV4, &source, NULL) == RTN_LOCAL)
		return "its source is an address of this host";
	return NULL;
}

/* ip6_rcv_core() of net/ipv6/ip6_input.c looks before PREROUTING already; ip6_forward() later. */
static const char *unroutable_v6(const struct run *run)
{
	const uint8_t *src = packet_saddr(run->e.packet);
	static const uint8_t loopback[16] = { [15] = 1 };

	if (bytes_are_zero(src, 16) || src[0] == 0xff || !memcmp(src, loopback, 16))
		return "its source is no address of one host";
	if (src[0] == 0xfe && (src[1] & 0xc0) == 0x80)
		return "its source holds on its own link only";
	return NULL;
}

static enum way_in unknown_way(struct run *run)
{
	run->outcome->fate = FATE_UNKNOWN;
	run->outcome->why = "whether it is for this host is not known";
	run->stopped = true;
	return WAY_NOWHERE;
}

/* The caller says where it goes. */
static enum way_in given_way(struct run *run)
{
	goes_through(run, NULL, run->e.meta->realm);
	return *run->e.meta->out ? WAY_ON : WAY_HERE;
}

static enum way_in local_way(struct run *run, const struct route_answer *route)
{
	run->e.meta->realm = route->realm;
	run->e.meta->known |= KNOWN_REALM;
	goes_through(run, NULL, route->realm);
	return WAY_HERE;
}

enum way_in route_in(struct run *run)
{
	const struct host *host = known_host(run);
	bool four = run->e.family == FAMILY_IPV4;
	struct route_answer route = { 0 };
	union inet_addr dst = { 0 };
	const char *why;

	if (run->routed && !run->looped)
		return given_way(run);
	if (!host)
		return unknown_way(run);
	why = four ? martian(run, host) : NULL;
	if (why) {
		nowhere(run, why);
		return WAY_NOWHERE;
	}
	memcpy(&dst, packet_daddr(run->e.packet), addr_len(run->e.family));
	if (!host_route(host, run->e.family, &dst, &route)) {
		nowhere(run, "no route");
		return WAY_NOWHERE;
	}
	if (!route_is_usable(route.type)) {
		nowhere(run, route_type_text(route.type));
		return WAY_NOWHERE;
	}
	if (route.type != RTN_UNICAST)
		return local_way(run, &route);
	if (!(four ? host->forwards4 : host->forwards6)) {
		nowhere(run, "this host does not forward");
		return WAY_NOWHERE;
	}
	goes_through(run, route.device, route.realm);
	return WAY_ON;
}

/* ------------------------------------------------------------------ sent on */

/*
 * Too long for the next link, and not to be cut: ip_exceeds_mtu() of ip_forward.c, ip6_pkt_too_big()
 * of ip6_output.c, where what was put together from fragments may be cut again.
 */
static bool is_too_long(const struct run *run, uint32_t mtu)
{
	const struct packet *packet = run->e.packet;
	enum { DONT_FRAGMENT = 0x40 };

	if (!mtu || packet->len <= mtu)
		return false;
	if (packet->family == FAMILY_IPV6)
		return !run->gathered;
	return packet->bytes[6] & DONT_FRAGMENT;
}

bool route_forward(struct run *run)
{
	const struct host *host = known_host(run);
	const struct device *out = host ? host_device(host, run->e.meta->out) : NULL;
	uint8_t ttl = packet_ttl(run->e.packet);
	const char *why;

	if (ttl <= 1)
		return nowhere(run, run->e.family == FAMILY_IPV6 ? "its hop limit ran out" :
								   "its time to live ran out");
	why = run->e.family == FAMILY_IPV6 ? unroutable_v6(run) : NULL;
	if (why)
		return nowhere(run, why);
	if (out && is_too_long(run, out->mtu))
		return nowhere(run, "it is too long for the next link, and may not be cut");
	packet_set_ttl(run->e.packet, ttl - 1);
	fields_forget(&run->fields);
	return true;
}
