// SPDX-License-Identifier: GPL-2.0-or-later
/* From a spec of ipfwadm to what is asked for: which options go with which category and command. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "dialect/ipfwadm_spec.h"

static const char *chain_of(char category)
{
	switch (category) {
	case 'I':
		return "input";
	case 'O':
		return "output";
	case 'F':
		return "forward";
	default:
		return "acct";
	}
}

static int check_category(struct ipfwadm_parser *p)
{
	const struct ipfwadm_spec *s = &p->spec;

	if (!s->category)
		return old_bad(p->err, "no category: one of -A, -F, -I, -M, -O");
	if (!s->command)
		return old_bad(p->err, "no command specified");
	if (s->category == 'M' && ((s->command != 'l' && s->command != 's') || s->zero))
		return old_bad(p->err, "-M goes with -l and -s only");
	if (s->category != 'M' && s->command == 's')
		return old_bad(p->err, "-s goes with -M only");
	if (s->category == 'A' && strchr("pc", s->command))
		return old_bad(p->err, "-%c goes with -F, -I and -O only", s->command);
	return 0;
}

static int check_options(struct ipfwadm_parser *p)
{
	static const struct { char letter; unsigned option; const char *commands; } rules[] = {
		{ 'P', FW_P, "aidc" }, { 'S', FW_S, "aidc" }, { 'D', FW_D, "aidc" },
		{ 'V', FW_V, "aidc" }, { 'W', FW_W, "aidc" }, { 'b', FW_B, "aid" },
		{ 'o', FW_O, "aid" }, { 'r', FW_R, "aid" }, { 't', FW_T, "aid" },
		{ 'm', FW_M, "aidp" },
	};
	const struct ipfwadm_spec *s = &p->spec;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		bool given = s->options & rules[i].option;

		if (given && !strchr(rules[i].commands, s->command))
			return old_bad(p->err, "-%c cannot be used with -%c", rules[i].letter,
					   s->command);
		if (!given && s->command == 'c' && strchr("PSDVW", rules[i].letter))
			return old_bad(p->err, "-c needs -%c", rules[i].letter);
	}
	if (s->options & FW_M && s->category != 'F')
		return old_bad(p->err, "-m goes with -F only");
	if (s->options & FW_R && s->category != 'I')
		return old_bad(p->err, "-r goes with -I only");
	if (strchr("aid", s->command)) {
		if (s->category == 'A' && s->policy.count)
			return old_bad(p->err, "accounting has no policies: `%s'",
					   s->policy.items[0]);
		if (s->category != 'A' && !s->policy.count)
			return old_bad(p->err, "-%c needs a policy: accept, deny or reject",
					   s->command);
	}
	return 0;
}

static int parse_timeouts(struct ipfwadm_parser *p)
{
	uint64_t value;

	for (size_t i = 0; i < 3; i++) {
		const char *end, *text = p->spec.timeouts.items[i];

		if (!num_parse_decimal(text, &end, 0, INT32_MAX, &value) || *end)
			return old_bad(p->err, "invalid timeout `%s'", text);
		p->call->timeouts[i] = (uint32_t)value;
	}
	p->call->action = IPFWADM_MASQ_SET;
	return 0;
}

static int make_command(struct ipfwadm_parser *p)
{
	static const struct { char letter; enum command_kind kind; } kinds[] = {
		{ 'a', COMMAND_APPEND }, { 'i', COMMAND_INSERT }, { 'd', COMMAND_DELETE },
		{ 'z', COMMAND_ZERO }, { 'f', COMMAND_FLUSH }, { 'p', COMMAND_POLICY },
		{ 'c', COMMAND_CHECK },
	};
	struct command *c = arena_alloc(p->arena, sizeof(*c));
	struct place none = PLACE_NONE;
	enum policy policy;

	*c = (struct command){
		.family = FAMILY_IPV4, .table = IPFWADM_TABLE, .chain = p->call->chain,
		.chain_place = none, .jump_place = none,
	};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].letter == p->spec.command)
			c->kind = kinds[i].kind;
	if (c->kind == COMMAND_INSERT)
		c->number = 1;
	p->call->commands = c;
	p->call->action = c->kind == COMMAND_CHECK ? IPFWADM_CHECK : IPFWADM_COMMANDS;
	if (c->kind == COMMAND_POLICY) {
		if (ipfwadm_policy(p, &policy) < 0)
			return -EINVAL;
		c->policy = policy;
		return 0;
	}
	return strchr("aidc", p->spec.command) ? ipfwadm_rules(p, c) : 0;
}

static int make_call(struct ipfwadm_parser *p)
{
	const struct ipfwadm_spec *s = &p->spec;
	struct ipfwadm_call *c = p->call;

	c->verbose = s->options & FW_VERBOSE;
	c->numeric = s->options & FW_N;
	c->exact = s->options & FW_X;
	c->extended = s->options & FW_E;
	c->zero = s->zero;
	if (s->command == 'h') {
		c->action = IPFWADM_HELP;
		return 0;
	}
	if (check_category(p) < 0 || check_options(p) < 0)
		return -EINVAL;
	c->chain = chain_of(s->category);
	if (s->category == 'M') {
		c->action = IPFWADM_MASQ_LIST;
		return s->command == 's' ? parse_timeouts(p) : 0;
	}
	if (s->command == 'l') {
		c->action = IPFWADM_LIST;
		return 0;
	}
	return make_command(p);
}

int ipfwadm_parse(struct arena *arena, const struct ipfwadm_words *words,
		  struct ipfwadm_call *call, struct err *err)
{
	struct ipfwadm_parser p = {
		.arena = arena, .words = words, .call = call, .err = err,
	};
	int e = ipfwadm_scan(&p);

	return e ? e : make_call(&p);
}
