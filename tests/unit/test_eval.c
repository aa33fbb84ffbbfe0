// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Matches evaluated: for each a packet that fits and one that does not, a rule and a packet in a row.
 * Each packet ends where its memory ends (a page that nobody may read lies behind it), and is also
 * cut shorter and shorter. And no extension is without an evaluation, or the reason why there is none.
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

/* Memory that rules share, of one test. */
static struct {
	char name[80];
	void *memory;
} shares[8];

static void *shared(void *context, const char *kind, const char *name, size_t size)
{
	char both[80];
	size_t i = 0;

	(void)context;
	snprintf(both, sizeof(both), "%s %s", kind, name);
	while (i < ARRAY_SIZE(shares) && shares[i].memory && strcmp(shares[i].name, both) != 0)
		i++;
	assert_true(i < ARRAY_SIZE(shares));
	if (!shares[i].memory) {
		shares[i].memory = calloc(1, size);
		memcpy(shares[i].name, both, sizeof(both));
	}
	return shares[i].memory;
}

static void forget_shares(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		free(shares[i].memory);
		shares[i].memory = NULL;
	}
}

static int64_t path_mtu(void *context, struct eval *e)
{
	(void)context;
	(void)e;
	return 1400;
}

/* 2026-11-26, a Thursday, 10:30:00 UTC; the kernel's zone is an hour east. */
static struct world world = {
	.now = 5000000000, .time_known = true, .wall = 1795689000, .zone = 3600,
	.addr_type = addr_type, .reverse_path = reverse_path, .shared = shared,
	.path_mtu = path_mtu,
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

/* ------------------------------------------------------------------ state */

/* Rules are asked one after the other, at `ms` of the clock. NULL: those that share begin anew. */
static const struct kept_row {
	const char *rule;
	const char *packet;
	uint32_t ms;
	enum answer answer;
} kept_rows[] = {
	{ "-m recent --rcheck", "-i eth0 -s 192.0.2.7", 0, ANSWER_NO },
	{ "-m recent --set", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --rcheck", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --rcheck", "-i eth0 -s 192.0.2.8", 0, ANSWER_NO },
	{ "-m recent ! --rcheck", "-i eth0 -s 192.0.2.8", 0, ANSWER_YES },
	{ "-m recent --rcheck --rdest", "-i eth0 -d 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --rcheck --name other", "-i eth0 -s 192.0.2.7", 0, ANSWER_NO },
	{ "-m recent --rcheck --seconds 2", "-i eth0 -s 192.0.2.7", 2000, ANSWER_YES },
	{ "-m recent --rcheck --seconds 2", "-i eth0 -s 192.0.2.7", 2004, ANSWER_NO },
	{ "-m recent --update --seconds 2", "-i eth0 -s 192.0.2.7", 1000, ANSWER_YES },
	{ "-m recent --update --hitcount 2", "-i eth0 -s 192.0.2.7", 3000, ANSWER_YES },
	{ "-m recent --rcheck --hitcount 3 --seconds 2", "-i eth0 -s 192.0.2.7", 3000, ANSWER_NO },
	{ "-m recent --rcheck --hitcount 2 --seconds 2", "-i eth0 -s 192.0.2.7", 3000, ANSWER_YES },
	{ "-m recent --rcheck --rttl", "-i eth0 -s 192.0.2.7 --ttl-eq 9", 3000, ANSWER_NO },
	{ "-m recent --rcheck --seconds 2 --reap", "-i eth0 -s 192.0.2.7", 9000, ANSWER_NO },
	{ "-m recent --rcheck", "-i eth0 -s 192.0.2.7", 9000, ANSWER_NO },
	{ "-m recent --set", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --remove", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --remove", "-i eth0 -s 192.0.2.7", 0, ANSWER_NO },
	{ "-m recent --rcheck --hitcount 300", "-i eth0 -s 192.0.2.7", 0, ANSWER_UNKNOWN },
	{ NULL, NULL, 0, 0 },
	/* The mask is that of the rule that came first. */
	{ "-m recent --set --mask 255.255.255.0", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ "-m recent --rcheck", "-i eth0 -s 192.0.2.9", 0, ANSWER_YES },
	{ NULL, NULL, 0, 0 },
#define TWO "-m hashlimit --hashlimit-upto 1/s --hashlimit-burst 2 --hashlimit-name a "
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 996, ANSWER_NO },
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.8", 996, ANSWER_YES },
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 1004, ANSWER_YES },
	{ TWO "--hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 1008, ANSWER_NO },
	{ NULL, NULL, 0, 0 },
	{ TWO "--hashlimit-mode dstport", "-i eth0 -p udp --dport 1", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode dstport", "-i eth0 -p udp --dport 1", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode dstport", "-i eth0 -p udp --dport 2", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode dstport", "-i eth0 -p udp --dport 1", 0, ANSWER_NO },
	{ NULL, NULL, 0, 0 },
	{ TWO "--hashlimit-srcmask 24 --hashlimit-mode srcip", "-i eth0 -s 192.0.2.7", 0,
	  ANSWER_YES },
	{ TWO "--hashlimit-srcmask 24 --hashlimit-mode srcip", "-i eth0 -s 192.0.2.8", 0,
	  ANSWER_YES },
	{ TWO "--hashlimit-srcmask 24 --hashlimit-mode srcip", "-i eth0 -s 192.0.2.9", 0,
	  ANSWER_NO },
	{ NULL, NULL, 0, 0 },
	/* So many at once, and then none: the table is full. */
	{ TWO "--hashlimit-mode srcip --hashlimit-htable-size 1 --hashlimit-htable-max 1",
	  "-i eth0 -s 192.0.2.7", 0, ANSWER_YES },
	{ TWO "--hashlimit-mode srcip --hashlimit-htable-size 1 --hashlimit-htable-max 1",
	  "-i eth0 -s 192.0.2.8", 0, ANSWER_NO },
	{ NULL, NULL, 0, 0 },
#define BYTES "-m hashlimit --hashlimit-above 5kb/s --hashlimit-mode srcip --hashlimit-name b"
	{ BYTES, "-i eth0 -p udp --length 3000", 0, ANSWER_NO },
	{ BYTES, "-i eth0 -p udp --length 3000", 0, ANSWER_YES },
	{ BYTES, "-i eth0 -p udp --length 3000", 1000, ANSWER_NO },
	{ NULL, NULL, 0, 0 },
#define RATE "-m hashlimit --hashlimit-above 2/s --hashlimit-burst 1 --hashlimit-name r " \
	     "--hashlimit-rate-match --hashlimit-rate-interval 1"
	{ RATE, "-i eth0", 0, ANSWER_NO },
	{ RATE, "-i eth0", 0, ANSWER_NO },
	{ RATE, "-i eth0", 0, ANSWER_NO },
	{ RATE, "-i eth0", 500, ANSWER_YES },
	{ RATE, "-i eth0", 1000, ANSWER_YES },
	{ RATE, "-i eth0", 2000, ANSWER_NO },
};

static void state_is_kept_between_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept_rows); i++) {
		const struct row row = { .family = FAMILY_IPV4, .rule = kept_rows[i].rule };
		enum answer answer;

		if (!row.rule) {
			forget_shares();
			continue;
		}
		world.now = (1000000 + kept_rows[i].ms) * UINT64_C(1000000);
		answer = answer_to(&row, kept_rows[i].packet);
		if (answer != kept_rows[i].answer)
			fail_msg("row %zu: %s answers %d to %s", i, row.rule, answer,
				 kept_rows[i].packet);
	}
	forget_shares();
}

