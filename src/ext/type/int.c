// SPDX-License-Identifier: GPL-2.0-or-later
/* Integers: plain, hexadecimal, network order, ranges, and constants that a flag stores. */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

uint64_t type_max(const struct opt *opt, size_t width)
{
	if (opt->max)
		return opt->max;
	return width >= 8 ? UINT64_MAX : (UINT64_C(1) << width * 8) - 1;
}

static int parse_uint(const struct opt_in *in, void *at)
{
	uint64_t v;

	if (!num_parse(in->words[0], in->opt->min, type_max(in->opt, in->opt->at.size), &v))
		return opt_bad_number(in);
	uint_store(at, in->opt->at.size, v);
	return 0;
}

static void print_uint(struct sink *sink, const struct opt_out *out, const void *at)
{
	sink_u64(sink, uint_load(at, out->opt->at.size));
}

static void print_hex(struct sink *sink, const struct opt_out *out, const void *at)
{
	sink_hex(sink, uint_load(at, out->opt->at.size));
}

static bool ask_uint(const struct opt *opt, const void *at, struct ask *ask)
{
	if (opt->relation != REL_EQUAL || opt->at.size != field_table[opt->field].len)
		return false;
	ask_equal_uint(ask, opt->field, uint_load(at, opt->at.size));
	return true;
}

/* True when an ask compares all of the field with one value. */
static bool asks_one_value(const struct ask *ask)
{
	uint8_t len = field_table[ask->field].len;

	if (ask->relation != REL_EQUAL || ask->len != len)
		return false;
	for (uint8_t i = 0; i < len; i++)
		if (ask->mask[i] != 0xff)
			return false;
	return true;
}

static bool raise_uint(const struct opt *opt, const struct ask *ask, void *at)
{
	if (opt->relation != REL_EQUAL || !asks_one_value(ask))
		return false;
	uint_store(at, opt->at.size, field_uint(ask->field, ask->low));
	return true;
}

static void sample_uint(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	uint64_t max = type_max(opt, opt->at.size);
	uint64_t values[] = { opt->min, max, opt->min + 1, max - 1, max + 1, max / 2,
			      opt->min + seed % (max - opt->min + (max != UINT64_MAX)) };

	(void)family;
	sink_u64(sink, values[seed % ARRAY_SIZE(values)]);
}

const struct type type_uint = {
	.name = "uint", .metavar = "value", .words = 1, .parse = parse_uint, .print = print_uint,
	.ask = ask_uint, .raise = raise_uint, .sample = sample_uint,
};

const struct type type_hex = {
	.name = "hex", .metavar = "value", .words = 1, .parse = parse_uint, .print = print_hex,
	.ask = ask_uint, .raise = raise_uint, .sample = sample_uint,
};

/* ---------------------------------------------------------------- network order */

static uint64_t swapped(uint64_t v, size_t width)
{
	return __builtin_bswap64(v) >> (64 - width * 8);
}

static int parse_uint_be(const struct opt_in *in, void *at)
{
	int r = parse_uint(in, at);

	if (!r)
		uint_store(at, in->opt->at.size,
			   swapped(uint_load(at, in->opt->at.size), in->opt->at.size));
	return r;
}

static void print_uint_be(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size;

	sink_u64(sink, swapped(uint_load(at, width), width));
}

const struct type type_uint_be = {
	.name = "uint_be", .metavar = "value", .words = 1, .parse = parse_uint_be,
	.print = print_uint_be, .sample = sample_uint,
};

/* ---------------------------------------------------------------- ranges */

static int parse_range(const struct opt_in *in, void *at)
{
	size_t width = in->opt->at.size / 2u;
	uint64_t most = type_max(in->opt, width), low = in->opt->min, high = most;
	const char *p = in->words[0];

	if (*p != ':' && !num_parse_part(p, &p, in->opt->min, most, &low))
		return opt_bad_number(in);
	if (!*p && p != in->words[0])
		high = low;
	else if (*p == ':' && p[1] && (!num_parse_part(p + 1, &p, in->opt->min, most, &high) || *p))
		return opt_bad_number(in);
	else if (*p && *p != ':')
		return opt_bad_number(in);
	if (low > high)
		return opt_bad(in, "%s: bad range \"%s\" for option \"--%s\": the end is below the "
			       "start", in->ext->name, in->words[0], in->opt->name);
	uint_store(at, width, low);
	uint_store((char *)at + width, width, high);
	return 0;
}

static bool range_is_many(const struct opt *opt, const void *at)
{
	size_t width = opt->at.size / 2u;

	return uint_load(at, width) != uint_load((const char *)at + width, width);
}

static void print_range(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size / 2u;

	sink_u64(sink, uint_load(at, width));
	if (range_is_many(out->opt, at)) {
		sink_char(sink, ':');
		sink_u64(sink, uint_load((const char *)at + width, width));
	}
}

static bool ask_range(const struct opt *opt, const void *at, struct ask *ask)
{
	size_t width = opt->at.size / 2u;
	uint64_t low = uint_load(at, width), high = uint_load((const char *)at + width, width);

	if (low == high)
		ask_equal_uint(ask, opt->field, low);
	else
		ask_range_uint(ask, opt->field, low, high);
	return true;
}

static bool raise_range(const struct opt *opt, const struct ask *ask, void *at)
{
	size_t width = opt->at.size / 2u;

	if (ask->relation != REL_RANGE && !asks_one_value(ask))
		return false;
	uint_store(at, width, field_uint(ask->field, ask->low));
	uint_store((char *)at + width, width,
		   field_uint(ask->field, ask->relation == REL_RANGE ? ask->high : ask->low));
	return true;
}

static void sample_range(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	uint64_t max = type_max(opt, opt->at.size / 2u), low, high;

	(void)family;
	low = opt->min + seed * UINT64_C(7919) % (max - opt->min + 1);
	high = low + seed * UINT64_C(104729) % (max - low + 1);
	switch (seed % 6) {
	case 0:
		sink_u64(sink, low);
		return;
	case 1:
		sink_printf(sink, ":%llu", (unsigned long long)high);
		return;
	case 2:
		sink_printf(sink, "%llu:", (unsigned long long)low);
		return;
	case 3:
		sink_printf(sink, "%llu:%llu", (unsigned long long)high, (unsigned long long)low);
		return;
	}
	sink_printf(sink, "%llu:%llu", (unsigned long long)low, (unsigned long long)high);
}

const struct type type_range = {
	.name = "range", .metavar = "value[:value]", .words = 1, .parse = parse_range,
	.print = print_range, .many = range_is_many, .ask = ask_range, .raise = raise_range,
	.sample = sample_range,
};

/* ---------------------------------------------------------------- constants */

static int parse_constant(const struct opt_in *in, void *at)
{
	uint_store(at, in->opt->at.size, in->opt->min);
	return 0;
}

const struct type type_constant = {
	.name = "constant", .metavar = "", .words = 0, .parse = parse_constant,
};
