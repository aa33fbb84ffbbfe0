// SPDX-License-Identifier: GPL-2.0-or-later
/* From an ipchains command line to commands: which options go with which, and what is asked for. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/ipchains_spec.h"

/* Letters for errors, by option bit. */
static const char *const option_names[] = {
	"-n", "-s", "-d", "-p", "-j", "-y", "-b", "-v", "-l", "-x", "-t", "-i", "-f", "-m",
	"a port", "-o", "--line-numbers",
};

enum {
	OPTS_RULE = OPT_S | OPT_D | OPT_P | OPT_J | OPT_Y | OPT_V | OPT_L | OPT_T | OPT_I | OPT_F |
		    OPT_M | OPT_PORTS | OPT_O,
};

/* What each command allows and needs ('d' is -D with a number). */
static const struct {
	char command;
	unsigned allowed, needed;
} matrix[] = {
	{ 'A', OPTS_RULE | OPT_B, 0 },
	{ 'I', OPTS_RULE | OPT_B, 0 },
	{ 'D', OPTS_RULE | OPT_B, 0 },
	{ 'R', OPTS_RULE, 0 },
	{ 'L', OPT_N | OPT_V | OPT_X | OPT_LINES, 0 },
	{ 'C', OPT_S | OPT_D | OPT_P | OPT_Y | OPT_B | OPT_V | OPT_I | OPT_F | OPT_PORTS,
	  OPT_S | OPT_D | OPT_P | OPT_I },
	{ 'd', OPT_V, 0 }, { 'F', OPT_V, 0 }, { 'Z', OPT_V, 0 }, { 'N', OPT_V, 0 },
	{ 'X', OPT_V, 0 }, { 'P', OPT_V, 0 }, { 'S', OPT_V, 0 }, { 'M', 0, 0 },
};

static void look_up(char command, unsigned *allowed, unsigned *needed)
{
	for (size_t i = 0; i < ARRAY_SIZE(matrix); i++)
		if (matrix[i].command == command) {
			*allowed |= matrix[i].allowed;
			*needed |= matrix[i].needed;
		}
}

static int check_options(struct ipchains_parser *p)
{
	const struct ipchains_spec *s = &p->spec;
	unsigned allowed = 0, needed = 0;
	char letter = s->command == 'd' ? 'D' : s->command;

	look_up(s->command, &allowed, &needed);
	if (s->second)
		look_up(s->second, &allowed, &needed);
	for (unsigned i = 0; i < ARRAY_SIZE(option_names); i++) {
		if (s->options & ~allowed & BIT(i))
			return ipchains_bad(p, -1, "%s cannot be used with `-%c'",
					    option_names[i], letter);
		if (needed & ~s->options & BIT(i))
			return ipchains_bad(p, (int)p->words->count, "`-%c' needs %s", letter,
					    option_names[i]);
	}
	return 0;
}

static int check_label(struct ipchains_parser *p)
{
	const struct word *w = &p->spec.chain;

	if (!w->text)
		return 0;
	if (!w->text[0] || w->text[strcspn(w->text, " \t\n")])
		return ipchains_bad(p, w->at, "`%s' is no name of a chain", w->text);
	if (strlen(w->text) > IPCHAINS_LABEL_MOST)
		return ipchains_bad(p, w->at, "chain name `%s' is too long (%d characters at most)",
				    w->text, IPCHAINS_LABEL_MOST);
	return 0;
}

static int parse_number(struct ipchains_parser *p, uint32_t *number)
{
	const struct word *w = &p->spec.number;
	uint64_t value;

	*number = 0;
	if (!w->text)
		return 0;
	if (!num_parse(w->text, 1, UINT32_MAX, &value))
		return ipchains_bad(p, w->at, "invalid rule number `%s'", w->text);
	*number = (uint32_t)value;
	return 0;
}

static int parse_policy(struct ipchains_parser *p, struct command *c)
{
	static const struct { const char *name; enum policy policy; } policies[] = {
		{ "ACCEPT", POLICY_ACCEPT }, { "DENY", POLICY_DROP }, { "REJECT", POLICY_REJECT },
		{ "MASQ", POLICY_MASQUERADE },
	};
	const struct word *w = &p->spec.policy;

	if (!builtin_chain(IPCHAINS_TABLE, p->spec.chain.text))
		return ipchains_bad(p, p->spec.chain.at, "a user chain has no policy: `%s'",
				    p->spec.chain.text);
	for (size_t i = 0; i < ARRAY_SIZE(policies); i++)
		if (!strcmp(policies[i].name, w->text))
			c->policy = policies[i].policy;
	if (c->policy == POLICY_NONE)
		return ipchains_bad(p, w->at, "bad policy `%s': ACCEPT, DENY, REJECT or MASQ",
				    w->text);
	if (c->policy == POLICY_MASQUERADE && strcmp(p->spec.chain.text, "forward") != 0)
		return ipchains_bad(p, w->at, "policy MASQ is for forward alone");
	return 0;
}

