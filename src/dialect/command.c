// SPDX-License-Identifier: GPL-2.0-or-later
/* The command letters -A ... -E: chain, rule number, new name, policy. */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "base/num.h"
#include "dialect/parser.h"

/* Notes a command. `beside`: the commands that may stand there already. */
static int add_command(struct parser *p, const struct token *token, unsigned command,
		       unsigned beside)
{
	unsigned clash = p->commands & ~beside;

	if (p->invert)
		return parse_fail(p, p->invert_word, "unexpected '!' flag");
	if (clash) {
		parse_fail(p, token->word, "Cannot use -%c with -%c", command_letter(command),
			   command_letter(clash));
		err_hint(p->err, "one command at a time; only -Z may stand beside -L or -S");
		return -1;
	}
	p->commands |= command;
	p->command_word = token->word;
	return 0;
}

static void take_chain(struct parser *p, const char *chain, int word)
{
	p->chain = chain;
	p->chain_word = word;
}

static int take_number(struct parser *p, const char *text)
{
	uint64_t number;

	p->number_word = (int)p->at - 1;
	if (!num_parse(text, 1, INT_MAX, &number)) {
		parse_fail(p, p->number_word, "Invalid rule number `%s'", text);
		err_hint(p->err, "rules are numbered from 1; -L --line-numbers shows them");
		return -1;
	}
	p->number = (uint32_t)number;
	return 0;
}

/* -L -S -F -Z -X: the chain may be missing, or stand in the word behind. */
static void take_optional_chain(struct parser *p, const struct token *token)
{
	const char *word;

	if (token->argument) {
		take_chain(p, token->argument, token->argument_word);
		return;
	}
	word = scan_word(p);
	if (word)
		take_chain(p, word, (int)p->at - 1);
}

static int with_rule_parse(struct parser *p, const struct token *token, unsigned command)
{
	const char *word;
	int r = add_command(p, token, command, 0);

	if (r)
		return r;
	take_chain(p, token->argument, token->argument_word);
	if (command == CMD_APPEND || command == CMD_CHECK)
		return 0;
	if (command == CMD_INSERT)
		p->number = 1;
	word = scan_word(p);
	if (word) {
		if (command == CMD_DELETE)
			p->commands = CMD_DELETE_NUMBER;
		return take_number(p, word);
	}
	if (command == CMD_REPLACE) {
		parse_fail(p, token->word, "-%c requires a rule number", 'R');
		err_hint(p->err, "-R CHAIN NUMBER and the new rule behind it");
		return -1;
	}
	return 0;
}

static int list_parse(struct parser *p, const struct token *token, unsigned command)
{
	unsigned beside = command == CMD_ZERO ? CMD_LIST | CMD_LIST_RULES :
			  CMD_ZERO | CMD_ZERO_NUMBER;
	const char *word;
	int r = add_command(p, token, command, beside);

	if (r)
		return r;
	take_optional_chain(p, token);
	word = scan_word(p);
	if (word) {
		if (command == CMD_ZERO)
			p->commands = CMD_ZERO_NUMBER;
		r = take_number(p, word);
	}
	return r;
}

static int chain_command_parse(struct parser *p, const struct token *token, unsigned command)
{
	int r = add_command(p, token, command, 0);

	if (!r)
		take_optional_chain(p, token);
	return r;
}

int chain_name_check(const char *name, enum family family, struct place place, struct err *err)
{
	if (strlen(name) > CHAIN_NAME_MAX)
		return err_set(err, ERR_SYNTAX, place,
			       "chain name `%s' too long (must be under %u chars)", name,
			       CHAIN_NAME_MAX + 1);
	if (*name == '-' || *name == '!')
		return err_set(err, ERR_SYNTAX, place,
			       "chain name not allowed to start with `%c'", *name);
	if (!*name || is_verdict(name) || !strcmp(name, "standard") ||
	    ext_find(EXT_TARGET, family, name))
		return err_set(err, ERR_SYNTAX, place,
			       "chain name may not clash with target name");
	for (const char *c = name; *c; c++)
		if (isspace((unsigned char)*c))
			return err_set(err, ERR_SYNTAX, place, "Invalid chain name `%s'", name);
	return 0;
}

static int new_chain_parse(struct parser *p, const struct token *token)
{
	int r = chain_name_check(token->argument, p->family, argument_place(p, token), p->err);

	if (!r)
		r = add_command(p, token, CMD_NEW_CHAIN, 0);
	if (!r)
		take_chain(p, token->argument, token->argument_word);
	return r;
}

static int rename_parse(struct parser *p, const struct token *token)
{
	int r = add_command(p, token, CMD_RENAME_CHAIN, 0);

	if (r)
		return r;
	take_chain(p, token->argument, token->argument_word);
	p->name = scan_word(p);
	p->name_word = (int)p->at - 1;
	if (!p->name)
		return parse_fail(p, token->word,
				  "-%c requires old-chain-name and new-chain-name", 'E');
	return chain_name_check(p->name, p->family, word_place(p, p->name_word), p->err);
}

static int policy_parse(struct parser *p, const struct token *token)
{
	int r = add_command(p, token, CMD_SET_POLICY, 0);

	if (r)
		return r;
	take_chain(p, token->argument, token->argument_word);
	p->policy = scan_word(p);
	p->policy_word = (int)p->at - 1;
	if (!p->policy) {
		parse_fail(p, token->word, "-%c requires a chain and a policy", 'P');
		err_hint(p->err, "-P %s ACCEPT, or -P %s DROP", p->chain, p->chain);
		return -1;
	}
	return 0;
}

int command_parse(struct parser *p, const struct token *token)
{
	switch (token->letter) {
	case 'A':
		return with_rule_parse(p, token, CMD_APPEND);
	case 'C':
		return with_rule_parse(p, token, CMD_CHECK);
	case 'D':
		return with_rule_parse(p, token, CMD_DELETE);
	case 'R':
		return with_rule_parse(p, token, CMD_REPLACE);
	case 'I':
		return with_rule_parse(p, token, CMD_INSERT);
	case 'L':
		return list_parse(p, token, CMD_LIST);
	case 'S':
		return list_parse(p, token, CMD_LIST_RULES);
	case 'Z':
		return list_parse(p, token, CMD_ZERO);
	case 'F':
		return chain_command_parse(p, token, CMD_FLUSH);
	case 'X':
		return chain_command_parse(p, token, CMD_DELETE_CHAIN);
	case 'N':
		return new_chain_parse(p, token);
	case 'E':
		return rename_parse(p, token);
	case 'P':
		return policy_parse(p, token);
	}
	return 0;
}
