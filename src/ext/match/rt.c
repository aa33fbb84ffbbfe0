// SPDX-License-Identifier: GPL-2.0-or-later
/* -m rt: the IPv6 routing header. */
#include "base/bits.h"
#include "ext/headers.h"
#include "ext/type/types.h"

#include <linux/netfilter_ipv6/ip6t_rt.h>
#include <netinet/in.h>
#include <string.h>

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

static bool has_value(const struct ip6t_rt *rt, unsigned flag, bool equal)
{
	return !(rt->flags & flag) || equal != !!(rt->invflags & flag);
}

/* The addresses of a header of type 0, `count` of them. */
static bool has_addrs(const struct ip6t_rt *rt, const uint8_t *addrs, uint32_t count)
{
	uint32_t wanted = rt->addrnr <= IP6T_RT_HOPS ? rt->addrnr : IP6T_RT_HOPS, found = 0;

	if (!(rt->flags & IP6T_RT_FST_NSTRICT))
		return wanted == count && !memcmp(addrs, rt->addrs, wanted * sizeof(*rt->addrs));
	for (uint32_t n = 0; n < count && found < wanted; n++)
		found += !memcmp(addrs + n * sizeof(*rt->addrs), &rt->addrs[found],
				 sizeof(*rt->addrs));
	return found == wanted;
}

/* rt_mt6() of ip6t_rt.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct ip6t_rt *rt = data;
	const uint8_t *h;
	uint32_t at, len;
	enum answer there = ip6_header(e, IPPROTO_ROUTING, &at);

	(void)state;
	if (there == ANSWER_YES)
		there = packet_header(e, at, 4, &h);
	if (there != ANSWER_YES)
		return there;
	len = ip6_header_len(IPPROTO_ROUTING, h);
	there = packet_header(e, at, len, &h);
	if (there != ANSWER_YES)
		return there;
	if ((h[3] >= rt->segsleft[0] && h[3] <= rt->segsleft[1]) ==
	    !!(rt->invflags & IP6T_RT_INV_SGS) ||
	    !has_value(rt, IP6T_RT_LEN, rt->hdrlen == len) ||
	    !has_value(rt, IP6T_RT_TYP, rt->rt_type == h[2]) ||
	    (rt->flags & IP6T_RT_RES && !bytes_are_zero(h + 4, 4)))
		return ANSWER_NO;
	return answer_of(!(rt->flags & IP6T_RT_FST) || has_addrs(rt, h + 8, (len - 8) / 16));
}

static const struct ext rt = {
	.name = "rt", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_rt),
	.opts = opts, .title = "rt", .effect = EFFECT_PURE, .summary = "the IPv6 routing header",
	.kconfig = "CONFIG_IP6_NF_MATCH_RT", .check = check, .examples = examples, .match = match,
};
EXT_REGISTER(rt);
