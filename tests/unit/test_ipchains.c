// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipchains' texts: command lines in; saves, listings, echoes and complaints out. Columns and words as
 * the manual of 1.3.10 and the tool have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/ipchains.h"

enum { WORDS_MOST = 40 };

static int parse(struct arena *arena, const char *line, struct ipchains_call *call, struct err *err)
{
	const char *items[WORDS_MOST];
	struct ipchains_words words = { .items = items };

	for (char *p = strtok(arena_strdup(arena, line), " "); p; p = strtok(NULL, " ")) {
		assert_true(words.count < WORDS_MOST);
		items[words.count++] = p;
	}
	*call = (struct ipchains_call){ 0 };
	*err = ERR_INIT;
	return ipchains_parse(arena, &words, call, err);
}

/* ------------------------------------------------------------------ saves and echoes */

#define ANY "-s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0"

static const struct { const char *line, *saved; } saves[] = {
	{ "-A input", ANY },
	{ "-A input -s any/0 -d 0/0 -j ACCEPT", ANY " -j ACCEPT" },
	{ "--append input --source 10.1.2.3 --jump DENY",
	  "-s 10.1.2.3/255.255.255.255 -d 0.0.0.0/0.0.0.0 -j DENY" },
	{ "--app input --src 10.1.2.3/24 --dst 10.9.8.7/255.255.0.0",
	  "-s 10.1.2.0/255.255.255.0 -d 10.9.0.0/255.255.0.0" },
	{ "-A input -p tcp -s 0/0 1024: -d 0/0 :1023",
	  "-s 0.0.0.0/0.0.0.0 1024:65535 -d 0.0.0.0/0.0.0.0 0:1023 -p 6" },
	{ "-p TCP -j REJECT -y -A input -d 0/0 smtp", "-s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 "
	  "25:25 -p 6 -j REJECT -y" },
	{ "-A input -p tcp ! -y", ANY " -p 6 ! -y" },
	{ "-A input -p udp ! -s 10.0.0.1 --sport ! 53 ! --dport 7:9 -i ! ppp+",
	  "-s ! 10.0.0.1/255.255.255.255 ! 53:53 -d 0.0.0.0/0.0.0.0 ! 7:9 -i ! ppp+ -p 17" },
	{ "-A input -p udp -s ! 10.0.0.1 ! 53",
	  "-s ! 10.0.0.1/255.255.255.255 ! 53:53 -d 0.0.0.0/0.0.0.0 -p 17" },
	{ "-A input ! -p icmp ! -f", ANY " -p ! 1 ! -f" },
	{ "-A input -f -l -o", ANY " -f -l -o 65535" },
	{ "-A input -o 100 -m 0x1f -t 01 10", ANY " -o 100 -m 0x1f -t 0x01 0x10" },
	{ "-A input -m +017", ANY " -m +0xf" },
	{ "-A input -m -3", ANY " -m -0x3" },
	{ "-A input -p icmp -s 0/0 8 -d 0/0 0",
	  "-s 0.0.0.0/0.0.0.0 8:8 -d 0.0.0.0/0.0.0.0 0:0 -p 1" },
	{ "-A input -p icmp --icmp-type host-unr",
	  "-s 0.0.0.0/0.0.0.0 3:3 -d 0.0.0.0/0.0.0.0 1:1 -p 1" },
	{ "-A input -p icmp -s 0/0 PONG", "-s 0.0.0.0/0.0.0.0 0:0 -d 0.0.0.0/0.0.0.0 -p 1" },
	{ "-A input -p icmp --icmp-type ! 5", "-s 0.0.0.0/0.0.0.0 ! 5:5 -d 0.0.0.0/0.0.0.0 -p 1" },
	{ "-A input -p udp -d 0/0 53 -j REDIRECT", "-s 0.0.0.0/0.0.0.0 -d 0.0.0.0/0.0.0.0 53:53 "
	  "-p 17 -j REDIRECT" },
	{ "-A user -p tcp -j REDIRECT 8080", ANY " -p 6 -j REDIRECT 8080" },
	{ "-A forward -i ppp0 -j MASQ", ANY " -i ppp0 -j MASQ" },
	{ "-A user -i eth0 -j RETURN", ANY " -i eth0 -j RETURN" },
	{ "-A input -p 0 -j user", ANY " -j user" },
	{ "-I input 3 -p 50 -j accept", ANY " -p 50 -j accept" },
	{ "-A input -i +", ANY },
	{ "-A input -i !eth0", ANY " -i !eth0" },
};

