// SPDX-License-Identifier: GPL-2.0-or-later
/* Filling in errors, and the edit distance behind "did you mean". */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static void fill(struct err *err, enum err_code code, enum err_style style, struct place place,
		 const char *format, va_list args)
{
	if (err->code != ERR_NONE)
		return;
	err->code = code;
	err->style = style;
	err->place = place;
	vsnprintf(err->text, sizeof(err->text), format, args);
}

int err_set(struct err *err, enum err_code code, struct place place, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, code, ERR_STYLE_FULL, place, format, args);
	va_end(args);
	return code == ERR_SYNTAX ? -EINVAL : -EPERM;
}

int err_styled(struct err *err, enum err_code code, enum err_style style, struct place place,
	       const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fill(err, code, style, place, format, args);
	va_end(args);
	return code == ERR_SYNTAX ? -EINVAL : -EPERM;
}

int err_errno(struct err *err, enum err_code code, int errnum, const char *format, ...)
{
	va_list args;

	if (err->code != ERR_NONE)
		return -errnum;
	va_start(args, format);
	fill(err, code, ERR_STYLE_FULL, PLACE_NONE, format, args);
	va_end(args);
	err->errnum = errnum;
	return -errnum;
}

void err_hint(struct err *err, const char *format, ...)
{
	va_list args;

	if (err->code == ERR_NONE || err->hint[0])
		return;
	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

/* Optimal string alignment distance (Levenshtein plus swaps of neighbours), for short words. */
static unsigned distance(const char *a, const char *b)
{
	enum { MOST = 40 };
	unsigned d[MOST + 1][MOST + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MOST || m > MOST)
		return MOST;
	for (size_t i = 0; i <= n; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *err_nearest(const char *word, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	unsigned limit = (unsigned)strlen(word) / 3, best;

	best = limit < 1 ? 2 : limit + 1;
	for (size_t i = 0; i < count; i++) {
		unsigned d = names[i] ? distance(word, names[i]) : best;

		/* The wrong case alone is no distance: "input". */
		if (names[i] && !strcasecmp(word, names[i]))
			return names[i];
		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
