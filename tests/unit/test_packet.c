// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets: made, taken apart, changed; and bytes of which nothing is true. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/packet.h"

static union inet_addr addr(enum family family, const char *text)
{
	union inet_addr a = { 0 };

	assert_true(addr_parse(family, text, &a));
	return a;
}

static struct packet_spec spec(enum family family, uint8_t proto)
{
	bool six = family == FAMILY_IPV6;

	return (struct packet_spec){
		.family = family, .proto = proto, .sport = 40000, .dport = 25, .tcp_flags = 2,
		.saddr = addr(family, six ? "2001:db8::9" : "192.0.2.9"),
		.daddr = addr(family, six ? "2001:db8:1::1" : "198.51.100.1"),
		.icmp_type = six ? 128 : 8, .icmp_id = 77,
		.payload = (const uint8_t *)"hello", .payload_len = 5,
	};
}

/* The header of a DNS answer with the checksum that its sender had written: 0xb861. */
static const uint8_t real[] = {
	0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0x00,
	0x01, 0xc0, 0xa8, 0x00, 0xc7,
};

static void the_header_checksum_of_others(void **state)
{
	uint8_t bytes[115] = { 0 };
	struct packet p = { 0 };

	(void)state;
	memcpy(bytes, real, sizeof(real));
	assert_int_equal(packet_parse(&p, bytes, sizeof(bytes), sizeof(bytes)), PACKET_GOOD);
	bytes[8]--;
	assert_int_equal(packet_parse(&p, bytes, sizeof(bytes), sizeof(bytes)),
			 PACKET_BAD_CHECKSUM);
}

/* The example of RFC 1071, section 3. */
static void known_checksums(void **state)
{
	static const uint8_t words[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	be16 sum = checksum_finish(checksum_add(0, words, sizeof(words)));

	(void)state;
	assert_int_equal(ntohs(sum), 0x220d);
}

static const uint8_t protos[] = {
	IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_ICMP,
	IPPROTO_ICMPV6,
};

static void made_packets_are_whole(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
			struct packet_spec s = spec(six ? FAMILY_IPV6 : FAMILY_IPV4, protos[i]);
			uint8_t bytes[200];
			struct packet p = { 0 };
			uint32_t at, len;
			int n = packet_build(&p, &s, bytes, sizeof(bytes));

			assert_true(n > 0);
			assert_int_equal(p.len, n);
			assert_int_equal(p.proto, protos[i]);
			assert_true(packet_checksum_is_good(&p));
			if (packet_payload(&p, &at, &len))
				assert_memory_equal(bytes + at, "hello", len);
			if (p.has_ports)
				assert_int_equal(ntohs(packet_be16(bytes + p.transport + 2)), 25);
			/* One bit of the payload, and it is noticed (SCTP has another sum). */
			bytes[n - 1] ^= 1;
			if (protos[i] != IPPROTO_SCTP)
				assert_false(packet_checksum_is_good(&p));
		}
	}
}

static void changes_keep_checksums(void **state)
{
	(void)state;
	for (unsigned six = 0; six < 2; six++) {
		for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
			enum family family = six ? FAMILY_IPV6 : FAMILY_IPV4;
			struct packet_spec s = spec(family, protos[i]);
			union inet_addr to = addr(family, six ? "2001:db8:2::7" : "203.0.113.7");
			uint8_t bytes[200], again[200];
			struct packet p = { 0 }, q = { 0 };

			assert_true(packet_build(&p, &s, bytes, sizeof(bytes)) > 0);
			packet_set_daddr(&p, &to);
			packet_set_saddr(&p, &to);
			packet_set_ttl(&p, 9);
			packet_set_tos(&p, 0xb8);
			packet_set_sport(&p, htons(1));
			packet_set_dport(&p, htons(65535));
			packet_set_icmp_id(&p, htons(4660));
			/* The same as if it had been made so. */
			s.saddr = s.daddr = to;
			s.ttl = 9;
			s.tos = 0xb8;
			s.sport = 1;
			s.dport = 65535;
			s.icmp_id = 4660;
			assert_int_equal(packet_build(&q, &s, again, sizeof(again)), p.len);
			assert_memory_equal(bytes, again, p.len);
			assert_int_equal(packet_tos(&p), 0xb8);
			assert_int_equal(packet_ttl(&p), 9);
		}
	}
}

