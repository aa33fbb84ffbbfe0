// SPDX-License-Identifier: GPL-2.0-or-later
/* -k and -y of ipfwadm: about TCP packets, whatever else the rule is about. */
#include "ext/old.h"

static const struct ext flags = {
	.name = "old-flags", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_flags), .effect = EFFECT_PURE,
	.summary = "TCP packets with ACK, or with SYN and without ACK",
};
EXT_REGISTER(flags);
