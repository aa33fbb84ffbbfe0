// SPDX-License-Identifier: GPL-2.0-or-later
/* -m length: how long the packet is, headers and all. */
#include <linux/netfilter/xt_length.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "length", .type = &type_range, .at = SPANS(struct xt_length_info, min, max),
	  .invert = BITS(struct xt_length_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .field = FIELD_LENGTH, .list = "length %n%v", .metavar = "length[:length]",
	  .help = "Match packet length against value or range\n"
		  "of values (inclusive)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m length --length 1500", .means = "packets that fill an Ethernet frame" },
	{ .rule = "-m length ! --length 28:1500", .means = "neither tiny nor jumbo" },
	{ .rule = "-m length --length 1001:", .means = "more than a thousand bytes",
	  .saved = "-m length --length 1001:65535" },
	{ 0 },
};

/* "ip length" of nft: in IPv4 the header says the same as length_mt() of xt_length.c reads. */
static bool raise_header(const struct part *part, enum family family, void *data)
{
	struct xt_length_info *info = data;
	const struct ask *a = &part->ask;

	(void)family;
	if (part->kind != PART_ASK || a->field != FIELD_IP_LENGTH ||
	    !opts->type->raise(opts, a, data))
		return false;
	info->invert = a->negate;
	return true;
}

static const struct ext length = {
	.name = "length", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_length_info), .opts = opts, .effect = EFFECT_PURE,
	.summary = "the length of the packet, headers and all",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_LENGTH", .examples = examples,
	.raise = raise_header,
};
EXT_REGISTER(length);
