// SPDX-License-Identifier: GPL-2.0-or-later
/* Cutting datagrams into fragments. */
#include "net/cut.h"

#include <errno.h>
#include <netinet/in.h>

enum { IPV6_HEADER = 40, FRAGMENT_HEADER = 8 };

/* Options that belong into the first fragment only become "no operation" (RFC 791: copied flag). */
static void blank_options(uint8_t *header, uint32_t len)
{
	for (uint32_t at = 20; at < len && header[at];) {
		uint32_t size = header[at] == 1 ? 1 : at + 1 < len ? header[at + 1] : 0;

		if (!size || (size == 1 && header[at] != 1) || at + size > len)
			return;
		if (!(header[at] & 0x80))
			memset(header + at, 1, size);
		at += size;
	}
}

/* Where fragments of IPv6 begin to differ: behind hop-by-hop and routing headers. */
static uint32_t unfragmentable(const struct packet *p, uint32_t *next_at)
{
	uint32_t at = IPV6_HEADER;

	*next_at = 6;
	while (at + 8 <= p->len && at + 8 <= p->captured) {
		uint8_t proto = p->bytes[*next_at];
		uint32_t size = 8 + (uint32_t)p->bytes[at + 1] * 8;

		if ((proto != IPPROTO_HOPOPTS && proto != IPPROTO_ROUTING) || at + size > p->len)
			break;
		*next_at = at;
		at += size;
	}
	return at;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void finish_ipv4(uint8_t *b, uint32_t header, uint32_t len, uint32_t offset, bool more)
{
	be16 sum;

	if (offset)
		blank_options(b, header);
	put16(b + 2, len);
	put16(b + 6, (more ? 0x2000U : 0) | offset / 8);
	put16(b + 10, 0);
	sum = checksum_finish(checksum_add(0, b, header));
	memcpy(b + 10, &sum, 2);
}

static void finish_ipv6(uint8_t *b, uint32_t header, uint32_t next_at, uint32_t len,
			uint32_t offset, bool more, uint32_t id)
{
	uint8_t *f = b + header;

	put16(b + 4, len - IPV6_HEADER);
	f[0] = b[next_at];
	f[1] = 0;
	b[next_at] = IPPROTO_FRAGMENT;
	put16(f + 2, offset | more);
	put16(f + 4, id >> 16);
	put16(f + 6, id);
}

int packet_cut(const struct packet *p, uint32_t mtu, uint32_t id, uint8_t *buf, size_t room,
	       cut_send *send, void *context)
{
	bool six = p->family == FAMILY_IPV6;
	uint32_t next_at = 0, header = six ? unfragmentable(p, &next_at) :
					     (uint32_t)(p->bytes[0] & 15) * 4;
	uint32_t extra = six ? FRAGMENT_HEADER : 0, most, all = p->len - header;
	uint32_t first = p->fragment;
	int r = 0;

	if (mtu < header + extra + 8 || room < mtu || p->captured < p->len ||
	    (six && p->is_fragment) || first + all > UINT16_MAX)
		return -EMSGSIZE;
	most = (mtu - header - extra) & ~7U;
	for (uint32_t at = 0; !r && at < all; at += most) {
		uint32_t part = all - at < most ? all - at : most, len = header + extra + part;
		struct packet piece = { 0 };

		memcpy(buf, p->bytes, header);
		memcpy(buf + header + extra, p->bytes + header + at, part);
		if (six)
			finish_ipv6(buf, header, next_at, len, at, at + part < all, id);
		else
			finish_ipv4(buf, header, len, first + at,
				    at + part < all || p->more_fragments);
		packet_parse(&piece, buf, len, room);
		r = send(context, &piece);
	}
	return r;
}
