/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text sink: everything that becomes text (saves, listings, help, sentences) is written into one.
 * A sink either grows in memory or hands its text to a file descriptor in large pieces.
 */
#ifndef POSTERN_BASE_SINK_H
#define POSTERN_BASE_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct sink {
	char *text;		/* not NUL-terminated; use sink_text */
	size_t len, room;
	int fd;			/* -1: keep everything in memory */
	int error;		/* first negative errno of a write */
};

#define SINK_MEMORY ((struct sink){ .fd = -1 })
#define SINK_FD(n) ((struct sink){ .fd = (n) })

void sink_char(struct sink *sink, char c);
void sink_bytes(struct sink *sink, const void *bytes, size_t len);
void sink_str(struct sink *sink, const char *text);
void sink_printf(struct sink *sink, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Numbers without printf, which is most of what a listing of 100,000 rules would cost. */
void sink_u64(struct sink *sink, uint64_t value);
void sink_hex(struct sink *sink, uint64_t value);	/* 0x1f */

/* Spaces until `width` bytes follow `start` (an earlier sink->len). */
void sink_pad(struct sink *sink, size_t start, size_t width);

/* The text so far, NUL-terminated; owned by the sink, valid until its next change. Memory only. */
const char *sink_text(struct sink *sink);

/* Writes out what is held. 0, or the first negative errno of any write. Memory sinks: 0. */
int sink_flush(struct sink *sink);

void sink_free(struct sink *sink);
#define AUTO_SINK __attribute__((cleanup(sink_free))) struct sink

#endif
