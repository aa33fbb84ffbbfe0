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
	uint64_t max = type_max(in->opt, in->opt->at.size), v;

	if (!num_parse(in->words[0], in->opt->min, max, &v))
		return opt_bad_bounds(in, in->opt->min, max);
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

/* 0x0f: as many digits as the span has. */
static void print_hex_full(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size;

	sink_printf(sink, "0x%0*llx", (int)width * 2, (unsigned long long)uint_load(at, width));
}

static bool ask_uint(const struct opt *opt, const void *at, struct ask *ask)
{
	if (opt->relation != REL_EQUAL || opt->at.size != field_table[opt->field].len)
		return false;
	ask_equal_uint(ask, opt->field, uint_load(at, opt->at.size));
	return true;
}

static bool raise_uint(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t value = field_uint(ask->field, ask->low);

	if (opt->relation != REL_EQUAL || !ask_is_one_value(ask) || value < opt->min ||
	    value > type_max(opt, opt->at.size))
		return false;
	uint_store(at, opt->at.size, value);
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

const struct type type_hex_full = {
	.name = "hex_full", .metavar = "value", .words = 1, .parse = parse_uint,
	.print = print_hex_full, .ask = ask_uint, .raise = raise_uint, .sample = sample_uint,
};

/* ---------------------------------------------------------------- below and above */

/* Nothing is below 0 or above the most there is: a range that ends before it begins holds nowhere. */
static bool ask_below(const struct opt *opt, const void *at, struct ask *ask)
{
	uint64_t v = uint_load(at, opt->at.size);

	ask_range_uint(ask, opt->field, v ? 0 : 1, v ? v - 1 : 0);
	return true;
}

static bool ask_above(const struct opt *opt, const void *at, struct ask *ask)
{
	uint64_t v = uint_load(at, opt->at.size), most = type_max(opt, opt->at.size);

	ask_range_uint(ask, opt->field, v < most ? v + 1 : 1, v < most ? most : 0);
	return true;
}

static bool raise_below(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t low = field_uint(ask->field, ask->low), high = field_uint(ask->field, ask->high);

	if (ask->relation != REL_RANGE || low || high >= type_max(opt, opt->at.size))
		return false;
	uint_store(at, opt->at.size, high + 1);
	return true;
}

static bool raise_above(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t low = field_uint(ask->field, ask->low), high = field_uint(ask->field, ask->high);

	if (ask->relation != REL_RANGE || !low || high != type_max(opt, opt->at.size))
		return false;
	uint_store(at, opt->at.size, low - 1);
	return true;
}

const struct type type_uint_below = {
	.name = "uint_below", .metavar = "value", .words = 1, .parse = parse_uint,
	.print = print_uint, .ask = ask_below, .raise = raise_below, .sample = sample_uint,
};

const struct type type_uint_above = {
	.name = "uint_above", .metavar = "value", .words = 1, .parse = parse_uint,
	.print = print_uint, .ask = ask_above, .raise = raise_above, .sample = sample_uint,
};

/* ---------------------------------------------------------------- the number of a bit */

static int parse_bit(const struct opt_in *in, void *at)
{
	uint64_t n, most = in->opt->max ? in->opt->max : in->opt->at.size * UINT64_C(8);

	if (!num_parse(in->words[0], 1, most, &n))
		return opt_bad_bounds(in, 1, most);
	uint_store(at, in->opt->at.size, UINT64_C(1) << (n - 1));
	return 0;
}

static void print_bit(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t v = uint_load(at, out->opt->at.size);

	sink_u64(sink, v ? (uint64_t)__builtin_ctzll(v) + 1 : 0);
}

static void sample_bit(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)family;
	sink_u64(sink, seed % (opt->at.size * 8u + 2));
}

