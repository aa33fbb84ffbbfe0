// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of `ipmasqadm portfw`. */
#include "dialect/portfw.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "dialect/describe.h"
#include "dialect/autofw.h"
#include "dialect/mfw.h"
#include "net/names.h"

struct parser {
	struct portfw_call *call;
	struct err *err;
	const char *const *items;
	size_t count, next;
	char command;
	bool has_pref;
	/* Where their words are: 0 not given */
	size_t local, inside;
};

/* ------------------------------------------------------------------ words */

static int take_command(struct parser *p, char letter)
{
	static const struct { char letter; enum portfw_action action; } actions[] = {
		{ 'a', PORTFW_ADD }, { 'd', PORTFW_DELETE }, { 'f', PORTFW_FLUSH },
		{ 'l', PORTFW_LIST }, { 'h', PORTFW_HELP },
	};

	if (p->command)
		return old_bad(p->err, "only one command can be used: -%c or -%c?", p->command,
			       letter);
	p->command = letter;
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (actions[i].letter == letter)
			p->call->action = actions[i].action;
	return 0;
}

static const char *take_word(struct parser *p)
{
	return p->next < p->count ? p->items[p->next++] : NULL;
}

/* Only the first letter counts. */
static int take_proto(struct parser *p)
{
	const char *word = take_word(p);

	if (p->call->proto)
		return old_bad(p->err, "the protocol is given twice");
	if (!word || !strchr("tTuU", word[0]) || !word[0])
		return old_bad(p->err, "invalid protocol `%s': tcp or udp", word ? word : "");
	p->call->proto = word[0] == 't' || word[0] == 'T' ? IPPROTO_TCP : IPPROTO_UDP;
	return 0;
}

static int take_pref(struct parser *p)
{
	const char *word = take_word(p), *end;
	uint64_t value;

	if (p->has_pref)
		return old_bad(p->err, "-p is given twice");
	if (!word || !num_parse_decimal(word, &end, 1, INT32_MAX, &value) || *end)
		return old_bad(p->err, "invalid preference `%s': 1 or more", word ? word : "");
	p->call->pref = (uint32_t)value;
	p->has_pref = true;
	return 0;
}

/* Two words, read when it is known whether they may be names. */
static int take_side(struct parser *p, char letter, size_t *at)
{
	if (*at)
		return old_bad(p->err, "-%c is given twice", letter);
	if (p->next + 2 > p->count)
		return old_bad(p->err, "-%c needs an address and a port", letter);
	*at = p->next + 1;
	p->next += 2;
	return 0;
}

static int take_option(struct parser *p, const char *word)
{
	if (word[0] != '-' || !word[1] || word[2])
		return old_bad(p->err, "unknown argument `%s'", word);
	switch (word[1]) {
	case 'a': case 'd': case 'f': case 'l': case 'h':
		return take_command(p, word[1]);
	case 'P':
		return take_proto(p);
	case 'L':
		return take_side(p, 'L', &p->local);
	case 'R':
		return take_side(p, 'R', &p->inside);
	case 'p':
		return take_pref(p);
	case 'n':
		p->call->numeric = true;
		return 0;
	case 'v':
		return 0;
	default:
		return old_bad(p->err, "unknown option `%s'", word);
	}
}

/* ------------------------------------------------------------------ their meaning */

bool portfw_read_port(const char *text, bool numeric, uint8_t proto, uint16_t *port)
{
	uint64_t number;
	const char *end;

	if (num_parse_decimal(text, &end, 1, PORTFW_PORT_LAST, &number) && !*end) {
		*port = (uint16_t)number;
		return true;
	}
	return !numeric && (*text < '0' || *text > '9') &&
	       service_port(text, proto == IPPROTO_UDP ? "udp" : "tcp", port) &&
	       *port <= PORTFW_PORT_LAST;
}

