// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules as iptables shows them: save, -S, -L in all widths, -v's line. Compared with iptables
 * 1.8.9.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/iptables.h"

static const char input[] =
	"*filter\n"
	":INPUT ACCEPT [5:123456]\n"
	":FORWARD DROP [0:0]\n"
	":foo - [0:0]\n"
	":bar - [0:0]\n"
	"-A INPUT -p tcp -m tcp --dport 22 -j foo\n"
	"-A INPUT ! -i eth0 -f -g foo\n"
	"[123456:99999] -A INPUT -s 1.2.3.0/255.255.0.255 ! -d 10.0.0.0/8 -j bar\n"
	"[9999499999:99999999999999] -A INPUT ! -p 47 -m comment --comment \"hel\\\"lo\" -j DROP\n"
	"-A foo -i eth+ -o wlan0 -p all -j ACCEPT\n"
	"COMMIT\n";

/* Memory of the section, taken over: the rules are in it. */
static struct arena kept = { 0 };

/* The value that a backend would have after the restore. */
static int put(void *context, struct arena *arena, struct command *c, struct err *err)
{
	struct ruleset *rs = context;
	struct table *t = ruleset_add_table(rs, c->family, c->table);
	const struct builtin_table *b = builtin_table(c->table);

	(void)err;
	t->exists = true;
	for (size_t i = 0; i < b->count; i++) {
		struct chain *chain = table_add_chain(t, b->chains[i].name);

		chain->builtin = true;
	}
	for (; c; c = c->next) {
		struct chain *chain = c->chain ? table_chain(t, c->chain) : NULL;

		if (c->kind == COMMAND_CHAIN) {
			if (!chain)
				chain = table_add_chain(t, c->chain);
			chain->exists = true;
			chain->policy = c->policy;
			chain->counters = c->counters;
		} else if (c->kind == COMMAND_APPEND) {
			struct rule *r = c->rules[0];

			chain_insert(chain, r, NULL);
			if (r->jump == JUMP_CHAIN || r->jump == JUMP_GOTO)
				table_chain(t, r->chain_to)->references++;
		}
	}
	kept = *arena;		/* the rules are in it */
	*arena = ARENA_INIT;
	return 0;
}

static struct table *load(struct ruleset *rs)
{
	const struct restore_options options = { .counters = true };
	struct err err = ERR_INIT;
	FILE *in = fmemopen((void *)(uintptr_t)input, sizeof(input) - 1, "r");

	assert_int_equal(iptables_restore_read(in, NULL, FAMILY_IPV4, &options, put, rs, &err), 0);
	fclose(in);
	return ruleset_table(rs, FAMILY_IPV4, "filter");
}

static struct ruleset rules = RULESET_INIT;
static struct table *table;

static int setup(void **state)
{
	(void)state;
	table = load(&rules);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ruleset_free(&rules);
	arena_free(&kept);
	return 0;
}

static void test_save(void **state)
{
	AUTO_SINK out = SINK_MEMORY;

	(void)state;
	iptables_save_table(&out, table, true);
	assert_string_equal(sink_text(&out),
		"*filter\n"
		":INPUT ACCEPT [5:123456]\n"
		":FORWARD DROP [0:0]\n"		/* OUTPUT does not exist yet */
		":bar - [0:0]\n"
		":foo - [0:0]\n"
		"[0:0] -A INPUT -p tcp -m tcp --dport 22 -j foo\n"
		"[0:0] -A INPUT ! -i eth0 -f -g foo\n"
		"[123456:99999] -A INPUT -s 1.2.0.0/255.255.0.255 ! -d 10.0.0.0/8 -j bar\n"
		"[9999499999:99999999999999] -A INPUT ! -p 47 -m comment --comment \"hel\\\"lo\" "
		"-j DROP\n"
		"[0:0] -A foo -i eth+ -o wlan0 -j ACCEPT\n"
		"COMMIT\n");
}

static void test_list_rules(void **state)
{
	AUTO_SINK out = SINK_MEMORY, one = SINK_MEMORY;

	(void)state;
	iptables_list_rules(&out, table, NULL, 0, true);
	assert_string_equal(sink_text(&out),
		"-P INPUT ACCEPT -c 5 123456\n"
		"-P FORWARD DROP -c 0 0\n"
		"-P OUTPUT ACCEPT -c 0 0\n"
		"-N bar\n"
		"-N foo\n"
		"-A INPUT -p tcp -m tcp --dport 22 -c 0 0 -j foo\n"
		"-A INPUT ! -i eth0 -f -c 0 0 -g foo\n"
		"-A INPUT -s 1.2.0.0/255.255.0.255 ! -d 10.0.0.0/8 -c 123456 99999 -j bar\n"
		"-A INPUT ! -p 47 -m comment --comment \"hel\\\"lo\" -c 9999499999 99999999999999 "
		"-j DROP\n"
		"-A foo -i eth+ -o wlan0 -c 0 0 -j ACCEPT\n");
	iptables_list_rules(&one, table, table_chain(table, "INPUT"), 2, false);
	assert_string_equal(sink_text(&one), "-A INPUT ! -i eth0 -f -g foo\n");
}

