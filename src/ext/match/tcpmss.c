// SPDX-License-Identifier: GPL-2.0-or-later
/* -m tcpmss: the maximum segment size that a SYN announces. */
#include <linux/netfilter/xt_tcpmss.h>

#include "ext/headers.h"
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

/* tcpmss_mt() of xt_tcpmss.c: an option of another length than four is stepped over. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	enum { KIND = 2, LEN = 4 };
	const struct xt_tcpmss_match_info *info = data;
	const uint8_t *o;
	uint32_t len;
	enum answer there = tcp_options(e, &o, &len);

	(void)state;
	if (there != ANSWER_YES)
		return there;
	for (uint32_t i = 0; i < len;) {
		uint16_t mss;

		if (o[i] == KIND && len - i >= LEN && o[i + 1] == LEN) {
			mss = (uint16_t)(o[i + 2] << 8 | o[i + 3]);
			return answer_of((mss >= info->mss_min && mss <= info->mss_max) !=
					 !!info->invert);
		}
		i += o[i] < 2 || i + 1 == len || !o[i + 1] ? 1 : o[i + 1];
	}
	return answer_of(info->invert);
}

static const struct ext tcpmss = {
	.name = "tcpmss", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_tcpmss_match_info), .opts = opts, .title = "tcpmss match",
	.protos = (const uint8_t[]){ 6, 0 }, .effect = EFFECT_PURE,
	.summary = "the maximum segment size that a SYN announces",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_TCPMSS", .examples = examples, .match = match,
};
EXT_REGISTER(tcpmss);
