// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sets of ipset: read from text, asked by rules in an engine, changed by them; and texts that are none.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dialect/packet.h"
#include "engine/engine.h"
#include "ext/type/types.h"

#include "load.h"

static const char host_text[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\nroute default via 192.0.2.254\nforward on\n";

struct world_of {
	struct ruleset rules;
	struct host host;
	struct ipsets sets;
	struct engine *engine;
	enum family family;
	uint64_t now;
};

static void open_world(struct world_of *w, enum family family, const char *sets, const char *rules)
{
	struct err err = ERR_INIT;
	AUTO_SINK text = SINK_MEMORY;
	struct engine_config config = {
		.rules = &w->rules, .host = &w->host, .sets = &w->sets, .keep_counters = true,
	};

	set_names_use(&set_names_given);
	*w = (struct world_of){ .family = family, .now = UINT64_C(1000000000000) };
	sink_printf(&text, "*filter\n:INPUT ACCEPT\n%s\nCOMMIT\n", rules);
	if (ipsets_parse(&w->sets, sets, strlen(sets), &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(load_rules(&w->rules, family, sink_text(&text)), 0);
	assert_int_equal(host_parse(&w->host, host_text, strlen(host_text), &err), 0);
	assert_int_equal(engine_open(&w->engine, &config, &err), 0);
}

static void close_world(struct world_of *w)
{
	engine_close(&w->engine);
	ruleset_free(&w->rules);
	host_free(&w->host);
	ipsets_free(&w->sets);
}

static bool is_dropped(struct world_of *w, const char *line)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK assumed = SINK_MEMORY;
	struct words words = { .program = "test" };
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	struct outcome outcome;
	struct err err = ERR_INIT;
	struct input input = { .packet = &packet, .now = w->now };
	uint8_t bytes[2048];
	const char **items;

	assert_int_equal(restore_split(&arena, line, &items, &words.count, &err), 0);
	words.items = items;
	if (packet_words_parse(&arena, w->family, &words, &p, &err) < 0)
		fail_msg("%s: %s", line, err.text);
	packet_words_assume(&p, &w->host, &assumed);
	assert_true(packet_words_build(&p, &packet, bytes, sizeof(bytes)) > 0);
	if (p.has_link) {
		packet.link = p.link;
		packet.link_len = sizeof(p.link);
	}
	input.meta = p.meta;
	engine_run(w->engine, &input, &outcome);
	if (outcome.fate == FATE_UNKNOWN)
		fail_msg("%s: %s", line, outcome.why);
	return outcome.fate == FATE_DROPPED;
}

/* ------------------------------------------------------------------ types */

static const struct row {
	enum family family;
	const char *sets, *match, *yes, *no;
} rows[] = {
	{ FAMILY_IPV4, "create s hash:ip\nadd s 203.0.113.9", "s src", "-s 203.0.113.9",
	  "-s 203.0.113.8" },
	{ FAMILY_IPV4, "create s hash:ip netmask 24\nadd s 203.0.113.9", "s src", "-s 203.0.113.8",
	  "-s 203.0.112.9" },
	{ FAMILY_IPV4, "create s hash:ip\nadd s 203.0.113.9-203.0.113.11", "s src",
	  "-s 203.0.113.11", "-s 203.0.113.12" },
	{ FAMILY_IPV4, "create s hash:ip\nadd s 203.0.113.8/30", "s src", "-s 203.0.113.11",
	  "-s 203.0.113.12" },
	{ FAMILY_IPV6, "create s hash:ip family inet6\nadd s 2001:db8::9", "s src",
	  "-s 2001:db8::9", "-s 2001:db8::8" },
	{ FAMILY_IPV4, "create s hash:ip family inet6\nadd s 2001:db8::9", "s src", NULL,
	  "-s 203.0.113.9" },
	{ FAMILY_IPV4, "create s hash:net\nadd s 203.0.113.0/24\nadd s 203.0.113.64/26 nomatch",
	  "s src", "-s 203.0.113.9", "-s 203.0.113.65" },
	{ FAMILY_IPV4, "create s hash:net\nadd s 203.0.113.0/24\nadd s 203.0.113.64/26 nomatch",
	  "s src --return-nomatch", "-s 203.0.113.65", "-s 203.0.113.9" },
	{ FAMILY_IPV4, "create s hash:net\nadd s 203.0.113.10-203.0.113.20", "s src",
	  "-s 203.0.113.16", "-s 203.0.113.21" },
	{ FAMILY_IPV4, "create s hash:net,net\nadd s 203.0.113.0/24,192.0.2.0/28", "s src,dst",
	  "-s 203.0.113.9 -d 192.0.2.1", "-s 203.0.112.9 -d 192.0.2.1" },
	{ FAMILY_IPV4, "create s hash:ip,port\nadd s 203.0.113.9,udp:53\nadd s 203.0.113.9,80-82",
	  "s src,dst", "-s 203.0.113.9 -p udp --dport 53", "-s 203.0.113.9 -p tcp --dport 53" },
	{ FAMILY_IPV4, "create s hash:ip,port\nadd s 203.0.113.9,80-82", "s src,dst",
	  "-s 203.0.113.9 -p tcp --dport 82", "-s 203.0.113.9 -p tcp --dport 83" },
	{ FAMILY_IPV4, "create s hash:ip,port\nadd s 203.0.113.9,icmp:ping", "s src,src",
	  "-s 203.0.113.9 -p icmp --icmp-type echo-request",
	  "-s 203.0.113.9 -p icmp --icmp-type echo-reply" },
	{ FAMILY_IPV4, "create s hash:ip,port\nadd s 203.0.113.9,vrrp:0", "s src,src",
	  "-s 203.0.113.9 -p vrrp", "-s 203.0.113.9 -p gre" },
	{ FAMILY_IPV4, "create s hash:ip,port,ip\nadd s 203.0.113.9,tcp:80,192.0.2.1",
	  "s src,dst,dst", "-s 203.0.113.9 -p tcp --dport 80",
	  "-s 203.0.113.9 -p tcp --dport 81" },
	{ FAMILY_IPV4, "create s hash:ip,port,net\nadd s 203.0.113.9,tcp:80,192.0.2.0/24",
	  "s src,dst,dst", "-s 203.0.113.9 -p tcp --dport 80",
	  "-s 203.0.113.8 -p tcp --dport 80" },
	{ FAMILY_IPV4, "create s hash:net,port\nadd s 203.0.113.0/24,tcp:80", "s src,dst",
	  "-s 203.0.113.9 -p tcp --dport 80", "-s 203.0.113.9 -p udp --dport 80" },
	{ FAMILY_IPV4, "create s hash:net,port,net\nadd s 203.0.113.0/24,tcp:80,192.0.2.0/24",
	  "s src,dst,dst", "-s 203.0.113.9 -p tcp --dport 80",
	  "-s 203.0.113.9 -p tcp --dport 81" },
	{ FAMILY_IPV4, "create s hash:net,iface\nadd s 203.0.113.0/24,eth0", "s src,src",
	  "-i eth0 -s 203.0.113.9", "-i eth1 -s 203.0.113.9" },
	{ FAMILY_IPV4, "create s hash:net,iface\nadd s 203.0.113.0/24,eth wildcard", "s src,src",
	  "-i eth1 -s 203.0.113.9", "-i lan -s 203.0.113.9" },
	{ FAMILY_IPV4, "create s hash:ip,mark markmask 0xff\nadd s 203.0.113.9,0x7", "s src",
	  NULL, "-s 203.0.113.9 --mark 0x107" },
	{ FAMILY_IPV4, "create s hash:ip,mark markmask 0xff\nadd s 203.0.113.9,0x7", "s src,src",
	  "-s 203.0.113.9 --mark 0x107", "-s 203.0.113.9 --mark 0x106" },
	{ FAMILY_IPV4, "create s hash:mac\nadd s 02:11:22:33:44:55", "s src",
	  "--mac-source 02:11:22:33:44:55", "--mac-source 02:11:22:33:44:56" },
	{ FAMILY_IPV4, "create s hash:ip,mac\nadd s 203.0.113.9,02:11:22:33:44:55", "s src,src",
	  "-s 203.0.113.9 --mac-source 02:11:22:33:44:55",
	  "-s 203.0.113.9 --mac-source 02:11:22:33:44:56" },
	{ FAMILY_IPV4, "create s bitmap:ip range 203.0.113.0/24\nadd s 203.0.113.9", "s src",
	  "-s 203.0.113.9", "-s 203.0.114.9" },
	{ FAMILY_IPV4, "create s bitmap:ip range 203.0.0.0-203.0.255.255 netmask 24\n"
	  "add s 203.0.113.0", "s src", "-s 203.0.113.9", "-s 203.0.114.9" },
	{ FAMILY_IPV4, "create s bitmap:ip,mac range 203.0.113.0/24\n"
	  "add s 203.0.113.9,02:11:22:33:44:55", "s src,src",
	  "-s 203.0.113.9 --mac-source 02:11:22:33:44:55",
	  "-s 203.0.113.9 --mac-source 02:11:22:33:44:56" },
	/* One without a card takes the first that it sees. */
	{ FAMILY_IPV4, "create s bitmap:ip,mac range 203.0.113.0/24\nadd s 203.0.113.9",
	  "s src,src", "-s 203.0.113.9 --mac-source 02:11:22:33:44:55",
	  "-s 203.0.113.9 --mac-source 02:11:22:33:44:56" },
	{ FAMILY_IPV4, "create s bitmap:port range 0-1024\nadd s 80-90\nadd s 22", "s dst",
	  "-p udp --dport 90", "-p udp --dport 91" },
	{ FAMILY_IPV6, "create s bitmap:port range 0-1024\nadd s 80", "s dst",
	  "-p tcp --dport 80", "-p sctp --dport 80" },
	{ FAMILY_IPV4, "create a hash:ip\nadd a 203.0.113.9\ncreate b hash:net\n"
	  "add b 198.51.100.0/24\ncreate s list:set size 8\nadd s a\nadd s b", "s src",
	  "-s 198.51.100.7", "-s 198.51.99.7" },
	{ FAMILY_IPV4, "create s hash:ip timeout 60\nadd s 203.0.113.9\nadd s 203.0.113.7 "
	  "timeout 0", "s src", "-s 203.0.113.7", "-s 203.0.113.8" },
	{ FAMILY_IPV4, "create s hash:ip comment counters\n"
	  "add s 203.0.113.9 packets 3 bytes 300 comment \"a b\"\nadd s 203.0.113.8",
	  "s src --packets-gt 3", "-s 203.0.113.9", "-s 203.0.113.8" },
	{ FAMILY_IPV4, "create s hash:ip counters\nadd s 203.0.113.9 packets 3 bytes 300",
	  "s src --packets-eq 3 ! --update-counters", "-s 203.0.113.9", "-s 203.0.113.8" },
};

static void types_tell_packets_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int inverted = 0; inverted < 2; inverted++) {
			AUTO_SINK rule = SINK_MEMORY, yes = SINK_MEMORY, no = SINK_MEMORY;
			struct world_of w;

			sink_printf(&rule, "-A INPUT -m set %s--match-set %s -j DROP",
				    inverted ? "! " : "", rows[i].match);
			sink_printf(&yes, "-i eth0 %s", rows[i].yes ? rows[i].yes : "");
			sink_printf(&no, "-i eth0 %s", rows[i].no);
			open_world(&w, rows[i].family, rows[i].sets, sink_text(&rule));
			if (rows[i].yes && is_dropped(&w, strstr(rows[i].yes, "-i ") ? rows[i].yes :
						      sink_text(&yes)) == !!inverted)
				fail_msg("%s: %s does not match %s", rows[i].sets, sink_text(&rule),
					 rows[i].yes);
			if (is_dropped(&w, strstr(rows[i].no, "-i ") ? rows[i].no :
				       sink_text(&no)) != !!inverted)
				fail_msg("%s: %s matches %s", rows[i].sets, sink_text(&rule),
					 rows[i].no);
			close_world(&w);
		}
}

