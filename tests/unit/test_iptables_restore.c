// SPDX-License-Identifier: GPL-2.0-or-later
/* Restore files: what becomes of each line, and which line is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "dialect/iptables.h"

static const char *const kind_names[] = {
	[COMMAND_APPEND] = "append", [COMMAND_INSERT] = "insert", [COMMAND_REPLACE] = "replace",
	[COMMAND_DELETE] = "delete", [COMMAND_DELETE_NUMBER] = "delete-number",
	[COMMAND_CHECK] = "check", [COMMAND_FLUSH] = "flush", [COMMAND_ZERO] = "zero",
	[COMMAND_LIST] = "list", [COMMAND_NEW_CHAIN] = "new",
		[COMMAND_DELETE_CHAIN] = "delete-chain",
	[COMMAND_RENAME_CHAIN] = "rename", [COMMAND_POLICY] = "policy",
	[COMMAND_VERSION] = "version", [COMMAND_HELP] = "help", [COMMAND_TABLE] = "table",
	[COMMAND_TABLE_KEEP] = "keep", [COMMAND_CHAIN] = "chain",
};

/* One line for each command: "kind chain number: rule". */
static int note(void *context, struct arena *arena, struct command *c, struct err *err)
{
	struct sink *sink = context;

	(void)arena;
	(void)err;
	for (; c; c = c->next) {
		sink_str(sink, kind_names[c->kind]);
		sink_printf(sink, " %s", c->chain ? c->chain : c->table);
		if (c->number)
			sink_printf(sink, " %u", (unsigned)c->number);
		if (c->policy)
			sink_str(sink, c->policy == POLICY_DROP ? " DROP" : " ACCEPT");
		if (c->kind == COMMAND_CHAIN && c->counters_given)
			sink_printf(sink, " [%d:%d]", (int)c->counters.packets,
				    (int)c->counters.bytes);
		for (uint32_t i = 0; i < c->rule_count; i++) {
			sink_str(sink, ": ");
			iptables_save_rule(sink, c->family, c->chain, c->rules[i],
					   c->counters_given);
		}
		sink_char(sink, '\n');
	}
	sink_str(sink, ".\n");
	return 0;
}

static int read_text(const char *text, enum family family, const struct restore_options *options,
		     struct sink *out, struct err *err)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int r;

	assert_non_null(in);
	r = iptables_restore_read(in, NULL, family, options, note, out, err);
	fclose(in);
	return r;
}

struct row {
	const char *text, *want;
	struct restore_options options;
};

