// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of a packet's headers and payload that leave its checksums as right, or wrong, as before. */
#include <netinet/in.h>

#include "net/checksum.h"
#include "net/packet.h"

/*
 * UDP's checksum 0 says that there is none (RFC 768), over IPv4 only: such a packet keeps having
 * none, and a sum that comes out as 0 is sent as all ones.
 */
static bool is_udp(const struct packet *p)
{
	return p->proto == IPPROTO_UDP || p->proto == IPPROTO_UDPLITE;
}

static void update_transport(const struct packet *p, const void *old_bytes, const void *new_bytes,
			     size_t len)
{
	uint8_t *place = packet_checksum_place(p);
	be16 sum;

	if (!place)
		return;
	sum = packet_be16(place);
	if (!sum && p->proto == IPPROTO_UDP)
		return;
	sum = checksum_update(sum, old_bytes, new_bytes, len);
	if (!sum && is_udp(p))
		sum = 0xffff;
	memcpy(place, &sum, 2);
}

static void update_ipv4(struct packet *p, const void *old_bytes, const void *new_bytes, size_t len)
{
	be16 sum = packet_be16(p->bytes + 10);

	sum = checksum_update(sum, old_bytes, new_bytes, len);
	memcpy(p->bytes + 10, &sum, 2);
}

/* Two bytes of the IPv4 header that no pseudo header covers. */
static void store_ipv4(struct packet *p, uint32_t at, const uint8_t new_bytes[2])
{
	update_ipv4(p, p->bytes + at, new_bytes, 2);
	memcpy(p->bytes + at, new_bytes, 2);
}

void packet_set_tos(struct packet *packet, uint8_t tos)
{
	uint8_t *b = packet->bytes;

	if (packet->family == FAMILY_IPV6) {
		b[0] = (uint8_t)((b[0] & 0xf0) | tos >> 4);
		b[1] = (uint8_t)((b[1] & 0x0f) | tos << 4);
	} else {
		store_ipv4(packet, 0, (const uint8_t[]){ b[0], tos });
	}
}

void packet_set_ttl(struct packet *packet, uint8_t ttl)
{
	if (packet->family == FAMILY_IPV6)
		packet->bytes[7] = ttl;
	else
		store_ipv4(packet, 8, (const uint8_t[]){ ttl, packet->bytes[9] });
}

static void set_address(struct packet *p, uint8_t *at, const union inet_addr *addr)
{
	size_t len = addr_len(p->family);

	if (p->family == FAMILY_IPV4)
		update_ipv4(p, at, addr->bytes, len);
	if (packet_checksum_covers_addresses(p))
		update_transport(p, at, addr->bytes, len);
	memcpy(at, addr->bytes, len);
}

void packet_set_saddr(struct packet *packet, const union inet_addr *addr)
{
	set_address(packet, packet_saddr(packet), addr);
}

void packet_set_daddr(struct packet *packet, const union inet_addr *addr)
{
	set_address(packet, packet_daddr(packet), addr);
}

static void renew_sctp(struct packet *p)
{
	uint8_t *h = packet_transport(p, 12);
	uint32_t crc;

	if (!h || !packet_sctp_checksum(p, &crc))
		return;
	for (unsigned i = 0; i < 4; i++, crc >>= 8)
		h[8 + i] = (uint8_t)crc;
}

static bool set_port(struct packet *p, uint32_t offset, be16 port)
{
	uint8_t *at;

	if (!p->has_ports)
		return false;
	at = p->bytes + p->transport + offset;
	if (p->proto != IPPROTO_SCTP)
		update_transport(p, at, &port, 2);
	memcpy(at, &port, 2);
	if (p->proto == IPPROTO_SCTP)
		renew_sctp(p);
	return true;
}

bool packet_set_sport(struct packet *packet, be16 port)
{
	return set_port(packet, 0, port);
}

bool packet_set_dport(struct packet *packet, be16 port)
{
	return set_port(packet, 2, port);
}

bool packet_set_icmp_id(struct packet *packet, be16 id)
{
	uint8_t *h = packet_transport(packet, 8);

	if (!h || (packet->proto != IPPROTO_ICMP && packet->proto != IPPROTO_ICMPV6))
		return false;
	update_transport(packet, h + 4, &id, 2);
	memcpy(h + 4, &id, 2);
	return true;
}

void packet_set_bytes(struct packet *packet, uint32_t at, const void *bytes, size_t len)
{
	update_transport(packet, packet->bytes + at, bytes, len);
	memcpy(packet->bytes + at, bytes, len);
}

/* The length fields after the datagram has another length; its bytes are in place already. */
static void set_lengths(struct packet *p, uint32_t len)
{
	uint32_t payload = len - 40;
	uint8_t *h;

	if (p->family == FAMILY_IPV4)
		store_ipv4(p, 2, (const uint8_t[]){ (uint8_t)(len >> 8), (uint8_t)len });
	else
		memcpy(p->bytes + 4, (const uint8_t[]){ (uint8_t)(payload >> 8), (uint8_t)payload },
		       2);
	p->captured = p->len = len;
	h = packet_transport(p, 8);
	if (h && p->proto == IPPROTO_UDP)
		memcpy(h + 4, (const uint8_t[]){ (uint8_t)((len - p->transport) >> 8),
						 (uint8_t)(len - p->transport) }, 2);
}

bool packet_splice(struct packet *packet, uint32_t at, uint32_t old_len, const void *new_bytes,
		   uint32_t new_len)
{
	uint32_t len = packet->len - old_len + new_len;
	uint8_t *place;
	be16 sum;
	bool silent;

	if (packet->captured < packet->len || at < packet->transport || old_len > packet->len ||
	    at > packet->len - old_len || len > packet->room || len > UINT16_MAX)
		return false;
	place = packet_checksum_place(packet);
	silent = place && packet->proto == IPPROTO_UDP && !packet_be16(place);
	memmove(packet->bytes + at + new_len, packet->bytes + at + old_len,
		packet->len - at - old_len);
	if (new_len)
		memcpy(packet->bytes + at, new_bytes, new_len);
	set_lengths(packet, len);
	place = packet_checksum_place(packet);
	if (packet->proto == IPPROTO_SCTP)
		renew_sctp(packet);
	else if (!silent && packet_checksum(packet, &sum))
		memcpy(place, &sum, 2);
	return true;
}
