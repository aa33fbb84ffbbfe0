// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the sender of a packet that is not taken is told: resets with the numbers it waits for, ICMP
 * errors that quote it, and to whom nothing is said. And datagrams that are cut into fragments:
 * they fit, and put together they are what they were.
 */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sink.h"
#include "engine/conntrack.h"
#include "net/answer.h"
#include "net/cut.h"

enum { ROOM = 4096, SYN = 2, RST = 4, ACK = 0x10 };

#define V4 FAMILY_IPV4
#define V6 FAMILY_IPV6

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void address(enum family family, const char *text, union inet_addr *addr)
{
	assert_true(addr_parse(family, text, addr));
}

/* From 192.0.2.9 or 2001:db8::9 to 198.51.100.1 or 2001:db8:1::1. */
static struct packet_spec usual(enum family family, uint8_t proto)
{
	struct packet_spec spec = { .family = family, .proto = proto, .sport = 4000, .dport = 25 };

	address(family, family == V6 ? "2001:db8::9" : "192.0.2.9", &spec.saddr);
	address(family, family == V6 ? "2001:db8:1::1" : "198.51.100.1", &spec.daddr);
	return spec;
}

/* It goes back, whole and with right checksums. */
static void check_answer(const struct packet *answer, int len, const struct packet *to)
{
	struct packet again = { 0 };

	assert_true(len > 0);
	assert_int_equal(packet_parse(&again, answer->bytes, (size_t)len, ROOM), PACKET_GOOD);
	assert_true(packet_checksum_is_good(&again));
	assert_memory_equal(packet_daddr(&again), packet_saddr(to), addr_len(to->family));
}

/* ------------------------------------------------------------------ resets */

/* RFC 9293 3.10.7.1: what a closed port answers. */
static const struct reset_row {
	uint8_t flags;
	uint32_t seq, ack, payload;
	uint8_t answer;		/* flags; 0: none */
	uint32_t number;	/* seq of it, or what it acknowledges */
} reset_rows[] = {
	{ SYN, 1000, 0, 0, RST | ACK, 1001 },
	{ SYN | ACK, 1000, 77, 0, RST, 77 },
	{ ACK, 1000, 77, 10, RST, 77 },
	{ 0, 1000, 0, 10, RST | ACK, 1010 },
	{ 1, 1000, 0, 10, RST | ACK, 1011 },
	{ SYN, 0xffffffff, 0, 0, RST | ACK, 0 },
	{ RST, 1000, 0, 0, 0, 0 },
	{ RST | ACK, 1000, 77, 0, 0, 0 },
};

static void reset(enum family family, const struct reset_row *row)
{
	static const uint8_t payload[16];
	uint8_t bytes[ROOM], out[ROOM];
	struct packet_spec spec = usual(family, IPPROTO_TCP);
	struct packet packet, answer;
	const uint8_t *h;
	int len;

	spec.tcp_flags = row->flags;
	spec.seq = row->seq;
	spec.ack = row->ack;
	spec.payload = payload;
	spec.payload_len = row->payload;
	assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
	len = answer_reset(&answer, &packet, out, ROOM);
	if (!row->answer) {
		assert_int_equal(len, -ENOMSG);
		return;
	}
	check_answer(&answer, len, &packet);
	h = packet_transport(&answer, 20);
	assert_non_null(h);
	assert_int_equal(h[13], row->answer);
	assert_int_equal(load32(h + (row->answer & ACK ? 8 : 4)), row->number);
	assert_int_equal(h[14] | h[15], 0);
	assert_int_equal(h[0] << 8 | h[1], 25);
	assert_int_equal(h[2] << 8 | h[3], 4000);
}

static void resets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(reset_rows); i++) {
		reset(V4, &reset_rows[i]);
		reset(V6, &reset_rows[i]);
	}
}

/* ------------------------------------------------------------------ ICMP errors */

