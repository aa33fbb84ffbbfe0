/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures: pcap and pcapng, read and written through libpcap, which is loaded when the first one
 * is opened: a firewall that only loads rules must not wait for it.
 */
#ifndef POSTERN_NET_CAPTURE_H
#define POSTERN_NET_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct capture;

enum { CAPTURE_ROOM = 65536 + 256 };	/* a packet, and what NAT may add to it */

/* One frame. `bytes` is the capture's own buffer, good until the next one; it may be changed. */
struct frame {
	uint8_t *bytes;		/* from the network header on; NULL: no IP packet */
	size_t captured;	/* bytes of it that are there */
	size_t room;		/* of the buffer from `bytes` on */
	size_t wire;		/* bytes there were on the wire */
	const uint8_t *link;	/* link-layer header in front, Ethernet only; else NULL */
	uint16_t link_len;
	uint64_t ns;		/* since 1970-01-01 */
	uint8_t type;		/* PACKET_* of linux/if_packet.h where the capture says it,
				 * PACKET_HOST otherwise */
	bool has_type;
};

/* Opens a file, "-" is standard input. ERR_OTHER with the path when it is none of ours to read. */
int capture_open(struct capture **capture, const char *path, struct err *err);
/*
 * 1: `frame` is the next one; 0: the end; -errno with err, which says behind which frame (a damaged
 * file; what came is good).
 */
int capture_next(struct capture *capture, struct frame *frame, struct err *err);
/* Bytes of the file read so far, and its size; 0 where that is not known. For progress. */
void capture_progress(const struct capture *capture, uint64_t *done, uint64_t *all);
void capture_close(struct capture **capture);
#define AUTO_CAPTURE __attribute__((cleanup(capture_close))) struct capture

struct capture_out;

/* Both names are of one file, which would be emptied before it is read. */
bool capture_is_same(const char *path, const char *other);

/* A new capture of bare IP packets (LINKTYPE_RAW), "-" is standard output. */
int capture_create(struct capture_out **out, const char *path, struct err *err);
int capture_write(struct capture_out *out, uint64_t ns, const uint8_t *bytes, size_t captured,
		  size_t wire, struct err *err);
/* Writes out what is held; an error here is one of the file. NULL is fine. */
int capture_finish(struct capture_out **out, struct err *err);

#endif
