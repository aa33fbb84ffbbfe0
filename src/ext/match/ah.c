// SPDX-License-Identifier: GPL-2.0-or-later
/* -m ah: the authentication header of IPsec: a protocol in IPv4, an extension header in IPv6. */
#include <linux/netfilter_ipv4/ipt_ah.h>
#include <linux/netfilter_ipv6/ip6t_ah.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define SPI_OPTION(struct_, bit) \
	.name = "ahspi", .type = &type_range, .at = SPAN(struct_, spis), \
	.invert = BITS(struct_, invflags, bit), .preset = "0:4294967295", \
	.field = FIELD_AH_SPI, .list = "%<spi%s:%n%v", .metavar = "spi[:spi]", \
	.help = "match spi (range)"

static const struct opt opts4[] = {
	{ SPI_OPTION(struct ipt_ah, IPT_AH_INV_SPI) },
	{ 0 },
};

static const struct opt opts6[] = {
	{ SPI_OPTION(struct ip6t_ah, IP6T_AH_INV_SPI) },
	{ .name = "ahlen", .type = &type_uint, .at = SPAN(struct ip6t_ah, hdrlen),
	  .invert = BITS(struct ip6t_ah, invflags, IP6T_AH_INV_LEN), .list = "%<length:%n%v",
	  .metavar = "length", .help = "total length of this header" },
	{ .name = "ahres", .at = SPAN(struct ip6t_ah, hdrres),
	  .given = BITS(struct ip6t_ah, hdrres, 1), .list = "reserved",
	  .help = "check the reserved field too" },
	{ 0 },
};

static const struct example examples4[] = {
	{ .rule = "-p ah -m ah --ahspi 500", .means = "one security association" },
	{ .rule = "-p ah -m ah ! --ahspi 0:255", .means = "no reserved index" },
	{ 0 },
};

static const struct example examples6[] = {
	{ .rule = "-m ah --ahspi 500 ! --ahlen 24", .means = "an association, with an odd length" },
	{ .rule = "-m ah --ahlen 24 --ahres",
	  .means = "24 bytes, and the reserved field is zero" },
	{ 0 },
};

/* Any index: ah_mt() of ipt_ah.c still wants the header. */
static enum answer match4(struct eval *e, const void *data, void *state)
{
	uint8_t spi[16];

	(void)data;
	(void)state;
	return field_read(e, FIELD_AH_SPI, spi);
}

static const struct ext ah4 = {
	.name = "ah", .kind = EXT_MATCH, .families = IN_V4, .size = sizeof(struct ipt_ah),
	.opts = opts4, .title = "ah ", .protos = (const uint8_t[]){ 51, 0 }, .implied = true,
	.effect = EFFECT_PURE,
	.summary = "security parameter index of the IPsec authentication header",
	.kconfig = "CONFIG_IP_NF_MATCH_AH", .examples = examples4,
	.match = match4, .one_is_its_field = true,
};
EXT_REGISTER(ah4);

/* ah_mt6() of ip6t_ah.c. */
static enum answer match6(struct eval *e, const void *data, void *state)
{
	const struct ip6t_ah *info = data;
	const uint8_t *h;
	uint32_t at, spi;
	enum answer there = ip6_header(e, IPPROTO_AH, &at);

	(void)state;
	if (there == ANSWER_YES)
		there = packet_header(e, at, 12, &h);
	if (there != ANSWER_YES)
		return there;
	spi = (uint32_t)ntohs(packet_be16(h + 4)) << 16 | ntohs(packet_be16(h + 6));
	return answer_of((spi >= info->spis[0] && spi <= info->spis[1]) !=
			 !!(info->invflags & IP6T_AH_INV_SPI) &&
			 (!info->hdrlen || (info->hdrlen == ip6_header_len(IPPROTO_AH, h)) !=
			  !!(info->invflags & IP6T_AH_INV_LEN)) &&
			 !(info->hdrres && (h[2] || h[3])));
}

static const struct ext ah6 = {
	.name = "ah", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_ah),
	.opts = opts6, .title = "ah ", .effect = EFFECT_PURE,
	.summary = "the IPsec authentication header: index, length, reserved field",
	.kconfig = "CONFIG_IP6_NF_MATCH_AH", .examples = examples6, .match = match6,
};
EXT_REGISTER(ah6);
