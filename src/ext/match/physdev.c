// SPDX-License-Identifier: GPL-2.0-or-later
/* -m physdev: the ports of a bridge that a packet comes by and leaves by. */
#include <errno.h>

#include "ext/type/types.h"

#include <linux/netfilter/xt_physdev.h>

#define GIVEN(op) .given = BITS(struct xt_physdev_info, bitmask, XT_PHYSDEV_OP_##op), \
		  .invert = BITS(struct xt_physdev_info, invert, XT_PHYSDEV_OP_##op)

static const struct opt opts[] = {
	{ .name = "physdev-in", .type = &type_iface,
	  .at = SPANS(struct xt_physdev_info, physindev, in_mask), GIVEN(IN),
	  .list = "%!--physdev-in %v", .metavar = "inputname[+]",
	  .help = "bridge port name ([+] for wildcard)" },
	{ .name = "physdev-out", .type = &type_iface,
	  .at = SPANS(struct xt_physdev_info, physoutdev, out_mask), GIVEN(OUT),
	  .list = "%!--physdev-out %v", .metavar = "outputname[+]",
	  .help = "bridge port name ([+] for wildcard)" },
	{ .name = "physdev-is-in", GIVEN(ISIN), .list = "%!--physdev-is-in",
	  .help = "arrived on a bridge device" },
	{ .name = "physdev-is-out", GIVEN(ISOUT), .list = "%!--physdev-is-out",
	  .help = "will leave on a bridge device" },
	{ .name = "physdev-is-bridged", GIVEN(BRIDGED), .list = "%!--physdev-is-bridged",
	  .help = "it's a bridged packet" },
	{ 0 },
};

/* net/netfilter/xt_physdev.c, physdev_mt_check. */
static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_physdev_info *info = s->data;

	*errnum = EINVAL;
	if (info->bitmask & (XT_PHYSDEV_OP_OUT | XT_PHYSDEV_OP_ISOUT) &&
	    (!(info->bitmask & XT_PHYSDEV_OP_BRIDGED) || info->invert & XT_PHYSDEV_OP_BRIDGED) &&
	    s->hooks & HOOK_OUTPUT)
		return "for what leaves, a bridge has no port yet in OUTPUT";
	return NULL;
}

static const struct example examples[] = {
	{ .rule = "-m physdev --physdev-in eth+", .means = "came in by a wired port of a bridge" },
	{ .rule = "-m physdev --physdev-is-in ! --physdev-out tap0 --physdev-is-bridged",
	  .means = "goes through a bridge, not to tap0" },
	{ .rule = "-m physdev ! --physdev-is-out", .means = "will not leave by a bridge" },
	{ 0 },
};

static const struct ext physdev = {
	.name = "physdev", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_physdev_info), .opts = opts, .title = "PHYSDEV match",
	.shown = (const uint8_t[]){ 2, 0, 3, 1, 4, SHOWN_END }, .some = 0x1f,
	.some_text = "PHYSDEV: no physdev option specified", .effect = EFFECT_PURE,
	.refused = refused,
	.summary = "ports of a bridge", .kconfig = "CONFIG_NETFILTER_XT_MATCH_PHYSDEV",
	.manual = "The port out of a bridge is known for bridged packets only. Bridges pass "
		  "packets through here when br_netfilter says so "
		  "(net.bridge.bridge-nf-call-iptables).",
	.examples = examples,
};
EXT_REGISTER(physdev);
