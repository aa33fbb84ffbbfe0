// SPDX-License-Identifier: GPL-2.0-or-later
/* -m realm: the realm that the routing table puts on a packet's route. */
#include <linux/netfilter/xt_realm.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "realm", .type = &type_mark_named, .at = SPANS(struct xt_realm_info, id, mask),
	  .invert = BITS(struct xt_realm_info, invert, 1), .names = "/etc/iproute2/rt_realms",
	  .flags = OPT_MUST | OPT_ALWAYS, .field = FIELD_RTCLASSID, .help = "Match realm" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m realm --realm 0x300", .means = "routes of realm 768" },
	{ .rule = "-m realm ! --realm 0x10/0xf0", .means = "realms whose second digit is not 1" },
	{ 0 },
};

static const struct ext realm = {
	.name = "realm", .kind = EXT_MATCH, .families = IN_V4, .size = sizeof(struct xt_realm_info),
	.opts = opts, .effect = EFFECT_PURE,
	.hooks = HOOK_INPUT | HOOK_FORWARD | HOOK_OUTPUT | HOOK_POSTROUTING,
	.summary = "the routing realm", .kconfig = "CONFIG_NETFILTER_XT_MATCH_REALM",
	.manual = "Names of realms are those of /etc/iproute2/rt_realms.", .examples = examples,
};
EXT_REGISTER(realm);
