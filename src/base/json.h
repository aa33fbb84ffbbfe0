/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON (RFC 8259), written piece by piece into a sink; commas and quotes are seen to here. */
#ifndef POSTERN_BASE_JSON_H
#define POSTERN_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"

struct json {
	struct sink *sink;
	bool more;		/* a comma is due before the next value */
};

/* `name` is the member's name inside an object, NULL inside an array or at the top. */
void json_open(struct json *json, const char *name, char bracket);	/* '{' or '[' */
void json_close(struct json *json, char bracket);			/* '}' or ']' */
/* Bytes that are no UTF-8 become U+FFFD: names and payloads may be anything. NULL: null. */
void json_str(struct json *json, const char *name, const char *text);
void json_u64(struct json *json, const char *name, uint64_t value);
void json_bool(struct json *json, const char *name, bool value);

#endif
