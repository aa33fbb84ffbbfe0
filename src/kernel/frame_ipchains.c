// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The frame of ipchains. The order is explained in doc/dialects.md; `nft list table ip ipchains`
 * shows it as it stands here.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

#include "ext/old.h"
#include "kernel/frame.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PORT_FTP = 21 };

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

#define RULE(chain_, comment_, ...) \
	{ .chain = (chain_), .comment = (comment_), \
	  .steps = (const struct step[]){ __VA_ARGS__, { .kind = STEP_END } } }
#define DO(step) { .kind = STEP_##step }
#define OF(step, n_) { .kind = STEP_##step, .n = (n_) }
#define TO(step, name_) { .kind = STEP_##step, .name = (name_) }

static const struct frame_rule rules[] = {
	RULE("send-reject", NULL, OF(SET_NOTE, NOTE_REJECT), DO(ACCEPT)),

	RULE("mark-masq", "where it is no forwarding, MASQ is ACCEPT", DO(ARRIVING), DO(ACCEPT)),
	RULE("mark-masq", NULL, OF(PROTO, PROTO_TCP), TO(TIMEOUT, "masq-tcp")),
	RULE("mark-masq", NULL, OF(PROTO, PROTO_UDP), TO(TIMEOUT, "masq-udp")),
	RULE("mark-masq", NULL, OF(PROTO, PROTO_TCP), OF(PORT, PORT_FTP),
	     TO(HELPER, "masq-ftp")),
	RULE("mark-masq", NULL, DO(SET_LABEL), DO(ACCEPT)),

	RULE("hook-input", NULL, TO(JUMP, "input")),
	RULE("hook-input", NULL, TO(GOTO, "policy-input")),
	RULE("end-input", "REJECT", OF(NOTE, NOTE_REJECT), OF(REJECT, OLD_PORT_UNREACH)),

	RULE("nat-redirect", NULL, OF(NOTE, (uint32_t)NOTE_REDIRECT << 16), DO(REDIRECT)),
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_TCP), TO(REDIRECT, "redirect-ports")),
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_UDP), TO(REDIRECT, "redirect-ports")),

	RULE("hook-forward", "replies of masqueraded flows", DO(LABEL), OF(STATUS, IPS_SRC_NAT),
	     OF(DIRECTION, IP_CT_DIR_REPLY), DO(ACCEPT)),
	RULE("hook-forward", "ICMP errors about them", DO(LABEL), OF(PROTO, PROTO_ICMP),
	     OF(STATE, NF_CT_STATE_BIT(IP_CT_RELATED)), DO(ACCEPT)),
	RULE("hook-forward", "flows that came to the address of a masqueraded one",
	     OF(STATUS, IPS_EXPECTED | IPS_DST_NAT), OF(DIRECTION, IP_CT_DIR_ORIGINAL),
	     DO(ACCEPT)),
	RULE("hook-forward", NULL, TO(JUMP, "forward")),
	RULE("hook-forward", NULL, TO(GOTO, "policy-forward")),

	RULE("hook-routed", "REJECT in forward", OF(NOTE, NOTE_REJECT),
	     OF(REJECT, OLD_HOST_UNREACH)),
	RULE("hook-routed", NULL, DO(MULTICAST), DO(ACCEPT)),
	RULE("hook-routed", "output sees these with their new source", DO(LABEL),
	     OF(DIRECTION, IP_CT_DIR_ORIGINAL), DO(ACCEPT)),
	RULE("hook-routed", NULL, TO(GOTO, "judge-output")),
	RULE("end-forward", "REJECT in output", OF(NOTE, NOTE_REJECT),
	     OF(REJECT, OLD_HOST_UNREACH)),

	RULE("nat-masquerade", NULL, DO(LABEL), OF(PROTO, PROTO_TCP), OF(MASQUERADE, 1)),
	RULE("nat-masquerade", NULL, DO(LABEL), OF(PROTO, PROTO_UDP), OF(MASQUERADE, 1)),
	RULE("nat-masquerade", NULL, DO(LABEL), DO(MASQUERADE)),

	RULE("hook-output", NULL, DO(LOCAL), TO(GOTO, "judge-output")),
	RULE("hook-output", NULL, DO(MULTICAST), TO(GOTO, "judge-output")),
	RULE("hook-output", NULL, DO(LABEL), OF(DIRECTION, IP_CT_DIR_ORIGINAL),
	     TO(GOTO, "judge-output")),
	RULE("judge-output", NULL, TO(JUMP, "output")),
	RULE("judge-output", NULL, TO(GOTO, "policy-output")),
	RULE("end-output", "REJECT of what is made here", OF(NOTE, NOTE_REJECT), DO(DROP)),
	{ .chain = NULL },
};

static const struct frame_policy policies[] = {
	{ .chain = "input", .policy_chain = "policy-input", .reject = OLD_PORT_UNREACH },
	{ .chain = "forward", .policy_chain = "policy-forward", .reject = OLD_HOST_UNREACH,
	  .masq_chain = "mark-masq" },
	{ .chain = "output", .policy_chain = "policy-output", .reject = FRAME_NO_CODE,
	  .reject_chain = "send-reject" },
	{ .chain = NULL },
};

const struct frame frame_ipchains = {
	.dialect = DIALECT_IPCHAINS, .chains = chains, .rules = rules, .policies = policies,
	.map = "redirect-ports", .masquerades = true,
};
