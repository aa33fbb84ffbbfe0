// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CHECKSUM: fill in a checksum that hardware would have computed. */
#include <linux/netfilter/xt_CHECKSUM.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "checksum-fill", .list = "fill", .flags = OPT_MUST,
	  .given = BITS(struct xt_CHECKSUM_info, operation, XT_CHECKSUM_OP_FILL),
	  .help = "Fill in packet checksum." },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p udp -m udp --dport 68 -j CHECKSUM --checksum-fill",
	  .means = "answers of DHCP to guests whose old clients look at the checksum" },
	{ .rule = "-j CHECKSUM --checksum-fill", .means = "every packet" },
	{ 0 },
};

static const struct ext checksum = {
	.name = "CHECKSUM", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_CHECKSUM_info), .opts = opts, .title = "CHECKSUM",
	.tables = TABLE_MANGLE, .effect = EFFECT_COUNTS,
	.summary = "compute the checksum of a packet that has none yet",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CHECKSUM", .examples = examples, .act = act_nothing,
};
EXT_REGISTER(checksum);
