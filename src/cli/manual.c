// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern manual`: the manual pages of all our names, from the tables of programs, commands and
 * extensions.
 */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/version.h"
#include "cli/cli.h"
#include "dialect/describe.h"
#include "dialect/old.h"

static const char *const families[] = { "iptables", "ip6tables" };
static const char *const flavours[] = { "", "-nft", "-legacy" };

/* "[-c] [FILE]": what is in capitals is for the caller to fill in. */
static void put_usage(struct sink *sink, const char *name, const char *usage)
{
	sink_str(sink, ".B ");
	manual_text(sink, name);
	sink_char(sink, '\n');
	manual_text(sink, usage);
	sink_char(sink, '\n');
}

static void put_see(struct sink *sink, const char *pages)
{
	sink_str(sink, ".SH SEE ALSO\n");
	manual_text(sink, pages);
	sink_char(sink, '\n');
}

static void put_program_option(struct sink *sink, const struct program_option *o)
{
	if (!o->means)
		return;
	sink_printf(sink, ".TP\n\\fB\\-%c\\fP", o->letter);
	if (o->name) {
		sink_str(sink, ", \\fB\\-\\-");
		manual_text(sink, o->name);
		sink_str(sink, "\\fP");
	}
	if (o->argument)
		sink_printf(sink, o->argument == optional_argument ? " [\\fI%s\\fP]" :
			    " \\fI%s\\fP", o->metavar);
	sink_char(sink, '\n');
	manual_text(sink, o->means);
	sink_char(sink, '\n');
}

static void put_program(struct sink *sink, const struct program *p)
{
	char four[64], six[64];

	snprintf(four, sizeof(four), "iptables%s", p->suffix);
	snprintf(six, sizeof(six), "ip6tables%s", p->suffix);
	manual_begin(sink, four, six, VERSION_DATE, p->summary);
	sink_str(sink, ".SH SYNOPSIS\n");
	put_usage(sink, four, p->usage);
	sink_str(sink, ".br\n");
	put_usage(sink, six, p->usage);
	sink_str(sink, ".SH DESCRIPTION\n");
	manual_paragraphs(sink, p->text);
	sink_str(sink, ".SH OPTIONS\n");
	for (const struct program_option *o = p->options; o->letter; o++)
		put_program_option(sink, o);
	if (p->see)
		put_see(sink, p->see);
}

static void put_command(struct sink *sink, const struct own_command *c)
{
	sink_str(sink, ".SS ");
	manual_text(sink, c->name);
	sink_char(sink, '\n');
	if (*c->usage) {
		put_usage(sink, c->name, c->usage);
		sink_str(sink, ".PP\n");
	}
	manual_paragraphs(sink, c->text);
	for (const struct own_option *o = c->options; o && o->words; o++) {
		sink_str(sink, ".TP\n\\fB");
		manual_text(sink, o->words);
		sink_str(sink, "\\fP\n");
		manual_text(sink, o->means);
		sink_char(sink, '\n');
	}
}

static void put_files(struct sink *sink)
{
	static const struct { const char *name, *means; } files[] = {
		{ "/etc/postern.conf", "Everything in it is optional; lines are KEY = VALUE.\n.br\n"
		  "guard: interactive (changes typed in a session that they cut are refused), warn "
		  "or refuse (everybody's, scripts included), off.\n.br\n"
		  "confirm: the time of \\-\\-confirm, 1s to 24h (60s).\n.br\n"
		  "program: a further program whose sessions are lifelines; several times.\n.br\n"
		  "lifeline: tcp or udp, an address, a port of ours that it has to reach; several "
		  "times." },
		{ "/etc/iptables/rules.v4, rules.v6, ipsets", "What save writes and start loads; "
		  "/etc/sysconfig/iptables, ip6tables and ipset where that is the custom." },
		{ "/var/lib/postern", "History, changes that wait for their confirmation, the last "
		  "good copies of saved rules." },
	};

	sink_str(sink, ".SH FILES\n");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		sink_printf(sink, ".TP\n.B %s\n%s\n", files[i].name, files[i].means);
}

