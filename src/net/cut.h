/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams cut into fragments, as a host does in front of a link that takes less. */
#ifndef POSTERN_NET_CUT_H
#define POSTERN_NET_CUT_H

#include "net/packet.h"

/* Gets a fragment; good until it returns. Not 0: no more of them. */
typedef int cut_send(void *context, const struct packet *fragment);

/*
 * Sends the datagram in fragments of at most `mtu` bytes, whatever its "don't fragment" says. `buf`
 * holds one of them. IPv4 keeps its identification, IPv6 gets `id`. What is a fragment already is
 * cut further with IPv4 only. -EMSGSIZE when headers alone are too long, the buffer is too short, or
 * it cannot be cut; else what `send` returned. Sources: ip_do_fragment(), ip_options_fragment(),
 * ip6_fragment(); RFC 791 3.2, RFC 8200 4.5.
 */
int packet_cut(const struct packet *packet, uint32_t mtu, uint32_t id, uint8_t *buf, size_t room,
	       cut_send *send, void *context);

#endif
