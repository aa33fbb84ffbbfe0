// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TRACE: have every rule that the packet meets reported. In the kernel: `meta nftrace set 1`. */
#include "ext/ext.h"

static bool lower(const void *data, struct part *part)
{
	(void)data;
	part->kind = PART_TRACE;
	return true;
}

static bool raise_trace(const struct part *part, enum family family, void *data)
{
	(void)family;
	(void)data;
	return part->kind == PART_TRACE;
}

static const struct example examples[] = {
	{ .rule = "-j TRACE", .means = "trace every packet" },
	{ .rule = "-s 192.0.2.1/32 -j TRACE", .means = "trace one host", .families = IN_V4 },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)data;
	(void)state;
	e->meta->traced = true;
	return VERDICT_NONE;
}

static const struct ext trace = {
	.name = "TRACE", .kind = EXT_TARGET, .families = IN_BOTH, .effect = EFFECT_COUNTS,
	.native = true, .summary = "report every rule that the packet meets from here on",
	.manual = "The report is read with xtables-monitor --trace, nft monitor trace or ours.",
	.kconfig = "CONFIG_NF_TABLES", .lower = lower, .raise = raise_trace, .examples = examples,
	.act = act,
};
EXT_REGISTER(trace);