/* ------------------------------------------------------------------ rules that change them */

static void rules_add_and_take_away(void **state)
{
	static const char sets[] = "create seen hash:ip timeout 10\ncreate nets hash:net\n"
				   "add nets 198.51.100.0/24\ncreate few hash:ip maxelem 1\n";
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4, sets,
		   "-A INPUT -p udp --dport 1 -j SET --add-set seen src\n"
		   "-A INPUT -p udp --dport 2 -j SET --del-set seen src\n"
		   "-A INPUT -p udp --dport 3 -j SET --add-set seen src --exist --timeout 100\n"
		   "-A INPUT -p udp --dport 4 -j SET --add-set nets src --del-set few src\n"
		   "-A INPUT -p udp --dport 5 -j SET --add-set few src\n"
		   "-A INPUT -p tcp -m set --match-set seen src -j DROP\n"
		   "-A INPUT -p icmp -m set --match-set nets src -j DROP\n"
		   "-A INPUT -p sctp -m set --match-set few src -j DROP");
	assert_false(is_dropped(&w, "-i eth0 -p tcp -s 203.0.113.9"));
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.9 --dport 1");
	assert_true(is_dropped(&w, "-i eth0 -p tcp -s 203.0.113.9"));
	/* Seen again, it does not last longer; unless it may. */
	w.now += UINT64_C(6000000000);
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.9 --dport 1");
	w.now += UINT64_C(6000000000);
	assert_false(is_dropped(&w, "-i eth0 -p tcp -s 203.0.113.9"));
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.9 --dport 3");
	w.now += UINT64_C(99000000000);
	assert_true(is_dropped(&w, "-i eth0 -p tcp -s 203.0.113.9"));
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.9 --dport 2");
	assert_false(is_dropped(&w, "-i eth0 -p tcp -s 203.0.113.9"));
	/* A network is added with the longest length there is. */
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.9 --dport 4");
	assert_true(is_dropped(&w, "-i eth0 -p icmp -s 203.0.113.77"));
	/* One place: the second does not fit until the first has gone. */
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.1 --dport 5");
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.2 --dport 5");
	assert_true(is_dropped(&w, "-i eth0 -p sctp -s 203.0.113.1"));
	assert_false(is_dropped(&w, "-i eth0 -p sctp -s 203.0.113.2"));
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.1 --dport 4");
	is_dropped(&w, "-i eth0 -p udp -s 203.0.113.2 --dport 5");
	assert_true(is_dropped(&w, "-i eth0 -p sctp -s 203.0.113.2"));
	/* What was given stays as it was. */
	assert_int_equal(ipsets_find(&w.sets, "seen")->live, 0);
	close_world(&w);
}

