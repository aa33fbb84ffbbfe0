// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of ipchains and ipfwadm taken apart into rows. */
#include "convert/rows.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/vec.h"
#include "dialect/autofw.h"
#include "dialect/ipchains.h"
#include "dialect/ipfwadm.h"
#include "dialect/mfw.h"
#include "dialect/portfw.h"

void conversion_free(struct conversion *c)
{
	ruleset_free(&c->rules);
	free(c->remarks.items);
	free(c->lines.items);
	arena_free(&c->arena);
}

static void add_remark(struct conversion *c, int line, bool aside, const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	for (size_t i = 0; i < c->remarks.count; i++)
		if (c->remarks.items[i].line == line && !strcmp(c->remarks.items[i].text, text))
			return;
	VEC_PUSH(&c->remarks, ((struct remark){ line, aside, arena_strdup(&c->arena, text) }));
}

void remark(struct conversion *c, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_remark(c, line, false, format, args);
	va_end(args);
}

void remark_aside(struct conversion *c, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_remark(c, line, true, format, args);
	va_end(args);
}

void put_line(struct conversion *c, struct sink *out, int line, const char *text)
{
	sink_str(out, text);
	sink_char(out, '\n');
	VEC_PUSH(&c->lines, line);
}

struct row_chain *rows_chain(const struct rows *rows, const char *name)
{
	struct row_chain *c = rows->first;

	while (c && strcmp(c->name, name) != 0)
		c = c->next;
	return c;
}

/* The old kernels had no depth, ours refuses loops: this ends. */
bool rows_any(const struct rows *rows, const struct row_chain *chain,
	      bool (*wanted)(const struct row *row))
{
	for (const struct row *r = chain ? chain->first : NULL; r; r = r->next)
		if (wanted(r) || (r->end == ROW_CALL &&
				  rows_any(rows, rows_chain(rows, r->call), wanted)))
			return true;
	return false;
}

bool side_is_any(const struct side *side)
{
	return !side->count || (side->count == 1 && !side->inverted && !side->ranges[0].low &&
				side->ranges[0].high == UINT16_MAX);
}

bool network_is_any(const struct network *net)
{
	return bytes_are_zero(&net->mask, 4);
}

/* ------------------------------------------------------------------ one rule */

static void take_end(const struct rule *rule, struct row *row)
{
	const struct use *redirect = old_find(rule, OLD_REDIRECT);

	if (rule->jump == JUMP_CHAIN) {
		row->end = ROW_CALL;
		row->call = rule->chain_to;
	} else if (rule->jump == JUMP_NONE) {
		row->end = ROW_NONE;
	} else if (redirect) {
		row->end = ROW_REDIRECT;
		row->port = ((const struct old_redirect *)redirect->data)->port;
	} else if (old_find(rule, OLD_MASQ)) {
		row->end = ROW_MASQ;
	} else if (old_find(rule, OLD_REJECT)) {
		row->end = ROW_REJECT;
	} else if (old_is_verdict(rule, "DROP")) {
		row->end = ROW_DENY;
	} else {
		row->end = old_is_verdict(rule, "RETURN") ? ROW_RETURN : ROW_ACCEPT;
	}
}

static const void *data_of(const struct rule *rule, enum old_use which)
{
	const struct use *use = old_find(rule, which);

	return use ? use->data : NULL;
}

static void take_device(const struct rule *rule, struct row *row)
{
	const struct old_device *device = data_of(rule, OLD_DEVICE);
	const struct old_address *address = data_of(rule, OLD_ADDRESS);
	const char *name = device ? device->name : rule->head.in[0] ? rule->head.in
								   : rule->head.out;

	if (device ? device->inverted : rule->head.invert & (INVERT_IN | INVERT_OUT))
		row->invert |= INVERT_IN;
	if (!*name && address)
		name = address->device;
	snprintf(row->device, sizeof(row->device), "%s", name);
}

static void take_range(struct side *side, const uint16_t range[2], bool inverted)
{
	side->inverted = inverted;
	side->ranges[side->count++] = (struct range){ range[0], range[1] };
	if (side_is_any(side))
		side->count = 0;
}

