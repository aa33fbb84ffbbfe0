// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every option of ipchains and ipfwadm with every command, as the tables of the time had it; every
 * beginning of a long option and of a name of ICMP; helps that fit a terminal of 80 columns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "dialect/ipchains.h"
#include "dialect/ipfwadm.h"
#include "dialect/mfw.h"
#include "dialect/portfw.h"

enum { WORDS_MOST = 40, ROOM = 256 };

static size_t split(struct arena *arena, const char *line, const char *items[WORDS_MOST])
{
	size_t n = 0;

	for (char *p = strtok(arena_strdup(arena, line), " "); p; p = strtok(NULL, " ")) {
		assert_true(n < WORDS_MOST);
		items[n++] = p;
	}
	return n;
}

static int parse_ipchains(const char *line, struct err *err)
{
	AUTO_ARENA arena = ARENA_INIT;
	const char *items[WORDS_MOST];
	struct ipchains_words words = { .items = items, .numeric = true };
	struct ipchains_call call = { 0 };

	words.count = split(&arena, line, items);
	*err = ERR_INIT;
	return ipchains_parse(&arena, &words, &call, err);
}

static int parse_ipfwadm(const char *line, struct err *err)
{
	AUTO_ARENA arena = ARENA_INIT;
	const char *items[WORDS_MOST];
	struct ipfwadm_words words = { .items = items, .numeric = true };
	struct ipfwadm_call call = { 0 };

	words.count = split(&arena, line, items);
	*err = ERR_INIT;
	return ipfwadm_parse(&arena, &words, &call, err);
}

/* ------------------------------------------------------------------ options and commands */

/* An option with what it needs beside it; `column` is a letter of the commands' rows. */
struct option_case {
	char column;
	const char *words;
	const char *name;	/* as errors call it */
};

struct command_case {
	const char *line;
	const char *allowed;	/* columns */
};

static const struct option_case ipchains_cases[] = {
	{ 'n', "-n", "-n" },
	{ 's', "-s 0/0", "-s" },
	{ 'd', "-d 0/0", "-d" },
	{ 'p', "-p tcp", "-p" },
	{ 'j', "-j ACCEPT", "-j" },
	{ 'y', "-p tcp -y", "-y" },
	{ 'y', "-p tcp ! -y", "-y" },
	{ 'b', "-b", "-b" },
	{ 'v', "-v", "-v" },
	{ 'l', "-l", "-l" },
	{ 'x', "-x", "-x" },
	{ 't', "-t 01 10", "-t" },
	{ 'i', "-i eth0", "-i" },
	{ 'f', "-f", "-f" },
	{ 'm', "-m 5", "-m" },
	{ 'P', "-p tcp --sport 5", "a port" },
	{ 'P', "-p udp --dport 5:6", "a port" },
	{ 'P', "-p icmp --icmp-type 5", "a port" },
	{ 'o', "-o", "-o" },
	{ 'o', "-o 100", "-o" },
	{ '#', "--line-numbers", "--line-numbers" },
};

#define OF_RULES "sdpjyvltifmPo"

static const struct command_case ipchains_commands[] = {
	{ "-A input", OF_RULES "b" }, { "-I input", OF_RULES "b" }, { "-I input 2", OF_RULES "b" },
	{ "-D input", OF_RULES "b" }, { "-R input 1", OF_RULES },
	{ "-D input 1", "v" }, { "-F", "v" }, { "-F input", "v" }, { "-Z", "v" },
	{ "-Z input", "v" }, { "-N user", "v" }, { "-X", "v" }, { "-X user", "v" },
	{ "-P input DENY", "v" }, { "-S 1 2 3", "v" }, { "-M -S 1 2 3", "v" },
	{ "-L", "nvx#" }, { "-L input", "nvx#" }, { "-L -Z", "nvx#" }, { "-M -L", "nvx#" },
};

