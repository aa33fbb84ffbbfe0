// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of `ipmasqadm mfw`. */
#include "dialect/mfw.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/portfw.h"

struct parser {
	struct mfw_call *call;
	struct err *err;
	const char *const *items;
	size_t count, next;
	char command;
	bool has_mark, has_pref;
	const char *addr, *port;	/* words; NULL: not given */
};

/* ------------------------------------------------------------------ words */

static const struct { char letter; enum mfw_action action; } commands[] = {
	{ 'A', MFW_APPEND }, { 'I', MFW_INSERT }, { 'D', MFW_DELETE }, { 'E', MFW_EDIT },
	{ 'S', MFW_NEXT }, { 'F', MFW_FLUSH }, { 'L', MFW_LIST }, { 'h', MFW_HELP },
};

static bool take_command(struct parser *p, char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].letter == letter) {
			p->call->action = commands[i].action;
			return true;
		}
	return false;
}

static const char *take_word(struct parser *p)
{
	return p->next < p->count ? p->items[p->next++] : NULL;
}

/* A number of at least `least` that may be given once. */
static int take_number(struct parser *p, char letter, uint64_t least, bool *given, uint32_t *to)
{
	const char *word = take_word(p);
	uint64_t value;

	if (*given)
		return old_bad(p->err, "-%c is given twice", letter);
	if (!word || !num_parse(word, least, letter == 'm' ? UINT32_MAX : INT32_MAX, &value))
		return old_bad(p->err, "invalid %s `%s'", letter == 'm' ? "mark" : "preference",
			   word ? word : "");
	*given = true;
	*to = (uint32_t)value;
	return 0;
}

/* An address, and a port when the next word is none of ours. */
static int take_target(struct parser *p)
{
	if (p->addr)
		return old_bad(p->err, "-r is given twice");
	p->addr = take_word(p);
	if (!p->addr)
		return old_bad(p->err, "-r needs an address");
	if (p->next < p->count && p->items[p->next][0] != '-')
		p->port = take_word(p);
	return 0;
}

static int take_option(struct parser *p, const char *word)
{
	if (word[0] != '-' || !word[1] || word[2])
		return old_bad(p->err, "unknown argument `%s'", word);
	switch (word[1]) {
	case 'm':
		return take_number(p, 'm', 1, &p->has_mark, &p->call->mark);
	case 'p':
		return take_number(p, 'p', 0, &p->has_pref, &p->call->pref);
	case 'r':
		return take_target(p);
	case 'n':
		p->call->numeric = true;
		return 0;
	case 'v':
		return 0;
	default:
		break;
	}
	if (p->command && strchr("AIDESFLh", word[1]))
		return old_bad(p->err, "only one command can be used: -%c or -%c?", p->command,
			       word[1]);
	if (!take_command(p, word[1]))
		return old_bad(p->err, "unknown option `%s'", word);
	p->command = word[1];
	return 0;
}

/* ------------------------------------------------------------------ their meaning */

static int check(struct parser *p)
{
	bool adds = p->command == 'A' || p->command == 'I';

	if (strchr("FL", p->command))
		return p->has_mark || p->has_pref || p->addr
			       ? old_bad(p->err, "-%c stands alone", p->command) : 0;
	if (!p->has_mark)
		return old_bad(p->err, "-m is missing");
	if (adds && !p->addr)
		return old_bad(p->err, "-r is missing");
	if (p->command == 'E' && !p->has_pref)
		return old_bad(p->err, "-p is missing");
	if (strchr("DS", p->command) && p->has_pref)
		return old_bad(p->err, "-%c takes no preference", p->command);
	if (p->command == 'S' && p->addr)
		return old_bad(p->err, "-S is about all of a mark");
	return 0;
}

static int finish(struct parser *p)
{
	struct mfw_call *c = p->call;

	if (!p->command)
		c->action = MFW_HELP;
	if (c->action == MFW_HELP)
		return 0;
	if (check(p) < 0)
		return -EINVAL;
	if (!p->has_pref)
		c->pref = PORTFW_PREF;
	if (p->addr && !portfw_read_address(p->addr, c->numeric, &c->inside))
		return old_bad(p->err, "host `%s' not found", p->addr);
	if (p->port && !portfw_read_port(p->port, c->numeric, IPPROTO_TCP, &c->port))
		return old_bad(p->err, "invalid port `%s': 1 to %d", p->port, PORTFW_PORT_LAST);
	if (p->addr && !c->inside.v4)
		return old_bad(p->err, "an address of zero forwards nothing");
	return 0;
}

