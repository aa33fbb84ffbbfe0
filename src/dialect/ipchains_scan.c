// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the words of an ipchains command line to a spec: which command, which options, which words
 * belong to them. Long names may be cut short; options come in any order; `!` is a word of its own
 * and may stand before an option or before its value.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "dialect/ipchains_spec.h"

enum argument { ARG_NONE, ARG_ONE, ARG_MAYBE };

/* What is done at an option. */
enum { LONG_SPORT = 1, LONG_DPORT, LONG_ICMP, LONG_LINES, LONG_QUIET };

/* -h with this word lists the names of ICMP types. */
static const char help_topic[] = "icmp";

static const struct row {
	const char *name;
	char letter;			/* or LONG_* */
	bool command;
	enum argument argument;
	unsigned option;
} rows[] = {
	{ "append", 'A', true, ARG_ONE, 0 },
	{ "insert", 'I', true, ARG_ONE, 0 },
	{ "replace", 'R', true, ARG_ONE, 0 },
	{ "delete", 'D', true, ARG_ONE, 0 },
	{ "check", 'C', true, ARG_ONE, 0 },
	{ "list", 'L', true, ARG_MAYBE, 0 },
	{ "flush", 'F', true, ARG_MAYBE, 0 },
	{ "zero", 'Z', true, ARG_MAYBE, 0 },
	{ "new-chain", 'N', true, ARG_ONE, 0 },
	{ "delete-chain", 'X', true, ARG_MAYBE, 0 },
	{ "policy", 'P', true, ARG_ONE, 0 },
	{ "masquerading", 'M', true, ARG_NONE, 0 },
	{ "masquerade", 'M', true, ARG_NONE, 0 },
	{ "set", 'S', true, ARG_ONE, 0 },
	{ "help", 'h', true, ARG_MAYBE, 0 },
	{ "version", 'V', true, ARG_NONE, 0 },
	{ "protocol", 'p', false, ARG_ONE, OPT_P },
	{ "source", 's', false, ARG_ONE, OPT_S },
	{ "src", 's', false, ARG_ONE, OPT_S },
	{ "destination", 'd', false, ARG_ONE, OPT_D },
	{ "dst", 'd', false, ARG_ONE, OPT_D },
	{ "source-port", LONG_SPORT, false, ARG_ONE, OPT_PORTS },
	{ "sport", LONG_SPORT, false, ARG_ONE, OPT_PORTS },
	{ "destination-port", LONG_DPORT, false, ARG_ONE, OPT_PORTS },
	{ "dport", LONG_DPORT, false, ARG_ONE, OPT_PORTS },
	{ "icmp-type", LONG_ICMP, false, ARG_ONE, OPT_PORTS },
	{ "interface", 'i', false, ARG_ONE, OPT_I },
	{ "jump", 'j', false, ARG_ONE, OPT_J },
	{ "syn", 'y', false, ARG_NONE, OPT_Y },
	{ "fragments", 'f', false, ARG_NONE, OPT_F },
	{ "bidirectional", 'b', false, ARG_NONE, OPT_B },
	{ "log", 'l', false, ARG_NONE, OPT_L },
	{ "output", 'o', false, ARG_MAYBE, OPT_O },
	{ "mark", 'm', false, ARG_ONE, OPT_M },
	{ "TOS", 't', false, ARG_ONE, OPT_T },
	{ "numeric", 'n', false, ARG_NONE, OPT_N },
	{ "verbose", 'v', false, ARG_NONE, OPT_V },
	{ "exact", 'x', false, ARG_NONE, OPT_X },
	{ "line-numbers", LONG_LINES, false, ARG_NONE, OPT_LINES },
	{ "no-warnings", LONG_QUIET, false, ARG_NONE, 0 },
	{ NULL, 0, false, ARG_NONE, 0 },
};

int ipchains_bad(struct ipchains_parser *p, int at, const char *format, ...)
{
	struct place place = { .line = p->words->line, .word = (int16_t)at };
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(p->err, ERR_SYNTAX, place, "%s", text);
}

