// SPDX-License-Identifier: GPL-2.0-or-later
/* -m rateest: compares rates that -j RATEEST measures, with each other or with a number. */
#include <net/if.h>

#include "ext/type/types.h"

#include <linux/netfilter/xt_rateest.h>

#define AT(member) SPAN(struct xt_rateest_match_info, member)
#define FLAG(bit) BITS(struct xt_rateest_match_info, flags, XT_RATEEST_MATCH_##bit)
#define RATE(words, more, place, bit, kind, text, what) \
	{ .name = "rateest-" words, .also = more, .type = kind, .at = AT(place), \
	  .given = FLAG(bit), .flags = OPT_MAYBE | OPT_REPEAT, .metavar = text, .help = what }
#define COMPARE(words, how, than) \
	{ .name = "rateest-" words, .type = &type_constant, .at = AT(mode), \
	  .min = XT_RATEEST_MATCH_##how, .invert = FLAG(INVERT), .flags = OPT_REPEAT, \
	  .help = "Match if rate is " than " given rate/estimator" }

static const struct opt opts[] = {
	{ .name = "rateest1", .also = "rateest", .type = &type_word, .at = AT(name1),
	  .flags = OPT_MUST, .clash = "rateest: can't specify --rateest1 twice", .metavar = "name",
	  .help = "Rate estimator name" },
	{ .name = "rateest2", .type = &type_word, .at = AT(name2), .given = FLAG(REL),
	  .clash = "rateest: can't specify --rateest2 twice", .metavar = "name",
	  .help = "Rate estimator name" },
	{ .name = "rateest-delta", .given = FLAG(DELTA),
	  .help = "Compare difference(s) to given rate(s)" },
	RATE("bps1", NULL, bps1, BPS, &type_bitrate, "[bps]", "Compare bps"),
	RATE("pps1", NULL, pps1, PPS, &type_uint, "[pps]", "Compare pps"),
	RATE("bps2", "rateest-bps", bps2, BPS, &type_bitrate, "[bps]", "Compare bps"),
	RATE("pps2", "rateest-pps", pps2, PPS, &type_uint, "[pps]", "Compare pps"),
	COMPARE("lt", LT, "less than"), COMPARE("gt", GT, "greater than"),
	COMPARE("eq", EQ, "equal to"),
	{ 0 },
};

/* One estimator is compared with numbers, two with each other; other numbers say nothing. */
static int check(const struct check *check)
{
	struct xt_rateest_match_info *info = check->data;

	if (!(info->flags & (XT_RATEEST_MATCH_BPS | XT_RATEEST_MATCH_PPS)))
		return err_set(check->err, ERR_SYNTAX, check->place, "rateest: a rate of what? Say "
			       "--rateest-bps or --rateest-pps");
	if (!(info->flags & XT_RATEEST_MATCH_DELTA))
		info->bps1 = info->pps1 = 0;
	if (!(info->flags & XT_RATEEST_MATCH_REL))
		info->flags |= XT_RATEEST_MATCH_ABS;
	else if (!(info->flags & XT_RATEEST_MATCH_DELTA))
		info->bps2 = info->pps2 = 0;
	return 0;
}

/* The order of words is that of the sentence: first rate, comparison, second rate. */
struct writer {
	struct sink *sink;
	const struct xt_rateest_match_info *info;
	unsigned how;
};

static void put_mode(const struct writer *w, const char *dashes)
{
	static const char *const names[] = { "none", "eq", "lt", "gt" };

	sink_printf(w->sink, " %s%s%s", w->info->flags & XT_RATEEST_MATCH_INVERT ? "! " : "",
		    dashes, w->info->mode < ARRAY_SIZE(names) ? names[w->info->mode] : "none");
}

static void put_name(const struct writer *w, const char *name)
{
	const struct opt_out out = { .opt = &opts[0], .data = w->info, .how = w->how };

	sink_char(w->sink, ' ');
	type_word.print(w->sink, &out, name);
}

static void put_value(const struct writer *w, bool bps, int n)
{
	const struct xt_rateest_match_info *info = w->info;

	sink_char(w->sink, ' ');
	if (bps)
		bitrate_print(w->sink, n == 1 ? info->bps1 : info->bps2, w->how);
	else
		sink_u64(w->sink, n == 1 ? info->pps1 : info->pps2);
}

