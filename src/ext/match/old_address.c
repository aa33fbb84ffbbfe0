// SPDX-License-Identifier: GPL-2.0-or-later
/* -V of ipfwadm: the device with this address. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_address *a = data;

	(void)state;
	return old_device_answer(e, a->device);
}

static const struct ext address = {
	.name = "old-address", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_address), .effect = EFFECT_PURE, .match = match,
	.summary = "the device with an address",
};
EXT_REGISTER(address);
