// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets in iptables' own words: what is said, what is assumed, what is refused and where. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/packet.h"

enum { WORDS_MOST = 32 };

static int parse(struct arena *arena, enum family family, const char *line,
		 struct packet_words *p, struct err *err)
{
	const char **items;
	struct words words = { .program = "explain" };

	assert_int_equal(restore_split(arena, line, &items, &words.count, err), 0);
	words.items = items;
	return packet_words_parse(arena, family, &words, p, err);
}

static const char gateway[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\nroute default via 192.0.2.254\n";

/* Words; the packet's line; what was assumed. */
static const struct row {
	enum family family;
	const char *words, *line, *assumed;
} rows[] = {
	{ FAMILY_IPV4, "-i eth0 -p tcp -s 203.0.113.9 --dport 25",
	  "IP 203.0.113.9.40000 > 192.0.2.1.25: tcp S, 40 bytes",
	  "-d 192.0.2.1 --sport 40000 --syn --ctstate NEW" },
	{ FAMILY_IPV4, "-i eth1 -ptcp --syn --dport=ssh",
	  "IP 203.0.113.77.40000 > 10.0.0.1.22: tcp S, 40 bytes",
	  "-d 10.0.0.1 -s 203.0.113.77 --sport 40000 --ctstate NEW" },
	{ FAMILY_IPV4, "-d 8.8.8.8 -p udp --dport 53",
	  "IP 192.0.2.1.40000 > 8.8.8.8.53: udp, 28 bytes",
	  "-s 192.0.2.1 --sport 40000 --ctstate NEW" },
	{ FAMILY_IPV4, "-o eth0", "IP 192.0.2.1 > 203.0.113.77: icmp type 8 code 0, 28 bytes",
	  "-d 203.0.113.77 -s 192.0.2.1 -p icmp --icmp-type echo-request --ctstate NEW" },
	{ FAMILY_IPV4, "-i eth0 -p icmp --icmp-type host-unreachable --ttl-eq 3",
	  "IP 203.0.113.77 > 192.0.2.1: icmp type 3 code 1, 28 bytes",
	  "-d 192.0.2.1 -s 203.0.113.77 --ctstate NEW" },
	{ FAMILY_IPV4, "-i eth0 -p tcp --dport 80 --ctstate ESTABLISHED --mark 3 --length 1500",
	  "IP 203.0.113.77.40000 > 192.0.2.1.80: tcp A, 1500 bytes",
	  "-d 192.0.2.1 -s 203.0.113.77 --sport 40000 --tcp-flags ALL ACK" },
	{ FAMILY_IPV4, "-i eth0 -p udp -f",
	  "IP 203.0.113.77 > 192.0.2.1: udp, fragment at 1480, 28 bytes",
	  "-d 192.0.2.1 -s 203.0.113.77 --ctstate NEW" },
	{ FAMILY_IPV4, "-i eth0 -p tcp --dport 443 --payload GET\\x20/\\r\\n",
	  "IP 203.0.113.77.40000 > 192.0.2.1.443: tcp S, 47 bytes",
	  "-d 192.0.2.1 -s 203.0.113.77 --sport 40000 --syn --ctstate NEW" },
	{ FAMILY_IPV4, "-i eth0 --hex \"4500001c000100004011f6c5c0000209c0000201 "
	  "00350035 00080000\"",
	  "IP 192.0.2.9.53 > 192.0.2.1.53: udp, 28 bytes", "" },
	{ FAMILY_IPV6, "-i eth0 -p tcp --dport 22",
	  "IP6 2001:db8:ffff::77.40000 > 2001:db8::1.22: tcp S, 60 bytes",
	  "-d 2001:db8::1 -s 2001:db8:ffff::77 --sport 40000 --syn --ctstate NEW" },
	{ FAMILY_IPV6, "-i eth0", "IP6 2001:db8:ffff::77 > 2001:db8::1: ipv6-icmp type 128 "
	  "code 0, 48 bytes",
	  "-d 2001:db8::1 -s 2001:db8:ffff::77 -p icmpv6 --icmpv6-type echo-request "
	  "--ctstate NEW" },
};

static void words_become_packets(void **state)
{
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(host_parse(&host, gateway, strlen(gateway), &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		AUTO_SINK assumed = SINK_MEMORY, line = SINK_MEMORY;
		struct packet_words p = { 0 };
		struct packet packet = { 0 };
		uint8_t bytes[2000];

		if (parse(&arena, rows[i].family, rows[i].words, &p, &err) < 0)
			fail_msg("%s: %s", rows[i].words, err.text);
		packet_words_assume(&p, &host, &assumed);
		assert_true(packet_words_build(&p, &packet, bytes, sizeof(bytes)) > 0);
		packet_print(&line, &packet);
		assert_string_equal(sink_text(&line), rows[i].line);
		assert_string_equal(sink_text(&assumed), rows[i].assumed);
		assert_true(packet_checksum_is_good(&packet));
	}
}

static void beside_the_bytes(void **state)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	struct conn_view view;
	AUTO_SINK assumed = SINK_MEMORY;
	uint8_t bytes[100];

	(void)state;
	if (parse(&arena, FAMILY_IPV4, "-p tcp --uid-owner 1000 --mark 0x10/0xff -m connmark "
		  "--mark 7 --ctdir REPLY --dscp-class EF", &p, &err) < 0)
		fail_msg("%s", err.text);
	packet_words_assume(&p, NULL, &assumed);
	assert_true(packet_words_build(&p, &packet, bytes, sizeof(bytes)) > 0);
	assert_int_equal(p.meta.uid, 1000);
	assert_true(p.meta.has_socket && p.meta.known & KNOWN_OWNER);
	assert_int_equal(p.meta.mark, 0x10);
	assert_int_equal(packet_tos(&packet), 46 << 2);
	view = packet_words_view(&p);
	assert_int_equal(view.state, CONN_ESTABLISHED);
	assert_int_equal(view.direction, IP_CT_DIR_REPLY);
	assert_int_equal(view.conn->mark, 7);
	assert_true(view.conn->status & IPS_SEEN_REPLY);
	/* The connection began on the other side. */
	assert_memory_equal(&view.conn->way[0].dst, &p.spec.saddr, sizeof(p.spec.saddr));
	/* Nothing is known of the sender when it comes from elsewhere: there is none. */
	assert_int_equal(parse(&arena, FAMILY_IPV4, "-i eth0 --mac-source 02:00:00:00:00:09", &p,
			       &err), 0);
	packet_words_assume(&p, NULL, &assumed);
	assert_true(packet_words_build(&p, &packet, bytes, sizeof(bytes)) > 0);
	assert_non_null(packet.link);
	assert_int_equal(packet.link[11], 9);
	assert_true(p.meta.known & KNOWN_OWNER && !p.meta.has_socket);
}

static void what_is_no_packet(void **state)
{
	static const struct { const char *words; int word; const char *text; } bads[] = {
		{ "-p tcp ! --dport 25", 2, "leaves open" },
		{ "-i eth0 -s 10.0.0.0/8", 3, "not a network" },
		{ "-s 10.0.0.1,10.0.0.2", -1, "one source" },
		{ "-i eth+", -1, "begin with" },
		{ "-p tcp --dport 25 -j DROP", -1, "target" },
		{ "-p tcp --dprot 25", 2, "unknown option" },
		{ "-p nosuch", 1, "unknown protocol" },
		{ "-m recent --rcheck", -1, "-m recent" },
		{ "-p tcp --mark x", 3, "" },
		{ "--hex 4g", 1, "hexadecimal" },
		{ "--hex", 1, "requires" },
		{ "--payload a\\q", 1, "backslash" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { .length = 77 };
		struct err err = ERR_INIT;

		assert_true(parse(&arena, FAMILY_IPV4, bads[i].words, &p, &err) < 0);
		if (err.place.word != bads[i].word || !strstr(err.text, bads[i].text))
			fail_msg("%s: word %d, %s", bads[i].words, err.place.word, err.text);
		assert_int_equal(p.length, 77);
	}
}

static void lengths_that_cannot_be(void **state)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;
	AUTO_SINK assumed = SINK_MEMORY;
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	uint8_t bytes[2000];

	(void)state;
	assert_int_equal(parse(&arena, FAMILY_IPV4, "-p tcp --length 20", &p, &err), 0);
	packet_words_assume(&p, NULL, &assumed);
	assert_true(packet_words_build(&p, &packet, bytes, sizeof(bytes)) < 0);
	assert_int_equal(parse(&arena, FAMILY_IPV4, "--hex 45000014", &p, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_become_packets),
		cmocka_unit_test(beside_the_bytes),
		cmocka_unit_test(what_is_no_packet),
		cmocka_unit_test(lengths_that_cannot_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
