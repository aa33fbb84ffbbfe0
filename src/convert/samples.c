// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets at the boundaries of rules: the ends of each range and what lies next to them. Around a
 * packet that fits a row one thing at a time is another one; then everything is mixed by chance,
 * which begins the same each time.
 */
#include "convert/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/vec.h"

enum { OTHER_PROTO = 47, FIRST_PORT = 1024 };
enum { INSIDE = 0xc6120001, OUTSIDE = 0xc6336401 };	/* 198.18.0.1, 198.51.100.1 */

static const uint8_t tcp_flags[] = {
	FLAG_SYN, FLAG_SYN | FLAG_ACK, FLAG_ACK, FLAG_RST, FLAG_SYN | FLAG_RST, 1, 1 | FLAG_ACK, 0,
};

static void pool_add(struct pool *pool, uint32_t value)
{
	for (size_t i = 0; i < pool->values.count; i++)
		if (pool->values.items[i] == value)
			return;
	VEC_PUSH(&pool->values, value);
}

void samples_free(struct samples *s)
{
	free(s->addrs.values.items);
	free(s->ports.values.items);
	free(s->protos.values.items);
	free(s->types.values.items);
	arena_free(&s->arena);
}

/* ------------------------------------------------------------------ values */

static uint32_t host_order(const union inet_addr *addr)
{
	return be32toh(addr->v4);
}

/* The ends of a network and the addresses beside them. */
static size_t addrs_of(const struct network *net, uint32_t addrs[4])
{
	uint32_t low = host_order(&net->addr) & host_order(&net->mask);
	uint32_t high = low | ~host_order(&net->mask);

	if (network_is_any(net))
		return 0;
	addrs[0] = low;
	addrs[1] = high;
	addrs[2] = low - 1;
	addrs[3] = high + 1;
	return 4;
}

static uint32_t addr_in(const struct network *net, bool inverted, uint32_t otherwise)
{
	uint32_t addrs[4];

	if (!addrs_of(net, addrs))
		return otherwise;
	/* Not the first one of a network: that is its name. */
	return inverted ? addrs[3] : addrs[0] == addrs[1] ? addrs[0] : addrs[0] + 1;
}

/* ------------------------------------------------------------------ devices */

static void name_device(struct samples *s, const char *name)
{
	char text[IFNAMSIZ];
	size_t len = strlen(name);
	bool wild = len && name[len - 1] == '+';

	if (!len || !strcmp(name, "+") || s->device_count == DEVICES_MOST)
		return;
	snprintf(text, sizeof(text), "%.*s%s", (int)(wild ? len - 1 : len), name, wild ? "0" : "");
	for (int i = 0; i < s->device_count; i++)
		if (!strcmp(s->devices[i], text))
			return;
	memcpy(s->devices[s->device_count++], text, IFNAMSIZ);
}

static bool is_own(const struct samples *s, uint32_t addr)
{
	for (int i = 0; i < s->device_count; i++)
		if (s->own[i] == addr)
			return true;
	for (int i = 0; i < s->other_count; i++)
		if (s->others[i] == addr)
			return true;
	return false;
}

static void add_own(struct samples *s, const struct network *net, bool inverted)
{
	uint32_t addr = addr_in(net, inverted, 0);
	bool usable = addr >> 24 && addr >> 24 != 127 && addr >> 28 < 14;

	if (usable && !is_own(s, addr) && s->other_count < OTHERS_MOST)
		s->others[s->other_count++] = addr;
}

static void take_own(struct samples *s, const struct rows *rows)
{
	const struct row_chain *input = rows_chain(rows, "input"), *output =
		rows_chain(rows, "output");

	for (const struct row *r = input->first; r; r = r->next)
		add_own(s, &r->dst, r->invert & INVERT_DST);
	for (const struct row *r = output->first; r; r = r->next)
		add_own(s, &r->src, r->invert & INVERT_SRC);
}

void samples_name_devices(struct samples *s, const struct rows *rows)
{
	for (const struct row_chain *c = rows->first; c; c = c->next)
		for (const struct row *r = c->first; r; r = r->next)
			if (s->device_count < DEVICES_MOST - 2 && strcmp(r->device, "lo") != 0)
				name_device(s, r->device);
	name_device(s, "other0");
	if (s->device_count == 1)
		name_device(s, "other1");
	for (int i = 0; i < s->device_count; i++)
		s->own[i] = INSIDE + ((uint32_t)i << 8);
	take_own(s, rows);
}

static size_t ports_of(const struct side *side, uint16_t ports[4 * OLD_PORTS_MOST])
{
	size_t n = 0;

	for (unsigned i = 0; i < side->count; i++) {
		ports[n++] = side->ranges[i].low;
		ports[n++] = side->ranges[i].high;
		ports[n++] = (uint16_t)(side->ranges[i].low - 1);
		ports[n++] = (uint16_t)(side->ranges[i].high + 1);
	}
	return n;
}