static void test_good(void **state)
{
	static const struct row rows[] = {
		{ "#foo\n", "", { 0 } },
		{ "\n\n", "", { 0 } },
		{ "*filter\nCOMMIT", "table filter\n.\n", { 0 } },
		{ "* nat\nCOMMIT\n", "keep nat\n.\n", { .noflush = true } },
		{ "*filter\n:INPUT DROP [1:2]\n:OUTPUT ACCEPT\n:FORWARD -\n:mine - -\nCOMMIT\n",
		  "table filter\nchain INPUT DROP\nchain OUTPUT ACCEPT\nchain FORWARD\n"
		  "chain mine\n.\n", { 0 } },
		{ "*filter\n:INPUT DROP [1:2]\n:mine - \nCOMMIT\n",
		  "table filter\nchain INPUT DROP [1:2]\nchain mine\n.\n", { .counters = true } },
		{ "*filter\n[1:2] -A INPUT -j DROP\n[3:4]-A INPUT\nCOMMIT\n",
		  "table filter\nappend INPUT: -A INPUT -c 1 2 -j DROP\n"
		  "append INPUT: -A INPUT -c 3 4\n.\n", { .counters = true } },
		{ "*filter\n[1:2] -A INPUT -j DROP\nCOMMIT\n",
		  "table filter\nappend INPUT: -A INPUT -j DROP\n.\n", { 0 } },
		{ "*filter\n-N a\n-I a 2 -s 1.1.1.1,2.2.2.2\n-R a 1\n-D a 1\n-D a -j DROP\n-F "
		  "a\n-X a\n"
		  "-Z\n-P INPUT DROP\n-E a b\n-C a\n-L\nCOMMIT\n",
		  "table filter\nnew a\ninsert a 2: -A a -s 1.1.1.1/32: -A a -s 2.2.2.2/32\n"
		  "replace a 1: -A a\ndelete-number a 1\ndelete a: -A a -j DROP\nflush a\n"
		  "delete-chain a\nzero filter\npolicy INPUT DROP\nrename a\ncheck a: -A a\n"
		  "list filter\n.\n", { 0 } },
		{ "*filter\n-A INPUT -m comment --comment \"a \\\"b\\\\ c\"\nCOMMIT\n",
		  "table filter\nappend INPUT: -A INPUT -m comment --comment \"a \\\"b\\\\ "
		  "c\"\n.\n",
		  { 0 } },
		{ "*filter\n\t-A INPUT\n  -A OUTPUT\nCOMMIT\n*raw\nCOMMIT\n",
		  "table filter\nappend INPUT: -A INPUT\nappend OUTPUT: -A OUTPUT\n.\n"
		  "table raw\n.\n", { 0 } },
		{ "*raw\nfoo\n*filter\n-A INPUT\nCOMMIT\n*nat\nbar\n",
		  "table filter\nappend INPUT: -A INPUT\n.\n", { .only_table = "filter" } },
		{ "*filter\n-4 -A INPUT\n-6 -A INPUT -s fe80::1\n-6 --bogus\nCOMMIT\n",
		  "table filter\nappend INPUT: -A INPUT\n.\n", { 0 } },
		{ "*filter\n-A INPUT\n-V\n--bogus\n", "version filter\n.\n", { 0 } },
		{ "*filter\n-A INPUT\nCOMMIT\n", "", { .test = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_SINK out = SINK_MEMORY;
		struct err err = ERR_INIT;
		int r = read_text(rows[i].text, FAMILY_IPV4, &rows[i].options, &out, &err);

		if (r)
			print_message("%s%s\n", rows[i].text, err.text);
		assert_int_equal(r, 0);
		assert_string_equal(sink_text(&out), rows[i].want);
	}
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *want;
		int line;
		enum err_code code;
		enum err_style style;
		bool counters;
	} rows[] = {
		{ "foo\n", "", 1, ERR_OTHER, ERR_STYLE_PLAIN, false },
		{ " \n", "", 1, ERR_OTHER, ERR_STYLE_PLAIN, false },
		{ "*filter\nCOMMIT\nCOMMIT\n", "", 3, ERR_OTHER, ERR_STYLE_PLAIN, false },
		{ "*filter\n-A INPUT\n", "iptables-restore: COMMIT expected at line 3", 3,
		  ERR_OTHER,
		  ERR_STYLE_BARE, false },
		{ "*filter\nCOMMIT \n", "Bad argument `COMMIT'", 2, ERR_SYNTAX, ERR_STYLE_BARE,
		  false },
		{ "*filter\n*nat\n", "Bad argument `*nat'", 2, ERR_SYNTAX, ERR_STYLE_BARE, false },
		{ "*\n", "iptables-restore: line 1 table name invalid", 1, ERR_SYNTAX,
		  ERR_STYLE_FULL,
		  false },
		{ "*x\n", "iptables-restore: line 1 table name 'x' invalid", 1, ERR_SYNTAX,
		  ERR_STYLE_FULL, false },
		{ "*filter\n:\n", "iptables-restore: line 2 chain name invalid", 2, ERR_SYNTAX,
		  ERR_STYLE_FULL, false },
		{ "*filter\n:INPUT\n", "iptables-restore: line 2 policy invalid", 2, ERR_SYNTAX,
		  ERR_STYLE_FULL, false },
		{ "*filter\n:INPUT REJECT\n", "Bad policy name", 2, ERR_OTHER, ERR_STYLE_PLAIN,
		  false },
		{ "*filter\n:INPUT DROP\n", "invalid policy counters for chain 'INPUT'", 2,
		  ERR_SYNTAX,
		  ERR_STYLE_FULL, true },
		{ "*filter\n:INPUT DROP [-1:2]\n", "invalid policy counters for chain 'INPUT'", 2,
		  ERR_SYNTAX, ERR_STYLE_FULL, true },
		{ "*filter\n:ACCEPT -\n", "chain name may not clash with target name", 2,
		  ERR_SYNTAX,
		  ERR_STYLE_FULL, false },
		{ "*filter\n-A INPUT -t nat\n",
		  "The -t option cannot be used in iptables-restore.\n",
		  2, ERR_SYNTAX, ERR_STYLE_FULL, false },
		{ "*filter\n-w -A INPUT\n", "You cannot use `-w' from iptables-restore", 2,
		  ERR_SYNTAX,
		  ERR_STYLE_FULL, false },
		{ "*filter\n[1:2 -A INPUT\n", "Bad line 2: need ]", 2, ERR_SYNTAX, ERR_STYLE_FULL,
		  false },
		{ "*filter\n[-1:2] -A INPUT\n", "--set-counters packet counter not numeric", 2,
		  ERR_SYNTAX, ERR_STYLE_FULL, true },
		{ "*filter\n[1:2] -F\n", "Illegal option `--set-counters' with this command", 2,
		  ERR_SYNTAX, ERR_STYLE_FULL, true },
		{ "*filter\n-A INPUT -m comment --comment \"abc -j DROP\n", "a quote is not closed",
		  2,
		  ERR_SYNTAX, ERR_STYLE_FULL, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct restore_options options = { .counters = rows[i].counters };
		AUTO_SINK out = SINK_MEMORY;
		struct err err = ERR_INIT;
		int r = read_text(rows[i].text, FAMILY_IPV4, &options, &out, &err);

		if (r >= 0 || strcmp(err.text, rows[i].want) != 0)
			print_message("%s%s\n", rows[i].text, err.text);
		assert_true(r < 0);
		assert_string_equal(err.text, rows[i].want);
		assert_int_equal(err.place.line, rows[i].line);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.style, rows[i].style);
	}
}

/* A place is that of the line as it was written, whatever stands in front of it inside. */
static void test_places(void **state)
{
	const struct restore_options options = { .counters = true };
	static const char *const lines[] = {
		"*filter\n-A INPUT -p nosuch\n", "*filter\n[1:2] -A INPUT -p nosuch\n",
		"*filter\n[1:2]-A INPUT -p nosuch\n",
	};
	static const int words[] = { 3, 4, 3 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		AUTO_SINK out = SINK_MEMORY;
		struct err err = ERR_INIT;

		assert_true(read_text(lines[i], FAMILY_IPV4, &options, &out, &err) < 0);
		assert_int_equal(err.place.word, words[i]);
	}
}

static void test_family_and_echo(void **state)
{
	AUTO_SINK out = SINK_MEMORY, echo = SINK_MEMORY;
	struct restore_options options = { .verbose = true, .echo = &echo };
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read_text("# hello\n*filter\n-4 -A INPUT\n-A INPUT -s ::1\nCOMMIT\n",
				   FAMILY_IPV6, &options, &out, &err), 0);
	assert_string_equal(sink_text(&out),
		"table filter\nappend INPUT: -A INPUT -s ::1/128\n.\n");
	assert_string_equal(sink_text(&echo), "# hello\n");
	assert_true(read_text("*filter\n", FAMILY_IPV6, &options, &out, &err) < 0);
	assert_string_equal(err.text, "ip6tables-restore: COMMIT expected at line 2");
}

