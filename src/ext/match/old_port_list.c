// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports of ipfwadm: up to ten, with a range on each side; types of ICMP. */
#include "ext/old.h"

static const struct ext port_list = {
	.name = "old-port-list", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_port_list), .effect = EFFECT_PURE,
	.summary = "one of several ports, or types of ICMP",
};
EXT_REGISTER(port_list);
