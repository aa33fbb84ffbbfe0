// SPDX-License-Identifier: GPL-2.0-or-later
/* Names from a table: one, several as bits, or a name or a number. */
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

size_t type_split(const char *text, char separator, char *buf, size_t size, char **parts,
		  size_t room)
{
	size_t n = 0, len = strlen(text);

	if (len >= size)
		return 0;
	memcpy(buf, text, len + 1);
	for (char *p = buf; p;) {
		char *end = strchr(p, separator);

		if (n == room)
			return 0;
		parts[n++] = p;
		if (end)
			*end++ = '\0';
		p = end;
	}
	return n;
}

static const struct name *find(const struct opt *opt, const char *text)
{
	size_t len = strlen(text);

	if (opt->flags & OPT_PREFIX) {
		for (const struct name *n = opt->names; len && n->name; n++)
			if (!strncasecmp(n->name, text, len))
				return n;
		return NULL;
	}
	return opt->flags & OPT_EXACT_TEXT ? name_find(opt->names, text) :
	       name_find_nocase(opt->names, text);
}

/* A name that is none: the nearest, or all of them where they are few. */
static int bad_name(const struct opt_in *in, const char *word)
{
	enum { LISTED = 9, NAMES_MOST = 64 };
	int r = opt_bad_word(in, word);
	const char *names[NAMES_MOST], *nearest;
	AUTO_SINK all = SINK_MEMORY;
	size_t n = 0;

	for (const struct name *row = in->opt->names; row->name && n < NAMES_MOST; row++) {
		sink_printf(&all, "%s%s", n ? ", " : "", row->name);
		names[n++] = row->name;
	}
	nearest = err_nearest(word, names, n);
	if (nearest)
		err_hint(in->err, "did you mean %s?", nearest);
	else if (n <= LISTED)
		err_hint(in->err, "--%s knows %s", in->opt->name, sink_text(&all));
	return r;
}

static int parse_name(const struct opt_in *in, void *at)
{
	const struct name *row = find(in->opt, in->words[0]);

	if (!row)
		return bad_name(in, in->words[0]);
	uint_store(at, in->opt->at.size, row->value);
	return 0;
}

static void print_name(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t v = uint_load(at, out->opt->at.size);
	const char *text = name_of(out->opt->names, (uint32_t)v);

	if (text)
		sink_str(sink, text);
	else
		sink_u64(sink, v);
}

static size_t count_names(const struct name *table)
{
	size_t n = 0;

	while (table[n].name)
		n++;
	return n;
}

static void sample_name(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	size_t n = count_names(opt->names);

	(void)family;
	if (seed % (n + 1) == n)
		sink_str(sink, "nonsense");
	else
		sink_str(sink, ((const struct name *)opt->names)[seed % (n + 1)].name);
}

static bool ask_name(const struct opt *opt, const void *at, struct ask *ask)
{
	ask_equal_uint(ask, opt->field, uint_load(at, opt->at.size));
	return true;
}

static bool raise_name(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t value = field_uint(ask->field, ask->low);

	if (!ask_is_one_value(ask) || !name_of(opt->names, (uint32_t)value))
		return false;
	uint_store(at, opt->at.size, value);
	return true;
}

const struct type type_name = {
	.name = "name", .metavar = "name", .words = 1, .parse = parse_name, .print = print_name,
	.ask = ask_name, .raise = raise_name, .sample = sample_name,
};

static int parse_name_masked(const struct opt_in *in, void *at)
{
	const struct name *row = find(in->opt, in->words[0]);
	size_t width = in->opt->at.size;

	if (!row)
		return bad_name(in, in->words[0]);
	uint_store(at, width, (uint_load(at, width) & ~in->opt->max) | row->value);
	return 0;
}

static void print_name_masked(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t v = uint_load(at, out->opt->at.size) & out->opt->max;
	const char *text = name_of(out->opt->names, (uint32_t)v);

	sink_str(sink, text ? text : "?");
}

