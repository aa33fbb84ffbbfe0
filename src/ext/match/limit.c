// SPDX-License-Identifier: GPL-2.0-or-later
/* -m limit: a token bucket. In the kernel it is nf_tables' own limit expression. */
#include <linux/netfilter/xt_limit.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "limit", .type = &type_rate, .at = SPAN(struct xt_rateinfo, avg),
	  .flags = OPT_ALWAYS, .preset = "3/hour", .list = "avg %v",
	  .help = "max average match rate: default 3/hour\n"
		  "[Packets per second unless followed by\n"
		  "/sec /minute /hour /day postfixes]" },
	{ .name = "limit-burst", .type = &type_uint, .at = SPAN(struct xt_rateinfo, burst),
	  .max = 10000, .preset = "5", .list = "", .metavar = "number",
	  .help = "number to match in a burst, default 5" },
	{ 0 },
};

/* The kernel takes no burst for the usual one. */
static int check(const struct check *c)
{
	struct xt_rateinfo *info = c->data;

	if (!info->burst)
		info->burst = 5;
	return 0;
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_rateinfo *info = data;
	struct opt_out out = { .opt = opts, .family = family, .data = data, .how = how };

	sink_str(sink, " limit: avg ");
	type_rate.print(sink, &out, &info->avg);
	sink_printf(sink, " burst %u", info->burst);
}

static bool lower(const void *data, struct part *part)
{
	const struct xt_rateinfo *info = data;

	part->kind = PART_LIMIT;
	rate_split(info->avg, &part->limit.rate, &part->limit.unit);
	part->limit.burst = info->burst;
	return true;
}

static bool raise_limit(const struct part *part, enum family family, void *data)
{
	struct xt_rateinfo *info = data;

	(void)family;
	if (part->kind != PART_LIMIT || part->limit.bytes || part->limit.over || !part->limit.rate)
		return false;
	info->avg = rate_join(part->limit.rate, part->limit.unit);
	info->burst = part->limit.burst;
	return info->avg != 0;
}

static const struct example examples[] = {
	{ .rule = "-m limit --limit 3/min",
	  .means = "three in a minute, five at once to begin with" },
	{ .rule = "-m limit --limit 10/sec --limit-burst 20",
	  .means = "ten in a second, twenty at once" },
	{ 0 },
};

/* What nf_tables keeps of a limit. */
struct bucket {
	uint64_t last, tokens;	/* ns; tokens, too, are time */
	bool begun;
};

/* nft_limit_eval() of net/netfilter/nft_limit.c, not xt_limit: that is what iptables-nft loads. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_rateinfo *info = data;
	struct bucket bucket = *(struct bucket *)state;
	uint64_t rate, unit, cost, tokens, most;
	bool has;

	rate_split(info->avg, &rate, &unit);
	cost = unit * 1000000000 / (rate ? rate : 1);
	most = cost * info->burst;
	tokens = bucket.begun ? bucket.tokens + (e->world->now - bucket.last) : most;
	if (tokens > most)
		tokens = most;
	has = tokens >= cost;
	bucket = (struct bucket){ e->world->now, has ? tokens - cost : tokens, true };
	if (!e->simulated)
		*(struct bucket *)state = bucket;
	return answer_of(has);
}

static const struct ext limit = {
	.name = "limit", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_rateinfo), .compared = offsetof(struct xt_rateinfo, prev),
	.opts = opts, .effect = EFFECT_STATEFUL, .native = true,
	.summary = "so many packets in a time and no more",
	.kconfig = "CONFIG_NFT_LIMIT", .check = check, .list = list, .lower = lower,
	.raise = raise_limit, .examples = examples, .match = match, .state = sizeof(struct bucket),
};
EXT_REGISTER(limit);
