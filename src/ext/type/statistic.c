// SPDX-License-Identifier: GPL-2.0-or-later
/* Probabilities, and numbers that the kernel counts from zero where people count from one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

enum { ONE = 0x80000000u };	/* probability 1 (linux/netfilter/xt_statistic.h) */

/* Digits, a point, an exponent; strtod alone would take "nan", "inf" and hexadecimal. */
static int parse_probability(const struct opt_in *in, void *at)
{
	const char *text = in->words[0];
	char *end;
	double p = strtod(text, &end);

	if (!*text || *end || text[strspn(text, "0123456789.eE+-")] || p < 0 || p > 1)
		return opt_bad(in, "%s: bad value for option \"--%s\", or out of range (0-1).\n",
			       in->ext->name, in->opt->name);
	/* Rounded half up, as lround does in libxt_statistic. */
	uint_store(at, 4, (uint64_t)(p * ONE + 0.5));
	return 0;
}

static void print_probability(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	sink_printf(sink, "%.11f", (double)uint_load(at, 4) / ONE);
}

static void sample_probability(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	static const char *const texts[] = { "0", "1", "0.5", ".25", "1e-3", "1.5", "nan", "-0.1" };

	(void)opt;
	(void)family;
	if (seed % 2)
		sink_str(sink, texts[seed / 2 % ARRAY_SIZE(texts)]);
	else
		sink_printf(sink, "0.%u", seed * 7919u % 100000u);
}

const struct type type_probability = {
	.name = "probability", .metavar = "p", .words = 1, .parse = parse_probability,
	.print = print_probability, .sample = sample_probability,
};

static int parse_uint_less(const struct opt_in *in, void *at)
{
	size_t width = in->opt->at.size;
	int r = type_uint.parse(in, at);

	if (!r)
		uint_store(at, width, uint_load(at, width) - 1);
	return r;
}

static void print_uint_less(struct sink *sink, const struct opt_out *out, const void *at)
{
	sink_u64(sink, uint_load(at, out->opt->at.size) + 1);
}

static void sample_uint_less(struct sink *sink, const struct opt *opt, enum family family,
			     uint32_t seed)
{
	type_uint.sample(sink, opt, family, seed);
}

const struct type type_uint_less = {
	.name = "uint_less", .metavar = "n", .words = 1, .parse = parse_uint_less,
	.print = print_uint_less, .sample = sample_uint_less,
};