const struct type type_name_masked = {
	.name = "name_masked", .metavar = "name", .words = 1, .parse = parse_name_masked,
	.print = print_name_masked, .sample = sample_name,
};

/* ---------------------------------------------------------------- sets of names */

static int parse_name_bits(const struct opt_in *in, void *at)
{
	char buf[256], *parts[32];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));
	uint64_t bits = 0;

	if (!n)
		return opt_bad_value(in);
	for (size_t i = 0; i < n; i++) {
		const struct name *row = find(in->opt, parts[i]);

		if (!row)
			return bad_name(in, parts[i]);
		bits |= row->value;
	}
	uint_store(at, in->opt->at.size, bits);
	return 0;
}

static void print_name_bits(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t bits = uint_load(at, out->opt->at.size), shown = 0;
	const char *comma = "";

	for (const struct name *n = out->opt->names; n->name; n++) {
		if (!n->value || (bits & n->value) != n->value || (shown & n->value) == n->value)
			continue;
		sink_str(sink, comma);
		sink_str(sink, n->name);
		shown |= n->value;
		comma = ",";
	}
	if (!shown && name_of(out->opt->names, 0))
		sink_str(sink, name_of(out->opt->names, 0));
}

static bool name_bits_ask(const struct opt *opt, const void *at, struct ask *ask)
{
	ask_masked_uint(ask, opt->field, 0, uint_load(at, opt->at.size));
	ask->relation = REL_ANY_BIT;
	return true;
}

/* nft's "ct state a,b": (state & bits) != 0; one bit compared for equality means the same. */
static bool name_bits_raise(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t bits = field_uint(ask->field, ask->mask), known = 0;

	if (ask->relation == REL_EQUAL && field_uint(ask->field, ask->low) == bits &&
	    bits && !(bits & (bits - 1)) && ask->len == field_table[ask->field].len)
		;
	else if (ask->relation != REL_ANY_BIT)
		return false;
	for (const struct name *n = opt->names; n->name; n++)
		known |= n->value;
	if (!bits || bits & ~known)
		return false;
	uint_store(at, opt->at.size, bits);
	return true;
}

static void sample_name_bits(struct sink *sink, const struct opt *opt, enum family family,
			     uint32_t seed)
{
	const struct name *names = opt->names;
	size_t n = count_names(names);

	sample_name(sink, opt, family, seed);
	for (uint32_t i = 1; i < seed % 4; i++)
		sink_printf(sink, ",%s", names[(seed + i * 3) % n].name);
}

const struct type type_name_bits = {
	.name = "name_bits", .metavar = "name[,name...]", .words = 1, .parse = parse_name_bits,
	.print = print_name_bits, .ask = name_bits_ask, .raise = name_bits_raise,
	.sample = sample_name_bits,
};

static void print_name_bits_hex(struct sink *sink, const struct opt_out *out, const void *at)
{
	if (out->how & HOW_NUMERIC)
		sink_printf(sink, "0x%02llX",
			    (unsigned long long)uint_load(at, out->opt->at.size));
	else
		print_name_bits(sink, out, at);
}

const struct type type_name_bits_hex = {
	.name = "name_bits_hex", .metavar = "name[,name...]", .words = 1, .parse = parse_name_bits,
	.print = print_name_bits_hex, .ask = name_bits_ask, .raise = name_bits_raise,
	.sample = sample_name_bits,
};

static void print_name_bits_numbers(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t bits = uint_load(at, out->opt->at.size);
	const char *comma = "";

	if (!(out->how & HOW_NUMERIC)) {
		print_name_bits(sink, out, at);
		return;
	}
	for (; bits; bits &= bits - 1) {
		sink_printf(sink, "%s%d", comma, __builtin_ctzll(bits));
		comma = ",";
	}
}

