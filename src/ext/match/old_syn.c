// SPDX-License-Identifier: GPL-2.0-or-later
/* -y of ipchains: a request for a connection. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	struct ask ask;

	(void)state;
	old_syn_ask(data, &ask);
	return ask_answer(e, &ask);
}

static const struct ext syn = {
	.name = "old-syn", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_syn), .effect = EFFECT_PURE, .match = match,
	.summary = "TCP with SYN set, ACK and RST clear",
};
EXT_REGISTER(syn);
