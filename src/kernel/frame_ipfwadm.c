// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame of ipfwadm. The order is explained in doc/dialects.md; `nft list table ip ipfwadm`
 * shows it as it stands here.
 */
#include "kernel/frame_rules.h"

static const struct frame_chain chains[] = {
	{ .name = "send-reject" },
	{ .name = "mark-masq" },
	{ .name = "policy-input" },
	{ .name = "policy-forward" },
	{ .name = "policy-output" },
	{ .name = "judge-output" },
	{ "hook-acct-in", "filter", -155, NF_INET_PRE_ROUTING },
	{ "hook-input", "filter", -154, NF_INET_PRE_ROUTING },
	{ "nat-redirect", "nat", -101, NF_INET_PRE_ROUTING },
	{ "hook-forward", "filter", -6, NF_INET_FORWARD },
	{ "hook-routed", "filter", -5, NF_INET_FORWARD },
	{ "end-forward", "filter", -4, NF_INET_FORWARD },
	{ "nat-masquerade", "nat", 99, NF_INET_POST_ROUTING },
	{ "hook-output", "filter", 112, NF_INET_POST_ROUTING },
	{ "end-output", "filter", 113, NF_INET_POST_ROUTING },
	{ "hook-acct-out", "filter", 114, NF_INET_POST_ROUTING },
	{ .name = NULL },
};

static const struct frame_rule rules[] = {
	RULE("send-reject", NULL, OF(SET_NOTE, NOTE_REJECT), DO(ACCEPT)),

	FRAME_MASQ,

	RULE("hook-acct-in", NULL, TO(JUMP, "acct")),
	RULE("hook-acct-out", NULL, TO(JUMP, "acct")),

	FRAME_INPUT,

	FRAME_FORWARD,

	FRAME_OUTPUT,
	RULE("end-output", "reject of what is made here", OF(NOTE, NOTE_REJECT), DO(DROP)),
	{ .chain = NULL },
};

static const struct frame_policy policies[] = { FRAME_POLICIES };

const struct frame frame_ipfwadm = {
	.dialect = DIALECT_IPFWADM, .chains = chains, .rules = rules, .policies = policies,
	.map = "redirect-ports", .masquerades = true,
};
