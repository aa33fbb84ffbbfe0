// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fragments: what becomes of each, in the order in which they come. "8-16+" are the bytes 8 to 16 of a
 * datagram's payload, with more to follow; "8-16:2" has that ECN codepoint; "@31" lets seconds go by.
 * The outcomes are those of Linux 6.18: "held", "no" (dropped, with what waited or alone), or the
 * length of the packet that goes on.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/conntrack.h"

enum { ROOM = 1024, HEADER6 = 40, FRAGMENT_HEADER = 8 };

static const uint64_t second = 1000000000;

static const struct row {
	enum family family;
	const char *fragments, *outcomes;
} rows[] = {
	/* In any order, twice, alone. */
	{ FAMILY_IPV4, "0-8+ 8-16+ 16-20", "held held 40" },
	{ FAMILY_IPV4, "16-20 8-16+ 0-8+", "held held 40" },
	{ FAMILY_IPV6, "0-8+ 8-16+ 16-20", "held held 60" },
	{ FAMILY_IPV6, "16-20 8-16+ 0-8+", "held held 60" },
	{ FAMILY_IPV4, "0-8+ 0-8+ 8-16", "held held 36" },
	{ FAMILY_IPV6, "0-8+ 0-8+ 8-16", "held held 56" },
	{ FAMILY_IPV6, "0-20", "60" },
	{ FAMILY_IPV4, "0-20", "40" },
	/* Part of what is there already is a duplicate only within one run (inet_frag_queue_insert). */
	{ FAMILY_IPV4, "0-8+ 8-24+ 0-16+ 24-30", "held held held 50" },
	/* An overlap kills the datagram, and what comes later begins another one. */
	{ FAMILY_IPV4, "0-16+ 8-24 16-24", "held no held" },
	{ FAMILY_IPV6, "0-16+ 8-24 16-24", "held no held" },
	/* Ends that contradict each other. */
	{ FAMILY_IPV4, "8-16 0-8+ 0-24", "held 36 44" },
	{ FAMILY_IPV4, "16-24 8-16 0-8+", "held no held" },
	{ FAMILY_IPV6, "16-24 8-16 8-16+ 0-8+", "held no held 64" },
	{ FAMILY_IPV6, "16-24 24-32+ 8-16+ 0-8+", "held no held 64" },
	/* Not in groups of eight: IPv4 cuts it, IPv6 passes it and forgets the others. */
	{ FAMILY_IPV4, "0-12+ 8-16", "held 36" },
	{ FAMILY_IPV6, "0-8+ 8-15+ 8-16", "held 55 held" },
	/* Empty ones: IPv4 forgets all; with IPv6 they still say where the end is. */
	{ FAMILY_IPV4, "0-8+ 8-8 8-16", "held no held" },
	{ FAMILY_IPV6, "8-8 0-8+", "no 48" },
	{ FAMILY_IPV6, "16-16 16-20 8-16+ 0-8+", "no no held 56" },
	/* A first one without its whole transport header (RFC 8200) goes on as it is, alone. */
	{ FAMILY_IPV6, "0-8+ 0-4+ 8-16", "held 52 56" },
	{ FAMILY_IPV6, "0-0+", "48" },
	/* Marked on the way; a mixture that no sender makes. */
	{ FAMILY_IPV4, "0-8+:2 8-16:3", "held 36ce" },
	{ FAMILY_IPV6, "0-8+:1 8-16:3", "held 56ce" },
	{ FAMILY_IPV4, "0-8+:0 8-16:3 8-16:0", "held no held" },
	{ FAMILY_IPV6, "0-8+:0 8-16:2", "held no" },
	/* Half a minute, or a whole one. */
	{ FAMILY_IPV4, "0-8+ @29 8-16", "held 36" },
	{ FAMILY_IPV4, "0-8+ @31 8-16", "held held" },
	{ FAMILY_IPV6, "0-8+ @59 8-16", "held 56" },
	{ FAMILY_IPV6, "0-8+ @61 8-16", "held held" },
};

/* The bytes of every datagram: a UDP header, and numbers. */
static uint8_t byte_at(unsigned at)
{
	return at < 8 ? (uint8_t)(at == 1 || at == 3) : (uint8_t)at;
}

