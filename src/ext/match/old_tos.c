// SPDX-License-Identifier: GPL-2.0-or-later
/* -t of ipchains and ipfwadm: the Type of Service byte becomes (old AND a) XOR x. */
#include "ext/old.h"

static const struct ext tos = {
	.name = "old-tos", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_tos), .effect = EFFECT_COUNTS, .not_compared = true,
	.summary = "change the Type of Service byte",
};
EXT_REGISTER(tos);
