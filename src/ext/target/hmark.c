// SPDX-License-Identifier: GPL-2.0-or-later
/* -j HMARK: a mark from a hash of addresses and ports, the same for all packets of a flow. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/xt_HMARK.h>

#include "ext/flow_mark.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_hmark_info, member)
#define GIVEN(what) BITS(struct xt_hmark_info, flags, XT_HMARK_FLAG(XT_HMARK_##what))
#define SHORT(member, what, words) .type = &type_hex_be_full, .at = AT(member), \
	.given = GIVEN(what), .list = "%<" words " %v "

/* Listings have a blank behind each word, as libxt_HMARK's. */
enum { TUPLE, MOD, OFFSET, RND, SRC, DST, SPORT_MASK, DPORT_MASK, SPI_MASK, SPORT, DPORT,
       SPI, PROTO };

static const struct opt opts[] = {
	[TUPLE] = { .name = "hmark-tuple", .type = &type_hmark_tuple, .list = "%<%v, ",
		    .at = { 0, sizeof(struct xt_hmark_info) }, .help = "What is hashed" },
	[MOD] = { .name = "hmark-mod", .type = &type_uint, .at = AT(hmodulus),
		.given = GIVEN(MODULUS),
		  .min = 1, .list = "%<mod %v ", .help = "nfmark modulus value" },
	[OFFSET] = { .name = "hmark-offset", .type = &type_hmark_offset, .at = AT(hoffset),
		     .given = GIVEN(OFFSET), .list = "%<+ %v ",
		     .help = "Last action add value to nfmark" },
	[RND] = { .name = "hmark-rnd", .type = &type_hmark_hex, .at = AT(hashrnd),
		.given = GIVEN(RND),
		  .list = "%<rnd %v ", .help = "Random seed for hashing" },
	[SRC] = { .name = "hmark-src-prefix", .type = &type_hmark_prefix, .at = AT(src_mask),
		  .given = GIVEN(SADDR_MASK), .list = "%<src-prefix %v ",
		  .help = "Source address mask CIDR prefix" },
	[DST] = { .name = "hmark-dst-prefix", .type = &type_hmark_prefix, .at = AT(dst_mask),
		  .given = GIVEN(DADDR_MASK), .list = "%<dst-prefix %v ",
		  .help = "Dest address mask CIDR prefix" },
	[SPORT_MASK] = { .name = "hmark-sport-mask", SHORT(port_mask.p16.src, SPORT_MASK,
		"sport-mask"),
			 .help = "Mask src port with value" },
	[DPORT_MASK] = { .name = "hmark-dport-mask", SHORT(port_mask.p16.dst, DPORT_MASK,
		"dport-mask"),
			 .help = "Mask dst port with value" },
	[SPI_MASK] = { .name = "hmark-spi-mask", SHORT(port_mask.v32, SPI_MASK, "spi-mask"),
		       .help = "For esp and ah AND spi with value" },
	[SPORT] = { .name = "hmark-sport", SHORT(port_set.p16.src, SPORT, "sport"),
		    .help = "OR src port with value" },
	[DPORT] = { .name = "hmark-dport", SHORT(port_set.p16.dst, DPORT, "dport"),
		    .help = "OR dst port with value" },
	[SPI] = { .name = "hmark-spi", SHORT(port_set.v32, SPI, "spi"),
		  .help = "For esp and ah OR spi with value" },
	[PROTO] = { .name = "hmark-proto-mask", .type = &type_hmark_hex, .at = AT(proto_mask),
		    .given = GIVEN(PROTO_MASK), .list = "%<proto-mask %v ",
		    .help = "Mask Protocol with value" },
	{ 0 },
};

static const uint8_t saved[] = {
	SRC, DST, SPORT_MASK, DPORT_MASK, SPI_MASK, SPORT, DPORT, SPI, PROTO, RND, MOD, OFFSET,
	TUPLE, SHOWN_END,
};
static const uint8_t listed[] = {
	MOD, OFFSET, TUPLE, SRC, DST, SPORT_MASK, DPORT_MASK, SPI_MASK, SPORT, DPORT, SPI, PROTO,
	RND, SHOWN_END,
};

static int check(const struct check *check)
{
	const struct xt_hmark_info *info = check->data;
	const char *bad = NULL;
	uint32_t hashed = info->flags & ~(XT_HMARK_FLAG(XT_HMARK_CT) |
					  XT_HMARK_FLAG(XT_HMARK_RND) |
					  XT_HMARK_FLAG(XT_HMARK_MODULUS) |
					  XT_HMARK_FLAG(XT_HMARK_OFFSET));

	if (!(check->given & BIT(MOD)))
		bad = "--hmark-mod is mandatory";
	else if (!(check->given & BIT(RND)))
		bad = "--hmark-rnd is mandatory";
	else if (info->flags & XT_HMARK_FLAG(XT_HMARK_SPI_MASK) &&
		 info->flags & (XT_HMARK_FLAG(XT_HMARK_SPORT_MASK) |
				XT_HMARK_FLAG(XT_HMARK_DPORT_MASK)))
		bad = "you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time";
	else if (!hashed)
		bad = "you have to specify --hmark-tuple at least";
	return bad ? err_set(check->err, ERR_SYNTAX, check->place, "%s", bad) : 0;
}

static const struct example examples[] = {
	{ .rule = "-j HMARK --hmark-tuple src,dst --hmark-mod 2 --hmark-rnd 0xcafe",
	  .means = "two marks, one for each half of the pairs of hosts",
	  .saved = "-j HMARK --hmark-src-prefix 32 --hmark-dst-prefix 32 --hmark-rnd 0x0000cafe "
		   "--hmark-mod 2", .families = IN_V4 },
	{ .rule = "-j HMARK --hmark-src-prefix 24 --hmark-dst-prefix 16 --hmark-sport-mask 0xff00 "
		  "--hmark-dport-mask 0x00ff --hmark-sport 0x0001 --hmark-dport 0x0002 "
		  "--hmark-proto-mask 0xff --hmark-rnd 0x00000001 --hmark-mod 10 --hmark-offset "
		  "100 "
		  "--hmark-tuple ct", .means = "by parts of what connection tracking knows" },
	{ .rule = "-p esp -j HMARK --hmark-spi-mask 0x0000ffff --hmark-spi 0x00010000 "
		  "--hmark-rnd 0x00000001 --hmark-mod 4", .means = "by tunnel" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	flow_mark(e, data);
	return VERDICT_NONE;
}

static const struct ext hmark = {
	.name = "HMARK", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_hmark_info),
	.opts = opts, .shown = saved, .listed = listed, .title = "HMARK ", .effect = EFFECT_COUNTS,
	.summary = "mark packets by a hash of their addresses and ports",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_HMARK", .check = check, .examples = examples,
	.act = act,
};
EXT_REGISTER(hmark);