static void put_postern(struct sink *sink)
{
	manual_begin(sink, "postern", NULL, VERSION_DATE, "a firewall that speaks iptables");
	sink_str(sink, ".SH SYNOPSIS\n.B postern\n[\\fB\\-\\-explain\\-errors\\fP] "
		 "[\\fB\\-\\-force\\fP] [\\fB\\-\\-store\\fP \\fIfolder\\fP] \\fIcommand\\fP "
		 "[\\fIargument\\fP ...]\n.SH DESCRIPTION\n"
		 "One program with many names: called as iptables, iptables\\-save, "
		 "iptables\\-restore, their ip6tables counterparts, or any of these with \\-nft or "
		 "\\-legacy in the middle, it is that program; called as postern, the first word "
		 "names a command of the list below or one of those programs.\n"
		 ".TP\n\\fB\\-\\-explain\\-errors\\fP\nAn error of an iptables program shows the "
		 "word it is about, and what would be right; on a terminal it always does.\n"
		 ".TP\n\\fB\\-\\-force\\fP\nA change typed in an SSH session that would "
		 "cut it is refused; "
		 "this makes it all the same, and it is logged.\n"
		 ".TP\n\\fB\\-\\-store\\fP \\fIfolder\\fP\nThe rules of that folder instead of "
		 "the kernel's.\n.SH COMMANDS\n");
	for (const struct own_command *c = own_commands; c->name; c++)
		put_command(sink, c);
	sink_str(sink, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nNo bold type in listings.\n"
		 ".TP\n.B POSTERN_GUARD\noff: as \\-\\-force. warn: what cuts a session is "
		 "made, and said.\n"
		 ".TP\n.B POSTERN_STORE\nas \\-\\-store.\n");
	put_files(sink);
	put_see(sink, "iptables(8), iptables-save(8), iptables-restore(8), iptables-apply(8), "
		"iptables-extensions(8), ipchains(8), ipfwadm(8), ipmasqadm(8)");
}

/* ---------------------------------------------------------------- names */

/* Calls `each` with every name that has a page, and the page; stops when that is not 0. */
static int each_name(int (*each)(const char *name, const struct program *program,
				 const void *context), const void *context)
{
	static const struct program self = { .suffix = "" };
	char name[64];
	int r = 0;

	for (size_t f = 0; f < ARRAY_SIZE(families); f++)
		for (size_t v = 0; v < ARRAY_SIZE(flavours); v++)
			for (const struct program *p = &self; !r && p->suffix;
			     p = p == &self ? programs : p + 1) {
				if (p->plain && *flavours[v])
					continue;
				snprintf(name, sizeof(name), "%s%s%s", families[f], flavours[v],
					 p->suffix);
				r = each(name, p, context);
			}
	return r;
}

static int list_name(const char *name, const struct program *program, const void *context)
{
	(void)context;
	printf("%s iptables%s\n", name, program->suffix);
	return 0;
}

struct wanted {
	const char *name;
	struct sink *sink;
};

static int put_if_wanted(const char *name, const struct program *program, const void *context)
{
	const struct wanted *wanted = context;

	if (strcmp(name, wanted->name) != 0)
		return 0;
	if (*program->suffix) {
		put_program(wanted->sink, program);
		return 1;
	}
	manual_iptables(wanted->sink, VERSION_DATE);
	put_see(wanted->sink, "iptables-extensions(8), iptables-save(8), iptables-restore(8), "
		"iptables-apply(8), postern(8), nft(8)");
	return 1;
}

static bool put_page(struct sink *sink, const char *name)
{
	struct wanted wanted = { name, sink };

	if (!strcmp(name, "postern")) {
		put_postern(sink);
		return true;
	}
	if (!strcmp(name, "iptables-extensions")) {
		manual_extensions(sink, VERSION_DATE);
		put_see(sink, "iptables(8), postern(8)");
		return true;
	}
	for (size_t n = 0; old_page_name(n); n++)
		if (!strcmp(old_page_name(n), name)) {
			old_manual(sink, n, VERSION_DATE);
			return true;
		}
	return each_name(put_if_wanted, &wanted) != 0;
}

int run_manual(int argc, char **argv)
{
	AUTO_SINK out = SINK_MEMORY;
	const char *page = argc > 1 ? argv[1] : "iptables-extensions";

	if (argc > 2) {
		fprintf(stderr, "postern manual: one page at a time\n");
		return 2;
	}
	if (!strcmp(page, "--list")) {
		each_name(list_name, NULL);
		for (size_t n = 0; old_page_name(n); n++)
			printf("%s %s\n", old_page_name(n), old_page_name(n));
		printf("iptables-extensions iptables-extensions\npostern postern\n");
	} else if (!put_page(&out, page)) {
		fprintf(stderr, "postern manual: there is no page of `%s'; "
			"`postern manual --list' names them all\n", page);
		return 2;
	}
	fwrite(sink_text(&out), 1, out.len, stdout);
	return fflush(stdout) ? 1 : 0;
}