static void test_saves(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(saves); i++) {
		struct arena arena = { 0 };
		struct ipchains_call call, again;
		struct err err;
		AUTO_SINK text = SINK_MEMORY, line = SINK_MEMORY, twice = SINK_MEMORY;

		if (parse(&arena, saves[i].line, &call, &err) < 0)
			fail_msg("%s: %s", saves[i].line, err.text);
		assert_int_equal(call.commands->rule_count, 1);
		ipchains_save_rule(&text, "input", call.commands->rules[0]);
		assert_string_equal(sink_text(&text) + 1, saves[i].saved);
		/* What is saved is read as the same. */
		sink_printf(&line, "-A %s%s", call.commands->chain, sink_text(&text));
		assert_int_equal(parse(&arena, sink_text(&line), &again, &err), 0);
		ipchains_save_rule(&twice, "input", again.commands->rules[0]);
		assert_string_equal(sink_text(&twice), sink_text(&text));
		arena_free(&arena);
	}
}

static void test_both_ways(void **state)
{
	struct arena arena = { 0 };
	struct ipchains_call call;
	struct err err;
	AUTO_SINK text = SINK_MEMORY;

	(void)state;
	assert_int_equal(parse(&arena, "-A input -b -p tcp -s ! 10.0.0.1 ! 25 -d 10.0.0.2 1024:",
			       &call, &err), 0);
	assert_int_equal(call.commands->rule_count, 2);
	ipchains_save_rule(&text, "input", call.commands->rules[0]);
	ipchains_save_rule(&text, "input", call.commands->rules[1]);
	assert_string_equal(sink_text(&text),
			    " -s ! 10.0.0.1/255.255.255.255 ! 25:25 "
			    "-d 10.0.0.2/255.255.255.255 1024:65535 -p 6"
			    " -s 10.0.0.2/255.255.255.255 1024:65535 "
			    "-d ! 10.0.0.1/255.255.255.255 ! 25:25 -p 6");
	sink_free(&text);
	/* Types and codes of ICMP have no direction. */
	assert_int_equal(parse(&arena, "-A input -b -p icmp -s 10.0.0.1 8", &call, &err), 0);
	ipchains_save_rule(&text, "input", call.commands->rules[1]);
	assert_string_equal(sink_text(&text), " -s 0.0.0.0/0.0.0.0 8:8 "
			    "-d 10.0.0.1/255.255.255.255 -p 1");
	arena_free(&arena);
}

/* ------------------------------------------------------------------ complaints */

