// SPDX-License-Identifier: GPL-2.0-or-later
/* -m frag: the fragment header of IPv6. */
#include <linux/netfilter_ipv6/ip6t_frag.h>
#include <netinet/in.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct ip6t_frag, member)
#define GIVEN(bit) BITS(struct ip6t_frag, flags, bit)
#define NOT(bit) BITS(struct ip6t_frag, invflags, bit)

static const struct opt opts[] = {
	{ .name = "fragid", .type = &type_range, .at = AT(ids), .given = GIVEN(IP6T_FRAG_IDS),
	  .invert = NOT(IP6T_FRAG_INV_IDS), .preset = "0:4294967295", .flags = OPT_BY_VALUE,
	  .list = "%<id%s:%n%v", .metavar = "id[:id]", .help = "match the id (range)" },
	{ .name = "fraglen", .type = &type_uint, .at = AT(hdrlen), .given = GIVEN(IP6T_FRAG_LEN),
	  .invert = NOT(IP6T_FRAG_INV_LEN), .list = "length:%n%v", .metavar = "length",
	  .help = "total length of this header" },
	{ .name = "fragres", .given = GIVEN(IP6T_FRAG_RES), .list = "reserved",
	  .help = "check the reserved field too" },
	{ .name = "fragfirst", .given = GIVEN(IP6T_FRAG_FST), .list = "first",
	  .help = "matches on the first fragment" },
	{ .name = "fragmore", .given = GIVEN(IP6T_FRAG_MF), .list = "more", .excludes = BIT(5),
	  .help = "there are more fragments" },
	{ .name = "fraglast", .given = GIVEN(IP6T_FRAG_NMF), .list = "last",
	  .help = "this is the last one" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m frag ! --fragid 0:255 --fragfirst --fragmore", .means = "a packet begins" },
	{ .rule = "-m frag --fraglast", .means = "the last piece" },
	{ .rule = "-m frag ! --fraglen 8 --fragres", .means = "an odd header" },
	{ 0 },
};

/* frag_mt6() of ip6t_frag.c; the length is looked at by nobody. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	enum { RESERVED = 6, MORE = 1, OFFSET = 0xfff8 };
	const struct ip6t_frag *frag = data;
	const uint8_t *h;
	uint32_t at, id;
	uint16_t word;
	enum answer there = ip6_header(e, IPPROTO_FRAGMENT, &at);

	(void)state;
	if (there == ANSWER_YES)
		there = packet_header(e, at, 8, &h);
	if (there != ANSWER_YES)
		return there;
	word = (uint16_t)(h[2] << 8 | h[3]);
	id = (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 | h[7];
	return answer_of((id >= frag->ids[0] && id <= frag->ids[1]) !=
				 !!(frag->invflags & IP6T_FRAG_INV_IDS) &&
			 !(frag->flags & IP6T_FRAG_RES && (h[1] || word & RESERVED)) &&
			 !(frag->flags & IP6T_FRAG_FST && word & OFFSET) &&
			 !(frag->flags & IP6T_FRAG_MF && !(word & MORE)) &&
			 !(frag->flags & IP6T_FRAG_NMF && word & MORE));
}

static const struct ext frag = {
	.name = "frag", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_frag),
	.opts = opts, .title = "frag ", .effect = EFFECT_PURE,
	.summary = "the fragment header: identification, first, last",
	.manual = "Where connection tracking is on, packets are put together before any rule of "
		  "these tables sees them, and there are no fragments to be found.",
	.kconfig = "CONFIG_IP6_NF_MATCH_FRAG", .examples = examples, .match = match,
};
EXT_REGISTER(frag);