static uint16_t port_in(const struct side *side, uint16_t otherwise)
{
	if (!side->count)
		return otherwise;
	return side->inverted ? (uint16_t)(side->ranges[0].high + 1) : side->ranges[0].low;
}

/* What is forwarded: to a port of an address, or to this host (what is marked is among the rest). */
static struct sample forwarded(const struct samples *s, const struct rule *rule)
{
	const struct use *use = old_find(rule, OLD_PORTS);
	const struct old_ports *ports = use ? use->data : NULL;
	uint32_t to = host_order(&rule->head.dst.addr);

	return (struct sample){
		.src = OUTSIDE, .dst = to ? to : s->own[0],
		.proto = ports ? rule->head.proto : PROTO_TCP, .sport = 40000,
		.dport = ports ? ports->dst[0] : 80, .flags = FLAG_SYN, .in = 0,
		.out = s->device_count - 1,
	};
}

static void fill_pools(struct samples *s, const struct rows *rows)
{
	static const uint32_t usual[] = { PROTO_TCP, PROTO_UDP, PROTO_ICMP, OTHER_PROTO };
	uint16_t ports[4 * OLD_PORTS_MOST];
	uint32_t addrs[4];

	for (const struct row_chain *c = rows->first; c; c = c->next)
		for (const struct row *r = c->first; r; r = r->next) {
			bool icmp = r->proto == PROTO_ICMP;

			for (int side = 0; side < 2; side++) {
				size_t n = addrs_of(side ? &r->dst : &r->src, addrs);

				while (n)
					pool_add(&s->addrs, addrs[--n]);
				n = ports_of(&r->ports[side], ports);
				while (n--)
					pool_add(icmp ? &s->types : &s->ports,
						 icmp ? (uint8_t)ports[n] : ports[n]);
			}
			if (r->proto)
				pool_add(&s->protos, r->proto);
		}
	for (size_t i = 0; i < rows->forward_count; i++) {
		struct sample sample = forwarded(s, rows->forwards[i]);

		pool_add(&s->addrs, sample.dst);
		pool_add(&s->ports, sample.dport);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		pool_add(&s->protos, usual[i]);
	for (int i = 0; i < s->device_count; i++) {
		pool_add(&s->addrs, s->own[i]);
		pool_add(&s->addrs, s->own[i] + 8);
	}
	for (int i = 0; i < s->other_count; i++)
		pool_add(&s->addrs, s->others[i]);
	pool_add(&s->addrs, OUTSIDE);
	pool_add(&s->ports, FIRST_PORT);
	pool_add(&s->ports, 25);
	pool_add(&s->types, 0);
	pool_add(&s->types, 3);
	pool_add(&s->types, 8);
}

/* ------------------------------------------------------------------ around a row */

bool samples_is_martian(uint32_t addr, bool source)
{
	uint32_t first = addr >> 24;

	return !first || first == 127 || (source && first >= 224);
}

/* What is made here has an address of this host, what arrives has not: it would go nowhere. */
static bool give(struct samples *s, const struct sample *sample)
{
	struct sample one = *sample;

	if (one.in >= 0 &&
	    (samples_is_martian(one.src, true) || samples_is_martian(one.dst, false)))
		return true;
	if (one.in < 0 && !is_own(s, one.src))
		one.src = s->own[one.out];
	else if (one.in >= 0 && is_own(s, one.src))
		one.src = s->own[one.in] + 9;
	return s->each(s->context, &one);
}

static int device_in(const struct samples *s, const struct row *r, int otherwise)
{
	for (int i = 0; r->device[0] && i < s->device_count; i++)
		if (old_device_fits(r->device, s->devices[i]) != !!(r->invert & INVERT_IN))
			return i;
	return otherwise;
}

static uint8_t flags_in(const struct row *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(tcp_flags); i++)
		if (((tcp_flags[i] & r->flag_mask) == r->flags) != r->flags_inverted)
			return tcp_flags[i];
	return FLAG_SYN;
}

/* A packet that fits, on a way where the chain sees it. */
static struct sample fitting(const struct samples *s, const struct row *r, bool arriving)
{
	struct sample sample = {
		.proto = r->invert & INVERT_PROTO ? (r->proto == PROTO_UDP ? PROTO_TCP : PROTO_UDP)
			 : r->proto ? r->proto : PROTO_TCP,
		.sport = port_in(&r->ports[0], 40000), .dport = port_in(&r->ports[1], 80),
		.flags = r->flag_mask ? flags_in(r) : FLAG_SYN,
		.type = (uint8_t)port_in(&r->ports[0], 8),
		.code = (uint8_t)port_in(&r->ports[1], 0),
	};
	int other = s->device_count - 1;

