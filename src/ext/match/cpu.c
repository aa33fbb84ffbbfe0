// SPDX-License-Identifier: GPL-2.0-or-later
/* -m cpu: the processor that handles the packet. */
#include <linux/netfilter/xt_cpu.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "cpu", .type = &type_uint, .at = SPAN(struct xt_cpu_info, cpu),
	  .invert = BITS(struct xt_cpu_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .field = FIELD_CPU, .list = "cpu %!%v", .metavar = "number", .help = "Match CPU number" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m cpu --cpu 0", .means = "packets that the first processor handles" },
	{ .rule = "-m cpu ! --cpu 0", .means = "all that others handle" },
	{ 0 },
};

static const struct ext cpu = {
	.name = "cpu", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_cpu_info),
	.opts = opts, .effect = EFFECT_PURE, .summary = "the processor that handles the packet",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CPU", .examples = examples,
};
EXT_REGISTER(cpu);
