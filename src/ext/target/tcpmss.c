// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TCPMSS: the segment size that a SYN announces. */
#include <errno.h>
#include <linux/netfilter/xt_TCPMSS.h>
#include <string.h>

#include "ext/headers.h"
#include "ext/type/types.h"

/* What is left of 65535 bytes behind the IP header, as libxt_TCPMSS reckons. */
enum { MOST4 = 65515, MOST6 = 65495 };
/* The option; places in the TCP header. */
enum { KIND = 2, LEN = 4, TCP_HEADER = 20, DATA_OFFSET = 12, CHECKSUM = 16 };

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

/* The size that fits what a packet may have on both ways (tcpmss_reverse_mtu()). 0: it is not known. */
static uint32_t size_of_path(struct eval *e)
{
	uint32_t headers = e->family == FAMILY_IPV6 ? 60 : 40;
	int64_t mtu = e->world->path_mtu ? e->world->path_mtu(e->world->context, e) : -1;

	return mtu > headers ? (uint32_t)mtu - headers : 0;
}

/* The kernel sums as at an even place, also where the option is at an odd one, and the checksum wrong. */
static void set_size(struct packet *p, uint32_t at, uint16_t mss)
{
	be16 size = htons(mss), checksum = packet_be16(p->bytes + p->transport + CHECKSUM);

	checksum = checksum_update(checksum, p->bytes + at + 2, &size, 2);
	memcpy(p->bytes + at + 2, &size, 2);
	memcpy(p->bytes + p->transport + CHECKSUM, &checksum, 2);
}

/* No option there is: one in front of the others, of the least that everybody takes. */
static enum verdict insert(struct eval *e, const uint8_t *tcp, uint16_t mss)
{
	struct packet *p = e->packet;
	uint16_t least = e->family == FAMILY_IPV6 ? 1220 : 536;
	uint16_t len = (uint16_t)(p->len - p->transport);
	be16 lengths[2] = { htons(len), htons((uint16_t)(len + LEN)) }, checksum;
	uint8_t option[LEN] = { KIND, LEN }, none[LEN] = { 0 }, words[2][2];

	mss = mss < least ? mss : least;
	option[2] = (uint8_t)(mss >> 8);
	option[3] = (uint8_t)mss;
	memcpy(words[0], tcp + DATA_OFFSET, 2);
	memcpy(words[1], tcp + DATA_OFFSET, 2);
	words[1][0] = (uint8_t)(words[1][0] + 0x10);
	/* By difference: what was wrong stays so. */
	checksum = checksum_update(packet_be16(tcp + CHECKSUM), &lengths[0], &lengths[1], 2);
	checksum = checksum_update(checksum, none, option, LEN);
	checksum = checksum_update(checksum, words[0], words[1], 2);
	if (!packet_splice(p, p->transport + TCP_HEADER, 0, option, LEN))
		return VERDICT_DROP;
	memcpy(p->bytes + p->transport + DATA_OFFSET, words[1], 2);
	memcpy(p->bytes + p->transport + CHECKSUM, &checksum, 2);
	return VERDICT_NONE;
}

/* tcpmss_mangle_packet() of xt_TCPMSS.c: a size is never made larger. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_tcpmss_info *info = data;
	const struct packet *p = e->packet;
	uint32_t len, mss = info->mss;
	const uint8_t *o;
	enum answer there;

	(void)state;
	if (p->fragment)
		return VERDICT_NONE;
	there = tcp_options(e, &o, &len);
	if (there == ANSWER_NO)
		return VERDICT_DROP;
	if (info->mss == XT_TCPMSS_CLAMP_PMTU)
		mss = size_of_path(e);
	if (there != ANSWER_YES || !mss || e->simulated)
		return VERDICT_NONE;
	mss = mss < UINT16_MAX ? mss : UINT16_MAX;
	for (uint32_t i = 0; i + LEN <= len; i += o[i] <= 1 || !o[i + 1] ? 1 : o[i + 1]) {
		if (o[i] != KIND || o[i + 1] != LEN)
			continue;
		if ((uint32_t)(o[i + 2] << 8 | o[i + 3]) > mss)
			set_size(e->packet, (uint32_t)(o + i - p->bytes), (uint16_t)mss);
		return VERDICT_NONE;
	}
	if (p->len - p->transport > len + TCP_HEADER || len + TCP_HEADER >= 60)
		return VERDICT_NONE;
	return insert(e, o - TCP_HEADER, (uint16_t)mss);
}

static const struct ext tcpmss4 = {
	.name = "TCPMSS", .kind = EXT_TARGET, .families = IN_V4,
	.size = sizeof(struct xt_tcpmss_info),
	.opts = opts4, .some = BIT(0) | BIT(1),
	.some_text = "TCPMSS target: At least one parameter is required",
	.protos = (const uint8_t[]){ 6, 0 },
	.effect = EFFECT_COUNTS, .summary = "the segment size that a TCP connection begins with",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TCPMSS", .refused = refused,
	.save = save, .list = list,
	.examples = examples, .act = act,
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
	.examples = examples, .act = act,
};
EXT_REGISTER(tcpmss6);