bool portfw_read_address(const char *text, bool numeric, union inet_addr *addr)
{
	return old_parse_dotted(text, addr) ||
	       (!numeric && text[strspn(text, "0123456789.xX")] &&
		addr_resolve(FAMILY_IPV4, text, addr, 1));
}

static int read_side(struct parser *p, size_t at, union inet_addr *addr, uint16_t *port)
{
	const char *const *words = p->items + at - 1;

	if (!at)
		return 0;
	if (!portfw_read_address(words[0], p->call->numeric, addr))
		return old_bad(p->err, "host `%s' not found", words[0]);
	if (!portfw_read_port(words[1], p->call->numeric, p->call->proto, port))
		return old_bad(p->err, "invalid port `%s': 1 to %d", words[1], PORTFW_PORT_LAST);
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
	if (!changes && (c->proto || p->local || p->inside || p->has_pref))
		return old_bad(p->err, "-%c stands alone", p->command);
	if (!changes)
		return 0;
	if (!c->proto)
		return old_bad(p->err, "-P is missing");
	if (!p->local)
		return old_bad(p->err, "-L is missing");
	if (c->action == PORTFW_ADD && !p->inside)
		return old_bad(p->err, "-R is missing");
	if (!p->has_pref)
		c->pref = PORTFW_PREF;
	if (read_side(p, p->local, &c->local, &c->local_port) < 0 ||
	    read_side(p, p->inside, &c->inside, &c->inside_port) < 0)
		return -EINVAL;
	if (c->action == PORTFW_ADD && (!c->local.v4 || !c->inside.v4))
		return old_bad(p->err, "an address of zero forwards nothing");
	return 0;
}

int portfw_parse(struct arena *arena, const char *const *items, size_t count,
		 struct portfw_call *call, struct err *err)
{
	struct parser p = { .call = call, .err = err, .items = items, .count = count };

	(void)arena;
	*call = (struct portfw_call){ 0 };
	while (p.next < p.count)
		if (take_option(&p, p.items[p.next++]) < 0)
			return -EINVAL;
	return finish(&p);
}

/* ------------------------------------------------------------------ entries as rules */

static const struct old_forward *forward_of(const struct rule *r)
{
	const struct use *use = r->unsaid ? NULL : old_find(r, OLD_FORWARD);

	return use ? use->data : NULL;
}

static uint16_t local_port(const struct rule *r)
{
	const struct use *use = old_find(r, OLD_PORTS);

	return use ? ((const struct old_ports *)use->data)->dst[0] : 0;
}

static struct rule *make_rule(struct arena *arena, const struct portfw_call *c, uint32_t sum)
{
	struct rule *r = arena_alloc(arena, sizeof(*r));
	const struct old_ports ports = {
		.src = { 0, UINT16_MAX }, .dst = { c->local_port, c->local_port },
		.proto = c->proto,
	};
	const struct old_forward to = {
		.addr = c->inside.v4, .port = c->inside_port, .share = c->pref, .sum = sum,
	};

	*r = (struct rule){ .counts = true };
	r->head.proto = c->proto;
	r->head.dst.addr = c->local;
	addr_mask_from_prefix(FAMILY_IPV4, 32, &r->head.dst.mask);
	old_add(arena, r, OLD_PORTS, &ports);
	old_target(arena, r, NULL, OLD_FORWARD, &to);
	return r;
}

static struct portfw_call call_of(const struct rule *r)
{
	const struct old_forward *f = forward_of(r);

	return (struct portfw_call){
		.proto = r->head.proto, .local = r->head.dst.addr, .local_port = local_port(r),
		.inside.v4 = f->addr, .inside_port = f->port, .pref = f->share,
	};
}

static bool same_key(const struct rule *r, const struct portfw_call *c)
{
	return forward_of(r) && r->head.proto == c->proto && local_port(r) == c->local_port &&
	       (!c->local.v4 || r->head.dst.addr.v4 == c->local.v4);
}

