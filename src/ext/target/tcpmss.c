// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TCPMSS: the segment size that a SYN announces. */
#include <errno.h>
#include <linux/netfilter/xt_TCPMSS.h>

#include "ext/type/types.h"

/* What is left of 65535 bytes behind the IP header, as libxt_TCPMSS reckons. */
enum { MOST4 = 65515, MOST6 = 65495 };

#define OPTS(most, headers)                                                                  \
	{                                                                                    \
		{ .name = "set-mss", .type = &type_uint, .at = SPAN(struct xt_tcpmss_info, mss), \
		  .max = most,                                                             \
		  .help = "explicitly set MSS option to specified value" },                  \
		{ .name = "clamp-mss-to-pmtu",                          \
		  .given = MODE(struct xt_tcpmss_info, mss, XT_TCPMSS_CLAMP_PMTU, 0xffff),   \
		  .help = "automatically clamp MSS value to (path_MTU - " headers ")" },     \
		{ 0 },                                                                       \
	}
static const struct opt opts4[] = OPTS(MOST4, "20");
static const struct opt opts6[] = OPTS(MOST6, "40");

/* net/netfilter/xt_TCPMSS.c, tcpmss_tg4_check: a packet that came in has no path yet. */
static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_tcpmss_info *info = s->data;

	*errnum = EINVAL;
	if (info->mss == XT_TCPMSS_CLAMP_PMTU && s->hooks & (HOOK_PREROUTING | HOOK_INPUT))
		return "--clamp-mss-to-pmtu works only in FORWARD, OUTPUT and POSTROUTING";
	return NULL;
}

static void save(struct sink *sink, enum family family, const void *data)
{
	const struct xt_tcpmss_info *info = data;

	(void)family;
	if (info->mss == XT_TCPMSS_CLAMP_PMTU)
		sink_str(sink, " --clamp-mss-to-pmtu");
	else
		sink_printf(sink, " --set-mss %u", info->mss);
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_tcpmss_info *info = data;

	(void)family;
	(void)how;
	if (info->mss == XT_TCPMSS_CLAMP_PMTU)
		sink_str(sink, " TCPMSS clamp to PMTU");
	else
		sink_printf(sink, " TCPMSS set %u", info->mss);
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
	  .means = "no segment is larger than the path lets through" },
	{ .rule = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1400",
	  .means = "no segment is larger than 1400 bytes" },
	{ 0 },
};

static const struct ext tcpmss4 = {
	.name = "TCPMSS", .kind = EXT_TARGET, .families = IN_V4,
	.size = sizeof(struct xt_tcpmss_info),
	.opts = opts4, .some = BIT(0) | BIT(1),
	.some_text = "TCPMSS target: At least one parameter is required",
	.protos = (const uint8_t[]){ 6, 0 },
	.effect = EFFECT_COUNTS, .summary = "the segment size that a TCP connection begins with",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TCPMSS", .refused = refused,
	.save = save, .list = list,
	.examples = examples,
};
EXT_REGISTER(tcpmss4);

static const struct ext tcpmss6 = {
	.name = "TCPMSS", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct xt_tcpmss_info),
	.opts = opts6, .some = BIT(0) | BIT(1),
	.some_text = "TCPMSS target: At least one parameter is required",
	.protos = (const uint8_t[]){ 6, 0 },
	.effect = EFFECT_COUNTS, .summary = "the segment size that a TCP connection begins with",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TCPMSS", .refused = refused,
	.save = save, .list = list,
	.examples = examples,
};
EXT_REGISTER(tcpmss6);
