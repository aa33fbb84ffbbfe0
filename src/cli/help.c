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
#include "base/wrap.h"
#include "cli/cli.h"
#include "ext/ext.h"

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Columns of the list of commands. */
enum { SUMMARY_COLUMN = 29 };

static void put_row(struct sink *sink, const char *name, const char *usage, const char *summary)
{
	size_t start = sink->len;

	sink_printf(sink, "  %s%s%s", name, *usage ? " " : "", usage);
	/* A long usage is for the command's own help. */
	if (*usage && sink->len - start >= SUMMARY_COLUMN) {
		sink->len = start;
		sink_printf(sink, "  %s ...", name);
	}
	if (sink->len - start >= SUMMARY_COLUMN) {
		sink_char(sink, '\n');
		start = sink->len;
	}
	sink_pad(sink, start, SUMMARY_COLUMN);
	sink_wrap(sink, SUMMARY_COLUMN, SUMMARY_COLUMN, WRAP_WIDTH, summary);
}

static void put_overview(struct sink *sink)
{
	sink_str(sink, "postern " VERSION_OWN ": a firewall that speaks iptables " VERSION_COMPAT
		 ".\n\nusage: postern [--explain-errors] [--force] [--store DIR] COMMAND "
		 "[ARGUMENTS]\n\n");
	put_row(sink, "iptables, ip6tables", "", "change and list rules, as ever");
	for (const struct program *p = programs; p->suffix; p++) {
		char name[64];

		snprintf(name, sizeof(name), "iptables%s", p->suffix);
		put_row(sink, name, "", p->summary);
	}
	sink_char(sink, '\n');
	for (const struct own_command *c = own_commands; c->name; c++)
		put_row(sink, c->name, c->usage, c->summary);
	sink_char(sink, '\n');
	sink_wrap(sink, 0, 0, WRAP_WIDTH,
		  "Links named iptables, ip6tables-save, ... (also iptables-nft..., "
		  "iptables-legacy...) to this program need no `postern' before them. With "
		  "--explain-errors an error shows the word it is about and what would be "
		  "right; on a terminal it always does.\nA change typed in an SSH session that "
		  "would cut it, or keep its owner from logging in again, is refused; --force, or "
		  "POSTERN_GUARD=off in the environment, makes it all the same.\nWith --store "
		  "DIR, or POSTERN_STORE=DIR in the environment, the rules are kept in that "
		  "folder instead of the kernel: "
		  "all programs of iptables work on it, without privileges.");
}

/* Usage, text and options of a command or program. */
static void put_help(struct sink *sink, const char *name, const char *usage, const char *text)
{
	sink_str(sink, "usage: ");
	sink_printf(sink, "%s %s\n\n", name, usage);
	sink_wrap(sink, 0, 0, WRAP_WIDTH, text);
}

static void put_own_help(struct sink *sink, const struct own_command *c)
{
	char name[64];

	snprintf(name, sizeof(name), "postern %s", c->name);
	put_help(sink, name, c->usage, c->text);
	if (c->options)
		sink_char(sink, '\n');
	for (const struct own_option *o = c->options; o && o->words; o++)
		put_row(sink, o->words, "", o->means);
}

static void put_program_help(struct sink *sink, const char *name, const struct program *p)
{
	put_help(sink, name, p->usage, p->text);
	sink_char(sink, '\n');
	for (const struct program_option *o = p->options; o->letter; o++) {
		char words[64];

		if (!o->means)
			continue;
		snprintf(words, sizeof(words), "-%c, --%s%s%s", o->letter, o->name,
			 o->argument ? " " : "", o->argument ? o->metavar : "");
		put_row(sink, words, "", o->means);
	}
}

static const struct program *program_named(const char *name)
{
	for (const struct program *p = programs; p->suffix; p++)
		if (ends_with(name, p->suffix) && strstr(name, "tables"))
			return p;
	return NULL;
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
	const char *iptables = "iptables", *nearest;
	const struct ext *ext;

	VEC_PUSH(&names, iptables);
	for (const struct own_command *c = own_commands; c->name; c++)
		VEC_PUSH(&names, c->name);
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

static void list_extensions(struct sink *sink, enum ext_kind kind, const char *title)
{
	const struct ext *ext, *last = NULL;
	AUTO_SINK names = SINK_MEMORY;

	for (size_t i = 0; (ext = ext_nth(i)); i++) {
		if (ext->kind != kind || (last && !strcmp(last->name, ext->name)))
			continue;
		sink_printf(&names, "%s%s", last ? " " : "", ext->name);
		last = ext;
	}
	sink_printf(sink, "\n%s\n  ", title);
	sink_wrap(sink, 2, 2, WRAP_WIDTH, sink_text(&names));
}

int run_help(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const char *h = "-h";
	struct call call = {
		.program = word, .flavour = "nf_tables", .family = FAMILY_IPV4, .words = &h,
		.word_count = 1,
	};
	const struct own_command *own = word ? own_command(word) : NULL;
	const struct program *program = word ? program_named(word) : NULL;
	AUTO_SINK out = SINK_MEMORY;
	int r;

	if (!word || own == own_command("help")) {
		put_overview(&out);
		list_extensions(&out, EXT_MATCH, "Matches (-m):");
		list_extensions(&out, EXT_TARGET, "Targets (-j):");
	} else if (own) {
		put_own_help(&out, own);
	} else if (!strcmp(word, "iptables") || !strcmp(word, "ip6tables")) {
		call.family = word[2] == '6' ? FAMILY_IPV6 : FAMILY_IPV4;
		return run_iptables(&call);
	} else if (program) {
		put_program_help(&out, word, program);
	} else {
		r = help_on_extension(word);
		return r >= 0 ? r : no_help(word);
	}
	fwrite(sink_text(&out), 1, out.len, stdout);
	return fflush(stdout) ? 1 : 0;
}