static void save_unit(const struct writer *w, bool bps)
{
	bool relative = w->info->flags & XT_RATEEST_MATCH_REL;
	bool delta = w->info->flags & XT_RATEEST_MATCH_DELTA;
	const char *unit = bps ? "bps" : "pps";

	if (delta) {
		sink_printf(w->sink, " --rateest-%s1", unit);
		put_value(w, bps, 1);
	}
	put_mode(w, "--rateest-");
	sink_printf(w->sink, " --rateest-%s%s", unit, delta ? "2" : "");
	if (delta || !relative)
		put_value(w, bps, 2);
}

static void save(struct sink *sink, enum family family, const void *data)
{
	const struct xt_rateest_match_info *info = data;
	const struct writer w = { sink, info, HOW_SAVE };
	bool relative = info->flags & XT_RATEEST_MATCH_REL;

	(void)family;
	sink_str(sink, info->flags & XT_RATEEST_MATCH_DELTA ? " --rateest-delta" : "");
	sink_str(sink, relative ? " --rateest1" : " --rateest");
	put_name(&w, info->name1);
	if (info->flags & XT_RATEEST_MATCH_BPS)
		save_unit(&w, true);
	if (info->flags & XT_RATEEST_MATCH_PPS)
		save_unit(&w, false);
	if (relative) {
		sink_str(sink, " --rateest2");
		put_name(&w, info->name2);
	}
}

/* What of a unit stands before or behind the comparison. */
static void list_units(const struct writer *w, int n)
{
	for (int bps = 1; bps >= 0; bps--) {
		if (!(w->info->flags & (bps ? XT_RATEEST_MATCH_BPS : XT_RATEEST_MATCH_PPS)))
			continue;
		sink_str(w->sink, bps ? " bps" : " pps");
		if (w->info->flags & XT_RATEEST_MATCH_DELTA)
			put_value(w, bps, n);
	}
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_rateest_match_info *info = data;
	const struct writer w = { sink, info, how };

	(void)family;
	sink_str(sink, " rateest match");
	put_name(&w, info->name1);
	sink_str(sink, info->flags & XT_RATEEST_MATCH_DELTA ? " delta" : "");
	if (info->flags & XT_RATEEST_MATCH_REL) {
		list_units(&w, 1);
		put_mode(&w, "");
		put_name(&w, info->name2);
		list_units(&w, 2);
		return;
	}
	if (info->flags & XT_RATEEST_MATCH_BPS) {
		sink_str(sink, " bps");
		if (info->flags & XT_RATEEST_MATCH_DELTA)
			put_value(&w, true, 1);
		put_value(&w, true, 2);
		put_mode(&w, "");
	}
	if (info->flags & XT_RATEEST_MATCH_PPS) {
		sink_str(sink, " pps");
		if (info->flags & XT_RATEEST_MATCH_DELTA)
			put_value(&w, false, 1);
		put_mode(&w, "");
		put_value(&w, false, 2);
	}
}

static const struct example examples[] = {
	{ .rule = "-m rateest --rateest RE1 --rateest-lt --rateest-bps 5000bit",
	  .means = "as long as RE1 is below five thousand bits in a second" },
	{ .rule = "-m rateest --rateest1 RE1 ! --rateest-gt --rateest-pps --rateest2 RE2",
	  .means = "as long as RE1 has no more packets than RE2" },
	{ .rule = "-m rateest --rateest-delta --rateest RE1 --rateest-bps1 8000Kbit --rateest-lt "
		  "--rateest-bps2 2000Kbit", .means = "2 Mbit are left of RE1's 8 Mbit, and more" },
	{ .rule = "-m rateest --rateest-delta --rateest RE1 --rateest-pps1 9 --rateest-eq "
		  "--rateest-pps2 8", .means = "RE1 has one packet in a second: 9 less it is 8" },
	{ 0 },
};

static const struct ext rateest = {
	.name = "rateest", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_rateest_match_info),
	.compared = offsetof(struct xt_rateest_match_info, est1), .opts = opts,
	.some = BIT(7) | BIT(8) | BIT(9), .some_text = "rateest: compare how? Say --rateest-lt, "
						       "--rateest-gt or --rateest-eq",
	.effect = EFFECT_PURE, .summary = "rates measured by RATEEST",
	.manual = "The estimators must be there before: -j RATEEST --rateest-name NAME.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_RATEEST", .check = check, .save = save, .list = list,
	.examples = examples,
	.unknowable = "the rates that RATEEST measures are known to the kernel only",
};
EXT_REGISTER(rateest);
