// SPDX-License-Identifier: GPL-2.0-or-later
/* -o of ipchains: a copy of the packet, or of its start, to user space. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)data;
	(void)state;
	if (!e->simulated && e->world->log)
		e->world->log(e->world->context, e, "", 0, 0, OLD_COPY_GROUP);
	return ANSWER_YES;
}

static const struct ext copy = {
	.name = "old-copy", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_copy), .effect = EFFECT_COUNTS, .match = match,
	.summary = "copy the packet to a program that listens",
};
EXT_REGISTER(copy);
