// SPDX-License-Identifier: GPL-2.0-or-later
/* Rows as what ipchains-restore reads. */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "convert/rows.h"
#include "dialect/ipchains.h"

struct writer {
	struct conversion *c;
	const struct rows *rows;
	struct sink *out;
	const char *chain;
	unsigned lines;			/* of the row's line of the input */
};

static const char *chain_name(const char *name)
{
	if (!strcmp(name, "acct-in"))
		return "acctin";
	return strcmp(name, "acct-out") ? name : "acctout";
}

/* ------------------------------------------------------------------ words of a rule */

static void put_network(struct sink *s, const char *option, const struct network *net,
			bool inverted)
{
	sink_printf(s, " %s %s", option, inverted ? "! " : "");
	addr_print(s, FAMILY_IPV4, &net->addr);
	sink_char(s, '/');
	addr_print(s, FAMILY_IPV4, &net->mask);
}

static void put_range(struct sink *s, const struct side *side, unsigned n)
{
	if (!side_is_any(side))
		sink_printf(s, " %s%u:%u", side->inverted ? "! " : "", side->ranges[n].low,
			    side->ranges[n].high);
}

static void put_mark(struct sink *s, const struct old_mark *m)
{
	sink_printf(s, " -m %s%u", m->mode == OLD_MARK_SET ? "" :
		    m->mode == OLD_MARK_ADD ? "+" : "-", m->value);
}

static void put_options(struct sink *s, const struct row *r)
{
	if (r->flag_mask)
		sink_str(s, r->flags_inverted ? " ! -y" : " -y");
	if (r->fragment || r->invert & INVERT_FRAGMENT)
		sink_str(s, r->invert & INVERT_FRAGMENT ? " ! -f" : " -f");
	if (r->log)
		sink_str(s, " -l");
	if (r->copy)
		sink_printf(s, " -o %u", r->copy->size);
	if (r->mark)
		put_mark(s, r->mark);
	if (r->tos)
		sink_printf(s, " -t 0x%02X 0x%02X", r->tos->and, r->tos->xor);
}

static void put_target(struct sink *s, const struct row *r)
{
	static const char *const words[] = {
		[ROW_NONE] = "", [ROW_ACCEPT] = " -j ACCEPT", [ROW_DENY] = " -j DENY",
		[ROW_REJECT] = " -j REJECT", [ROW_MASQ] = " -j MASQ",
		[ROW_REDIRECT] = " -j REDIRECT", [ROW_RETURN] = " -j RETURN", [ROW_CALL] = " -j ",
	};

	sink_str(s, words[r->end]);
	if (r->end == ROW_CALL)
		sink_str(s, chain_name(r->call));
	if (r->end == ROW_REDIRECT && r->port)
		sink_printf(s, " %u", r->port);
}

static void put_rule(struct writer *w, const struct row *r, unsigned from, unsigned to)
{
	AUTO_SINK s = SINK_MEMORY;

	sink_printf(&s, "-A %s", w->chain);
	put_network(&s, "-s", &r->src, r->invert & INVERT_SRC);
	put_range(&s, &r->ports[0], from);
	put_network(&s, "-d", &r->dst, r->invert & INVERT_DST);
	put_range(&s, &r->ports[1], to);
	if (r->device[0])
		sink_printf(&s, " -i %s%s", r->invert & INVERT_IN ? "! " : "", r->device);
	if (r->proto)
		sink_printf(&s, " -p %s%u", r->invert & INVERT_PROTO ? "! " : "", r->proto);
	put_target(&s, r);
	put_options(&s, r);
	put_line(w->c, w->out, r->line, sink_text(&s));
	w->lines++;
}

/* ------------------------------------------------------------------ what cannot be said */

/* The flags of ipchains are those of -y. */
static struct row with_flags(struct conversion *c, const struct row *r)
{
	struct row row = *r;

	if (!r->flag_mask || r->flag_mask == (FLAG_SYN | FLAG_RST | FLAG_ACK))
		return row;
	if (r->flag_mask & FLAG_SYN) {
		remark(c, r->line, "not kept: -y of packets with RST, too; -y of ipchains wants "
		       "it clear");
	} else {
		row.flags_inverted = true;
		remark(c, r->line, "not kept: -k; `! -y' is also true of packets without ACK that "
		       "are no requests");
	}
	row.flag_mask = FLAG_SYN | FLAG_RST | FLAG_ACK;
	row.flags = FLAG_SYN;
	return row;
}

static void put_row(struct writer *w, const struct row *r)
{
	struct row row = with_flags(w->c, r);
	unsigned from = row.ports[0].count ? row.ports[0].count : 1;
	unsigned to = row.ports[1].count ? row.ports[1].count : 1;

	for (unsigned i = 0; i < from; i++)
		for (unsigned k = 0; k < to; k++)
			put_rule(w, &row, i, k);
}

/* Rows of one line stand together. */
static void put_rows(struct writer *w, const struct row_chain *chain)
{
	w->chain = chain_name(chain->name);
	w->lines = 0;
	for (const struct row *r = chain->first; r; r = r->next) {
		put_row(w, r);
		if (r->next && r->next->line == r->line)
			continue;
		if (w->lines > 1 && w->c->from == DIALECT_IPFWADM)
			remark_aside(w->c, r->line, "not kept: its counter; it is %u rules now",
			       w->lines);
		w->lines = 0;
	}
}

/* ------------------------------------------------------------------ all of it */

static void put_chain_line(struct writer *w, const struct row_chain *chain)
{
	AUTO_SINK s = SINK_MEMORY;
	const struct chain named = { .policy = chain->policy, .builtin = chain->builtin };

	sink_printf(&s, ":%s %s", chain_name(chain->name), ipchains_policy(&named));
	put_line(w->c, w->out, 0, sink_text(&s));
}

/* Accounting comes first, and decides nothing. */
static void put_accounting(struct writer *w, const char *chain, const struct row_chain *called)
{
	AUTO_SINK s = SINK_MEMORY;

	if (!called || !called->first)
		return;
	sink_printf(&s, "-A %s -j %s", chain, chain_name(called->name));
	put_line(w->c, w->out, 0, sink_text(&s));
	for (const struct row *r = called->first; r && called == w->rows->acct_out; r = r->next)
		remark_aside(w->c, r->line, "not kept: what output refuses is counted, too");
}

void print_ipchains(struct conversion *c, const struct rows *rows, struct sink *out)
{
	struct writer w = { .c = c, .rows = rows, .out = out };

	for (const struct row_chain *chain = rows->first; chain; chain = chain->next)
		put_chain_line(&w, chain);
	put_accounting(&w, "input", rows->acct_in);
	put_accounting(&w, "output", rows->acct_out);
	for (const struct row_chain *chain = rows->first; chain; chain = chain->next)
		put_rows(&w, chain);
	for (size_t i = 0; i < rows->forward_count; i++)
		remark_aside(c, rows->forwards[i]->line, "not in the result: ipmasqadm stays as "
			     "it is; keep the line");
}
