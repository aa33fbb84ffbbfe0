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
#include "ext/type/types.h"
#include "plan/program.h"

#include "eval_rows.h"
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

static int64_t count_connections(void *context, struct eval *e, const void *key, size_t key_len,
				 void *state)
{
	const uint8_t *addr = key;

	(void)context;
	(void)e;
	(void)key_len;
	(void)state;
	return addr[3];
}

/* Half of all chances are taken, by turns. */
static uint32_t turns(void *context)
{
	static uint32_t n;

	(void)context;
	return n++ % 2 ? UINT32_MAX : 0;
}

static enum answer set_has(void *context, struct eval *e, const struct set_use *use,
			   struct set_found *found)
{
	(void)context;
	(void)found;
	return answer_of(packet_saddr(e->packet)[3] == use->dim);
}

static enum answer is_bridge(void *context, const char *device)
{
	(void)context;
	return answer_of(!strncmp(device, "br", 2));
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
	.path_mtu = path_mtu, .is_bridge = is_bridge,
	.count_connections = count_connections, .random = turns, .set_has = set_has,
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

/* What each match has answered so far. */
static struct { const struct ext *ext; bool yes, no; } heard[256];

static void hear(const struct ext *ext, enum answer answer)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(heard) && heard[i].ext && heard[i].ext != ext)
		i++;
	assert_true(i < ARRAY_SIZE(heard));
	heard[i].ext = ext;
	heard[i].yes |= answer == ANSWER_YES;
	heard[i].no |= answer == ANSWER_NO;
}

/* The packet's connection; `known` false: nothing is known of it. */
static struct conn_view asked_ct;

static enum answer ask(struct asked *a, struct packet *packet, struct meta *meta)
{
	struct eval e = { .packet = packet, .meta = meta, .world = &world, .ct = asked_ct,
			  .family = (enum family)packet->family, .hook = NF_INET_PRE_ROUTING };
	struct test tests[HEAD_TESTS];
	int count = head_tests(e.family, &a->rule->head, tests, ARRAY_SIZE(tests));
	enum answer answer = ANSWER_YES;

