// SPDX-License-Identifier: GPL-2.0-or-later
/* -j ECN: bits of Explicit Congestion Notification, mostly to take them away. */
#include <linux/netfilter_ipv4/ipt_ECN.h>

#include "ext/headers.h"
#include "ext/type/types.h"

enum { ECE = 1, CWR = 2, BOTH = IPT_ECN_OP_SET_ECE | IPT_ECN_OP_SET_CWR };

static const struct name ece_values[] = { { "0", 0 }, { "1", ECE }, { 0 } };
static const struct name cwr_values[] = { { "0", 0 }, { "1", CWR }, { 0 } };

#define SETS(what) BITS(struct ipt_ECN_info, operation, what)
#define TCP_BITS SPAN(struct ipt_ECN_info, proto)

static const struct opt opts[] = {
	{ .name = "ecn-tcp-remove", .type = &type_constant, .at = TCP_BITS, .given = SETS(BOTH),
	  .flags = OPT_ALIAS, .excludes = BIT(1) | BIT(2),
	  .help = "Remove all ECN bits from TCP header" },
	{ .name = "ecn-tcp-cwr", .type = &type_name_masked, .at = TCP_BITS,
	  .given = SETS(IPT_ECN_OP_SET_CWR), .max = CWR, .names = cwr_values, .flags = OPT_HIDDEN,
	  .excludes = BIT(0), .list = "CWR=%v",
	  .bad = "ECN: bad value for option \"--ecn-tcp-cwr\", or out of range (0-1).\n",
	  .help = "Set the CWR bit of the TCP header" },
	{ .name = "ecn-tcp-ece", .type = &type_name_masked, .at = TCP_BITS,
	  .given = SETS(IPT_ECN_OP_SET_ECE), .max = ECE, .names = ece_values, .flags = OPT_HIDDEN,
	  .excludes = BIT(0), .list = "ECE=%v",
	  .bad = "ECN: bad value for option \"--ecn-tcp-ece\", or out of range (0-1).\n",
	  .help = "Set the ECE bit of the TCP header" },
	{ .name = "ecn-ip-ect", .type = &type_uint, .at = SPAN(struct ipt_ECN_info, ip_ect),
	  .given = SETS(IPT_ECN_OP_SET_IP), .max = 3, .flags = OPT_HIDDEN,
	  .list = "ECT codepoint=%v", .help = "Set the code point of the IP header" },
	{ 0 },
};

static bool removes(const struct ipt_ECN_info *info)
{
	return info->operation == BOTH && !info->proto.tcp.ece && !info->proto.tcp.cwr;
}

static void save(struct sink *sink, enum family family, const void *data)
{
	const struct ipt_ECN_info *info = data;

	(void)family;
	if (removes(info)) {
		sink_str(sink, " --ecn-tcp-remove");
		return;
	}
	if (info->operation & IPT_ECN_OP_SET_ECE)
		sink_printf(sink, " --ecn-tcp-ece %u", info->proto.tcp.ece);
	if (info->operation & IPT_ECN_OP_SET_CWR)
		sink_printf(sink, " --ecn-tcp-cwr %u", info->proto.tcp.cwr);
	if (info->operation & IPT_ECN_OP_SET_IP)
		sink_printf(sink, " --ecn-ip-ect %u", info->ip_ect);
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct ipt_ECN_info *info = data;

	(void)family;
	(void)how;
	sink_str(sink, " ECN");
	if (removes(info)) {
		sink_str(sink, " TCP remove");
		return;
	}
	if (info->operation & IPT_ECN_OP_SET_ECE)
		sink_printf(sink, " ECE=%u", info->proto.tcp.ece);
	if (info->operation & IPT_ECN_OP_SET_CWR)
		sink_printf(sink, " CWR=%u", info->proto.tcp.cwr);
	if (info->operation & IPT_ECN_OP_SET_IP)
		sink_printf(sink, " ECT codepoint=%u", info->ip_ect);
}

static const struct example examples[] = {
	{ .rule = "-p tcp -j ECN --ecn-tcp-remove", .means = "for paths that break on these bits" },
	{ .rule = "-p tcp -j ECN --ecn-tcp-ece 1 --ecn-tcp-cwr 0 --ecn-ip-ect 3",
	  .means = "each bit by itself" },
	{ 0 },
};

/* ecn_tg() of ipt_ECN.c. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	enum { FLAG_ECE = 0x40, FLAG_CWR = 0x80 };
	const struct ipt_ECN_info *info = data;
	const uint8_t *h;
	uint8_t word[2];

	(void)state;
	if (info->operation & IPT_ECN_OP_SET_IP)
		packet_set_tos(e->packet, (uint8_t)((packet_tos(e->packet) & ~IPT_ECN_IP_MASK) |
						    (info->ip_ect & IPT_ECN_IP_MASK)));
	if (!(info->operation & BOTH) || e->packet->proto != IPPROTO_TCP)
		return VERDICT_NONE;
	if (packet_bytes(e, e->packet->transport, 20, &h) != ANSWER_YES)
		return VERDICT_DROP;
	memcpy(word, h + 12, 2);
	if (info->operation & IPT_ECN_OP_SET_ECE)
		word[1] = (uint8_t)((word[1] & ~FLAG_ECE) | (info->proto.tcp.ece ? FLAG_ECE : 0));
	if (info->operation & IPT_ECN_OP_SET_CWR)
		word[1] = (uint8_t)((word[1] & ~FLAG_CWR) | (info->proto.tcp.cwr ? FLAG_CWR : 0));
	packet_set_bytes(e->packet, e->packet->transport + 12, word, 2);
	return VERDICT_NONE;
}

static const struct ext ecn = {
	.name = "ECN", .kind = EXT_TARGET, .families = IN_V4, .size = sizeof(struct ipt_ECN_info),
	.opts = opts, .some = BIT(0) | BIT(1) | BIT(2) | BIT(3),
	.some_text = "ECN target: An operation is required", .tables = TABLE_MANGLE,
	.effect = EFFECT_COUNTS, .summary = "change the bits of Explicit Congestion Notification",
	.kconfig = "CONFIG_IP_NF_TARGET_ECN", .save = save, .list = list, .examples = examples,
	.act = act,
};
EXT_REGISTER(ecn);
