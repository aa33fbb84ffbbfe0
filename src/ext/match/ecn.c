// SPDX-License-Identifier: GPL-2.0-or-later
/* -m ecn: explicit congestion notification (RFC 3168), two bits of IP and two flags of TCP. */
#include <errno.h>
#include <linux/netfilter/xt_ecn.h>
#include <netinet/in.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define GIVEN(bit) BITS(struct xt_ecn_info, operation, bit)
#define NOT(bit) BITS(struct xt_ecn_info, invert, bit)

static const struct opt opts[] = {
	{ .name = "ecn-tcp-cwr", .given = GIVEN(XT_ECN_OP_MATCH_CWR),
	  .invert = NOT(XT_ECN_OP_MATCH_CWR), .list = "%nCWR",
	  .help = "Match CWR bit of TCP header" },
	{ .name = "ecn-tcp-ece", .given = GIVEN(XT_ECN_OP_MATCH_ECE),
	  .invert = NOT(XT_ECN_OP_MATCH_ECE), .list = "%nECE",
	  .help = "Match ECE bit of TCP header" },
	{ .name = "ecn-ip-ect", .type = &type_uint, .at = SPAN(struct xt_ecn_info, ip_ect),
	  .max = 3, .given = GIVEN(XT_ECN_OP_MATCH_IP), .invert = NOT(XT_ECN_OP_MATCH_IP),
	  .field = FIELD_ECN, .list = "%nECT=%v", .metavar = "[0..3]",
	  .help = "Match ECN codepoint in IPv4/IPv6 header" },
	{ 0 },
};

/* net/netfilter/xt_ecn.c, ecn_mt_check4. */
static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_ecn_info *info = s->data;

	*errnum = EINVAL;
	if (info->operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR) &&
	    (s->head->proto != IPPROTO_TCP || s->head->invert & INVERT_PROTO))
		return "--ecn-tcp-ece and --ecn-tcp-cwr need -p tcp";
	return NULL;
}

static const struct example examples[] = {
	{ .rule = "-m ecn --ecn-ip-ect 3", .means = "packets that met congestion" },
	{ .rule = "-p tcp -m ecn ! --ecn-tcp-ece --ecn-tcp-cwr",
	  .means = "the sender has slowed down, and the receiver has seen it" },
	{ 0 },
};

static bool flag_fails(const struct xt_ecn_info *info, unsigned bit, bool set)
{
	return info->operation & bit && set == !!(info->invert & bit);
}

/* ecn_mt4() of xt_ecn.c. It looks behind a later fragment's header, too. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	enum { FLAGS = 13, ECE = 0x40, CWR = 0x80 };
	const struct xt_ecn_info *info = data;
	const uint8_t *h;
	enum answer there;

	(void)state;
	if (flag_fails(info, XT_ECN_OP_MATCH_IP, (packet_tos(e->packet) & 3) == info->ip_ect))
		return ANSWER_NO;
	if (!(info->operation & (XT_ECN_OP_MATCH_ECE | XT_ECN_OP_MATCH_CWR)))
		return ANSWER_YES;
	there = packet_bytes(e, e->packet->transport, 20, &h);
	if (there != ANSWER_YES)
		return there;
	return answer_of(!flag_fails(info, XT_ECN_OP_MATCH_ECE, h[FLAGS] & ECE) &&
			 !flag_fails(info, XT_ECN_OP_MATCH_CWR, h[FLAGS] & CWR));
}

static const struct ext ecn = {
	.name = "ecn", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_ecn_info),
	.opts = opts, .shown = (const uint8_t[]){ 1, 0, 2, SHOWN_END },
	.some = BIT(0) | BIT(1) | BIT(2), .some_text = "ECN match: some option required",
	.title = "ECN match", .effect = EFFECT_PURE,
	.summary = "explicit congestion notification in IP and TCP",
	.manual = "The flags of TCP need `-p tcp`.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_ECN", .refused = refused, .examples = examples,
	.match = match, .one_is_its_field = true,
};
EXT_REGISTER(ecn);
