// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ipmasqadm mfw forwards: TCP and UDP for an address of this host, marked by a rule of input.
 */
#include <netinet/in.h>

#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_marked *m = data;

	(void)state;
	if (e->packet->proto != IPPROTO_TCP && e->packet->proto != IPPROTO_UDP)
		return ANSWER_NO;
	if (!(e->meta->known & KNOWN_MARK))
		return eval_unknown(e, "the packet's mark is not known");
	if (e->meta->mark != m->mark)
		return ANSWER_NO;
	return old_local_answer(e);
}

static const struct ext marked = {
	.name = "old-marked", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_marked), .effect = EFFECT_PURE, .match = match,
	.summary = "TCP and UDP for this host with a mark",
};
EXT_REGISTER(marked);
