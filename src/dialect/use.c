// SPDX-License-Identifier: GPL-2.0-or-later
/* Uses of extensions on a command line: -m, -j, -g, the match that -p brings, and their options. */
#include <ctype.h>
#include <string.h>

#include "dialect/parser.h"

bool is_verdict(const char *name)
{
	return !strcmp(name, "ACCEPT") || !strcmp(name, "DROP") || !strcmp(name, "QUEUE") ||
	       !strcmp(name, "RETURN");
}

static void load(struct parser *p, const struct ext *ext, int word)
{
	struct loaded *l;

	if (p->loaded_count == p->loaded_room) {
		struct loaded *old = p->loaded;

		p->loaded_room *= 2;
		p->loaded = arena_alloc(p->arena, p->loaded_room * sizeof(*old));
		memcpy(p->loaded, old, p->loaded_count * sizeof(*old));
	}
	l = &p->loaded[p->loaded_count];
	*l = (struct loaded){ .ext = ext, .word = word };
	for (size_t i = 0; i < p->loaded_count; i++)
		if (p->loaded[i].ext == ext)
			l->again = true;
	p->loaded_count++;
	if (ext->size) {
		l->data = arena_alloc(p->arena, (ext->size + 7u) & ~7u);
		use_init(ext, p->family, l->data);
	}
}

int match_parse(struct parser *p, const struct token *token)
{
	const char *name = token->argument;
	const struct ext *ext;

	if (p->invert)
		return parse_fail(p, p->invert_word, "unexpected ! flag before --match");
	if (strlen(name) > CHAIN_NAME_MAX)
		return err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			       "Invalid match name \"%s\" (%u chars max)", name, CHAIN_NAME_MAX);
	ext = ext_find(EXT_MATCH, p->family, name);
	if (!ext) {
		err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			"Couldn't load match `%s':No such file or directory\n", name);
		hint_no_match(p, name);
		return -1;
	}
	load(p, ext, token->argument_word);
	return 0;
}

static int target_name_check(struct parser *p, const struct token *token)
{
	const char *name = token->argument;

	if (!*name)
		return err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			       "Invalid target name (too short)");
	if (strlen(name) > CHAIN_NAME_MAX)
		return err_set(p->err, ERR_SYNTAX, argument_place(p, token),
			       "Invalid target name `%s' (%u chars max)", name, CHAIN_NAME_MAX);
	for (const char *c = name; *c; c++)
		if (isspace((unsigned char)*c))
			return err_set(p->err, ERR_SYNTAX, argument_place(p, token),
				       "Invalid target name `%s'", name);
	return 0;
}

/* A name that is no target is taken for a chain; whether that is there is not known here. */
int jump_parse(struct parser *p, const struct token *token)
{
	const struct ext *ext = NULL;
	int r = head_option_seen(p, OPTION_JUMP, token->word);

	if (!r)
		r = target_name_check(p, token);
	if (r)
		return r;
	p->jump = token->argument;
	p->jump_word = token->argument_word;
	p->jump_goto = token->letter == 'g';
	if (!p->jump_goto)
		ext = ext_find(EXT_TARGET, p->family, p->jump);
	if (ext) {
		p->has_target = true;
		load(p, ext, token->argument_word);
	}
	return 0;
}

/* The arguments of an option that takes several: the others are the words behind. */
static int further_words(struct parser *p, const struct token *token, const char **words)
{
	unsigned count = token->opt->type->words;

	for (unsigned i = 1; i < count; i++) {
		words[i] = scan_word(p);
		if (!words[i])
			return parse_fail(p, token->word, "--%s requires %s args.",
					  token->opt->name, count == 2 ? "two" : "more");
	}
	return 0;
}

int ext_option_parse(struct parser *p, const struct token *token)
{
	enum { WORDS_MOST = 8 };
	const char *words[WORDS_MOST] = { token->argument };
	struct opt_in in = {
		.ext = token->ext, .opt = token->opt, .family = p->family, .head = &p->head,
		.words = words, .negated = p->invert, .err = p->err,
	};
	struct loaded *l = &p->loaded[p->loaded_count - 1];

	/* Of several uses of one extension, the newest takes the options. */
	while (l->ext != token->ext)
		l--;
	if (token->opt->flags & OPT_MAYBE && !token->argument)
		words[0] = scan_word(p);
	in.place = token->argument ? argument_place(p, token) : word_place(p, token->word);
	if (token->opt->type && token->opt->type->words > 1 && further_words(p, token, words))
		return -1;
	return use_parse_option(&in, l->data, &l->given);
}

/*
 * `-p mh` brings the match of that name, other words for the same protocol do not (find_proto() of
 * xshared.c).
 */
static const struct ext *match_called(const struct parser *p)
{
	char name[32];

	if (text_lower(name, sizeof(name), p->protocol) >= sizeof(name))
		return NULL;
	return ext_find(EXT_MATCH, p->family, name);
}

bool proto_load(struct parser *p, int word)
{
	const struct ext *ext;

	if (!p->has_protocol || p->proto_loaded)
		return false;
	ext = ext_for_proto(p->family, p->head.proto);
	if (!ext)
		ext = match_called(p);
	if (!ext)
		return false;
	p->proto_loaded = true;
	/* Its options are known already: the unknown one is none of them. */
	for (size_t i = 0; i < p->loaded_count; i++)
		if (p->loaded[i].ext == ext)
			return false;
	load(p, ext, word);
	return true;
}

static int check_one(struct parser *p, const struct loaded *l)
{
	const struct check check = {
		.ext = l->ext, .family = p->family, .head = &p->head, .data = l->data,
		.given = l->given, .place = word_place(p, l->word), .err = p->err,
	};

	return use_check(&check);
}

int uses_check(struct parser *p)
{
	const struct loaded *target = NULL;

	for (size_t i = 0; i < p->loaded_count; i++) {
		const struct loaded *l = &p->loaded[i];

		if (l->ext->kind == EXT_TARGET)
			target = l;
		else if (check_one(p, l))
			return -1;
	}
	return target ? check_one(p, target) : 0;
}
