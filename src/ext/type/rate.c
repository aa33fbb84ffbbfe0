// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "3/min": how often, as xt_limit keeps it (units of 1/10000 s between two packets). The rounding
 * on the way back to text is libxt_limit's print_rate, so that texts stay what they were.
 */
#include <errno.h>
#include <linux/netfilter/xt_limit.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

static const struct { const char *name; uint32_t seconds; } units[] = {
	{ "day", 86400 }, { "hour", 3600 }, { "minute", 60 }, { "second", 1 },
};

void rate_split(uint32_t avg, uint64_t *rate, uint64_t *unit)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(units); i++) {
		uint64_t scaled = (uint64_t)units[i].seconds * XT_LIMIT_SCALE;

		if (avg > scaled || scaled / avg < scaled % avg)
			break;
	}
	*unit = units[i - 1].seconds;
	*rate = *unit * XT_LIMIT_SCALE / avg;
}

uint32_t rate_join(uint64_t rate, uint64_t unit)
{
	return rate ? (uint32_t)(unit * XT_LIMIT_SCALE / rate) : 0;
}

static int parse_rate(const struct opt_in *in, void *at)
{
	const char *text = in->words[0], *p = text;
	uint64_t rate, seconds = 1;

	if (!num_parse_decimal(p, &p, 1, UINT32_MAX, &rate) || (*p && (*p != '/' || !p[1])))
		return opt_bad(in, "bad rate \"%s\"'", text);
	if (*p) {
		size_t i = 0, len = strlen(++p);

		while (i < ARRAY_SIZE(units) && (strncasecmp(p, units[i].name, len) != 0))
			i++;
		if (i == ARRAY_SIZE(units))
			return opt_bad(in, "bad rate \"%s\"'", text);
		seconds = units[i].seconds;
	}
	if (rate / seconds > XT_LIMIT_SCALE) {
		opt_bad(in, "Rate too fast \"%s\"", text);
		err_hint(in->err, "at most %u/second", XT_LIMIT_SCALE);
		return -EINVAL;
	}
	uint_store(at, 4, rate_join(rate, seconds));
	return 0;
}

static void print_rate(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint32_t avg = (uint32_t)uint_load(at, 4);
	uint64_t rate, unit;

	(void)out;
	if (!avg) {
		sink_str(sink, "inf");
		return;
	}
	rate_split(avg, &rate, &unit);
	sink_u64(sink, rate);
	sink_str(sink,
		unit == 86400 ? "/day" : unit == 3600 ? "/hour" : unit == 60 ? "/min" : "/sec");
}

static void sample_rate(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	static const char *const names[] = { "", "/s", "/sec", "/second", "/m", "/min", "/minute",
					     "/h", "/hour", "/d", "/day", "/week" };

	(void)opt;
	(void)family;
	sink_printf(sink, "%u%s", seed * 31u % 10050u, names[seed % ARRAY_SIZE(names)]);
}

const struct type type_rate = {
	.name = "rate", .metavar = "avg", .words = 1, .parse = parse_rate, .print = print_rate,
	.sample = sample_rate,
};