static void test_split(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{ "a b\tc\n", "a|b|c|" }, { "", "" }, { "  a  ", "a|" }, { "\"\" \"a b\"",
		  "|a b|" },
		{ "a\"b c\"d", "ab c|d|" }, { "\"a\\\"b\"", "a\"b|" }, { "'a b'", "'a|b'|" },
		{ "a\\b", "a\\b|" }, { "\"\"\"\"\"\"", "|||" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_SINK out = SINK_MEMORY;
		AUTO_ARENA arena = ARENA_INIT;
		struct err err = ERR_INIT;
		const char **items;
		size_t count;

		assert_int_equal(restore_split(&arena, rows[i].line, &items, &count, &err), 0);
		for (size_t n = 0; n < count; n++)
			sink_printf(&out, "%s|", items[n]);
		assert_string_equal(sink_text(&out), rows[i].want);
	}
}

/* Memory of a section is given back; many rules cost what they must. */
static int measure(void *context, struct arena *arena, struct command *c, struct err *err)
{
	size_t *total = context;

	(void)c;
	(void)err;
	*total = arena->total;
	return 0;
}

static void test_memory(void **state)
{
	enum { RULES = 20000 };
	const struct restore_options options = { 0 };
	AUTO_SINK text = SINK_MEMORY;
	struct err err = ERR_INIT;
	size_t total = 0;
	FILE *in;

	(void)state;
	sink_str(&text, "*filter\n");
	for (int i = 0; i < RULES; i++)
		sink_printf(&text, "-A INPUT -s 10.0.%d.%d -j DROP\n", i / 256, i % 256);
	sink_str(&text, "COMMIT\n");
	in = fmemopen((void *)(uintptr_t)sink_text(&text), text.len, "r");
	assert_int_equal(iptables_restore_read(in, NULL, FAMILY_IPV4, &options, measure, &total,
					       &err), 0);
	fclose(in);
	/* The last block of the arena is half empty at worst. */
	assert_in_range(total, RULES * 100, RULES * 400 + (1 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_family_and_echo),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
