// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TTL and HL: how many hops a packet still may make. */
#include <linux/types.h>
#include <linux/netfilter_ipv4/ipt_TTL.h>
#include <linux/netfilter_ipv6/ip6t_HL.h>

#include "ext/type/types.h"

/* The two structs are the same but for names. */
#define OPTS(info, member, short_, SHORT, word)                                                \
	{                                                                                      \
		{ .name = short_ "-set", .type = &type_uint, .at = SPAN(struct info, member),  \
		  .given = MODE(struct info, mode, SHORT##_SET, 0xff), .list = "set to %v",    \
		  .excludes = BIT(1) | BIT(2), .help = "Set " word " to <value 0-255>" },      \
		{ .name = short_ "-dec", .type = &type_uint, .at = SPAN(struct info, member),  \
		  .given = MODE(struct info, mode, SHORT##_DEC, 0xff), .min = 1,               \
		  .list = "decrement by %v", .excludes = BIT(0) | BIT(2),                      \
		  .help = "Decrement " word " by <value 1-255>" },                             \
		{ .name = short_ "-inc", .type = &type_uint, .at = SPAN(struct info, member),  \
		  .given = MODE(struct info, mode, SHORT##_INC, 0xff), .min = 1,               \
		  .list = "increment by %v", .excludes = BIT(0) | BIT(1),                      \
		  .help = "Increment " word " by <value 1-255>" },                             \
		{ 0 },                                                                         \
	}
static const struct opt ttl_opts[] = OPTS(ipt_TTL_info, ttl, "ttl", IPT_TTL, "TTL");
static const struct opt hl_opts[] = OPTS(ip6t_HL_info, hop_limit, "hl", IP6T_HL, "HL");

static const struct example ttl_examples[] = {
	{ .rule = "-j TTL --ttl-set 64", .means = "nobody can count the hops behind us" },
	{ .rule = "-j TTL --ttl-inc 1", .means = "this router does not count" },
	{ .rule = "-j TTL --ttl-dec 2", .means = "as if there were two more routers" },
	{ 0 },
};

/* xt_HL.c; the two structs and the numbers of the modes are the same. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct ipt_TTL_info *info = data;
	int ttl = packet_ttl(e->packet);

	(void)state;
	if (info->mode == IPT_TTL_SET)
		ttl = info->ttl;
	else if (info->mode == IPT_TTL_INC)
		ttl = ttl + info->ttl > UINT8_MAX ? UINT8_MAX : ttl + info->ttl;
	else if (info->mode == IPT_TTL_DEC)
		ttl = ttl - info->ttl < 0 ? 0 : ttl - info->ttl;
	packet_set_ttl(e->packet, (uint8_t)ttl);
	return VERDICT_NONE;
}

static const struct ext ttl = {
	.name = "TTL", .kind = EXT_TARGET, .families = IN_V4, .size = sizeof(struct ipt_TTL_info),
	.opts = ttl_opts, .some = BIT(0) | BIT(1) | BIT(2),
	.some_text = "TTL: You must specify an action", .title = "TTL", .tables = TABLE_MANGLE,
	.effect = EFFECT_COUNTS, .summary = "change the time to live",
	.manual = "Incrementing it can make packets run in circles.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_HL", .examples = ttl_examples, .act = act,
};
EXT_REGISTER(ttl);

static const struct example hl_examples[] = {
	{ .rule = "-j HL --hl-set 64", .means = "nobody can count the hops behind us" },
	{ .rule = "-j HL --hl-inc 1", .means = "this router does not count" },
	{ .rule = "-j HL --hl-dec 2", .means = "as if there were two more routers" },
	{ 0 },
};

static const struct ext hl = {
	.name = "HL", .kind = EXT_TARGET, .families = IN_V6, .size = sizeof(struct ip6t_HL_info),
	.opts = hl_opts, .some = BIT(0) | BIT(1) | BIT(2),
	.some_text = "HL: You must specify an action", .title = "HL", .tables = TABLE_MANGLE,
	.effect = EFFECT_COUNTS, .summary = "change the hop limit",
	.manual = "Incrementing it can make packets run in circles.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_HL", .examples = hl_examples, .act = act,
};
EXT_REGISTER(hl);
