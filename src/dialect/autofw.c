// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of `ipmasqadm autofw`. It forwarded a range of ports, to one host or to whichever inside
 * host had used a control port last; the former is what is kept.
 */
#include "dialect/autofw.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/portfw.h"

struct parser {
	struct autofw_call *call;
	struct err *err;
	const char *const *items;
	size_t count, next;
	char command;
	bool has_range;
	const char *host;		/* a word; NULL: not given */
};

/* ------------------------------------------------------------------ words */

static const char *take_word(struct parser *p)
{
	return p->next < p->count ? p->items[p->next++] : NULL;
}

static int take_command(struct parser *p, char letter, enum autofw_action action)
{
	if (p->command)
		return old_bad(p->err, "only one command can be used: -%c or -%c?", p->command,
			       letter);
	p->command = letter;
	p->call->action = action;
	return 0;
}

static bool read_port(const char *text, uint16_t *port)
{
	uint64_t number;

	if (!text || !num_parse(text, 1, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

/* -r PROTOCOL LOW HIGH */
static int take_range(struct parser *p)
{
	struct autofw_call *c = p->call;
	const char *proto = take_word(p), *low = take_word(p), *high = take_word(p);

	if (p->has_range)
		return old_bad(p->err, "-r is given twice");
	if (!high)
		return old_bad(p->err, "-r needs a protocol and two ports");
	if (strcmp(proto, "tcp") != 0 && strcmp(proto, "udp") != 0)
		return old_bad(p->err, "invalid protocol `%s': tcp or udp", proto);
	if (!read_port(low, &c->low))
		return old_bad(p->err, "invalid port `%s': 1 to 65535", low);
	if (!read_port(high, &c->high))
		return old_bad(p->err, "invalid port `%s': 1 to 65535", high);
	if (c->low > c->high)
		return old_bad(p->err, "invalid range %u to %u", c->low, c->high);
	c->proto = !strcmp(proto, "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
	p->has_range = true;
	return 0;
}

static int take_host(struct parser *p)
{
	if (p->host)
		return old_bad(p->err, "-h is given twice");
	p->host = take_word(p);
	return p->host ? 0 : old_bad(p->err, "-h needs an address");
}

static int take_option(struct parser *p, const char *word)
{
	if (word[0] != '-' || !word[1] || word[2])
		return old_bad(p->err, "unknown argument `%s'", word);
	switch (word[1]) {
	case 'A':
		return take_command(p, 'A', AUTOFW_ADD);
	case 'D':
		return take_command(p, 'D', AUTOFW_DELETE);
	case 'F':
		return take_command(p, 'F', AUTOFW_FLUSH);
	case 'L':
		return take_command(p, 'L', AUTOFW_LIST);
	case 'r':
		return take_range(p);
	case 'h':
		return take_host(p);
	case 'n':
		p->call->numeric = true;
		return 0;
	case 'u':	/* any host may connect, with no limit of time: so it is with a host */
	case 'i':
	case 'v':
		return 0;
	case 'c':
		return old_bad(p->err, "forwards that a control port triggers are not kept: "
			      "-h gives the host");
	case 'd':
	case 'p':
		return old_bad(p->err, "-%c is not kept", word[1]);
	default:
		return old_bad(p->err, "unknown option `%s'", word);
	}
}

static int finish(struct parser *p)
{
	struct autofw_call *c = p->call;
	bool changes = p->command == 'A' || p->command == 'D';

	if (!changes)
		return p->has_range || p->host
			       ? old_bad(p->err, "-%c stands alone", p->command) : 0;
	if (!p->has_range)
		return old_bad(p->err, "-r is missing");
	if (!p->host)
		return old_bad(p->err, "-h is missing");
	if (!portfw_read_address(p->host, c->numeric, &c->inside))
		return old_bad(p->err, "host `%s' not found", p->host);
	return c->inside.v4 ? 0 : old_bad(p->err, "an address of zero forwards nothing");
}

int autofw_parse(struct arena *arena, const char *const *items, size_t count,
		 struct autofw_call *call, struct err *err)
{
	struct parser p = { .call = call, .err = err, .items = items, .count = count };

	(void)arena;
	*call = (struct autofw_call){ .action = AUTOFW_HELP };
	if (!count || (count == 1 && !strcmp(items[0], "-h")))
		return 0;
	while (p.next < p.count)
		if (take_option(&p, p.items[p.next++]) < 0)
			return -EINVAL;
	return p.command ? finish(&p) : old_bad(p.err, "no command: -A, -D, -F or -L");
}

/* ------------------------------------------------------------------ entries as rules */

static bool is_entry(const struct rule *r)
{
	return !r->unsaid && old_find(r, OLD_LOCAL) && old_find(r, OLD_FORWARD);
}

static struct autofw_call call_of(const struct rule *r)
{
	const struct old_ports *ports = old_find(r, OLD_PORTS)->data;
	const struct old_forward *f = old_find(r, OLD_FORWARD)->data;

	return (struct autofw_call){
		.proto = r->head.proto, .low = ports->dst[0], .high = ports->dst[1],
		.inside.v4 = f->addr,
	};
}

static struct rule *make_rule(struct arena *arena, const struct autofw_call *c)
{
	struct rule *r = arena_alloc(arena, sizeof(*r));
	const struct old_ports ports = {
		.src = { 0, UINT16_MAX }, .dst = { c->low, c->high }, .proto = c->proto,
	};
	const struct old_forward to = { .addr = c->inside.v4 };

	*r = (struct rule){ .counts = true };
	r->head.proto = c->proto;
	old_add(arena, r, OLD_PORTS, &ports);
	old_add(arena, r, OLD_LOCAL, NULL);
	old_target(arena, r, NULL, OLD_FORWARD, &to);
	return r;
}

static bool is_same(const struct rule *r, const struct autofw_call *call)
{
	struct autofw_call entry;

	if (!is_entry(r))
		return false;
	entry = call_of(r);
	return entry.proto == call->proto && entry.low == call->low &&
	       entry.high == call->high && entry.inside.v4 == call->inside.v4;
}

struct command *autofw_commands(struct arena *arena, const struct chain *chain,
				const struct autofw_call *call)
{
	struct command *c;
	uint32_t number = 1;

	if (call->action == AUTOFW_DELETE) {
		for (const struct rule *r = chain->first; r; r = r->next, number++)
			if (is_same(r, call))
				break;
		if (number > chain->rule_count)
			return NULL;
		c = portfw_command(arena, COMMAND_DELETE_NUMBER, AUTOFW_CHAIN);
		c->number = number;
		return c;
	}
	/* The newest was asked first (ip_autofw_add() of Linux 2.2). */
	c = portfw_command(arena, COMMAND_INSERT, AUTOFW_CHAIN);
	c->number = 1;
	c->rules = arena_alloc(arena, sizeof(*c->rules));
	c->rules[0] = make_rule(arena, call);
	c->rule_count = 1;
	return c;
}

/* ------------------------------------------------------------------ words that go with a rule */

void autofw_print_words(struct sink *sink, const struct rule *rule)
{
	const struct autofw_call c = call_of(rule);

	sink_printf(sink, "-r %s %u %u -h ", c.proto == IPPROTO_TCP ? "tcp" : "udp", c.low, c.high);
	addr_print(sink, FAMILY_IPV4, &c.inside);
}

struct rule *autofw_read_words(struct arena *arena, const char *text)
{
	const char *items[8] = { "-A", "-n" };
	enum { ROOM = ARRAY_SIZE(items) - 2 };
	struct autofw_call call;
	struct err err = ERR_INIT;
	size_t count = 2 + old_split(arena, text, items + 2, ROOM);

	if (autofw_parse(arena, items, count, &call, &err) < 0 || call.action != AUTOFW_ADD)
		return NULL;
	return make_rule(arena, &call);
}

/* ------------------------------------------------------------------ listings */

void autofw_list(struct sink *sink, const struct chain *chain, bool numeric)
{
	sink_printf(sink, "%-4s %8s %8s %-20s\n", "prot", "low", "high", "host");
	for (const struct rule *r = chain->first; r; r = r->next) {
		struct autofw_call c;

		if (!is_entry(r)) {
			sink_printf(sink, "(made by nft: %s)\n", r->unsaid ? r->unsaid->text : "");
			continue;
		}
		c = call_of(r);
		sink_printf(sink, "%-4s ", c.proto == IPPROTO_TCP ? "TCP" : "UDP");
		portfw_put_port(sink, c.low, c.proto, numeric);
		portfw_put_port(sink, c.high, c.proto, numeric);
		portfw_put_address(sink, &c.inside, numeric);
		sink_char(sink, '\n');
	}
}

void autofw_help(struct sink *sink, const char *program)
{
	sink_printf(sink,
		    "Usage: %s autofw -A -r PROTO LOW HIGH -h ADDRESS\n"
		    "       %s autofw -D -r PROTO LOW HIGH -h ADDRESS\n"
		    "       %s autofw -F\n"
		    "       %s autofw -L [-n]\n"
		    "\n"
		    "What comes for this host at the ports LOW to HIGH of PROTO (tcp or udp)\n"
		    "goes to the inside host, ports unchanged. Forwards that a control port\n"
		    "triggers (-c) are not kept.\n",
		    program, program, program, program);
}