/* ------------------------------------------------------------------ targets */

enum { HMARK_OF_FLOW = 0xb851 };

/* What becomes of a packet: a verdict, its mark in hexadecimal, and bytes from `at` on. */
static const struct act_row {
	enum family family;
	const char *rule, *packet;
	enum verdict verdict;
	uint32_t mark;
	uint32_t at;
	const char *bytes;
} act_rows[] = {
	/* An MSS of 1460 becomes 1360; one of 536 stays; one is put in; the checksum follows. */
	{ FAMILY_IPV4, "-p tcp -j TCPMSS --clamp-mss-to-pmtu", "-i eth0 --hex \"" V4("06", "002c")
	  " 00010050 00000000 00000000 6002 0000 00640000 020405b4\"", VERDICT_NONE, 0,
	  36, "00c8000002040550" },
	{ FAMILY_IPV4, "-p tcp -j TCPMSS --set-mss 1400", "-i eth0 --hex \"" V4("06", "002c")
	  " 00010050 00000000 00000000 6002 0000 00640000 02040218\"", VERDICT_NONE, 0,
	  36, "0064000002040218" },
	{ FAMILY_IPV4, "-p tcp -j TCPMSS --set-mss 1400", "-i eth0 --hex \"" V4("06", "0028")
	  " 00010050 00000000 00000000 5002 0000 ede40000\"", VERDICT_NONE, 0,
	  30, "00006002" },
	/* Options 8 and 5 become 1. */
	{ FAMILY_IPV4, "-p tcp -j TCPOPTSTRIP --strip-options timestamp", "-i eth0 --hex \""
	  V4("06", "0038") " 00010050 00000000 00000000 9002 0000 00000000 "
	  "020405b4 0101 080a 00000001 00000002\"", VERDICT_NONE, 0, 40,
	  "020405b401010101010101010101" },
	{ FAMILY_IPV4, "-p tcp -j TCPOPTSTRIP --strip-options 5", "-i eth0 --hex \""
	  V4("06", "002c") " 00010050 00000000 00000000 6002 0000 00000000 05ff0101\"",
	  VERDICT_NONE, 0, 40, "05ff0101" },
	/* RFC 6296, appendix: fd01:203:405:1::1234 is 2001:db8:1:d550::1234 outside. */
	{ FAMILY_IPV6, "-j SNPT --src-pfx fd01:203:405::/48 --dst-pfx 2001:db8:1::/48",
	  "-o eth0 -s fd01:203:405:1::1234", VERDICT_NONE, 0, 8,
	  "20010db80001d5500000000000001234" },
	{ FAMILY_IPV6, "-j DNPT --src-pfx 2001:db8:1::/48 --dst-pfx fd01:203:405::/48",
	  "-i eth0 -d 2001:db8:1:d550::1234", VERDICT_NONE, 0, 24,
	  "fd01020304050001000000000000" "1234" },
	{ FAMILY_IPV6, "-j SNPT --src-pfx fd01:203:405::/64 --dst-pfx 2001:db8:1::/64",
	  "-o eth0 -s fd01:203:405:0:ffff:ffff:ffff:ffff", VERDICT_DROP, 0, 0, "60" },
	{ FAMILY_IPV4, "-p tcp -j TPROXY --on-port 80 --tproxy-mark 0x1/0x3",
	  "-i eth0 -p tcp --mark 0x6", VERDICT_ACCEPT, 5, 0, "45" },
	{ FAMILY_IPV4, "-p tcp -j SYNPROXY", "-i eth0 -p tcp --syn", VERDICT_STOLEN, 0, 0, "45" },
	{ FAMILY_IPV4, "-p tcp -j SYNPROXY", "-i eth0 -p tcp --tcp-flags ALL RST", VERDICT_NONE, 0,
	  0, "45" },
	{ FAMILY_IPV4, "-p tcp -j SYNPROXY", "-i eth0 --hex \"" V4("06", "0028")
	  " 00010050 00000000 00000000 5002 0000 ede40000\"", VERDICT_DROP, 0, 0, "45" },
	/* Both directions of a flow have one mark. */
	{ FAMILY_IPV4, "-j HMARK --hmark-tuple src,dst,sport,dport --hmark-mod 65536 "
	  "--hmark-rnd 1 --hmark-offset 1", "-i eth0 -p udp -s 192.0.2.7 -d 192.0.2.1 --sport 5 "
	  "--dport 6", VERDICT_NONE, HMARK_OF_FLOW, 0, "45" },
	{ FAMILY_IPV4, "-j HMARK --hmark-tuple src,dst,sport,dport --hmark-mod 65536 "
	  "--hmark-rnd 1 --hmark-offset 1", "-i eth0 -p udp -d 192.0.2.7 -s 192.0.2.1 --sport 6 "
	  "--dport 5", VERDICT_NONE, HMARK_OF_FLOW, 0, "45" },
};