static void payload_is_spliced(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		struct packet_spec s = spec(FAMILY_IPV4, protos[i]);
		uint8_t bytes[200], again[200];
		struct packet p = { 0 }, q = { 0 };

		assert_true(packet_build(&p, &s, bytes, sizeof(bytes)) > 0);
		assert_true(packet_splice(&p, p.len - 4, 3, "ALABALU", 7));
		s.payload = (const uint8_t *)"hALABALUo";
		s.payload_len = 9;
		assert_int_equal(packet_build(&q, &s, again, sizeof(again)), p.len);
		assert_memory_equal(bytes, again, p.len);
		assert_false(packet_splice(&p, p.len - 1, 1, again, 190));
		assert_false(packet_splice(&p, p.len, 1, again, 1));
		assert_memory_equal(bytes, again, p.len);
	}
}

static void udp_without_checksum_stays_without(void **state)
{
	struct packet_spec s = spec(FAMILY_IPV4, IPPROTO_UDP);
	union inet_addr to = addr(FAMILY_IPV4, "203.0.113.7");
	uint8_t bytes[100];
	struct packet p = { 0 };

	(void)state;
	assert_true(packet_build(&p, &s, bytes, sizeof(bytes)) > 0);
	memset(bytes + 26, 0, 2);
	packet_set_daddr(&p, &to);
	packet_set_dport(&p, htons(1));
	assert_true(packet_splice(&p, p.len, 0, "x", 1));
	assert_int_equal(packet_be16(bytes + 26), 0);
	assert_true(packet_checksum_is_good(&p));
}

static void fragments(void **state)
{
	struct packet_spec s = spec(FAMILY_IPV6, IPPROTO_UDP);
	uint8_t bytes[100];
	struct packet p = { 0 };

	(void)state;
	s.more_fragments = true;
	s.fragment_id = 0x12345678;
	assert_int_equal(packet_build(&p, &s, bytes, sizeof(bytes)), 40 + 8 + 8 + 5);
	assert_true(p.is_fragment && p.more_fragments && !p.fragment && p.has_ports);
	assert_int_equal(p.fragment_id, 0x12345678);
	assert_int_equal(p.transport, 48);
	s.fragment = 64;
	assert_int_equal(packet_build(&p, &s, bytes, sizeof(bytes)), 40 + 8 + 5);
	assert_int_equal(p.fragment, 64);
	assert_int_equal(p.proto, IPPROTO_UDP);
	assert_false(p.has_ports);
	assert_null(packet_transport(&p, 1));
	s = spec(FAMILY_IPV4, IPPROTO_UDP);
	s.fragment = 1480;
	assert_true(packet_build(&p, &s, bytes, sizeof(bytes)) > 0);
	assert_int_equal(p.fragment, 1480);
	assert_false(p.more_fragments);
}

static void extension_headers(void **state)
{
	/* Hop-by-hop, destination options, TCP with its ports; 40 bytes of header in front. */
	uint8_t bytes[40 + 8 + 16 + 20] = { 0x60, 0, 0, 0, 0, 44, 0, 64 };
	struct packet p = { 0 };

	(void)state;
	bytes[40] = IPPROTO_DSTOPTS;
	bytes[48] = IPPROTO_TCP;
	bytes[49] = 1;
	bytes[64 + 3] = 22;
	assert_int_equal(packet_parse(&p, bytes, sizeof(bytes), sizeof(bytes)), PACKET_GOOD);
	assert_int_equal(p.proto, IPPROTO_TCP);
	assert_int_equal(p.transport, 64);
	assert_true(p.has_ports);
	/* The options run over the end of the packet. */
	bytes[49] = 200;
	assert_int_equal(packet_parse(&p, bytes, sizeof(bytes), sizeof(bytes)),
			 PACKET_BAD_EXTENSION);
}