static void build(enum family family, unsigned from, unsigned to, bool more, unsigned tos,
		  uint32_t id, struct packet *p, uint8_t *bytes)
{
	unsigned len = to - from;
	unsigned at = 0;

	/* By hand: packet_build() makes no first fragments that are cut or empty. */
	memset(bytes, 0, ROOM);
	if (family == FAMILY_IPV6) {
		bytes[0] = 0x60;
		bytes[1] = (uint8_t)(tos << 4);
		bytes[5] = (uint8_t)(FRAGMENT_HEADER + len);
		bytes[6] = IPPROTO_FRAGMENT;
		bytes[7] = 64;
		bytes[8] = bytes[24] = 0x20;
		bytes[39] = 1;
		bytes[40] = IPPROTO_UDP;
		bytes[42] = (uint8_t)(from >> 8);
		bytes[43] = (uint8_t)(from | more);
		bytes[47] = (uint8_t)id;
		at = HEADER6 + FRAGMENT_HEADER;
	} else {
		be16 sum;

		bytes[0] = 0x45;
		bytes[1] = (uint8_t)tos;
		bytes[3] = (uint8_t)(20 + len);
		bytes[5] = (uint8_t)id;
		bytes[6] = (uint8_t)(more << 5);
		bytes[7] = (uint8_t)(from / 8);
		bytes[8] = 64;
		bytes[9] = IPPROTO_UDP;
		bytes[12] = bytes[16] = 10;
		bytes[19] = 1;
		sum = checksum_finish(checksum_add(0, bytes, 20));
		memcpy(bytes + 10, &sum, 2);
		at = 20;
	}
	for (unsigned i = from; i < to; i++)
		bytes[at++] = byte_at(i);
	assert_int_equal(packet_parse(p, bytes, at, ROOM), PACKET_GOOD);
}

static void check_whole(const struct packet *p)
{
	assert_int_equal(p->proto, IPPROTO_UDP);
	for (unsigned i = 0; p->transport + i < p->len; i++)
		assert_int_equal(p->bytes[p->transport + i], byte_at(i));
	if (p->family == FAMILY_IPV4)
		assert_int_equal(checksum_finish(checksum_add(0, p->bytes, 20)), 0);
}

static void send_fragment(struct conntrack *ct, const struct row *row, const char *word,
			  uint32_t id, uint64_t *now, struct sink *got)
{
	const char *ecn = strchr(word, ':');
	struct packet p = { 0 };
	uint8_t bytes[ROOM];
	unsigned from, to;

	if (*word == '@') {
		*now += strtoul(word + 1, NULL, 10) * second;
		return;
	}
	assert_int_equal(sscanf(word, "%u-%u", &from, &to), 2);
	build(row->family, from, to, strchr(word, '+'), ecn ? (unsigned)(ecn[1] - '0') : 0, id, &p,
	      bytes);
	if (sink_text(got)[0])
		sink_char(got, ' ');
	switch (conntrack_defrag(ct, &p, 0, *now)) {
	case DEFRAG_HELD:
		sink_str(got, "held");
		break;
	case DEFRAG_REFUSED:
		sink_str(got, "no");
		break;
	case DEFRAG_PASS:
		sink_printf(got, "%u%s", p.len, packet_tos(&p) == 3 ? "ce" : "");
		if (!p.is_fragment)
			check_whole(&p);
		break;
	}
}

static void send_row(struct conntrack *ct, const struct row *row, uint32_t id)
{
	AUTO_SINK got = SINK_MEMORY;
	uint64_t now = 5000 * second;
	char words[100], *save;

	snprintf(words, sizeof(words), "%s", row->fragments);
	for (char *w = strtok_r(words, " ", &save); w; w = strtok_r(NULL, " ", &save))
		send_fragment(ct, row, w, id, &now, &got);
	if (strcmp(sink_text(&got), row->outcomes) != 0)
		fail_msg("IPv%c %s: got %s, want %s", row->family == FAMILY_IPV6 ? '6' : '4',
			 row->fragments, sink_text(&got), row->outcomes);
}

static void fragments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct conntrack *ct;
		struct err err = ERR_INIT;

		assert_int_equal(conntrack_open(&ct, NULL, &err), 0);
		send_row(ct, &rows[i], 7);
		conntrack_close(&ct);
	}
}

/* While as many datagrams wait as may, another one is refused; time makes room. */
static void too_many(void **state)
{
	static const struct row first = { FAMILY_IPV6, "0-8+", "held" };
	static const struct row refused = { FAMILY_IPV6, "0-8+ @61 0-8+ 8-16", "no held 56" };
	struct conntrack_limits limits = { 8, 8, 4 };
	struct conntrack *ct;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(conntrack_open(&ct, &limits, &err), 0);
	for (uint32_t id = 1; id <= limits.fragments; id++)
		send_row(ct, &first, id);
	send_row(ct, &refused, 99);
	conntrack_close(&ct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fragments),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