static const char *hex_of(const uint8_t *bytes, size_t len)
{
	static char text[65];

	for (size_t i = 0; i < len && i < 32; i++)
		snprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", bytes[i]);
	return text;
}

static void check_target(const struct act_row *row)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	struct eval e = { .packet = &packet, .meta = &p.meta, .world = &world,
			  .family = row->family, .hook = NF_INET_PRE_ROUTING };
	const size_t spare = 8;
	struct asked a;
	enum verdict verdict;
	uint8_t *bytes;
	size_t len = make_packet(row->family, row->packet, &p, &arena, &bytes);
	const char *hex;

	/* Some may make it longer. */
	memmove(bytes - spare, bytes, len);
	bytes -= spare;
	ask_open(&a, row->family, row->rule);
	assert_int_equal(packet_parse(&packet, bytes, len, len + spare), PACKET_GOOD);
	verdict = a.rule->target.ext->act(&e, a.rule->target.data, a.states[0]);
	hex = hex_of(packet.bytes + row->at, strlen(row->bytes) / 2);
	if (verdict != row->verdict || p.meta.mark != row->mark ||
	    strncmp(hex, row->bytes, strlen(hex)) != 0)
		fail_msg("%s: verdict %d, mark %#x, %s", row->rule, verdict, p.meta.mark, hex);
	ask_close(&a);
}

static void targets_change_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(act_rows); i++)
		check_target(&act_rows[i]);
}

/* ------------------------------------------------------------------ nobody is left out */

/* Its options are fields, and these say it all. */
static bool says_it_by_fields(const struct ext *ext)
{
	if (ext->always || ext->native)
		return true;
	for (const struct opt *o = ext->opts; o && o->name; o++)
		if (!o->field && !(o->flags & OPT_ALIAS))
			return false;
	return ext->opts != NULL;
}

static bool is_evaluated(const struct ext *ext)
{
	if (ext->unknowable)
		return !ext->match;
	return ext->kind == EXT_TARGET ? ext->act || ext->native :
					 ext->match || says_it_by_fields(ext);
}

static void every_extension_is_evaluated(void **state)
{
	const struct ext *ext;

	(void)state;
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		if (!is_evaluated(ext))
			print_error("%s is not evaluated, and does not say why\n", ext->name);
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		assert_true(is_evaluated(ext));
	for (size_t n = 0; (ext = ext_nth_old(n)) != NULL; n++)
		if (!is_evaluated(ext))
			fail_msg("%s is not evaluated, and does not say why", ext->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_match_tells_packets_apart),
		cmocka_unit_test(short_packets_are_not_overrun),
		cmocka_unit_test(state_is_kept_between_packets),
		cmocka_unit_test(targets_change_packets),
		cmocka_unit_test(every_extension_is_evaluated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
