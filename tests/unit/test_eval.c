// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matches evaluated: for each a packet that fits and one that does not, a rule and a packet in a row.
 * Each packet ends where its memory ends (a page that nobody may read lies behind it), and is also
 * cut shorter and shorter.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "dialect/packet.h"
#include "ext/ext.h"
#include "plan/program.h"

#include "load.h"

enum { ROOM = 4096 };

/* Memory that ends at a page without rights. */
static uint8_t *guarded_end(void)
{
	static uint8_t *end;
	uint8_t *pages;

	if (end)
		return end;
	pages = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(pages, MAP_FAILED);
	assert_int_equal(mprotect(pages + ROOM, ROOM, PROT_NONE), 0);
	return end = pages + ROOM;
}

/* ------------------------------------------------------------------ a world of a few facts */

/* 192.0.2.1 is ours, 192.0.2.255 goes to all; 2001:db8::1 is ours. */
static int addr_type(void *context, enum family family, const uint8_t *addr, const char *device)
{
	(void)context;
	if (device && strcmp(device, "eth0") != 0)
		return RTN_UNICAST;
	if (family == FAMILY_IPV6)
		return addr[15] == 1 ? RTN_LOCAL : RTN_UNICAST;
	if (addr[0] == 192 && addr[3] == 255)
		return RTN_BROADCAST;
	return addr[0] >= 224 ? RTN_MULTICAST : addr[3] == 1 ? RTN_LOCAL : RTN_UNICAST;
}

static enum answer reverse_path(void *context, struct eval *e, unsigned flags)
{
	(void)context;
	return answer_of(flags & 1 || packet_saddr(e->packet)[0] == 192);
}

/* 2026-11-26, a Thursday, 10:30:00 UTC; the kernel's zone is an hour east. */
static const struct world world = {
	.now = 5000000000, .time_known = true, .wall = 1795689000, .zone = 3600,
	.addr_type = addr_type, .reverse_path = reverse_path,
};

/* ------------------------------------------------------------------ rules and packets */

#define V6(next, len) "60000000" len next "40" \
	"20010db8000000000000000000000002" "20010db8000000000000000000000001"
/* Without a checksum: it is put in. */
#define V4(proto, len) "4500" len "0001000040" proto "000001020304c0000201"
#define HEX(bytes) "-i eth0 --hex " bytes

