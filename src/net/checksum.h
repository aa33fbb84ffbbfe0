/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changes and makes packets has to know of checksums; others use net/packet.h. */
#ifndef POSTERN_NET_CHECKSUM_H
#define POSTERN_NET_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

struct packet;

/* Where the transport checksum stands (2 bytes), or NULL: none, cut off, or not this fragment's. */
uint8_t *packet_checksum_place(const struct packet *packet);
/* ICMP's is the one without a pseudo header. */
bool packet_checksum_covers_addresses(const struct packet *packet);
/* CRC32c of an SCTP packet as a number whose bytes go out lowest first (RFC 9260, appendix A). */
bool packet_sctp_checksum(const struct packet *packet, uint32_t *little_endian);

#endif