/* What -C needs stands there already. */
static const struct command_case ipchains_checks[] = {
	{ "-C input -p tcp -s 10.0.0.1 1 -d 10.0.0.2 2 -i eth0", "ybv" },
};

static const struct option_case check_options[] = {
	{ 'n', "-n", "-n" }, { 'j', "-j ACCEPT", "-j" }, { 'y', "-y", "-y" }, { 'b', "-b", "-b" },
	{ 'v', "-v", "-v" }, { 'l', "-l", "-l" }, { 'x', "-x", "-x" }, { 't', "-t 01 10", "-t" },
	{ 'm', "-m 5", "-m" }, { 'o', "-o", "-o" }, { '#', "--line-numbers", "--line-numbers" },
};

static const struct option_case ipfwadm_cases[] = {
	{ 'P', "-P tcp", "-P" },
	{ 'S', "-S 0/0", "-S" },
	{ 'D', "-D 0/0", "-D" },
	{ 'V', "-V 10.0.0.1", "-V" },
	{ 'W', "-W eth0", "-W" },
	{ 'b', "-b", "-b" },
	{ 'k', "-k", "-k" },
	{ 'y', "-y", "-y" },
	{ 'm', "-m", "-m" },
	{ 'r', "-r", "-r" },
	{ 'r', "-r 80", "-r" },
	{ 't', "-t 01 10", "-t" },
	{ 'o', "-o", "-o" },
	{ 'e', "-e", "-e" },
	{ 'n', "-n", "-n" },
	{ 'x', "-x", "-x" },
	{ 'v', "-v", "-v" },
};

/* -e, -n, -x, -v, -k and -y are taken everywhere. */
#define EVERYWHERE "enxvky"

static const struct command_case ipfwadm_commands[] = {
	{ "-I -a accept", EVERYWHERE "PSDVWbrto" }, { "-I -i deny", EVERYWHERE "PSDVWbto" },
	{ "-I -d reject", EVERYWHERE "PSDVWbto" }, { "-O -a accept", EVERYWHERE "PSDVWbto" },
	{ "-F -a accept", EVERYWHERE "PSDVWbmto" }, { "-F -i m", EVERYWHERE "PSDVWbmto" },
	{ "-A -a", EVERYWHERE "PSDVWbto" }, { "-A in -i", EVERYWHERE "PSDVWbto" },
	{ "-A out -d", EVERYWHERE "PSDVWbto" },
	{ "-I -l", EVERYWHERE }, { "-A -l -z", EVERYWHERE }, { "-O -z", EVERYWHERE },
	{ "-F -f", EVERYWHERE }, { "-I -p deny", EVERYWHERE }, { "-F -p accept", EVERYWHERE "m" },
	{ "-M -l", EVERYWHERE }, { "-M -s 1 2 3", EVERYWHERE },
};

typedef int parse_line(const char *line, struct err *err);

static void check_matrix(parse_line *parse, const struct command_case *commands,
			 size_t command_count, const struct option_case *options,
			 size_t option_count)
{
	for (size_t c = 0; c < command_count; c++)
		for (size_t o = 0; o < option_count; o++) {
			bool allowed = strchr(commands[c].allowed, options[o].column);
			char line[ROOM];
			struct err err;
			int r;

			snprintf(line, sizeof(line), "%s %s", commands[c].line, options[o].words);
			r = parse(line, &err);
			if (allowed && r < 0)
				fail_msg("%s: %s", line, err.text);
			if (!allowed && r == 0)
				fail_msg("%s: is taken", line);
			if (allowed)
				continue;
			assert_int_equal(err.code, ERR_SYNTAX);
			/* Of two that are wrong (-p tcp -y) the first may be named. */
			if (!strstr(err.text, options[o].name) && !strstr(err.text, "-p cannot"))
				fail_msg("%s: does not name %s: %s", line, options[o].name,
					 err.text);
		}
}

