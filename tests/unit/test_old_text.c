// SPDX-License-Identifier: GPL-2.0-or-later
/* Log lines of ipchains and ipfwadm, also of packets that are cut or lie; the list of flows. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/ipchains.h"

/* 198.51.100.7:40112 to 203.0.113.4:23, SYN, two words of IP options. */
static const uint8_t syn[] = {
	0x47, 0x10, 0, 68, 0x12, 0x67, 0x40, 0, 55, 6, 0, 0, 198, 51, 100, 7, 203, 0, 113, 4,
	7, 7, 4, 0, 1, 2, 3, 4,
	0x9c, 0xb0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 0, 0xa0, 2, 0, 0, 0, 0, 0, 0,
};

enum { IP_HEAD = 28, PROTO_AT = 9, FRAGMENT_AT = 6, FLAGS_AT = IP_HEAD + 13 };

static const char *line(struct sink *s, bool old, const uint8_t *bytes, size_t len)
{
	/* A copy of just that length: reading behind it is an error that sanitizers see. */
	uint8_t *copy = malloc(len ? len : 1);
	const struct old_log log = {
		.chain = "input", .device = "eth0", .number = 5, .arriving = true,
		.bytes = copy, .len = len,
	};

	memcpy(copy, bytes, len);
	sink_free(s);
	*s = SINK_MEMORY;
	if (!(old ? ipfwadm_log : ipchains_log)(s, &log))
		assert_int_equal(s->len, 0);
	free(copy);
	return sink_text(s);
}

static void test_lines(void **state)
{
	AUTO_SINK s = SINK_MEMORY;
	uint8_t packet[sizeof(syn)];

	(void)state;
	assert_string_equal(line(&s, false, syn, sizeof(syn)),
			    "Packet log: input - eth0 PROTO=6 198.51.100.7:40112 203.0.113.4:23"
			    " L=68 S=0x10 I=4711 F=0x4000 T=55 O=0x07070400 O=0x01020304 "
			    "SYN (#5)\n");
	assert_string_equal(line(&s, true, syn, sizeof(syn)),
			    "IP fw-in eth0 TCP 198.51.100.7:40112 203.0.113.4:23 "
			    "L=68 S=0x10 I=4711 F=0x4000 T=55 O=0x07070400 O=0x01020304\n");
	memcpy(packet, syn, sizeof(syn));
	packet[FLAGS_AT] = 0x12;	/* SYN and ACK */
	assert_null(strstr(line(&s, false, packet, sizeof(packet)), "SYN"));
	packet[FLAGS_AT] = 0x06;	/* SYN and RST */
	assert_null(strstr(line(&s, false, packet, sizeof(packet)), "SYN"));
	packet[FLAGS_AT] = 0x03;	/* SYN and FIN, which counts */
	assert_non_null(strstr(line(&s, false, packet, sizeof(packet)), "SYN"));
	/* A later fragment has no ports, and nothing that looks like flags. */
	packet[FRAGMENT_AT] = 0x20;
	packet[FRAGMENT_AT + 1] = 0xb9;
	assert_non_null(strstr(line(&s, false, packet, sizeof(packet)),
			       " 198.51.100.7:65535 203.0.113.4:65535 "));
	assert_non_null(strstr(sink_text(&s), "F=0x20B9"));
	assert_null(strstr(sink_text(&s), "SYN"));
	packet[PROTO_AT] = 1;
	assert_non_null(strstr(line(&s, true, packet, sizeof(packet)), " ICMP/255 "));
	packet[PROTO_AT] = 47;
	assert_non_null(strstr(line(&s, true, packet, sizeof(packet)),
			       " PROTO=47 198.51.100.7 203.0.113.4 "));
}

/* Whatever is missing or wrong: no byte is read that is not there. */
static void test_cut(void **state)
{
	AUTO_SINK s = SINK_MEMORY;
	uint8_t packet[sizeof(syn)];

	(void)state;
	for (size_t len = 0; len <= sizeof(syn); len++)
		for (unsigned head = 0; head < 256; head++) {
			memcpy(packet, syn, sizeof(syn));
			packet[0] = (uint8_t)head;
			for (int old = 0; old < 2; old++) {
				const char *text = line(&s, old, packet, len);

				if (head >> 4 != 4 || (head & 15) < 5 || (head & 15) * 4 > len ||
				    len < 20)
					assert_string_equal(text, "");
				else
					assert_non_null(strchr(text, '\n'));
			}
		}
}

/* ------------------------------------------------------------------ flows */

static struct old_flow flow(const char *src, uint8_t proto, uint16_t port, uint32_t seconds)
{
	struct old_flow f = {
		.proto = proto, .sport = port, .outside = 61007, .dport = 80, .seconds = seconds,
		.seq = 4294967295u, .delta = -12, .previous_delta = 3,
	};

	inet_pton(AF_INET, src, &f.src.v4);
	inet_pton(AF_INET, "198.51.100.9", &f.dst.v4);
	return f;
}

static void test_flows(void **state)
{
	struct old_flow flows[] = {
		flow("192.168.7.30", 17, 1046, 41), flow("192.168.7.22", 6, 4021, 897),
		flow("192.168.7.22", 6, 80, 7384), flow("192.168.7.22", 47, 0, 5),
	};
	AUTO_SINK plain = SINK_MEMORY, details = SINK_MEMORY, none = SINK_MEMORY;

	(void)state;
	old_list_flows(&none, NULL, 0, &(struct old_flow_style){ .numeric = true });
	assert_string_equal(sink_text(&none), "IP masquerading entries\n");
	old_list_flows(&plain, flows, ARRAY_SIZE(flows),
		       &(struct old_flow_style){ .numeric = true });
	assert_string_equal(sink_text(&plain),
		"IP masquerading entries\n"
		"prot expire   source               destination          ports\n"
		"TCP  123:04.00 192.168.7.22         198.51.100.9         80 (61007) -> 80\n"
		"TCP  14:57.00 192.168.7.22         198.51.100.9         4021 (61007) -> 80\n"
		"GRE  00:05.00 192.168.7.22         198.51.100.9         n/a\n"
		"UDP  00:41.00 192.168.7.30         198.51.100.9         1046 (61007) -> 80\n");
	old_list_flows(&details, flows, 1,
		       &(struct old_flow_style){ .details = true, .lower = true,
						  .numeric = true });
	assert_string_equal(sink_text(&details),
		"IP masquerading entries\n"
		"prot expire      initseq delta prevd source               destination          "
		"ports\n"
		"tcp  123:04.00 4294967295   -12     3 192.168.7.22         198.51.100.9         "
		"80 (61007) -> 80\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
