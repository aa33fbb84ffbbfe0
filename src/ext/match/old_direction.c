// SPDX-License-Identifier: GPL-2.0-or-later
/* in and out of ipfwadm's accounting. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>

#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_direction *d = data;

	(void)state;
	return answer_of((e->hook != NF_INET_PRE_ROUTING) == d->out);
}

static const struct ext direction = {
	.name = "old-direction", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_direction), .effect = EFFECT_PURE, .match = match,
	.summary = "packets that arrive, or that leave",
};
EXT_REGISTER(direction);
