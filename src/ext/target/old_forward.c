// SPDX-License-Identifier: GPL-2.0-or-later
/* A port forward of ipmasqadm: to an inside host, in turns with others of the same key. */
#include "ext/old.h"

static const struct ext forward = {
	.name = "old-forward", .kind = EXT_TARGET, .families = IN_V4, .old = true,
	.size = sizeof(struct old_forward), .effect = EFFECT_ENDS,
	.summary = "accept, and deliver to an inside host",
};
EXT_REGISTER(forward);
