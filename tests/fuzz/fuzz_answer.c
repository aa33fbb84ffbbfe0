// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of strangers that are answered (errors, resets) and cut: nothing is read outside of their
 * bytes, and what comes out is a packet, with right checksums, that fits. The first byte says which
 * answer, the second and third the MTU.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/answer.h"
#include "net/cut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKET_MOST = 4096 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int ask(uint8_t which, struct packet *answer, const struct packet *to, uint32_t mtu,
	       uint8_t *bytes)
{
	union inet_addr own = { .bytes = { 192, 0, 2, 1 } };

	switch (which & 3) {
	case 0:
		return answer_reset(answer, to, bytes, ANSWER_ROOM);
	case 1:
		return answer_unreachable(answer, to, which >> 2, &own, bytes, ANSWER_ROOM);
	case 2:
		return answer_too_big(answer, to, mtu, &own, bytes, ANSWER_ROOM);
	}
	return answer_expired(answer, to, &own, bytes, ANSWER_ROOM);
}

struct pieces {
	uint32_t mtu, bytes;
};

static int take(void *context, const struct packet *piece)
{
	struct pieces *p = context;
	struct packet again = { 0 };
	enum packet_flaw flaw = packet_parse(&again, piece->bytes, piece->len, piece->room);

	must(piece->len <= p->mtu);
	/* The extension headers of IPv6 may be longer than the first piece. */
	must(flaw == PACKET_GOOD || (flaw == PACKET_BAD_EXTENSION && !again.fragment));
	p->bytes += piece->len - piece->transport;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t piece[PACKET_MOST];
	uint8_t answer_bytes[ANSWER_ROOM], *bytes;
	struct packet packet = { 0 }, answer = { 0 }, again = { 0 };
	struct pieces pieces = { 0 };
	uint32_t mtu;
	int r;

	if (size < 4 || size > PACKET_MOST)
		return 0;
	mtu = ((uint32_t)data[1] << 8 | data[2]) % PACKET_MOST;
	size -= 3;
	bytes = malloc(size);
	if (!bytes)
		abort();
	memcpy(bytes, data + 3, size);
	if (packet_parse(&packet, bytes, size, size) == PACKET_GOOD) {
		r = ask(data[0], &answer, &packet, mtu, answer_bytes);
		if (r > 0) {
			must(packet_parse(&again, answer_bytes, (size_t)r, ANSWER_ROOM) ==
			     PACKET_GOOD);
			must(packet_checksum_is_good(&again));
			must(again.len == (uint32_t)r);
		} else {
			must(r == -ENOMSG);
		}
		pieces.mtu = mtu;
		r = packet_cut(&packet, mtu, 7, piece, sizeof(piece), take, &pieces);
		must(r == 0 || r == -EMSGSIZE);
	}
	free(bytes);
	return 0;
}
