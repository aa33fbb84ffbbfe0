// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the headers of a packet are, and what a line about it says. Reads only, allocates nothing. */
#include "net/packet.h"

#include <netinet/in.h>

#include "net/names.h"

enum {
	IP_HEADER = 20, IP6_HEADER = 40, IP_MORE_FRAGMENTS = 0x2000, IP_OFFSET = 0x1fff,
	IP6_OFFSET = 0xfff8,
	EXTENSIONS_MOST = 64,	/* a chain of more is nobody's packet, and takes time to walk */
};

static uint16_t load16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static bool proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

static enum packet_flaw parse_ipv4(struct packet *p)
{
	uint32_t header;

	p->family = FAMILY_IPV4;
	if (p->captured < IP_HEADER)
		return PACKET_SHORT_NETWORK;
	header = (p->bytes[0] & 15u) * 4;
	p->len = load16(p->bytes + 2);
	if (header < IP_HEADER || header > p->captured || p->len < header)
		return PACKET_SHORT_NETWORK;
	p->proto = p->bytes[9];
	p->transport = (uint16_t)header;
	p->fragment = (uint16_t)((load16(p->bytes + 6) & IP_OFFSET) * 8);
	p->more_fragments = load16(p->bytes + 6) & IP_MORE_FRAGMENTS;
	p->is_fragment = p->fragment || p->more_fragments;
	p->fragment_id = load16(p->bytes + 4);
	if (checksum_finish(checksum_add(0, p->bytes, header)) != 0)
		return PACKET_BAD_CHECKSUM;
	return PACKET_GOOD;
}

static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_FRAGMENT ||
	       next == IPPROTO_AH || next == IPPROTO_DSTOPTS;
}

/*
 * To the transport header, as ipv6_find_hdr() walks with target -1. Behind the fragment header of a
 * later fragment nothing is a header, whatever its number.
 */
static enum packet_flaw walk_extensions(struct packet *p)
{
	uint32_t at = IP6_HEADER;
	uint8_t next = p->bytes[6];

	for (unsigned n = 0; is_extension(next); n++) {
		const uint8_t *h = p->bytes + at;
		uint32_t size = 8;

		if (n == EXTENSIONS_MOST || at + 8 > p->captured || at + 8 > p->len)
			return PACKET_BAD_EXTENSION;
		if (next == IPPROTO_FRAGMENT) {
			p->is_fragment = true;
			p->fragment = load16(h + 2) & IP6_OFFSET;
			p->more_fragments = h[3] & 1;
			p->fragment_id = (uint32_t)load16(h + 4) << 16 | load16(h + 6);
		} else {
			size = next == IPPROTO_AH ? (h[1] + 2u) * 4 : (h[1] + 1u) * 8;
		}
		next = h[0];
		at += size;
		if (at > p->len)
			return PACKET_BAD_EXTENSION;
		if (p->fragment)
			break;
	}
	p->proto = next;
	p->transport = (uint16_t)at;
	return PACKET_GOOD;
}

static enum packet_flaw parse_ipv6(struct packet *p)
{
	uint32_t payload;

	p->family = FAMILY_IPV6;
	if (p->captured < IP6_HEADER)
		return PACKET_SHORT_NETWORK;
	payload = load16(p->bytes + 4);
	p->len = IP6_HEADER + payload;
	/* A jumbogram says its length elsewhere (RFC 2675). */
	if (!payload && p->bytes[6] == IPPROTO_HOPOPTS)
		p->len = p->captured;
	p->proto = p->bytes[6];
	p->transport = IP6_HEADER;
	return walk_extensions(p);
}

enum packet_flaw packet_parse(struct packet *packet, uint8_t *bytes, size_t captured, size_t room)
{
	struct packet p = {
		.bytes = bytes, .captured = (uint32_t)captured, .len = (uint32_t)captured,
		.room = (uint32_t)room, .link = packet->link, .link_len = packet->link_len,
	};
	enum packet_flaw flaw = PACKET_NOT_IP;

	if (!captured)
		flaw = PACKET_SHORT_NETWORK;
	else if (bytes[0] >> 4 == 4)
		flaw = parse_ipv4(&p);
	else if (bytes[0] >> 4 == 6)
		flaw = parse_ipv6(&p);
	/* What follows the datagram is padding of the link. */
	if (p.captured > p.len)
		p.captured = p.len;
	p.has_ports = flaw == PACKET_GOOD && proto_has_ports(p.proto) &&
		      packet_transport(&p, 4) != NULL;
	*packet = p;
	return flaw;
}

uint8_t packet_tos(const struct packet *packet)
{
	if (packet->family == FAMILY_IPV6)
		return (uint8_t)(load16(packet->bytes) >> 4);
	return packet->bytes[1];
}

uint8_t packet_ttl(const struct packet *packet)
{
	return packet->bytes[packet->family == FAMILY_IPV6 ? 7 : 8];
}

bool packet_payload(const struct packet *packet, uint32_t *at, uint32_t *len)
{
	const uint8_t *h;
	uint32_t header = 8;

	if (packet->proto == IPPROTO_TCP) {
		h = packet_transport(packet, 20);
		if (!h)
			return false;
		header = (h[12] >> 4) * 4u;
		if (header < 20)
			return false;
	} else if (packet->proto != IPPROTO_UDP && packet->proto != IPPROTO_UDPLITE) {
		return false;
	}
	if (!packet_transport(packet, header))
		return false;
	*at = packet->transport + header;
	*len = packet->len - *at;
	return true;
}

/* ------------------------------------------------------------------ a line */

static void print_end(struct sink *sink, const struct packet *p, const uint8_t *addr, bool source)
{
	union inet_addr a = { 0 };

	memcpy(a.bytes, addr, addr_len(p->family));
	addr_print(sink, p->family, &a);
	if (p->has_ports) {
		sink_char(sink, '.');
		sink_u64(sink, load16(p->bytes + p->transport + (source ? 0 : 2)));
	}
}

static void print_tcp_flags(struct sink *sink, uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";	/* from the lowest bit */

	for (unsigned i = 0; i < 8; i++)
		if (flags & BIT(i))
			sink_char(sink, letters[i]);
	if (!flags)
		sink_str(sink, "none");
}

static void print_proto(struct sink *sink, const struct packet *p)
{
	const uint8_t *h = packet_transport(p, p->proto == IPPROTO_TCP ? 14 : 2);
	const char *name = proto_name_saved(p->proto);

	if (name)
		sink_str(sink, name);
	else
		sink_printf(sink, "protocol %u", p->proto);
	if (!h)
		return;
	if (p->proto == IPPROTO_TCP) {
		sink_char(sink, ' ');
		print_tcp_flags(sink, h[13]);
	} else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		sink_printf(sink, " type %u code %u", h[0], h[1]);
	}
}

void packet_print(struct sink *sink, const struct packet *packet)
{
	sink_str(sink, packet->family == FAMILY_IPV6 ? "IP6 " : "IP ");
	print_end(sink, packet, packet_saddr(packet), true);
	sink_str(sink, " > ");
	print_end(sink, packet, packet_daddr(packet), false);
	sink_str(sink, ": ");
	print_proto(sink, packet);
	if (packet->is_fragment)
		sink_printf(sink, ", fragment at %u%s", packet->fragment,
			    packet->more_fragments ? ", more follow" : "");
	sink_printf(sink, ", %u bytes", packet->len);
}
