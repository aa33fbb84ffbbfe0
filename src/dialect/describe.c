// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern ext`: what an extension can do, generated from its declaration. */
#include "dialect/describe.h"

#include <string.h>

#include "base/wrap.h"
#include "ext/type/types.h"

enum { HELP_COLUMN = 30 };

static void put_bits(struct sink *sink, unsigned bits, const char *const *names, size_t count)
{
	const char *gap = "";

	if (!bits) {
		sink_str(sink, "all");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (!(bits & BIT(i)))
			continue;
		sink_printf(sink, "%s%s", gap, names[i]);
		gap = " ";
	}
}

void describe_tables(struct sink *sink, unsigned tables)
{
	static const char *const names[] = { "filter", "nat", "mangle", "raw", "security" };

	put_bits(sink, tables, names, ARRAY_SIZE(names));
}

void describe_hooks(struct sink *sink, unsigned hooks)
{
	static const char *const names[] = {
		"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING",
	};

	put_bits(sink, hooks, names, ARRAY_SIZE(names));
}

static const char *families_of(unsigned families)
{
	return families == IN_BOTH ? "IPv4 and IPv6" : families == IN_V6 ? "IPv6" : "IPv4";
}

static const char *effect_of(const struct ext *ext)
{
	switch (ext->effect) {
	case EFFECT_UNKNOWN:
		return "anything";
	case EFFECT_PURE:
		return "looks at the packet, changes nothing";
	case EFFECT_STATEFUL:
		return "remembers: asking twice is not asking once";
	case EFFECT_COUNTS:
		return "the packet goes on to the next rule";
	case EFFECT_ENDS:
		return "the packet's way through the chain ends here";
	}
	return "";
}

void describe_all(struct sink *sink)
{
	enum ext_kind kind = EXT_TARGET;
	const struct ext *e;

	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++) {
		size_t start;

		if (e->kind != kind || !n) {
			sink_printf(sink, "%s%s\n", n ? "\n" : "",
				    e->kind == EXT_MATCH ? "Matches (-m NAME)" :
				    "Targets (-j NAME)");
			kind = e->kind;
		}
		start = sink->len;
		sink_printf(sink, "  %s", e->name);
		sink_pad(sink, start, 14);
		sink_str(sink, e->families == IN_BOTH ? " 4 6  " :
			 e->families == IN_V6 ? "   6  " : " 4    ");
		sink_wrap(sink, sink->len - start, 20, WRAP_WIDTH, e->summary);
	}
	sink_str(sink, "\npostern ext NAME tells more of one.\n");
}

/* "[!] --name, --alias ARG" */
static void put_option_words(struct sink *sink, const struct opt *o)
{
	const char *metavar = o->metavar ? o->metavar : o->type ? o->type->metavar : "";
	const char *word, *p = o->also ? o->also : "";
	size_t len;

	sink_printf(sink, "  %s --%s", opt_is_invertible(o) ? "[!]" : "   ", o->name);
	while (*p) {
		p = word_next(p, &word, &len);
		sink_str(sink, ", --");
		sink_bytes(sink, word, len);
	}
	if (*metavar)
		sink_printf(sink, " %s", metavar);
}

static void put_others(struct sink *sink, const struct opt *opts, uint32_t bits, const char *text)
{
	AUTO_SINK line = SINK_MEMORY;

	if (!bits)
		return;
	sink_str(&line, text);
	for (size_t i = 0; opts[i].name; i++)
		if (bits & BIT(i))
			sink_printf(&line, " --%s", opts[i].name);
	sink_printf(sink, "%*s", HELP_COLUMN, "");
	sink_wrap(sink, HELP_COLUMN, HELP_COLUMN, WRAP_WIDTH, sink_text(&line));
}

static void put_option(struct sink *sink, const struct ext *ext, const struct opt *o)
{
	size_t start = sink->len;

	put_option_words(sink, o);
	if (sink->len - start >= HELP_COLUMN) {
		sink_char(sink, '\n');
		start = sink->len;
	}
	sink_pad(sink, start, HELP_COLUMN);
	sink_wrap(sink, HELP_COLUMN, HELP_COLUMN, WRAP_WIDTH, o->help && *o->help ? o->help : "\n");
	if (o->flags & OPT_MUST)
		sink_printf(sink, "%*smust be given\n", HELP_COLUMN, "");
	/* A longer one is a list of all there is, which the help says better. */
	if (o->preset && strlen(o->preset) < WRAP_WIDTH - HELP_COLUMN - 8)
		sink_printf(sink, "%*sdefault %s\n", HELP_COLUMN, "", o->preset);
	put_others(sink, ext->opts, o->needs, "needs");
	put_others(sink, ext->opts, o->excludes, "not beside");
}

static void put_fact(struct sink *sink, const char *name, const char *text)
{
	size_t start = sink->len;

	sink_printf(sink, "  %s", name);
	sink_pad(sink, start, 14);
	sink_wrap(sink, 14, 14, WRAP_WIDTH, text);
}

static void put_facts(struct sink *sink, const struct ext *ext)
{
	AUTO_SINK place = SINK_MEMORY;

	put_fact(sink, "families", families_of(ext->families));
	if (ext->tables || ext->hooks) {
		sink_str(&place, "tables ");
		describe_tables(&place, ext->tables);
		sink_str(&place, "; chains ");
		describe_hooks(&place, ext->hooks);
		put_fact(sink, "stands in", sink_text(&place));
	}
	if (ext->also)
		put_fact(sink, "also called", ext->also);
	put_fact(sink, "effect", effect_of(ext));
	put_fact(sink, "carried as", ext->native ? "nf_tables expressions" : "xtables data");
	if (ext->kconfig)
		put_fact(sink, "kernel", ext->kconfig);
	if (ext->gone)
		put_fact(sink, "gone", ext->gone);
}

void describe_ext(struct sink *sink, const struct ext *ext)
{
	sink_printf(sink, "%s %s: ", ext->kind == EXT_MATCH ? "-m" : "-j", ext->name);
	sink_wrap(sink, strlen(ext->name) + 5, 4, WRAP_WIDTH, ext->summary);
	sink_char(sink, '\n');
	put_facts(sink, ext);
	if (ext->manual) {
		sink_str(sink, "\n  ");
		sink_wrap(sink, 2, 2, WRAP_WIDTH, ext->manual);
	}
	if (ext->opts && ext->opts[0].name)
		sink_str(sink, "\nOptions\n");
	for (const struct opt *o = ext->opts; o && o->name; o++)
		put_option(sink, ext, o);
	if (ext->examples && ext->examples[0].rule)
		sink_str(sink, "\nExamples\n");
	for (const struct example *x = ext->examples; x && x->rule; x++) {
		sink_str(sink, "  ");
		sink_wrap(sink, 2, 6, WRAP_WIDTH, x->rule);
		sink_str(sink, "      ");
		sink_wrap(sink, 6, 6, WRAP_WIDTH, x->means ? x->means : "");
	}
}
