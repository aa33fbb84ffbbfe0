// SPDX-License-Identifier: GPL-2.0-or-later
/* -m hl: the hop limit of IPv6. */
#include <linux/netfilter_ipv6/ip6t_hl.h>

#include "ext/type/types.h"

#define AT SPAN(struct ip6t_hl_info, hop_limit)
#define MODE_IS(mode_) MODE(struct ip6t_hl_info, mode, mode_, 0xff)

static const struct opt opts[] = {
	{ .name = "hl-eq", .also = "hl", .type = &type_uint, .at = AT, .given = MODE_IS(IP6T_HL_EQ),
	  .invert = MODE_IS(IP6T_HL_NE), .field = FIELD_IP6_HOPLIMIT, .list = "HL %(==|!=) %v",
	  .help = "Match hop limit value" },
	{ .name = "hl-lt", .type = &type_uint_below, .at = AT, .given = MODE_IS(IP6T_HL_LT),
	  .excludes = BIT(2) | BIT(0), .field = FIELD_IP6_HOPLIMIT, .list = "HL < %v",
	  .help = "Match HL < value" },
	{ .name = "hl-gt", .type = &type_uint_above, .at = AT, .given = MODE_IS(IP6T_HL_GT),
	  .excludes = BIT(0), .field = FIELD_IP6_HOPLIMIT, .list = "HL > %v",
	  .help = "Match HL > value" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m hl --hl-eq 255", .means = "neighbours only: no router was on the way" },
	{ .rule = "-m hl ! --hl-eq 64", .means = "not fresh from a host of the usual kind" },
	{ .rule = "-m hl --hl-lt 5", .means = "nearly worn out" },
	{ .rule = "-m hl --hl-gt 128", .means = "more than most systems begin with" },
	{ 0 },
};

static const struct ext hl = {
	.name = "hl", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_hl_info),
	.opts = opts, .some = BIT(0) | BIT(1) | BIT(2),
	.some_text = "HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'",
	.title = "HL match", .effect = EFFECT_PURE, .summary = "the hop limit",
	.kconfig = "CONFIG_IP6_NF_MATCH_HL", .examples = examples,
};
EXT_REGISTER(hl);
