// SPDX-License-Identifier: GPL-2.0-or-later
/* -V of ipfwadm: the device with this address. */
#include "ext/old.h"

static const struct ext address = {
	.name = "old-address", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_address), .effect = EFFECT_PURE,
	.summary = "the device with an address",
};
EXT_REGISTER(address);
