// SPDX-License-Identifier: GPL-2.0-or-later
/* -m ipv6header: which extension headers an IPv6 packet has. */
#include <linux/netfilter_ipv6/ip6t_ipv6header.h>
#include <netinet/in.h>

#include "ext/headers.h"
#include "ext/type/types.h"

/* The first name of each is the one that saves use. */
static const struct name headers[] = {
	{ "hop-by-hop", MASK_HOPOPTS }, { "ipv6-opts", MASK_DSTOPTS },
	{ "ipv6-route", MASK_ROUTING }, { "ipv6-frag", MASK_FRAGMENT }, { "ah", MASK_AH },
	{ "esp", MASK_ESP },
	{ "ipv6-nonxt", MASK_NONE }, { "protocol", MASK_PROTO },
	{ "hop", MASK_HOPOPTS }, { "dst", MASK_DSTOPTS }, { "route", MASK_ROUTING },
	{ "frag", MASK_FRAGMENT }, { "auth", MASK_AH }, { "none", MASK_NONE },
	{ "prot", MASK_PROTO },
	{ "0", MASK_HOPOPTS }, { "60", MASK_DSTOPTS }, { "43", MASK_ROUTING },
	{ "44", MASK_FRAGMENT }, { "51", MASK_AH }, { "50", MASK_ESP }, { "59", MASK_NONE },
	{ "255", MASK_PROTO }, { "hopopt", MASK_HOPOPTS }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "header", .type = &type_name_bits_hex,
	  .at = SPAN(struct ip6t_ipv6header_info, matchflags),
	  .invert = BITS(struct ip6t_ipv6header_info, invflags, 0xff), .names = headers,
	  .flags = OPT_MUST | OPT_ALWAYS | OPT_EXACT_TEXT, .bad = "unknown header `%v' specified",
	  .list = "flags:%n%v", .metavar = "headers",
	  .help = "Type of header to match, by name\n"
		  "names: hop,dst,route,frag,auth,esp,none,prot\n"
		  "long names: hop-by-hop,ipv6-opts,ipv6-route,\n"
		  "ipv6-frag,ah,esp,ipv6-nonxt,protocol\n"
		  "numbers: 0,60,43,44,51,50,59" },
	{ .name = "soft", .given = BITS(struct ip6t_ipv6header_info, modeflag, 0xff),
	  .help = "The header CONTAINS the specified extensions" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m ipv6header --header ipv6-route --soft", .means = "routing headers" },
	{ .rule = "-m ipv6header ! --header protocol", .means = "any extension header at all" },
	{ 0 },
};

static uint8_t mask_of(uint8_t proto)
{
	static const uint8_t masks[256] = {
		[IPPROTO_HOPOPTS] = MASK_HOPOPTS, [IPPROTO_ROUTING] = MASK_ROUTING,
		[IPPROTO_FRAGMENT] = MASK_FRAGMENT, [IPPROTO_AH] = MASK_AH,
		[IPPROTO_DSTOPTS] = MASK_DSTOPTS, [IPPROTO_ESP] = MASK_ESP,
		[IPPROTO_NONE] = MASK_NONE,
	};

	return masks[proto];
}

/*
 * ipv6header_mt6() of ip6t_ipv6header.c, which goes on behind a later fragment's header. A header
 * that is cut off means no.
 */
static enum answer find_headers(struct eval *e, uint8_t *found)
{
	enum { IP6_HEADER = 40 };
	const uint8_t *h;
	uint32_t at = IP6_HEADER;
	uint8_t next = e->packet->bytes[6];

	for (*found = 0; mask_of(next); next = h[0]) {
		enum answer there = next == IPPROTO_NONE ? ANSWER_YES : packet_bytes(e, at, 2, &h);

		if (there != ANSWER_YES)
			return there;
		*found |= mask_of(next);
		if (next == IPPROTO_NONE || next == IPPROTO_ESP)
			return ANSWER_YES;
		at += ip6_header_len(next, h);
		if (at > e->packet->len) {
			next = h[0];
			break;
		}
	}
	if (next != IPPROTO_NONE && next != IPPROTO_ESP)
		*found |= MASK_PROTO;
	return ANSWER_YES;
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct ip6t_ipv6header_info *info = data;
	uint8_t found;
	enum answer there = find_headers(e, &found);

	(void)state;
	if (there != ANSWER_YES)
		return there;
	if (info->modeflag)
		return answer_of(!((found ^ info->matchflags ^ info->invflags) &
				   info->matchflags));
	return answer_of((found == info->matchflags) != !!info->invflags);
}

static const struct ext ipv6header = {
	.name = "ipv6header", .kind = EXT_MATCH, .families = IN_V6,
	.size = sizeof(struct ip6t_ipv6header_info), .opts = opts, .title = "ipv6header",
	.effect = EFFECT_PURE, .summary = "which extension headers the packet has",
	.manual = "Without --soft the packet must have exactly these headers, with it at least "
		  "these. `protocol` stands for what follows them: TCP, UDP and so on.",
	.kconfig = "CONFIG_IP6_NF_MATCH_IPV6HEADER", .examples = examples, .match = match,
};
EXT_REGISTER(ipv6header);
