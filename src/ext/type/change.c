// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Changes of a mark or of the TOS byte: new = (old & ~mask) ^ value. At the span lie value and
 * mask, two u32 or two u8. The spellings (set, and, or, xor) all become such a pair.
 */
#include "base/num.h"
#include "ext/type/change.h"
#include "ext/type/types.h"

static uint64_t ones(const struct opt *opt)
{
	return opt->at.size == 2 ? UINT8_MAX : UINT32_MAX;
}

static int put(const struct opt_in *in, void *at, uint64_t value, uint64_t mask)
{
	size_t width = in->opt->at.size / 2u;

	uint_store(at, width, value);
	uint_store((char *)at + width, width, mask);
	return 0;
}

/* "value[/mask]" */
static int read_pair(const struct opt_in *in, uint64_t *value, uint64_t *mask)
{
	const char *p = in->words[0];

	*mask = ones(in->opt);
	if (!num_parse_part(p, &p, 0, ones(in->opt), value) ||
	    (*p == '/' && !num_parse_part(p + 1, &p, 0, ones(in->opt), mask)))
		return in->opt->bad ? opt_bad_value(in) : opt_bad_number(in);
	if (*p)
		return opt_bad(in, "%s: trailing garbage after value for option \"--%s\".\n",
			       in->ext->name, in->opt->name);
	return 0;
}

static int parse_change(const struct opt_in *in, void *at)
{
	uint64_t value, mask;
	int r = read_pair(in, &value, &mask);

	return r ? r : put(in, at, value, mask);
}

/* The bits of the mask are cleared, then those of the value are set. */
static int parse_set(const struct opt_in *in, void *at)
{
	uint64_t value, mask;
	int r = read_pair(in, &value, &mask);

	return r ? r : put(in, at, value, mask | value);
}

static int parse_and(const struct opt_in *in, void *at)
{
	uint64_t bits;

	if (!num_parse(in->words[0], 0, ones(in->opt), &bits))
		return opt_bad_bounds(in, 0, ones(in->opt));
	return put(in, at, 0, ~bits);
}

static int parse_or(const struct opt_in *in, void *at)
{
	uint64_t bits;

	if (!num_parse(in->words[0], 0, ones(in->opt), &bits))
		return opt_bad_bounds(in, 0, ones(in->opt));
	return put(in, at, bits, bits);
}

static int parse_xor(const struct opt_in *in, void *at)
{
	uint64_t bits;

	if (!num_parse(in->words[0], 0, ones(in->opt), &bits))
		return opt_bad_bounds(in, 0, ones(in->opt));
	return put(in, at, bits, 0);
}

static int parse_both(const struct opt_in *in, void *at)
{
	uint64_t mask;

	if (!num_parse(in->words[0], 0, ones(in->opt), &mask))
		return opt_bad_bounds(in, 0, ones(in->opt));
	return put(in, at, mask, mask);
}

static void print_change(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size / 2u;
	int digits = width == 1 ? 2 : 1;

	sink_printf(sink, "0x%0*llx/0x%0*llx", digits, (unsigned long long)uint_load(at, width),
		    digits, (unsigned long long)uint_load((const char *)at + width, width));
}

static void sample_change(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)family;
	if (opt->at.size == 2)
		sink_printf(sink, "0x%x/0x%x", seed * 7 % 0x102, seed * 13 % 0x100);
	else
		type_mark.sample(sink, opt, family, seed);
}

static void sample_bits(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	(void)family;
	sink_hex(sink, seed % 9 == 8 ? ones(opt) + 1 : seed * UINT64_C(2654435761) & ones(opt));
}

const struct type type_change = {
	.name = "change", .metavar = "value[/mask]", .words = 1, .parse = parse_change,
	.print = print_change, .sample = sample_change,
};

const struct type type_change_set = {
	.name = "change_set", .metavar = "value[/mask]", .words = 1, .parse = parse_set,
	.print = print_change, .sample = sample_change,
};

const struct type type_change_and = {
	.name = "change_and", .metavar = "bits", .words = 1, .parse = parse_and,
	.print = print_change, .sample = sample_bits,
};

const struct type type_change_or = {
	.name = "change_or", .metavar = "bits", .words = 1, .parse = parse_or,
	.print = print_change, .sample = sample_bits,
};

const struct type type_change_xor = {
	.name = "change_xor", .metavar = "bits", .words = 1, .parse = parse_xor,
	.print = print_change, .sample = sample_bits,
};

const struct type type_mask_twice = {
	.name = "mask_twice", .metavar = "mask", .words = 1, .parse = parse_both,
	.print = print_change, .sample = sample_bits,
};

void change_list(struct sink *sink, const char *title, uint32_t value, uint32_t mask)
{
	sink_printf(sink, " %s ", title);
	if (!value)
		sink_printf(sink, "and 0x%x", ~mask);
	else if (value == mask)
		sink_printf(sink, "or 0x%x", value);
	else if (!mask)
		sink_printf(sink, "xor 0x%x", value);
	else if (mask == UINT32_MAX)
		sink_printf(sink, "set 0x%x", value);
	else
		sink_printf(sink, "xset 0x%x/0x%x", value, mask);
}
