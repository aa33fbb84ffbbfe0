// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame of port forwards: behind input, which judges the packet as it came, and in front of all
 * other translation of destinations. What forward skips, and why, is told by the connection's label.
 */
#include "kernel/frame_rules.h"

static const struct frame_chain chains[] = {
	{ "hook-portfw", "nat", -102, NF_INET_PRE_ROUTING },
	{ .name = NULL },
};

static const struct frame_rule rules[] = {
	RULE("hook-portfw", NULL, TO(JUMP, "portfw")),
	RULE("hook-portfw", NULL, TO(JUMP, "mfw")),
	RULE("hook-portfw", NULL, TO(JUMP, "autofw")),
	{ .chain = NULL },
};

static const struct frame_policy policies[] = { { .chain = NULL } };

const struct frame frame_portfw = {
	.dialect = DIALECT_PORTFW, .chains = chains, .rules = rules, .policies = policies,
};
