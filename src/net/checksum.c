// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums of packets: RFC 1071 sums with pseudo headers, RFC 1624 updates, SCTP's CRC32c. */
#include <netinet/in.h>

#include "net/checksum.h"
#include "net/packet.h"

uint32_t checksum_add(uint32_t sum, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint64_t wide = sum;
	uint32_t two;
	uint16_t word;

	/* Two words at a time: 2^16 = 1 where ones are carried around. */
	for (; len > 3; len -= 4, b += 4) {
		memcpy(&two, b, 4);
		wide += two;
	}
	for (; len > 1; len -= 2, b += 2) {
		memcpy(&word, b, 2);
		wide += word;
	}
	if (len) {
		word = 0;
		memcpy(&word, b, 1);
		wide += word;
	}
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	return (uint32_t)wide;
}

be16 checksum_finish(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (be16)~sum;
}

/* Equation 3 of RFC 1624: HC' = ~(~HC + ~m + m'). */
be16 checksum_update(be16 checksum, const void *old_bytes, const void *new_bytes, size_t len)
{
	uint32_t removed = checksum_add(0, old_bytes, len);
	uint32_t sum = (uint16_t)~checksum + (uint32_t)(uint16_t)~removed;

	return checksum_finish(checksum_add(sum, new_bytes, len));
}

/* ------------------------------------------------------------------ where it stands */

uint8_t *packet_checksum_place(const struct packet *packet)
{
	uint8_t *h;
	size_t at;

	switch (packet->proto) {
	case IPPROTO_TCP:
		at = 16;
		break;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
		at = 6;
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		at = 2;
		break;
	default:
		return NULL;
	}
	h = packet_transport(packet, at + 2);
	return h ? h + at : NULL;
}

bool packet_checksum_covers_addresses(const struct packet *packet)
{
	return packet->proto != IPPROTO_ICMP;
}

/*
 * Bytes of the transport part that are summed up: all of it, or what UDP-Lite (RFC 3828) and DCCP
 * (RFC 4340 9.2) say. 0: the header is wrong.
 */
static uint32_t coverage(const struct packet *p, const uint8_t *h, uint32_t all)
{
	uint32_t covered;

	if (p->proto == IPPROTO_UDPLITE) {
		covered = (uint32_t)h[4] << 8 | h[5];
		if (!covered)
			return all;
		return covered < 8 || covered > all ? 0 : covered;
	}
	if (p->proto == IPPROTO_DCCP && (h[5] & 15)) {
		covered = h[4] * 4u + ((h[5] & 15u) - 1) * 4;
		return covered < 12 || covered > all ? 0 : covered;
	}
	return all;
}

static uint32_t pseudo_header(const struct packet *p, uint32_t len)
{
	size_t size = addr_len(p->family);
	uint8_t rest[8] = { 0 };
	uint32_t sum = checksum_add(0, packet_saddr(p), size);

	rest[0] = (uint8_t)(len >> 24);
	rest[1] = (uint8_t)(len >> 16);
	rest[2] = (uint8_t)(len >> 8);
	rest[3] = (uint8_t)len;
	rest[7] = p->proto;
	return checksum_add(checksum_add(sum, packet_daddr(p), size), rest, sizeof(rest));
}

/* Sum over everything the checksum covers but its own field. */
static bool sum_others(const struct packet *p, const uint8_t *place, uint32_t *sum)
{
	const uint8_t *h = p->bytes + p->transport;
	uint32_t all = p->len - p->transport, covered;

	if (!place || p->is_fragment || p->captured < p->len)
		return false;
	covered = coverage(p, h, all);
	if (!covered)
		return false;
	*sum = packet_checksum_covers_addresses(p) ? pseudo_header(p, all) : 0;
	*sum = checksum_add(*sum, h, (size_t)(place - h));
	if (covered > (size_t)(place - h) + 2)
		*sum = checksum_add(*sum, place + 2, covered - (size_t)(place - h) - 2);
	return true;
}

bool packet_checksum(const struct packet *packet, be16 *checksum)
{
	const uint8_t *place = packet_checksum_place(packet);
	uint32_t sum;

	if (!sum_others(packet, place, &sum))
		return false;
	*checksum = checksum_finish(sum);
	if (!*checksum && (packet->proto == IPPROTO_UDP || packet->proto == IPPROTO_UDPLITE))
		*checksum = 0xffff;
	return true;
}

bool packet_checksum_is_good(const struct packet *packet)
{
	const uint8_t *place = packet_checksum_place(packet);
	uint32_t sum;

	if (!place || packet->is_fragment || packet->captured < packet->len)
		return true;
	if (packet->proto == IPPROTO_UDP && packet->family == FAMILY_IPV4 && !packet_be16(place))
		return true;
	return sum_others(packet, place, &sum) &&
	       checksum_finish(checksum_add(sum, place, 2)) == 0;
}

/* ------------------------------------------------------------------ SCTP */

/* CRC32c (Castagnoli), reflected, four bits at a time: RFC 9260, appendix A. */
static uint32_t crc32c(uint32_t crc, const uint8_t *bytes, size_t len)
{
	static const uint32_t by_nibble[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};

	for (; len--; bytes++) {
		crc ^= *bytes;
		crc = crc >> 4 ^ by_nibble[crc & 15];
		crc = crc >> 4 ^ by_nibble[crc & 15];
	}
	return crc;
}

bool packet_sctp_checksum(const struct packet *packet, uint32_t *little_endian)
{
	static const uint8_t zero[4];
	const uint8_t *h = packet_transport(packet, 12);
	uint32_t crc = UINT32_MAX;

	if (!h || packet->is_fragment || packet->captured < packet->len)
		return false;
	crc = crc32c(crc, h, 8);
	crc = crc32c(crc, zero, 4);
	crc = crc32c(crc, h + 12, packet->len - packet->transport - 12);
	*little_endian = ~crc;
	return true;
}
