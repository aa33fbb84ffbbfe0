// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * --write: the packets that are accepted. A datagram in fragments is judged when the last of them
 * comes; the others are kept until then.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "cli/replay.h"

static bool is_of(const struct held *h, const struct packet *p)
{
	size_t len = addr_len((enum family)p->family);

	return h->bytes && h->packet.family == p->family &&
	       h->packet.fragment_id == p->fragment_id &&
	       !memcmp(packet_saddr(&h->packet), packet_saddr(p), len) &&
	       !memcmp(packet_daddr(&h->packet), packet_daddr(p), len);
}

static void let_go(struct held *h)
{
	free(h->bytes);
	h->bytes = NULL;
}

static void hold(struct replay *r, const struct packet *was, const struct frame *f)
{
	struct held *h = &r->held[r->next_held++ % HELD_MOST];

	let_go(h);
	*h = (struct held){
		.ns = f->ns, .captured = (uint32_t)f->captured, .wire = (uint32_t)f->wire,
		.bytes = mem_alloc(f->captured), .packet = *was,
	};
	memcpy(h->bytes, was->bytes, f->captured);
	h->packet.bytes = h->bytes;
}

static int write_one(struct replay *r, uint64_t ns, const uint8_t *bytes, size_t captured,
		     size_t wire, struct err *err)
{
	int e = capture_write(r->out, ns, bytes, captured, wire, err);

	r->written += !e;
	return e;
}

int replay_write(struct replay *r, const struct packet *was, const struct frame *frame,
		 enum fate fate, struct err *err)
{
	bool accepted = !fate_status(fate);
	int e = 0;

	if (!r->out)
		return 0;
	if (fate == FATE_HELD) {
		hold(r, was, frame);
		return 0;
	}
	/* From the oldest on, wherever the ring begins. */
	for (size_t i = 0; was->is_fragment && i < HELD_MOST; i++) {
		struct held *h = &r->held[(r->next_held + i) % HELD_MOST];

		if (!is_of(h, was))
			continue;
		if (accepted && !e)
			e = write_one(r, h->ns, h->bytes, h->captured, h->wire, err);
		let_go(h);
	}
	if (accepted && !e)
		e = write_one(r, frame->ns, was->bytes, frame->captured, frame->wire, err);
	return e;
}

void replay_held_free(struct replay *r)
{
	for (size_t i = 0; i < HELD_MOST; i++)
		let_go(&r->held[i]);
}