static void take_list(struct side *side, const uint16_t *ports, unsigned n, bool range)
{
	for (unsigned i = 0; i < n; i++) {
		bool is_range = range && !i;

		side->ranges[side->count++] = (struct range){ ports[i], ports[i + is_range] };
		i += is_range;
	}
}

static void take_ports(const struct rule *rule, struct row *row)
{
	const struct old_ports *ports = data_of(rule, OLD_PORTS);
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);

	if (ports) {
		take_range(&row->ports[0], ports->src, ports->invert & INVERT_SRC);
		take_range(&row->ports[1], ports->dst, ports->invert & INVERT_DST);
	}
	if (list) {
		take_list(&row->ports[0], list->ports, list->sources, list->source_range);
		take_list(&row->ports[1], list->ports + list->sources, list->destinations,
			  list->destination_range);
	}
}

static void take_rule(const struct rule *rule, struct row *row)
{
	const struct old_syn *syn = data_of(rule, OLD_SYN);

	*row = (struct row){
		.line = rule->line, .src = rule->head.src, .dst = rule->head.dst,
		.invert = rule->head.invert & (uint8_t)~(INVERT_IN | INVERT_OUT),
		.proto = rule->head.proto, .fragment = rule->head.fragment,
		.tos = data_of(rule, OLD_TOS), .mark = data_of(rule, OLD_MARK),
		.copy = data_of(rule, OLD_COPY), .log = old_find(rule, OLD_LOG) != NULL,
	};
	take_device(rule, row);
	take_ports(rule, row);
	take_end(rule, row);
	if (syn) {
		row->flag_mask = FLAG_SYN | FLAG_RST | FLAG_ACK;
		row->flags = FLAG_SYN;
		row->flags_inverted = syn->inverted;
	}
}

/* ------------------------------------------------------------------ chains */

static struct row_chain *add_chain(struct conversion *c, struct rows *rows, const char *name,
				   enum policy policy, bool builtin)
{
	struct row_chain *chain = arena_alloc(&c->arena, sizeof(*chain));

	*chain = (struct row_chain){ .name = name, .policy = policy, .builtin = builtin };
	if (rows->last)
		rows->last->next = chain;
	else
		rows->first = chain;
	rows->last = chain;
	return chain;
}

static void add_row(struct conversion *c, struct row_chain *chain, const struct row *row)
{
	struct row *copy = arena_memdup(&c->arena, row, sizeof(*row));

	copy->next = NULL;
	if (chain->last)
		chain->last->next = copy;
	else
		chain->first = copy;
	chain->last = copy;
}

/* -k and -y are about TCP; of other protocols they say nothing. */
static void add_flags(struct conversion *c, struct row_chain *chain, const struct rule *rule,
		      const struct row *row)
{
	const struct old_flags *flags = data_of(rule, OLD_FLAGS);
	struct row one = *row;

	if (!flags || (row->proto && row->proto != PROTO_TCP)) {
		add_row(c, chain, row);
		return;
	}
	one.proto = PROTO_TCP;
	one.flag_mask = (flags->ack ? FLAG_ACK : 0) | (flags->syn ? FLAG_SYN | FLAG_ACK : 0);
	one.flags = (flags->ack ? FLAG_ACK : 0) | (flags->syn ? FLAG_SYN : 0);
	/* Both at once: no packet has ACK set and clear. */
	if (!flags->ack || !flags->syn)
		add_row(c, chain, &one);
	if (row->proto)
		return;
	one = *row;
	one.proto = PROTO_TCP;
	one.invert |= INVERT_PROTO;
	add_row(c, chain, &one);
}

/* A redirection is of TCP and UDP alone; what else the rule fits is accepted. */
static void add_redirect(struct conversion *c, struct row_chain *chain, const struct rule *rule,
			 const struct row *row)
{
	static const uint8_t protos[] = { PROTO_TCP, PROTO_UDP };
	struct row one = *row;

	if (row->end != ROW_REDIRECT || row->proto) {
		add_flags(c, chain, rule, row);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
		one.proto = protos[i];
		add_flags(c, chain, rule, &one);
	}
	one = *row;
	one.end = ROW_ACCEPT;
	add_flags(c, chain, rule, &one);
}

