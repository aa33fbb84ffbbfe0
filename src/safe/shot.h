/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets of a probe: where they come from, and what they look like. Only for safe/probe.c. */
#ifndef POSTERN_SAFE_SHOT_H
#define POSTERN_SAFE_SHOT_H

#include "safe/probe.h"

enum {
	TCP_SYN = 0x02, TCP_PUSH = 0x08, TCP_ACK = 0x10,
	SOLICITATION = 135, ADVERTISEMENT = 136,	/* RFC 4861 */
	LOAD_MOST = 1500,
	LINK_HEADER = 14,				/* of Ethernet */
};

/* What a packet carries. */
enum load {
	LOAD_NONE,
	LOAD_KEY,		/* a key of the keyboard, encrypted */
	LOAD_KEY_LOW,		/* ... of a client that marks packets as OpenSSH before 7.8 did */
	LOAD_KEY_EF,		/* ... as it does since 10.1 */
	LOAD_BANNER,		/* how SSH begins (RFC 4253, 4.2) */
	LOAD_FULL,		/* as much as the link lets through */
};

/* A packet of a probe. */
struct shot {
	bool outgoing;
	uint8_t what;		/* TCP flags, or type of ICMPv6 */
	enum load load;
};

/* One probe under way. */
struct shooting {
	const struct probing *p;
	struct engine *engine;
	enum loss loss;
	struct probed *probed;
	uint64_t now;			/* of the engine's clock, ns */
	uint32_t sent, heard;		/* sequence numbers: ours, the peer's */
	union inet_addr seen;		/* where the login came from, as the server sees it */
	uint16_t seen_port;
};

union inet_addr shot_own_addr(const struct probing *p);
void shot_make(const struct shooting *s, const struct shot *shot, struct packet_spec *spec);
/* The device that packets of the peer come in through: the one that leads to it. */
void shot_meta(const struct probing *p, enum loss loss, const struct shot *shot, struct meta *meta);
/*
 * What is in front of the peer's packets. False: nothing, which meta knows, or it is not known (the
 * neighbours were not read, or do not tell).
 */
bool shot_link(const struct probing *p, uint8_t header[LINK_HEADER], struct meta *meta);

#endif
