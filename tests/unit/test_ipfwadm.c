// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipfwadm's texts: command lines in; words, listings, echoes and complaints out. Columns and words as
 * the manual of 2.3.0 and the tool have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dialect/ipfwadm.h"

enum { WORDS_MOST = 40 };

static int parse(struct arena *arena, const char *line, struct ipfwadm_call *call, struct err *err)
{
	const char *items[WORDS_MOST];
	struct ipfwadm_words words = { .items = items };

	for (char *p = strtok(arena_strdup(arena, line), " "); p; p = strtok(NULL, " ")) {
		assert_true(words.count < WORDS_MOST);
		items[words.count++] = p;
	}
	*call = (struct ipfwadm_call){ 0 };
	*err = ERR_INIT;
	return ipfwadm_parse(arena, &words, call, err);
}

/* ------------------------------------------------------------------ words that go with a rule */

static const struct { const char *line, *words; } rules[] = {
	{ "-I -a accept", "-I -a accept" },
	{ "-I -i d -P t -S any/0 -D 0/0 smtp", "-I -a deny -P tcp -D 0/0 25" },
	{ "-O -a rej -P u -D 10.1.2.3/24", "-O -a reject -P udp -D 10.1.2.0/24" },
	{ "-F -a m -S 10.0.0.0/255.0.0.0 -Wppp0", "-F -a accept -m -S 10.0.0.0/8 -W ppp0" },
	{ "-F -a a -m -b", "-F -a accept -m -b" },
	{ "-Ia accept -P tcp -S 0/0 25 1024:65535 -D 0/0 7",
	  "-I -a accept -P tcp -S 0/0 1024:65535 25 -D 0/0 7" },
	{ "-I -a accept -P tcp -D 0/0 80 -r 3128", "-I -a accept -r 3128 -P tcp -D 0/0 80" },
	{ "-I -a accept -r -ky", "-I -a accept -r 0 -k -y" },
	{ "-I -a deny -o -t 00 ff", "-I -a deny -o -t 0x01 0xFE" },
	{ "-I -a deny -t 0xfe 0x01", "-I -a deny" },
	{ "-I -a deny -V 10.0.0.1=eth0 -V 0.0.0.0", NULL },
	{ "-I -a deny -V 10.0.0.1", "-I -a deny -V 10.0.0.1" },
	{ "-I -a deny -V 0.0.0.0", "-I -a deny" },
	{ "-A -a", "-A both -a" },
	{ "-A i -a -P icmp -S 0/0 8 0:3", "-A in -a -P icmp -S 0/0 0:3 8" },
	{ "-A out -i -W eth0 -t 0x01 0x10", "-A out -a -W eth0" },
	{ "-I -a a -P tcp -S 0/0 1 2 3 4 5 6:9 -D 0/0 7 8 9",
	  "-I -a accept -P tcp -S 0/0 6:9 1 2 3 4 5 -D 0/0 7 8 9" },
};

static void test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		struct arena arena = { 0 };
		struct ipfwadm_call call;
		struct err err;
		AUTO_SINK text = SINK_MEMORY, again = SINK_MEMORY;
		const struct rule *read;

		if (parse(&arena, rules[i].line, &call, &err) < 0) {
			if (rules[i].words)
				fail_msg("%s: %s", rules[i].line, err.text);
			arena_free(&arena);
			continue;
		}
		assert_non_null(rules[i].words);
		ipfwadm_words.print(&text, call.chain, call.commands->rules[0]);
		assert_string_equal(sink_text(&text), rules[i].words);
		read = ipfwadm_words.read(&arena, call.chain, sink_text(&text));
		assert_non_null(read);
		ipfwadm_words.print(&again, call.chain, read);
		assert_string_equal(sink_text(&again), rules[i].words);
		arena_free(&arena);
	}
}

/* ------------------------------------------------------------------ complaints */