static void test_ipchains_matrix(void **state)
{
	(void)state;
	check_matrix(parse_ipchains, ipchains_commands, ARRAY_SIZE(ipchains_commands),
		     ipchains_cases, ARRAY_SIZE(ipchains_cases));
	check_matrix(parse_ipchains, ipchains_checks, ARRAY_SIZE(ipchains_checks), check_options,
		     ARRAY_SIZE(check_options));
}

static void test_ipfwadm_matrix(void **state)
{
	(void)state;
	check_matrix(parse_ipfwadm, ipfwadm_commands, ARRAY_SIZE(ipfwadm_commands),
		     ipfwadm_cases, ARRAY_SIZE(ipfwadm_cases));
}

/* What -C and -c cannot do without. */
static void test_needed(void **state)
{
	static const struct { const char *word, *words; } parts[] = {
		{ "-p", "-p tcp" }, { "-s", "-s 10.0.0.1 1" }, { "-d", "-d 10.0.0.2 2" },
		{ "-i", "-i eth0" },
	}, old_parts[] = {
		{ "-P", "-P tcp" }, { "-S", "-S 10.0.0.1 1" }, { "-D", "-D 10.0.0.2 2" },
		{ "-V", "-V 10.0.0.3" }, { "-W", "-W eth0" },
	};
	char line[ROOM];
	struct err err;

	(void)state;
	for (size_t without = 0; without < ARRAY_SIZE(parts); without++) {
		size_t n = (size_t)snprintf(line, sizeof(line), "-C input");

		for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
			if (i != without)
				n += (size_t)snprintf(line + n, sizeof(line) - n, " %s",
						      parts[i].words);
		assert_true(parse_ipchains(line, &err) < 0);
		/* Without a protocol the ports are what is wrong, too. */
		if (!strstr(err.text, parts[without].word))
			fail_msg("%s: %s", line, err.text);
	}
	for (size_t without = 0; without < ARRAY_SIZE(old_parts); without++) {
		size_t n = (size_t)snprintf(line, sizeof(line), "-I -c");

		for (size_t i = 0; i < ARRAY_SIZE(old_parts); i++)
			if (i != without)
				n += (size_t)snprintf(line + n, sizeof(line) - n, " %s",
						      old_parts[i].words);
		assert_true(parse_ipfwadm(line, &err) < 0);
		if (!strstr(err.text, old_parts[without].word))
			fail_msg("%s: %s", line, err.text);
	}
}

/* Two commands at once are two too many, but for the pairs. */
static void test_two_commands(void **state)
{
	static const char *const all[] = {
		"-A input", "-D input 1", "-L", "-F", "-Z", "-N user", "-X", "-P input DENY",
		"-S 1 2 3", "-C input",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		for (size_t j = 0; j < ARRAY_SIZE(all); j++) {
			bool pair = (all[i][1] == 'L' && all[j][1] == 'Z') ||
				    (all[i][1] == 'Z' && all[j][1] == 'L');
			char line[ROOM];

			snprintf(line, sizeof(line), "%s %s", all[i], all[j]);
			if ((parse_ipchains(line, &err) == 0) != pair)
				fail_msg("%s: %s", line, pair ? err.text : "is taken");
		}
}

/* ------------------------------------------------------------------ beginnings of names */

static size_t count_fitting(char *const *names, size_t count, const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !strncasecmp(names[i], text, len);
	return n;
}

static void test_long_options(void **state)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK text = SINK_MEMORY;
	char *names[64];
	size_t count = 0;

	(void)state;
	ipchains_long_options(&text);
	for (char *p = strtok(arena_strdup(&arena, sink_text(&text)), " "); p;
	     p = strtok(NULL, " ")) {
		assert_true(count < ARRAY_SIZE(names));
		names[count++] = p + 2;
	}
	assert_true(count > 25);
	for (size_t i = 0; i < count; i++)
		for (size_t len = 1; len <= strlen(names[i]); len++) {
			bool whole = !names[i][len];
			char line[ROOM];
			struct err err;
			bool known;

			snprintf(line, sizeof(line), "--%.*s", (int)len, names[i]);
			parse_ipchains(line, &err);
			known = !strstr(err.text, "unknown option") && !strstr(err.text, "may be");
			/* --source and --src are one option, and both begin --source-port. */
			if (whole || count_fitting(names, count, names[i], len) == 1)
				if (!known)
					fail_msg("%s: %s", line, err.text);
			if (count_fitting(names, count, names[i], len) > 4)
				assert_false(known);
		}
}

