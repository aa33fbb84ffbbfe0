/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the frames of ipchains and ipfwadm are written with, and the rules that both have. Only their
 * two files include it.
 */
#ifndef POSTERN_KERNEL_FRAME_RULES_H
#define POSTERN_KERNEL_FRAME_RULES_H

#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

#include "ext/old.h"
#include "kernel/frame.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PORT_FTP = 21 };

#define RULE(chain_, comment_, ...) \
	{ .chain = (chain_), .comment = (comment_), \
	  .steps = (const struct step[]){ __VA_ARGS__, { .kind = STEP_END } } }
#define DO(step) { .kind = STEP_##step }
#define OF(step, n_) { .kind = STEP_##step, .n = (n_) }
#define TO(step, name_) { .kind = STEP_##step, .name = (name_) }

/* A flow is told to be masqueraded. */
#define FRAME_MASQ \
	RULE("mark-masq", "no flow is masqueraded by what answers it", \
	     OF(DIRECTION, IP_CT_DIR_REPLY), DO(ACCEPT)), \
	RULE("mark-masq", NULL, OF(PROTO, PROTO_TCP), TO(TIMEOUT, "masq-tcp")), \
	RULE("mark-masq", NULL, OF(PROTO, PROTO_UDP), TO(TIMEOUT, "masq-udp")), \
	RULE("mark-masq", NULL, OF(PROTO, PROTO_TCP), OF(PORT, PORT_FTP), \
	     TO(HELPER, "masq-ftp")), \
	RULE("mark-masq", NULL, OF(SET_LABEL, OLD_LABEL), DO(ACCEPT))

/* Arriving packets: the rules, and then the policy. */
#define FRAME_INPUT \
	RULE("hook-input", NULL, TO(JUMP, "input")), \
	RULE("hook-input", NULL, TO(GOTO, "policy-input"))

/* Redirections; then forwarding, which what belongs to masqueraded flows skips. */
#define FRAME_FORWARD \
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_TCP), \
	     OF(NOTE, (uint32_t)NOTE_REDIRECT << 16), DO(REDIRECT)), \
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_UDP), \
	     OF(NOTE, (uint32_t)NOTE_REDIRECT << 16), DO(REDIRECT)), \
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_TCP), TO(REDIRECT, "redirect-ports")), \
	RULE("nat-redirect", NULL, OF(PROTO, PROTO_UDP), TO(REDIRECT, "redirect-ports")), \
	RULE("hook-forward", "replies of masqueraded flows", OF(LABEL, OLD_LABEL), \
	     OF(STATUS, IPS_SRC_NAT), OF(DIRECTION, IP_CT_DIR_REPLY), DO(ACCEPT)), \
	RULE("hook-forward", "ICMP errors about them", OF(LABEL, OLD_LABEL), \
	     OF(STATUS, IPS_SRC_NAT), OF(PROTO, PROTO_ICMP), \
	     OF(STATE, NF_CT_STATE_BIT(IP_CT_RELATED)), DO(ACCEPT)), \
	RULE("hook-forward", "flows that came to the address of a masqueraded one", \
	     OF(STATUS, IPS_EXPECTED | IPS_DST_NAT), OF(DIRECTION, IP_CT_DIR_ORIGINAL), \
	     DO(ACCEPT)), \
	RULE("hook-forward", "port forwards", OF(LABEL, OLD_LABEL_FORWARD), \
	     DO(ACCEPT)), \
	RULE("hook-forward", NULL, TO(JUMP, "forward")), \
	RULE("hook-forward", NULL, TO(GOTO, "policy-forward"))

/* Leaving packets; the masqueraded ones behind the translation. */
#define FRAME_OUTPUT \
	RULE("hook-routed", NULL, DO(MULTICAST), DO(ACCEPT)), \
	RULE("hook-routed", "output sees these with their new source", OF(LABEL, OLD_LABEL), \
	     OF(DIRECTION, IP_CT_DIR_ORIGINAL), DO(ACCEPT)), \
	RULE("hook-routed", "and answers of port forwards", \
	     OF(LABEL, OLD_LABEL_FORWARD), OF(DIRECTION, IP_CT_DIR_REPLY), \
	     DO(ACCEPT)), \
	RULE("hook-routed", NULL, TO(GOTO, "judge-output")), \
	RULE("end-forward", "REJECT in output", OF(NOTE, NOTE_REJECT), \
	     OF(REJECT, OLD_HOST_UNREACH)), \
	RULE("nat-masquerade", NULL, OF(LABEL, OLD_LABEL), OF(PROTO, PROTO_TCP), \
	     OF(MASQUERADE, 1)), \
	RULE("nat-masquerade", NULL, OF(LABEL, OLD_LABEL), OF(PROTO, PROTO_UDP), \
	     OF(MASQUERADE, 1)), \
	RULE("nat-masquerade", NULL, OF(LABEL, OLD_LABEL), DO(MASQUERADE)), \
	RULE("hook-output", NULL, DO(LOCAL), TO(GOTO, "judge-output")), \
	RULE("hook-output", NULL, DO(MULTICAST), TO(GOTO, "judge-output")), \
	RULE("hook-output", NULL, OF(LABEL, OLD_LABEL), OF(DIRECTION, IP_CT_DIR_ORIGINAL), \
	     TO(GOTO, "judge-output")), \
	RULE("hook-output", NULL, OF(LABEL, OLD_LABEL_FORWARD), \
	     OF(DIRECTION, IP_CT_DIR_REPLY), TO(GOTO, "judge-output")), \
	RULE("judge-output", NULL, TO(JUMP, "output")), \
	RULE("judge-output", NULL, TO(GOTO, "policy-output"))

#define FRAME_POLICIES \
	{ .chain = "input", .policy_chain = "policy-input", .reject = OLD_PORT_UNREACH }, \
	{ .chain = "forward", .policy_chain = "policy-forward", .reject = OLD_HOST_UNREACH, \
	  .masq_chain = "mark-masq" }, \
	{ .chain = "output", .policy_chain = "policy-output", .reject = FRAME_NO_CODE, \
	  .reject_chain = "send-reject" }, \
	{ .chain = NULL }

#endif