static void sets_hold_marks(void **state)
{
	static const char sets[] = "create ways hash:ip skbinfo\n"
				   "add ways 203.0.113.9 skbmark 0x5/0xf skbprio 1:10\n";
	struct ruleset rules = RULESET_INIT;
	struct world_of w;

	(void)state;
	ruleset_free(&rules);
	open_world(&w, FAMILY_IPV4, sets, "-A INPUT -m mark --mark 0xf5 -j DROP\n"
		   "COMMIT\n*mangle\n-A PREROUTING -j SET --map-set ways src --map-mark");
	assert_true(is_dropped(&w, "-i eth0 -s 203.0.113.9 --mark 0xf3"));
	assert_false(is_dropped(&w, "-i eth0 -s 203.0.113.8 --mark 0xf3"));
	close_world(&w);
}

/* ------------------------------------------------------------------ many */

/* Each element is found, and no other one; also behind removals. */
static void many_elements(void **state)
{
	enum { MANY = 20000 };
	AUTO_IPSETS sets = IPSETS_INIT;
	struct ipset *set = ipsets_add(&sets, "s", "hash:ip", FAMILY_IPV4);
	struct ipset *copy;
	unsigned found = 0;
	bool is_new;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		struct ipset_key key = { .addr[0].v4 = htonl(0x0a000000 + 2 * i), .prefix[0] = 32 };

		assert_non_null(ipset_add(set, &key, "", 0, &is_new));
		assert_true(is_new);
	}
	copy = ipset_copy(set);
	for (uint32_t i = 0; i < 2 * MANY; i++) {
		struct ipset_query q = { .key.addr[0].v4 = htonl(0x0a000000 + i), .name = "" };
		struct ipset_element *e = ipset_match(copy, &q);

		found += e != NULL;
		assert_int_equal(e != NULL, i % 2 == 0);
		if (i % 4 == 0)
			ipset_remove(copy, e);
	}
	assert_int_equal(found, MANY);
	assert_int_equal(copy->live, MANY / 2);
	assert_int_equal(set->live, MANY);
	for (uint32_t i = 0; i < 2 * MANY; i++) {
		struct ipset_query q = { .key.addr[0].v4 = htonl(0x0a000000 + i), .name = "" };

		assert_int_equal(ipset_match(copy, &q) != NULL, i % 4 == 2);
	}
	ipset_free(&copy);
}

