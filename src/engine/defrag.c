// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fragments put together, after net/ipv4/ip_fragment.c, net/ipv4/inet_fragment.c and
 * net/ipv6/netfilter/nf_conntrack_reasm.c: a fragment that is there already is thrown away, one that
 * overlaps kills its datagram (RFC 5722). The pool has a fixed number of datagrams; while all are in
 * use, fragments of further ones are refused.
 */
#include <netinet/in.h>
#include <stdlib.h>

#include "engine/flow.h"

enum {
	DATAGRAM_MOST = 65535,
	HEADERS_MOST = 512,	/* in front of the fragmentable part */
	RUNS_MOST = 128,	/* pieces without a gap inside; more are nobody's datagram */
	SECONDS4 = 30, SECONDS6 = 60,	/* net.ipv4.ipfrag_time, nf_conntrack_frag6_timeout */
	IP_DONT_FRAGMENT = 0x40,	/* of byte 6 of the header */
};

struct fragment_key {
	union inet_addr src, dst;
	uint32_t id;
	uint16_t zone;
	uint8_t proto, family;
};

struct run_of {
	uint32_t from, to;
};

struct datagram {
	struct fragment_key key;
	uint64_t expires;		/* 0: free */
	uint32_t len;			/* of the fragmentable part as far as is known */
	uint32_t meat;			/* bytes of it that are there */
	uint32_t largest, largest_df;	/* fragments, those with "don't fragment" */
	uint16_t headers, run_count;
	uint16_t previous;		/* IPv6: where the number of the fragment header stands */
	uint8_t ecn;			/* BIT of each codepoint seen */
	uint8_t next;			/* IPv6: the protocol behind the fragment header */
	bool first, last;
	struct run_of runs[RUNS_MOST];
	uint8_t header[HEADERS_MOST];
	uint8_t data[DATAGRAM_MOST + 1];
};

struct defrag_pool {
	uint32_t room;
	struct datagram *datagrams;
	uint8_t whole[DATAGRAM_MOST + HEADERS_MOST + 256];
};

struct defrag_pool *defrag_open(uint32_t datagrams)
{
	struct defrag_pool *pool = calloc(1, sizeof(*pool));

	if (!pool)
		return NULL;
	pool->room = datagrams;
	/* Zero pages: what is never used costs nothing. */
	pool->datagrams = calloc(datagrams, sizeof(*pool->datagrams));
	if (!pool->datagrams)
		defrag_close(&pool);
	return pool;
}

void defrag_close(struct defrag_pool **pool)
{
	if (*pool)
		free((*pool)->datagrams);
	free(*pool);
	*pool = NULL;
}

/* ------------------------------------------------------------------ finding */

static struct fragment_key key_of(const struct packet *p, uint16_t zone, uint8_t proto)
{
	struct fragment_key key = {
		.id = p->fragment_id, .zone = zone, .proto = proto, .family = p->family,
	};

	memcpy(&key.src, packet_saddr(p), addr_len((enum family)p->family));
	memcpy(&key.dst, packet_daddr(p), addr_len((enum family)p->family));
	return key;
}

/* Few are ever in use at once; a free one's `expires` is looked at only. */
static struct datagram *find(struct defrag_pool *pool, const struct fragment_key *key, uint64_t now)
{
	struct datagram *room = NULL;

	for (uint32_t i = 0; i < pool->room; i++) {
		struct datagram *d = &pool->datagrams[i];

		if (d->expires <= now) {
			room = room ? room : d;
			/* Behind one that was never used there are no others. */
			if (!d->expires)
				break;
		} else if (!memcmp(&d->key, key, sizeof(*key))) {
			return d;
		}
	}
	if (!room)
		return NULL;
	memset(room, 0, offsetof(struct datagram, runs));
	room->key = *key;
	room->expires = now + (key->family == FAMILY_IPV6 ? SECONDS6 : SECONDS4) * SECONDS;
	return room;
}

/* It keeps its place, so that those behind it are found. */
static void forget(struct datagram *d)
{
	d->expires = 1;
	d->key.family = 0;
}

/* ------------------------------------------------------------------ one fragment */

enum put { PUT, PUT_DUPLICATE, PUT_OVERLAP };

/* inet_frag_queue_insert(): runs grow at the end only; within one everything is a duplicate. */
static enum put put_run(struct datagram *d, uint32_t from, uint32_t to)
{
	struct run_of *last = d->run_count ? &d->runs[d->run_count - 1] : NULL;
	unsigned i = d->run_count;

