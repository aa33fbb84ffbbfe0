// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports, or type and code of ICMP, of ipchains: one number or range each, may be inverted. */
#include "ext/old.h"

static const struct ext ports = {
	.name = "old-ports", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_ports), .effect = EFFECT_PURE,
	.summary = "source and destination port, or ICMP type and code",
};
EXT_REGISTER(ports);