static void a_capture_that_was_cut(void **state)
{
	struct packet_spec s = spec(FAMILY_IPV4, IPPROTO_TCP);
	uint8_t bytes[100];
	struct packet p = { 0 };

	(void)state;
	assert_int_equal(packet_build(&p, &s, bytes, sizeof(bytes)), 45);
	assert_int_equal(packet_parse(&p, bytes, 30, sizeof(bytes)), PACKET_GOOD);
	assert_int_equal(p.captured, 30);
	assert_int_equal(p.len, 45);
	assert_true(p.has_ports);
	assert_null(packet_transport(&p, 20));
	assert_false(packet_splice(&p, 24, 0, "x", 1));
	/* Padding is none of the packet. */
	assert_int_equal(packet_parse(&p, bytes, 60, sizeof(bytes)), PACKET_GOOD);
	assert_int_equal(p.captured, 45);
}

/* Random bytes of every length, against a page that may not be touched. */
static void hostile_bytes(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0);
	unsigned good = 0;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	srandom(1);
	for (unsigned round = 0; round < 200000; round++) {
		size_t len = (size_t)random() % 120;
		uint8_t *bytes = map + page - len;
		struct packet p = { 0 };
		AUTO_SINK sink = SINK_MEMORY;
		be16 sum;
		uint32_t at, size;

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)random();
		if (len > 20) {
			static const uint8_t nexts[] = { 0, 43, 44, 51, 60, 6, 17, 132, 58 };

			bytes[0] = round & 1 ? 0x60 : 0x45;
			bytes[2] = bytes[4] = 0;
			bytes[round & 1 ? 6 : 9] = nexts[(size_t)random() % sizeof(nexts)];
			if (len > 48)
				bytes[40] = nexts[(size_t)random() % sizeof(nexts)];
		}
		if (!(round & 1) && len > 20) {
			memset(bytes + 10, 0, 2);
			sum = checksum_finish(checksum_add(0, bytes, 20));
			memcpy(bytes + 10, &sum, 2);
		}
		if (packet_parse(&p, bytes, len, len) != PACKET_GOOD)
			continue;
		good++;
		packet_checksum(&p, &sum);
		packet_checksum_is_good(&p);
		packet_payload(&p, &at, &size);
		packet_set_sport(&p, 7);
		packet_set_icmp_id(&p, 7);
		packet_set_ttl(&p, 1);
		packet_set_tos(&p, 1);
		packet_splice(&p, p.transport, p.captured == p.len, "", 0);
		packet_print(&sink, &p);
	}
	assert_true(good > 1000);
	munmap(map, 2 * page);
}

static void a_line_about_it(void **state)
{
	struct packet_spec s = spec(FAMILY_IPV4, IPPROTO_TCP);
	uint8_t bytes[100];
	struct packet p = { 0 };
	AUTO_SINK sink = SINK_MEMORY;

	(void)state;
	assert_true(packet_build(&p, &s, bytes, sizeof(bytes)) > 0);
	packet_print(&sink, &p);
	assert_string_equal(sink_text(&sink),
			    "IP 192.0.2.9.40000 > 198.51.100.1.25: tcp S, 45 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_checksum_of_others),
		cmocka_unit_test(known_checksums),
		cmocka_unit_test(made_packets_are_whole),
		cmocka_unit_test(changes_keep_checksums),
		cmocka_unit_test(payload_is_spliced),
		cmocka_unit_test(udp_without_checksum_stays_without),
		cmocka_unit_test(fragments),
		cmocka_unit_test(extension_headers),
		cmocka_unit_test(a_capture_that_was_cut),
		cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(a_line_about_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