const struct type type_bit = {
	.name = "bit", .metavar = "number", .words = 1, .parse = parse_bit, .print = print_bit,
	.sample = sample_bit,
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

static void print_hex_be_full(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size;
	int digits = out->how & HOW_SAVE ? (int)width * 2 : 1;

	sink_printf(sink, "0x%0*llx", digits,
		    (unsigned long long)swapped(uint_load(at, width), width));
}

const struct type type_hex_be_full = {
	.name = "hex_be_full", .metavar = "value", .words = 1, .parse = parse_uint_be,
	.print = print_hex_be_full, .sample = sample_uint,
};

/* ---------------------------------------------------------------- ranges */

/*
 * "a", "a:b", ":b", "a:" into value[2], which holds what an end left out means. Returns how many
 * ends there are; texts are xtopt_parse_mint's.
 */
int type_read_range(const struct opt_in *in, uint64_t most, uint64_t value[2])
{
	const char *p = in->words[0], *end;

	for (int n = 0; n < 2; p = end + 1) {
		end = p;
		if (*p && *p != ':' &&
		    !num_parse_part(p, &end, in->opt->min, most, &value[n]))
			return opt_bad(in, "%s: bad value for option \"--%s\" near \"%s\", or out "
				       "of range (%llu-%llu).\n", in->ext->name, in->opt->name, p,
				       (unsigned long long)in->opt->min, (unsigned long long)most);
		if (*end && *end != ':')
			return opt_bad(in, "%s: Argument to \"--%s\" has unexpected characters "
				       "near \"%s\".\n", in->ext->name, in->opt->name, end);
		n++;
		if (!*end)
			return n;
	}
	return opt_bad(in, "%s: Too many components for option \"--%s\" (max: 2)\n",
		       in->ext->name, in->opt->name);
}

static int parse_range(const struct opt_in *in, void *at)
{
	size_t width = in->opt->at.size / 2u;
	uint64_t most = type_max(in->opt, width), value[2] = { in->opt->min, most };
	int n = type_read_range(in, most, value);

	if (n < 0)
		return n;
	if (n == 1)
		value[1] = value[0];
	if (value[0] > value[1])
		return opt_bad(in, "%s: bad range \"%s\" for option \"--%s\": the end is below the "
			       "start", in->ext->name, in->words[0], in->opt->name);
	uint_store(at, width, value[0]);
	uint_store((char *)at + width, width, value[1]);
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
	uint64_t low = field_uint(ask->field, ask->low), most = type_max(opt, width), high = low;

	if (ask->relation != REL_RANGE && !ask_is_one_value(ask))
		return false;
	if (ask->relation == REL_RANGE)
		high = field_uint(ask->field, ask->high);
	/* Up to the most that the field could hold is up to the most that can be said. */
	if (high > most && bytes_are_ones(ask->high, ask->len))
		high = most;
	if (low < opt->min || low > high || high > most)
		return false;
	uint_store(at, width, low);
	uint_store((char *)at + width, width, high);
	return true;
}

static void sample_range(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	uint64_t max = type_max(opt, opt->at.size / 2u), low, high;

	/* Room for max + 1 in what follows. */
	if (max == UINT64_MAX)
		max--;
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

/* ---------------------------------------------------------------- ranges that swap */

static int parse_range_swapped(const struct opt_in *in, void *at)
{
	uint64_t value[2] = { 0, UINT64_MAX };
	int n = type_read_range(in, UINT64_MAX, value), swap = in->negated;

	if (n < 0)
		return n;
	if (value[0] > value[1])
		return opt_bad(in, "%llu should be less than %llu", (unsigned long long)value[0],
			       (unsigned long long)value[1]);
	if (swap && value[0] == value[1])
		return opt_bad(in, "%s: the kernel cannot invert \"--%s %s\", a range of one",
			       in->ext->name, in->opt->name, in->words[0]);
	uint_store(at, 8, value[swap]);
	uint_store((char *)at + 8, 8, value[!swap]);
	return 0;
}

static bool range_is_swapped(const struct opt *opt, const void *at)
{
	(void)opt;
	return uint_load(at, 8) > uint_load((const char *)at + 8, 8);
}

static void print_range_swapped(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t value[2] = { uint_load(at, 8), uint_load((const char *)at + 8, 8) };
	bool swap = range_is_swapped(out->opt, at);

	sink_u64(sink, value[swap]);
	if (value[!swap] != UINT64_MAX) {
		sink_char(sink, ':');
		sink_u64(sink, value[!swap]);
	}
}

static void sample_range_swapped(struct sink *sink, const struct opt *opt, enum family family,
				 uint32_t seed)
{
	(void)opt;
	(void)family;
	if (seed % 5)
		sink_u64(sink, seed * UINT64_C(7919));
	if (seed % 3)
		sink_char(sink, ':');
	if (seed % 3 == 1)
		sink_u64(sink, seed % 7 ? seed * UINT64_C(104729) : UINT64_MAX);
}

const struct type type_range_swapped = {
	.name = "range_swapped", .metavar = "from[:to]", .words = 1, .parse = parse_range_swapped,
	.print = print_range_swapped, .negated = range_is_swapped, .sample = sample_range_swapped,
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
