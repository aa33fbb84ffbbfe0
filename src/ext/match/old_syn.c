// SPDX-License-Identifier: GPL-2.0-or-later
/* -y of ipchains: a request for a connection. */
#include "ext/old.h"

static const struct ext syn = {
	.name = "old-syn", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_syn), .effect = EFFECT_PURE,
	.summary = "TCP with SYN set, ACK and RST clear",
};
EXT_REGISTER(syn);
