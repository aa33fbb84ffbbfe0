// SPDX-License-Identifier: GPL-2.0-or-later
/* From capture to capture: what passes is written, with the time it came at. */
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "net/capture.h"
#include "wire/wire.h"

struct captures {
	struct capture *from;
	struct capture_out *to;
	const char *in;
	struct frame frame;
	struct err err;		/* of writing */
};

static int next(void *context, struct arrival *arrival, struct err *err)
{
	struct captures *c = context;
	struct frame *f = &c->frame;
	int r;

	if (err_is_set(&c->err)) {
		*err = c->err;
		return -EIO;
	}
	/* What is no IP packet is not written: a capture of bare packets cannot hold it. */
	do
		r = capture_next(c->from, f, err);
	while (r == 1 && !f->bytes);
	if (r <= 0)
		return r ? r : -ENODATA;
	*arrival = (struct arrival){
		.bytes = f->bytes, .captured = f->captured, .room = f->room, .link = f->link,
		.link_len = f->link_len, .in = c->in, .pkttype = f->type,
		.has_pkttype = f->has_type, .ns = f->ns,
	};
	return 1;
}

static int pass(void *context, const struct arrival *arrival, const struct packet *packet,
		const char *out, uint32_t mark)
{
	struct captures *c = context;

	(void)out, (void)mark;
	if (!c->to)
		return 0;
	return capture_write(c->to, arrival->ns, packet->bytes, packet->captured, packet->len,
			     &c->err);
}

static int close_captures(void *context, struct err *err)
{
	struct captures *c = context;
	int r = capture_finish(&c->to, err);

	capture_close(&c->from);
	free(c);
	return r;
}

int wire_open_capture(struct wire *wire, const char *from, const char *to, const char *in,
		      struct err *err)
{
	struct captures *c = mem_alloc(sizeof(*c));
	int r;

	*c = (struct captures){ .in = in, .err = ERR_INIT };
	r = capture_open(&c->from, from, err);
	if (!r && to && capture_is_same(from, to))
		r = err_set(err, ERR_OTHER, PLACE_NONE, "%s is the capture that is read", to);
	if (!r && to)
		r = capture_create(&c->to, to, err);
	if (r < 0) {
		struct err ignored = ERR_INIT;

		close_captures(c, &ignored);
		return r;
	}
	*wire = (struct wire){
		.context = c, .next = next, .pass = pass, .close = close_captures,
	};
	return 0;
}