static void errors_quote(void **state)
{
	static const struct { enum family family; uint32_t payload, len; } rows[] = {
		/* RFC 1812: 576 bytes at most; RFC 4443: 1280. */
		{ V4, 10, 20 + 8 + 38 }, { V4, 2000, 576 }, { V6, 10, 40 + 8 + 58 },
		{ V6, 2000, 1280 },
	};
	static const uint8_t payload[2000];
	uint8_t bytes[ROOM], out[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct packet_spec spec = usual(rows[i].family, IPPROTO_UDP);
		uint32_t network = rows[i].family == V6 ? 40 : 20;
		struct packet packet, answer;
		union inet_addr own;
		int len;

		address(rows[i].family, rows[i].family == V6 ? "fd00::1" : "10.0.0.1", &own);
		spec.payload = payload;
		spec.payload_len = rows[i].payload;
		assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
		len = answer_unreachable(&answer, &packet, 3, &own, out, ROOM);
		check_answer(&answer, len, &packet);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(packet_saddr(&answer), &own, addr_len(rows[i].family));
		assert_int_equal(out[network], rows[i].family == V6 ? 1 : 3);
		assert_int_equal(out[network + 1], 3);
		assert_memory_equal(out + network + 8, bytes, (size_t)len - network - 8);
		len = answer_too_big(&answer, &packet, 1400, &own, out, ROOM);
		check_answer(&answer, len, &packet);
		assert_int_equal(load32(out + network + 4), 1400);
		len = answer_expired(&answer, &packet, &own, out, ROOM);
		check_answer(&answer, len, &packet);
		assert_int_equal(out[network], rows[i].family == V6 ? 3 : 11);
	}
}

/* To whom nothing is said. */
static const struct silent_row {
	enum family family;
	const char *from, *to;
	uint8_t proto, type;
	uint16_t fragment;
	bool is_bad;
} silent_rows[] = {
	{ V4, "0.0.0.0", "198.51.100.1", IPPROTO_UDP, 0, 0, false },
	{ V4, "192.0.2.9", "224.0.0.1", IPPROTO_UDP, 0, 0, false },
	{ V4, "192.0.2.9", "255.255.255.255", IPPROTO_UDP, 0, 0, false },
	{ V4, "240.0.0.1", "198.51.100.1", IPPROTO_UDP, 0, 0, false },
	{ V6, "::", "2001:db8:1::1", IPPROTO_UDP, 0, 0, false },
	{ V6, "2001:db8::9", "ff02::1", IPPROTO_UDP, 0, 0, false },
	{ V6, "ff02::1", "2001:db8::9", IPPROTO_UDP, 0, 0, false },
	/* Errors about errors; a later fragment; a wrong checksum. */
	{ V4, "192.0.2.9", "198.51.100.1", IPPROTO_ICMP, 3, 0, false },
	{ V4, "192.0.2.9", "198.51.100.1", IPPROTO_ICMP, 200, 0, false },
	{ V6, "2001:db8::9", "2001:db8:1::1", IPPROTO_ICMPV6, 1, 0, false },
	{ V4, "192.0.2.9", "198.51.100.1", IPPROTO_UDP, 0, 8, false },
	{ V6, "2001:db8::9", "2001:db8:1::1", IPPROTO_UDP, 0, 8, false },
	{ V4, "192.0.2.9", "198.51.100.1", IPPROTO_UDP, 0, 0, true },
	{ V6, "2001:db8::9", "2001:db8:1::1", IPPROTO_TCP, 0, 0, true },
};

static void nobody_is_told(void **state)
{
	static const uint8_t payload[32] = { 1, 2, 3 };
	uint8_t bytes[ROOM], out[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(silent_rows); i++) {
		const struct silent_row *row = &silent_rows[i];
		struct packet_spec spec = usual(row->family, row->proto);
		struct packet packet, answer;
		union inet_addr own;

		address(row->family, row->from, &spec.saddr);
		address(row->family, row->to, &spec.daddr);
		address(row->family, row->family == V6 ? "fd00::1" : "10.0.0.1", &own);
		spec.icmp_type = row->type;
		spec.fragment = row->fragment;
		spec.payload = payload;
		spec.payload_len = sizeof(payload);
		assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
		bytes[packet.len - 1] ^= row->is_bad;
		assert_int_equal(answer_unreachable(&answer, &packet, 0, &own, out, ROOM), -ENOMSG);
		assert_int_equal(answer_expired(&answer, &packet, &own, out, ROOM), -ENOMSG);
		assert_int_equal(answer_reset(&answer, &packet, out, ROOM), -ENOMSG);
	}
	/* But to a ping. */
	{
		struct packet_spec spec = usual(V4, IPPROTO_ICMP);
		struct packet packet, answer;
		union inet_addr own = { 0 };

		spec.icmp_type = 8;
		assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
		check_answer(&answer, answer_unreachable(&answer, &packet, 0, &own, out, ROOM),
			     &packet);
	}
}

/* ------------------------------------------------------------------ fragments */

struct pieces {
	struct conntrack *ct;
	struct packet whole;
	uint8_t bytes[ROOM];
	uint32_t mtu, count, stop_at;
	bool is_whole;
};

