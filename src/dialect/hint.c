// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What would be right, for errors of the command line: the nearest name, or what an option needs.
 */
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "dialect/parser.h"

struct names {
	const char **items;
	size_t count, room;
};

/* Names of options, and blank-separated other names as copies in the arena. */
static void add_opts(struct parser *p, struct names *names, const struct ext *ext)
{
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		const char *word, *also = o->also ? o->also : "";
		size_t len;

		VEC_PUSH(names, o->name);
		while (*also) {
			also = word_next(also, &word, &len);
			if (len) {
				const char *copy = arena_strndup(p->arena, word, len);

				VEC_PUSH(names, copy);
			}
		}
	}
}

bool long_option_exists(enum family family, const char *name, size_t len)
{
	const struct ext *ext;

	for (const struct base_option *o = base_options; o->name; o++)
		if (!strncmp(o->name, name, len) && (!o->name[len] || len > 2))
			return true;
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		if (ext_is_for(ext, family) && ext_option(ext, name, len))
			return true;
	return false;
}

/* The protocols that people mean before any other with ports. */
static bool is_common(const struct ext *ext)
{
	return ext->implied && (ext->protos[0] == 6 || ext->protos[0] == 17);
}

/* "-p tcp, -p udp, -m multiport": which extensions have the option; at most four. */
static bool owners(struct parser *p, const char *name, size_t len, char *text, size_t room)
{
	const struct ext *ext;
	size_t at = 0, count = 0;

	for (int common = 1; common >= 0; common--) {
		for (size_t n = 0; (ext = ext_nth(n)) != NULL && count < 4; n++) {
			const char *letter = ext->kind == EXT_TARGET ? "-j" :
					     ext->implied ? "-p" : "-m";
			int w;

			if (is_common(ext) != common || !ext_is_for(ext, p->family) ||
			    !ext_option(ext, name, len))
				continue;
			w = snprintf(text + at, room - at, "%s%s %s", count ? ", " : "", letter,
				     ext->name);
			if (w < 0 || (size_t)w >= room - at)
				return count > 0;
			at += (size_t)w;
			count++;
		}
	}
	return count > 0;
}

/* Of all extensions: the word may be meant for one that nobody has named. */
static void hint_anywhere(struct parser *p, struct names *names, const char *word)
{
	const struct ext *ext;
	const char *nearest;
	char text[256];

	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		if (ext_is_for(ext, p->family))
			add_opts(p, names, ext);
	nearest = err_nearest(word, names->items, names->count);
	if (nearest && owners(p, nearest, strlen(nearest), text, sizeof(text)))
		err_hint(p->err, "did you mean --%s (of %s)?", nearest, text);
}

static void hint_long(struct parser *p, const char *name, size_t len)
{
	struct names names = { 0 };
	const char *copy = arena_strndup(p->arena, name, len), *nearest;
	const struct ext *brought = NULL;
	char text[256];

	if (owners(p, name, len, text, sizeof(text))) {
		err_hint(p->err, "--%s belongs to %s, which must stand before it", copy, text);
		return;
	}
	if (p->has_protocol)
		brought = ext_for_proto(p->family, p->head.proto);
	for (size_t i = 0; i < p->loaded_count; i++)
		add_opts(p, &names, p->loaded[i].ext);
	if (brought)
		add_opts(p, &names, brought);
	for (const struct base_option *o = base_options; o->name; o++)
		VEC_PUSH(&names, o->name);
	nearest = err_nearest(copy, names.items, names.count);
	if (nearest)
		err_hint(p->err, "did you mean --%s?", nearest);
	else
		hint_anywhere(p, &names, copy);
	mem_free_ptr(&names.items);
}

static void hint_ambiguous(struct parser *p, const char *name, size_t len)
{
	const char *first = NULL, *second = NULL;

	for (size_t i = 0; i < p->loaded_count; i++)
		for (const struct opt *o = p->loaded[i].ext->opts; o && o->name; o++)
			if (!strncmp(o->name, name, len))
				first ? (second = second ? second : o->name) : (first = o->name);
	for (const struct base_option *o = base_options; o->name; o++)
		if (!strncmp(o->name, name, len))
			first ? (second = second ? second : o->name) : (first = o->name);
	if (first && second)
		err_hint(p->err, "--%.*s may be --%s or --%s: write more of it", (int)len, name,
			 first, second);
}