static const struct { const char *line, *text; } complaints[] = {
	{ "", "no category: *" },
	{ "-l", "no category: *" },
	{ "-I", "no command specified" },
	{ "-I -O -l", "only one of *" },
	{ "-I -l -f", "only one command can be used: -l or -f?" },
	{ "-I -l -z -l", "*" },
	{ "-I -l -n -n", "option `-n' is given twice" },
	{ "-I -l x", "unknown argument `x'" },
	{ "-I -l -q", "unknown option `-q'" },
	{ "-I -a", "-a needs a policy: accept, deny or reject" },
	{ "-A -a accept", "accounting has no policies: `accept'" },
	{ "-A -p accept", "-p goes with -F, -I and -O only" },
	{ "-A -c", "-c goes with -F, -I and -O only" },
	{ "-I -p", "option `-p' needs an argument" },
	{ "-I -s 1 2 3", "-s goes with -M only" },
	{ "-M -s 1 2", "option `-s' needs more arguments" },
	{ "-M -s 1 2 x", "invalid timeout `x'" },
	{ "-M -f", "-M goes with -l and -s only" },
	{ "-M -l -z", "-M goes with -l and -s only" },
	{ "-I -l -b", "-b cannot be used with -l" },
	{ "-I -f -P tcp", "-P cannot be used with -f" },
	{ "-I -c -P tcp -S 10.0.0.1 1 -D 10.0.0.2 2 -V 10.0.0.3 -W lo -o",
	  "-o cannot be used with -c" },
	{ "-I -c -P tcp -S 10.0.0.1 1 -D 10.0.0.2 2 -V 10.0.0.3", "-c needs -W" },
	{ "-I -c -P all -S 10.0.0.1 -D 10.0.0.2 -V 10.0.0.3 -W lo", "-c needs -P tcp, *" },
	{ "-I -c -P tcp -S 10.0.0.1 1 2 -D 10.0.0.2 2 -V 10.0.0.3 -W lo",
	  "-c needs one port on each side" },
	{ "-I -c -P icmp -S 10.0.0.1 -D 10.0.0.2 -V 10.0.0.3 -W lo",
	  "-c needs one ICMP type behind -S" },
	{ "-I -a x", "invalid policy `x': *" },
	{ "-I -a accept -P gre", "invalid protocol `gre': *" },
	{ "-A sideways -a", "invalid direction `sideways': *" },
	{ "-I -a accept -S 0/0 25", "ports go with -P tcp, udp or icmp only" },
	{ "-I -a accept -P icmp -D 0/0 8", "types of ICMP stand behind -S" },
	{ "-I -a accept -P icmp -S 0/0 256", "invalid ICMP type `256'" },
	{ "-I -a accept -P tcp -S 0/0 0x19", "invalid port or service `0x19'" },
	{ "-I -a accept -P tcp -S 0/0 30:20", "*ends before it begins" },
	{ "-I -a accept -P tcp -S 0/0 :20", "invalid port range `:20'" },
	{ "-I -a accept -P tcp -S 0/0 1:2 3:4", "two port ranges: `3:4'" },
	{ "-I -a accept -P tcp -S 0/0 1 2 3 4 5 6 -D 0/0 7 8 9 10 11",
	  "too many ports: 10 at most" },
	{ "-I -a accept -r -P tcp -S 0/0 1 2 3 4 5 6 -D 0/0 7 8 9 10",
	  "too many ports: 9 at most" },
	{ "-I -a accept -S 10.0.0.1/33", "invalid mask in `10.0.0.1/33'" },
	{ "-I -a accept -S 10/8", "host/network `10/8' not found" },
	{ "-I -a accept -W averyverylongdevice", "*too long*" },
	{ "-I -a accept -W ppp+", "no device has a name like `ppp+'" },
	{ "-I -a accept -m", "-m goes with -F only" },
	{ "-I -a masquerade", "masquerading goes with -F only" },
	{ "-F -a deny -m", "-m goes with accept only" },
	{ "-F -a accept -m -P icmp", "-m cannot be used with -P icmp" },
	{ "-F -a accept -r", "-r goes with -I only" },
	{ "-I -a deny -r", "-r goes with accept only" },
	{ "-I -a accept -r -P icmp", "-r cannot be used with -P icmp" },
	{ "-I -a accept -t 0x1g 0x10", "invalid hexadecimal byte `0x1g'" },
	{ "-I -a accept -t 0x01", "option `-t' needs more arguments" },
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
		struct ipfwadm_call call;
		struct err err;

		if (parse(&arena, complaints[i].line, &call, &err) == 0)
			fail_msg("'%s' is taken", complaints[i].line);
		assert_int_equal(err.code, ERR_SYNTAX);
		if (!fits(complaints[i].text, err.text))
			fail_msg("'%s': %s", complaints[i].line, err.text);
		arena_free(&arena);
	}
}

/* ------------------------------------------------------------------ listings */

