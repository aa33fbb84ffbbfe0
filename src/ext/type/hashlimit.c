// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rates of -m hashlimit, in packets or in bytes, and what depends on them. The arithmetic and its
 * rounding are libxt_hashlimit's: the kernel keeps the cost of a packet or of 16 bytes, and a text
 * that comes back from it must be the one that went in.
 */
#include <errno.h>
#include <net/if.h>	/* before the kernel's, which then leaves out what is here */

#include <linux/netfilter/xt_hashlimit.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

enum {
	BURST_MOST = 1000000,		/* packets */
	TABLE_MOST = 1048576,		/* buckets and entries: xt_hashlimit.c cuts what is more */
	BYTE_EXPIRE = 15,		/* seconds until an idle entry of a byte rate is forgotten
					 * */
	BYTE_EXPIRE_BURST = 60,		/* the same with a burst */
};

static const struct { const char *name, *shown; uint64_t seconds; } times[] = {
	{ "day", "day", 86400 }, { "hour", "hour", 3600 }, { "minute", "min", 60 },
	{ "second", "sec", 1 },
};

static const struct { const char *name; uint64_t bytes; } sizes[] = {
	{ "m", UINT64_C(1024) * 1024 }, { "k", 1024 }, { "", 1 },
};

static uint64_t cost_of_bytes(uint64_t bytes)
{
	return UINT32_MAX / ((bytes >> XT_HASHLIMIT_BYTE_SHIFT) + 1);
}

static uint64_t bytes_of_cost(uint64_t cost)
{
	uint64_t r = cost ? UINT32_MAX / cost : UINT32_MAX;

	return (r - 1) << XT_HASHLIMIT_BYTE_SHIFT;
}

/*
 * While options are read, the kernel's own pointer is free to hold the unit of the rate in seconds.
 */
static uint64_t *unit_of(struct hashlimit_cfg3 *cfg)
{
	char *info = (char *)cfg - offsetof(struct xt_hashlimit_mtinfo3, cfg);

	return (uint64_t *)(void *)(info + offsetof(struct xt_hashlimit_mtinfo3, hinfo));
}

/* "kb/s" behind a number: the factor, 0 when it is no byte rate. */
static uint64_t byte_factor(const char *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = strlen(sizes[i].name);

		if (!strncmp(unit, sizes[i].name, len) && !strcmp(unit + len, "b/s"))
			return sizes[i].bytes;
	}
	return 0;
}

static int parse_bytes(const struct opt_in *in, struct hashlimit_cfg3 *cfg, uint64_t number,
		       uint64_t factor)
{
	if (number > UINT64_MAX / factor || !cost_of_bytes(number * factor))
		return opt_bad(in, "Rate too high \"%s\"\n", in->words[0]);
	cfg->avg = cost_of_bytes(number * factor);
	cfg->mode |= XT_HASHLIMIT_BYTES;
	*unit_of(cfg) = BYTE_EXPIRE;
	return 0;
}

static int parse_rate(const struct opt_in *in, void *at)
{
	struct hashlimit_cfg3 *cfg = at;
	const char *p = in->words[0];
	uint64_t number, unit = 1;
	size_t i;

	if (!num_parse_decimal(p, &p, 0, UINT64_MAX, &number))
		return opt_bad_value(in);
	/* A save of the slowest byte rate reads "0b/s". */
	if (byte_factor(p))
		return parse_bytes(in, cfg, number, byte_factor(p));
	if (!number || (*p && (*p != '/' || !p[1])))
		return opt_bad_value(in);
	for (i = 0; *p && i < ARRAY_SIZE(times); i++)
		if (!strncasecmp(p + 1, times[i].name, strlen(p + 1)))
			break;
	if (*p && i == ARRAY_SIZE(times))
		return opt_bad_value(in);
	if (*p)
		unit = times[i].seconds;
	if (number > XT_HASHLIMIT_SCALE_v2 * unit)
		return opt_bad(in, "Rate too fast \"%s\"\n", in->words[0]);
	cfg->avg = XT_HASHLIMIT_SCALE_v2 * unit / number;
	*unit_of(cfg) = unit;
	return 0;
}

/* The same number of bytes without what is less than a unit would mean the same again. */
static bool is_of_unit(uint64_t avg, uint64_t bytes, uint64_t unit)
{
	return unit == 1 || (bytes >= unit && bytes <= UINT32_MAX &&
			     cost_of_bytes(bytes & ~(unit - 1)) == avg);
}

static void print_bytes(struct sink *sink, uint64_t avg)
{
	uint64_t bytes = bytes_of_cost(avg);
	size_t i = 0;

	while (!is_of_unit(avg, bytes, sizes[i].bytes))
		i++;
	sink_printf(sink, "%llu%sb/s", (unsigned long long)(bytes / sizes[i].bytes), sizes[i].name);
}

