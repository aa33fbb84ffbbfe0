// SPDX-License-Identifier: GPL-2.0-or-later
/* -m devgroup: the group of the device that a packet came through or leaves by. */
#include <errno.h>
#include <linux/netfilter/xt_devgroup.h>

#include "ext/type/types.h"

#define INFO struct xt_devgroup_info

static const char groups[] = "/etc/iproute2/group";

static const struct opt opts[] = {
	{ .name = "src-group", .type = &type_mark_named, .at = SPANS(INFO, src_group, src_mask),
	  .given = BITS(INFO, flags, XT_DEVGROUP_MATCH_SRC),
	  .invert = BITS(INFO, flags, XT_DEVGROUP_INVERT_SRC), .names = groups,
	  .field = FIELD_IIFGROUP, .help = "Match device group of incoming device" },
	{ .name = "dst-group", .type = &type_mark_named, .at = SPANS(INFO, dst_group, dst_mask),
	  .given = BITS(INFO, flags, XT_DEVGROUP_MATCH_DST),
	  .invert = BITS(INFO, flags, XT_DEVGROUP_INVERT_DST), .names = groups,
	  .field = FIELD_OIFGROUP, .help = "Match device group of outgoing device" },
	{ 0 },
};

/* net/netfilter/xt_devgroup.c, devgroup_mt_checkentry. */
static const char *refused(const struct standing *s, int *errnum)
{
	const INFO *info = s->data;

	*errnum = EINVAL;
	if (info->flags & XT_DEVGROUP_MATCH_SRC && s->hooks & (HOOK_OUTPUT | HOOK_POSTROUTING))
		return "--src-group is not known in OUTPUT and POSTROUTING";
	if (info->flags & XT_DEVGROUP_MATCH_DST && s->hooks & (HOOK_PREROUTING | HOOK_INPUT))
		return "--dst-group is not known in PREROUTING and INPUT";
	return NULL;
}

static const struct example examples[] = {
	{ .rule = "-m devgroup --src-group 0x1 ! --dst-group 0x2",
	  .means = "from a device of group 1 to one that is not in group 2" },
	{ .rule = "-m devgroup ! --src-group 0x10/0xf0", .means = "the second digit is not 1" },
	{ 0 },
};

static const struct ext devgroup = {
	.name = "devgroup", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(INFO),
	.opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "devgroup match: You must specify either '--src-group' or '--dst-group'",
	.effect = EFFECT_PURE, .refused = refused,
	.summary = "groups of devices, as `ip link set DEV group N` makes them",
	.manual = "The incoming device is known in PREROUTING, INPUT and FORWARD, the outgoing one "
		  "in FORWARD, OUTPUT and POSTROUTING. Groups have names in /etc/iproute2/group.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_DEVGROUP", .examples = examples,
};
EXT_REGISTER(devgroup);
