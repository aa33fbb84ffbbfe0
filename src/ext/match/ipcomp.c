// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -m ipcomp: compressed packets (RFC 3173). Without an index it stands for all of them; the
 * reference loads the bare match as index 0 there, and saves it as that.
 */
#include <linux/netfilter/xt_ipcomp.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "ipcompspi", .type = &type_range, .at = SPAN(struct xt_ipcomp, spis),
	  .invert = BITS(struct xt_ipcomp, invflags, XT_IPCOMP_INV_SPI), .preset = "0:4294967295",
	  .field = FIELD_IPCOMP_CPI, .list = "%<spi%s:%n%v", .metavar = "spi[:spi]",
	  .help = "match spi (range)" },
	{ .name = "compres", .given = BITS(struct xt_ipcomp, hdrres, 1), .list = "reserved",
	  .flags = OPT_HIDDEN, .help = "check the reserved field too" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p ipcomp -m ipcomp", .means = "all compressed packets" },
	{ .rule = "-p ipcomp -m ipcomp --ipcompspi 2 --compres",
	  .means = "DEFLATE, and the flags are zero" },
	{ .rule = "-p ipcomp -m ipcomp ! --ipcompspi 0:255", .means = "negotiated algorithms" },
	{ 0 },
};

/* comp_mt() of xt_ipcomp.c, which never looks at --compres. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_ipcomp *info = data;
	uint8_t cpi[16];
	enum answer there = field_read(e, FIELD_IPCOMP_CPI, cpi);
	uint64_t value = field_uint(FIELD_IPCOMP_CPI, cpi);

	(void)state;
	return there != ANSWER_YES ? there :
	       answer_of((value >= info->spis[0] && value <= info->spis[1]) !=
			 !!(info->invflags & XT_IPCOMP_INV_SPI));
}

static const struct ext ipcomp = {
	.name = "ipcomp", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_ipcomp),
	.opts = opts, .title = "comp ", .protos = (const uint8_t[]){ 108, 0 }, .implied = true,
	.effect = EFFECT_PURE, .summary = "compression parameter index of compressed packets",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_IPCOMP", .examples = examples, .match = match,
};
EXT_REGISTER(ipcomp);
