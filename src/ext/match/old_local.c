// SPDX-License-Identifier: GPL-2.0-or-later
/* What ipmasqadm autofw forwards is for an address of this host. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)data;
	(void)state;
	return old_local_answer(e);
}

static const struct ext local = {
	.name = "old-local", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.effect = EFFECT_PURE, .match = match, .summary = "packets for an address of this host",
};
EXT_REGISTER(local);
