// SPDX-License-Identifier: GPL-2.0-or-later
/* The proof of a conversion finds what differs, and knows what explains it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert/convert.h"
#include "safe/snapshot.h"

static void read_script(struct conversion *c, enum dialect to, const char *text, struct sink *out)
{
	struct err err = ERR_INIT;

	c->from = DIALECT_IPCHAINS;
	c->to = to;
	assert_int_equal(convert_read(c, text, strlen(text), &err), 0);
	convert_print(c, out);
}

static struct proof prove(const struct conversion *c, const char *text, struct sink *report)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err err = ERR_INIT;
	struct proof proof;

	assert_int_equal(snapshot_parse(&rs, FAMILY_IPV4, text, strlen(text), "test", false, &err),
			 0);
	assert_int_equal(convert_prove(c, &rs, 3000, report, &proof, &err), 0);
	assert_in_range(proof.packets, 3000, 3004);
	assert_int_equal(proof.equal + proof.explained + proof.unexplained + proof.unknown,
			 proof.packets);
	return proof;
}

static const char script[] =
	":input DENY\n"
	":forward ACCEPT\n"
	":output ACCEPT\n"
	"-A input -p tcp -d 10.0.0.0/8 25:30 -i eth0 -j ACCEPT\n"
	"-A input -p tcp -d 0.0.0.0/0 61000:65095 ! -y -j ACCEPT\n"
	"-A input -s 192.168.7.0/24 -j ACCEPT\n"
	"-A forward -s 192.168.7.0/24 -i ppp0 -j MASQ\n";

static void test_equal(void **state)
{
	AUTO_CONVERSION c = CONVERSION_INIT;
	AUTO_SINK text = SINK_MEMORY, report = SINK_MEMORY;
	struct proof proof;

	(void)state;
	read_script(&c, DIALECT_IPTABLES, script, &text);
	proof = prove(&c, sink_text(&text), &report);
	assert_string_equal(sink_text(&report), "");
	assert_int_equal(proof.equal, proof.packets);
	assert_int_equal(c.remarks.count, 0);
}

/* The result with one thing changed: each is found. */
static void test_differences(void **state)
{
	static const struct { const char *is, *becomes; } changes[] = {
		{ "--dport 25:30", "--dport 25:31" }, { "--dport 25:30", "--dport 26:30" },
		{ "10.0.0.0/8", "10.0.0.0/9" }, { "-i eth0", "" },
		{ "! --tcp-flags", "--tcp-flags" },
		{ "-o ppp0 -p udp", "-o ppp9 -p udp" }, { ":INPUT DROP", ":INPUT ACCEPT" },
		{ "--ctrepldstport 61000:65095", "--ctrepldstport 61001:65095" },
		{ "-j DROP", "-j REJECT" },
		{ "SNAT --ctdir REPLY", "DNAT --ctdir REPLY" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		AUTO_CONVERSION c = CONVERSION_INIT;
		AUTO_SINK text = SINK_MEMORY, changed = SINK_MEMORY, report = SINK_MEMORY;
		const char *at, *p;
		struct proof proof;

		read_script(&c, DIALECT_IPTABLES, script, &text);
		for (p = sink_text(&text); (at = strstr(p, changes[i].is));
		     p = at + strlen(changes[i].is)) {
			sink_bytes(&changed, p, (size_t)(at - p));
			sink_str(&changed, changes[i].becomes);
		}
		assert_true(changed.len > 0);
		sink_str(&changed, p);
		proof = prove(&c, sink_text(&changed), &report);
		if (!proof.unexplained)
			print_message("%s -> %s\n", changes[i].is, changes[i].becomes);
		assert_int_not_equal(proof.unexplained, 0);
		assert_non_null(strstr(sink_text(&report), "nothing that was said explains it"));
	}
}

/* A difference is explained by what was said of a line whose rule matched. */
static void test_explained(void **state)
{
	static const char marks[] = "-A input -s 192.0.2.0/24 -m +4\n"
				    "-A input -s 10.0.0.0/8 -j DENY\n";
	AUTO_CONVERSION c = CONVERSION_INIT;
	AUTO_SINK text = SINK_MEMORY, report = SINK_MEMORY;
	struct proof proof;

	(void)state;
	read_script(&c, DIALECT_IPTABLES, marks, &text);
	assert_int_equal(c.remarks.count, 1);
	assert_int_equal(c.remarks.items[0].line, 1);
	proof = prove(&c, sink_text(&text), &report);
	assert_int_not_equal(proof.explained, 0);
	assert_int_equal(proof.unexplained, 0);
	assert_non_null(strstr(sink_text(&report), "see what is said of line 1\n"));
}

static void test_nothing(void **state)
{
	AUTO_CONVERSION c = CONVERSION_INIT;
	struct err err = ERR_INIT;

	(void)state;
	c.from = DIALECT_IPCHAINS;
	assert_true(convert_read(&c, "a\0b\n", 4, &err) < 0);
	assert_int_equal(c.remarks.count, 1);
	assert_string_equal(c.remarks.items[0].text, "left out: a NUL byte");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal), cmocka_unit_test(test_differences),
		cmocka_unit_test(test_explained), cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("convert", tests, NULL, NULL);
}
