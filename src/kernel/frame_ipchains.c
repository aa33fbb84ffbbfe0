// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame of ipchains. The order is explained in doc/dialects.md; `nft list table ip ipchains`
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
	{ "hook-input", "filter", -152, NF_INET_PRE_ROUTING },
	{ "end-input", "filter", -151, NF_INET_PRE_ROUTING },
	{ "nat-redirect", "nat", -101, NF_INET_PRE_ROUTING },
	{ "hook-forward", "filter", -3, NF_INET_FORWARD },
	{ "hook-routed", "filter", -2, NF_INET_FORWARD },
	{ "end-forward", "filter", -1, NF_INET_FORWARD },
	{ "nat-masquerade", "nat", 99, NF_INET_POST_ROUTING },
	{ "hook-output", "filter", 110, NF_INET_POST_ROUTING },
	{ "end-output", "filter", 111, NF_INET_POST_ROUTING },
	{ .name = NULL },
};

static const struct frame_rule rules[] = {
	RULE("send-reject", NULL, OF(SET_NOTE, NOTE_REJECT), DO(ACCEPT)),

	RULE("mark-masq", "where it is no forwarding, MASQ is ACCEPT", DO(ARRIVING), DO(ACCEPT)),
	RULE("mark-masq", NULL, DO(LOCAL), DO(ACCEPT)),
	RULE("mark-masq", NULL, OF(LABEL, OLD_LABEL_OUTPUT), DO(ACCEPT)),
	FRAME_MASQ,

	FRAME_INPUT,
	RULE("end-input", "REJECT", OF(NOTE, NOTE_REJECT), OF(REJECT, OLD_PORT_UNREACH)),

	FRAME_FORWARD,

	RULE("hook-routed", "REJECT in forward", OF(NOTE, NOTE_REJECT),
	     OF(REJECT, OLD_HOST_UNREACH)),
	RULE("judge-output", "behind forward", DO(ROUTED), OF(STATE, NF_CT_STATE_BIT(IP_CT_NEW)),
	     OF(SET_LABEL, OLD_LABEL_OUTPUT)),
	FRAME_OUTPUT,
	RULE("end-output", "REJECT of what is made here", OF(NOTE, NOTE_REJECT), DO(DROP)),
	{ .chain = NULL },
};

static const struct frame_policy policies[] = { FRAME_POLICIES };

const struct frame frame_ipchains = {
	.dialect = DIALECT_IPCHAINS, .chains = chains, .rules = rules, .policies = policies,
	.map = "redirect-ports", .masquerades = true,
};