static void check_list(const char *chain, uint32_t number, const struct iptables_options *options,
		       const char *want)
{
	AUTO_SINK out = SINK_MEMORY;

	iptables_list(&out, table, table_chain(table, chain), number, options);
	assert_string_equal(sink_text(&out), want);
}

static void test_list(void **state)
{
	const struct iptables_options n = { .numeric = true };
	const struct iptables_options nv = { .numeric = true, .verbose = 1 };
	const struct iptables_options nvxl = {
		.numeric = true, .verbose = 1, .exact = true, .line_numbers = true,
	};

	(void)state;
	check_list("INPUT", 0, &n,
		"Chain INPUT (policy ACCEPT)\n"
		"target     prot opt source               destination         \n"
		"foo        tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22\n"
		"foo        all  -f  0.0.0.0/0            0.0.0.0/0           [goto] \n"
		"bar        all  --  1.2.0.0/255.255.0.255 !10.0.0.0/8          \n"
		"DROP      !47   --  0.0.0.0/0            0.0.0.0/0            /* hel\"lo */\n");
	check_list("INPUT", 0, &nv,
		"Chain INPUT (policy ACCEPT 5 packets, 123K bytes)\n"
		" pkts bytes target     prot opt in     out     source               destination"
		"         \n"
		"    0     0 foo        tcp  --  *      *       0.0.0.0/0            0.0.0.0/0"
		"            tcp dpt:22\n"
		"    0     0 foo        all  -f  !eth0  *       0.0.0.0/0            0.0.0.0/0"
		"           [goto] \n"
		" 123K 99999 bar        all  --  *      *       1.2.0.0/255.255.0.255 !10.0.0.0/8"
		"          \n"
		"  10G  100T DROP      !47   --  *      *       0.0.0.0/0            0.0.0.0/0"
		"            /* hel\"lo */\n");
	check_list("foo", 0, &nvxl,
		"Chain foo (2 references)\n"
		"num      pkts      bytes target     prot opt in     out     source               "
		"destination         \n"
		"1           0        0 ACCEPT     all  --  eth+   wlan0   0.0.0.0/0            "
		"0.0.0.0/0           \n");
	check_list("INPUT", 2, &n,
		"foo        all  -f  0.0.0.0/0            0.0.0.0/0           [goto] \n");
	check_list("INPUT", 9, &n, "");
}

static void test_verbose_line(void **state)
{
	AUTO_SINK out = SINK_MEMORY;

	(void)state;
	for (const struct rule *r = table_chain(table, "INPUT")->first; r; r = r->next)
		iptables_print_rule(&out, FAMILY_IPV4, r);
	assert_string_equal(sink_text(&out),
		"foo  tcp opt -- in * out *  0.0.0.0/0  -> 0.0.0.0/0   tcp dpt:22\n"
		"foo  all opt -f in !eth0 out *  0.0.0.0/0  -> 0.0.0.0/0  [goto] \n"
		"bar  all opt -- in * out *  1.2.0.0/255.255.0.255 !-> 10.0.0.0/8  \n"
		"DROP !47 opt -- in * out *  0.0.0.0/0  -> 0.0.0.0/0   /* hel\"lo */\n");
}

/* Half of a rule must not come back as a rule. */
static void test_unsaid(void **state)
{
	const struct unsaid unsaid = { .text = "meta rtclassid 5\naccept" };
	const struct rule rule = { .unsaid = &unsaid, .handle = 7 };
	AUTO_SINK out = SINK_MEMORY;

	(void)state;
	iptables_save_rule(&out, FAMILY_IPV4, "INPUT", &rule, true);
	assert_string_equal(sink_text(&out), "# rule 7 of INPUT: meta rtclassid 5 accept");
}

static void test_help(void **state)
{
	const struct ext *tcp[] = { ext_find(EXT_MATCH, FAMILY_IPV4, "tcp"), NULL };
	AUTO_SINK out = SINK_MEMORY;
	const char *text;

	(void)state;
	iptables_help(&out, "ip6tables", FAMILY_IPV6, tcp);
	text = sink_text(&out);
	assert_non_null(strstr(text,
		"\nUsage: ip6tables -[ACD] chain rule-specification [options]\n"
				     "       ip6tables -I chain"));
	assert_non_null(strstr(text, "    --ipv4\t-4\t\tError (line is ignored by"));
	assert_null(strstr(text, "--fragment"));
	assert_non_null(strstr(text, "\n\ntcp match options:\n[!] --tcp-flags mask comp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_list_rules),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_verbose_line),
		cmocka_unit_test(test_unsaid),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
