// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From words to options. What getopt_long does, without its global state: every word in its order,
 * glued short options, `--opt=value`, and unique prefixes of long options over the program's own
 * and those of all extensions loaded so far (newest first, as libxtables puts them together).
 */
#include <string.h>

#include "dialect/parser.h"

struct place word_place(const struct parser *p, int word)
{
	return (struct place){ .line = p->words->line, .word = (int16_t)word };
}

struct place argument_place(const struct parser *p, const struct token *token)
{
	struct place place = word_place(p, token->argument_word);

	if (token->from) {
		place.from = token->from;
		place.to = token->from + (int)strlen(token->argument);
	}
	return place;
}

const char *scan_word(struct parser *p)
{
	const char *word;

	if (p->at >= p->words->count)
		return NULL;
	word = p->words->items[p->at];
	if (word[0] == '-' || word[0] == '!')
		return NULL;
	p->at++;
	return word;
}

/* What a long name stands for; `kind` TOKEN_UNKNOWN until something fits. */
struct found {
	enum token_kind kind;
	const struct base_option *base;
	const struct ext *ext;
	const struct opt *opt;
};

static bool same_option(const struct found *a, const struct found *b)
{
	if (a->base && b->base)
		return a->base->letter == b->base->letter;
	return !a->base && !b->base && a->opt == b->opt;
}

static void note(struct found *found, const struct found *candidate)
{
	if (found->kind == TOKEN_UNKNOWN)
		*found = *candidate;
	else if (found->kind != TOKEN_AMBIGUOUS && !same_option(found, candidate))
		found->kind = TOKEN_AMBIGUOUS;
}

static bool find_exact(const struct parser *p, const char *name, size_t len, struct found *found)
{
	for (const struct base_option *o = base_options; o->name; o++) {
		if (o->name[0] == name[0] && !strncmp(o->name, name, len) && !o->name[len]) {
			*found = (struct found){ .kind = TOKEN_BASE, .base = o };
			return true;
		}
	}
	for (size_t i = p->loaded_count; i-- > 0;) {
		const struct loaded *l = &p->loaded[i];
		const struct opt *opt = l->again ? NULL : ext_option(l->ext, name, len);

		if (opt) {
			*found = (struct found){ .kind = TOKEN_EXT, .ext = l->ext, .opt = opt };
			return true;
		}
	}
	return false;
}

static bool opt_has_prefix(const struct opt *opt, const char *name, size_t len)
{
	const char *word, *also = opt->also ? opt->also : "";
	size_t n;

	if (!strncmp(opt->name, name, len))
		return true;
	while (*also) {
		also = word_next(also, &word, &n);
		if (n >= len && !memcmp(word, name, len))
			return true;
	}
	return false;
}

static void find_prefix(const struct parser *p, const char *name, size_t len, struct found *found)
{
	struct found candidate;

	for (const struct base_option *o = base_options; o->name; o++) {
		if (strncmp(o->name, name, len) != 0)
			continue;
		candidate = (struct found){ .kind = TOKEN_BASE, .base = o };
		note(found, &candidate);
	}
	for (size_t i = p->loaded_count; i-- > 0;) {
		const struct loaded *l = &p->loaded[i];

		if (l->again)
			continue;
		for (const struct opt *o = l->ext->opts; o && o->name; o++) {
			if (!opt_has_prefix(o, name, len))
				continue;
			candidate = (struct found){ .kind = TOKEN_EXT, .ext = l->ext, .opt = o };
			note(found, &candidate);
		}
	}
}

/* The argument of a long option: behind '=', or the next word when it must have one. */
static void long_argument(struct parser *p, struct token *token, int argument, const char *value)
{
	const char *word = p->words->items[token->word];

	if (value) {
		if (argument == ARGUMENT_NONE) {
			token->kind = TOKEN_UNKNOWN;
			return;
		}
		token->argument = value;
		token->argument_word = token->word;
		token->from = (int)(value - word);
	} else if (argument == ARGUMENT_MUST) {
		if (p->at >= p->words->count) {
			token->kind = TOKEN_NO_ARGUMENT;
			return;
		}
		token->argument_word = (int)p->at;
		token->argument = p->words->items[p->at++];
	}
}

static void scan_long(struct parser *p, struct token *token)
{
	const char *name = p->words->items[token->word] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	struct found found = { .kind = TOKEN_UNKNOWN };
	int argument;

	if (!find_exact(p, name, len, &found))
		find_prefix(p, name, len, &found);
	token->kind = found.kind;
	if (found.kind == TOKEN_BASE) {
		token->letter = found.base->letter;
		argument = found.base->argument;
	} else if (found.kind == TOKEN_EXT) {
		token->ext = found.ext;
		token->opt = found.opt;
		argument = !found.opt->type || !found.opt->type->words ? ARGUMENT_NONE :
			   found.opt->flags & OPT_MAYBE ? ARGUMENT_MAY : ARGUMENT_MUST;
	} else {
		return;
	}
	long_argument(p, token, argument, value);
}

/* One letter of "-vnL", the rest of the word as its argument when it takes one. */
static void scan_short(struct parser *p, struct token *token)
{
	const char *word = p->words->items[p->at - 1];
	char letter = *p->rest++;
	int argument = base_letter(letter);

	token->word = token->argument_word = (int)p->at - 1;
	token->letter = letter;
	token->letter_at = (int)(p->rest - 1 - word);
	token->kind = argument < 0 ? TOKEN_UNKNOWN : TOKEN_BASE;
	if (argument > ARGUMENT_NONE && *p->rest) {
		token->argument = p->rest;
		token->from = (int)(p->rest - word);
		p->rest = NULL;
	} else if (argument == ARGUMENT_MUST) {
		p->rest = NULL;
		if (p->at >= p->words->count) {
			token->kind = TOKEN_NO_ARGUMENT;
			return;
		}
		token->argument_word = (int)p->at;
		token->argument = p->words->items[p->at++];
	}
	if (p->rest && !*p->rest)
		p->rest = NULL;
}

void scan(struct parser *p, struct token *token)
{
	const char *word;

	*token = (struct token){ .kind = TOKEN_END, .word = (int)p->at,
				 .argument_word = (int)p->at };
	if (p->rest) {
		scan_short(p, token);
		return;
	}
	if (p->at >= p->words->count)
		return;
	word = p->words->items[p->at];
	p->at++;
	if (word[0] != '-' || !word[1]) {
		token->kind = TOKEN_WORD;
	} else if (word[1] != '-') {
		p->rest = word + 1;
		scan_short(p, token);
	} else if (word[2]) {
		scan_long(p, token);
	}
}