static bool same_target(const struct rule *r, const struct portfw_call *c)
{
	const struct old_forward *f = forward_of(r);

	return (!c->inside.v4 || f->addr == c->inside.v4) &&
	       (!c->inside_port || f->port == c->inside_port);
}

struct command *portfw_command(struct arena *arena, enum command_kind kind, const char *chain)
{
	struct command *c = arena_alloc(arena, sizeof(*c));

	*c = (struct command){
		.kind = kind, .family = FAMILY_IPV4, .table = PORTFW_TABLE, .chain = chain,
		.chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	return c;
}

struct commands {
	struct arena *arena;
	struct command *first, **end;
};

static struct command *add(struct commands *list, enum command_kind kind)
{
	struct command *c = portfw_command(list->arena, kind, PORTFW_CHAIN);

	*list->end = c;
	list->end = &c->next;
	return c;
}

/* From the last to the first, so that numbers stay what they are. */
static bool delete_keys(struct commands *list, const struct chain *chain,
			const struct portfw_call *call)
{
	uint32_t number = chain->rule_count;
	bool found = false;

	for (const struct rule *r = chain->last; r; r = r->prev, number--)
		if (same_key(r, call)) {
			add(list, COMMAND_DELETE_NUMBER)->number = number;
			found = found || same_target(r, call);
		}
	return found;
}

static void insert(struct commands *list, const struct portfw_call *entry, uint32_t sum)
{
	struct command *c = add(list, COMMAND_INSERT);

	c->number = 1;
	c->rules = arena_alloc(list->arena, sizeof(*c->rules));
	c->rules[0] = make_rule(list->arena, entry, sum);
	c->rule_count = 1;
}

/*
 * What is left of the key, each in front of those behind it, so the last comes first. With address 0
 * several keys are meant: each has a sum of its own.
 */
static uint32_t sum_behind(const struct rule *from, const struct portfw_call *call)
{
	uint32_t sum = 0;

	for (const struct rule *r = from; r; r = r->next)
		if (same_key(r, call) && r->head.dst.addr.v4 == from->head.dst.addr.v4 &&
		    !same_target(r, call))
			sum += forward_of(r)->share;
	return sum;
}

struct command *portfw_commands(struct arena *arena, const struct chain *chain,
				const struct portfw_call *call)
{
	struct commands list = { .arena = arena };
	uint32_t sum = call->pref;
	bool found, placed = false;

	list.end = &list.first;
	found = delete_keys(&list, chain, call);
	if (call->action == PORTFW_DELETE && !found)
		return NULL;
	for (const struct rule *r = chain->last; r && !call->alone; r = r->prev) {
		struct portfw_call entry;

		if (!same_key(r, call))
			continue;
		entry = call_of(r);
		if (!same_target(r, call)) {
			insert(&list, &entry, sum_behind(r, call) + (placed ? call->pref : 0));
			sum += entry.pref;
		} else if (call->action == PORTFW_ADD) {
			/* It is there: only the preference changes. */
			entry.pref = call->pref;
			insert(&list, &entry, sum);
			placed = true;
		}
	}
	if (call->action == PORTFW_ADD && !placed)
		insert(&list, call, sum);
	return list.first;
}

/* ------------------------------------------------------------------ words that go with a rule */

static void print_words(struct sink *sink, const char *chain, const struct rule *rule)
{
	struct portfw_call c;

	if (!strcmp(chain, MFW_CHAIN)) {
		mfw_print_words(sink, rule);
		return;
	}
	if (!strcmp(chain, AUTOFW_CHAIN)) {
		autofw_print_words(sink, rule);
		return;
	}
	c = call_of(rule);
	sink_printf(sink, "-P %s -L ", c.proto == IPPROTO_TCP ? "tcp" : "udp");
	addr_print(sink, FAMILY_IPV4, &c.local);
	sink_printf(sink, " %u -R ", c.local_port);
	addr_print(sink, FAMILY_IPV4, &c.inside);
	sink_printf(sink, " %u -p %u of %u", c.inside_port, c.pref, forward_of(rule)->sum);
}

static struct rule *read_words(struct arena *arena, const char *chain, const char *text)
{
	const char *items[12] = { "-a", "-n" }, *end;
	struct portfw_call call;
	struct err err = ERR_INIT;
	size_t count = 2;
	uint64_t sum;

