// SPDX-License-Identifier: GPL-2.0-or-later
/* A packet made from what is said of it, with right lengths and checksums. */
#include <errno.h>
#include <netinet/in.h>

#include "net/checksum.h"
#include "net/packet.h"

static void store16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void store32(uint8_t *at, uint32_t value)
{
	store16(at, value >> 16);
	store16(at + 2, value & 0xffff);
}

/* Bytes of the transport header that is written for a protocol. */
static uint32_t transport_header(const struct packet_spec *s)
{
	if (s->fragment)
		return 0;
	switch (s->proto) {
	case IPPROTO_TCP:
		return 20 + s->tcp_options_len;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	case IPPROTO_SCTP:
		return 12;
	case IPPROTO_DCCP:
		return 16;
	default:
		return 0;
	}
}

static void put_transport(const struct packet_spec *s, uint8_t *h, uint32_t all)
{
	switch (s->proto) {
	case IPPROTO_TCP:
		store32(h + 4, s->seq);
		store32(h + 8, s->ack);
		h[12] = (uint8_t)((5 + s->tcp_options_len / 4) << 4);
		if (s->tcp_options_len)
			memcpy(h + 20, s->tcp_options, s->tcp_options_len);
		h[13] = s->tcp_flags;
		store16(h + 14, s->window ? s->window : 64240);
		break;
	case IPPROTO_UDP:
		store16(h + 4, all);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		h[0] = s->icmp_type;
		h[1] = s->icmp_code;
		store16(h + 4, s->icmp_id);
		store16(h + 6, s->icmp_seq);
		return;
	case IPPROTO_DCCP:
		h[4] = 4;		/* data offset, in words */
		h[8] = 1;		/* a request without extended sequence numbers */
		break;
	}
	store16(h, s->sport);
	store16(h + 2, s->dport);
}

static uint32_t put_ipv4(const struct packet_spec *s, uint8_t *b, uint32_t len)
{
	be16 sum;

	b[0] = 4 << 4 | 5;
	b[1] = s->tos;
	store16(b + 2, len);
	store16(b + 4, s->fragment_id);
	store16(b + 6, s->fragment / 8u | (s->more_fragments ? 0x2000 : 0));
	b[8] = s->ttl ? s->ttl : 64;
	b[9] = s->proto;
	memcpy(b + 12, s->saddr.bytes, 4);
	memcpy(b + 16, s->daddr.bytes, 4);
	sum = checksum_finish(checksum_add(0, b, 20));
	memcpy(b + 10, &sum, 2);
	return 20;
}

static uint32_t put_ipv6(const struct packet_spec *s, uint8_t *b, uint32_t len, bool fragment)
{
	b[0] = (uint8_t)(6 << 4 | s->tos >> 4);
	b[1] = (uint8_t)(s->tos << 4);
	store16(b + 4, len - 40);
	b[6] = fragment ? IPPROTO_FRAGMENT : s->proto;
	b[7] = s->ttl ? s->ttl : 64;
	memcpy(b + 8, s->saddr.bytes, 16);
	memcpy(b + 24, s->daddr.bytes, 16);
	if (!fragment)
		return 40;
	b[40] = s->proto;
	store16(b + 42, s->fragment | (s->more_fragments ? 1 : 0));
	store32(b + 44, s->fragment_id);
	return 48;
}

/* All of a datagram is summed up, also that of which this is the first fragment: as it stands. */
static void put_checksum(struct packet *p)
{
	struct packet whole = *p;
	uint8_t *place = packet_checksum_place(p);
	uint32_t crc;
	be16 sum;

	whole.is_fragment = false;
	if (place && packet_checksum(&whole, &sum))
		memcpy(place, &sum, 2);
	if (p->proto == IPPROTO_SCTP && packet_sctp_checksum(&whole, &crc))
		store32(p->bytes + p->transport + 8, __builtin_bswap32(crc));
}

int packet_build(struct packet *packet, const struct packet_spec *spec, uint8_t *bytes,
		 size_t room)
{
	bool fragment = spec->fragment || spec->more_fragments;
	uint32_t network = spec->family == FAMILY_IPV6 ? fragment ? 48 : 40 : 20;
	uint32_t header = transport_header(spec);
	uint64_t len = (uint64_t)network + header + spec->payload_len;
	struct packet made = { 0 };

	if (len > room || len > UINT16_MAX)
		return -EMSGSIZE;
	if (spec->tcp_options_len > 40 || spec->tcp_options_len % 4)
		return -EINVAL;
	memset(bytes, 0, network + header);
	if (spec->family == FAMILY_IPV6)
		put_ipv6(spec, bytes, (uint32_t)len, fragment);
	else
		put_ipv4(spec, bytes, (uint32_t)len);
	if (header)
		put_transport(spec, bytes + network, (uint32_t)len - network);
	if (spec->payload_len)
		memcpy(bytes + network + header, spec->payload, spec->payload_len);
	if (packet_parse(&made, bytes, len, room) != PACKET_GOOD)
		return -EINVAL;
	if (header)
		put_checksum(&made);
	*packet = made;
	return (int)len;
}
