// SPDX-License-Identifier: GPL-2.0-or-later
/* -j RATEEST: estimate the rate of what passes, for -m rateest to look at. */
#include <net/if.h> /* before linux/if.h, which makes room for it */
#include <linux/netfilter/xt_RATEEST.h>
#include <stddef.h>

#include "ext/type/types.h"

/*
 * The kernel keeps both times as logarithms, and the second one depends on the first. Until all
 * options are there they lie where the kernel later has its pointer, and in front of it.
 */
enum {
	CONSTANT_AT = offsetof(struct xt_rateest_target_info, est),
	INTERVAL_AT = CONSTANT_AT - 4,	/* padding */
};
_Static_assert(INTERVAL_AT > offsetof(struct xt_rateest_target_info, ewma_log), "no room");
enum { QUARTER = 250000, SHORTEST = -2, LONGEST = 3, CONSTANT_MOST = 30 };

static const struct opt opts[] = {
	{ .name = "rateest-name", .type = &type_word,
	  .at = SPAN(struct xt_rateest_target_info, name),
	  .flags = OPT_MUST | OPT_ALWAYS, .help = "Rate estimator name" },
	{ .name = "rateest-interval", .type = &type_duration, .at = { INTERVAL_AT, 4 },
	  .flags = OPT_MUST, .bad = "RATEEST: bad interval value \"%v\"", .metavar = "sec",
	  .help = "Rate measurement interval in seconds" },
	{ .name = "rateest-ewmalog", .type = &type_duration, .at = { CONSTANT_AT, 8 },
	  .flags = OPT_MUST, .bad = "RATEEST: bad ewmalog value \"%v\"", .metavar = "value",
	  .help = "Rate measurement averaging time constant" },
	{ 0 },
};

/* -log(1 - 1/2^n), from its series: the weight that a measurement has lost after one interval. */
static double decay(int n)
{
	double x = 1.0 / (double)(UINT64_C(1) << n), power = x, sum = 0;

	for (int i = 1; i < 64; i++, power *= x)
		sum += power / i;
	return sum;
}

/* As tc's estimators reckon: the least power of two that gives at least this constant. */
static int ewma_log(uint32_t interval, uint64_t constant)
{
	int log = 1;

	for (; log < 32; log++)
		if (interval / decay(log) > (double)constant)
			break;
	return log - 1;
}

static int check(const struct check *check)
{
	struct xt_rateest_target_info *info = check->data;
	uint32_t interval = (uint32_t)uint_load((char *)info + INTERVAL_AT, 4);
	uint64_t constant = uint_load((char *)info + CONSTANT_AT, 8);
	int log, steps = 0;

	while (steps <= LONGEST - SHORTEST && interval > (uint64_t)QUARTER << steps)
		steps++;
	if (steps > LONGEST - SHORTEST)
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "RATEEST: interval value is too large");
	log = ewma_log(interval, constant);
	if (log < 1 || log > CONSTANT_MOST)
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "RATEEST: ewmalog value is out of range");
	info->interval = (int8_t)(steps + SHORTEST);
	info->ewma_log = (uint8_t)log;
	uint_store((char *)info + INTERVAL_AT, 4, 0);
	info->est = NULL;
	return 0;
}

static void put(struct sink *sink, const struct xt_rateest_target_info *info, unsigned how,
		const char *dashes)
{
	struct opt_out out = { .opt = opts, .data = info, .how = how };
	uint64_t interval = (uint64_t)QUARTER << (info->interval - SHORTEST);

	sink_printf(sink, " %sname ", dashes);
	type_word.print(sink, &out, info->name);
	sink_printf(sink, " %sinterval ", dashes);
	duration_put(sink, interval);
	sink_printf(sink, " %sewmalog ", dashes);
	duration_put(sink, interval << info->ewma_log);
}

static void save(struct sink *sink, enum family family, const void *data)
{
	(void)family;
	put(sink, data, HOW_SAVE, "--rateest-");
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	(void)family;
	put(sink, data, how, "");
}

static const struct example examples[] = {
	{ .rule = "-j RATEEST --rateest-name uplink --rateest-interval 250.0ms "
		  "--rateest-ewmalog 500.0ms", .means = "quick to follow" },
	{ .rule = "-o eth0 -j RATEEST --rateest-name eth0 --rateest-interval 1s --rateest-ewmalog "
	  "8s",
	  .means = "slow to follow",
	  .saved = "-o eth0 -j RATEEST --rateest-name eth0 --rateest-interval 1.0s "
		   "--rateest-ewmalog 8.0s" },
	{ 0 },
};

static const struct ext rateest = {
	.name = "RATEEST", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_rateest_target_info),
	.compared = offsetof(struct xt_rateest_target_info, est), .opts = opts,
	.effect = EFFECT_COUNTS, .summary = "measure how much passes here",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_RATEEST", .check = check, .save = save, .list = list,
	.examples = examples, .act = act_nothing,
};
EXT_REGISTER(rateest);
