// SPDX-License-Identifier: GPL-2.0-or-later
/* -t of ipchains and ipfwadm: the Type of Service byte becomes (old AND a) XOR x. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_tos *tos = data;

	(void)state;
	if (!e->simulated)
		packet_set_tos(e->packet,
			       (uint8_t)((packet_tos(e->packet) & tos->and) ^ tos->xor));
	return ANSWER_YES;
}

static const struct ext tos = {
	.name = "old-tos", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_tos), .effect = EFFECT_COUNTS, .not_compared = true,
	.match = match,
	.summary = "change the Type of Service byte",
};
EXT_REGISTER(tos);