	if (!strcmp(chain, MFW_CHAIN))
		return mfw_read_words(arena, text);
	if (!strcmp(chain, AUTOFW_CHAIN))
		return autofw_read_words(arena, text);
	for (char *p = arena_strdup(arena, text); *p && count < ARRAY_SIZE(items);) {
		items[count++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
		/* -P tcp -L A n -R A n -p: ten words; "n of n" follows */
		if (count == ARRAY_SIZE(items) - 1) {
			const char *of = strstr(p, " of ");

			if (!of || !num_parse_decimal(of + 4, &end, 1, UINT32_MAX, &sum) || *end)
				return NULL;
			p[of - p] = '\0';
		}
	}
	if (count != ARRAY_SIZE(items) || portfw_parse(arena, items, count, &call, &err) < 0 ||
	    call.action != PORTFW_ADD || sum < call.pref)
		return NULL;
	return make_rule(arena, &call, (uint32_t)sum);
}

const struct old_words portfw_words = { .print = print_words, .read = read_words };

/* ------------------------------------------------------------------ listings */

void portfw_put_address(struct sink *s, const union inet_addr *addr, bool numeric)
{
	struct network net = { .addr = *addr };

	addr_mask_from_prefix(FAMILY_IPV4, 32, &net.mask);
	old_print_address(s, &net, numeric);
	sink_char(s, ' ');
}

void portfw_put_port(struct sink *s, uint16_t port, uint8_t proto, bool numeric)
{
	AUTO_SINK text = SINK_MEMORY;

	old_print_port(&text, port, proto, numeric);
	sink_printf(s, "%8s ", sink_text(&text));
}

/* Flows left until an entry's turn is over are the kernel's secret: the preference is shown. */
static void list_entry(struct sink *s, const struct rule *rule, bool numeric)
{
	const struct portfw_call c = call_of(rule);

	sink_printf(s, "%-4s ", c.proto == IPPROTO_TCP ? "TCP" : "UDP");
	portfw_put_address(s, &c.local, numeric);
	portfw_put_address(s, &c.inside, numeric);
	portfw_put_port(s, c.local_port, c.proto, numeric);
	portfw_put_port(s, c.inside_port, c.proto, numeric);
	sink_printf(s, "%5u %5u\n", c.pref, c.pref);
}

void portfw_list(struct sink *sink, const struct chain *chain, bool numeric)
{
	sink_printf(sink, "%-4s %-20s %-20s %8s %8s %5s %5s\n", "prot", "localaddr", "rediraddr",
		    "lport", "rport", "pcnt", "pref");
	for (const struct rule *r = chain->first; r; r = r->next) {
		if (forward_of(r))
			list_entry(sink, r, numeric);
		else
			sink_printf(sink, "(made by nft: %s)\n", r->unsaid ? r->unsaid->text : "");
	}
}

void portfw_help(struct sink *sink, const char *program)
{
	sink_printf(sink,
		    "Usage: %s portfw -a -P PROTO -L ADDRESS PORT -R ADDRESS PORT [-p PREF]\n"
		    "       %s portfw -d -P PROTO -L ADDRESS PORT [-R ADDRESS PORT]\n"
		    "       %s portfw -f\n"
		    "       %s portfw -l [-n]\n"
		    "\n"
		    "PROTO is tcp or udp; PREF is how many flows in a row an entry takes (10)\n"
		    "when several have the same protocol, address and port. -n: no names.\n",
		    program, program, program, program);
}

static void page_of_ipmasqadm(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipmasqadm portfw\n\\fIcommand\\fP [\\fIoptions\\fP]\n.br\n"
		 ".B ipmasqadm mfw\n\\fIcommand\\fP [\\fIoptions\\fP]\n.br\n"
		 ".B ipmasqadm autofw\n\\fIcommand\\fP [\\fIoptions\\fP]\n"
		 ".SH DESCRIPTION\nPort forwarding of Linux 2.2, on nf_tables: TCP or UDP that "
		 "comes for an address and port of this host goes to an inside host. The rules of "
		 "input judge it as it came, those of output as it goes on, and it skips those of "
		 "forward, in both directions. Its client's address stays. Entries of the same "
		 "protocol, address and port take turns.\n"
		 ".SH COMMANDS\n.TP\n\\fB\\-a\\fP\nadd an entry, or change its preference\n"
		 ".TP\n\\fB\\-d\\fP\ndelete all that fit; the address may be 0.0.0.0, and "
		 "\\fB\\-R\\fP missing\n.TP\n\\fB\\-f\\fP\ndelete all\n.TP\n\\fB\\-l\\fP\nlist\n"
		 ".SH OPTIONS\n.TP\n\\fB\\-P\\fP \\fIprotocol\\fP\ntcp or udp\n.TP\n\\fB\\-L\\fP "
		 "\\fIaddress port\\fP\nof this host\n.TP\n\\fB\\-R\\fP \\fIaddress port\\fP\nof "
		 "the inside host\n.TP\n\\fB\\-p\\fP \\fIpreference\\fP\nflows in a row, 10\n"
		 ".TP\n\\fB\\-n\\fP\nnumbers instead of names\n"
		 ".SH FORWARDS BY MARK\nTCP and UDP for this host that a rule of input has marked "
		 "(\\fBipchains \\-m\\fP) goes to the inside host that \\fBmfw\\fP has for the "
		 "mark.\n"
		 ".TP\n\\fB\\-A\\fP, \\fB\\-I\\fP \\fB\\-m\\fP \\fImark\\fP \\fB\\-r\\fP "
		 "\\fIaddress\\fP [\\fIport\\fP] [\\fB\\-p\\fP \\fIpreference\\fP]\nadd an "
		 "entry behind, or in front of, those of its mark; without a port the packet's own "
		 "stays. Preference 0 takes all flows, and only the first of a mark can have it\n"
		 ".TP\n\\fB\\-D\\fP, \\fB\\-E\\fP\ndelete, or change the preference of, those "
		 "that fit\n.TP\n\\fB\\-S\\fP \\fB\\-m\\fP \\fImark\\fP\nmove on to the next "
		 "entry\n.TP\n\\fB\\-F\\fP, \\fB\\-L\\fP [\\fB\\-n\\fP]\ndelete all, list\n"
		 ".SH FORWARDS OF A RANGE\nWhat comes for this host at the ports \\fIlow\\fP to "
		 "\\fIhigh\\fP goes to an inside host, ports unchanged. Hosts found by a "
		 "control port (\\fB\\-c\\fP) are not kept.\n"
		 ".TP\n\\fB\\-A\\fP, \\fB\\-D\\fP \\fB\\-r\\fP \\fIprotocol low high\\fP "
		 "\\fB\\-h\\fP \\fIaddress\\fP\nadd an entry in front of the others, or delete it\n"
		 ".TP\n\\fB\\-F\\fP, \\fB\\-L\\fP [\\fB\\-n\\fP]\ndelete all, list\n"
		 ".SH SEE ALSO\n.BR ipchains (8),\n.BR ipfwadm (8)\n");
}

const struct old_page portfw_pages[] = {
	{ "ipmasqadm", "port forwarding of Linux 2.2", page_of_ipmasqadm },
	{ "ipportfw", "port forwarding of Linux 2.0", ipportfw_page },
	{ 0 },
};
