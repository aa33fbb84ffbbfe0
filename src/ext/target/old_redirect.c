// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * REDIRECT of ipchains and -r of ipfwadm: accept, and deliver to a port of this machine. The port
 * waits in the packet's priority for the translation, which follows in the same hook.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>

#include "ext/old.h"

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct old_redirect *r = data;

	(void)state;
	if (!e->simulated && e->hook == NF_INET_PRE_ROUTING) {
		e->meta->priority = (uint32_t)NOTE_REDIRECT << 16 | r->port;
		e->meta->known |= KNOWN_PRIORITY;
	}
	return VERDICT_ACCEPT;
}

static const struct ext redirect = {
	.name = "old-redirect", .kind = EXT_TARGET, .families = IN_V4, .old = true,
	.size = sizeof(struct old_redirect), .effect = EFFECT_ENDS, .act = act,
	.summary = "accept, and deliver to a port of this machine",
};
EXT_REGISTER(redirect);