/* "-s", "--sport" */
static const char *shown(const struct row *r, char text[24])
{
	if (r->letter > LONG_QUIET)
		snprintf(text, 24, "-%c", r->letter);
	else
		snprintf(text, 24, "--%s", r->name);
	return text;
}

static const char *peek(const struct ipchains_parser *p)
{
	return p->next < p->words->count ? p->words->items[p->next] : NULL;
}

/* The next word when it is no option and no `!`. */
static bool take_plain(struct ipchains_parser *p, struct word *w)
{
	const char *text = peek(p);

	if (!text || text[0] == '-' || text[0] == '!')
		return false;
	*w = (struct word){ .text = text, .at = (int)p->next++ };
	return true;
}

static int take_bang(struct ipchains_parser *p, int at)
{
	if (p->bang)
		return ipchains_bad(p, at, "`!' given twice");
	p->bang = true;
	return 0;
}

/* The value of an option: `rest` behind its letter, or the next word; `!` may stand before it. */
static int take_value(struct ipchains_parser *p, const struct row *r, const char *rest,
		      bool invertible, struct word *w)
{
	int at = (int)p->next - 1;
	char name[24];

	if (w->text)
		return ipchains_bad(p, at, "option `%s' given twice", shown(r, name));
	if (!rest && invertible && peek(p) && !strcmp(peek(p), "!")) {
		if (take_bang(p, (int)p->next) < 0)
			return -EINVAL;
		p->next++;
	}
	if (!rest) {
		rest = peek(p);
		if (!rest)
			return ipchains_bad(p, (int)p->next, "option `%s' needs an argument",
					    shown(r, name));
		at = (int)p->next++;
	}
	*w = (struct word){ .text = rest, .at = at, .inverted = p->bang };
	p->bang = false;
	return 0;
}

/* The port behind -s and -d: a plain word, or `!` and one that is no option. */
static int take_port(struct ipchains_parser *p, struct word *w)
{
	const char *text = peek(p), *after;
	bool inverted = text && !strcmp(text, "!");

	if (inverted) {
		after = p->next + 1 < p->words->count ? p->words->items[p->next + 1] : NULL;
		if (!after || after[0] == '-' || after[0] == '!')
			return 0;	/* it is about the option behind it */
	} else if (!text || text[0] == '-' || text[0] == '!') {
		return 0;
	}
	if (w->text)
		return ipchains_bad(p, (int)p->next, "a port is given twice");
	p->next += inverted;
	*w = (struct word){ .text = peek(p), .at = (int)p->next, .inverted = inverted };
	p->next++;
	p->spec.options |= OPT_PORTS;
	return 0;
}

/* ------------------------------------------------------------------ commands */

static int set_command(struct ipchains_parser *p, const struct row *r, int at)
{
	struct ipchains_spec *s = &p->spec;
	char letter = r->letter;

	if (!s->command) {
		s->command = letter;
		return 0;
	}
	if (!s->second && ((s->command == 'L' && letter == 'Z') ||
			   (s->command == 'L' && letter == 'M') ||
			   (s->command == 'S' && letter == 'M'))) {
		s->second = letter;
		return 0;
	}
	if (!s->second && ((s->command == 'Z' && letter == 'L') ||
			   (s->command == 'M' && (letter == 'L' || letter == 'S')))) {
		s->second = s->command;
		s->command = letter;
		return 0;
	}
	return ipchains_bad(p, at, "`-%c' and `-%c' cannot be used together", s->command, letter);
}