int mfw_parse(struct arena *arena, const char *const *items, size_t count, struct mfw_call *call,
	      struct err *err)
{
	struct parser p = { .call = call, .err = err, .items = items, .count = count };

	(void)arena;
	*call = (struct mfw_call){ 0 };
	while (p.next < p.count)
		if (take_option(&p, p.items[p.next++]) < 0)
			return -EINVAL;
	return finish(&p);
}

/* ------------------------------------------------------------------ entries as rules */

static bool is_entry(const struct rule *r)
{
	return !r->unsaid && old_find(r, OLD_MARKED) && old_find(r, OLD_FORWARD);
}

static struct mfw_call call_of(const struct rule *r)
{
	const struct old_forward *f = old_find(r, OLD_FORWARD)->data;

	return (struct mfw_call){
		.mark = ((const struct old_marked *)old_find(r, OLD_MARKED)->data)->mark,
		.inside.v4 = f->addr, .port = f->port, .pref = f->share,
	};
}

static bool same_target(const struct mfw_call *entry, const struct mfw_call *call, bool exactly)
{
	if (exactly)
		return entry->inside.v4 == call->inside.v4 && entry->port == call->port;
	return (!call->inside.v4 || entry->inside.v4 == call->inside.v4) &&
	       (!call->port || entry->port == call->port);
}

static struct rule *make_rule(struct arena *arena, const struct mfw_call *c, uint32_t sum)
{
	struct rule *r = arena_alloc(arena, sizeof(*r));
	const struct old_marked marked = { .mark = c->mark };
	const struct old_forward to = {
		.addr = c->inside.v4, .port = c->port, .share = c->pref, .sum = sum,
	};

	*r = (struct rule){ .counts = true };
	old_add(arena, r, OLD_MARKED, &marked);
	old_target(arena, r, NULL, OLD_FORWARD, &to);
	return r;
}

/* The entries of one mark, the one whose turn it is first. */
struct entries {
	struct mfw_call *items;
	size_t count;
};

static void remove_at(struct entries *e, size_t i)
{
	memmove(e->items + i, e->items + i + 1, (--e->count - i) * sizeof(*e->items));
}

static void insert_at(struct entries *e, size_t i, const struct mfw_call *entry)
{
	memmove(e->items + i + 1, e->items + i, (e->count++ - i) * sizeof(*e->items));
	e->items[i] = *entry;
}

static int change(struct entries *e, const struct mfw_call *call)
{
	struct mfw_call entry = *call;
	bool adds = call->action == MFW_APPEND || call->action == MFW_INSERT, found = false;

	for (size_t i = e->count; i--;) {
		if (!same_target(&e->items[i], call, adds))
			continue;
		found = true;
		if (call->action == MFW_DELETE)
			remove_at(e, i);
		else if (call->action == MFW_EDIT)
			e->items[i].pref = call->pref;
	}
	if (adds && found)
		return -EEXIST;
	if (!adds && !found)
		return -ESRCH;
	if (adds)
		insert_at(e, call->action == MFW_INSERT ? 0 : e->count, &entry);
	if (call->action == MFW_NEXT) {
		entry = e->items[0];
		remove_at(e, 0);
		insert_at(e, e->count, &entry);
	}
	return 0;
}

/* Counting turns can say "for ever" of the first one alone; behind it nobody's turn comes. */
static bool is_sayable(const struct entries *e)
{
	for (size_t i = 1; i < e->count; i++)
		if (e->items[0].pref && !e->items[i].pref)
			return false;
	return true;
}

static struct command *add(struct arena *arena, struct command ***end, enum command_kind kind)
{
	struct command *c = portfw_command(arena, kind, MFW_CHAIN);

	**end = c;
	*end = &c->next;
	return c;
}

static void append(struct arena *arena, struct command ***end, const struct entries *e, size_t i)
{
	struct command *c = add(arena, end, COMMAND_APPEND);
	uint32_t sum = 0;

	for (size_t j = i; j < e->count; j++)
		sum += e->items[j].pref;
	c->rules = arena_alloc(arena, sizeof(*c->rules));
	c->rules[0] = make_rule(arena, &e->items[i], e->items[i].pref ? sum : 0);
	c->rule_count = 1;
}

