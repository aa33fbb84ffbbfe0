// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iptables-restore and ip6tables-restore: each COMMIT is one transaction; where somebody types, all of
 * them are one (doc/safety.md, "Restores").
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/cli.h"
#include "cli/guard.h"

/* A table that waits until all of the input has been read. */
struct section {
	struct section *next;
	struct command *first;
	struct names names;		/* for -v */
};

struct restore {
	struct call *call;
	struct backend backend;		/* opened at the first COMMIT: "#foo" needs no rights */
	struct restore_options options;
	bool is_one;			/* one transaction for all tables */
	struct arena arena;		/* of the sections */
	struct section *sections;	/* ... that wait */
};

const struct program_option restore_options[] = {
	{ "counters", 'c', no_argument, NULL, "Set the counters that stand in the input." },
	{ "noflush", 'n', no_argument, NULL, "Keep what is there: rules are added to it. "
	  "Without it, each table of the input is emptied first." },
	{ "test", 't', no_argument, NULL, "Only look whether the input is right; change nothing." },
	{ "table", 'T', required_argument, "TABLE", "Only this table of the input." },
	{ "verbose", 'v', no_argument, NULL, "Say what is done." },
	{ "wait", 'w', optional_argument, "SECONDS",
	  "Accepted: a transaction of the kernel waits for nobody." },
	{ "wait-interval", 'W', optional_argument, "MICROSECONDS", "Accepted beside -w." },
	{ "modprobe", 'M', required_argument, "COMMAND",
	  "Accepted, and ignored: the kernel loads its own modules." },
	{ "ipv4", '4', no_argument, NULL, "The input is for IPv4, whatever the program's name." },
	{ "ipv6", '6', no_argument, NULL, "The input is for IPv6." },
	{ "help", 'h', no_argument, NULL, "Print the options." },
	{ "version", 'V', no_argument, NULL, "Print the version." },
	/* An old spelling without a meaning. */
	{ NULL, 'b', no_argument, NULL, NULL },
	{ 0 },
};

static void print_usage(const struct call *call)
{
	fprintf(stderr,
		"Usage: %s [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]\n"
		"\t   [ --counters ]\n"
		"\t   [ --verbose ]\n"
		"\t   [ --version]\n"
		"\t   [ --test ]\n"
		"\t   [ --help ]\n"
		"\t   [ --noflush ]\n"
		"\t   [ --table=<TABLE> ]\n"
		"\t   [ --modprobe=<command> ]\n"
		"\t   [ --ipv4 ]\n"
		"\t   [ --ipv6 ]\n", call->program);
}

/* ------------------------------------------------------------------ -L and -S inside a restore */

/* Shows what the table will be at this command: what the kernel has and the edits before it. */
static int list_within(struct restore *re, struct command *first, const struct command *c,
		       struct sink *out, struct err *err)
{
	AUTO_RULESET read = RULESET_INIT, full = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_PLAN plan = { .arena = &arena };
	struct iptables_options options = {
		.table = c->table, .numeric = c->list & LIST_NUMERIC,
		.verbose = c->list & LIST_VERBOSE, .exact = c->list & LIST_EXACT,
		.line_numbers = c->list & LIST_LINE_NUMBERS,
	};
	const struct op *refused;
	struct table *t = read_table(&re->backend, &full, c->family, c->table, NULL, err);
	struct chain *only;
	int r;

	if (!t)
		return -1;
	r = first == c ? 0 : plan_commands(&plan, first, &re->backend.view, PLAN_LOOKS, &read, err);
	if (r < 0)
		return r;
	if (plan_apply_value(&plan, &full, &refused) < 0)
		return 0;	/* the transaction itself will say what is wrong */
	complete_table(t);
	only = c->chain ? table_chain(t, c->chain) : NULL;
	if (c->chain && !only) {
		struct place place = c->chain_place;

		place.line = c->line;
		return err_styled(err, ERR_OTHER, ERR_STYLE_PLAIN, place,
				  "No chain/target/match by that name");
	}
	if (c->kind == COMMAND_LIST)
		iptables_list(out, t, only, c->number, &options);
	else
		iptables_list_rules(out, t, only, c->number, options.verbose > 0);
	return 0;
}

