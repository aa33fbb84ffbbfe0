// SPDX-License-Identifier: GPL-2.0-or-later
/* -m srh: the IPv6 segment routing header (RFC 8754). */
#include "ext/type/types.h"

#include <linux/netfilter_ipv6/ip6t_srh.h>

#define AT(member) SPAN(struct ip6t_srh1, member)
#define GIVEN(bit) .given = BITS(struct ip6t_srh1, mt_flags, IP6T_SRH_##bit), \
		   .invert = BITS(struct ip6t_srh1, mt_invflags, IP6T_SRH_INV_##bit)

/* The kernel has one number for the three tests of a field; so only one of them can be asked. */
enum { LEN_EQ = 1, LEN_GT, LEN_LT, SEGS_EQ, SEGS_GT, SEGS_LT, LAST_EQ, LAST_GT, LAST_LT };

#define ONE_OF(first) (BIT(first) | BIT(first + 1) | BIT(first + 2))
#define NUMBER(words, place, bit, others, text, what) \
	{ .name = "srh-" words, .type = &type_uint, .at = AT(place), GIVEN(bit), \
	  .list = words ":%n%v", .excludes = (others), .metavar = text, \
	  .help = what " value of SRH" }
#define LEN(words, bit) \
	[bit] = NUMBER("hdr-len-" words, hdr_len, bit, ONE_OF(LEN_EQ) & ~BIT(bit), "hdr_len", \
		       "Hdr Ext Len")
#define SEGS(words, bit) \
	[bit] = NUMBER("segs-left-" words, segs_left, bit, ONE_OF(SEGS_EQ) & ~BIT(bit), \
		       "segs_left", "Segments Left")
#define LAST(words, bit) \
	[bit] = NUMBER("last-entry-" words, last_entry, bit, ONE_OF(LAST_EQ) & ~BIT(bit), \
		       "last_entry", "Last Entry")
#define SID(letter, bit, what) \
	{ .name = "srh-" #letter "sid", .type = &type_prefix6, \
	  .at = SPANS(struct ip6t_srh1, letter##sid_addr, letter##sid_msk), GIVEN(bit), \
	  .list = #letter "sid %n %v", .metavar = "addr[/mask]", .help = "SRH " what " SID" }

static const struct opt opts[] = {
	NUMBER("next-hdr", next_hdr, NEXTHDR, 0, "next-hdr", "Next Header"),
	LEN("eq", LEN_EQ), LEN("gt", LEN_GT), LEN("lt", LEN_LT),
	SEGS("eq", SEGS_EQ), SEGS("gt", SEGS_GT), SEGS("lt", SEGS_LT),
	LAST("eq", LAST_EQ), LAST("gt", LAST_GT), LAST("lt", LAST_LT),
	NUMBER("tag", tag, TAG, 0, "tag", "Tag"),
	SID(p, PSID, "previous"), SID(n, NSID, "next"), SID(l, LSID, "Last"),
	{ 0 },
};

/* Revision 0 has no addresses. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct ip6t_srh1 *info = data;
	struct ip6t_srh old;

	if (revision != 0 || size < sizeof(old))
		return false;
	memcpy(&old, theirs, sizeof(old));
	memcpy(info, &old, offsetof(struct ip6t_srh, mt_flags));
	info->mt_flags = old.mt_flags;
	info->mt_invflags = old.mt_invflags;
	return true;
}

static const struct example examples[] = {
	{ .rule = "-m srh --srh-next-hdr 17 --srh-segs-left-eq 1 --srh-last-entry-eq 4 --srh-tag 0",
	  .means = "UDP on its last but one segment of five" },
	{ .rule = "-m srh ! --srh-hdr-len-eq 8 --srh-segs-left-gt 2 --srh-last-entry-gt 4",
	  .means = "a long way to go" },
	{ .rule = "-m srh --srh-hdr-len-gt 4", .means = "a header of more than 40 bytes" },
	{ .rule = "-m srh --srh-hdr-len-lt 4 ! --srh-segs-left-lt 2 --srh-last-entry-lt 4",
	  .means = "short headers" },
	{ .rule = "-m srh --srh-psid 2001:db8::/64 ! --srh-nsid 2001:db8:1::/48 "
		  "--srh-lsid fc00::/7",
	  .means = "which segments lie behind, before us and at the end" },
	{ 0 },
};

static const struct ext srh = {
	.name = "srh", .kind = EXT_MATCH, .families = IN_V6, .revision = 1,
	.size = sizeof(struct ip6t_srh1), .opts = opts, .title = "srh", .effect = EFFECT_PURE,
	.summary = "the IPv6 segment routing header", .kconfig = "CONFIG_IP6_NF_MATCH_SRH",
	.adopt = adopt,
	.examples = examples,
};
EXT_REGISTER(srh);
