// SPDX-License-Identifier: GPL-2.0-or-later
/* -l of ipchains, -o of ipfwadm: a line in the log for each match. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)data;
	(void)state;
	if (!e->simulated && e->world->log)
		e->world->log(e->world->context, e, "", 0, 0, OLD_LOG_GROUP);
	return ANSWER_YES;
}

static const struct ext log_ = {
	.name = "old-log", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.effect = EFFECT_COUNTS, .match = match, .summary = "write a line to the log",
};
EXT_REGISTER(log_);
