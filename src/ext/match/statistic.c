// SPDX-License-Identifier: GPL-2.0-or-later
/* -m statistic: one packet of so many, or at random. */
#include <linux/netfilter/xt_statistic.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_statistic_info, member)
#define NOT BITS(struct xt_statistic_info, flags, XT_STATISTIC_INVERT)

enum { HOW, PROBABILITY, EVERY, PACKET };

static const struct name modes[] = {
	{ "random", XT_STATISTIC_MODE_RANDOM }, { "nth", XT_STATISTIC_MODE_NTH }, { 0 },
};

/* Both modes keep their number in the same place; the mode says which option it is. */
#define IN_MODE(mode_) MODE(struct xt_statistic_info, mode, XT_STATISTIC_MODE_##mode_, 0xffff)

static const struct opt opts[] = {
	[HOW] = { .name = "mode", .type = &type_name, .at = AT(mode), .names = modes,
	  .flags = OPT_MUST | OPT_ALWAYS | OPT_EXACT_TEXT, .bad = "Bad mode \"%v\"",
	  .list = "mode %v", .metavar = "mode", .help = "Match mode (random, nth)" },
	[PROBABILITY] = { .name = "probability", .type = &type_probability,
	  .at = AT(u.random.probability), .shown_if = IN_MODE(RANDOM), .invert = NOT,
	  .excludes = BIT(EVERY) | BIT(PACKET), .list = "%!probability %v", .help = "Probability" },
	[EVERY] = { .name = "every", .type = &type_uint_less, .at = AT(u.nth.every),
	  .shown_if = IN_MODE(NTH), .invert = NOT, .min = 1, .excludes = BIT(PROBABILITY),
	  .needs = BIT(PACKET), .list = "%!every %v", .help = "Match every nth packet" },
	[PACKET] = { .name = "packet", .type = &type_uint, .at = AT(u.nth.packet),
	  .shown_if = IN_MODE(NTH), .flags = OPT_QUIET, .excludes = BIT(PROBABILITY),
	  .needs = BIT(EVERY), .list = "packet %v", .metavar = "p",
	  .help = "Initial counter value (0 <= p <= n-1, default 0)" },
	{ 0 },
};

static int check(const struct check *c)
{
	struct xt_statistic_info *info = c->data;

	if (info->mode == XT_STATISTIC_MODE_RANDOM && !(c->given & BIT(PROBABILITY)))
		return err_set(c->err, ERR_SYNTAX, c->place,
			       "--probability must be specified when using random mode");
	if (info->mode == XT_STATISTIC_MODE_NTH && !(c->given & (BIT(EVERY) | BIT(PACKET))))
		return err_set(c->err, ERR_SYNTAX, c->place,
			       "--every and --packet must be specified when using nth mode");
	/* `every` is kept one less. */
	if (info->mode == XT_STATISTIC_MODE_NTH && c->given & BIT(EVERY) &&
	    info->u.nth.packet > info->u.nth.every)
		return err_set(c->err, ERR_SYNTAX, c->place,
			       "the --packet p must be 0 <= p <= n-1");
	/* The kernel counts from here up to `every`. */
	if (info->mode == XT_STATISTIC_MODE_NTH)
		info->u.nth.count = info->u.nth.every - info->u.nth.packet;
	return 0;
}

static const struct example examples[] = {
	{ .rule = "-m statistic --mode random --probability 0.25000000000",
	  .means = "one of four" },
	{ .rule = "-m statistic --mode nth --every 3 --packet 0", .means = "each third one" },
	{ .rule = "-m statistic --mode nth ! --every 10 --packet 9", .means = "nine of ten" },
	{ 0 },
};

struct turn {
	bool begun;
	uint32_t count;
};

static bool is_its_turn(const struct xt_statistic_info *info, struct turn *turn)
{
	if (!turn->begun)
		*turn = (struct turn){ true, info->u.nth.every - info->u.nth.packet };
	turn->count = turn->count == info->u.nth.every ? 0 : turn->count + 1;
	return !turn->count;
}

/* statistic_mt() of xt_statistic.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_statistic_info *info = data;
	struct turn turn = *(struct turn *)state;
	bool hit;

	if (info->mode == XT_STATISTIC_MODE_NTH) {
		hit = is_its_turn(info, &turn);
		if (!e->simulated)
			*(struct turn *)state = turn;
	} else if (!e->world->random) {
		return eval_unknown(e, "chance decides (%.4g %% are yes)",
				    info->u.random.probability / (double)(1u << 31) * 100);
	} else {
		hit = (e->world->random(e->world->context) & INT32_MAX) <
		      info->u.random.probability;
	}
	return answer_of(hit != !!(info->flags & XT_STATISTIC_INVERT));
}

static const struct ext statistic = {
	.name = "statistic", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_statistic_info),
	.compared = offsetof(struct xt_statistic_info, u.nth.count), .opts = opts,
	.title = "statistic", .effect = EFFECT_STATEFUL, .check = check,
	.summary = "one packet of so many, in turn or at random",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_STATISTIC", .examples = examples,
	.match = match, .state = sizeof(struct turn),
};
EXT_REGISTER(statistic);
