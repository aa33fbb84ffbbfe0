// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -L: rules in columns, and the line that -v prints for -A, -I, -D. Widths, blanks and their
 * absence are iptables' (xshared.c): programs split these lines.
 */
#include <netdb.h>
#include <string.h>

#include "dialect/chains.h"
#include "dialect/iptables.h"

/* What is shown, and whether in columns. */
struct layout {
	bool table;		/* columns; else one blank between */
	bool numeric, exact, line_numbers, counters, via;
};

/* A word and one blank, the word at least `width` wide. */
static void put_column(struct sink *sink, const struct layout *layout, const char *text,
		       size_t width)
{
	size_t start = sink->len;

	sink_str(sink, text);
	if (layout->table)
		sink_pad(sink, start, width);
	sink_char(sink, ' ');
}

static void put_right(struct sink *sink, uint64_t value, size_t width, const char *unit)
{
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (size_t n = sizeof(digits) - at; n < width; n++)
		sink_char(sink, ' ');
	sink_bytes(sink, digits + at, sizeof(digits) - at);
	sink_str(sink, unit);
}

/* 99999, then thousands of thousands: 100K, 9999K, 10M ... rounded half up at each step. */
static void put_count(struct sink *sink, const struct layout *layout, uint64_t value)
{
	static const char *const units[] = { "K", "M", "G" };
	size_t width = layout->table ? 4 : 0;

	if (layout->exact) {
		put_right(sink, value, layout->table ? 8 : 0, " ");
		return;
	}
	if (value <= 99999) {
		put_right(sink, value, layout->table ? 5 : 0, " ");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		value = (value + 500) / 1000;
		if (value <= 9999) {
			put_right(sink, value, width, units[i]);
			sink_char(sink, ' ');
			return;
		}
	}
	put_right(sink, (value + 500) / 1000, width, "T ");
}

static void put_protocol(struct sink *sink, const struct layout *layout, const struct head *head)
{
	char buf[32];
	const char *name = layout->numeric ? proto_name_saved(head->proto)
					   : proto_name_any(head->proto, buf, sizeof(buf));
	size_t start;

	sink_char(sink, head->invert & INVERT_PROTO ? '!' : ' ');
	start = sink->len;
	if (name)
		sink_str(sink, name);
	else
		sink_u64(sink, head->proto);
	if (layout->table)
		sink_pad(sink, start, 4);
	sink_char(sink, ' ');
}

static void put_interface(struct sink *sink, const struct layout *layout, const char *what,
			  const char *name, bool negated)
{
	size_t start;

	if (!layout->table)
		sink_str(sink, what);
	start = sink->len;
	if (negated)
		sink_char(sink, '!');
	sink_str(sink, *name ? name : negated ? "+" : layout->numeric ? "*" : "any");
	if (layout->table)
		sink_pad(sink, start, 6);
	sink_char(sink, ' ');
}

/* Name of a host, or of a network, or neither. */
static void put_name(struct sink *sink, enum family family, const struct network *network)
{
	char buf[NI_MAXHOST];
	const char *name;

	if (addr_name(family, &network->addr, buf, sizeof(buf))) {
		sink_str(sink, buf);
		return;
	}
	name = family == FAMILY_IPV4
	       ? network_name(ntohl(network->addr.v4), buf, sizeof(buf)) : NULL;
	if (name)
		sink_str(sink, name);
	else
		addr_print(sink, family, &network->addr);
}

static void put_network(struct sink *sink, const struct layout *layout, enum family family,
			const struct network *network, const char *before)
{
	size_t start;

	sink_str(sink, before);
	start = sink->len;
	if (bytes_are_zero(network, sizeof(*network)) && !layout->numeric) {
		sink_str(sink, "anywhere");
	} else {
		if (layout->numeric)
			addr_print(sink, family, &network->addr);
		else
			put_name(sink, family, network);
		addr_print_mask(sink, family, &network->mask, false);
	}
	if (layout->table)
		sink_pad(sink, start, 19);
}

static const char *target_name(const struct rule *rule)
{
	if (rule->unsaid)
		return "(nft)";
	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return "";
	case JUMP_TARGET:
		/* NOTRACK is listed as what the kernel has, CT, with its own word behind. */
		return rule->target.ext->kernel_name ? rule->target.ext->kernel_name :
						       rule->target.ext->name;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		return rule->chain_to;
	}
	return "";
}

