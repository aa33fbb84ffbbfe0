// SPDX-License-Identifier: GPL-2.0-or-later
/* Rates as tc writes them, "5kbit", "1.5mbps": kept as bytes in a second. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ext/type/types.h"

/* Bits in a second that one of the unit is (tc's tables, as libxt_rateest has them). */
static const struct { const char *name; double bits; } units[] = {
	{ "bit", 1 }, { "kibit", 1024 }, { "kbit", 1e3 }, { "mibit", 1048576 }, { "mbit", 1e6 },
	{ "gibit", 1073741824 }, { "gbit", 1e9 }, { "tibit", 1099511627776 }, { "tbit", 1e12 },
	{ "bps", 8 }, { "kibps", 8192 }, { "kbps", 8e3 }, { "mibps", 8388608 }, { "mbps", 8e6 },
	{ "gibps", 8589934592 }, { "gbps", 8e9 }, { "tibps", 8796093022208 }, { "tbps", 8e12 },
};

static int parse_bitrate(const struct opt_in *in, void *at)
{
	const char *text = in->words[0];
	char *end = (char *)text;
	double rate = -1, bits = 1;

	/* strtod takes more than numbers: no sign, no name of one. */
	if (strchr("0123456789.", *text))
		rate = strtod(text, &end);
	if (*end) {
		size_t i = 0;

		while (i < ARRAY_SIZE(units) && strcasecmp(end, units[i].name) != 0)
			i++;
		bits = i < ARRAY_SIZE(units) ? units[i].bits : -1;
	}
	if (end == text || !isfinite(rate) || rate * bits < 0)
		return opt_bad(in, "%s: could not parse rate `%s'", in->ext->name, text);
	/* The original keeps the lowest 32 bits of what is too fast; nobody can mean that. */
	if (rate * bits / 8 > UINT32_MAX)
		return opt_bad(in, "%s: rate `%s' is too fast, the most is %ubps", in->ext->name,
			       text, UINT32_MAX);
	uint_store(at, 4, (uint32_t)(rate * bits / 8));
	return 0;
}

void bitrate_print(struct sink *sink, uint32_t rate, unsigned how)
{
	uint64_t bits = (uint64_t)rate * 8;
	unsigned unit = bits >= 1000000000 ? 1000000 : bits >= 1000000 ? 1000 : 1;

	/* A listing rounds, a save must mean what is there. */
	if (how & HOW_SAVE && bits % unit)
		unit = 1;
	if (how & HOW_NUMERIC)
		sink_u64(sink, rate);
	else
		sink_printf(sink, "%.0f%sbit", (double)bits / unit,
			    unit == 1 ? "" : unit == 1000 ? "K" : "M");
}

static void print_bitrate(struct sink *sink, const struct opt_out *out, const void *at)
{
	bitrate_print(sink, (uint32_t)uint_load(at, 4), out->how);
}

static void sample_bitrate(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%u%s", seed * 37 % 4000,
		    seed % 19 < 18 ? units[seed % 19].name : "furlongs");
}

const struct type type_bitrate = {
	.name = "bitrate", .metavar = "bps", .words = 1, .parse = parse_bitrate,
	.print = print_bitrate, .sample = sample_bitrate,
};
