// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The words of ipportfw (Linux 2.0), which made the same forwards as `ipmasqadm portfw`: an address
 * and its port are one word, names are not read, and no forwards share a port.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "dialect/describe.h"
#include "dialect/portfw.h"

struct parser {
	struct portfw_call *call;
	struct err *err;
	const char *const *items;
	size_t count, next;
	char command;
	const char *local, *inside;	/* words; NULL: not given */
};

/* "ADDRESS/PORT", behind the letter or the next word. */
static int take_value(struct parser *p, const char *word, const char **to)
{
	if (*to)
		return old_bad(p->err, "-%c is given twice", word[1]);
	if (!word[2] && p->next == p->count)
		return old_bad(p->err, "-%c needs an address and a port: 10.0.0.1/80", word[1]);
	*to = word[2] ? word + 2 : p->items[p->next++];
	return 0;
}

static int take_command(struct parser *p, const char *word)
{
	static const struct { char letter; enum portfw_action action; } actions[] = {
		{ 'A', PORTFW_ADD }, { 'D', PORTFW_DELETE }, { 'C', PORTFW_FLUSH },
		{ 'L', PORTFW_LIST }, { 'h', PORTFW_HELP },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions) && !word[2]; i++)
		if (actions[i].letter == word[1]) {
			if (p->command)
				return old_bad(p->err, "only one command can be used: -%c or -%c?",
					   p->command, word[1]);
			p->command = word[1];
			p->call->action = actions[i].action;
			return 0;
		}
	return old_bad(p->err, "unknown option `%s'", word);
}

static int take(struct parser *p, const char *word)
{
	if (word[0] != '-' || !word[1])
		return old_bad(p->err, "unknown argument `%s'", word);
	switch (word[1]) {
	case 't':
	case 'u':
		if (p->call->proto)
			return old_bad(p->err, "the protocol is given twice");
		p->call->proto = word[1] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
		return take_value(p, word, &p->local);
	case 'R':
		return take_value(p, word, &p->inside);
	default:
		return take_command(p, word);
	}
}

static int read_pair(struct parser *p, const char *text, union inet_addr *addr, uint16_t *port)
{
	const char *slash = strchr(text, '/');
	char dotted[16];

	if (!slash || (size_t)(slash - text) >= sizeof(dotted))
		return old_bad(p->err, "`%s' is no address and port: 10.0.0.1/80", text);
	snprintf(dotted, sizeof(dotted), "%.*s", (int)(slash - text), text);
	if (!portfw_read_address(dotted, true, addr) || !addr->v4)
		return old_bad(p->err, "invalid address `%s'", dotted);
	if (!portfw_read_port(slash + 1, true, p->call->proto, port))
		return old_bad(p->err, "invalid port `%s': 1 to %d", slash + 1, PORTFW_PORT_LAST);
	return 0;
}

static int finish(struct parser *p)
{
	struct portfw_call *c = p->call;
	bool changes = c->action == PORTFW_ADD || c->action == PORTFW_DELETE;

	if (!p->command)
		c->action = PORTFW_HELP;
	if (c->action == PORTFW_HELP)
		return 0;
	c->numeric = true;
	if (!changes)
		return p->local || p->inside ? old_bad(p->err, "-%c stands alone", p->command) : 0;
	if (!p->local)
		return old_bad(p->err, "-t or -u is missing");
	if (c->action == PORTFW_ADD && !p->inside)
		return old_bad(p->err, "-R is missing");
	if (c->action == PORTFW_DELETE && p->inside)
		return old_bad(p->err, "-D takes no -R");
	c->pref = PORTFW_PREF;
	c->alone = true;
	if (read_pair(p, p->local, &c->local, &c->local_port) < 0)
		return -EINVAL;
	return p->inside ? read_pair(p, p->inside, &c->inside, &c->inside_port) : 0;
}

int ipportfw_parse(const char *const *items, size_t count, struct portfw_call *call,
		   struct err *err)
{
	struct parser p = { .call = call, .err = err, .items = items, .count = count };

	*call = (struct portfw_call){ 0 };
	while (p.next < p.count)
		if (take(&p, p.items[p.next++]) < 0)
			return -EINVAL;
	return finish(&p);
}

void ipportfw_help(struct sink *sink, const char *program)
{
	sink_printf(sink,
		    "Usage: %s -A -t|-u ADDRESS/PORT -R ADDRESS/PORT\n"
		    "       %s -D -t|-u ADDRESS/PORT\n"
		    "       %s -C\n"
		    "       %s -L\n"
		    "\n"
		    "-t is TCP, -u UDP; -R the inside host. -C deletes all, -L lists.\n",
		    program, program, program, program);
}

void ipportfw_page(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipportfw\n\\fIcommand\\fP [\\fIoptions\\fP]\n"
		 ".SH DESCRIPTION\nPort forwarding of Linux 2.0, on nf_tables: the same forwards "
		 "as those of\n.BR ipmasqadm (8).\nNames of hosts and services are not read. A "
		 "forward takes the place of those that the address and port had.\n"
		 ".SH COMMANDS\n.TP\n\\fB\\-A\\fP\nadd\n.TP\n\\fB\\-D\\fP\ndelete\n"
		 ".TP\n\\fB\\-C\\fP\ndelete all\n.TP\n\\fB\\-L\\fP\nlist\n"
		 ".SH OPTIONS\n.TP\n\\fB\\-t\\fP, \\fB\\-u\\fP \\fIaddress/port\\fP\nTCP, UDP of "
		 "this host\n.TP\n\\fB\\-R\\fP \\fIaddress/port\\fP\nof the inside host\n"
		 ".SH SEE ALSO\n.BR ipmasqadm (8),\n.BR ipfwadm (8)\n");
}
