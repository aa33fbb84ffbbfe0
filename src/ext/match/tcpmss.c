// SPDX-License-Identifier: GPL-2.0-or-later
/* -m tcpmss: the maximum segment size that a SYN announces. */
#include <linux/netfilter/xt_tcpmss.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "mss", .type = &type_range,
	  .at = SPANS(struct xt_tcpmss_match_info, mss_min, mss_max),
	  .invert = BITS(struct xt_tcpmss_match_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "%n%v", .help = "Match TCP MSS range.\n"
				  "(only valid for TCP SYN or SYN/ACK packets)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcpmss --mss 1461:65535", .means = "segments too long for Ethernet" },
	{ .rule = "-p tcp -m tcpmss ! --mss 1460", .means = "other than Ethernet's" },
	{ 0 },
};

static const struct ext tcpmss = {
	.name = "tcpmss", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_tcpmss_match_info), .opts = opts, .title = "tcpmss match",
	.protos = (const uint8_t[]){ 6, 0 }, .effect = EFFECT_PURE,
	.summary = "the maximum segment size that a SYN announces",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_TCPMSS", .examples = examples,
};
EXT_REGISTER(tcpmss);