static const struct { const char *line, *text; } complaints[] = {
	{ "", "no command specified" },
	{ "-s 0/0", "no command specified" },
	{ "-A", "*-A*" },
	{ "-A input -D input", "*" },
	{ "-A input -n", "-n cannot be used with `-A'" },
	{ "-L -s 0/0", "-s cannot be used with `-L'" },
	{ "-F input -j DENY", "-j cannot be used with `-F'" },
	{ "-R input 1 -b", "-b cannot be used with `-R'" },
	{ "-R input -s 0/0", "*" },
	{ "-I input 0 -j DENY", "*`0'*" },
	{ "-A input -s 10.1.2.3/33", "invalid mask `33'" },
	{ "-A input -s 10/8", "host/network `10/8' not found" },
	{ "-A input -s 10.1.2.3 -s 10.1.2.4", "*" },
	{ "-A input ! ! -s 10.1.2.3", "*" },
	{ "-A input !", "*" },
	{ "-A input ! -j DENY", "*" },
	{ "-A input -p nonesuch", "unknown protocol `nonesuch'" },
	{ "-A input -p ! all", "*" },
	{ "-A input -s 0/0 25", "ports go with -p tcp, udp or icmp only" },
	{ "-A input -p ! tcp -s 0/0 25", "ports go with -p tcp, udp or icmp only" },
	{ "-A input -p tcp -s 0/0 65536", "invalid port or service `65536'" },
	{ "-A input -p tcp -s 0/0 30:20", "*ends before it begins" },
	{ "-A input -p tcp -s 0/0 25 -f", "later fragments (-f) have no ports" },
	{ "-A input -p tcp -y -f", "*" },
	{ "-A input -y", "-y needs -p tcp" },
	{ "-A input -p udp -y", "-y needs -p tcp" },
	{ "-A input -p icmp --icmp-type p", "ambiguous ICMP type `p': `*' or `*'?" },
	{ "-A input -p icmp --icmp-type ! ping", "*" },
	{ "-A input -p icmp --icmp-type ping -d 0/0 1", "*" },
	{ "-A input -p icmp --icmp-type nonesuch", "unknown ICMP type `nonesuch'" },
	{ "-A input -p tcp --icmp-type ping", "--icmp-type goes with -p icmp only" },
	{ "-A input -j MASQ", "*MASQ*input" },
	{ "-A forward -p tcp -j REDIRECT 80", "*REDIRECT*forward" },
	{ "-A input -j REDIRECT 80", "REDIRECT needs -p tcp or -p udp" },
	{ "-A input -j averylongname", "*too long*" },
	{ "-N averylongname", "*too long*" },
	{ "-A input -i averyverylongdevice", "*too long*" },
	{ "-A input -t 0x00 0x10", "*" },
	{ "-A input -t 0x01 0x0c", "*always sets more than one TOS bit" },
	{ "-A input -t 0x01 0x1", "*" },
	{ "-A input -t 0x1g 0x10", "*hexadecimal*" },
	{ "-A input -m x", "invalid mark `x'" },
	{ "-A input -o 65536", "invalid output size `65536'" },
	{ "-P user ACCEPT", "*policy*" },
	{ "-P input MASQ", "policy MASQ is for forward alone" },
	{ "-P input RETURN", "bad policy `RETURN'*" },
	{ "-M", "`-M' needs -L or -S" },
	{ "-L input -Z", "*" },
	{ "-S 1 2 x", "invalid timeout `x'" },
	{ "-C input -p tcp -s 10.0.0.1 1 -d 10.0.0.2 2", "`-C' needs -i" },
	{ "-C input -p tcp -s 10.0.0.1 -d 10.0.0.2 2 -i eth0", "*" },
	{ "-C input -p tcp -s ! 10.0.0.1 1 -d 10.0.0.2 2 -i eth0", "*" },
	{ "-C input -p icmp -s 10.0.0.1 redirect -d 10.0.0.2 -i eth0", "*" },
	{ "--l", "*" },
	{ "-A input leftover", "*leftover*" },
};

static bool fits(const char *pattern, const char *text)
{
	const char *star = strchr(pattern, '*');
	size_t len = star ? (size_t)(star - pattern) : strlen(pattern);

	if (strncmp(pattern, text, len) != 0)
		return false;
	if (!star)
		return !text[len];
	for (text += len;; text++) {
		if (fits(star + 1, text))
			return true;
		if (!*text)
			return false;
	}
}

static void test_complaints(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		struct arena arena = { 0 };
		struct ipchains_call call;
		struct err err;

		if (parse(&arena, complaints[i].line, &call, &err) == 0)
			fail_msg("'%s' is taken", complaints[i].line);
		assert_int_equal(err.code, ERR_SYNTAX);
		if (!fits(complaints[i].text, err.text))
			fail_msg("'%s': %s", complaints[i].line, err.text);
		arena_free(&arena);
	}
}

static void test_warnings(void **state)
{
	struct arena arena = { 0 };
	struct ipchains_call call;
	struct err err;

	(void)state;
	/* A packet with 0x04 would have two bits then. */
	assert_int_equal(parse(&arena, "-A input -t 0xff 0x10", &call, &err), 0);
	assert_null(call.warnings);
	assert_int_equal(parse(&arena, "-A input -t 0xff 0x08", &call, &err), 0);
	assert_non_null(call.warnings);
	assert_int_equal(parse(&arena, "-A user -j MASQ", &call, &err), 0);
	assert_non_null(call.warnings);
	arena_free(&arena);
}

/* ------------------------------------------------------------------ listings */

static const char *const listed[] = {
	"-A input -i lo -j ACCEPT",
	"-A input -p tcp -y -s 10.20.30.0/24 -d 0/0 25 -j mailchk",
	"-A input -p icmp -i ! ppp+ --icmp-type ping -j ACCEPT",
	"-A input -p tcp -i eth1 -s 192.168.7.0/24 -d 0/0 80 -m 0x1f -j REDIRECT 3128",
	"-A input -p udp ! -f -d ! 172.16.9.9 1024: -l -o 100 -t 0x01 0x10",
	"-A input -p ! 47 -j DENY",
	"-A input -p icmp -s 0/0 ! 3 -j REJECT",
};