static const char *const listed[] = {
	"-I -a accept -W lo",
	"-I -a accept -P tcp -S 10.20.30.40 -D 0/0 25 -b -y -o",
	"-I -a deny -P tcp -D 0/0 25 110",
	"-I -a accept -P tcp -S 192.168.7.0/24 -D 0/0 80 -r 3128 -t 0x01 0x10",
	"-I -a accept -P icmp -S 0/0 0 3 8 11",
	"-I -a reject -P udp -D 0/0 445 137:139 -V 10.0.0.1 -k",
	"-F -a accept -m -S 192.168.7.0/24",
	"-A in -a -P tcp -D 192.168.7.0/24 -S 0/0 80",
	"-A -a -S 192.168.7.0/24 -W eth0",
};

static const char plain[] =
	"IP firewall input rules, default policy: deny\n"
	"type  prot source               destination          ports\n"
	"acc   all  anywhere             anywhere             n/a\n"
	"acc   tcp  10.20.30.40          anywhere             any -> smtp\n"
	"deny  tcp  anywhere             anywhere             any -> smtp,pop3\n"
	"acc/r tcp  192.168.7.0/24       anywhere             any -> http => 3128\n"
	"acc   icmp anywhere             anywhere             0,3,8,11\n"
	"rej   udp  anywhere             anywhere             any -> netbios-ns:139,445\n"
	"IP firewall forward rules, default policy: accept/masquerade\n"
	"type  prot source               destination          ports\n"
	"acc/m all  192.168.7.0/24       anywhere             n/a\n"
	"IP firewall output rules, default policy: reject\n"
	"IP accounting rules\n"
	" pkts bytes dir prot source               destination          ports\n"
	"37184  864K in  tcp  anywhere             192.168.7.0/24       http -> any\n"
	"42496  988K i/o all  192.168.7.0/24       anywhere             n/a\n";
static const char extended[] =
	"IP firewall input rules, default policy: deny\n"
	" pkts bytes type  prot opt  tosa tosx ifname  ifaddress       source            "
	"   destination          ports\n"
	"    0     0 acc   all  ---- 0xFF 0x00 lo      any             anywhere          "
	"   anywhere             n/a\n"
	" 5312  123K acc   tcp  b-yo 0xFF 0x00 any     any             10.20.30.40       "
	"   anywhere             any -> smtp\n"
	"10624  247K deny  tcp  ---- 0xFF 0x00 any     any             anywhere          "
	"   anywhere             any -> smtp,pop3\n"
	"15936  370K acc/r tcp  ---- 0x01 0x10 any     any             192.168.7.0/24    "
	"   anywhere             any -> http => 3128\n"
	"21248  494K acc   icmp ---- 0xFF 0x00 any     any             anywhere          "
	"   anywhere             0,3,8,11\n"
	"26560  617K rej   udp  -k-- 0xFF 0x00 any     10.0.0.1        anywhere          "
	"   anywhere             any -> netbios-ns:139,445\n"
	"IP firewall forward rules, default policy: accept/masquerade\n"
	" pkts bytes type  prot opt  tosa tosx ifname  ifaddress       source            "
	"   destination          ports\n"
	"31872  741K acc/m all  ---- 0xFF 0x00 any     any             192.168.7.0/24    "
	"   anywhere             n/a\n"
	"IP firewall output rules, default policy: reject\n"
	"IP accounting rules\n"
	" pkts bytes dir prot opt  ifname  ifaddress       source               destinati"
	"on          ports\n"
	"37184  864K in  tcp  ---- any     any             anywhere             192.168.7"
	".0/24       http -> any\n"
	"42496  988K i/o all  ---- eth0    any             192.168.7.0/24       anywhere "
	"            n/a\n";
static const char numeric[] =
	"IP firewall input rules, default policy: deny\n"
	"    pkts      bytes type  prot opt  tosa tosx ifname  ifaddress       source    "
	"           destination          ports\n"
	"       0          0 acc   all  ---- 0xFF 0x00 lo      0.0.0.0         0.0.0.0/0 "
	"           0.0.0.0/0            n/a\n"
	"    5312     123456 acc   tcp  b-yo 0xFF 0x00 *       0.0.0.0         10.20.30.4"
	"0          0.0.0.0/0            * -> 25\n"
	"   10624     246912 deny  tcp  ---- 0xFF 0x00 *       0.0.0.0         0.0.0.0/0 "
	"           0.0.0.0/0            * -> 25,110\n"
	"   15936     370368 acc/r tcp  ---- 0x01 0x10 *       0.0.0.0         192.168.7."
	"0/24       0.0.0.0/0            * -> 80 => 3128\n"
	"   21248     493824 acc   icmp ---- 0xFF 0x00 *       0.0.0.0         0.0.0.0/0 "
	"           0.0.0.0/0            0,3,8,11\n"
	"   26560     617280 rej   udp  -k-- 0xFF 0x00 *       10.0.0.1        0.0.0.0/0 "
	"           0.0.0.0/0            * -> 137:139,445\n"
	"IP firewall forward rules, default policy: accept/masquerade\n"
	"    pkts      bytes type  prot opt  tosa tosx ifname  ifaddress       source    "
	"           destination          ports\n"
	"   31872     740736 acc/m all  ---- 0xFF 0x00 *       0.0.0.0         192.168.7."
	"0/24       0.0.0.0/0            n/a\n"
	"IP firewall output rules, default policy: reject\n"
	"IP accounting rules\n"
	"    pkts      bytes dir prot opt  ifname  ifaddress       source               d"
	"estination          ports\n"
	"   37184     864192 in  tcp  ---- *       0.0.0.0         0.0.0.0/0            1"
	"92.168.7.0/24       80 -> *\n"
	"   42496     987648 i/o all  ---- eth0    0.0.0.0         192.168.7.0/24       0"
	".0.0.0/0            n/a\n";
