// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports, or type and code of ICMP, of ipchains: one number or range each, may be inverted. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	struct ask asks[2];
	size_t n = old_ports_asks(data, asks);
	enum answer answer = ANSWER_YES;

	(void)state;
	for (size_t i = 0; i < n && answer == ANSWER_YES; i++)
		answer = ask_answer(e, &asks[i]);
	return answer;
}

static const struct ext ports = {
	.name = "old-ports", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_ports), .effect = EFFECT_PURE, .match = match,
	.summary = "source and destination port, or ICMP type and code",
};
EXT_REGISTER(ports);