static const struct { const char *text, *error; } bad_texts[] = {
	{ "make s hash:ip", "line 1: neither create nor add: \"make\"" },
	{ "create s", "line 1: create takes a name and a type: \"\"" },
	{ "create s hash:cat", "line 1: no type of sets: \"hash:cat\"" },
	{ "create s list:ip", "line 1: no type of sets: \"list:ip\"" },
	{ "create s hash:ip,ip,ip,ip", "line 1: no type of sets: \"hash:ip,ip,ip,ip\"" },
	{ "create s hash:ip\ncreate s hash:ip", "line 2: this set is there already: \"s\"" },
	{ "create s hash:ip maxelem", "line 1: a value is missing here: \"\"" },
	{ "create s hash:ip colour 3", "line 1: not an option of a set: \"colour\"" },
	{ "create s bitmap:ip range 1.2.3.4/33", "line 1: no range: \"1.2.3.4/33\"" },
	{ "add s 1.2.3.4", "line 1: this set was not created above: \"s\"" },
	{ "create s hash:ip\n\n# all\nadd s 1.2.3.400", "line 4: no element of this set: "
	  "\"1.2.3.400\"" },
	{ "create s hash:ip\nadd s", "line 2: no element of this set: \"\"" },
	{ "create s hash:ip,port\nadd s 1.2.3.4", "line 2: no element of this set: \"1.2.3.4\"" },
	{ "create s hash:ip\nadd s 1.2.3.4,80", "line 2: no element of this set: \"1.2.3.4\"" },
	{ "create s hash:ip\nadd s 1.2.3.9-1.2.3.4", "line 2: the range ends before it begins: "
	  "\"1.2.3.9\"" },
	{ "create s hash:ip\nadd s 0.0.0.0/0", "line 2: the set is full: \"0.0.0.0\"" },
	{ "create s hash:ip maxelem 1\nadd s 1.2.3.4\nadd s 1.2.3.5",
	  "line 3: the set is full: \"1.2.3.5\"" },
	{ "create s hash:ip\nadd s 1.2.3.4 timeout 5", "line 2: not an option of an element of "
	  "this set: \"timeout\"" },
	{ "create s hash:mac\nadd s 02:11:22:33:44", "line 2: no element of this set: "
	  "\"02:11:22:33:44\"" },
};

static void texts_that_are_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_texts); i++) {
		AUTO_IPSETS sets = IPSETS_INIT;
		struct err err = ERR_INIT;

		assert_true(ipsets_parse(&sets, bad_texts[i].text, strlen(bad_texts[i].text),
					 &err) < 0);
		assert_string_equal(err.text, bad_texts[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_tell_packets_apart),
		cmocka_unit_test(rules_add_and_take_away),
		cmocka_unit_test(sets_hold_marks),
		cmocka_unit_test(many_elements),
		cmocka_unit_test(texts_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
