// SPDX-License-Identifier: GPL-2.0-or-later
/* -m quota: so many bytes, and then no more. */
#include <linux/netfilter/xt_quota.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "quota", .type = &type_uint, .at = SPAN(struct xt_quota_info, quota),
	  .invert = BITS(struct xt_quota_info, flags, XT_QUOTA_INVERT),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "quota: %v bytes", .metavar = "quota",
	  .help = "quota (bytes)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m quota --quota 1000000", .means = "the first megabyte" },
	{ .rule = "-m quota ! --quota 1000000", .means = "all behind the first megabyte" },
	{ 0 },
};

struct left {
	bool begun;
	uint64_t bytes;
};

/* quota_mt() of xt_quota.c: a packet that is too long uses up what is left. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_quota_info *info = data;
	struct left left = *(struct left *)state;
	bool fits;

	if (!left.begun)
		left = (struct left){ true, info->quota };
	fits = left.bytes >= e->packet->len;
	left.bytes = fits ? left.bytes - e->packet->len : 0;
	if (!e->simulated)
		*(struct left *)state = left;
	return answer_of(fits != !!(info->flags & XT_QUOTA_INVERT));
}

static const struct ext quota = {
	.name = "quota", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_quota_info), .compared = offsetof(struct xt_quota_info, master),
	.opts = opts, .effect = EFFECT_STATEFUL,
	.summary = "a number of bytes, and then no more",
	.manual = "What is left is known to the kernel alone and starts anew with the rule.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_QUOTA", .examples = examples,
	.match = match, .state = sizeof(struct left),
};
EXT_REGISTER(quota);
