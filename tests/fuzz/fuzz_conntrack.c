// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of strangers, one after the other, through defragmentation, tracking, NAT and helpers with
 * tables that are soon full. A packet is three bytes that say what is done with it, a length, and its
 * bytes. Nothing may read outside, tables keep to their caps, a confirmed connection is found
 * under both of its tuples, and what was a right packet is one after its translation.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/conntrack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONNECTIONS = 6, EXPECTATIONS = 2, FRAGMENTS = 2, SLACK = 8, PACKET_MOST = 400 };

/* First byte of a packet. */
enum { ANSWERS = 1, LOOKS_ONLY = 2, IS_LOST = 4, HELPED = 8, NO_ROOM = 16, LATER = 32, CUT = 64 };

struct run {
	struct conntrack *ct;
	struct world world;
	uint8_t nat;
	uint32_t drawn;
};

static uint32_t draw(void *context)
{
	struct run *run = context;

	run->drawn = run->drawn * 1103515245 + 12345;
	return run->drawn;
}

/* By the byte: nothing, an address, ports, a network, and how. */
static enum verdict translate(void *context, struct eval *e)
{
	static const unsigned kinds[] = {
		NF_NAT_RANGE_MAP_IPS,
		NF_NAT_RANGE_PROTO_SPECIFIED,
		NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
		NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PERSISTENT,
		NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_NETMAP,
		NF_NAT_RANGE_PROTO_RANDOM_FULLY,
		NF_NAT_RANGE_PROTO_SPECIFIED | NF_NAT_RANGE_PROTO_OFFSET,
	};
	struct run *run = context;
	bool source = e->hook == NF_INET_POST_ROUTING || e->hook == NF_INET_LOCAL_IN;
	unsigned kind = run->nat & 7;
	struct nf_nat_range2 range = { 0 };

	if (kind >= sizeof(kinds) / sizeof(*kinds) || (run->nat & 8 && !source))
		return VERDICT_ACCEPT;
	range.flags = kinds[kind];
	memset(&range.min_addr, 0x0a, sizeof(range.min_addr));
	memset(&range.max_addr, 0x0a, sizeof(range.max_addr));
	if (run->nat & 16)
		((uint8_t *)&range.max_addr)[3] = 0xff;
	range.min_proto.all = htons(1024);
	range.max_proto.all = htons((uint16_t)(1024 + (run->nat & 32)));
	range.base_proto.all = htons(80);
	return conntrack_nat_setup(run->ct, e, &range, source,
				   run->nat & 64 ? NAT_MASQUERADE : NAT_RANGE);
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A zone may hold for one direction only; the other is in zone 0, then. */
static bool is_found(struct run *run, const struct connection *conn, unsigned way)
{
	uint8_t direction;

	return conntrack_lookup(run->ct, &conn->way[way], conn->zone, &direction) ||
	       conntrack_lookup(run->ct, &conn->way[way], 0, &direction);
}

static void check_found(struct run *run, const struct connection *conn)
{
	if (!(conn->status & IPS_CONFIRMED) || (conn->status & IPS_DYING) ||
	    conn->expires <= run->world.now)
		return;
	/* One that lost a race is known by its answers only. */
	if (!(conn->status & BIT(12)))
		must(is_found(run, conn, 0));
	must(is_found(run, conn, 1));
}

static bool each(void *context, struct connection *conn)
{
	check_found(context, conn);
	return true;
}

static void pass(struct run *run, struct packet *packet, uint8_t how, uint8_t zone)
{
	static const struct meta meta = { .in = "eth0", .out = "eth1", .known = KNOWN_IN };
	struct conntrack_template template = { .zone = zone & 1, .zone_dirs = zone >> 1 & 3 };
	struct meta here = meta;
	struct eval e = {
		.packet = packet, .meta = &here, .world = &run->world,
		.family = (enum family)packet->family,
		.hook = how & ANSWERS ? NF_INET_LOCAL_OUT : NF_INET_PRE_ROUTING,
		.simulated = how & LOOKS_ONLY,
	};
	enum verdict verdict;
	bool was_right;

	if (how & HELPED)
		strcpy(template.helper, packet->proto == IPPROTO_UDP ? "tftp" : "ftp");
	if (conntrack_defrag(run->ct, packet, template.zone, run->world.now) != DEFRAG_PASS)
		return;
	was_right = packet_checksum_is_good(packet);
	verdict = conntrack_in(run->ct, &e, &template);
	if (verdict == VERDICT_ACCEPT && run->nat)
		verdict = conntrack_nat(run->ct, &e, translate, run);
	e.hook = how & ANSWERS ? NF_INET_POST_ROUTING : NF_INET_LOCAL_IN;
	if (verdict == VERDICT_ACCEPT && run->nat)
		verdict = conntrack_nat(run->ct, &e, translate, run);
	if (verdict == VERDICT_ACCEPT && !(how & IS_LOST))
		verdict = conntrack_confirm(run->ct, &e);
	if (verdict != VERDICT_ACCEPT || how & IS_LOST)
		conntrack_forget(run->ct, &e);
	else if (was_right && e.ct.conn)
		must(packet_checksum_is_good(packet));
	if (e.ct.conn && !e.simulated)
		check_found(run, e.ct.conn);
}

/* The bytes in memory of exactly their size, or with room to grow. */
static void send_bytes(struct run *run, const uint8_t *bytes, size_t len, const uint8_t how[3])
{
	size_t room = len + (how[0] & NO_ROOM ? 0 : SLACK);
	uint8_t *copy = malloc(room + !room);
	struct packet packet = { 0 };

	memcpy(copy, bytes, len);
	if (packet_parse(&packet, copy, how[0] & CUT ? len - len / 4 : len, room) == PACKET_GOOD)
		pass(run, &packet, how[0], how[1]);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conntrack_limits limits = { CONNECTIONS, EXPECTATIONS, FRAGMENTS };
	struct conntrack_settings settings = CONNTRACK_USUAL;
	const uint8_t *end = data + size;
	struct err err = ERR_INIT;
	struct run run = { .world = { .now = 1000000000000, .random = draw } };

	if (size < 2)
		return 0;
	run.world.context = &run;
	run.nat = data[1];
	must(!conntrack_open(&run.ct, &limits, &err));
	settings.checksum = data[0] & 1;
	settings.tcp_be_liberal = data[0] & 2;
	settings.ftp_loose = data[0] & 4;
	conntrack_set(run.ct, &settings);
	for (data += 2; end - data > 5;) {
		const uint8_t *how = data;
		size_t len = (size_t)data[3] << 8 | data[4];

		data += 5;
		if (len > PACKET_MOST)
			len = PACKET_MOST;
		if (len > (size_t)(end - data))
			len = (size_t)(end - data);
		run.world.now += how[0] & LATER ? how[2] * (uint64_t)1000000000 : 1000000;
		send_bytes(&run, data, len, how);
		data += len;
		must(conntrack_counts(run.ct)->connections <= CONNECTIONS);
		must(conntrack_counts(run.ct)->expectations <= EXPECTATIONS);
	}
	conntrack_each(run.ct, run.world.now, each, &run);
	conntrack_close(&run.ct);
	return 0;
}