static const char echoes[] =
	"acc all opt ---- tos 0xFF 0x00 via lo 0.0.0.0   0.0.0.0/0 -> 0.0.0.0/0   n/a\n"
	"acc tcp opt b-yo tos 0xFF 0x00 via * 0.0.0.0   10.20.30.40 -> 0.0.0.0/0   * -> 25\n"
	"deny tcp opt ---- tos 0xFF 0x00 via * 0.0.0.0   0.0.0.0/0 -> 0.0.0.0/0   * -> 25"
	",110\n"
	"acc/r tcp opt ---- tos 0x01 0x10 via * 0.0.0.0   192.168.7.0/24 -> 0.0.0.0/0   *"
	" -> 80 => 3128\n"
	"acc icmp opt ---- tos 0xFF 0x00 via * 0.0.0.0   0.0.0.0/0 -> 0.0.0.0/0   0,3,8,11\n"
	"rej udp opt -k-- tos 0xFF 0x00 via * 10.0.0.1   0.0.0.0/0 -> 0.0.0.0/0   * -> 13"
	"7:139,445\n"
	"acc/m all opt ---- tos 0xFF 0x00 via * 0.0.0.0   192.168.7.0/24 -> 0.0.0.0/0   n/a\n"
	"in tcp opt ---- tos 0xFF 0x00 via * 0.0.0.0   0.0.0.0/0 -> 192.168.7.0/24   80 -"
	"> *\n"
	"i/o all opt ---- tos 0xFF 0x00 via eth0 0.0.0.0   192.168.7.0/24 -> 0.0.0.0/0   "
	"n/a\n";

static void put_lists(struct sink *sink, const struct table *t, const struct ipfwadm_call *how)
{
	for (const struct chain *c = t->first; c; c = c->next)
		ipfwadm_list(sink, c, how);
}

static struct table *table(struct ruleset *rs, struct sink *echo)
{
	static const char *const names[] = { "input", "forward", "output", "acct" };
	static const enum policy policies[] = {
		POLICY_DROP, POLICY_MASQUERADE, POLICY_REJECT, POLICY_NONE,
	};
	struct table *t = ruleset_add_table(rs, FAMILY_IPV4, IPFWADM_TABLE);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		table_add_chain(t, names[i])->policy = policies[i];
	for (size_t i = 0; i < ARRAY_SIZE(listed); i++) {
		struct ipfwadm_call call;
		struct err err;

		if (parse(&rs->arena, listed[i], &call, &err) < 0)
			fail_msg("%s: %s", listed[i], err.text);
		call.commands->rules[0]->counters = (struct counters){ i * 5312, i * 123456 };
		chain_insert(table_chain(t, call.chain), call.commands->rules[0], NULL);
		ipfwadm_echo(echo, call.chain, call.commands->rules[0], false);
	}
	return t;
}

static void check_lists(const struct table *t, const struct ipfwadm_call *how, const char *want)
{
	AUTO_SINK text = SINK_MEMORY;

	put_lists(&text, t, how);
	assert_string_equal(sink_text(&text), want);
}

static void test_lists(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_SINK echo = SINK_MEMORY;
	const struct table *t = table(&rs, &echo);

	(void)state;
	check_lists(t, &(struct ipfwadm_call){ 0 }, plain);
	check_lists(t, &(struct ipfwadm_call){ .extended = true }, extended);
	check_lists(t, &(struct ipfwadm_call){ .extended = true, .numeric = true, .exact = true },
		    numeric);
	assert_string_equal(sink_text(&echo), echoes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