static const struct row {
	enum family family;
	const char *rule, *yes, *no;
} rows[] = {
	{ FAMILY_IPV4, "-m addrtype --dst-type LOCAL", "-i eth0 -d 192.0.2.1",
	  "-i eth0 -d 192.0.2.2" },
	{ FAMILY_IPV4, "-m addrtype ! --src-type UNICAST --dst-type BROADCAST,MULTICAST",
	  "-i eth0 -s 192.0.2.1 -d 224.0.0.1", "-i eth0 -s 192.0.2.9 -d 192.0.2.255" },
	{ FAMILY_IPV4, "-m addrtype --dst-type LOCAL --limit-iface-in", "-i eth0 -d 192.0.2.1",
	  "-i eth1 -d 192.0.2.1" },
	{ FAMILY_IPV6, "-m addrtype --dst-type LOCAL", "-i eth0 -d 2001:db8::1",
	  "-i eth0 -d 2001:db8::2" },
	{ FAMILY_IPV6, "-m addrtype --dst-type MULTICAST", "-i eth0 -d ff02::1",
	  "-i eth0 -d fe80::1" },
	{ FAMILY_IPV6, "-m addrtype --src-type UNICAST", "-i eth0 -s fe80::1",
	  "-i eth0 -s ::ffff:1.2.3.4" },
	{ FAMILY_IPV4, "-m time --timestart 10:30 --timestop 10:31", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 10:31 --timestop 10:29", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 10:30:00", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 11:00 --weekdays Wed --contiguous",
	  "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --timestart 23:00 --timestop 11:00 --weekdays Wed", NULL,
	  "-i eth0" },
	{ FAMILY_IPV4, "-m time --weekdays Thu --monthdays 26", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time ! --weekdays Thu", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --monthdays 1,25,27", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m time --timestart 11:30 --timestop 11:31 --kerneltz", "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --datestart 2026-11-26T10:30:00 --datestop 2026-11-26T10:30:00",
	  "-i eth0", NULL },
	{ FAMILY_IPV4, "-m time --datestop 2026-11-26T10:29:59", NULL, "-i eth0" },
	{ FAMILY_IPV4, "-m string --string needle --algo bm", "-i eth0 -p udp --payload hayneedle",
	  "-i eth0 -p udp --payload haynEedle" },
	{ FAMILY_IPV4, "-m string --string \"nEEdle\" --algo kmp --icase",
	  "-i eth0 -p udp --payload hayNeedlehay", "-i eth0 -p udp --payload hayneedl" },
	{ FAMILY_IPV4, "-m string --hex-string \"|e400|z\" --algo bm --icase",
	  "-i eth0 -p udp --payload \\xc4\\x00Z", "-i eth0 -p udp --payload \\xf7\\x00Z" },
	{ FAMILY_IPV4, "-m string --string ab --algo bm --from 28 --to 30",
	  "-i eth0 -p udp --payload ab", "-i eth0 -p udp --payload xab" },
	{ FAMILY_IPV4, "-m string ! --string ab --algo bm --from 29 --to 30",
	  "-i eth0 -p udp --payload ab", NULL },
	{ FAMILY_IPV4, "-m u32 --u32 \"0x0&0xffff=0x1d:0xffff\"", "-i eth0 -p udp --payload a",
	  "-i eth0 -p udp" },
	{ FAMILY_IPV4, "-m u32 --u32 \"6&0xff=17&&0>>22&0x3c@0>>16=53,5353\"",
	  "-i eth0 -p udp --sport 5353", "-i eth0 -p udp --sport 54" },
	{ FAMILY_IPV4, "-m u32 ! --u32 \"28=0\"", "-i eth0 -p udp --payload \\x00\\x00\\x00",
	  "-i eth0 -p udp --payload \\x00\\x00\\x00\\x00" },
	{ FAMILY_IPV4, "-m u32 --u32 \"12@0xffffffff=0\"", NULL, "-i eth0 -p udp" },
	{ FAMILY_IPV4, "-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr",
	  "-i eth0 --hex \"" V4("06", "0028") " 00010050 00000000 00000000 "
	  "5042 0000 00000000\"",
	  "-i eth0 --hex \"" V4("06", "0028") " 00010050 00000000 00000000 "
	  "50c2 0000 00000000\"" },
	{ FAMILY_IPV4, "-m ecn --ecn-ip-ect 2", "-i eth0 --ecn-ip-ect 2",
	  "-i eth0 --ecn-ip-ect 3" },
	{ FAMILY_IPV6, "-m ecn ! --ecn-ip-ect 2", "-i eth0 --ecn-ip-ect 1",
	  "-i eth0 --ecn-ip-ect 2" },
	/* An MSS of 1460, behind a window scale; one whose length is wrong. */
	{ FAMILY_IPV4, "-p tcp -m tcpmss --mss 1400:1500",
	  "-i eth0 --hex \"" V4("06", "0030") " 00010050 00000000 00000000 "
	  "7002 0000 00000000 01 030307 020405b4\"",
	  "-i eth0 --hex \"" V4("06", "0030") " 00010050 00000000 00000000 "
	  "7002 0000 00000000 01 030307 020305b4\"" },
	{ FAMILY_IPV4, "-p tcp -m tcpmss ! --mss 1400:1500", "-i eth0 -p tcp",
	  "-i eth0 --hex \"" V4("06", "002c") " 00010050 00000000 00000000 "
	  "6002 0000 00000000 02040578\"" },
	{ FAMILY_IPV4, "-p dccp -m dccp --sport 1:100 ! --dport 5 --dccp-types REQUEST,RESET",
	  "-i eth0 --hex \"" V4("21", "0024") " 00010050 04000000 00000000 "
	  "00000000\"",
	  "-i eth0 --hex \"" V4("21", "0024") " 00010050 04000000 02000000 "
	  "00000000\"" },
	{ FAMILY_IPV4, "-p dccp -m dccp --dccp-option 38",
	  "-i eth0 --hex \"" V4("21", "0028") " 00010050 05000000 00000000 "
	  "00000000 00 2603 ff\"",
	  "-i eth0 --hex \"" V4("21", "0028") " 00010050 05000000 00000000 "
	  "00000000 00 2503 26\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp ! --sport 1024:65535 --chunk-types any INIT,ABORT:T",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "06010004\"",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "06000004\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp --chunk-types all COOKIE_ECHO,SACK",
	  "-i eth0 --hex \"" V4("84", "002c") " 00010050 00000000 00000000 "
	  "03000004 0a000005 ff000000\"",
	  "-i eth0 --hex \"" V4("84", "002c") " 00010050 00000000 00000000 "
	  "03000004 03000005 ff000000\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp ! --chunk-types only SACK",
	  "-i eth0 --hex \"" V4("84", "0028") " 00010050 00000000 00000000 "
	  "03000004 0a000004\"",
	  "-i eth0 --hex \"" V4("84", "0024") " 00010050 00000000 00000000 "
	  "03000004\"" },
	{ FAMILY_IPV4, "-p sctp -m sctp --sport 7 --dport 9", "-i eth0 -p sctp --sport 7 --dport 9",
	  "-i eth0 -p sctp --sport 7 --dport 8" },
	/* Hop by hop: a router alert, padding of two; then UDP. */
	{ FAMILY_IPV6, "-m hbh --hbh-opts 5:2,1", HEX(V6("00", "0010") "1100050200000100"
	  "0001000200080000"),
	  HEX(V6("00", "0010") "1100050100000100" "0001000200080000") },
	{ FAMILY_IPV6, "-m hbh ! --hbh-len 16", HEX(V6("00", "0010") "1100050200000100"
	  "0001000200080000"),
	  "-i eth0" },
	{ FAMILY_IPV6, "-m dst --dst-len 8 --dst-opts 0,4:1",
	  HEX(V6("3c", "0010") "1100000401ff0000" "0001000200080000"),
	  HEX(V6("3c", "0010") "1100000402ffff00" "0001000200080000") },
	{ FAMILY_IPV6, "-m rt --rt-type 0 --rt-segsleft 1:2 --rt-0-res --rt-0-addrs ::1,::2",
	  HEX(V6("2b", "0030") "3b04000200000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002" "0000000000000000"),
	  HEX(V6("2b", "0030") "3b04000300000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002" "0000000000000000") },
	{ FAMILY_IPV6, "-m rt --rt-type 0 --rt-0-addrs ::2 --rt-0-not-strict",
	  HEX(V6("2b", "0028") "3b04000200000001" "00000000000000000000000000000001"
	      "00000000000000000000000000000002"),
	  HEX(V6("2b", "0018") "3b02000200000001" "00000000000000000000000000000001") },
	{ FAMILY_IPV6, "-m frag --fragid 5:6 --fragfirst --fragmore",
	  HEX(V6("2c", "0010") "1100000100000005" "0001000200080000"),
	  HEX(V6("2c", "0010") "1100000900000005" "0001000200080000") },
	{ FAMILY_IPV6, "-m frag ! --fragid 5:6 --fraglast --fragres",
	  HEX(V6("2c", "0010") "1100000800000004" "0001000200080000"),
	  HEX(V6("2c", "0010") "1100000c00000004" "0001000200080000") },
	{ FAMILY_IPV6, "-m ipv6header --header hop,prot",
	  HEX(V6("00", "0010") "1100050200000100" "0001000200080000"), "-i eth0" },
	{ FAMILY_IPV6, "-m ipv6header --header dst --soft",
	  HEX(V6("00", "0018") "3c00050200000100" "1100000401ff0000" "0001000200080000"),
	  HEX(V6("00", "0010") "1100050200000100" "0001000200080000") },
	{ FAMILY_IPV6, "-m ipv6header --header none", HEX(V6("3b", "0000")), "-i eth0" },
	{ FAMILY_IPV6, "-p mobility-header -m mh --mh-type 5:6", HEX(V6("87", "0008")
	  "3b00060000000000"),
	  HEX(V6("87", "0008") "3b00070000000000") },
	{ FAMILY_IPV6, "-m eui64",
	  "-i eth0 --mac-source 02:11:22:33:44:55 -s fe80::11:22ff:fe33:4455",
	  "-i eth0 --mac-source 00:11:22:33:44:55 -s fe80::11:22ff:fe33:4455" },
	{ FAMILY_IPV6, "-m srh --srh-segs-left-eq 1 --srh-last-entry-gt 0 ! --srh-tag 0 "
		       "--srh-psid ::/0 --srh-nsid ::1/128",
	  NULL, HEX(V6("2b", "0028") "3b04040101000007" "00000000000000000000000000000001"
		    "00000000000000000000000000000002") },
	{ FAMILY_IPV6,
	  "-m srh --srh-segs-left-eq 1 ! --srh-tag 0 --srh-nsid ::1/128 --srh-lsid ::1",
	  HEX(V6("2b", "0028") "3b04040101000007" "00000000000000000000000000000001"
	      "00000000000000000000000000000002"),
	  HEX(V6("2b", "0028") "3b04040101000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000002") },
	{ FAMILY_IPV6, "-m srh --srh-psid ::2/127", HEX(V6("2b", "0028") "3b04040001000000"
		"00000000000000000000000000000001" "00000000000000000000000000000003"),
	  HEX(V6("2b", "0028") "3b04040001000000" "00000000000000000000000000000001"
	      "00000000000000000000000000000001") },
	{ FAMILY_IPV4, "-m rpfilter", "-i eth0 -s 192.0.2.7", "-i eth0 -s 198.51.100.1" },
	{ FAMILY_IPV4, "-m rpfilter --loose --invert", NULL, "-i eth0 -s 198.51.100.1" },
};

