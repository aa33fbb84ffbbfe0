// SPDX-License-Identifier: GPL-2.0-or-later
/* -j ULOG: NFLOG's forerunner. Linux 3.17 took it out; texts still hold it. */
#include "ext/type/types.h"

/* struct ipt_ulog_info of the kernels that had it; headers no longer do. */
struct ulog_info {
	unsigned int group;
	size_t copy_range, threshold;
	char prefix[32];
};

static const struct opt opts[] = {
	{ .name = "ulog-prefix", .type = &type_text, .at = SPAN(struct ulog_info, prefix), .min = 1,
	  .metavar = "prefix", .help = "Prefix log messages with this prefix." },
	{ .name = "ulog-nlgroup", .type = &type_bit, .at = SPAN(struct ulog_info, group),
	  .preset = "1", .metavar = "nlgroup", .help = "NETLINK group used for logging" },
	{ .name = "ulog-cprange", .type = &type_uint, .at = SPAN(struct ulog_info, copy_range),
	  .metavar = "size", .help = "Bytes of each packet to be passed" },
	{ .name = "ulog-qthreshold", .type = &type_uint, .at = SPAN(struct ulog_info, threshold),
	  .min = 1, .max = 50, .preset = "1", .metavar = "number",
	  .help = "Threshold of in-kernel queue" },
	{ 0 },
};

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct ulog_info *info = data;

	(void)family;
	(void)how;
	sink_printf(sink, " ULOG copy_range %zu nlgroup %d", info->copy_range,
		    __builtin_ffs((int)info->group));
	if (info->prefix[0])
		sink_printf(sink, " prefix \"%.*s\"", (int)sizeof(info->prefix), info->prefix);
	sink_printf(sink, " queue_threshold %zu", info->threshold);
}

static const struct example examples[] = {
	{ .rule = "-j ULOG --ulog-prefix in --ulog-nlgroup 5 --ulog-cprange 100 --ulog-qthreshold "
	  "20",
	  .means = "the first 100 bytes to group 5, twenty packets at once",
	  .before = "modprobe ipt_ULOG" },
	{ .rule = "-j ULOG", .means = "all of each packet to group 1",
	  .before = "modprobe ipt_ULOG" },
	{ 0 },
};

static const struct ext ulog = {
	.name = "ULOG", .kind = EXT_TARGET, .families = IN_V4, .size = sizeof(struct ulog_info),
	.opts = opts, .effect = EFFECT_COUNTS, .summary = "send a copy to a program (old)",
	.gone = "-j NFLOG does the same on any kernel", .kconfig = "CONFIG_IP_NF_TARGET_ULOG",
	.list = list, .examples = examples, .act = act_nothing,
};
EXT_REGISTER(ulog);