static int list_all_within(struct restore *re, struct command *first, struct sink *out,
			   struct err *err)
{
	int r = 0;

	for (struct command *c = first, *before = NULL; !r && c; before = c, c = c->next) {
		if (c->kind != COMMAND_LIST && c->kind != COMMAND_LIST_RULES)
			continue;
		if (before)
			before->next = NULL;
		r = list_within(re, first, c, out, err);
		if (before)
			before->next = c;
	}
	return r;
}

/* ------------------------------------------------------------------ one COMMIT */

/* -h or -V on a line of the file: the reference prints and leaves. */
static int print_and_leave(const struct restore *re, const struct command *c)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);

	print_version(re->call);
	fflush(stdout);
	if (c->kind == COMMAND_HELP)
		iptables_help(&out, re->call->program, re->call->family, NULL);
	return sink_flush(&out);
}

/* The reference is silent with --noflush, and callers of that read what is printed. */
static bool is_verbose(const struct restore *re)
{
	return re->options.verbose && !re->options.noflush;
}

static int make(struct restore *re, struct arena *arena, struct command *first, struct err *err)
{
	struct transaction t = {
		.call = re->call, .backend = &re->backend, .arena = arena, .trust = PLAN_LOOKS,
	};

	return transact(&t, first, err);
}

static void join_sections(struct restore *re, bool join)
{
	for (struct section *s = re->sections; s; s = s->next) {
		struct command *c = s->first;
		/* Joined already: the next section's first one is in the same list. */
		const struct command *end = s->next ? s->next->first : NULL;

		while (c->next && c->next != end)
			c = c->next;
		c->next = join && s->next ? s->next->first : NULL;
	}
}

/* All that waits, as one transaction. */
static int make_sections(struct restore *re, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct section *s = re->sections;
	int r;

	if (!s)
		return 0;
	join_sections(re, true);
	r = make(re, &re->arena, s->first, err);
	join_sections(re, false);
	for (re->sections = NULL; s; s = s->next) {
		if (!r)
			verbose_print(&out, s->first, is_verbose(re), &s->names);
		free(s->names.items);
	}
	sink_flush(&out);
	return r;
}

static void add_section(struct restore *re, struct arena *arena, struct command *first,
			const struct names *names)
{
	struct section **end = &re->sections;

	while (*end)
		end = &(*end)->next;
	*end = arena_alloc(&re->arena, sizeof(**end));
	**end = (struct section){ .first = first, .names = *names };
	arena_absorb(&re->arena, arena);
}

/* Most sections only load rules, and are long. */
static bool says_something(const struct restore *re, const struct command *first)
{
	const struct command *c = first;

	while (c && !c->list && c->kind != COMMAND_LIST && c->kind != COMMAND_LIST_RULES)
		c = c->next;
	return c || is_verbose(re);
}

static int commit(void *context, struct arena *arena, struct command *first, struct err *err)
{
	struct restore *re = context;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct names names = { 0 };
	bool speaks = says_something(re, first);
	int r;

	if (first->kind == COMMAND_HELP || first->kind == COMMAND_VERSION) {
		r = make_sections(re, err);
		return r ? r : print_and_leave(re, first);
	}
	/* The comments so far stand before what this section says. */
	if (re->options.echo)
		sink_flush(re->options.echo);
	r = backend_is_open(&re->backend) ? 0 : open_backend(re->call, &re->backend, err);
	if (!r && speaks)
		r = list_all_within(re, first, &out, err);
	if (!r && speaks)
		r = verbose_names(&re->backend, arena, first, is_verbose(re), &names, err);
	if (!r && re->is_one) {
		add_section(re, arena, first, &names);
		return sink_flush(&out);
	}
	if (!r)
		r = make(re, arena, first, err);
	if (!r && speaks)
		verbose_print(&out, first, is_verbose(re), &names);
	sink_flush(&out);
	free(names.items);
	return r;
}