static void add_rule(struct conversion *c, struct row_chain *chain, const struct rule *rule)
{
	struct row row;

	take_rule(rule, &row);
	add_redirect(c, chain, rule, &row);
	if (!old_find(rule, OLD_BOTH))
		return;
	take_rule(old_turn_rule(&c->arena, rule), &row);
	row.turned = true;
	add_redirect(c, chain, rule, &row);
}

static void add_chains(struct conversion *c, struct rows *rows, const struct table *t)
{
	for (const struct chain *chain = t->first; chain; chain = chain->next) {
		struct row_chain *made;

		/* That of ipfwadm; a user chain of ipchains may be called that. */
		if (c->from == DIALECT_IPFWADM && !strcmp(chain->name, "acct"))
			continue;
		made = add_chain(c, rows, chain->name, chain->policy, chain->builtin);
		for (const struct rule *r = chain->first; r; r = r->next)
			add_rule(c, made, r);
	}
}

static void add_accounting(struct conversion *c, struct rows *rows, const struct chain *acct)
{
	if (!acct->first)
		return;
	rows->acct_in = add_chain(c, rows, "acct-in", POLICY_NONE, false);
	rows->acct_out = add_chain(c, rows, "acct-out", POLICY_NONE, false);
	for (const struct rule *r = acct->first; r; r = r->next) {
		const struct old_direction *d = data_of(r, OLD_DIRECTION);

		if (!d)
			remark_aside(c, r->line, "not kept: its counter; packets that arrive and "
				     "packets that leave are counted apart");
		if (!d || !d->out)
			add_rule(c, rows->acct_in, r);
		if (!d || d->out)
			add_rule(c, rows->acct_out, r);
	}
}

static void add_forwards(struct conversion *c, struct rows *rows, const struct table *table)
{
	const struct chain *chains[] = {
		table_chain(table, PORTFW_CHAIN), table_chain(table, MFW_CHAIN),
		table_chain(table, AUTOFW_CHAIN),
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		n += chains[i] ? chains[i]->rule_count : 0;
	rows->forwards = arena_alloc(&c->arena, n * sizeof(*rows->forwards));
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++)
		for (const struct rule *r = chains[i] ? chains[i]->first : NULL; r; r = r->next)
			rows->forwards[rows->forward_count++] = r;
}

void rows_make(struct conversion *c, struct rows *rows)
{
	const char *name = c->from == DIALECT_IPFWADM ? IPFWADM_TABLE : IPCHAINS_TABLE;
	struct table *t = ruleset_add_table(&c->rules, FAMILY_IPV4, name);
	const struct table *forwards = ruleset_table(&c->rules, FAMILY_IPV4, PORTFW_TABLE);
	const struct chain *acct;

	*rows = (struct rows){ 0 };
	table_add_builtins(t);
	table_order(t);
	add_chains(c, rows, t);
	acct = table_chain(t, "acct");
	if (acct && c->from == DIALECT_IPFWADM)
		add_accounting(c, rows, acct);
	if (forwards)
		add_forwards(c, rows, forwards);
}

void convert_keep_forwards(const struct conversion *c, struct ruleset *converted)
{
	const struct rows *rows = c->rows;
	struct table *t;

	if (!rows->forward_count)
		return;
	t = ruleset_add_table(converted, FAMILY_IPV4, PORTFW_TABLE);
	table_add_builtins(t);
	t->exists = true;
	for (size_t i = 0; i < rows->forward_count; i++) {
		struct rule *copy = rule_copy(&converted->arena, rows->forwards[i]);
		const char *chain = old_find(copy, OLD_MARKED) ? MFW_CHAIN :
				    old_find(copy, OLD_LOCAL) ? AUTOFW_CHAIN : PORTFW_CHAIN;
		struct chain *to = table_chain(t, chain);

		to->exists = true;
		copy->line = 0;
		chain_insert(to, copy, NULL);
	}
}

void convert_print(struct conversion *c, struct sink *out)
{
	c->rows = arena_alloc(&c->arena, sizeof(*c->rows));
	rows_make(c, c->rows);
	if (c->to == DIALECT_IPCHAINS)
		print_ipchains(c, c->rows, out);
	else
		print_iptables(c, c->rows, out);
}
