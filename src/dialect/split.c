// SPDX-License-Identifier: GPL-2.0-or-later
/* Words of one line of a restore file. */
#include <string.h>

#include "dialect/iptables.h"

enum { BLANK = 1, QUOTE, END };

/* Bytes that are no part of a word as they stand. */
static const uint8_t special[UINT8_MAX + 1] = {
	[' '] = BLANK, ['\t'] = BLANK, ['\n'] = BLANK, ['"'] = QUOTE, ['\0'] = END,
};

static uint8_t kind_of(char c)
{
	return special[(unsigned char)c];
}

/* From behind the opening quote to the closing one. */
static const char *copy_quoted(const char *p, char **to)
{
	char *out = *to;

	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1])
			p++;
		*out++ = *p;
	}
	*to = out;
	return *p ? p : NULL;
}

/*
 * Copies the word at `p` to `to` and returns what follows it. As in iptables (add_param_to_argv) a
 * quote may open in the middle of a word, and closing it ends the word. NULL: the quote stays open.
 */
static const char *copy_word(const char *p, char **to)
{
	char *out = *to;
	uint8_t kind;

	while (!(kind = kind_of(*p)))
		*out++ = *p++;
	if (kind == QUOTE) {
		p = copy_quoted(p + 1, &out);
		if (p)
			p++;
	}
	*out++ = '\0';
	*to = out;
	return p;
}

int restore_split(struct arena *arena, const char *line, const char ***items, size_t *count,
		  struct err *err)
{
	size_t len = strlen(line), room = len / 2 + 1, n = 0;
	/* A word and its end need no more than it and its blank or its quotes took. */
	char *text = arena_alloc(arena, len + 2);
	const char **words = arena_alloc(arena, (room + 1) * sizeof(*words));
	const char *p = line;

	for (;;) {
		while (kind_of(*p) == BLANK)
			p++;
		if (!*p)
			break;
		words[n++] = text;
		p = copy_word(p, &text);
		if (!p) {
			struct place place = { .word = (int)n - 1 };

			err_set(err, ERR_SYNTAX, place, "a quote is not closed");
			err_hint(err, "text with blanks stands in \"...\", a quote inside as \\\"");
			return -1;
		}
	}
	*items = words;
	*count = n;
	return 0;
}
