// SPDX-License-Identifier: GPL-2.0-or-later
/* -b of ipfwadm: the rule is about packets in the other direction, too. */
#include "ext/old.h"

static const struct ext both = {
	.name = "old-both", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.effect = EFFECT_PURE,
	.summary = "packets there and back",
};
EXT_REGISTER(both);
