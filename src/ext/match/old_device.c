// SPDX-License-Identifier: GPL-2.0-or-later
/* -i of ipchains in a user chain: the device that the calling built-in chain is about. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_device *d = data;
	enum answer answer = old_device_answer(e, d->name);

	(void)state;
	return d->inverted ? answer_not(answer) : answer;
}

static const struct ext device = {
	.name = "old-device", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_device), .effect = EFFECT_PURE, .match = match,
	.summary = "the device a packet arrived by, or behind routing the one it leaves by",
};
EXT_REGISTER(device);
