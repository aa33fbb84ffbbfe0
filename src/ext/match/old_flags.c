// SPDX-License-Identifier: GPL-2.0-or-later
/* -k and -y of ipfwadm: about TCP packets, whatever else the rule is about. */
#include "ext/old.h"

enum { PROTO_TCP = 6, FLAG_SYN = 2, FLAG_ACK = 16 };

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_flags *f = data;
	enum answer answer = ANSWER_YES;
	struct ask ask;

	(void)state;
	if (e->packet->proto != PROTO_TCP)
		return ANSWER_YES;
	if (f->ack) {
		ask_masked_uint(&ask, FIELD_TCP_FLAGS, FLAG_ACK, FLAG_ACK);
		answer = ask_answer(e, &ask);
	}
	if (answer == ANSWER_YES && f->syn) {
		ask_masked_uint(&ask, FIELD_TCP_FLAGS, FLAG_SYN, FLAG_SYN | FLAG_ACK);
		answer = ask_answer(e, &ask);
	}
	return answer;
}

static const struct ext flags = {
	.name = "old-flags", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_flags), .effect = EFFECT_PURE, .match = match,
	.summary = "TCP packets with ACK, or with SYN and without ACK",
};
EXT_REGISTER(flags);