static void test_icmp_beginnings(void **state)
{
	(void)state;
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++)
		for (size_t len = 1; len <= strlen(i->name); len++) {
			const struct ipchains_icmp *other, *found;
			char text[64];
			size_t fitting = 0;

			snprintf(text, sizeof(text), "%.*s", (int)len, i->name);
			for (const struct ipchains_icmp *j = ipchains_icmps; j->name; j++)
				fitting += !strncasecmp(j->name, text, len);
			found = ipchains_icmp_find(text, &other);
			if (fitting == 1 || !i->name[len])
				assert_ptr_equal(found, i);
			else
				assert_true(!found || other || strlen(found->name) == len);
		}
}

/* Of ipfwadm's words the first that fits wins. */
static void test_ipfwadm_beginnings(void **state)
{
	static const struct { const char *line, *words; } cases[] = {
		{ "-I -a a", "-I -a accept" }, { "-I -a d", "-I -a deny" },
		{ "-I -a r", "-I -a reject" }, { "-F -a m", "-F -a accept -m" },
		{ "-F -a masq", "-F -a accept -m" }, { "-I -a acc -P t", "-I -a accept -P tcp" },
		{ "-I -a a -P u", "-I -a accept -P udp" },
		{ "-I -a a -P i", "-I -a accept -P icmp" },
		{ "-I -a a -P a", "-I -a accept" }, { "-A i -a", "-A in -a" },
		{ "-A o -a", "-A out -a" }, { "-A b -a", "-A both -a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA arena = ARENA_INIT;
		AUTO_SINK text = SINK_MEMORY;
		const char *items[WORDS_MOST];
		struct ipfwadm_words words = { .items = items };
		struct ipfwadm_call call = { 0 };
		struct err err = ERR_INIT;

		words.count = split(&arena, cases[i].line, items);
		assert_int_equal(ipfwadm_parse(&arena, &words, &call, &err), 0);
		ipfwadm_words.print(&text, call.chain, call.commands->rules[0]);
		assert_string_equal(sink_text(&text), cases[i].words);
	}
}

/* ------------------------------------------------------------------ helps */

static void check_width(const char *what, struct sink *text)
{
	const char *p = sink_text(text);

	assert_true(*p);
	while (*p) {
		size_t len = strcspn(p, "\n");

		if (len > 80)
			fail_msg("%s: %zu columns: %.*s", what, len, (int)len, p);
		p += len + (p[len] == '\n');
	}
}

static void test_helps(void **state)
{
	static const struct {
		const char *name;
		void (*put)(struct sink *sink, const char *program);
	} helps[] = {
		{ "ipchains", ipchains_help }, { "ipfwadm", ipfwadm_help },
		{ "ipmasqadm", portfw_help }, { "ipmasqadm", mfw_help },
		{ "ipportfw", ipportfw_help },
	};
	AUTO_SINK icmp = SINK_MEMORY;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(helps); i++) {
		AUTO_SINK text = SINK_MEMORY;

		helps[i].put(&text, helps[i].name);
		check_width(helps[i].name, &text);
	}
	ipchains_help_icmp(&icmp);
	check_width("ICMP", &icmp);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipchains_matrix),
		cmocka_unit_test(test_ipfwadm_matrix),
		cmocka_unit_test(test_needed),
		cmocka_unit_test(test_two_commands),
		cmocka_unit_test(test_long_options),
		cmocka_unit_test(test_icmp_beginnings),
		cmocka_unit_test(test_ipfwadm_beginnings),
		cmocka_unit_test(test_helps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
