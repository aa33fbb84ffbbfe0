// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One command line of iptables. Options are acted on in the order in which they stand, because an
 * error must be the one that iptables finds first; what is looked at only behind the last word is
 * in finish.c.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/parser.h"

int parse_fail(struct parser *p, int word, const char *format, ...)
{
	char text[sizeof(p->err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(p->err, ERR_SYNTAX, word_place(p, word), "%s", text);
}

void parse_warn(struct parser *p, const char *format, ...)
{
	const char *old = p->options->warnings;
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->options->warnings = arena_printf(p->arena, "%s%s\n", old ? old : "", text);
}

const char *parse_keep(struct parser *p, const char *text)
{
	const char *kept = text && p->names ? hash_get(p->names, text) : NULL;

	if (kept || !text)
		return kept;
	kept = arena_strdup(p->arena, text);
	if (p->names)
		hash_put(p->names, kept, (void *)(uintptr_t)kept);
	return kept;
}

static int table_parse(struct parser *p, const struct token *token)
{
	if (p->invert)
		return parse_fail(p, p->invert_word, "unexpected ! flag before --table");
	if (p->words->restoring)
		return parse_fail(p, token->word, "The -t option cannot be used in %s.\n",
				  p->words->program);
	p->options->table = parse_keep(p, token->argument);
	p->table_word = token->argument_word;
	return 0;
}

/* What sscanf's %i makes of a word: white space, a sign, a number in any base, then anything. */
static bool starts_with_number(const char *text)
{
	text += strspn(text, " \t\n\v\f\r");
	if (*text == '-' || *text == '+')
		text++;
	return isdigit((unsigned char)*text);
}

/* The lock is never taken; what stands there is looked at all the same. */
static int wait_parse(struct parser *p, const struct token *token)
{
	const char *seconds = token->argument;

	if (p->words->restoring)
		return parse_fail(p, token->word, "You cannot use `-w' from iptables-restore");
	if (!seconds)
		seconds = scan_word(p);
	if (seconds && !starts_with_number(seconds)) {
		parse_fail(p, token->argument ? token->word : (int)p->at - 1,
			   "wait seconds not numeric");
		err_hint(p->err, "-w takes whole seconds or nothing: -w 5");
		return -1;
	}
	p->options->wait = p->wait = true;
	return 0;
}

static int wait_interval_parse(struct parser *p, const struct token *token)
{
	const char *text = token->argument, *end;
	uint64_t usec;

	if (p->words->restoring)
		return parse_fail(p, token->word, "You cannot use `-W' from iptables-restore");
	if (!text)
		text = scan_word(p);
	if (!text)
		return parse_fail(p, token->word, "wait interval value required");
	if (!num_parse_decimal(text, &end, 0, UINT32_MAX, &usec))
		return parse_fail(p, (int)p->at - 1, "wait interval not numeric");
	if (usec > 999999)
		return parse_fail(p, (int)p->at - 1, "too long usec wait %u > 999999 usec",
				  (unsigned)usec);
	parse_warn(p, "Ignoring deprecated --wait-interval option.");
	p->wait_interval = true;
	p->wait_word = token->word;
	return 0;
}

/* -4, -6: nothing for the program's own family; a restore skips lines of the other one. */
static int family_parse(struct parser *p, const struct token *token)
{
	bool four = token->letter == '4';

	if (four)
		p->options->ipv4_only = true;
	else
		p->options->ipv6_only = true;
	if (four == (p->family == FAMILY_IPV4))
		return 0;
	if (p->words->restoring) {
		p->done = true;
		return 0;
	}
	err_styled(p->err, ERR_SYNTAX, ERR_STYLE_BARE, word_place(p, token->word), "%s", "");
	err_hint(p->err, "this is %s; %s is a program of its own",
		 four ? "ip6tables" : "iptables", four ? "iptables" : "ip6tables");
	return -1;
}

/* Whose options are wanted with -h: the target's, then the matches'. */
static void help_parse(struct parser *p)
{
	const struct ext **list;
	size_t count = 0;

	if (!p->loaded_count && p->head.proto)
		proto_load(p, -1);
	p->options->help = p->done = true;
	if (!p->loaded_count)
		return;
	list = arena_alloc(p->arena, (p->loaded_count + 1) * sizeof(*list));
	for (size_t i = 0; i < p->loaded_count; i++)
		if (p->loaded[i].ext->kind == EXT_TARGET)
			list[count++] = p->loaded[i].ext;
	for (size_t i = 0; i < p->loaded_count; i++)
		if (p->loaded[i].ext->kind == EXT_MATCH)
			list[count++] = p->loaded[i].ext;
	p->options->help_for = list;
}

static int base_parse(struct parser *p, const struct token *token)
{
	switch (token->letter) {
	case 'A': case 'C': case 'D': case 'R': case 'I': case 'L': case 'S': case 'F':
	case 'Z': case 'N': case 'X': case 'E': case 'P':
		return command_parse(p, token);
	case 't':
		return table_parse(p, token);
	case 'm':
		return match_parse(p, token);
	case 'j': case 'g':
		return jump_parse(p, token);
	case 'w':
		return wait_parse(p, token);
	case 'W':
		return wait_interval_parse(p, token);
	case '4': case '6':
		return family_parse(p, token);
	case 'h':
		help_parse(p);
		return 0;
	case 'V':
		p->options->version = p->done = true;
		return 0;
	case 'M':
		p->options->modprobe = parse_keep(p, token->argument);
		return 0;
	}
	return head_parse(p, token);
}

static int word_parse(struct parser *p, const struct token *token)
{
	const char *word = p->words->items[token->word];

	if (!strcmp(word, "!")) {
		if (p->invert)
			return parse_fail(p, token->word, "multiple consecutive ! not allowed");
		p->invert = true;
		p->invert_word = token->word;
		return 0;
	}
	err_styled(p->err, ERR_SYNTAX, ERR_STYLE_BARE, word_place(p, token->word),
		   "Bad argument `%s'", word);
	hint_bad_argument(p, token);
	return -1;
}

static int unknown_parse(struct parser *p, const struct token *token)
{
	struct place place = word_place(p, token->word);

	if (token->kind == TOKEN_NO_ARGUMENT) {
		parse_fail(p, token->word, "option \"%s\" requires an argument",
			   p->words->items[token->word]);
		hint_no_argument(p, token);
		return -1;
	}
	if (token->letter_at) {
		place.from = token->letter_at;
		place.to = token->letter_at + 1;
	}
	err_set(p->err, ERR_SYNTAX, place, "unknown option \"%s\"", p->words->items[token->word]);
	hint_unknown_option(p, token);
	return -1;
}

/* Reads on, with `!` in mind. Negative when there is an error. */
static int words_parse(struct parser *p)
{
	struct token token;
	int r = 0;

	while (!r && !p->done) {
		size_t at = p->at;
		const char *rest = p->rest;

		scan(p, &token);
		switch (token.kind) {
		case TOKEN_END:
			return 0;
		case TOKEN_WORD:
			r = word_parse(p, &token);
			continue;	/* a `!` waits on */
		case TOKEN_BASE:
			r = base_parse(p, &token);
			break;
		case TOKEN_EXT:
			r = ext_option_parse(p, &token);
			break;
		case TOKEN_UNKNOWN:
		case TOKEN_AMBIGUOUS:
		case TOKEN_NO_ARGUMENT:
			/* "-p tcp --dport": the protocol's match is loaded only now. */
			if (proto_load(p, token.word)) {
				p->at = at;
				p->rest = rest;
				continue;
			}
			r = unknown_parse(p, &token);
			break;
		}
		p->invert = false;
	}
	return r;
}

int parse_line(struct arena *arena, enum family family, const struct words *words,
	       struct iptables_options *options, struct command *command, struct hash *names,
	       struct err *err)
{
	struct words named = *words;
	struct parser p = {
		.arena = arena, .family = family, .words = &named, .options = options,
		.command = command, .names = names, .err = err, .table_word = -1,
	};
	int r;

	if (!named.program)
		named.program = family == FAMILY_IPV6 ? "ip6tables" : "iptables";
	p.loaded = p.few;
	p.loaded_room = LOADED_FEW;
	*command = (struct command){
		.family = family, .line = words->line,
		.chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	if (!options->table)
		options->table = "filter";
	r = words_parse(&p);
	if (!r && !p.done)
		r = command_finish(&p);
	if (!r)
		return 0;
	hint_pasted(&p);
	return err->code == ERR_SYNTAX ? -EINVAL : -EPERM;
}

int iptables_parse(struct arena *arena, enum family family, const struct words *words,
		   struct iptables_options *options, struct command *command, struct err *err)
{
	return parse_line(arena, family, words, options, command, NULL, err);
}
