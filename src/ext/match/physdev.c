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

static bool fits(const char *name, const char *wanted, const char *mask)
{
	for (int i = 0; i < IFNAMSIZ; i++)
		if ((name[i] ^ wanted[i]) & mask[i])
			return false;
	return true;
}

static bool flag_fails(const struct xt_physdev_info *info, unsigned bit, bool set)
{
	return info->bitmask & bit && set == !!(info->invert & bit);
}

/* Made here, or come by a device that is no bridge. */
static bool is_without_ports(const struct eval *e)
{
	const struct world *w = e->world;

	return e->meta->known & KNOWN_IN &&
	       (!*e->meta->in || (w->is_bridge &&
				  w->is_bridge(w->context, e->meta->in) == ANSWER_NO));
}

/*
 * physdev_mt() of xt_physdev.c. Without ports, what is asked must be negated, and then it holds. A
 * bridged packet without a port in, however, passes any --physdev-in.
 */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_physdev_info *info = data;
	const char *in = e->meta->bridge_in, *out = e->meta->bridge_out;

	(void)state;
	if (!(e->meta->known & KNOWN_BRIDGE) && !is_without_ports(e))
		return eval_unknown(e, "the ports of a bridge are not known");
	if (!*in && !*out)
		return answer_of(!(info->bitmask & ~info->invert));
	if (flag_fails(info, XT_PHYSDEV_OP_BRIDGED, *out) ||
	    flag_fails(info, XT_PHYSDEV_OP_ISIN, *in) ||
	    flag_fails(info, XT_PHYSDEV_OP_ISOUT, *out) ||
	    (*in && flag_fails(info, XT_PHYSDEV_OP_IN, fits(in, info->physindev, info->in_mask))))
		return ANSWER_NO;
	if (!(info->bitmask & XT_PHYSDEV_OP_OUT))
		return ANSWER_YES;
	return answer_of(*out && !flag_fails(info, XT_PHYSDEV_OP_OUT,
					     fits(out, info->physoutdev, info->out_mask)));
}

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
	.examples = examples, .match = match,
};
EXT_REGISTER(physdev);
