// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON as text. */
#include "base/json.h"

#include <stddef.h>

/* Bytes of the UTF-8 sequence at `at` (RFC 3629), or 0 when it is none. */
static size_t utf8(const unsigned char *at)
{
	size_t len = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 :
		     at[0] < 0xf5 ? 4 : 0;

	for (size_t i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies behind U+10FFFF. */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return len;
}

static void put_text(struct sink *sink, const char *text)
{
	sink_char(sink, '"');
	while (*text) {
		const unsigned char *at = (const unsigned char *)text;
		size_t len = utf8(at);

		if (!len) {
			sink_str(sink, "\\ufffd");
			text++;
			continue;
		}
		if (*at == '"' || *at == '\\')
			sink_printf(sink, "\\%c", *text);
		else if (*at < 0x20)
			sink_printf(sink, "\\u%04x", *at);
		else
			sink_bytes(sink, text, len);
		text += len;
	}
	sink_char(sink, '"');
}

static void begin(struct json *json, const char *name)
{
	if (json->more)
		sink_char(json->sink, ',');
	json->more = true;
	if (name) {
		put_text(json->sink, name);
		sink_char(json->sink, ':');
	}
}

void json_open(struct json *json, const char *name, char bracket)
{
	begin(json, name);
	sink_char(json->sink, bracket);
	json->more = false;
}

void json_close(struct json *json, char bracket)
{
	sink_char(json->sink, bracket);
	json->more = true;
}

void json_str(struct json *json, const char *name, const char *text)
{
	begin(json, name);
	if (text)
		put_text(json->sink, text);
	else
		sink_str(json->sink, "null");
}

void json_u64(struct json *json, const char *name, uint64_t value)
{
	begin(json, name);
	sink_u64(json->sink, value);
}

void json_bool(struct json *json, const char *name, bool value)
{
	begin(json, name);
	sink_str(json->sink, value ? "true" : "false");
}