/* `rest`: what is glued to the letter, else NULL. */
static int take_command(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	struct ipchains_spec *s = &p->spec;
	int at = (int)p->next - 1, e = set_command(p, r, at);
	struct word maybe;

	if (e < 0)
		return e;
	if (p->bang)
		return ipchains_bad(p, at, "`!' cannot stand before `-%c'", r->letter);
	if (r->letter == 'h') {
		if (take_plain(p, &maybe))
			s->help_icmp = !strcmp(maybe.text, help_topic);
		return 0;
	}
	if (r->letter == 'S') {
		for (int i = 0; i < 3; i++)
			if (take_value(p, r, i ? NULL : rest, false, &s->timeouts[i]) < 0)
				return -EINVAL;
		return 0;
	}
	if (r->argument == ARG_ONE)
		e = take_value(p, r, rest, false, &s->chain);
	else if (r->argument == ARG_MAYBE && rest)
		s->chain = (struct word){ .text = rest, .at = at };
	else if (r->argument == ARG_MAYBE && !s->chain.text)
		take_plain(p, &s->chain);
	if (e < 0)
		return e;
	if (r->letter == 'P')
		return take_plain(p, &s->policy) ? 0 :
		       ipchains_bad(p, (int)p->next, "`-P' needs a chain and a policy");
	if (strchr("IRD", r->letter) && take_plain(p, &s->number) && r->letter == 'D')
		s->command = 'd';
	if (r->letter == 'R' && !s->number.text)
		return ipchains_bad(p, (int)p->next, "`-R' needs a rule number");
	return 0;
}

/* ------------------------------------------------------------------ options */

static int set_flag(struct ipchains_parser *p, const struct row *r, bool *flag, bool *inverted)
{
	char name[24];

	if (*flag && r->letter != 'v')
		return ipchains_bad(p, (int)p->next - 1, "option `%s' given twice",
				    shown(r, name));
	*flag = true;
	if (inverted) {
		*inverted = p->bang;
		p->bang = false;
	}
	return 0;
}

static int take_address(struct ipchains_parser *p, const struct row *r, const char *rest,
			struct word *addr, struct word *port)
{
	int e = take_value(p, r, rest, true, addr);

	return e < 0 ? e : take_port(p, port);
}

static int take_device(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	struct word *w = &p->spec.device;
	int e = take_value(p, r, rest, true, w);

	if (!e && w->text[0] == '!' && w->text[1])
		sink_printf(&p->warnings,
			    "Warning: `%s' is taken as the name of a device; "
			    "write `! %s' for all others\n", w->text, w->text + 1);
	return e;
}

static int take_target(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	struct ipchains_spec *s = &p->spec;
	int e = take_value(p, r, rest, false, &s->target);

	if (e < 0 || !take_plain(p, &s->redirect))
		return e;
	if (ipchains_target_word(s->target.text) != WORD_REDIRECT)
		return ipchains_bad(p, s->redirect.at, "only REDIRECT takes a port, not `%s'",
				    s->target.text);
	return 0;
}

static int take_tos(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	int e = take_value(p, r, rest, false, &p->spec.and);

	return e < 0 ? e : take_value(p, r, NULL, false, &p->spec.xor);
}

static int take_flag(struct ipchains_parser *p, const struct row *r)
{
	struct ipchains_spec *s = &p->spec;
	struct ipchains_call *c = p->call;

	switch (r->letter) {
	case 'y':
		return set_flag(p, r, &s->syn, &s->syn_inverted);
	case 'f':
		return set_flag(p, r, &s->fragment, &s->fragment_inverted);
	case 'b':
		return set_flag(p, r, &s->both, NULL);
	case 'l':
		return set_flag(p, r, &s->log, NULL);
	case 'n':
		return set_flag(p, r, &c->numeric, NULL);
	case 'v':
		return set_flag(p, r, &c->verbose, NULL);
	case 'x':
		return set_flag(p, r, &c->exact, NULL);
	case LONG_LINES:
		return set_flag(p, r, &c->line_numbers, NULL);
	default:
		return set_flag(p, r, &c->no_warnings, NULL);
	}
}