/* "-dport", which reads as -d with "port" behind it. */
static bool is_long_with_one(enum family family, const char *word)
{
	size_t len = strlen(word);

	return len > 3 && word[0] == '-' && word[1] != '-' &&
	       long_option_exists(family, word + 1, len - 1);
}

void hint_unknown_option(struct parser *p, const struct token *token)
{
	const char *word = p->words->items[token->word];
	size_t len;

	if (token->letter_at) {
		if (is_long_with_one(p->family, word))
			err_hint(p->err, "long options begin with two hyphens: -%s", word);
		else
			err_hint(p->err, "there is no option -%c", token->letter);
		return;
	}
	word += 2;
	len = strcspn(word, "=");
	if (token->kind == TOKEN_AMBIGUOUS) {
		hint_ambiguous(p, word, len);
		return;
	}
	if (word[len] && long_option_exists(p->family, word, len))
		err_hint(p->err, "--%.*s takes no value", (int)len, word);
	hint_long(p, word, len);
}

void hint_no_argument(struct parser *p, const struct token *token)
{
	const struct opt *o = token->opt;
	const char *value = o ? o->metavar : NULL;

	if (o && !value && o->type)
		value = o->type->metavar;
	if (o && value && *value)
		err_hint(p->err, "--%s %s%s%s", o->name, value, o->help ? ": " : "",
			 o->help && !strchr(o->help, '\n') ? o->help : "");
}

void hint_bad_argument(struct parser *p, const struct token *token)
{
	const char *const *words = p->words->items;
	const char *word = words[token->word];
	size_t len = strlen(word);

	if (token->word >= 2 && !strcmp(words[token->word - 1], "!"))
		err_hint(p->err, "the ! stands before the option: ! %s %s",
			 words[token->word - 2], word);
	else if (p->words->restoring && word[0] == '*')
		err_hint(p->err, "the table before it has no COMMIT");
	else if (p->words->restoring && !strcmp(word, "COMMIT"))
		err_hint(p->err, "COMMIT stands alone on its line, without blanks");
	else if (p->words->restoring && word[0] == '#')
		err_hint(p->err, "a comment starts in the first column");
	else if (len > 1 && long_option_exists(p->family, word, len))
		err_hint(p->err, "did you mean --%s?", word);
	else if (len == 1 && base_letter(word[0]) >= 0)
		err_hint(p->err, "did you mean -%s?", word);
	else if (token->word > 0 && is_long_with_one(p->family, words[token->word - 1]))
		err_hint(p->err, "long options begin with two hyphens: -%s %s",
			 words[token->word - 1], word);
	else if (token->word > 0 && words[token->word - 1][0] == '-')
		err_hint(p->err, "%s takes no such argument", words[token->word - 1]);
	else
		err_hint(p->err, "it belongs to no option; text with blanks needs quotes");
}

void hint_no_match(struct parser *p, const char *name)
{
	struct names names = { 0 };
	const struct ext *ext;
	const char *nearest;

	if (ext_find(EXT_TARGET, p->family, name)) {
		err_hint(p->err, "%s is a target: -j %s", name, name);
		return;
	}
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		if (ext->kind == EXT_MATCH && ext_is_for(ext, p->family))
			VEC_PUSH(&names, ext->name);
	nearest = err_nearest(name, names.items, names.count);
	if (nearest)
		err_hint(p->err, "did you mean -m %s?", nearest);
	else if (ext_find(EXT_MATCH, p->family == FAMILY_IPV6 ? FAMILY_IPV4 : FAMILY_IPV6, name))
		err_hint(p->err, "%s is for %s only", name,
			 p->family == FAMILY_IPV6 ? "iptables" : "ip6tables");
	else
		err_hint(p->err, "there is no match of that name; `postern ext' lists them all");
	mem_free_ptr(&names.items);
}

void hint_table(struct parser *p)
{
	const char *names[16], *nearest;
	size_t count = 0;

	for (; count < builtin_table_count && count < ARRAY_SIZE(names); count++)
		names[count] = builtin_tables[count].name;
	nearest = err_nearest(p->options->table, names, count);
	if (nearest)
		err_hint(p->err, "did you mean -t %s?", nearest);
	else
		err_hint(p->err, "the tables are filter, nat, mangle, raw and security");
}
