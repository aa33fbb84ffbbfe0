/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet: the bytes from the network header on, and where its headers are. Nothing here allocates
 * and no byte is believed: every offset has been checked against the length when parsing succeeds.
 */
#ifndef POSTERN_NET_PACKET_H
#define POSTERN_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "net/addr.h"

enum packet_flaw {
	PACKET_GOOD,
	PACKET_SHORT_NETWORK,	/* too short for, or a bad length in, the network header */
	PACKET_NOT_IP,		/* neither version 4 nor 6 */
	PACKET_BAD_CHECKSUM,	/* of the IPv4 header (RFC 1122 3.2.1.2: dropped silently) */
	PACKET_BAD_EXTENSION,	/* an IPv6 extension header runs over the end */
};

/*
 * `bytes` belong to the caller and may be written by what changes packets; `room` says how far a
 * packet may grow. Lengths and offsets are bytes, counted from the network header.
 */
struct packet {
	uint8_t *bytes;
	uint32_t len;		/* of the IP datagram as its header says, not more than is there */
	uint32_t room;		/* of the buffer; at least len */
	uint32_t captured;	/* bytes that are there; less than len when a capture was cut */
	const uint8_t *link;	/* link-layer header in front, or NULL */
	uint16_t link_len;
	uint8_t family;		/* enum family */
	uint8_t proto;		/* of the transport header; IPv6: behind extension headers. In a
				 * fragment other than the first: what the header says follows */
	uint16_t transport;	/* offset of the transport header; len when there is none */
	uint16_t fragment;	/* fragment offset in bytes; not 0: the transport header is not here */
	bool more_fragments;
	bool is_fragment;	/* also a first one; IPv6: has a fragment header */
	bool has_ports;		/* TCP, UDP, UDP-Lite, SCTP, DCCP with both ports there */
	uint32_t fragment_id;	/* host order */
};

/*
 * Looks at `captured` bytes at `bytes`; of a first byte that says 4 or 6. Bytes behind the datagram
 * (link-layer padding) do not count. On a flaw the packet's fields tell what could be read up to
 * there and the packet must not be evaluated. Sources: RFC 791, RFC 8200; ip_rcv_core() of
 * net/ipv4/ip_input.c, ipv6_find_hdr() of net/ipv6/exthdrs_core.c.
 */
enum packet_flaw packet_parse(struct packet *packet, uint8_t *bytes, size_t captured, size_t room);

/* The transport header when at least `need` bytes of it are there, else NULL. */
static inline uint8_t *packet_transport(const struct packet *packet, size_t need)
{
	if (packet->fragment || packet->transport + need > packet->len ||
	    packet->transport + need > packet->captured)
		return NULL;
	return packet->bytes + packet->transport;
}

static inline be16 packet_be16(const uint8_t *at)
{
	be16 value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Source and destination, `addr_len(family)` bytes each. */
static inline uint8_t *packet_saddr(const struct packet *packet)
{
	return packet->bytes + (packet->family == FAMILY_IPV6 ? 8 : 12);
}

static inline uint8_t *packet_daddr(const struct packet *packet)
{
	return packet->bytes + (packet->family == FAMILY_IPV6 ? 24 : 16);
}

/* TOS byte or traffic class; TTL or hop limit. */
uint8_t packet_tos(const struct packet *packet);
uint8_t packet_ttl(const struct packet *packet);

/*
 * Payload of a TCP or UDP packet: start (offset) and length. False when the header is not whole.
 */
bool packet_payload(const struct packet *packet, uint32_t *at, uint32_t *len);

/* ------------------------------------------------------------------ checksums */

/* Internet checksum (RFC 1071) of bytes, folded but not inverted, added to `sum`. */
uint32_t checksum_add(uint32_t sum, const void *bytes, size_t len);
be16 checksum_finish(uint32_t sum);

/* RFC 1624: a checksum after `len` bytes (even) of what it covers changed from old to new. */
be16 checksum_update(be16 checksum, const void *old_bytes, const void *new_bytes, size_t len);

/* Transport checksum with the pseudo header as it should be; false when it has none or is cut. */
bool packet_checksum(const struct packet *packet, be16 *checksum);
/* The transport checksum is right, or says nothing (UDP 0 over IPv4, cut packets, fragments). */
bool packet_checksum_is_good(const struct packet *packet);

/* ------------------------------------------------------------------ changes, checksums kept right */

/* These write and adjust the IPv4 header's and the transport's checksums by difference. */
void packet_set_tos(struct packet *packet, uint8_t tos);
void packet_set_ttl(struct packet *packet, uint8_t ttl);
void packet_set_saddr(struct packet *packet, const union inet_addr *addr);
void packet_set_daddr(struct packet *packet, const union inet_addr *addr);
/* Of TCP, UDP, UDP-Lite, DCCP; SCTP's CRC32c is made anew. False when there are none. */
bool packet_set_sport(struct packet *packet, be16 port);
bool packet_set_dport(struct packet *packet, be16 port);
/* Identifier of an ICMP or ICMPv6 query. */
bool packet_set_icmp_id(struct packet *packet, be16 id);
/* Writes over an even number of bytes of the transport header, at an even offset of the packet. */
void packet_set_bytes(struct packet *packet, uint32_t at, const void *bytes, size_t len);
/*
 * Replaces `old_len` bytes at `at` by `new_len` others, moving what follows; lengths of the IP
 * and UDP header and all checksums become right. False when there is no room.
 */
bool packet_splice(struct packet *packet, uint32_t at, uint32_t old_len, const void *new_bytes,
		   uint32_t new_len);

/* ------------------------------------------------------------------ making one */

/* What a packet made from words says; zero is the usual value of everything. */
struct packet_spec {
	enum family family;
	union inet_addr saddr, daddr;
	uint8_t proto, ttl, tos;	/* ttl 0: 64 */
	uint16_t sport, dport;
	uint8_t tcp_flags;
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id, icmp_seq;
	uint16_t fragment;		/* offset in bytes, a multiple of 8 */
	bool more_fragments;
	uint32_t fragment_id, seq, ack;
	uint16_t window;		/* 0: 64240 */
	const uint8_t *tcp_options;	/* padded to a multiple of 4 bytes, 40 at most */
	uint32_t tcp_options_len;
	const uint8_t *payload;
	uint32_t payload_len;
};

/*
 * Writes it with right checksums and parses it. Returns its length, -EMSGSIZE, or -EINVAL (a
 * payload that makes no such packet). TCP, UDP, UDP-Lite, ICMP, ICMPv6, SCTP and DCCP get a header;
 * of other protocols, and of later fragments, the payload is all there is.
 */
int packet_build(struct packet *packet, const struct packet_spec *spec, uint8_t *bytes,
		 size_t room);

/*
 * Like tcpdump, in one line: "IP 192.0.2.1.40000 > 198.51.100.2.25: tcp S, 60 bytes".
 */
void packet_print(struct sink *sink, const struct packet *packet);

#endif