int mfw_commands(struct arena *arena, const struct chain *chain, const struct mfw_call *call,
		 struct command **first)
{
	struct entries e = {
		.items = arena_alloc(arena, (chain->rule_count + 1) * sizeof(*e.items)),
	};
	struct command *list = NULL, **end = &list;
	uint32_t number = chain->rule_count;
	int r;

	for (const struct rule *rule = chain->first; rule; rule = rule->next)
		if (is_entry(rule) && call_of(rule).mark == call->mark)
			e.items[e.count++] = call_of(rule);
	r = change(&e, call);
	if (r < 0)
		return r;
	if (!is_sayable(&e))
		return -EOPNOTSUPP;
	/* From the last to the first, so that numbers stay what they are. */
	for (const struct rule *rule = chain->last; rule; rule = rule->prev, number--)
		if (is_entry(rule) && call_of(rule).mark == call->mark)
			add(arena, &end, COMMAND_DELETE_NUMBER)->number = number;
	for (size_t i = 0; i < e.count; i++)
		append(arena, &end, &e, i);
	*first = list;
	return 0;
}

/* ------------------------------------------------------------------ words that go with a rule */

void mfw_print_words(struct sink *sink, const struct rule *rule)
{
	const struct mfw_call c = call_of(rule);

	sink_printf(sink, "-m %u -r ", c.mark);
	addr_print(sink, FAMILY_IPV4, &c.inside);
	if (c.port)
		sink_printf(sink, " %u", c.port);
	sink_printf(sink, " -p %u of %u", c.pref,
		    ((const struct old_forward *)old_find(rule, OLD_FORWARD)->data)->sum);
}

struct rule *mfw_read_words(struct arena *arena, const char *text)
{
	const char *items[12] = { "-A", "-n" }, *of = strstr(text, " of "), *end;
	enum { ROOM = ARRAY_SIZE(items) - 2 };
	struct mfw_call call;
	struct err err = ERR_INIT;
	size_t count;
	uint64_t sum;

	if (!of || !num_parse_decimal(of + 4, &end, 0, UINT32_MAX, &sum) || *end)
		return NULL;
	text = arena_strndup(arena, text, (size_t)(of - text));
	count = 2 + old_split(arena, text, items + 2, ROOM);
	if (mfw_parse(arena, items, count, &call, &err) < 0 || call.action != MFW_APPEND ||
	    sum < call.pref)
		return NULL;
	return make_rule(arena, &call, (uint32_t)sum);
}

/* ------------------------------------------------------------------ listings */

void mfw_list(struct sink *sink, const struct chain *chain, bool numeric)
{
	sink_printf(sink, "%-8s %-20s %8s %5s %5s\n", "fwmark", "rediraddr", "rport", "pcnt",
		    "pref");
	for (const struct rule *r = chain->first; r; r = r->next) {
		struct mfw_call c;

		if (!is_entry(r)) {
			sink_printf(sink, "(made by nft: %s)\n", r->unsaid ? r->unsaid->text : "");
			continue;
		}
		c = call_of(r);
		sink_printf(sink, "%-8u ", c.mark);
		portfw_put_address(sink, &c.inside, numeric);
		if (c.port)
			portfw_put_port(sink, c.port, IPPROTO_TCP, numeric);
		else
			sink_printf(sink, "%8s ", numeric ? "*" : "any");
		sink_printf(sink, "%5u %5u\n", c.pref, c.pref);
	}
}

void mfw_help(struct sink *sink, const char *program)
{
	sink_printf(sink,
		    "Usage: %s mfw -A|-I -m MARK -r ADDRESS [PORT] [-p PREF]\n"
		    "       %s mfw -D -m MARK [-r ADDRESS [PORT]]\n"
		    "       %s mfw -E -m MARK [-r ADDRESS [PORT]] -p PREF\n"
		    "       %s mfw -S -m MARK\n"
		    "       %s mfw -F\n"
		    "       %s mfw -L [-n]\n"
		    "\n"
		    "MARK is what `ipchains -A input ... -m MARK' gives. PREF is how many flows\n"
		    "in a row an entry takes (10) when several have the same mark; 0: all of\n"
		    "them. -A adds behind the others, -I in front, -S moves on to the next.\n"
		    "Without PORT the packet's own stays.\n",
		    program, program, program, program, program, program);
}