static struct table *table(struct ruleset *rs)
{
	struct table *t = ruleset_add_table(rs, FAMILY_IPV4, IPCHAINS_TABLE);
	static const struct counters counters[] = {
		{ 1283499, 98213 }, { 77, 4620 }, { 99999, 100000 }, { 9999499, 9999500000 },
	};

	for (size_t i = 0; i < 4; i++) {
		struct chain *c = table_add_chain(t, (const char *const[]){
			"input", "forward", "output", "mailchk" }[i]);

		c->builtin = i < 3;
		c->policy = i == 0 ? POLICY_DROP : i == 1 ? POLICY_MASQUERADE : POLICY_NONE;
	}
	t->first->counters = (struct counters){ 412, 30881 };
	t->last->references = 1;
	for (size_t i = 0; i < ARRAY_SIZE(listed); i++) {
		struct ipchains_call call;
		struct err err;

		if (parse(&rs->arena, listed[i], &call, &err) < 0)
			fail_msg("%s: %s", listed[i], err.text);
		if (i < ARRAY_SIZE(counters))
			call.commands->rules[0]->counters = counters[i];
		chain_insert(t->first, call.commands->rules[0], NULL);
	}
	return t;
}

static const char plain[] =
	"Chain input (policy DENY):\n"
	"target     prot opt     source                destination           ports\n"
	"ACCEPT     all  ------  anywhere             anywhere              n/a\n"
	"mailchk    tcp  -y----  10.20.30.0/24        anywhere              any ->   smtp\n"
	"ACCEPT     icmp ------  anywhere             anywhere              echo-request\n"
	"REDIRECT   tcp  ------  192.168.7.0/24       anywhere              any ->   http"
	" => 3128\n"
	"-          udp  --!flo  anywhere             !172.16.9.9            any ->   102"
	"4:65535\n"
	"DENY      !gre  ------  anywhere             anywhere              n/a\n"
	"REJECT     icmp ------  anywhere             anywhere             !3 ->   any\n"
	"Chain forward (policy MASQ):\n"
	"Chain output (policy ACCEPT):\n"
	"Chain mailchk (1 references):\n";
static const char numeric_verbose[] =
	"Chain input (policy DENY: 412 packets, 30881 bytes):\n"
	" pkts bytes target     prot opt    tosa tosx  ifname     mark       outsize  sou"
	"rce                destination           ports\n"
	"1283K 98213 ACCEPT     all  ------ 0xFF 0x00  lo                             0.0"
	".0.0/0            0.0.0.0/0             n/a\n"
	"   77  4620 mailchk    tcp  -y---- 0xFF 0x00  *                              10."
	"20.30.0/24        0.0.0.0/0             * ->   25\n"
	"99999  100K ACCEPT     icmp ------ 0xFF 0x00 !ppp+                           0.0"
	".0.0/0            0.0.0.0/0             8 ->   *\n"
	"9999K   10G REDIRECT   tcp  ------ 0xFF 0x00  eth1       0x1f                  1"
	"92.168.7.0/24       0.0.0.0/0             * ->   80 => 3128\n"
	"    0     0 -          udp  --!flo 0x01 0x10  *                     100      0.0"
	".0.0/0            !172.16.9.9            * ->   1024:65535\n"
	"    0     0 DENY      !gre  ------ 0xFF 0x00  *                              0.0"
	".0.0/0            0.0.0.0/0             n/a\n"
	"    0     0 REJECT     icmp ------ 0xFF 0x00  *                              0.0"
	".0.0/0            0.0.0.0/0            !3 ->   *\n"
	"Chain forward (policy MASQ: 0 packets, 0 bytes):\n"
	"Chain output (policy ACCEPT: 0 packets, 0 bytes):\n"
	"Chain mailchk (1 references):\n";
