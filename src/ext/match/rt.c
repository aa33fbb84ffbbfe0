// SPDX-License-Identifier: GPL-2.0-or-later
/* -m rt: the IPv6 routing header. */
#include "ext/type/types.h"

#include <linux/netfilter_ipv6/ip6t_rt.h>

#define AT(member) SPAN(struct ip6t_rt, member)
#define FLAG(bit) BITS(struct ip6t_rt, flags, IP6T_RT_##bit)
#define NOT(bit) BITS(struct ip6t_rt, invflags, IP6T_RT_INV_##bit)

enum { TYPE, SEGSLEFT, LENGTH, RESERVED, ADDRS, NOT_STRICT };

static const struct opt opts[] = {
	[TYPE] = { .name = "rt-type", .type = &type_uint, .at = AT(rt_type), .given = FLAG(TYP),
		   .invert = NOT(TYP), .list = "type:%n%v", .metavar = "type",
		   .help = "match the type" },
	[SEGSLEFT] = { .name = "rt-segsleft", .type = &type_range, .at = AT(segsleft),
		       .given = FLAG(SGS), .invert = NOT(SGS), .preset = "0:4294967295",
		       .flags = OPT_BY_VALUE, .list = "segsleft%s:%n%v", .metavar = "num[:num]",
		       .help = "match the Segments Left field (range)" },
	[LENGTH] = { .name = "rt-len", .type = &type_uint, .at = AT(hdrlen), .given = FLAG(LEN),
		     .invert = NOT(LEN), .list = "length:%n%v", .metavar = "length",
		     .help = "total length of this header" },
	[RESERVED] = { .name = "rt-0-res", .given = FLAG(RES), .list = "reserved",
		       .needs = BIT(TYPE), .flags = OPT_BEHIND,
		       .bad = "`--rt-type 0' required before `--rt-0-res'",
		       .help = "check the reserved field too (type 0)" },
	[ADDRS] = { .name = "rt-0-addrs", .type = &type_hosts6,
		    .at = SPANS(struct ip6t_rt, addrs, addrnr), .given = FLAG(FST),
		    .list = "0-addrs %v", .needs = BIT(TYPE), .flags = OPT_BEHIND,
		    .bad = "`--rt-type 0' required before `--rt-0-addrs'",
		    .help = "Type=0 addresses (list, max: 16)" },
	[NOT_STRICT] = { .name = "rt-0-not-strict", .given = FLAG(FST_NSTRICT),
			 .list = "0-not-strict", .needs = BIT(ADDRS), .flags = OPT_BEHIND,
			 .bad = "`--rt-0-addr ...' required before `--rt-0-not-strict'",
			 .help = "List of Type=0 addresses not a strict list" },
	{ 0 },
};

static int check(const struct check *check)
{
	const struct ip6t_rt *rt = check->data;

	/* The others speak of a header of type 0 and none else. */
	if (!(rt->flags & (IP6T_RT_RES | IP6T_RT_FST_MASK)) ||
	    (!rt->rt_type && !(rt->invflags & IP6T_RT_INV_TYP)))
		return 0;
	return err_set(check->err, ERR_SYNTAX, check->place, "%s",
		       opts[rt->flags & IP6T_RT_RES ? RESERVED : ADDRS].bad);
}

static const struct example examples[] = {
	{ .rule = "-m rt --rt-type 0", .means = "source routes, which are not to be followed" },
	{ .rule = "-m rt ! --rt-type 2 --rt-segsleft 1:23 --rt-len 42",
	  .means = "a header of 42 bytes, not of Mobile IPv6, with up to 23 hops to go" },
	{ .rule = "-m rt --rt-type 0 --rt-0-res --rt-0-addrs ::1,2001:db8::2 --rt-0-not-strict",
	  .means = "source routes over both addresses, whatever lies between them" },
	{ 0 },
};

static const struct ext rt = {
	.name = "rt", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_rt),
	.opts = opts, .title = "rt", .effect = EFFECT_PURE, .summary = "the IPv6 routing header",
	.kconfig = "CONFIG_IP6_NF_MATCH_RT", .check = check, .examples = examples,
};
EXT_REGISTER(rt);
