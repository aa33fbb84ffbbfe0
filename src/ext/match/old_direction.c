// SPDX-License-Identifier: GPL-2.0-or-later
/* in and out of ipfwadm's accounting. */
#include "ext/old.h"

static const struct ext direction = {
	.name = "old-direction", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_direction), .effect = EFFECT_PURE,
	.summary = "packets that arrive, or that leave",
};
EXT_REGISTER(direction);