/* Whoever types the lines themselves waits for what COMMIT says. */
static bool should_be_one(const struct restore *re, const char *file)
{
	return !re->call->store && guard_looks() && (file || !isatty(STDIN_FILENO));
}

/* What stands in front of a mistake is made all the same, and may go wrong itself. */
static int read_input(struct restore *re, FILE *in, const char *file, struct err *err)
{
	struct err mistake = ERR_INIT;
	int r = iptables_restore_read(in, file, re->call->family, &re->options, commit, re,
				      &mistake);
	int made = make_sections(re, err);

	arena_free(&re->arena);
	if (made || !r)
		return made;
	*err = mistake;
	return r;
}

/* ------------------------------------------------------------------ the command line */

/* `-w 5`: the seconds may stand in a word of their own. A file name is none of them. */
static void skip_number(int argc, char **argv)
{
	if (!optarg && optind < argc && argv[optind][0] >= '0' && argv[optind][0] <= '9' &&
	    access(argv[optind], F_OK))
		optind++;
}

/* Fills in the options; -1 to go on, or the exit status. */
static int read_options(struct restore *re, const char **file)
{
	struct getopt_tables tables;
	struct call *call = re->call;
	int argc = (int)call->word_count + 1, c;
	char **argv = (char **)call->words - 1;

	program_getopt(restore_options, &tables);
	argv[0] = (char *)call->program;
	while ((c = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
		switch (c) {
		case 'c':
			re->options.counters = true;
			break;
		case 'v':
			re->options.verbose = true;
			break;
		case 'V':
			print_version(call);
			return fflush(stdout) ? 1 : 0;
		case 't':
			re->options.test = true;
			break;
		case 'h':
			print_usage(call);
			return 0;
		case 'n':
			re->options.noflush = true;
			break;
		case 'T':
			re->options.only_table = optarg;
			break;
		case '4':
			call->family = FAMILY_IPV4;
			break;
		case '6':
			call->family = FAMILY_IPV6;
			break;
		case 'w':
		case 'W':
			skip_number(argc, argv);
			break;
		case 'b':
		case 'M':
			break;
		default:
			fprintf(stderr, "Try `%s -h' for more information.\n", call->program);
			return 1;
		}
	}
	if (optind < argc - 1) {
		fprintf(stderr, "Unknown arguments found on commandline\n");
		return 1;
	}
	*file = optind < argc ? argv[optind] : NULL;
	return -1;
}

/* All of the input in memory, so that a line of it can be shown again. */
static FILE *keep_input(FILE *in, struct sink *kept)
{
	char buf[1 << 16];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		sink_bytes(kept, buf, n);
	if (!kept->len)
		return NULL;
	sink_text(kept);
	return fmemopen(kept->text, kept->len, "r");
}

int run_restore(struct call *call)
{
	struct restore re = { .call = call };
	struct err err = ERR_INIT;
	AUTO_SINK kept = SINK_MEMORY, echo = SINK_FD(STDOUT_FILENO);
	AUTO_SINK warnings = SINK_FD(STDERR_FILENO);
	const char *file = NULL;
	FILE *in = stdin, *copy = NULL;
	int r = read_options(&re, &file);

	if (r >= 0)
		return r;
	if (file) {
		in = fopen(file, "re");
		if (!in) {
			fprintf(stderr, "Can't open %s: %s\n", file, strerror(errno));
			return 1;
		}
	}
	if (call->explain && (file || !isatty(STDIN_FILENO)))
		copy = keep_input(in, &kept);
	if (copy)
		call->input = kept.text;
	call->input_name = file;
	re.options.program = call->program;
	re.options.warn = &warnings;
	if (re.options.verbose)
		re.options.echo = &echo;
	re.is_one = should_be_one(&re, file);
	r = read_input(&re, copy ? copy : in, file, &err);
	sink_flush(&echo);
	sink_flush(&warnings);
	if (copy)
		fclose(copy);
	if (file)
		fclose(in);
	backend_close(&re.backend);
	return r < 0 ? fail(call, &err) : 0;
}
