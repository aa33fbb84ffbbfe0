// SPDX-License-Identifier: GPL-2.0-or-later
/* -m rpfilter: would an answer leave where the packet came in? */
#include <linux/netfilter/xt_rpfilter.h>

#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_rpfilter_info, flags, XT_RPFILTER_##bit)

static const struct opt opts[] = {
	{ .name = "loose", .given = FLAG(LOOSE), .help = "permit reverse path via any interface" },
	{ .name = "validmark", .given = FLAG(VALID_MARK),
	  .help = "use skb nfmark when performing route lookup" },
	{ .name = "accept-local", .given = FLAG(ACCEPT_LOCAL),
	  .help = "do not reject packets with a local source address" },
	{ .name = "invert", .given = FLAG(INVERT),
	  .help = "match packets that failed the reverse path test" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m rpfilter --invert", .means = "packets that could not be answered where they "
						   "came in" },
	{ .rule = "-m rpfilter --loose --validmark --accept-local",
	  .means = "any route back will do, with the packet's mark, and our own addresses" },
	{ 0 },
};

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_rpfilter_info *info = data;
	const struct world *w = e->world;
	enum answer answer = w->reverse_path ? w->reverse_path(w->context, e, info->flags) :
			     eval_unknown(e, "the routes of this host are not known");

	(void)state;
	return info->flags & XT_RPFILTER_INVERT ? answer_not(answer) : answer;
}

static const struct ext rpfilter = {
	.name = "rpfilter", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_rpfilter_info), .opts = opts, .title = "rpfilter",
	.tables = TABLE_RAW | TABLE_MANGLE, .hooks = HOOK_PREROUTING, .effect = EFFECT_PURE,
	.summary = "the reverse path test: is there a route back to the source",
	.kconfig = "CONFIG_IP_NF_MATCH_RPFILTER, CONFIG_IP6_NF_MATCH_RPFILTER",
	.examples = examples, .match = match,
};
EXT_REGISTER(rpfilter);