static int take_piece(void *context, const struct packet *piece)
{
	struct pieces *p = context;

	assert_true(piece->len <= p->mtu && piece->is_fragment);
	if (++p->count == p->stop_at)
		return -ENOBUFS;
	memcpy(p->bytes, piece->bytes, piece->len);
	assert_int_equal(packet_parse(&p->whole, p->bytes, piece->len, ROOM), PACKET_GOOD);
	p->is_whole = conntrack_defrag(p->ct, &p->whole, 0, 1) == DEFRAG_PASS;
	return 0;
}

static void cut_and_gathered(void **state)
{
	static const struct { enum family family; uint32_t payload, mtu, count; } rows[] = {
		{ V4, 1000, 68, 21 }, { V4, 1000, 576, 2 }, { V4, 2000, 1500, 2 },
		{ V6, 2000, 1280, 2 }, { V6, 3900, 1280, 4 }, { V6, 1232 + 8, 1280, 2 },
	};
	static uint8_t bytes[ROOM], buf[ROOM], payload[ROOM];
	struct conntrack_limits limits = { 8, 8, 4 };
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7 + (i >> 8));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct packet_spec spec = usual(rows[i].family, IPPROTO_UDP);
		static struct pieces pieces;
		struct packet packet;

		pieces = (struct pieces){ .mtu = rows[i].mtu };
		assert_int_equal(conntrack_open(&pieces.ct, &limits, &err), 0);
		spec.payload = payload;
		spec.payload_len = rows[i].payload;
		spec.fragment_id = 9;
		assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
		assert_int_equal(packet_cut(&packet, rows[i].mtu, 9, buf, sizeof(buf), take_piece,
					    &pieces), 0);
		assert_int_equal(pieces.count, rows[i].count);
		assert_true(pieces.is_whole);
		assert_int_equal(pieces.whole.len, packet.len);
		assert_true(packet_checksum_is_good(&pieces.whole));
		assert_memory_equal(pieces.whole.bytes + pieces.whole.transport,
				    bytes + packet.transport, packet.len - packet.transport);
		conntrack_close(&pieces.ct);
		/* Who cannot send one need not try the others. */
		pieces = (struct pieces){ .mtu = rows[i].mtu, .stop_at = 1 };
		assert_int_equal(packet_cut(&packet, rows[i].mtu, 9, buf, sizeof(buf), take_piece,
					    &pieces), -ENOBUFS);
		assert_int_equal(pieces.count, 1);
		assert_int_equal(packet_cut(&packet, 20, 9, buf, sizeof(buf), take_piece, &pieces),
				 -EMSGSIZE);
	}
}

static int print_piece(void *context, const struct packet *piece)
{
	sink_printf(context, "%u-%u%s ", piece->fragment,
		    piece->fragment + piece->len - piece->transport,
		    piece->more_fragments ? "+" : "");
	return 0;
}

/* A router may cut what is a fragment already: the places add up. */
static void fragments_are_cut(void **state)
{
	static const struct { enum family family; uint16_t at; bool more; const char *pieces; }
	rows[] = {
		{ V4, 0, true, "0-48+ 48-96+ 96-120+ " },
		{ V4, 800, true, "800-848+ 848-896+ 896-920+ " },
		{ V4, 800, false, "800-848+ 848-896+ 896-920 " }, { V4, 65528, true, NULL },
		{ V6, 800, false, NULL },
	};
	static const uint8_t payload[120];
	uint8_t bytes[ROOM], buf[ROOM];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct packet_spec spec = usual(rows[i].family, IPPROTO_UDP);
		AUTO_SINK pieces = SINK_MEMORY;
		struct packet packet;
		int r;

		spec.fragment = rows[i].at;
		spec.more_fragments = rows[i].more;
		spec.payload = payload;
		spec.payload_len = sizeof(payload) - (rows[i].at ? 0 : 8);
		assert_true(packet_build(&packet, &spec, bytes, ROOM) > 0);
		r = packet_cut(&packet, 68, 9, buf, sizeof(buf), print_piece, &pieces);
		assert_int_equal(r, rows[i].pieces ? 0 : -EMSGSIZE);
		if (rows[i].pieces)
			assert_string_equal(sink_text(&pieces), rows[i].pieces);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resets),
		cmocka_unit_test(errors_quote),
		cmocka_unit_test(nobody_is_told),
		cmocka_unit_test(cut_and_gathered),
		cmocka_unit_test(fragments_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
