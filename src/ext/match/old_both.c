// SPDX-License-Identifier: GPL-2.0-or-later
/* -b of ipfwadm: the rule is about packets in the other direction, too. */
#include "ext/old.h"

static const struct ext both = {
	.name = "old-both", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.effect = EFFECT_PURE,
	.unknowable = "whether a packet fits a rule with -b is known to the kernel only",
	.summary = "packets there and back",
};
EXT_REGISTER(both);
