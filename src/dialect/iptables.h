/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The iptables dialect: command lines and restore files in, commands out; rules in, save and
 * listing text out. It knows syntax and names, nothing of kernels. Behaviour: iptables 1.8.13
 * (nf_tables).
 */
#ifndef POSTERN_DIALECT_IPTABLES_H
#define POSTERN_DIALECT_IPTABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "ext/ext.h"
#include "rules/command.h"
#include "rules/rules.h"

/* Options that are about the program's behaviour, not about a rule. */
struct iptables_options {
	const char *table;	/* "filter" unless -t */
	unsigned verbose;	/* -v, repeated */
	bool numeric, exact, line_numbers;	/* -n -x --line-numbers */
	bool wait;		/* -w, checked and otherwise ignored: there is no lock */
	const char *modprobe;	/* -M, accepted */
	bool ipv4_only,
		ipv6_only;	/* -4 -6 (in restore: lines of the other family are skipped) */
	bool help, version;
	/* -m X -h, -p X -h, -j X -h: their help too, in this order; NULL at the end. NULL: none */
	const struct ext *const *help_for;
	/*
	 * Lines for stderr that are no errors ("Ignoring deprecated ..."), each with its '\n'; or
	 * NULL
	 */
	const char *warnings;
};

/*
 * Words of one command: of argv (without argv[0]) or of one line of a restore file. The place of
 * word n is { file, line, n }.
 */
struct words {
	const char *const *items;
	size_t count;
	const char *file;	/* NULL: command line */
	int line;		/* 0: command line */
	bool restoring;		/* inside a restore file: -t and others are refused there */
	const char *program;	/* argv[0]'s name, for texts and hints; NULL: "iptables",
		"ip6tables" */
};

/*
 * Reads one command line. `command->kind` is COMMAND_NONE for -h and -V (and, restoring, for a line
 * of the other family: `-6 ...`); what stands behind these is not looked at. `-L -Z` gives two
 * commands, COMMAND_LIST and, as its `next`, COMMAND_ZERO. Everything is allocated from `arena`;
 * words are copied. -EINVAL or -EPERM with `err` filled in otherwise; `options->table` and options
 * seen before the error are set even then. `options` is zeroed by the caller, restoring with
 * `table` set.
 *
 * What a caller prints of an error (PROG is argv[0]'s name, V "PROG v1.8.13 (nf_tables): "):
 *   ERR_STYLE_FULL   "V TEXT\n"; restoring and code 2 also "Error occurred at line: N\n";
 *                    code 2 also "Try `PROG -h' or 'PROG --help' for more information.\n";
 *                    code 3 also "Perhaps PROG or your kernel needs to be upgraded.\n"
 *   ERR_STYLE_BARE   the same without V; an empty text prints no line of its own. With code 1
 *                    (restore only) nothing but the text.
 *   ERR_STYLE_PLAIN  "PROG: TEXT.\n"; restoring "PROG: line N failed: TEXT.\n", and
 *                    "PROG: line N failed\n" when the text is empty.
 * Some frozen texts end in '\n', as libxtables' do: the blank line is the reference's, too.
 */
int iptables_parse(struct arena *arena, enum family family, const struct words *words,
		   struct iptables_options *options, struct command *command, struct err *err);

/* ---------------------------------------------------------------- restore files */

struct restore_options {
	bool counters, noflush, test, verbose;
	const char *only_table;		/* -T */
	const char *program;		/* argv[0]'s name; NULL: "iptables-restore",
		"ip6tables-restore" */
	struct sink *echo;		/* -v: comment lines are repeated here; NULL: nowhere */
	struct sink *warn;		/* lines for stderr that are no errors; NULL: nowhere */
};

/*
 * Called for each table section: COMMAND_TABLE... up to COMMIT. A non-zero return ends the reading
 * and is what iptables_restore_read returns. A line with -h or -V is a section of its own, one
 * COMMAND_HELP or COMMAND_VERSION: the reference prints and leaves, throwing the open section away;
 * nothing is read behind it whatever is returned.
 */
typedef int restore_commit(void *context, struct arena *arena, struct command *first,
			   struct err *err);

/*
 * Reads restore input and calls `commit` at each COMMIT with the commands of that section (the
 * first one is COMMAND_TABLE or COMMAND_TABLE_KEEP). Memory of a section is given back after its
 * commit. A section without COMMIT is an error as in iptables-restore. With `test`, commit is not
 * called.
 */
int iptables_restore_read(FILE *in, const char *file, enum family family,
			  const struct restore_options *options, restore_commit *commit,
			  void *context, struct err *err);

/*
 * Splits one line of a restore file into words: blanks, "..." with \" and \\ inside. A closing
 * quote ends the word; ' and, outside quotes, \ mean nothing. Words are allocated from `arena`.
 * -EINVAL on an unclosed quote (the reference takes the rest of the line and its end).
 */
int restore_split(struct arena *arena, const char *line, const char ***items, size_t *count,
		  struct err *err);

/* ---------------------------------------------------------------- text */

/*
 * "-A CHAIN ... -j X" without newline; counters as "-c P B" before the jump when `counters`. A rule
 * with something unsaid becomes a comment, "# rule HANDLE of CHAIN: nft words", in every text that
 * could be loaded again: half of a rule must not come back as a rule.
 */
void iptables_save_rule(struct sink *sink, enum family family, const char *chain,
			const struct rule *rule, bool counters);
/* One table as iptables-save prints it, from "*table" to "COMMIT", without the comment lines. */
void iptables_save_table(struct sink *sink, const struct table *table, bool counters);
/* -S [CHAIN [N]]: policies, chains, rules. `number` 0: all. */
void iptables_list_rules(struct sink *sink, const struct table *table, const struct chain *only,
			 uint32_t number, bool counters);
/* -L [CHAIN [N]]. */
void iptables_list(struct sink *sink, const struct table *table, const struct chain *only,
		   uint32_t number, const struct iptables_options *options);
/* One line as -v prints for -A, -I, -D, -R, -C. */
void iptables_print_rule(struct sink *sink, enum family family, const struct rule *rule);

/*
 * What "iptables -h" prints below the line of -V; behind it the options of `exts` (NULL at the end,
 * or NULL). `program`: argv[0]'s name.
 */
void iptables_help(struct sink *sink, const char *program, enum family family,
		   const struct ext *const *exts);
/* "tcp match options:" and a line or two for each, as `iptables -m tcp -h` ends. */
void ext_help(struct sink *sink, const struct ext *ext, enum family family);

/* A word of a save file, quoted when it needs to be (xtables_save_string). */
void iptables_quote(struct sink *sink, const char *text);

#endif
