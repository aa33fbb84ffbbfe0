// SPDX-License-Identifier: GPL-2.0-or-later
/* The manual page of all extensions, from the declarations. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/wrap.h"
#include "dialect/describe.h"

void manual_text(struct sink *sink, const char *text)
{
	bool line_start = true;

	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			sink_str(sink, "\\&");
		line_start = *text == '\n';
		if (*text == '-')
			sink_str(sink, "\\-");
		else if (*text == '\\')
			sink_str(sink, "\\e");
		else if (*text == '"')		/* else an argument of a macro would end */
			sink_str(sink, "\\(dq");
		else
			sink_char(sink, *text);
	}
}

void manual_begin(struct sink *sink, const char *name, const char *also, const char *date,
		  const char *summary)
{
	sink_str(sink, ".TH ");
	for (const char *p = name; *p; p++)
		sink_char(sink, (char)toupper((unsigned char)*p));
	sink_printf(sink, " 8 \"%s\" Postern \"System Manager's Manual\"\n.nh\n.ad l\n", date);
	sink_str(sink, ".SH NAME\n");
	manual_text(sink, name);
	if (also) {
		sink_str(sink, ", ");
		manual_text(sink, also);
	}
	sink_printf(sink, " \\- %s\n", summary);
}

void manual_paragraphs(struct sink *sink, const char *text)
{
	AUTO_SINK line = SINK_MEMORY;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		line.len = 0;
		sink_bytes(&line, text, strcspn(text, "\n"));
		manual_text(sink, sink_text(&line));
		sink_str(sink, text[line.len] ? "\n.PP\n" : "\n");
	}
}

static void put_option(struct sink *sink, const struct opt *o)
{
	const char *metavar = o->metavar ? o->metavar : o->type ? o->type->metavar : "";
	const char *help = o->help && *o->help ? o->help : "(see above)";
	const char *word, *p = o->also ? o->also : "";
	size_t len;

	sink_printf(sink, ".TP\n%s\\fB\\-\\-", opt_is_invertible(o) ? "[\\fB!\\fP] " : "");
	manual_text(sink, o->name);
	sink_str(sink, "\\fP");
	while (*p) {
		char name[64];

		p = word_next(p, &word, &len);
		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		sink_str(sink, ", \\fB\\-\\-");
		manual_text(sink, name);
		sink_str(sink, "\\fP");
	}
	if (*metavar) {
		sink_str(sink, " \\fI");
		manual_text(sink, metavar);
		sink_str(sink, "\\fP");
	}
	sink_char(sink, '\n');
	manual_text(sink, help);
	if (o->preset && *o->preset && strlen(o->preset) < 40 && !strstr(help, "default")) {
		bool ended = help[strlen(help) - 1] == '.';

		sink_str(sink, ended ? " Default: " : "; default ");
		manual_text(sink, o->preset);
		sink_str(sink, ended ? "." : "");
	}
	sink_char(sink, '\n');
}

static void put_place(struct sink *sink, const struct ext *ext)
{
	sink_printf(sink, "%s.\n", ext->families == IN_BOTH ? "IPv4 and IPv6" :
		    ext->families == IN_V6 ? "IPv6 only" : "IPv4 only");
	if (ext->tables) {
		sink_str(sink, "Valid in the tables ");
		describe_tables(sink, ext->tables);
		sink_str(sink, ".\n");
	}
	if (ext->hooks) {
		sink_str(sink, "Valid in the chains ");
		describe_hooks(sink, ext->hooks);
		sink_str(sink, " and in chains called from there.\n");
	}
	if (ext->gone) {
		manual_text(sink, ext->gone);
		sink_char(sink, '\n');
	}
}

static void put_ext(struct sink *sink, const struct ext *ext)
{
	sink_printf(sink, ".SS %s\n", ext->name);
	manual_text(sink, ext->summary);
	sink_str(sink, ext->summary[strlen(ext->summary) - 1] == '.' ? "\n" : ".\n");
	put_place(sink, ext);
	if (ext->manual) {
		sink_str(sink, ".PP\n");
		manual_paragraphs(sink, ext->manual);
	}
	for (const struct opt *o = ext->opts; o && o->name; o++)
		if (!(o->flags & OPT_HIDDEN))
			put_option(sink, o);
	if (ext->examples && ext->examples[0].rule)
		sink_str(sink, ".PP\nExamples:\n");
	for (const struct example *x = ext->examples; x && x->rule; x++) {
		sink_str(sink, ".TP\n.B ");
		manual_text(sink, x->rule);
		sink_char(sink, '\n');
		manual_text(sink, x->means ? x->means : "");
		sink_char(sink, '\n');
	}
}

void manual_extensions(struct sink *sink, const char *date)
{
	enum ext_kind kind = EXT_TARGET;
	const struct ext *e;

	manual_begin(sink, "iptables-extensions", NULL, date,
		     "matches and targets of iptables and ip6tables");
	sink_str(sink, ".SH SYNOPSIS\n.B iptables\n[\\fB\\-m\\fP \\fIMATCH\\fP [\\fIoption\\fP "
		 "...]] ... [\\fB\\-j\\fP \\fITARGET\\fP [\\fIoption\\fP ...]]\n");
	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		if (!n || e->kind != kind) {
			sink_printf(sink, ".SH \"%s\"\n",
				    e->kind == EXT_MATCH ? "MATCH EXTENSIONS" : "TARGET "
				    	"EXTENSIONS");
			sink_str(sink, e->kind == EXT_MATCH ?
				 "A match is named with \\fB\\-m\\fP; \\fB!\\fP before an option "
				 "marked "
				 "[\\fB!\\fP] inverts it.\n" :
				 "A target is named with \\fB\\-j\\fP.\n");
			kind = e->kind;
		}
		put_ext(sink, e);
	}
}