static int take_argument(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	struct ipchains_spec *s = &p->spec;

	switch (r->letter) {
	case 'p':
		return take_value(p, r, rest, true, &s->proto);
	case 's':
		return take_address(p, r, rest, &s->src, &s->sport);
	case 'd':
		return take_address(p, r, rest, &s->dst, &s->dport);
	case LONG_SPORT:
		return take_value(p, r, rest, true, &s->sport);
	case LONG_DPORT:
		return take_value(p, r, rest, true, &s->dport);
	case LONG_ICMP:
		return take_value(p, r, rest, true, &s->icmp);
	case 'i':
		return take_device(p, r, rest);
	case 'j':
		return take_target(p, r, rest);
	case 'm':
		return take_value(p, r, rest, false, &s->mark);
	case 't':
		return take_tos(p, r, rest);
	default:		/* -o [size] */
		if (s->options & OPT_O && s->output.text)
			return ipchains_bad(p, (int)p->next - 1, "option `-o' given twice");
		if (rest)
			s->output = (struct word){ .text = rest, .at = (int)p->next - 1 };
		else if (!take_plain(p, &s->output))
			s->output = (struct word){ .text = "65535", .at = (int)p->next - 1 };
		return 0;
	}
}

static int take(struct ipchains_parser *p, const struct row *r, const char *rest)
{
	int at = (int)p->next - 1, e;
	char name[24];

	if (r->command)
		return take_command(p, r, rest);
	if (p->bang && !(r->option & (OPT_P | OPT_S | OPT_D | OPT_I | OPT_PORTS | OPT_Y | OPT_F)))
		return ipchains_bad(p, at, "`!' cannot stand before `%s'", shown(r, name));
	e = r->argument == ARG_NONE ? take_flag(p, r) : take_argument(p, r, rest);
	p->spec.options |= r->option;
	return e;
}

/* ------------------------------------------------------------------ words */

static const struct row *find_long(struct ipchains_parser *p, const char *word, size_t len)
{
	const struct row *found = NULL;

	for (const struct row *r = rows; r->name; r++) {
		if (strncmp(r->name, word, len) != 0)
			continue;
		if (!r->name[len])
			return r;
		if (found && found->letter != r->letter) {
			ipchains_bad(p, (int)p->next - 1, "`--%.*s' may be `--%s' or `--%s'",
				     (int)len, word, found->name, r->name);
			return NULL;
		}
		found = r;
	}
	if (!found || !len) {
		ipchains_bad(p, (int)p->next - 1, "unknown option `--%s'", word);
		return NULL;
	}
	return found;
}

static int take_long(struct ipchains_parser *p, const char *word)
{
	size_t len = strcspn(word, "=");
	const struct row *r = find_long(p, word, len);

	if (!r)
		return -EINVAL;
	if (word[len] && r->argument == ARG_NONE)
		return ipchains_bad(p, (int)p->next - 1, "option `--%s' takes no argument",
				    r->name);
	return take(p, r, word[len] ? word + len + 1 : NULL);
}

static int take_short(struct ipchains_parser *p, const char *letters)
{
	int e = 0;

	for (; !e && *letters; letters++) {
		const struct row *r = rows;

		while (r->name && r->letter != *letters)
			r++;
		if (!r->name || *letters <= LONG_QUIET)
			return ipchains_bad(p, (int)p->next - 1, "unknown option `-%c'",
					    *letters);
		if (r->argument != ARG_NONE)
			return take(p, r, letters[1] ? letters + 1 : NULL);
		e = take(p, r, NULL);
	}
	return e;
}

static int take_word(struct ipchains_parser *p)
{
	const char *word = p->words->items[p->next++];

	if (!strcmp(word, "!"))
		return take_bang(p, (int)p->next - 1);
	if (word[0] != '-' || !word[1])
		return ipchains_bad(p, (int)p->next - 1, "unknown argument `%s'", word);
	return word[1] == '-' ? take_long(p, word + 2) : take_short(p, word + 1);
}

int ipchains_scan(struct ipchains_parser *p)
{
	int e = 0;

	while (!e && p->next < p->words->count) {
		e = take_word(p);
		/* Help and version look at nothing behind them. */
		if (!e && (p->spec.command == 'h' || p->spec.command == 'V'))
			return 0;
	}
	if (!e && p->bang)
		return ipchains_bad(p, (int)p->next, "nothing stands behind `!'");
	return e;
}