	if (last && last->to < to) {
		if (from < last->to)
			return PUT_OVERLAP;
		if (from == last->to) {
			last->to = to;
			return PUT;
		}
	} else if (last) {
		while (i && to <= d->runs[i - 1].from)
			i--;
		if (i && from < d->runs[i - 1].to)
			return from >= d->runs[i - 1].from && to <= d->runs[i - 1].to ?
			       PUT_DUPLICATE : PUT_OVERLAP;
	}
	if (d->run_count == RUNS_MOST)
		return PUT_OVERLAP;
	memmove(&d->runs[i + 1], &d->runs[i], sizeof(*d->runs) * (d->run_count - i));
	d->runs[i] = (struct run_of){ from, to };
	d->run_count++;
	return PUT;
}

/* Where the datagram ends, as this fragment has it. False: others had it otherwise. */
static bool set_end(struct datagram *d, uint32_t end, bool more)
{
	if (!more) {
		if (end < d->len || (d->last && end != d->len))
			return false;
		d->last = true;
		d->len = end;
	} else if (end > d->len) {
		if (d->last)
			return false;
		d->len = end;
	}
	return true;
}

/* A fragment's part of the datagram. */
struct piece {
	uint32_t from, len;	/* in the datagram */
	uint32_t at;		/* in the packet */
	uint32_t headers;	/* what stands in front of the fragmentable part */
	bool more;
};

static enum defrag put_piece(struct datagram *d, const struct packet *p, const struct piece *piece)
{
	switch (put_run(d, piece->from, piece->from + piece->len)) {
	case PUT_DUPLICATE:
		/* As if it had been put in: it is thrown away, the datagram stays. */
		return DEFRAG_HELD;
	case PUT_OVERLAP:
		forget(d);
		return DEFRAG_REFUSED;
	case PUT:
		break;
	}
	memcpy(d->data + piece->from, p->bytes + piece->at, piece->len);
	d->meat += piece->len;
	d->ecn |= (uint8_t)BIT(packet_tos(p) & 3);
	if (p->len > d->largest)
		d->largest = p->len;
	if (!piece->from) {
		memcpy(d->header, p->bytes, piece->headers);
		d->headers = (uint16_t)piece->headers;
		d->first = true;
	}
	return DEFRAG_PASS;
}

/* ip_frag_ecn_table: what the whole one has; 0xff: no sender sends such a mixture. */
static uint8_t ecn_of(uint8_t seen)
{
	enum { NOT_ECT = 1, CE = 8, MARKED = 3 };

	if (seen & NOT_ECT && seen != NOT_ECT)
		return 0xff;
	return seen & CE && seen != CE ? MARKED : 0;
}

static enum defrag finish(struct defrag_pool *pool, struct datagram *d, struct packet *p,
			  uint32_t len)
{
	const uint8_t *link = p->link;
	uint16_t link_len = p->link_len;

	memcpy(pool->whole + d->headers, d->data, d->len);
	forget(d);
	p->link = link;
	p->link_len = link_len;
	if (packet_parse(p, pool->whole, len, sizeof(pool->whole)) != PACKET_GOOD)
		return DEFRAG_REFUSED;
	return DEFRAG_PASS;
}

/* ------------------------------------------------------------------ IPv4 */

static enum defrag whole4(struct defrag_pool *pool, struct datagram *d, struct packet *p)
{
	uint8_t *b = pool->whole, ecn = ecn_of(d->ecn);
	uint32_t len = d->headers + d->len;
	be16 sum;

	if (ecn == 0xff || len > DATAGRAM_MOST) {
		forget(d);
		return DEFRAG_REFUSED;
	}
	memcpy(b, d->header, d->headers);
	b[1] |= ecn;
	b[2] = (uint8_t)(len >> 8);
	b[3] = (uint8_t)len;
	b[6] = d->largest_df == d->largest ? IP_DONT_FRAGMENT : 0;
	b[7] = b[10] = b[11] = 0;
	sum = checksum_finish(checksum_add(0, b, d->headers));
	memcpy(b + 10, &sum, sizeof(sum));
	return finish(pool, d, p, len);
}

static enum defrag gather4(struct defrag_pool *pool, struct packet *p, uint16_t zone, uint64_t now)
{
	struct fragment_key key = key_of(p, zone, p->bytes[9]);
	struct piece piece = {
		.from = p->fragment, .len = p->len - p->transport, .at = p->transport,
		.headers = p->transport, .more = p->more_fragments,
	};
	struct datagram *d = find(pool, &key, now);
	enum defrag defrag;

