/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wires: where packets come from and go to when they are filtered in user space. A wire has one or
 * several ports; what is beside a packet's bytes (devices, link layer, time) comes with it. All
 * buffers are made when a wire is opened.
 */
#ifndef POSTERN_WIRE_WIRE_H
#define POSTERN_WIRE_WIRE_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/packet.h"

enum { WIRE_PORTS = 16, WIRE_ROOM = 65536 + 256 };

/* A packet that came; good until the next one is asked for. */
struct arrival {
	uint8_t *bytes;		/* from the network header on; NULL: no IP packet, passes as it is */
	size_t captured, room;
	const uint8_t *link;	/* Ethernet header in front, or NULL */
	uint16_t link_len;
	const char *in, *out;	/* devices; in "": made here; out NULL: routing decides, "": to here */
	uint8_t pkttype;	/* PACKET_* of linux/if_packet.h */
	bool has_pkttype;
	uint32_t mark;
	uint64_t ns;		/* since 1970-01-01 by the wire's own clock; 0: it has none */
	uint32_t port;		/* the wire's own number of where it came from */
	uint32_t id;		/* the wire's own name of it */
};

struct wire {
	void *context;
	bool bridged;		/* from port to port, without routing and NAT */
	bool hops_on;		/* somebody else routes it afterwards, and takes its own hop off */
	struct pollfd fds[WIRE_PORTS];
	size_t fd_count;
	/* 1: a packet; 0: none now; -ENODATA: there will be none any more; -errno with err. */
	int (*next)(void *context, struct arrival *arrival, struct err *err);
	/*
	 * Lets it go on, as it is now, by the device `out` ("": to this host). 0, or -errno when it
	 * got lost: -EMSGSIZE it is too long for the device. `mark` is what the rules made of it.
	 */
	int (*pass)(void *context, const struct arrival *arrival, const struct packet *packet,
		    const char *out, uint32_t mark);
	void (*drop)(void *context, const struct arrival *arrival);	/* NULL: nothing to do */
	/* Sends a packet of ours back to where the other one came from. NULL: it cannot. */
	int (*answer)(void *context, const struct arrival *arrival, const struct packet *packet);
	int mute;		/* errno: why it cannot, though its like can; 0: for no reason */
	/*
	 * Packets that came since it was asked last, but never to us: there was no room, or they were
	 * not whole. NULL: nobody knows.
	 */
	uint64_t (*missed)(void *context);
	void (*host_changed)(void *context);	/* names of devices, too; NULL: it asks for none */
	int (*close)(void *context, struct err *err);	/* writes out what is held */
};

/* TUN devices; those that are not there are made, and go with us. */
int wire_open_tun(struct wire *wire, const char *const *names, size_t count, struct err *err);
/* Packets that rules of the kernel sent to a queue (-j NFQUEUE). */
int wire_open_queue(struct wire *wire, uint16_t number, struct err *err);
/* Between two Ethernet devices. */
int wire_open_bridge(struct wire *wire, const char *one, const char *other, struct err *err);
/* From capture to capture; `out` NULL: nothing is written. `in` NULL: by the caller's routes. */
int wire_open_capture(struct wire *wire, const char *from, const char *to, const char *in,
		      struct err *err);

static inline int wire_close(struct wire *wire, struct err *err)
{
	int r = wire->context ? wire->close(wire->context, err) : 0;

	wire->context = NULL;
	return r;
}

#endif
