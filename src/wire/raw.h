/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets of ours by a raw socket, for a wire that has no way of its own back to a sender. They may
 * come from any address, and go where this host's routes lead; its OUTPUT rules see them.
 */
#ifndef POSTERN_WIRE_RAW_H
#define POSTERN_WIRE_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/packet.h"

enum { RAW_REMEMBERED = 16384 };

struct raw {
	int fds[2];		/* IPv4, IPv6; -1: none */
	uint64_t key[2];
	/* What was sent, by a keyed hash of it; 0: nothing. */
	uint64_t sent[RAW_REMEMBERED];
};

/* 0, or -errno when not even IPv4 can be sent (EPERM: no CAP_NET_RAW). */
int raw_open(struct raw *raw);
void raw_close(struct raw *raw);
/* `device`: where it is to leave when its destination holds on one link only. 0 or -errno. */
int raw_send(struct raw *raw, const struct packet *packet, unsigned device);
/* Was this one, from its network header on, sent by us? (The last RAW_REMEMBERED of them, mostly.) */
bool raw_is_own(const struct raw *raw, const uint8_t *bytes, size_t len);

#endif
