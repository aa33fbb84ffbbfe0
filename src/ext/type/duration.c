// SPDX-License-Identifier: GPL-2.0-or-later
/* Spans of time, "250ms", "1.5s": microseconds, as tc and RATEEST write them. */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

static const struct { const char *name; uint32_t scale; } units[] = {
	{ "", 1 }, { "s", 1000000 }, { "sec", 1000000 }, { "secs", 1000000 }, { "ms", 1000 },
	{ "msec", 1000 }, { "msecs", 1000 }, { "us", 1 }, { "usec", 1 }, { "usecs", 1 },
};

/* Decimal digits behind the point; more than six of them cannot matter. */
static const char *read_fraction(const char *p, uint64_t *millionths)
{
	uint64_t scale = 100000;

	for (*millionths = 0; *p >= '0' && *p <= '9'; p++, scale /= 10)
		*millionths += (uint64_t)(*p - '0') * scale;
	return p;
}

static int parse_duration(const struct opt_in *in, void *at)
{
	uint64_t whole, part = 0, usec;
	const char *p = in->words[0];
	size_t i;

	if (!num_parse_decimal(p, &p, 0, UINT32_MAX, &whole))
		return opt_bad_value(in);
	if (*p == '.')
		p = read_fraction(p + 1, &part);
	for (i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcasecmp(p, units[i].name))
			break;
	if (i == ARRAY_SIZE(units))
		return opt_bad_value(in);
	usec = whole * units[i].scale + part * units[i].scale / 1000000;
	if (in->opt->at.size < sizeof(usec) && usec >> (8 * in->opt->at.size))
		return opt_bad_value(in);
	uint_store(at, in->opt->at.size, usec);
	return 0;
}

void duration_put(struct sink *sink, uint64_t usec)
{
	if (usec >= 1000000)
		sink_printf(sink, "%.1fs", (double)usec / 1000000);
	else if (usec >= 1000)
		sink_printf(sink, "%.1fms", (double)usec / 1000);
	else
		sink_printf(sink, "%uus", (unsigned)usec);
}

static void print_duration(struct sink *sink, const struct opt_out *out, const void *at)
{
	duration_put(sink, uint_load(at, out->opt->at.size));
}

static void sample_duration(struct sink *sink, const struct opt *opt, enum family family,
	uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%u.%u%s", seed % 900, seed % 10, units[seed % ARRAY_SIZE(units)].name);
}

const struct type type_duration = {
	.name = "duration", .metavar = "time", .words = 1, .parse = parse_duration,
	.print = print_duration,
	.sample = sample_duration,
};
