// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines of iptables. What they say is compared as saved text, what is wrong with them as
 * the text that iptables has for it; a row that differs from iptables 1.8.9 says why.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "dialect/iptables.h"

struct parsed {
	struct arena arena;
	struct iptables_options options;
	struct command command;
	struct err err;
	int result;
};

/* Words as restore files have them: blanks, and "..." around others. */
static void parse(struct parsed *p, enum family family, const char *line)
{
	struct words words = { 0 };
	const char **items;

	*p = (struct parsed){ .err = ERR_INIT };
	assert_int_equal(restore_split(&p->arena, line, &items, &words.count, &p->err), 0);
	words.items = items;
	p->result = iptables_parse(&p->arena, family, &words, &p->options, &p->command, &p->err);
}

static void save(struct sink *sink, const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++) {
		if (i)
			sink_str(sink, "; ");
		iptables_save_rule(sink, c->family, c->chain, c->rules[i], c->counters_given);
	}
}

struct row {
	const char *line, *want;
};

static void check_rules(enum family family, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_SINK text = SINK_MEMORY;
		struct parsed p;

		parse(&p, family, rows[i].line);
		if (p.result)
			print_message("%s: %s\n", rows[i].line, p.err.text);
		assert_int_equal(p.result, 0);
		save(&text, &p.command);
		if (strcmp(sink_text(&text), rows[i].want) != 0)
			print_message("%s\n", rows[i].line);
		assert_string_equal(sink_text(&text), rows[i].want);
		arena_free(&p.arena);
	}
}

static void test_rules(void **state)
{
	static const struct row rows[] = {
		{ "-A INPUT -j ACCEPT", "-A INPUT -j ACCEPT" },
		{ "-A INPUT", "-A INPUT" },
		{ "-j ACCEPT -A INPUT", "-A INPUT -j ACCEPT" },
		{ "--append INPUT --jump DROP", "-A INPUT -j DROP" },
		{ "--app=INPUT --ju=DROP", "-A INPUT -j DROP" },
		{ "-AINPUT -jDROP -ptcp", "-A INPUT -p tcp -j DROP" },
		{ "-A INPUT -g mine", "-A INPUT -g mine" },
		{ "-A INPUT -j mine", "-A INPUT -j mine" },
		{ "-A INPUT -s 10.1.2.3/8 -d 192.0.2.0/255.255.255.0",
		  "-A INPUT -s 10.0.0.0/8 -d 192.0.2.0/24" },
		{ "-A INPUT -s 012.1.0x10.1 -d 10.1/0377.0xff.0.0",
		  "-A INPUT -s 10.1.16.1/32 -d 10.1.0.0/16" },
		{ "-A INPUT ! -s 10.0.0.1 ! -d 10", "-A INPUT ! -s 10.0.0.1/32 ! -d 10.0.0.0/32" },
		{ "-A INPUT --src 1.2.3.4 --dst 1.2.3.5", "-A INPUT -s 1.2.3.4/32 -d 1.2.3.5/32" },
		{ "-A INPUT -s 1.2.3.4/255.0.255.0", "-A INPUT -s 1.0.3.0/255.0.255.0" },
		{ "-A INPUT -s any/0 -d 0/0", "-A INPUT" },
		{ "-A INPUT ! -s 0/0", "-A INPUT ! -s 0.0.0.0/0" },
		{ "-A INPUT -i + -j DROP", "-A INPUT -j DROP" },
		{ "-A INPUT ! -i + -j DROP", "-A INPUT ! -i + -j DROP" },
		{ "-A FORWARD ! -i eth0 -o wlan+", "-A FORWARD ! -i eth0 -o wlan+" },
		{ "-A INPUT -p 6", "-A INPUT -p tcp" },
		{ "-A INPUT -p TCP", "-A INPUT -p tcp" },
		{ "-A INPUT ! -p 47", "-A INPUT ! -p 47" },
		{ "-A INPUT -p all", "-A INPUT" },
		{ "-A INPUT -f", "-A INPUT -f" },
		{ "-A INPUT ! -f", "-A INPUT ! -f" },
		{ "-A INPUT -c 1 2 -j DROP", "-A INPUT -c 1 2 -j DROP" },
		{ "-A INPUT -c 1,2", "-A INPUT -c 1 2" },
		{ "-A INPUT --set-counters 1 2", "-A INPUT -c 1 2" },
		{ "-D INPUT -j DROP --", "-A INPUT -j DROP" },
	};

	(void)state;
	check_rules(FAMILY_IPV4, rows, ARRAY_SIZE(rows));
}

