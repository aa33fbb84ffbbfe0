// SPDX-License-Identifier: GPL-2.0-or-later
/* What -m string looks for: bytes, written as text or with |hex digits| inside. */
#include <ctype.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

static uint8_t *length_at(const struct opt *opt, const void *at)
{
	return (uint8_t *)at + opt->max;
}

static int too_long(const struct opt_in *in)
{
	return opt_bad(in, "STRING too long \"%s\"", in->words[0]);
}

static int parse_pattern(const struct opt_in *in, void *at)
{
	size_t len = strlen(in->words[0]);

	if (len > in->opt->max)
		return too_long(in);
	memset(at, 0, in->opt->max);
	memcpy(at, in->words[0], len);
	*length_at(in->opt, at) = (uint8_t)len;
	return 0;
}

/* Two digits at `p`; the complaints and their order are libxt_string's. */
static int read_hex(const struct opt_in *in, const char *p, char *byte)
{
	char text[] = { '0', 'x', p[0], p[0] ? p[1] : '\0', '\0' };
	uint64_t v;

	if (!text[2] || !text[3])
		return opt_bad(in, "Odd number of hex digits");
	if (text[2] == '|' || text[3] == '|')
		return opt_bad(in, "Invalid hex block");
	for (size_t i = 2; i < 4; i++)
		if (!isxdigit((unsigned char)text[i]))
			return opt_bad(in, "Invalid hex char '%c'", text[i]);
	if (!num_parse(text, 0, UINT8_MAX, &v))
		return opt_bad_value(in);
	*byte = (char)v;
	return 0;
}

/* "|0d 0a|" is bytes, "\|" a bar; the most is one less than of text, as in the original. */
static int parse_pattern_hex(const struct opt_in *in, void *at)
{
	const char *p = in->words[0];
	char bytes[256];
	size_t n = 0;
	bool hex = false;

	if (!*p)
		return opt_bad(in, "STRING must contain at least one char");
	while (*p) {
		if (n + 1 >= in->opt->max || n >= sizeof(bytes))
			return too_long(in);
		if (*p == '|') {
			if (!hex && p[1] == '|')
				return opt_bad(in, "Odd number of hex digits");
			hex = !hex;
			p++;
		} else if (hex && *p == ' ') {
			p++;
		} else if (hex) {
			int r = read_hex(in, p, &bytes[n]);

			if (r)
				return r;
			n++;
			p += 2;
		} else {
			if (*p == '\\' && p[1])
				p++;
			bytes[n++] = *p++;
		}
	}
	if (hex)
		return opt_bad(in, "Invalid hex block");
	memset(at, 0, in->opt->max);
	memcpy(at, bytes, n);
	*length_at(in->opt, at) = (uint8_t)n;
	return 0;
}

static size_t length(const struct opt *opt, const void *at)
{
	size_t len = *length_at(opt, at);

	return len < opt->max ? len : opt->max;
}

static bool needs_hex(const struct opt *opt, const void *at)
{
	const unsigned char *p = at;

	for (size_t i = 0; i < length(opt, at); i++)
		if (p[i] < ' ' || p[i] > '~')
			return true;
	return false;
}

static const char *spelt(const struct opt *opt, const void *at)
{
	return needs_hex(opt, at) ? "hex-string" : "string";
}

static void print_pattern(struct sink *sink, const struct opt_out *out, const void *at)
{
	const unsigned char *p = at;
	bool hex = needs_hex(out->opt, at);

	sink_str(sink, hex ? "\"|" : "\"");
	for (size_t i = 0; i < length(out->opt, at); i++) {
		if (hex)
			sink_printf(sink, "%02x", p[i]);
		else if (p[i] == '"' || p[i] == '\\')
			sink_printf(sink, "\\%c", p[i]);
		else
			sink_char(sink, (char)p[i]);
	}
	sink_str(sink, hex ? "|\"" : "\"");
}

static void sample_pattern(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	static const char *const texts[] = { "word", "two words", "say \\\"hi\\\"", "a|b", "it's" };

	(void)family;
	if (seed % 11 == 9)
		for (size_t i = 0; i < opt->max + seed % 2; i++)
			sink_char(sink, 'x');
	else
		sink_printf(sink, "\"%s\"", texts[seed % ARRAY_SIZE(texts)]);
}

static void sample_pattern_hex(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	static const char *const texts[] = { "|0d0a|", "GET|20 2f|", "abc", "|7f 80 ff|", "|4|",
					     "|zz|", "|41", "" };

	(void)opt;
	(void)family;
	sink_printf(sink, "\"%s\"", texts[seed % ARRAY_SIZE(texts)]);
}

const struct type type_pattern = {
	.name = "pattern", .metavar = "string", .words = 1, .parse = parse_pattern,
	.print = print_pattern, .spelt = spelt, .sample = sample_pattern,
};

const struct type type_pattern_hex = {
	.name = "pattern_hex", .metavar = "string", .words = 1, .parse = parse_pattern_hex,
	.print = print_pattern, .sample = sample_pattern_hex,
};

/* ---------------------------------------------------------------- how to look for it */

static int parse_algorithm(const struct opt_in *in, void *at)
{
	return type_word.parse(in, at);
}

static void print_algorithm(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_word.print(sink, out, at);
}

static void tidy_algorithm(const struct opt *opt, enum family family, void *at)
{
	type_word.tidy(opt, family, at);
}

static void sample_algorithm(struct sink *sink, const struct opt *opt, enum family family,
			     uint32_t seed)
{
	static const char *const names[] = { "bm", "kmp", "bm", "kmp", "BM", "fsm", "bm" };

	(void)opt;
	(void)family;
	sink_str(sink, names[seed % ARRAY_SIZE(names)]);
}

const struct type type_algorithm = {
	.name = "algorithm", .metavar = "bm|kmp", .words = 1, .parse = parse_algorithm,
	.print = print_algorithm, .tidy = tidy_algorithm, .sample = sample_algorithm,
};
