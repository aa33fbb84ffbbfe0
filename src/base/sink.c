// SPDX-License-Identifier: GPL-2.0-or-later
/* Text sinks: a growing buffer, flushed to a descriptor when it is one. */
#include "base/sink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

enum { FLUSH_AT = 1 << 16 };

static void need(struct sink *sink, size_t more)
{
	if (sink->len + more <= sink->room)
		return;
	while (sink->len + more > sink->room)
		sink->room = sink->room ? sink->room * 2 : 256;
	sink->text = mem_resize(sink->text, sink->room);
}

/* Only whole lines leave, so that sink_pad may count back to the start of its line. */
static void flush_lines(struct sink *sink)
{
	if (sink->fd >= 0 && sink->len >= FLUSH_AT && sink->text[sink->len - 1] == '\n')
		sink_flush(sink);
}

void sink_char(struct sink *sink, char c)
{
	need(sink, 1);
	sink->text[sink->len++] = c;
	flush_lines(sink);
}

void sink_bytes(struct sink *sink, const void *bytes, size_t len)
{
	if (!len)
		return;
	need(sink, len);
	memcpy(sink->text + sink->len, bytes, len);
	sink->len += len;
	flush_lines(sink);
}

void sink_str(struct sink *sink, const char *text)
{
	sink_bytes(sink, text, strlen(text));
}

void sink_printf(struct sink *sink, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return;
	need(sink, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(sink->text + sink->len, (size_t)n + 1, format, args);
	va_end(args);
	sink->len += (size_t)n;
	flush_lines(sink);
}

static void digits(struct sink *sink, uint64_t value, unsigned base)
{
	char buf[24];
	size_t at = sizeof(buf);

	do {
		buf[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	sink_bytes(sink, buf + at, sizeof(buf) - at);
}

void sink_u64(struct sink *sink, uint64_t value)
{
	digits(sink, value, 10);
}

void sink_hex(struct sink *sink, uint64_t value)
{
	sink_bytes(sink, "0x", 2);
	digits(sink, value, 16);
}

void sink_pad(struct sink *sink, size_t start, size_t width)
{
	while (sink->len - start < width)
		sink_char(sink, ' ');
}

const char *sink_text(struct sink *sink)
{
	need(sink, 1);
	sink->text[sink->len] = '\0';
	return sink->text;
}

int sink_flush(struct sink *sink)
{
	size_t done = 0;

	if (sink->fd < 0)
		return 0;
	while (done < sink->len) {
		ssize_t n = write(sink->fd, sink->text + done, sink->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (!sink->error)
				sink->error = -errno;
			break;
		}
		done += (size_t)n;
	}
	sink->len = 0;
	return sink->error;
}

void sink_free(struct sink *sink)
{
	free(sink->text);
	*sink = SINK_MEMORY;
}