/* Row of the unit in which a period between two packets is shown. */
static size_t unit_row(uint64_t period)
{
	size_t i;

	for (i = 1; i < ARRAY_SIZE(times); i++) {
		uint64_t scaled = times[i].seconds * XT_HASHLIMIT_SCALE_v2;

		if (period > scaled || scaled / period < scaled % period)
			break;
	}
	return i - 1;
}

/* With --hashlimit-rate-match the kernel counts packets in an interval: listings show the rate. */
static uint64_t period_of(const struct hashlimit_cfg3 *cfg, unsigned how)
{
	if (how & HOW_LIST && cfg->mode & XT_HASHLIMIT_RATE_MATCH && cfg->interval)
		return cfg->avg * cfg->interval;
	return cfg->avg;
}

static void print_rate(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;
	uint64_t period = period_of(cfg, out->how);
	size_t row;

	if (cfg->mode & XT_HASHLIMIT_BYTES) {
		print_bytes(sink, cfg->avg);
		return;
	}
	if (!period) {
		sink_str(sink, "inf");
		return;
	}
	row = unit_row(period);
	sink_u64(sink, times[row].seconds * XT_HASHLIMIT_SCALE_v2 / period);
	sink_char(sink, '/');
	sink_str(sink, times[row].shown);
}

static void sample_rate(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	static const char *const units[] = { "", "/s", "/sec", "/min", "/hour", "/d", "b/s", "kb/s",
					     "mb/s", "gb/s", "/week" };

	(void)opt;
	(void)family;
	sink_printf(sink, "%u%s", seed * 7919u % 1000050u, units[seed % ARRAY_SIZE(units)]);
}

const struct type type_hashlimit_rate = {
	.name = "hashlimit_rate", .metavar = "avg", .words = 1, .parse = parse_rate,
	.print = print_rate, .sample = sample_rate,
};

/* ---------------------------------------------------------------- burst */

static int bad_burst(const struct opt_in *in)
{
	return opt_bad(in, "bad value for option \"--%s\", or out of range (1-%u).", in->opt->name,
		       (unsigned)BURST_MOST);
}

/* Until all options are read: packets or bytes, as it stands there. */
static int parse_burst(const struct opt_in *in, void *at)
{
	struct hashlimit_cfg3 *cfg = at;
	const char *p;
	uint64_t number, factor = 0;

	if (!num_parse_part(in->words[0], &p, 1, UINT64_MAX, &number))
		return bad_burst(in);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = strlen(sizes[i].name);

		if (!strncmp(p, sizes[i].name, len) && (!p[len] || !strcmp(p + len, "b"))) {
			factor = sizes[i].bytes;
			break;
		}
	}
	if (!factor || (!*p && number > BURST_MOST))
		return bad_burst(in);
	/* The number of rates times the rate has to fit, too. */
	if (number > INT64_MAX / factor)
		return opt_bad(in, "bad value for option \"--%s\", value \"%s\" too large (max "
			       "%llumb).", in->opt->name, in->words[0],
			       (unsigned long long)(INT64_MAX / sizes[0].bytes));
	cfg->burst = number * factor;
	return 0;
}

static uint64_t bursts_of(uint64_t bytes, uint64_t rate)
{
	return rate ? bytes / rate + (bytes % rate != 0) : 0;
}

static void print_burst(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;
	uint64_t rate = bytes_of_cost(cfg->avg), bytes = rate * cfg->burst;
	size_t i = 0;

	(void)out;
	if (!(cfg->mode & XT_HASHLIMIT_BYTES)) {
		sink_u64(sink, cfg->burst);
		return;
	}
	while (sizes[i].bytes > 1 &&
	       bursts_of(bytes & ~(sizes[i].bytes - 1), rate) != cfg->burst)
		i++;
	sink_printf(sink, "%llu%sb", (unsigned long long)(bytes / sizes[i].bytes), sizes[i].name);
}

static bool burst_is_absent(const struct opt *opt, enum family family, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;

	(void)opt;
	(void)family;
	return cfg->mode & XT_HASHLIMIT_BYTES && !cfg->burst;
}

static void sample_burst(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	static const char *const units[] = { "", "", "b", "kb", "mb", "k", "gb" };

	(void)opt;
	(void)family;
	sink_printf(sink, "%u%s", seed * 31u % 1000u, units[seed % ARRAY_SIZE(units)]);
}

const struct type type_hashlimit_burst = {
	.name = "hashlimit_burst", .metavar = "num", .words = 1, .parse = parse_burst,
	.print = print_burst, .absent = burst_is_absent, .sample = sample_burst,
};