static void test_extensions(void **state)
{
	static const struct row rows[] = {
		/* -p brings its match when an option needs it, and only then */
		{ "-A INPUT -p tcp --dport 22", "-A INPUT -p tcp -m tcp --dport 22" },
		{ "-A INPUT -p tcp -m tcp --dport 22", "-A INPUT -p tcp -m tcp --dport 22" },
		{ "-A INPUT -p 17 --sport 53", "-A INPUT -p udp -m udp --sport 53" },
		{ "-A INPUT -p tcp -m comment --comment a",
		  "-A INPUT -p tcp -m comment --comment a" },
		{ "-A INPUT -p tcp -m comment --dport 1 --comment a",
		  "-A INPUT -p tcp -m comment --comment a -m tcp --dport 1" },
		{ "-A INPUT -p tcp ! --dport 22 -j DROP",
		  "-A INPUT -p tcp -m tcp ! --dport 22 -j DROP" },
		{ "-A INPUT --dport 22 -j DROP -p tcp", NULL },
		{ "-A INPUT -m tcp --dport 22 -p tcp", "-A INPUT -p tcp -m tcp --dport 22" },
		/* prefixes: with tcp not loaded, --source is the address; loaded, exact wins */
		{ "-A INPUT -p tcp --so 1.2.3.4", "-A INPUT -s 1.2.3.4/32 -p tcp" },
		{ "-A INPUT -p tcp -m tcp --source 1.2.3.4",
		  "-A INPUT -s 1.2.3.4/32 -p tcp -m tcp" },
		{ "-A INPUT -p tcp -m tcp --source-p 1", "-A INPUT -p tcp -m tcp --sport 1" },
		/* two words, and of several uses the newest takes the options */
		{ "-A INPUT -p tcp --tcp-flags SYN,ACK SYN",
		  "-A INPUT -p tcp -m tcp --tcp-flags SYN,ACK SYN" },
		{ "-A INPUT -m comment --comment a -m comment --comment \"b c\"",
		  "-A INPUT -m comment --comment a -m comment --comment \"b c\"" },
		{ "-A INPUT -m mark --mark 1 -m mark --mark 2/3 -j RETURN",
		  "-A INPUT -m mark --mark 0x1 -m mark --mark 0x2/0x3 -j RETURN" },
		{ "-A INPUT -m limit --limit=3/min", "-A INPUT -m limit --limit 3/min" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		if (rows[i].want) {
			check_rules(FAMILY_IPV4, &rows[i], 1);
			continue;
		}
		parse(&p, FAMILY_IPV4, rows[i].line);
		assert_int_equal(p.err.code, ERR_SYNTAX);
		arena_free(&p.arena);
	}
}

/* `-p mh` brings the match of that name; the protocol's other names do not. */
static void test_match_by_name(void **state)
{
	static const struct row rows[] = {
		{ "-A INPUT -p mh --mh-type 5", "-A INPUT -p mobility-header -m mh --mh-type 5" },
		{ "-A INPUT -p MH --mh-type 5", "-A INPUT -p mobility-header -m mh --mh-type 5" },
	};
	static const char *const others[] = {
		"-A INPUT -p 135 --mh-type 5", "-A INPUT -p ipv6-mh --mh-type 5",
	};

	(void)state;
	check_rules(FAMILY_IPV6, rows, ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct parsed p;

		parse(&p, FAMILY_IPV6, others[i]);
		assert_int_equal(p.err.code, ERR_SYNTAX);
		arena_free(&p.arena);
	}
}

static void test_several_addresses(void **state)
{
	static const struct row rows[] = {
		{ "-A INPUT -s 1.1.1.1,2.2.2.2", "-A INPUT -s 1.1.1.1/32; -A INPUT -s 2.2.2.2/32" },
		{ "-I INPUT -s 1.1.1.1,2.2.2.2 -d 3.3.3.3,4.4.4.4/8 -j DROP",
		  "-A INPUT -s 1.1.1.1/32 -d 3.3.3.3/32 -j DROP; "
		  "-A INPUT -s 1.1.1.1/32 -d 4.0.0.0/8 -j DROP; "
		  "-A INPUT -s 2.2.2.2/32 -d 3.3.3.3/32 -j DROP; "
		  "-A INPUT -s 2.2.2.2/32 -d 4.0.0.0/8 -j DROP" },
		{ "-A INPUT -s \"1.1.1.1, 2.2.2.2\"",
		  "-A INPUT -s 1.1.1.1/32; -A INPUT -s 2.2.2.2/32" },
		{ "-A INPUT -s 1.0.0.1,1.0.0.2,1.0.0.3,1.0.0.4,1.0.0.5",
		  "-A INPUT -s 1.0.0.1/32; -A INPUT -s 1.0.0.2/32; -A INPUT -s 1.0.0.3/32; "
		  "-A INPUT -s 1.0.0.4/32; -A INPUT -s 1.0.0.5/32" },
	};

	(void)state;
	check_rules(FAMILY_IPV4, rows, ARRAY_SIZE(rows));
}

static void test_ipv6(void **state)
{
	static const struct row rows[] = {
		{ "-A INPUT -s fe80::1 -j DROP", "-A INPUT -s fe80::1/128 -j DROP" },
		{ "-A INPUT -s FE80::1/64", "-A INPUT -s fe80::/64" },
		{ "-A INPUT -s fe80::1/ffff:0:ffff::", "-A INPUT -s fe80::/ffff:0:ffff::" },
		{ "-A INPUT -s ::/0", "-A INPUT" },
		{ "-A INPUT -p icmpv6", "-A INPUT -p ipv6-icmp" },
		{ "-A INPUT -s ::1,::2", "-A INPUT -s ::1/128; -A INPUT -s ::2/128" },
	};
	struct parsed p;

	(void)state;
	check_rules(FAMILY_IPV6, rows, ARRAY_SIZE(rows));
	parse(&p, FAMILY_IPV6, "-A INPUT -p 43");
	assert_int_equal(p.result, 0);
	assert_string_equal(p.options.warnings, "Warning: never matched protocol: 43. "
						"use extension match instead.\n");
	arena_free(&p.arena);
	parse(&p, FAMILY_IPV6, "-A INPUT -f");
	assert_string_equal(p.err.text, "`-f' is not supported in IPv6, use -m frag instead");
	arena_free(&p.arena);
}

static void test_errors(void **state)
{
	static const struct row rows[] = {
		{ "", "no command specified" },
		{ "-A INPUT -L", "Cannot use -L with -A" },
		{ "-L -S", "Cannot use -S with -L" },
		{ "-Y", "unknown option \"-Y\"" },
		{ "-A INPUT --dport 22", "unknown option \"--dport\"" },
		{ "-A INPUT --numeric=5", "unknown option \"--numeric=5\"" },
		{ "-A INPUT --li", "unknown option \"--li\"" },
		{ "-A INPUT -p tcp -m tcp --sou 1", "unknown option \"--sou\"" },
		{ "-A INPUT -p tcp --dport", "option \"--dport\" requires an argument" },
		{ "-A", "option \"-A\" requires an argument" },
		{ "-A INPUT foo", "Bad argument `foo'" },
		{ "-A INPUT -- foo", "unknown arguments found on commandline" },
		{ "-A INPUT ! ! -s 1.1.1.1", "multiple consecutive ! not allowed" },
		{ "-A INPUT -s 1.1.1.1 !", "nothing appropriate following !" },
		{ "! -A INPUT", "unexpected '!' flag" },
		{ "-A INPUT ! -m tcp", "unexpected ! flag before --match" },
		{ "-A INPUT ! -j DROP",
		  "cannot have ! before --jump" },	/* long since 1.8.11 */
		{ "-A INPUT -n", "Illegal option `--numeric' with this command" },
		{ "-D INPUT 1 -p tcp", "Illegal option `--protocol' with this command" },
		{ "-C INPUT -c 1 2", "Illegal option `--set-counters' with this command" },
		{ "-R INPUT", "-R requires a rule number" },
		{ "-I INPUT 0", "Invalid rule number `0'" },
		{ "-E a", "-E requires old-chain-name and new-chain-name" },
		{ "-E a -b", "-E requires old-chain-name and new-chain-name" },
		{ "-E a ACCEPT", "chain name may not clash with target name" },	/* 1.8.13 */
		{ "-P INPUT", "-P requires a chain and a policy" },
		{ "-P INPUT REJECT", "Bad policy name" },
		{ "-N -x", "chain name not allowed to start with `-'" },
		{ "-N ACCEPT", "chain name may not clash with target name" },
		{ "-N \"a b\"", "Invalid chain name `a b'" },
		{ "-N aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "chain name `aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' too long (must be under 29 chars)" },
		{ "-A INPUT -m nosuch",
		  "Couldn't load match `nosuch':No such file or directory\n" },
		{ "-A INPUT -j \"\"", "Invalid target name (too short)" },
		{ "-A INPUT -p nosuch", "unknown protocol \"nosuch\" specified" },
		{ "-A INPUT ! -p 0", "rule would never match protocol" },
		{ "-A INPUT -i waytoolonginterface",	/* 1.8.13 */
		  "interface name `waytoolonginterface' must be shorter than 16 characters" },
		{ "-A INPUT -i \"\"", "Empty interface is likely to be undesired" },
		{ "-A INPUT -o lo", "Can't use --out-interface with INPUT\n" },	/* 1.8.13 */
		{ "-A OUTPUT -i lo", "Can't use --in-interface with OUTPUT\n" },
		{ "-A INPUT -s 1.2.3.4/33", "invalid mask `33' specified" },
		{ "-A INPUT -s 1.2.3.4/", "invalid mask `' specified" },
		{ "-A INPUT -s 1.2.3.4.5", "host/network `1.2.3.4.5' not found" },
		{ "-A INPUT -s 1.2.3.4,", "host/network `' not found" },
		{ "-A INPUT ! -s 1.1.1.1,2.2.2.2",
		  "! not allowed with multiple source or destination IP addresses" },
		{ "-R INPUT 1 -s 1.1.1.1,2.2.2.2",
		  "Replacement rule does not specify a unique address" },
		{ "-A INPUT -c \"\"", "--set-counters requires packet and byte counter" },
		{ "-A INPUT -c -1 1", "--set-counters packet counter not numeric" },	/* 1.8.13 */
		{ "-A INPUT -c 1 1x", "--set-counters byte counter not numeric" },
		{ "-w x -L", "wait seconds not numeric" },
		{ "-W 100 -L", "--wait-interval only makes sense with --wait\n" },
		{ "-W x", "wait interval not numeric" },
		{ "-t nosuch -L", "table 'nosuch' does not exist" },
		{ "-t nat -A PREROUTING -j DROP",
		  "\nThe \"nat\" table is not intended for filtering, "
		  "the use of DROP is therefore inhibited.\n\n" },
		{ "-A INPUT -m mark", "mark: option \"--mark\" must be specified\n" },
		{ "-A INPUT -p tcp --tcp-flags ALL", "--tcp-flags requires two args." },
		{ "-6 -L", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, FAMILY_IPV4, rows[i].line);
		if (!p.result || strncmp(p.err.text, rows[i].want, strlen(rows[i].want)) != 0)
			print_message("%s: %s\n", rows[i].line, p.err.text);
		assert_true(p.result < 0);
		assert_true(err_is_set(&p.err));
		/* Line ends at the end of a text are looked at by tests against iptables. */
		assert_memory_equal(p.err.text, rows[i].want, strcspn(rows[i].want, "\n"));
		arena_free(&p.arena);
	}
}

static void test_codes(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, FAMILY_IPV4, "-t nosuch -L");
	assert_int_equal(p.err.code, ERR_VERSION);
	arena_free(&p.arena);
	parse(&p, FAMILY_IPV4, "-P INPUT REJECT");
	assert_int_equal(p.err.code, ERR_OTHER);
	assert_int_equal(p.err.style, ERR_STYLE_PLAIN);
	arena_free(&p.arena);
	parse(&p, FAMILY_IPV4, "-A INPUT foo");
	assert_int_equal(p.err.code, ERR_SYNTAX);
	assert_int_equal(p.err.style, ERR_STYLE_BARE);
	arena_free(&p.arena);
}

static void test_commands(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, FAMILY_IPV4, "-vnL INPUT 3 --line-numbers -x -t nat");
	assert_int_equal(p.result, 0);
	assert_int_equal(p.command.kind, COMMAND_LIST);
	assert_string_equal(p.command.chain, "INPUT");
	assert_string_equal(p.command.table, "nat");
	assert_int_equal(p.command.number, 3);
	assert_int_equal(p.options.verbose, 1);
	assert_true(p.options.numeric && p.options.exact && p.options.line_numbers);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-L -Z -n");
	assert_int_equal(p.result, 0);
	assert_int_equal(p.command.kind, COMMAND_LIST);
	assert_int_equal(p.command.next->kind, COMMAND_ZERO);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-Z INPUT 2");
	assert_int_equal(p.command.kind, COMMAND_ZERO_NUMBER);
	assert_int_equal(p.command.number, 2);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-P FORWARD DROP -c 3 4");
	assert_int_equal(p.command.kind, COMMAND_POLICY);
	assert_int_equal(p.command.policy, POLICY_DROP);
	assert_int_equal(p.command.counters.bytes, 4);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-E old new");
	assert_string_equal(p.command.chain, "old");
	assert_string_equal(p.command.name, "new");
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-w5 -W 100 -SINPUT");
	assert_int_equal(p.command.kind, COMMAND_LIST_RULES);
	assert_string_equal(p.options.warnings, "Ignoring deprecated --wait-interval option.\n");
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-w -V");
	assert_int_equal(p.result, 0);
	assert_true(p.options.version);
	assert_int_equal(p.command.kind, COMMAND_NONE);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-p tcp -h");
	assert_true(p.options.help);
	assert_string_equal(p.options.help_for[0]->name, "tcp");
	assert_null(p.options.help_for[1]);
	arena_free(&p.arena);
}

