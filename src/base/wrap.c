// SPDX-License-Identifier: GPL-2.0-or-later
/* Breaking text into lines. */
#include "base/wrap.h"

#include <string.h>

static void indent_by(struct sink *sink, size_t n)
{
	while (n--)
		sink_char(sink, ' ');
}

void sink_wrap(struct sink *sink, size_t column, size_t indent, size_t width, const char *text)
{
	bool first = true;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len && !first && column + 1 + len > width) {
			sink_char(sink, '\n');
			indent_by(sink, indent);
			column = indent;
			first = true;
		}
		if (len) {
			if (!first) {
				sink_char(sink, ' ');
				column++;
			}
			sink_bytes(sink, text, len);
			column += len;
			first = false;
		}
		text += len;
		if (*text == '\n') {
			sink_char(sink, '\n');
			if (text[1])
				indent_by(sink, indent);
			column = indent;
			first = true;
		}
		if (*text)
			text++;
	}
	if (!first)
		sink_char(sink, '\n');
}
