// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows as what iptables-restore reads: a table after the other, each with the copies that it needs
 * of the old chains.
 */
#include <string.h>

#include "convert/iptables.h"

static void want(struct writer *w, enum place_name place)
{
	writer_want(w, place, writer_chain(w, place));
}

/* ------------------------------------------------------------------ tables */

static void begin_table(struct writer *w)
{
	w->names = SINK_MEMORY;
	w->rules.count = w->from.count = w->copies.count = 0;
}

static void put_text(struct writer *w, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		put_line(w->c, w->out, 0, arena_strndup(&w->c->arena, text, len));
		text += len + (text[len] == '\n');
	}
}

static void end_table(struct writer *w, const char *table)
{
	put_text(w, arena_printf(&w->c->arena, "*%s", table));
	put_text(w, sink_text(&w->names));
	for (size_t i = 0; i < w->rules.count; i++)
		put_line(w->c, w->out, w->from.items[i], w->rules.items[i]);
	put_text(w, "COMMIT");
	sink_free(&w->names);
}

static void write_accounting(struct writer *w, const struct row_chain *chain, const char *builtin,
			     char device)
{
	const struct tests tests = {
		.c = w->c, .device = device, .each = writer_variant, .context = w,
	};

	if (!chain || !chain->first)
		return;
	writer_declare(w, chain->name, "-");
	writer_add(w, 0, builtin, "", arena_printf(&w->c->arena, "-j %s", chain->name));
	w->place = IN_LOCAL;
	w->chain = chain;
	w->name = chain->name;
	for (const struct row *r = chain->first; r; r = r->next) {
		tests_print(&tests, r);
		if (r->next && r->next->line == r->line)
			remark_aside(w->c, r->line, "not kept: its counter; it is several rules "
				     "now");
		if (device == 'o' && w->masquerades && row_tests_source(r))
			remark_aside(w->c, r->line, "not kept: packets that were masqueraded are "
				     "counted with their old source");
	}
}

static bool any_effect(const struct writer *w, const char *chain)
{
	return rows_any(w->rows, rows_chain(w->rows, chain), row_changes);
}

static void write_mangle(struct writer *w)
{
	bool acct = w->rows->acct_in != NULL;
	bool in = any_effect(w, "input"), on = any_effect(w, "forward");
	bool out = any_effect(w, "output");

	if (!acct && !in && !on && !out)
		return;
	begin_table(w);
	writer_declare(w, "PREROUTING", "ACCEPT");
	writer_declare(w, "INPUT", "ACCEPT");
	writer_declare(w, "FORWARD", "ACCEPT");
	writer_declare(w, "OUTPUT", "ACCEPT");
	writer_declare(w, "POSTROUTING", "ACCEPT");
	write_accounting(w, w->rows->acct_in, "PREROUTING", 'i');
	write_accounting(w, w->rows->acct_out, "POSTROUTING", 'o');
	if (in)
		want(w, MANGLE_IN);
	if (on)
		want(w, MANGLE_FORWARD);
	if (out)
		want(w, MANGLE_OUT);
	writer_copies(w);
	end_table(w, "mangle");
}

static void print_ports(struct sink *sink, const char *proto, const uint16_t ports[2])
{
	sink_printf(sink, " -m %s --dport %u", proto, ports[0]);
	if (ports[1] != ports[0])
		sink_printf(sink, ":%u", ports[1]);
}

/* By address or for this host, of a protocol and ports; by mark, of both protocols with ports. */
static void print_forwarded(struct sink *sink, const struct rule *rule, bool tcp)
{
	const struct use *use = old_find(rule, OLD_MARKED);
	const char *proto = tcp ? "tcp" : "udp";

	if (use) {
		sink_printf(sink, " -p %s -m mark --mark 0x%x -m addrtype --dst-type LOCAL", proto,
			    ((const struct old_marked *)use->data)->mark);
		return;
	}
	if (rule->head.dst.addr.v4) {
		sink_str(sink, " -d ");
		addr_print(sink, FAMILY_IPV4, &rule->head.dst.addr);
	}
	sink_printf(sink, " -p %s", proto);
	use = old_find(rule, OLD_PORTS);
	if (use)
		print_ports(sink, proto, ((const struct old_ports *)use->data)->dst);
	if (old_find(rule, OLD_LOCAL))
		sink_str(sink, " -m addrtype --dst-type LOCAL");
}

/* Those of one key take turns: the last of them takes what the others leave. */
static void write_forward(struct writer *w, const struct rule *rule)
{
	const struct old_forward *f = rule->target.data;
	bool by_mark = old_find(rule, OLD_MARKED);
	const union inet_addr inside = { .v4 = f->addr };
	AUTO_SINK target = SINK_MEMORY;

	sink_str(&target, "-j DNAT --to-destination ");
	addr_print(&target, FAMILY_IPV4, &inside);
	if (f->port)
		sink_printf(&target, ":%u", f->port);
	for (int tcp = 1; tcp >= 0; tcp--) {
		AUTO_SINK tests = SINK_MEMORY;

		if (!by_mark && (rule->head.proto == PROTO_TCP) != tcp)
			continue;
		print_forwarded(&tests, rule, tcp);
		if (f->share < f->sum)
			sink_printf(&tests, " -m statistic --mode random --probability %.6f",
				    (double)f->share / f->sum);
		writer_add(w, rule->line, "PREROUTING", sink_text(&tests), sink_text(&target));
	}
	if (f->share < f->sum)
		remark(w->c, rule->line, "not kept: taking turns; it is chance now");
}

static void write_nat(struct writer *w)
{
	if (!w->masquerades && !w->redirects && !w->rows->forward_count)
		return;
	begin_table(w);
	writer_declare(w, "PREROUTING", "ACCEPT");
	writer_declare(w, "INPUT", "ACCEPT");
	writer_declare(w, "OUTPUT", "ACCEPT");
	writer_declare(w, "POSTROUTING", "ACCEPT");
	for (size_t i = 0; i < w->rows->forward_count; i++)
		write_forward(w, w->rows->forwards[i]);
	if (w->redirects)
		want(w, NAT_IN);
	if (w->masquerades)
		want(w, NAT_FORWARD);
	writer_copies(w);
	end_table(w, "nat");
}

static void write_filter(struct writer *w)
{
	begin_table(w);
	want(w, IN_LOCAL);
	want(w, IN_ROUTED);
	want(w, OUT_LOCAL);
	writer_copies(w);
	end_table(w, "filter");
}

void print_iptables(struct conversion *c, const struct rows *rows, struct sink *out)
{
	struct writer w = { .c = c, .rows = rows, .out = out };
	const struct row_chain *forward = rows_chain(rows, "forward");

	w.masquerades = forward->policy == POLICY_MASQUERADE ||
			rows_any(rows, forward, row_masquerades);
	w.redirects = rows_any(rows, rows_chain(rows, "input"), row_redirects);
	write_mangle(&w);
	write_nat(&w);
	write_filter(&w);
	mem_free_ptr(&w.rules.items);
	mem_free_ptr(&w.from.items);
	mem_free_ptr(&w.copies.items);
}
