// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Command lines pasted from web pages, where software has made dashes, quotes and hard blanks of
 * what was typed. They are refused (who knows what else was changed), but the corrected line is
 * printed.
 */
#include <string.h>

#include "dialect/parser.h"

/* What iptables means by a typographic character. */
static const struct odd {
	const char *bytes;	/* UTF-8 */
	char means;
	const char *name;
} odd_table[] = {
	{ "\u2010", '-', "a typographic hyphen" }, { "\u2011", '-', "a typographic hyphen" },
	{ "\u2012", '-', "a figure dash" }, { "\u2013", '-', "an en dash" },
	{ "\u2014", '-', "an em dash" }, { "\u2015", '-', "a long dash" },
	{ "\u2212", '-', "a minus sign" }, { "\ufe58", '-', "a small dash" },
	{ "\ufe63", '-', "a small hyphen" }, { "\uff0d", '-', "a wide hyphen" },
	{ "\u00ad", '-', "a soft hyphen" },
	{ "\u201c", '"', "a curly quote" }, { "\u201d", '"', "a curly quote" },
	{ "\u201e", '"', "a curly quote" }, { "\u201f", '"', "a curly quote" },
	{ "\u00ab", '"', "an angle quote" }, { "\u00bb", '"', "an angle quote" },
	{ "\u2033", '"', "a double prime" }, { "\uff02", '"', "a wide quote" },
	{ "\u2018", '"', "a curly quote" }, { "\u2019", '"', "a curly quote" },
	{ "\u201a", '"', "a curly quote" }, { "\u201b", '"', "a curly quote" },
	{ "\u2032", '"', "a prime" },
	{ "\u00a0", ' ', "a hard blank" }, { "\u202f", ' ', "a hard blank" },
	{ "\u2009", ' ', "a thin blank" }, { "\u200b", 0, "an invisible character" },
	{ "\ufeff", 0, "an invisible character" },
};

/* The odd character at `text`, or NULL; `len` its bytes (1 for others). */
static const struct odd *odd_at(const char *text, size_t *len)
{
	*len = 1;
	if (!((unsigned char)*text & 0x80))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(odd_table); i++) {
		size_t n = strlen(odd_table[i].bytes);

		if (!strncmp(text, odd_table[i].bytes, n)) {
			*len = n;
			return &odd_table[i];
		}
	}
	return NULL;
}

/* The corrected line while it is made. */
struct line {
	struct sink *out;
	enum family family;
	bool in_quote;
	const struct odd *first;	/* the first odd one, in word `word` */
	size_t word;
};

static bool shell_minds(char c)
{
	return strchr(" \t\n\"'\\$&|;<>()*?`#!", c) != NULL;
}

/* Dashes at the start of a word: two for a long option, whatever the page has made of them. */
static const char *put_dashes(struct line *line, const char *word, size_t number)
{
	const char *body = word;
	const struct odd *odd, *first = NULL;
	size_t len, name_len;

	for (;;) {
		odd = odd_at(body, &len);
		if (odd ? odd->means != '-' : *body != '-')
			break;
		if (odd && !first)
			first = odd;
		body += len;
	}
	if (!first)
		return word;
	if (!line->first) {
		line->first = first;
		line->word = number;
	}
	name_len = strcspn(body, "=");
	sink_str(line->out, name_len > 1 && long_option_exists(line->family, body, name_len)
			    ? "--" : "-");
	return body;
}

static void put_word(struct line *line, const char *word, size_t number)
{
	const char *p;
	bool quotes = false;
	size_t len;

	p = line->in_quote ? word : put_dashes(line, word, number);
	/* What the shell had quoted needs quotes again; a lone ! does not. */
	for (const char *c = p; *c && !line->in_quote && strcmp(p, "!") != 0; c++)
		quotes |= shell_minds(*c);
	if (quotes || !*word)
		sink_char(line->out, '\'');
	for (; *p; p += len) {
		const struct odd *odd = odd_at(p, &len);

		if (!odd) {
			sink_char(line->out, *p);
			continue;
		}
		if (!line->first) {
			line->first = odd;
			line->word = number;
		}
		if (odd->means == '"' && !quotes)
			line->in_quote = !line->in_quote;
		if (odd->means)
			sink_char(line->out, odd->means);
	}
	if (quotes || !*word)
		sink_char(line->out, '\'');
}

void hint_pasted(struct parser *p)
{
	AUTO_SINK out = SINK_MEMORY;
	struct line line = { .out = &out, .family = p->family };
	const struct words *words = p->words;

	for (size_t i = 0; i < words->count; i++) {
		if (i)
			sink_char(&out, ' ');
		put_word(&line, words->items[i], i);
	}
	if (!line.first)
		return;
	if (line.in_quote)
		sink_char(&out, '"');
	/* This is the better reason, whatever else was said. */
	p->err->hint[0] = '\0';
	err_hint(p->err, "`%s' has %s in it, as web pages make them; what was meant is\n  %s%s%s",
		 words->items[line.word], line.first->name,
		 words->restoring ? "" : words->program, words->restoring ? "" : " ",
		 sink_text(&out));
}
