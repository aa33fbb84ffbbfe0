// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sequence numbers of a connection whose payload NAT made longer or shorter, after
 * net/netfilter/nf_conntrack_seqadj.c. Only the last change of a direction is remembered, as there.
 */
#include <netinet/in.h>

#include "engine/flow.h"

enum { TCP_HEADER = 20, ACK = 0x10, OPTION_END = 0, OPTION_NOP = 1, OPTION_SACK = 5 };

static bool is_after(uint32_t a, uint32_t b)
{
	return (int32_t)(b - a) < 0;
}

void seqadj_add(struct flow *flow, unsigned direction, uint32_t seq, int32_t by)
{
	struct seqadj *s = &flow->seqadj[direction];

	flow->conn.status |= IPS_SEQ_ADJUST;
	if (s->before != s->after && !is_after(seq, s->position))
		return;
	s->position = seq;
	s->before = s->after;
	s->after += by;
}

int32_t seqadj_offset(const struct flow *flow, unsigned direction, uint32_t seq)
{
	const struct seqadj *s = &flow->seqadj[direction];

	return is_after(seq, s->position) ? s->after : s->before;
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Another number at `at`, and the difference into the checksum of the segment. */
static void put32(uint8_t *header, uint8_t *at, uint32_t value)
{
	const uint8_t bytes[4] = {
		(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
		(uint8_t)value,
	};
	be16 sum = packet_be16(header + 16);

	/* A number at an odd place adds to the other half of each word of the sum. */
	if ((at - header) & 1) {
		uint8_t old_bytes[6] = { 0 }, new_bytes[6] = { 0 };

		memcpy(old_bytes + 1, at, 4);
		memcpy(new_bytes + 1, bytes, 4);
		sum = checksum_update(sum, old_bytes, new_bytes, sizeof(old_bytes));
	} else {
		sum = checksum_update(sum, at, bytes, sizeof(bytes));
	}
	memcpy(at, bytes, sizeof(bytes));
	memcpy(header + 16, &sum, sizeof(sum));
}

/* What the peer acknowledges is in numbers it got; the sender knows its own. */
static uint32_t acknowledged(const struct seqadj *other, uint32_t number)
{
	bool late = is_after(number - (uint32_t)other->before, other->position);

	return number - (uint32_t)(late ? other->after : other->before);
}

static void adjust_sack(uint8_t *header, uint32_t end, const struct seqadj *other)
{
	for (uint32_t at = TCP_HEADER; at < end;) {
		uint8_t kind = header[at], len;

		if (kind == OPTION_END)
			return;
		if (kind == OPTION_NOP) {
			at++;
			continue;
		}
		len = at + 1 < end ? header[at + 1] : 0;
		if (len < 2 || at + len > end)
			return;
		/* Blocks of two numbers each; anything else is left alone. */
		if (kind == OPTION_SACK && len >= 10 && (len - 2) % 8 == 0)
			for (uint32_t i = at + 2; i < at + len; i += 4)
				put32(header, header + i, acknowledged(other, load32(header + i)));
		at += len;
	}
}

/*
 * nf_ct_seq_adjust(): the first bytes of an ICMP error are taken for a header of TCP, too. Of too few
 * for its options the numbers are changed all the same.
 */
bool seqadj_packet(struct flow *flow, struct packet *packet, unsigned direction)
{
	const struct seqadj *other = &flow->seqadj[!direction];
	uint8_t *h = packet_transport(packet, TCP_HEADER);
	uint32_t seq, end;

	if (!h)
		return false;
	seq = load32(h + 4);
	put32(h, h + 4, seq + (uint32_t)seqadj_offset(flow, direction, seq));
	if (!(h[13] & ACK))
		return true;
	put32(h, h + 8, acknowledged(other, load32(h + 8)));
	end = (h[12] >> 4) * 4u;
	if (end > TCP_HEADER && !packet_transport(packet, end))
		return false;
	adjust_sack(h, end, other);
	return true;
}