/* ---------------------------------------------------------------- expiry */

static uint32_t own_expire(const struct hashlimit_cfg3 *cfg)
{
	if (cfg->mode & XT_HASHLIMIT_BYTES)
		return (cfg->burst ? BYTE_EXPIRE_BURST : BYTE_EXPIRE) * 1000u;
	return cfg->avg ? (uint32_t)times[unit_row(cfg->avg)].seconds * 1000u : 0;
}

static int parse_expire(const struct opt_in *in, void *at)
{
	struct hashlimit_cfg3 *cfg = at;
	uint64_t v;

	if (!num_parse(in->words[0], 0, UINT32_MAX, &v))
		return opt_bad_bounds(in, 0, UINT32_MAX);
	cfg->expire = (uint32_t)v;
	return 0;
}

static void print_expire(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;

	(void)out;
	sink_u64(sink, cfg->expire);
}

static bool expire_is_absent(const struct opt *opt, enum family family, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;

	(void)opt;
	(void)family;
	return cfg->expire == own_expire(cfg);
}

static void sample_expire(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_u64(sink, seed % 5 ? seed * UINT64_C(1000) : UINT64_C(4294967296));
}

const struct type type_hashlimit_expire = {
	.name = "hashlimit_expire", .metavar = "num", .words = 1, .parse = parse_expire,
	.print = print_expire, .absent = expire_is_absent, .sample = sample_expire,
};

/* ---------------------------------------------------------------- interval */

static int parse_interval(const struct opt_in *in, void *at)
{
	struct hashlimit_cfg3 *cfg = at;
	const char *end;
	uint64_t v;

	if (!num_parse_decimal(in->words[0], &end, 1, INT32_MAX, &v) || *end)
		return opt_bad_value(in);
	cfg->interval = (uint32_t)v;
	return 0;
}

static void print_interval(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;

	(void)out;
	sink_u64(sink, cfg->interval);
}

static bool interval_is_absent(const struct opt *opt, enum family family, const void *at)
{
	const struct hashlimit_cfg3 *cfg = at;

	(void)opt;
	(void)family;
	return !(cfg->mode & XT_HASHLIMIT_RATE_MATCH) || cfg->interval <= 1;
}

static void sample_interval(struct sink *sink, const struct opt *opt, enum family family,
			    uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_u64(sink, seed % 3 ? seed : UINT64_C(2147483648));
}

const struct type type_hashlimit_interval = {
	.name = "hashlimit_interval", .metavar = "num", .words = 1, .parse = parse_interval,
	.print = print_interval, .absent = interval_is_absent, .sample = sample_interval,
};

/* ---------------------------------------------------------------- all of it */

/* A burst of bytes becomes one of rates. */
static int settle_bytes(const struct check *c, struct hashlimit_cfg3 *cfg, bool burst_given)
{
	uint64_t rate = bytes_of_cost(cfg->avg);

	if (burst_given && (!rate || cfg->burst < rate))
		return err_set(c->err, ERR_SYNTAX, c->place, "burst cannot be smaller than %llub",
			       (unsigned long long)(rate ? rate : 1u << XT_HASHLIMIT_BYTE_SHIFT));
	cfg->burst = burst_given ? bursts_of(cfg->burst, rate) : 0;
	return 0;
}

int type_hashlimit_settle(const struct check *c, bool burst_given, bool expire_given)
{
	struct xt_hashlimit_mtinfo3 *info = c->data;
	struct hashlimit_cfg3 *cfg = &info->cfg;
	uint64_t unit = *unit_of(cfg);
	bool bytes = cfg->mode & XT_HASHLIMIT_BYTES;

	*unit_of(cfg) = 0;
	/* As the kernel will do it, so that the rule is found by the words that made it. */
	cfg->size = cfg->size < TABLE_MOST ? cfg->size : TABLE_MOST;
	cfg->max = cfg->max < TABLE_MOST ? cfg->max : TABLE_MOST;
	if (bytes && settle_bytes(c, cfg, burst_given))
		return -EINVAL;
	if (!bytes && cfg->burst > BURST_MOST)
		return err_set(c->err, ERR_SYNTAX, c->place, "bad value for option "
			       "\"--hashlimit-burst\", or out of range (1-%u).",
			       (unsigned)BURST_MOST);
	if (!expire_given)
		cfg->expire = bytes ? own_expire(cfg) : (uint32_t)unit * 1000;
	if (cfg->mode & XT_HASHLIMIT_RATE_MATCH && !cfg->interval)
		cfg->interval = bytes ? 1 : (uint32_t)unit;
	if (cfg->mode & XT_HASHLIMIT_RATE_MATCH && !bytes && unit)
		cfg->avg /= unit;
	return 0;
}