	if (!d)
		return DEFRAG_REFUSED;
	/* Only whole groups of eight bytes can be followed by others. */
	if (piece.more)
		piece.len &= ~7u;
	if (!piece.len || piece.from + piece.len > DATAGRAM_MOST ||
	    !set_end(d, piece.from + piece.len, piece.more)) {
		forget(d);
		return DEFRAG_REFUSED;
	}
	defrag = put_piece(d, p, &piece);
	if (defrag != DEFRAG_PASS)
		return defrag;
	if (p->bytes[6] & IP_DONT_FRAGMENT && p->len > d->largest_df)
		d->largest_df = p->len;
	return d->first && d->last && d->meat == d->len ? whole4(pool, d, p) : DEFRAG_HELD;
}

/* ------------------------------------------------------------------ IPv6 */

/*
 * The fragment header: its offset, and where its number stands in front of it (find_prev_fhdr). 0:
 * not there.
 */
static uint32_t fragment_header(const struct packet *p, uint16_t *previous)
{
	uint32_t at = 40;
	uint8_t next = p->bytes[6];

	*previous = 6;
	while (next != IPPROTO_FRAGMENT) {
		bool is_auth = next == IPPROTO_AH;

		if ((next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		     next != IPPROTO_DSTOPTS && !is_auth) || at + 8 > p->captured)
			return 0;
		*previous = (uint16_t)at;
		next = p->bytes[at];
		at += is_auth ? (p->bytes[at + 1] + 2u) * 4 : (p->bytes[at + 1] + 1u) * 8;
	}
	return at + 8 <= p->captured ? at : 0;
}

static enum defrag whole6(struct defrag_pool *pool, struct datagram *d, struct packet *p)
{
	uint8_t *b = pool->whole, ecn = ecn_of(d->ecn);
	uint32_t payload = d->headers - 40u + d->len;

	if (ecn == 0xff || payload > DATAGRAM_MOST) {
		forget(d);
		return DEFRAG_REFUSED;
	}
	memcpy(b, d->header, d->headers);
	b[d->previous] = d->next;
	b[4] = (uint8_t)(payload >> 8);
	b[5] = (uint8_t)payload;
	b[1] |= (uint8_t)(ecn << 4);
	return finish(pool, d, p, 40 + payload);
}

/*
 * ipv6frag_thdr_truncated(): a first fragment without the whole transport header passes by, and is
 * not kept (RFC 8200, section 4.5, would drop it).
 */
static bool is_truncated(const struct packet *p)
{
	uint16_t fragment;
	uint8_t proto;
	int at = ipv6_transport(p->bytes, p->len, &proto, &fragment);

	if (at < 0 || fragment)
		return false;
	switch (proto) {
	case IPPROTO_TCP:
		at += 20;
		break;
	case IPPROTO_UDP:
	case IPPROTO_ICMPV6:
		at += 8;
		break;
	default:
		at++;
	}
	return (uint32_t)at > p->len;
}

static enum defrag gather6(struct defrag_pool *pool, struct packet *p, uint16_t zone, uint64_t now)
{
	struct fragment_key key = key_of(p, zone, 0);
	uint16_t previous;
	uint32_t header = fragment_header(p, &previous);
	struct piece piece = {
		.from = p->fragment, .at = header + 8, .headers = header,
		.more = p->more_fragments,
	};
	struct datagram *d;
	enum defrag defrag;

	if (!header || header > HEADERS_MOST || is_truncated(p))
		return DEFRAG_PASS;
	piece.len = p->len - piece.at;
	d = find(pool, &key, now);
	if (!d)
		return DEFRAG_REFUSED;
	/* -EPROTO of nf_ct_frag6_queue: it passes as it is, and what waited is lost. */
	if (piece.more && piece.len & 7) {
		forget(d);
		return DEFRAG_PASS;
	}
	/* -EINVAL: it is dropped; the others go on waiting. An empty one tells where the end is. */
	if (piece.from + piece.len > DATAGRAM_MOST ||
	    !set_end(d, piece.from + piece.len, piece.more) || !piece.len)
		return DEFRAG_REFUSED;
	defrag = put_piece(d, p, &piece);
	if (defrag != DEFRAG_PASS)
		return defrag;
	if (!piece.from) {
		d->previous = previous;
		d->next = p->bytes[header];
	}
	return d->first && d->last && d->meat == d->len ? whole6(pool, d, p) : DEFRAG_HELD;
}

enum defrag conntrack_defrag(struct conntrack *ct, struct packet *packet, uint16_t zone,
			     uint64_t now)
{
	/* What a capture cut off cannot be put together. */
	if (!packet->is_fragment || packet->captured < packet->len)
		return DEFRAG_PASS;
	return packet->family == FAMILY_IPV6 ? gather6(ct->defrag, packet, zone, now) :
					       gather4(ct->defrag, packet, zone, now);
}
