// SPDX-License-Identifier: GPL-2.0-or-later
/* Text kept in a fixed array of the data. */
#include <string.h>

#include "ext/type/types.h"

void type_quote(struct sink *sink, const char *text)
{
	/* What xtables_save_string leaves unquoted (libxtables/xtables.c). */
	static const char plain[] = "_-0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	if (*text && !text[strspn(text, plain)]) {
		sink_str(sink, text);
		return;
	}
	sink_char(sink, '"');
	for (; *text; text++) {
		if (strchr("\\\"'", *text))
			sink_char(sink, '\\');
		sink_char(sink, *text);
	}
	sink_char(sink, '"');
}

/*
 * What lies behind a text: zeros, but where the text was written over a preset, what is left of
 * that. libxtables leaves it there, and compares it.
 */
static void fill_tail(const struct opt *opt, void *at, size_t len)
{
	size_t size = opt->at.size, preset = opt->preset ? strlen(opt->preset) : 0;

	if (len >= size)
		return;
	memset((char *)at + len, 0, size - len);
	if (len + 1 < preset)
		memcpy((char *)at + len + 1, opt->preset + len + 1, preset - len - 1);
}

static int parse_text(const struct opt_in *in, void *at)
{
	size_t most = in->opt->max ? in->opt->max : in->opt->at.size - 1u;
	size_t len = strlen(in->words[0]);

	if (len < in->opt->min)
		return opt_bad(in, "Argument must have a minimum length of %u characters\n",
			       (unsigned)in->opt->min);
	/* What is too long is cut, as libxtables does, unless the extension asks for care. */
	if (len > most && in->opt->flags & OPT_EXACT_TEXT)
		return opt_bad_value(in);
	if (len > most)
		len = most;
	memcpy(at, in->words[0], len);
	fill_tail(in->opt, at, len);
	return 0;
}

static void print_text(struct sink *sink, const struct opt_out *out, const void *at)
{
	char text[512] = "";
	size_t size = out->opt->at.size < sizeof(text) - 1 ? out->opt->at.size : sizeof(text) - 1;

	memcpy(text, at, size);
	if (out->how & HOW_SAVE)
		type_quote(sink, text);
	else
		sink_str(sink, text);
}

/* Others leave behind the text what stood there before. */
static void tidy_text(const struct opt *opt, enum family family, void *at)
{
	(void)family;
	fill_tail(opt, at, strnlen(at, opt->at.size));
}

static void sample_text(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	static const char *const texts[] = {
		"word", "two words", "it's", "say \\\"hi\\\"", "a-b_c", "%s", "", "back\\\\slash",
	};
	size_t most = opt->max ? opt->max : opt->at.size - 1u;

	(void)family;
	if (seed % 11 == 9) {
		for (size_t i = 0; i < most + seed % 2; i++)
			sink_char(sink, 'x');
		return;
	}
	sink_printf(sink, "\"%s\"", texts[seed % ARRAY_SIZE(texts)]);
}

const struct type type_text = {
	.name = "text", .metavar = "text", .words = 1, .parse = parse_text, .print = print_text,
	.tidy = tidy_text, .sample = sample_text,
};

/* Names: quoted only where a restore would read them otherwise. */
static void print_word(struct sink *sink, const struct opt_out *out, const void *at)
{
	char text[512] = "";
	size_t size = out->opt->at.size < sizeof(text) - 1 ? out->opt->at.size : sizeof(text) - 1;

	memcpy(text, at, size);
	if (out->how & HOW_SAVE && (!*text || strpbrk(text, " \t\"'\\")))
		type_quote(sink, text);
	else
		sink_str(sink, text);
}

const struct type type_word = {
	.name = "word", .metavar = "name", .words = 1, .parse = parse_text, .print = print_word,
	.tidy = tidy_text, .sample = sample_text,
};

/* ---------------------------------------------------------------- quoted, counted */

static void print_text_quoted(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct opt_out saved = *out;

	saved.how |= HOW_SAVE;
	print_text(sink, &saved, at);
}

const struct type type_text_quoted = {
	.name = "text_quoted", .metavar = "text", .words = 1, .parse = parse_text,
	.print = print_text_quoted, .tidy = tidy_text, .sample = sample_text,
};

/* The text without its length. */
static struct opt only_text(const struct opt *opt)
{
	struct opt text = *opt;

	text.at.size -= 4;
	return text;
}

static int parse_text_counted(const struct opt_in *in, void *at)
{
	struct opt text = only_text(in->opt);
	struct opt_in here = *in;
	int r;

	here.opt = &text;
	r = parse_text(&here, at);
	if (!r)
		uint_store((char *)at + text.at.size, 4, strlen(at));
	return r;
}

static void print_text_counted(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct opt text = only_text(out->opt);
	struct opt_out here = *out;

	here.opt = &text;
	print_word(sink, &here, at);
}

static void sample_text_counted(struct sink *sink, const struct opt *opt, enum family family,
				uint32_t seed)
{
	struct opt text = only_text(opt);

	sample_text(sink, &text, family, seed);
}

const struct type type_text_counted = {
	.name = "text_counted", .metavar = "text", .words = 1, .parse = parse_text_counted,
	.print = print_text_counted, .sample = sample_text_counted,
};