static void test_places(void **state)
{
	struct parsed p;

	(void)state;
	parse(&p, FAMILY_IPV4, "-A INPUT -s 1.2.3.4,5.6.7.8/40");
	assert_int_equal(p.err.place.word, 3);
	assert_int_equal(p.err.place.from, 16);
	assert_int_equal(p.err.place.to, 18);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-A INPUT -pnosuch");
	assert_int_equal(p.err.place.word, 2);
	assert_int_equal(p.err.place.from, 2);
	assert_int_equal(p.err.place.to, 8);
	arena_free(&p.arena);

	parse(&p, FAMILY_IPV4, "-A INPUT -nY");
	assert_int_equal(p.err.place.from, 2);
	assert_int_equal(p.err.place.to, 3);
	arena_free(&p.arena);
}

static void test_hints(void **state)
{
	static const struct row rows[] = {
		{ "\u2013A INPUT \u2014dport 22", "iptables -A INPUT --dport 22" },
		{ "-A INPUT \u2013p tcp \u2013\u2013dport 22 -j DROP",
		  "iptables -A INPUT -p tcp --dport 22 -j DROP" },
		{ "-A INPUT -m comment --comment \u201cone two\u201d",
		  "iptables -A INPUT -m comment --comment \"one two\"" },
		{ "-A INPUT -p tcp --ddport 22", "did you mean --dport?" },
		{ "-A INPUT -p tcp -dport 22", "--dport 22" },
		{ "-A INPUT --dport 22", "-p tcp" },
		{ "-A INPUT -p tpc", "-p tcp" },
		{ "-A INPUT -m comments", "-m comment" },
		{ "-t natt -L", "-t nat" },
		{ "-A INPUT -s ! 1.2.3.4", "! -s 1.2.3.4" },
		{ "-A INPUT -s fe80::1", "ip6tables" },
		{ "-A INPUT -s 1.2.3.4-1.2.3.9", "iprange" },
		{ "-A INPUT DROP", "" },
		{ "-A INPUT -p tcp --dport 22,80", "-m multiport --dports 22,80" },
		{ "-A INPUT -p tcp --dport 22-80", "22:80" },
		{ "-A INPUT -m conntrack --ctstate NWE", "did you mean NEW?" },
		{ "-A INPUT -m conntrack --ctstate HELLO", "RELATED, ESTABLISHED" },
		{ "-A INPUT -m limit --limit 40000/s", "10000/second" },
		{ "-A INPUT -j LOG --log-prefix", "--log-prefix prefix" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct parsed p;

		parse(&p, FAMILY_IPV4, rows[i].line);
		assert_true(p.result < 0);
		if (!strstr(p.err.hint, rows[i].want))
			print_message("%s: %s\n", rows[i].line, p.err.hint);
		assert_non_null(strstr(p.err.hint, rows[i].want));
		arena_free(&p.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_match_by_name), cmocka_unit_test(test_several_addresses),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_hints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