/* The rule's head and matches, as a chain would ask them. */
struct asked {
	struct ruleset rules;
	const struct rule *rule;
	void *states[8];
};

static void ask_open(struct asked *a, enum family family, const char *rule)
{
	AUTO_SINK text = SINK_MEMORY;

	*a = (struct asked){ 0 };
	sink_printf(&text, "*mangle\n:PREROUTING ACCEPT\n-A PREROUTING %s\nCOMMIT\n", rule);
	if (load_rules(&a->rules, family, sink_text(&text)))
		fail_msg("%s", rule);
	a->rule = table_chain(a->rules.first, "PREROUTING")->first;
	for (uint16_t i = 0; i < a->rule->match_count; i++)
		a->states[i] = calloc(1, a->rule->matches[i].ext->state + 1u);
}

static void ask_close(struct asked *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(a->states); i++)
		free(a->states[i]);
	ruleset_free(&a->rules);
}

static enum answer ask(struct asked *a, struct packet *packet, struct meta *meta)
{
	struct eval e = { .packet = packet, .meta = meta, .world = &world,
			  .family = (enum family)packet->family, .hook = NF_INET_PRE_ROUTING };
	struct test tests[HEAD_TESTS];
	int count = head_tests(e.family, &a->rule->head, tests, ARRAY_SIZE(tests));
	enum answer answer = ANSWER_YES;