const struct type type_name_bits_numbers = {
	.name = "name_bits_numbers", .metavar = "name[,name...]", .words = 1,
	.parse = parse_name_bits, .print = print_name_bits_numbers, .ask = name_bits_ask,
	.raise = name_bits_raise, .sample = sample_name_bits,
};

/* ---------------------------------------------------------------- a name or a number */

static int parse_name_or_uint(const struct opt_in *in, void *at)
{
	uint64_t v;

	if (num_parse(in->words[0], in->opt->min, type_max(in->opt, in->opt->at.size), &v)) {
		uint_store(at, in->opt->at.size, v);
		return 0;
	}
	return parse_name(in, at);
}

const struct type type_name_or_uint = {
	.name = "name_or_uint", .metavar = "name", .words = 1, .parse = parse_name_or_uint,
	.print = print_name, .sample = sample_name,
};

static void print_number_named(struct sink *sink, const struct opt_out *out, const void *at)
{
	if (out->how & (HOW_SAVE | HOW_NUMERIC))
		sink_u64(sink, uint_load(at, out->opt->at.size));
	else
		print_name(sink, out, at);
}

const struct type type_number_named = {
	.name = "number_named", .metavar = "name", .words = 1, .parse = parse_name_or_uint,
	.print = print_number_named, .sample = sample_name,
};

/* ---------------------------------------------------------------- ranges of names */

/* The whole name, else the first one that begins so, else a number. */
static bool read_end(const struct opt *opt, const char *text, uint64_t most, uint64_t *value)
{
	const struct name *row = name_find_nocase(opt->names, text);
	size_t len = strlen(text);

	for (const struct name *n = opt->names; !row && len && n->name; n++)
		if (!strncasecmp(n->name, text, len))
			row = n;
	if (row)
		*value = row->value;
	return row || num_parse(text, 0, most, value);
}

static int parse_name_range(const struct opt_in *in, void *at)
{
	size_t width = in->opt->at.size / 2u;
	uint64_t value[2] = { in->opt->min, type_max(in->opt, width) };
	const char *text = in->words[0], *colon = strchr(text, ':');
	char low[64];

	snprintf(low, sizeof(low), "%.*s", colon ? (int)(colon - text) : (int)strlen(text), text);
	if ((!colon || *low) && !read_end(in->opt, low, value[1], &value[0]))
		return opt_bad_word(in, low);
	if (!colon)
		value[1] = value[0];
	else if (colon[1] && !read_end(in->opt, colon + 1, value[1], &value[1]))
		return opt_bad_word(in, colon + 1);
	if (value[0] > value[1])
		return opt_bad(in, "%s: bad range \"%s\" for option \"--%s\": the end is below the "
			       "start", in->ext->name, text, in->opt->name);
	uint_store(at, width, value[0]);
	uint_store((char *)at + width, width, value[1]);
	return 0;
}

static void put_end(struct sink *sink, const struct opt_out *out, uint64_t value)
{
	const char *name = out->how & (HOW_SAVE | HOW_NUMERIC) ? NULL :
			   name_of(out->opt->names, (uint32_t)value);

	if (name)
		sink_str(sink, name);
	else
		sink_u64(sink, value);
}

static void print_name_range(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size / 2u;
	uint64_t low = uint_load(at, width), high = uint_load((const char *)at + width, width);

	put_end(sink, out, low);
	if (low != high) {
		sink_char(sink, ':');
		put_end(sink, out, high);
	}
}

static void sample_name_range(struct sink *sink, const struct opt *opt, enum family family,
			      uint32_t seed)
{
	if (seed % 2)
		sample_name(sink, opt, family, seed / 2);
	else
		type_range.sample(sink, opt, family, seed / 2);
}

const struct type type_name_range = {
	.name = "name_range", .metavar = "name[:name]", .words = 1, .parse = parse_name_range,
	.print = print_name_range, .sample = sample_name_range,
};