static const char exact_numbers[] =
	"Chain input (policy DENY: 412 packets, 30881 bytes):\n"
	"num      pkts      bytes target     prot opt    tosa tosx  ifname     mark      "
	" outsize  source                destination           ports\n"
	"1     1283499      98213 ACCEPT     all  ------ 0xFF 0x00  lo                   "
	"          0.0.0.0/0            0.0.0.0/0             n/a\n"
	"2          77       4620 mailchk    tcp  -y---- 0xFF 0x00  *                    "
	"          10.20.30.0/24        0.0.0.0/0             * ->   25\n"
	"3       99999     100000 ACCEPT     icmp ------ 0xFF 0x00 !ppp+                 "
	"          0.0.0.0/0            0.0.0.0/0             8 ->   *\n"
	"4     9999499 9999500000 REDIRECT   tcp  ------ 0xFF 0x00  eth1       0x1f      "
	"            192.168.7.0/24       0.0.0.0/0             * ->   80 => 3128\n"
	"5           0          0 -          udp  --!flo 0x01 0x10  *                    "
	" 100      0.0.0.0/0            !172.16.9.9            * ->   1024:65535\n"
	"6           0          0 DENY      !gre  ------ 0xFF 0x00  *                    "
	"          0.0.0.0/0            0.0.0.0/0             n/a\n"
	"7           0          0 REJECT     icmp ------ 0xFF 0x00  *                    "
	"          0.0.0.0/0            0.0.0.0/0            !3 ->   *\n"
	"Chain forward (policy MASQ: 0 packets, 0 bytes):\n"
	"Chain output (policy ACCEPT: 0 packets, 0 bytes):\n"
	"Chain mailchk (1 references):\n";
static const char echoes[] =
	"ACCEPT  all opt    ------ tos 0xFF 0x00  via lo    0.0.0.0/0 -> 0.0.0.0/0    n/a\n"
	"mailchk  tcp opt    -y---- tos 0xFF 0x00  via *    10.20.30.0/24 -> 0.0.0.0/0   "
	" * ->   25\n"
	"ACCEPT  icmp opt    ------ tos 0xFF 0x00 !via ppp+    0.0.0.0/0 -> 0.0.0.0/0    "
	"8 ->   *\n"
	"REDIRECT  tcp opt    ------ tos 0xFF 0x00  via eth1 mark 0x1f    192.168.7.0/24 "
	"-> 0.0.0.0/0    * ->   80 3128\n"
	"-  udp opt    --!flo tos 0x01 0x10  via * outsize 100    0.0.0.0/0 -> !172.16.9."
	"9    * ->   1024:65535\n"
	"DENY !gre opt    ------ tos 0xFF 0x00  via *    0.0.0.0/0 -> 0.0.0.0/0    n/a\n"
	"REJECT  icmp opt    ------ tos 0xFF 0x00  via *    0.0.0.0/0 -> 0.0.0.0/0   !3 -"
	">   *\n";

static void check_list(const struct table *t, const struct ipchains_call *how, const char *want)
{
	AUTO_SINK text = SINK_MEMORY;

	ipchains_list(&text, t, NULL, how);
	assert_string_equal(sink_text(&text), want);
}

static void test_lists(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = table(&rs);
	AUTO_SINK text = SINK_MEMORY;

	(void)state;
	check_list(t, &(struct ipchains_call){ 0 }, plain);
	check_list(t, &(struct ipchains_call){ .numeric = true, .verbose = true },
		   numeric_verbose);
	check_list(t, &(struct ipchains_call){ .numeric = true, .verbose = true, .exact = true,
					       .line_numbers = true }, exact_numbers);
	for (const struct rule *r = t->first->first; r; r = r->next)
		ipchains_echo(&text, r);
	assert_string_equal(sink_text(&text), echoes);
}

static void test_icmp_names(void **state)
{
	AUTO_SINK help = SINK_MEMORY;
	const struct ipchains_icmp *other;

	(void)state;
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++) {
		assert_ptr_equal(ipchains_icmp_find(i->name, &other), i);
		assert_null(other);
	}
	assert_string_equal(ipchains_icmp_find("TOS-HOST-U", &other)->name, "TOS-host-unreachable");
	assert_null(ipchains_icmp_find("nonesuch", &other));
	ipchains_help_icmp(&help);
	assert_non_null(strstr(sink_text(&help), "\necho-reply (pong)\n"));
	assert_non_null(strstr(sink_text(&help), "\n   host-unreachable\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_saves),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_icmp_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
