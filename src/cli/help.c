// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern help`. Help on iptables itself is the dialect's, help on an extension its declaration's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "base/version.h"
#include "cli/cli.h"
#include "ext/ext.h"

static const char overview[] =
	"postern " VERSION_OWN ": a firewall that speaks iptables " VERSION_COMPAT ".\n"
	"\n"
	"usage: postern [--explain-errors] COMMAND [ARGUMENTS]\n"
	"\n"
	"  iptables, ip6tables        change and list rules, as ever\n"
	"  iptables-save, -restore    print all rules; load rules from a file or from stdin\n"
	"  ip6tables-save, -restore   the same for IPv6\n"
	"  list                       every table, chain and rule of both families, with counters\n"
	"  ext [NAME...]              what matches and targets can do, with examples\n"
	"  manual, completion         the extensions as a manual page; bash completion\n"
	"  help [COMMAND|EXTENSION]   this; help on a command, on a match or on a target\n"
	"  --version                  our version, and the one of iptables that we behave as\n"
	"\n"
	"Links named iptables, iptables-save, ... (also iptables-nft..., iptables-legacy...)\n"
	"to this program need no `postern' before them. With --explain-errors an error shows\n"
	"the word it is about and what would be right; on a terminal it always does.\n";

static const char list_help[] =
	"usage: postern list [-4] [-6] [-t TABLE] [--handles]\n"
	"\n"
	"Prints every table, chain and rule of both families: hooks, priorities, policies,\n"
	"how often a chain is jumped to, and each rule with its number, packets, bytes and\n"
	"the words that would make it. Tables made by nft are shown by name. -4 or -6: one\n"
	"family; -t: one table; --handles: the kernel's own numbers of the rules.\n"
	"NO_COLOR=1 turns bold type off.\n";

static const char ext_help_text[] =
	"usage: postern ext [NAME...]\n"
	"\n"
	"Without a name: every match and target in a line. With names: where each may stand,\n"
	"what it needs in the kernel, its options, and examples.\n";

static const char save_help[] =
	"usage: iptables-save [-c] [-t TABLE] [-f FILE] [-M COMMAND] [-V]\n"
	"\n"
	"Prints the rules as iptables-restore reads them. -c: with packet and byte counters;\n"
	"-t: of one table; -f: into a file.\n";

static const char restore_help[] =
	"usage: iptables-restore [-c] [-n] [-t] [-T TABLE] [-v] [-w [SECONDS]] [-4] [-6] [FILE]\n"
	"\n"
	"Loads rules from FILE or stdin. Each COMMIT is carried out as a whole or not at all.\n"
	"-c: counters too; -n: keep what is there; -t: only look whether it is right;\n"
	"-T: only this table.\n";

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* The program's own -h, with an extension when there is one of that name. */
static int help_on_extension(const char *name)
{
	const char *words[] = { "-m", name, "-h" };
	struct call call = {
		.program = "iptables", .flavour = "nf_tables", .family = FAMILY_IPV4,
		.words = words, .word_count = 3,
	};

	if (!ext_find(EXT_MATCH, FAMILY_IPV4, name)) {
		if (ext_find(EXT_TARGET, FAMILY_IPV4, name)) {
			words[0] = "-j";
		} else {
			call.family = FAMILY_IPV6;
			call.program = "ip6tables";
			if (!ext_find(EXT_MATCH, FAMILY_IPV6, name))
				words[0] = "-j";
			if (words[0][1] == 'j' && !ext_find(EXT_TARGET, FAMILY_IPV6, name))
				return -1;
		}
	}
	return run_iptables(&call);
}

static int no_help(const char *word)
{
	struct { const char **items; size_t count, room; } names = { 0 };
	static const char *const commands[] = {
		"list", "ext", "help", "iptables", "ip6tables", "iptables-save", "iptables-restore",
	};
	const struct ext *ext;
	const char *nearest;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		VEC_PUSH(&names, commands[i]);
	for (size_t i = 0; (ext = ext_nth(i)); i++)
		VEC_PUSH(&names, ext->name);
	nearest = err_nearest(word, names.items, names.count);
	fprintf(stderr, "postern help: nothing is known of `%s'", word);
	if (nearest)
		fprintf(stderr, "; did you mean %s?\n", nearest);
	else
		fprintf(stderr, "; `postern help' lists what there is\n");
	free(names.items);
	return 2;
}

static void list_extensions(enum ext_kind kind, const char *title)
{
	const struct ext *ext, *last = NULL;
	size_t column = 0;

	printf("\n%s", title);
	for (size_t i = 0; (ext = ext_nth(i)); i++) {
		if (ext->kind != kind || (last && !strcmp(last->name, ext->name)))
			continue;
		if (!column || column + strlen(ext->name) + 1 > 78)
			column = (size_t)printf("\n  %s", ext->name) - 1;
		else
			column += (size_t)printf(" %s", ext->name);
		last = ext;
	}
	printf("\n");
}

int run_help(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const char *h = "-h";
	struct call call = {
		.program = word, .flavour = "nf_tables", .family = FAMILY_IPV4, .words = &h,
		.word_count = 1,
	};
	int r;

	if (!word) {
		fputs(overview, stdout);
		list_extensions(EXT_MATCH, "Matches (-m):");
		list_extensions(EXT_TARGET, "Targets (-j):");
	} else if (!strcmp(word, "list")) {
		fputs(list_help, stdout);
	} else if (!strcmp(word, "ext")) {
		fputs(ext_help_text, stdout);
	} else if (!strcmp(word, "help")) {
		fputs(overview, stdout);
	} else if (!strcmp(word, "iptables") || !strcmp(word, "ip6tables")) {
		call.family = word[2] == '6' ? FAMILY_IPV6 : FAMILY_IPV4;
		return run_iptables(&call);
	} else if (ends_with(word, "tables-save")) {
		fputs(save_help, stdout);
	} else if (ends_with(word, "tables-restore")) {
		fputs(restore_help, stdout);
	} else {
		r = help_on_extension(word);
		return r >= 0 ? r : no_help(word);
	}
	return fflush(stdout) ? 1 : 0;
}