static void put_head(struct sink *sink, const struct layout *layout, enum family family,
		     const struct rule *rule)
{
	const struct head *head = &rule->head;

	put_column(sink, layout, target_name(rule), 9);
	put_protocol(sink, layout, head);
	if (!layout->table)
		sink_str(sink, "opt ");
	sink_char(sink, head->invert & INVERT_FRAGMENT ? '!' : '-');
	sink_char(sink, head->fragment ? 'f' : '-');
	sink_char(sink, ' ');
	if (layout->via) {
		if (layout->table)
			sink_char(sink, ' ');
		put_interface(sink, layout, "in ", head->in, head->invert & INVERT_IN);
		put_interface(sink, layout, "out ", head->out, head->invert & INVERT_OUT);
	}
	put_network(sink, layout, family, &head->src, head->invert & INVERT_SRC ? "!" : " ");
	sink_str(sink, head->invert & INVERT_DST ? " !" : "  ");
	put_network(sink, layout, family, &head->dst, layout->table ? "" : "-> ");
	sink_str(sink, layout->table ? " " : "  ");
}

static void put_rule(struct sink *sink, const struct layout *layout, enum family family,
		     const struct rule *rule, uint32_t number)
{
	unsigned how = HOW_LIST | (layout->numeric ? HOW_NUMERIC : 0);

	if (layout->line_numbers) {
		size_t start = sink->len;

		sink_u64(sink, number);
		sink_pad(sink, start, 4);
		sink_char(sink, ' ');
	}
	if (layout->counters) {
		put_count(sink, layout, rule->counters.packets);
		put_count(sink, layout, rule->counters.bytes);
	}
	put_head(sink, layout, family, rule);
	if (rule->jump == JUMP_GOTO)
		sink_str(sink, "[goto] ");
	if (rule->unsaid) {
		sink_char(sink, ' ');
		for (const char *c = rule->unsaid->text ? rule->unsaid->text : ""; *c; c++)
			sink_char(sink, *c == '\n' ? ' ' : *c);
	}
	for (unsigned i = 0; i < rule->match_count; i++)
		use_list(sink, family, &rule->head, &rule->matches[i], how);
	if (rule->jump == JUMP_TARGET)
		use_list(sink, family, &rule->head, &rule->target, how);
	sink_char(sink, '\n');
}

static void put_chain_line(struct sink *sink, const struct layout *layout,
			   const struct chain *chain)
{
	const struct layout loose = { .exact = layout->exact };

	sink_str(sink, "Chain ");
	sink_str(sink, chain->name);
	if (!chain->builtin) {
		sink_str(sink, " (");
		sink_u64(sink, chain->references);
		sink_str(sink, " references)\n");
		return;
	}
	sink_str(sink, " (policy ");
	sink_str(sink, chain_policy_name(chain));
	if (layout->counters) {
		sink_char(sink, ' ');
		put_count(sink, &loose, chain->counters.packets);
		sink_str(sink, "packets, ");
		put_count(sink, &loose, chain->counters.bytes);
		sink_str(sink, "bytes");
	}
	sink_str(sink, ")\n");
}

static void put_titles(struct sink *sink, const struct layout *layout)
{
	if (layout->line_numbers)
		sink_str(sink, "num  ");
	if (layout->counters)
		sink_str(sink, layout->exact ? "    pkts      bytes " : " pkts bytes ");
	sink_str(sink, "target     prot opt");
	if (layout->via)
		sink_str(sink, " in     out    ");
	sink_str(sink, " source               destination         \n");
}

static void put_chain(struct sink *sink, const struct layout *layout, enum family family,
		      const struct chain *chain, uint32_t number)
{
	uint32_t n = 0;

	if (!number) {
		put_chain_line(sink, layout, chain);
		put_titles(sink, layout);
	}
	for (const struct rule *r = chain->first; r; r = r->next)
		if (++n == number || !number)
			put_rule(sink, layout, family, r, n);
}

void iptables_list(struct sink *sink, const struct table *table, const struct chain *only,
		   uint32_t number, const struct iptables_options *options)
{
	const struct layout layout = {
		.table = true, .numeric = options->numeric, .exact = options->exact,
		.line_numbers = options->line_numbers, .counters = options->verbose,
		.via = options->verbose,
	};
	bool first = true;
	struct chains chains;

	chains_of(&chains, table);
	for (size_t i = 0; i < chains.count; i++) {
		if (only && only != chains.items[i])
			continue;
		if (!first && !number)
			sink_char(sink, '\n');
		first = false;
		put_chain(sink, &layout, table->family, chains.items[i], number);
	}
	chains_free(&chains);
}

void iptables_print_rule(struct sink *sink, enum family family, const struct rule *rule)
{
	const struct layout layout = { .numeric = true, .via = true };

	put_rule(sink, &layout, family, rule, 0);
}
