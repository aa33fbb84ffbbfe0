// SPDX-License-Identifier: GPL-2.0-or-later
/* Times of day, dates and sets of days, as xt_time wants them. Texts are libxt_time's. */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

enum { DAY = 86400 };

/* Decimal numbers with one of `between` in front of each but the first. Returns their number. */
static size_t read_fields(const char *text, const char *between, uint64_t *fields,
			  const uint64_t *low, const uint64_t *high)
{
	size_t n = 0, most = strlen(between) + 1;

	while (n < most) {
		if (!num_parse_decimal(text, &text, low[n], high[n], &fields[n]))
			return 0;
		n++;
		if (!*text)
			return n;
		if (n == most || *text != between[n - 1])
			return 0;
		text++;
	}
	return 0;
}

static int parse_daytime(const struct opt_in *in, void *at)
{
	static const uint64_t low[] = { 0, 0, 0 }, high[] = { 23, 59, 59 };
	uint64_t t[3] = { 0 };

	if (read_fields(in->words[0], "::", t, low, high) < 2)
		return opt_bad(in, "invalid time \"%s\" specified, should be hh:mm[:ss] format and "
			       "within the boundaries", in->words[0]);
	uint_store(at, 4, (t[0] * 60 + t[1]) * 60 + t[2]);
	return 0;
}

static void put_daytime(struct sink *sink, uint32_t t)
{
	sink_printf(sink, "%02u:%02u:%02u", t / 3600, t / 60 % 60, t % 60);
}

static void print_daytime(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	put_daytime(sink, (uint32_t)uint_load(at, 4));
}

static void sample_daytime(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%u:%02u", seed * 7 % 25, seed * 13 % 60);
	if (seed % 3)
		sink_printf(sink, ":%02u", seed * 17 % 61);
}

const struct type type_daytime = {
	.name = "daytime", .metavar = "hh:mm[:ss]", .words = 1, .parse = parse_daytime,
	.print = print_daytime, .sample = sample_daytime,
};

/* ---------------------------------------------------------------- dates */

/* Days since 1970-01-01 of a Gregorian date, and back; years begin in March: leap days end them. */
static uint64_t days_of(uint64_t year, uint64_t month, uint64_t day)
{
	uint64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static void date_of(uint32_t days, unsigned *year, unsigned *month, unsigned *day)
{
	unsigned z = days + 719468, era = z / 146097, doe = z % 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), m = (5 * doy + 2) / 153;

	*day = doy - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = yoe + era * 400 + (*month <= 2);
}

static int parse_date(const struct opt_in *in, void *at)
{
	static const uint64_t low[] = { 1970, 1, 1, 0, 0, 0 };
	static const uint64_t high[] = { 2038, 12, 31, 23, 59, 59 };
	uint64_t t[6] = { 1970, 1, 1 };

	if (!read_fields(in->words[0], "--T::", t, low, high))
		return opt_bad(in, "Invalid date \"%s\" specified. Should be "
			       "YYYY[-MM[-DD[Thh[:mm[:ss]]]]]", in->words[0]);
	/* As with mktime, the 30th of February is a day of March. */
	uint_store(at, 4, (days_of(t[0], t[1], 1) + t[2] - 1) * DAY +
			  (t[3] * 60 + t[4]) * 60 + t[5]);
	return 0;
}

static void print_date(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint32_t t = (uint32_t)uint_load(at, 4);
	unsigned year, month, day;

	date_of(t / DAY, &year, &month, &day);
	sink_printf(sink, "%u-%02u-%02u%c", year, month, day, out->how & HOW_SAVE ? 'T' : ' ');
	put_daytime(sink, t % DAY);
}

static void sample_date(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%u", 1969 + seed * 7 % 71);
	if (seed % 4)
		sink_printf(sink, "-%02u-%02u", 1 + seed * 5 % 12, 1 + seed * 11 % 32);
	if (seed % 4 > 1)
		sink_printf(sink, "T%02u:%02u:%02u", seed % 24, seed * 3 % 60, seed * 7 % 60);
}

const struct type type_date = {
	.name = "date", .metavar = "time", .words = 1, .parse = parse_date, .print = print_date,
	.sample = sample_date,
};

/* ---------------------------------------------------------------- sets of days */

static uint64_t all_days(const struct opt *opt)
{
	return (UINT64_C(2) << opt->max) - 2;
}

static bool read_day(const struct opt *opt, const char *text, uint64_t *day)
{
	if (num_parse(text, 1, opt->max, day))
		return true;
	for (const struct name *n = opt->names; n && n->name; n++) {
		if (strncmp(n->name, text, 2) != 0)
			continue;
		*day = n->value;
		return true;
	}
	return false;
}

/* What is negated is stored as the other days. */
static int parse_days(const struct opt_in *in, void *at)
{
	char buf[512], *parts[64];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));
	uint64_t days = 0, day;

	for (size_t i = 0; i < n; i++) {
		if (!*parts[i] && i)
			continue;
		if (!read_day(in->opt, parts[i], &day))
			return opt_bad_word(in, parts[i]);
		days |= UINT64_C(1) << day;
	}
	if (!n)
		return opt_bad_value(in);
	uint_store(at, in->opt->at.size, in->negated ? all_days(in->opt) & ~days : days);
	return 0;
}

/* No day at all can only be said as "not every day". */
static bool days_are_negated(const struct opt *opt, const void *at)
{
	return !(uint_load(at, opt->at.size) & all_days(opt));
}

/* "1st", and "11st" as libxt_time has it. */
static const char *ending(uint64_t day)
{
	static const char *const endings[] = { "th", "st", "nd", "rd" };

	return endings[day % 10 < 4 ? day % 10 : 0];
}

static void print_days(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint64_t days = uint_load(at, out->opt->at.size) & all_days(out->opt);
	const char *comma = "";

	if (!days)
		days = all_days(out->opt);
	for (uint64_t day = 1; day <= out->opt->max; day++) {
		if (!(days >> day & 1))
			continue;
		sink_str(sink, comma);
		if (out->opt->names) {
			sink_str(sink, name_of(out->opt->names, (uint32_t)day));
		} else {
			sink_u64(sink, day);
			sink_str(sink, out->how & HOW_SAVE ? "" : ending(day));
		}
		comma = ",";
	}
}

static void sample_days(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)family;
	for (uint64_t i = 0; i <= seed % 4; i++) {
		uint64_t day = 1 + (seed + i * 5) % opt->max;

		sink_str(sink, i ? "," : "");
		if (opt->names && seed % 3)
			sink_str(sink, name_of(opt->names, (uint32_t)day));
		else
			sink_u64(sink, seed % 23 == 22 ? opt->max + 1 : day);
	}
}

const struct type type_days = {
	.name = "days", .metavar = "value", .words = 1, .parse = parse_days, .print = print_days,
	.negated = days_are_negated, .sample = sample_days,
};