	sample.in = arriving ? device_in(s, r, other) : other;
	sample.out = arriving ? (sample.in ? 0 : other) : device_in(s, r, 0);
	sample.src = addr_in(&r->src, r->invert & INVERT_SRC, s->own[sample.in] + 9);
	sample.dst = addr_in(&r->dst, r->invert & INVERT_DST, OUTSIDE);
	return sample;
}

static bool vary_addrs(struct samples *s, const struct row *r, const struct sample *base)
{
	uint32_t addrs[4];
	size_t n = addrs_of(&r->src, addrs);
	struct sample one = *base;

	for (size_t i = 0; i < n; i++) {
		one.src = addrs[i];
		if (!give(s, &one))
			return false;
	}
	one = *base;
	n = addrs_of(&r->dst, addrs);
	for (size_t i = 0; i < n; i++) {
		one.dst = addrs[i];
		if (!give(s, &one))
			return false;
	}
	for (int i = 0; i < s->device_count; i++) {
		one.dst = s->own[i];
		if (!give(s, &one))
			return false;
	}
	return true;
}

static bool vary_ports(struct samples *s, const struct row *r, const struct sample *base)
{
	uint16_t ports[4 * OLD_PORTS_MOST];
	struct sample one;

	for (int side = 0; side < 2; side++) {
		size_t n = ports_of(&r->ports[side], ports);

		one = *base;
		while (n--) {
			*(side ? &one.dport : &one.sport) = ports[n];
			*(side ? &one.code : &one.type) = (uint8_t)ports[n];
			if (!give(s, &one))
				return false;
		}
	}
	return true;
}

static bool vary_rest(struct samples *s, const struct sample *base)
{
	struct sample one = *base;

	for (size_t i = 0; i < ARRAY_SIZE(tcp_flags) && one.proto == PROTO_TCP; i++) {
		one.flags = tcp_flags[i];
		if (!give(s, &one))
			return false;
	}
	one = *base;
	for (size_t i = 0; i < s->protos.values.count; i++) {
		one.proto = (uint8_t)s->protos.values.items[i];
		if (!give(s, &one))
			return false;
	}
	one = *base;
	for (int i = 0; i < s->device_count; i++) {
		one.in = i;
		if (!give(s, &one))
			return false;
	}
	one = *base;
	for (int i = 0; i < s->device_count; i++) {
		one.out = i;
		if (!give(s, &one))
			return false;
	}
	return true;
}

static bool around(struct samples *s, const struct row *r, const struct sample *base)
{
	return give(s, base) && vary_addrs(s, r, base) && vary_ports(s, r, base) &&
	       vary_rest(s, base);
}

static bool around_row(struct samples *s, const struct row_chain *c, const struct row *r)
{
	bool arrives = strcmp(c->name, "forward") && strcmp(c->name, "output");
	bool leaves = strcmp(c->name, "input");
	struct sample base = fitting(s, r, true);

	if (arrives && !around(s, r, &base))
		return false;
	base = fitting(s, r, false);
	if (leaves && !around(s, r, &base))
		return false;
	/* Made here. */
	base.in = -1;
	return !leaves || around(s, r, &base);
}

/* ------------------------------------------------------------------ mixed */

/* xorshift64*: Marsaglia, "Xorshift RNGs". */
static uint32_t chance(struct samples *s, size_t below)
{
	s->chance ^= s->chance >> 12;
	s->chance ^= s->chance << 25;
	s->chance ^= s->chance >> 27;
	return (uint32_t)((s->chance * 0x2545f4914f6cdd1d) >> 33) % (uint32_t)below;
}

static uint32_t any_of(struct samples *s, const struct pool *pool)
{
	return pool->values.items[chance(s, pool->values.count)];
}

static bool mix(struct samples *s)
{
	struct sample one = {
		.src = any_of(s, &s->addrs), .dst = any_of(s, &s->addrs),
		.proto = (uint8_t)any_of(s, &s->protos), .sport = (uint16_t)any_of(s, &s->ports),
		.dport = (uint16_t)any_of(s, &s->ports), .type = (uint8_t)any_of(s, &s->types),
		.code = (uint8_t)any_of(s, &s->types),
		.flags = tcp_flags[chance(s, ARRAY_SIZE(tcp_flags))],
		.in = (int)chance(s, (size_t)s->device_count + 1) - 1,
		.out = (int)chance(s, (size_t)s->device_count),
	};

	return give(s, &one);
}

void samples_make(struct samples *s, const struct rows *rows)
{
	s->chance = 20000;
	fill_pools(s, rows);
	for (size_t i = 0; i < rows->forward_count; i++) {
		struct sample sample = forwarded(s, rows->forwards[i]);

		for (sample.in = 0; sample.in < s->device_count; sample.in++)
			if (!give(s, &sample))
				return;
	}
	for (const struct row_chain *c = rows->first; c; c = c->next)
		for (const struct row *r = c->first; r; r = r->next)
			if (!around_row(s, c, r))
				return;
	while (mix(s))
		;
}