/* The targets that only some places know; in a user chain the kernels took them for ACCEPT. */
static void note_place(struct ipchains_parser *p)
{
	const struct word *t = &p->spec.target;
	enum target_word word = ipchains_target_word(t->text);
	bool masq = word == WORD_MASQ;

	if ((masq || word == WORD_REDIRECT) && !builtin_chain(IPCHAINS_TABLE, p->spec.chain.text))
		sink_printf(&p->warnings, "Warning: %s in a user chain is ACCEPT where %s does "
			    "not call it\n", t->text, masq ? "forward" : "input");
}

static int make_command(struct ipchains_parser *p)
{
	static const struct { char letter; enum command_kind kind; } kinds[] = {
		{ 'A', COMMAND_APPEND }, { 'I', COMMAND_INSERT }, { 'R', COMMAND_REPLACE },
		{ 'D', COMMAND_DELETE }, { 'd', COMMAND_DELETE_NUMBER }, { 'F', COMMAND_FLUSH },
		{ 'Z', COMMAND_ZERO }, { 'N', COMMAND_NEW_CHAIN }, { 'X', COMMAND_DELETE_CHAIN },
		{ 'P', COMMAND_POLICY },
	};
	const struct ipchains_spec *s = &p->spec;
	struct command *c = arena_alloc(p->arena, sizeof(*c));
	struct place none = PLACE_NONE;

	*c = (struct command){
		.family = FAMILY_IPV4, .table = IPCHAINS_TABLE, .line = p->words->line,
		.chain = s->chain.text ? arena_strdup(p->arena, s->chain.text) : NULL,
		.chain_place = none, .jump_place = none,
	};
	c->chain_place.word = (int16_t)(s->chain.text ? s->chain.at : -1);
	c->jump_place.word = (int16_t)(s->target.text ? s->target.at : -1);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].letter == s->command)
			c->kind = kinds[i].kind;
	if (parse_number(p, &c->number) < 0)
		return -EINVAL;
	if (strchr("AIRD", s->command) && ipchains_rules(p, c) < 0)
		return -EINVAL;
	if (s->command == 'P' && parse_policy(p, c) < 0)
		return -EINVAL;
	note_place(p);
	p->call->forward_rule = strchr("AI", s->command) && !strcmp(s->chain.text, "forward");
	p->call->commands = c;
	return 0;
}

static int parse_timeouts(struct ipchains_parser *p)
{
	uint64_t value;

	for (int i = 0; i < 3; i++) {
		const struct word *w = &p->spec.timeouts[i];

		if (!num_parse(w->text, 0, INT32_MAX, &value))
			return ipchains_bad(p, w->at, "invalid timeout `%s'", w->text);
		p->call->timeouts[i] = (uint32_t)value;
	}
	p->call->action = IPCHAINS_MASQ_SET;
	return 0;
}

static int make_list(struct ipchains_parser *p)
{
	const struct ipchains_spec *s = &p->spec;
	struct ipchains_call *c = p->call;

	if (s->second == 'M') {
		if (s->chain.text)
			return ipchains_bad(p, s->chain.at, "unknown argument `%s'",
					    s->chain.text);
		c->action = IPCHAINS_MASQ_LIST;
		return 0;
	}
	c->action = IPCHAINS_LIST;
	c->zero = s->second == 'Z';
	if (c->zero && s->chain.text)
		return ipchains_bad(p, s->chain.at, "-L with -Z is about all chains, "
				    "not about `%s'", s->chain.text);
	c->chain = s->chain.text ? arena_strdup(p->arena, s->chain.text) : NULL;
	return 0;
}

static int make_call(struct ipchains_parser *p)
{
	switch (p->spec.command) {
	case 0:
		return ipchains_bad(p, (int)p->words->count, "no command specified");
	case 'h':
		p->call->action = p->spec.help_icmp ? IPCHAINS_HELP_ICMP : IPCHAINS_HELP;
		return 0;
	case 'V':
		p->call->action = IPCHAINS_VERSION_LINE;
		return 0;
	case 'M':
		return ipchains_bad(p, (int)p->words->count, "`-M' needs -L or -S");
	default:
		break;
	}
	if (check_options(p) < 0 || check_label(p) < 0)
		return -EINVAL;
	if (p->spec.options & OPT_X && !(p->spec.options & OPT_V))
		sink_str(&p->warnings, "Warning: -x says nothing without -v\n");
	switch (p->spec.command) {
	case 'L':
		return make_list(p);
	case 'S':
		return parse_timeouts(p);
	case 'C':
		return ipchains_packets(p);
	default:
		return make_command(p);
	}
}

int ipchains_parse(struct arena *arena, const struct ipchains_words *words,
		   struct ipchains_call *call, struct err *err)
{
	struct ipchains_parser p = {
		.arena = arena, .words = words, .call = call, .err = err,
		.warnings = SINK_MEMORY,
	};
	int e = ipchains_scan(&p);

	if (!e)
		e = make_call(&p);
	call->warnings = p.warnings.len ? arena_strdup(arena, sink_text(&p.warnings)) : NULL;
	sink_free(&p.warnings);
	return e;
}
