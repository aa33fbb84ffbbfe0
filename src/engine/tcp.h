/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP segment as connection tracking reads it; between the states and the windows. */
#ifndef POSTERN_ENGINE_TCP_H
#define POSTERN_ENGINE_TCP_H

#include "engine/flow.h"

struct segment {
	uint32_t seq, ack;
	uint32_t end;		/* seq + length, SYN and FIN counted */
	uint16_t window;	/* as it is there, not scaled */
	uint8_t flags, direction;
	unsigned sees;		/* what it is for the table of states */
	bool is_plain_ack;
	const uint8_t *options;
	uint32_t options_len;
};

/* a is earlier than b on the circle of sequence numbers */
static inline bool tcp_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

/* Window scale and SACK of a SYN: into `end`, which forgets what it had but for BE_LIBERAL. */
void tcp_read_options(struct tcp_end *end, const struct segment *s);

enum window {
	WINDOW_ACCEPT,
	WINDOW_IGNORE,		/* it passes, and nothing is learnt from it */
	WINDOW_INVALID,
};

/* Does the segment lie where its peers may be (tcp_in_window)? Learns from it when it does. */
enum window tcp_check_window(const struct conntrack *ct, struct flow *flow,
			     const struct segment *s);

#endif
