// SPDX-License-Identifier: GPL-2.0-or-later
/* Names as bits of a word whose other bits belong to somebody else. */
#include "ext/type/types.h"

static int parse_bits(const struct opt_in *in, void *at)
{
	size_t width = in->opt->at.size;
	struct err err = ERR_INIT;
	struct opt_in quiet = *in;
	uint64_t bits = 0;

	/* The complaint is about all of the words, not about the one. */
	quiet.err = &err;
	if (type_name_bits.parse(&quiet, &bits))
		return opt_bad_value(in);
	uint_store(at, width, (uint_load(at, width) & ~in->opt->max) | uint_load(&bits, width));
	return 0;
}

static void print_bits(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_name_bits.print(sink, out, at);
}

static bool bits_are_absent(const struct opt *opt, enum family family, const void *at)
{
	(void)family;
	return !(uint_load(at, opt->at.size) & opt->max);
}

static void sample_bits(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	type_name_bits.sample(sink, opt, family, seed);
}

const struct type type_name_bits_masked = {
	.name = "name_bits_masked", .metavar = "name[,name...]", .words = 1, .parse = parse_bits,
	.print = print_bits, .absent = bits_are_absent, .sample = sample_bits,
};