	for (int i = 0; i < count && answer == ANSWER_YES; i++)
		answer = test_answer(&e, &tests[i]);
	for (uint16_t i = 0; i < a->rule->match_count && answer == ANSWER_YES; i++)
		answer = use_answer(&e, &a->rule->matches[i], a->states[i]);
	return answer;
}

static void put_header_checksum(uint8_t *header, size_t len)
{
	be16 checksum;

	if (len < 20 || header[0] != 0x45)
		return;
	checksum = checksum_finish(checksum_add(0, header, 20));
	memcpy(header + 10, &checksum, sizeof(checksum));
}

/* A packet in words, its last byte the last one that may be read. */
static size_t make_packet(enum family family, const char *line, struct packet_words *p,
			  struct arena *arena, uint8_t **bytes)
{
	struct words words = { .program = "test" };
	AUTO_SINK assumed = SINK_MEMORY;
	struct err err = ERR_INIT;
	struct host host = HOST_INIT;
	struct packet packet = { 0 };
	uint8_t room[ROOM];
	const char **items;
	int len;

	assert_int_equal(restore_split(arena, line, &items, &words.count, &err), 0);
	words.items = items;
	if (packet_words_parse(arena, family, &words, p, &err) < 0)
		fail_msg("%s: %s", line, err.text);
	if (p->said & SAID_RAW) {
		uint8_t *raw = arena_memdup(arena, p->raw, p->raw_len);

		put_header_checksum(raw, p->raw_len);
		p->raw = raw;
	}
	packet_words_assume(p, &host, &assumed);
	len = packet_words_build(p, &packet, room, sizeof(room));
	if (len <= 0)
		fail_msg("%s is no packet", line);
	*bytes = guarded_end() - len;
	memcpy(*bytes, room, (size_t)len);
	return (size_t)len;
}

static enum answer answer_to(const struct row *row, const char *line)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	struct asked a;
	enum answer answer;
	uint8_t *bytes;
	size_t len = make_packet(row->family, line, &p, &arena, &bytes);

	ask_open(&a, row->family, row->rule);
	if (p.has_link) {
		packet.link = p.link;
		packet.link_len = sizeof(p.link);
	}
	assert_int_equal(packet_parse(&packet, bytes, len, len), PACKET_GOOD);
	answer = ask(&a, &packet, &p.meta);
	ask_close(&a);
	return answer;
}

static void each_match_tells_packets_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].yes && answer_to(&rows[i], rows[i].yes) != ANSWER_YES)
			fail_msg("%s does not match %s", rows[i].rule, rows[i].yes);
		if (rows[i].no && answer_to(&rows[i], rows[i].no) != ANSWER_NO)
			fail_msg("%s does not reject %s", rows[i].rule, rows[i].no);
	}
}

/* Cut by the capture, or shorter itself: every answer is right that reads nothing behind the end. */
static void short_packets_are_not_overrun(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { 0 };
		struct asked a;
		uint8_t *bytes, whole[ROOM];
		size_t len = make_packet(rows[i].family, rows[i].yes ? rows[i].yes : rows[i].no, &p,
					 &arena, &bytes);

		memcpy(whole, bytes, len);
		ask_open(&a, rows[i].family, rows[i].rule);
		for (size_t have = len; have; have--) {
			struct packet packet = { 0 };
			uint8_t *at = guarded_end() - have;

			memcpy(at, whole, have);
			if (packet_parse(&packet, at, have, have) == PACKET_GOOD)
				ask(&a, &packet, &p.meta);
			/* The header says that this is all of it. */
			packet.len = packet.captured = (uint32_t)have;
			if (have >= 40 && packet.transport <= have)
				ask(&a, &packet, &p.meta);
		}
		ask_close(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_match_tells_packets_apart),
		cmocka_unit_test(short_packets_are_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