	for (int i = 0; i < count && answer == ANSWER_YES; i++)
		answer = test_answer(&e, &tests[i]);
	for (uint16_t i = 0; i < a->rule->match_count && answer == ANSWER_YES; i++) {
		answer = use_answer(&e, &a->rule->matches[i], a->states[i]);
		hear(a->rule->matches[i].ext, answer);
	}
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
	asked_ct = p.said & SAID_STATE ? packet_words_view(&p) : (struct conn_view){ 0 };
	answer = ask(&a, &packet, &p.meta);
	asked_ct = (struct conn_view){ 0 };
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

/* ------------------------------------------------------------------ connections */

static void labels_and_helpers(void **state)
{
	static const struct { const char *rule; enum answer without, with; } cases[] = {
		{ "-m connlabel --label 40", ANSWER_NO, ANSWER_YES },
		{ "-m connlabel ! --label 40", ANSWER_YES, ANSWER_NO },
		{ "-m helper --helper ftp", ANSWER_NO, ANSWER_YES },
		{ "-m helper --helper tftp", ANSWER_NO, ANSWER_NO },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { 0 };
		struct packet packet = { 0 };
		struct connection master = { .helper = "ftp" };
		struct asked a;
		uint8_t *bytes;
		size_t len = make_packet(FAMILY_IPV4,
	  "-i eth0 --ctstate RELATED", &p, &arena, &bytes);

		ask_open(&a, FAMILY_IPV4, cases[i].rule);
		assert_int_equal(packet_parse(&packet, bytes, len, len), PACKET_GOOD);
		asked_ct = packet_words_view(&p);
		assert_int_equal(ask(&a, &packet, &p.meta), cases[i].without);
		asked_ct.conn->labels[5] |= 1;
		asked_ct.conn->master = &master;
		assert_int_equal(ask(&a, &packet, &p.meta), cases[i].with);
		asked_ct = (struct conn_view){ 0 };
		ask_close(&a);
	}
}

/* ------------------------------------------------------------------ control groups */

static void groups_of_sockets(void **state)
{
	static const struct { const char *rule, *group; enum answer answer; } cases[] = {
		{ "-m cgroup --path a/b", "/a/b", ANSWER_YES },
		{ "-m cgroup --path /a//b/", "/a/b/c", ANSWER_YES },
		{ "-m cgroup --path a/b", "/a", ANSWER_NO },
		{ "-m cgroup --path a/b", "/a/bc", ANSWER_NO },
		{ "-m cgroup --path a/bc", "/a/b", ANSWER_NO },
		{ "-m cgroup ! --path a/b", "/a/b/c", ANSWER_NO },
		{ "-m cgroup ! --path a/b", "/b", ANSWER_YES },
		{ "-m cgroup --path /", "/", ANSWER_YES },
		{ "-m cgroup --path /", "/a", ANSWER_YES },
		{ "-m cgroup --path a", "/", ANSWER_NO },
		/* A socket that is none yet, whatever is asked. */
		{ "-m cgroup --path /", "", ANSWER_NO },
		{ "-m cgroup ! --path a", "", ANSWER_NO },
		{ "-m cgroup --path a", NULL, ANSWER_UNKNOWN },
		{ "-m cgroup --cgroup 7", "/a", ANSWER_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { 0 };
		struct packet packet = { 0 };
		struct asked a;
		uint8_t *bytes;
		size_t len = make_packet(FAMILY_IPV4, "-o eth0", &p, &arena, &bytes);

		ask_open(&a, FAMILY_IPV4, cases[i].rule);
		assert_int_equal(packet_parse(&packet, bytes, len, len), PACKET_GOOD);
		p.meta.cgroup = cases[i].group;
		assert_int_equal(ask(&a, &packet, &p.meta), cases[i].answer);
		ask_close(&a);
	}
}

/* ------------------------------------------------------------------ ports of a bridge */

static const struct {
	const char *rule, *in, *out;
	enum answer answer;
} port_rows[] = {
	{ "-m physdev --physdev-in eth+", "eth0", "", ANSWER_YES },
	{ "-m physdev --physdev-in eth0", "eth01", "", ANSWER_NO },
	{ "-m physdev --physdev-in eth0 --physdev-out tap0", "eth0", "tap0", ANSWER_YES },
	{ "-m physdev --physdev-out tap0", "eth0", "", ANSWER_NO },
	{ "-m physdev ! --physdev-out tap0", "eth0", "", ANSWER_NO },
	{ "-m physdev ! --physdev-out tap0", "eth0", "tap1", ANSWER_YES },
	{ "-m physdev --physdev-is-in --physdev-is-out", "eth0", "tap0", ANSWER_YES },
	{ "-m physdev --physdev-is-out", "eth0", "", ANSWER_NO },
	{ "-m physdev ! --physdev-is-bridged", "eth0", "", ANSWER_YES },
	/* Without a port to come in by, any is right. */
	{ "-m physdev --physdev-in eth0", "", "tap0", ANSWER_YES },
};

static void ports_of_a_bridge(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(port_rows); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { 0 };
		struct packet packet = { 0 };
		struct asked a;
		uint8_t *bytes;
		size_t len = make_packet(FAMILY_IPV4, "-i br0", &p, &arena, &bytes);

		ask_open(&a, FAMILY_IPV4, port_rows[i].rule);
		assert_int_equal(packet_parse(&packet, bytes, len, len), PACKET_GOOD);
		assert_int_equal(ask(&a, &packet, &p.meta), ANSWER_UNKNOWN);
		p.meta.known |= KNOWN_BRIDGE;
		snprintf(p.meta.bridge_in, sizeof(p.meta.bridge_in), "%s", port_rows[i].in);
		snprintf(p.meta.bridge_out, sizeof(p.meta.bridge_out), "%s", port_rows[i].out);
		if (ask(&a, &packet, &p.meta) != port_rows[i].answer)
			fail_msg("%s, from %s to %s", port_rows[i].rule, port_rows[i].in,
				 port_rows[i].out);
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
	{ NULL, NULL, 0, 0 },
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

/* What a rule has for itself: the same packet of 28 bytes, three times. */
static void each_rule_keeps_its_own(void **state)
{
	static const struct { const char *rule; enum answer answers[3]; } cases[] = {
		{ "-m limit --limit 1/s --limit-burst 2", { ANSWER_YES, ANSWER_YES, ANSWER_NO } },
		{ "-m quota --quota 60", { ANSWER_YES, ANSWER_YES, ANSWER_NO } },
		{ "-m quota ! --quota 55", { ANSWER_NO, ANSWER_YES, ANSWER_YES } },
		{ "-m statistic --mode nth --every 2 --packet 1",
		  { ANSWER_NO, ANSWER_YES, ANSWER_NO } },
		{ "-m statistic --mode nth ! --every 3 --packet 0",
		  { ANSWER_NO, ANSWER_YES, ANSWER_YES } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		struct packet_words p = { 0 };
		struct packet packet = { 0 };
		struct asked a;
		uint8_t *bytes;
		size_t len = make_packet(FAMILY_IPV4, "-i eth0 -p udp", &p, &arena, &bytes);

		ask_open(&a, FAMILY_IPV4, cases[i].rule);
		assert_int_equal(packet_parse(&packet, bytes, len, len), PACKET_GOOD);
		for (size_t n = 0; n < 3; n++)
			if (ask(&a, &packet, &p.meta) != cases[i].answers[n])
				fail_msg("%s, packet %zu", cases[i].rule, n + 1);
		ask_close(&a);
	}
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

/* The tests above have had a yes and a no of every match that can be answered. */
static void every_match_has_said_yes_and_no(void **state)
{
	const struct ext *ext;
	unsigned missing = 0;

	(void)state;
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++) {
		size_t i = 0;

		while (i < ARRAY_SIZE(heard) && heard[i].ext && heard[i].ext != ext)
			i++;
		if (ext->kind != EXT_MATCH || ext->unknowable || ext->always ||
		    (heard[i].yes && heard[i].no))
			continue;
		print_error("-m %s has not said %s\n", ext->name, heard[i].yes ? "no" : "yes");
		missing++;
	}
	assert_int_equal(missing, 0);
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
		cmocka_unit_test(ports_of_a_bridge),
		cmocka_unit_test(state_is_kept_between_packets),
		cmocka_unit_test(each_rule_keeps_its_own),
		cmocka_unit_test(targets_change_packets),
		cmocka_unit_test(labels_and_helpers),
		cmocka_unit_test(groups_of_sockets),
		cmocka_unit_test(every_match_has_said_yes_and_no),
		cmocka_unit_test(every_extension_is_evaluated),
	};

	set_names_use(&set_names_given);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
