// SPDX-License-Identifier: GPL-2.0-or-later
/* -m srh: the IPv6 segment routing header (RFC 8754). */
#include "ext/headers.h"
#include "ext/type/types.h"

#include <linux/netfilter_ipv6/ip6t_srh.h>
#include <netinet/in.h>
#include <string.h>

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

static bool is_invalid(const struct ip6t_srh1 *i, unsigned flag, bool holds)
{
	return i->mt_flags & flag && holds == !!(i->mt_invflags & flag);
}

/* The fixed part; flags and their inversions have the same bits. */
static bool has_numbers(const struct ip6t_srh1 *i, const uint8_t *h)
{
	return !is_invalid(i, IP6T_SRH_NEXTHDR, h[0] == i->next_hdr) &&
	       !is_invalid(i, IP6T_SRH_LEN_EQ, h[1] == i->hdr_len) &&
	       !is_invalid(i, IP6T_SRH_LEN_GT, h[1] > i->hdr_len) &&
	       !is_invalid(i, IP6T_SRH_LEN_LT, h[1] < i->hdr_len) &&
	       !is_invalid(i, IP6T_SRH_SEGS_EQ, h[3] == i->segs_left) &&
	       !is_invalid(i, IP6T_SRH_SEGS_GT, h[3] > i->segs_left) &&
	       !is_invalid(i, IP6T_SRH_SEGS_LT, h[3] < i->segs_left) &&
	       !is_invalid(i, IP6T_SRH_LAST_EQ, h[4] == i->last_entry) &&
	       !is_invalid(i, IP6T_SRH_LAST_GT, h[4] > i->last_entry) &&
	       !is_invalid(i, IP6T_SRH_LAST_LT, h[4] < i->last_entry) &&
	       !is_invalid(i, IP6T_SRH_TAG, !memcmp(h + 6, &i->tag, sizeof(i->tag)));
}

/* The segment `n`, wherever it lies: the list may end before, and the packet go on. */
static enum answer segment(struct eval *e, const struct ip6t_srh1 *i, unsigned flag, uint32_t at,
			   uint32_t n, const struct in6_addr *addr, const struct in6_addr *mask)
{
	const uint8_t *sid;
	enum answer there;
	bool equal = true;

	if (!(i->mt_flags & flag))
		return ANSWER_YES;
	there = packet_bytes(e, at + 8 + n * sizeof(*addr), sizeof(*addr), &sid);
	for (size_t b = 0; there == ANSWER_YES && b < sizeof(*addr); b++)
		equal &= !((sid[b] ^ addr->s6_addr[b]) & mask->s6_addr[b]);
	return there != ANSWER_YES ? there : answer_of(!is_invalid(i, flag, equal));
}

/* srh1_mt6() of ip6t_srh.c: nothing is dropped for being malformed. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	enum { SEGMENT_ROUTING = 4 };
	const struct ip6t_srh1 *i = data;
	bool unfit = e->hotdrop;
	const uint8_t *h;
	uint32_t at, whole;
	enum answer there = ip6_header(e, IPPROTO_ROUTING, &at);

	(void)state;
	e->hotdrop = unfit;
	if (there == ANSWER_YES)
		there = packet_bytes(e, at, 8, &h);
	if (there != ANSWER_YES)
		return there;
	whole = ip6_header_len(IPPROTO_ROUTING, h);
	if (e->packet->len - at < whole || h[2] != SEGMENT_ROUTING || h[3] > h[4] ||
	    !has_numbers(i, h) || (i->mt_flags & IP6T_SRH_PSID && h[3] == h[4]) ||
	    (i->mt_flags & IP6T_SRH_NSID && !h[3]))
		return ANSWER_NO;
	there = segment(e, i, IP6T_SRH_PSID, at, h[3] + 1u, &i->psid_addr, &i->psid_msk);
	if (there == ANSWER_YES)
		there = segment(e, i, IP6T_SRH_NSID, at, h[3] - 1u, &i->nsid_addr, &i->nsid_msk);
	return there != ANSWER_YES ? there :
	       segment(e, i, IP6T_SRH_LSID, at, 0, &i->lsid_addr, &i->lsid_msk);
}

static const struct ext srh = {
	.name = "srh", .kind = EXT_MATCH, .families = IN_V6, .revision = 1,
	.size = sizeof(struct ip6t_srh1), .opts = opts, .title = "srh", .effect = EFFECT_PURE,
	.summary = "the IPv6 segment routing header", .kconfig = "CONFIG_IP6_NF_MATCH_SRH",
	.adopt = adopt,
	.examples = examples, .match = match,
};
EXT_REGISTER(srh);
