// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Errors as text. The first part is what iptables prints, to the letter, because programs compare
 * it. Behind it, for people only: what was typed, with a line under the word, and what would be
 * right.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/version.h"
#include "cli/cli.h"

void print_version(const struct call *call)
{
	printf("%s v%s (%s)\n", call->program, VERSION_COMPAT, call->flavour);
}

static void print_frozen(struct sink *out, const struct call *call, const struct err *err)
{
	int line = err->place.line;

	switch (err->style) {
	case ERR_STYLE_FULL:
		sink_printf(out, "%s v%s (%s): %s\n", call->program, VERSION_COMPAT, call->flavour,
			    err->text);
		break;
	case ERR_STYLE_PLAIN:
		if (line && !err->text[0])
			sink_printf(out, "%s: line %d failed\n", call->program, line);
		else if (line)
			sink_printf(out, "%s: line %d failed: %s.\n", call->program, line,
				    err->text);
		else
			sink_printf(out, "%s: %s.%s\n", call->program, err->text,
				    err->errnum == EINVAL ?
				    " Run `dmesg' for more information." : "");
		break;
	case ERR_STYLE_BARE:
		if (err->text[0])
			sink_printf(out, "%s\n", err->text);
		break;
	}
	if (line && err->code == ERR_SYNTAX)
		sink_printf(out, "Error occurred at line: %d\n", line);
	if (err->code == ERR_SYNTAX)
		sink_printf(out, "Try `%s -h' or '%s --help' for more information.\n",
			    call->program, call->program);
	if (err->code == ERR_VERSION)
		sink_printf(out, "Perhaps %s or your kernel needs to be upgraded.\n",
			    call->program);
}

/* ------------------------------------------------------------------ drawing */

/* A line with a part of it marked, in bytes. */
struct drawing {
	struct sink line;
	size_t from, to;	/* to 0: nothing is marked */
};

static bool needs_quotes(const char *word)
{
	return !*word || strpbrk(word, " \t\n\"'\\$&|;<>()*?`#") != NULL;
}

static void put_word(struct sink *line, const char *word)
{
	if (!needs_quotes(word)) {
		sink_str(line, word);
		return;
	}
	sink_char(line, '\'');
	for (const char *p = word; *p; p++)
		if (*p == '\'')
			sink_str(line, "'\\''");
		else
			sink_char(line, *p);
	sink_char(line, '\'');
}

static void draw_words(struct drawing *d, const struct call *call, const struct place *place)
{
	sink_str(&d->line, call->program);
	for (size_t i = 0; i < call->word_count; i++) {
		const char *word = call->words[i];
		size_t start;

		sink_char(&d->line, ' ');
		start = d->line.len;
		put_word(&d->line, word);
		if (place->word < 0 || (size_t)place->word != i)
			continue;
		d->from = start;
		d->to = d->line.len;
		if (place->to > place->from && !needs_quotes(word) &&
		    (size_t)place->to <= strlen(word)) {
			d->from = start + (size_t)place->from;
			d->to = start + (size_t)place->to;
		}
	}
	/* Something is missing at the end. */
	if (place->word >= 0 && (size_t)place->word >= call->word_count) {
		sink_char(&d->line, ' ');
		d->from = d->line.len;
		d->to = d->from + 1;
	}
}

/* Where word n of a line of a restore file stands; quotes belong to it (see restore_split). */
static bool find_word(const char *line, size_t len, int n, size_t *from, size_t *to)
{
	size_t i = 0;

	for (;; n--) {
		bool quoted = false;

		while (i < len && (line[i] == ' ' || line[i] == '\t'))
			i++;
		if (i == len)
			return false;
		*from = i;
		for (; i < len && (quoted || (line[i] != ' ' && line[i] != '\t')); i++) {
			if (line[i] == '\\' && quoted && i + 1 < len) {
				i++;
			} else if (line[i] == '"') {
				if (quoted) {
					i++;
					break;
				}
				quoted = true;
			}
		}
		*to = i;
		if (n == 0)
			return true;
	}
}

static void draw_input(struct drawing *d, const struct call *call, const struct place *place)
{
	const char *line = call->input;
	size_t len, from, to;

	for (int n = 1; n < place->line && line; n++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line)
		return;
	len = strcspn(line, "\n");
	if (call->input_name)
		sink_printf(&d->line, "%s:%d: ", call->input_name, place->line);
	else
		sink_printf(&d->line, "line %d: ", place->line);
	if (place->word >= 0 && find_word(line, len, place->word, &from, &to)) {
		if (place->to > place->from && (size_t)place->to <= to - from) {
			to = from + (size_t)place->to;
			from += (size_t)place->from;
		}
		d->from = d->line.len + from;
		d->to = d->line.len + to;
	}
	sink_bytes(&d->line, line, len);
}

static size_t columns_of(const char *text, size_t from, size_t to)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += ((unsigned char)text[i] & 0xc0) != 0x80;
	return n;
}

static size_t terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
		return 80;
	return size.ws_col;
}

/* Prints the line, or the part of it around the mark that fits, and the mark below it. */
static void print_drawing(struct sink *out, struct drawing *d)
{
	size_t width = terminal_width() - 8, first = 0, last;
	const char *text = sink_text(&d->line);
	size_t len = d->line.len;

	last = len;
	if (columns_of(text, 0, len) > width) {
		if (d->to > width)
			first = d->from > width / 2 ? d->from - width / 2 : 0;
		while (first && text[first - 1] != ' ')
			first--;
		if (last > first + width)
			last = first + width;
		if (d->to > last && d->to <= len)
			last = d->to;
		while (last < len && ((unsigned char)text[last] & 0xc0) == 0x80)
			last++;
	}
	sink_str(out, first ? "\n  ..." : "\n  ");
	sink_bytes(out, text + first, last - first);
	sink_str(out, last < len ? "...\n" : "\n");
	if (!d->to)
		return;
	for (size_t i = columns_of(text, first, d->from) + (first ? 5 : 2); i > 0; i--)
		sink_char(out, ' ');
	for (size_t i = d->to > len ? 1 : columns_of(text, d->from, d->to); i > 0; i--)
		sink_char(out, '^');
	sink_char(out, '\n');
}

static void explain(struct sink *out, const struct call *call, const struct err *err)
{
	struct drawing d = { .line = SINK_MEMORY };

	if (err->place.line && call->input)
		draw_input(&d, call, &err->place);
	else if (!err->place.line && err->place.word >= 0)
		draw_words(&d, call, &err->place);
	if (d.line.len)
		print_drawing(out, &d);
	if (err->hint[0])
		sink_printf(out, "%s  %s\n", d.line.len ? "" : "\n", err->hint);
	sink_free(&d.line);
}

int own_fail(const struct call *call, const struct err *err)
{
	AUTO_SINK out = SINK_FD(STDERR_FILENO);

	fflush(stdout);
	if (err->told)
		return (int)err->code;
	sink_printf(&out, "%s: %s\n", call->program, err->text);
	explain(&out, call, err);
	sink_flush(&out);
	return (int)err->code;
}

int fail(const struct call *call, const struct err *err)
{
	AUTO_SINK out = SINK_FD(STDERR_FILENO);

	fflush(stdout);
	if (err->told)
		return (int)err->code;
	print_frozen(&out, call, err);
	if (call->explain)
		explain(&out, call, err);
	else if (err->tell && err->hint[0])
		sink_printf(&out, "%s: %s\n", call->program, err->hint);
	sink_flush(&out);
	return (int)err->code;
}
