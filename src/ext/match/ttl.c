// SPDX-License-Identifier: GPL-2.0-or-later
/* -m ttl: how many hops an IPv4 packet may still go. */
#include <linux/netfilter_ipv4/ipt_ttl.h>

#include "ext/type/types.h"

#define IS(value) MODE(struct ipt_ttl_info, mode, value, 0xff)

static const struct opt opts[] = {
	{ .name = "ttl-eq", .also = "ttl", .type = &type_uint, .at = SPAN(struct ipt_ttl_info, ttl),
	  .given = IS(IPT_TTL_EQ), .invert = IS(IPT_TTL_NE), .excludes = BIT(1) | BIT(2),
	  .field = FIELD_IP_TTL, .list = "TTL %(==|!=) %v",
	  .help = "Match time to live value" },
	{ .name = "ttl-lt", .type = &type_uint_below, .at = SPAN(struct ipt_ttl_info, ttl),
	  .given = IS(IPT_TTL_LT), .excludes = BIT(0) | BIT(2), .field = FIELD_IP_TTL,
	  .list = "TTL < %v", .help = "Match TTL < value" },
	{ .name = "ttl-gt", .type = &type_uint_above, .at = SPAN(struct ipt_ttl_info, ttl),
	  .given = IS(IPT_TTL_GT), .excludes = BIT(0) | BIT(1), .field = FIELD_IP_TTL,
	  .list = "TTL > %v", .help = "Match TTL > value" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m ttl ! --ttl-eq 255", .means = "has come over a router" },
	{ .rule = "-m ttl --ttl-lt 2", .means = "goes no further, as traceroute wants it" },
	{ .rule = "-m ttl --ttl-gt 64", .means = "from a system that starts above 64" },
	{ 0 },
};

static const struct ext ttl = {
	.name = "ttl", .kind = EXT_MATCH, .families = IN_V4, .size = sizeof(struct ipt_ttl_info),
	.opts = opts, .some = 7, .title = "TTL match", .effect = EFFECT_PURE,
	.some_text = "TTL match: You must specify one of `--ttl-eq', `--ttl-lt', `--ttl-gt",
	.summary = "hops an IPv4 packet may still go", .kconfig = "CONFIG_NETFILTER_XT_MATCH_HL",
	.examples = examples,
};
EXT_REGISTER(ttl);
