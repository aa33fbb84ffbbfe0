/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host says to the sender of a packet it does not take: ICMP errors and TCP resets. */
#ifndef POSTERN_NET_ANSWER_H
#define POSTERN_NET_ANSWER_H

#include "net/packet.h"

/* As much of a packet as any answer needs (RFC 4443 2.4: an error fills 1280 bytes at most). */
enum { ANSWER_QUOTE = 1232, ANSWER_ROOM = 1280 };

/*
 * A TCP reset, or "unreachable" with an ICMP or ICMPv6 code. `to` may be cut after ANSWER_QUOTE
 * bytes (captured < len). Returns the answer's length, or -ENOMSG when none is due: for resets, ICMP
 * errors, later fragments, groups and broadcasts (255.255.255.255; others the caller knows), bad
 * checksums. Sources: net/ipv4/netfilter/nf_reject_ipv4.c, net/ipv6/netfilter/nf_reject_ipv6.c.
 */
int answer_reset(struct packet *answer, const struct packet *to, uint8_t *bytes, size_t room);
int answer_unreachable(struct packet *answer, const struct packet *to, unsigned code,
		       const union inet_addr *source, uint8_t *bytes, size_t room);
/* "Fragmentation needed" (RFC 1191), "packet too big" (RFC 4443); "time exceeded" in transit. */
int answer_too_big(struct packet *answer, const struct packet *to, uint32_t mtu,
		   const union inet_addr *source, uint8_t *bytes, size_t room);
int answer_expired(struct packet *answer, const struct packet *to, const union inet_addr *source,
		   uint8_t *bytes, size_t room);

#endif
