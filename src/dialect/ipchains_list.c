// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Listings of ipchains, in the columns of 1.3.10 with their two misalignments: a mark makes its line
 * two wider, and the titles of destination and ports stand one to the right.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "dialect/ipchains.h"
#include "net/names.h"

/* ------------------------------------------------------------------ addresses and ports */

static void put_range(struct sink *s, const uint16_t range[2], bool inverted, uint8_t proto,
		      bool numeric)
{
	sink_str(s, inverted ? " !" : "  ");
	if (!range[0] && range[1] == UINT16_MAX) {
		sink_str(s, numeric ? "*" : "any");
		return;
	}
	old_print_port(s, range[0], proto, numeric);
	if (range[0] == range[1])
		return;
	sink_char(s, ':');
	old_print_port(s, range[1], proto, numeric);
}

static const char *icmp_name(const struct old_ports *ports)
{
	if (ports->invert || ports->src[0] != ports->src[1])
		return NULL;
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++)
		if (i->type == ports->src[0] &&
		    (i->code < 0 ? !ports->dst[0] && ports->dst[1] == UINT16_MAX
				 : ports->dst[0] == i->code && ports->dst[1] == i->code))
			return i->name;
	return NULL;
}

static void put_ports(struct sink *s, const struct rule *rule, bool numeric)
{
	static const struct old_ports any = { .src = { 0, UINT16_MAX }, .dst = { 0, UINT16_MAX } };
	const struct use *use = old_find(rule, OLD_PORTS);
	const struct old_ports *ports = use ? use->data : &any;
	uint8_t proto = rule->head.proto;
	const char *name = proto == IPPROTO_ICMP && !numeric ? icmp_name(ports) : NULL;

	if (rule->head.invert & INVERT_PROTO ||
	    (proto != IPPROTO_TCP && proto != IPPROTO_UDP && proto != IPPROTO_ICMP)) {
		sink_str(s, "  n/a");
		return;
	}
	if (name) {
		sink_printf(s, "  %s", name);
		return;
	}
	put_range(s, ports->src, ports->invert & INVERT_SRC, proto, numeric);
	sink_str(s, " -> ");
	put_range(s, ports->dst, ports->invert & INVERT_DST, proto, numeric);
}

static void put_redirect(struct sink *s, const struct rule *rule, const char *arrow, bool numeric)
{
	const struct use *use = old_find(rule, OLD_REDIRECT);
	const struct old_redirect *to = use ? use->data : NULL;

	if (!to)
		return;
	sink_str(s, arrow);
	if (to->port)
		sink_u64(s, to->port);
	else
		sink_str(s, numeric ? "*" : "any");
}

/* ------------------------------------------------------------------ columns */

static void put_flags(struct sink *s, const struct rule *rule)
{
	const struct use *syn = old_find(rule, OLD_SYN);
	bool not_syn = syn && ((const struct old_syn *)syn->data)->inverted;
	bool fragment = rule->head.fragment;

	sink_char(s, not_syn ? '!' : '-');
	sink_char(s, syn ? 'y' : '-');
	sink_char(s, fragment && rule->head.invert & INVERT_FRAGMENT ? '!' : '-');
	sink_char(s, fragment ? 'f' : '-');
	sink_char(s, old_find(rule, OLD_LOG) ? 'l' : '-');
	sink_char(s, old_find(rule, OLD_COPY) ? 'o' : '-');
}

static const char *proto_text(uint8_t proto, char buf[32])
{
	const char *name = proto ? proto_name_any(proto, buf, 32) : "all";

	if (name)
		return name;
	snprintf(buf, 32, "%u", proto);
	return buf;
}

static void put_tos(struct sink *s, const struct rule *rule)
{
	const struct use *use = old_find(rule, OLD_TOS);
	const struct old_tos *tos = use ? use->data : &(const struct old_tos){ .and = 0xff };

	sink_printf(s, "0x%02X 0x%02X", tos->and, tos->xor);
}

static void put_mark(struct sink *s, const struct old_mark *m, bool padded)
{
	const char *sign = m->mode == OLD_MARK_ADD ? "+" : m->mode == OLD_MARK_SUBTRACT ? "-" : "";

	sink_printf(s, padded ? "0x%s%-10x " : "0x%s%x", sign, m->value);
}

static const char *device_text(const struct rule *rule, bool numeric, bool *inverted)
{
	const char *name = ipchains_device(rule, inverted);

	return name[0] ? name : numeric ? "*" : "any";
}

static void put_details(struct sink *s, const struct rule *rule, bool numeric)
{
	const struct use *mark = old_find(rule, OLD_MARK), *copy = old_find(rule, OLD_COPY);
	bool inverted;
	const char *device = device_text(rule, numeric, &inverted);

	put_tos(s, rule);
	sink_printf(s, " %c%-10.16s ", inverted ? '!' : ' ', device);
	if (mark)
		put_mark(s, mark->data, true);
	else
		sink_printf(s, "%11s", "");
	if (copy)
		sink_printf(s, "%-7d ", ((const struct old_copy *)copy->data)->size);
	else
		sink_printf(s, "%8s", "");
}

static void list_rule(struct sink *s, const struct rule *rule, unsigned number,
		      const struct ipchains_call *how)
{
	const struct head *h = &rule->head;
	char buf[32];

	if (how->line_numbers)
		sink_printf(s, "%-4u ", number);
	if (how->verbose) {
		old_print_count(s, rule->counters.packets, how->exact ? 8 : 5, how->exact);
		old_print_count(s, rule->counters.bytes, how->exact ? 10 : 5, how->exact);
	}
	if (rule->unsaid) {
		sink_printf(s, "(made by nft: %s)\n", rule->unsaid->text);
		return;
	}
	sink_printf(s, "%-9s %c%-5s", ipchains_target(rule), h->invert & INVERT_PROTO ? '!' : ' ',
		    proto_text(h->proto, buf));
	put_flags(s, rule);
	sink_char(s, ' ');
	if (how->verbose)
		put_details(s, rule, how->numeric);
	sink_char(s, h->invert & INVERT_SRC ? '!' : ' ');
	old_print_address(s, &h->src, how->numeric);
	sink_str(s, h->invert & INVERT_DST ? " !" : " ");
	old_print_address(s, &h->dst, how->numeric);
	put_ports(s, rule, how->numeric);
	put_redirect(s, rule, " => ", how->numeric);
	sink_char(s, '\n');
}

static void list_titles(struct sink *s, const struct ipchains_call *how)
{
	if (how->line_numbers)
		sink_printf(s, "%-4s ", "num");
	if (how->verbose)
		sink_printf(s, how->exact ? "%8s %10s " : "%5s %5s ", "pkts", "bytes");
	sink_printf(s, "%-9s  prot opt    ", "target");
	if (how->verbose)
		sink_printf(s, "tosa tosx  %-10s %-10s %-7s ", "ifname", "mark", "outsize");
	sink_printf(s, " %-20s  %-20s  ports\n", "source", "destination");
}

static void list_chain(struct sink *s, const struct chain *c, const struct ipchains_call *how)
{
	unsigned number = 0;

	if (!c->builtin)
		sink_printf(s, "Chain %s (%u references):\n", c->name, c->references);
	else if (how->verbose)
		sink_printf(s, "Chain %s (policy %s: %llu packets, %llu bytes):\n", c->name,
			    ipchains_policy(c), (unsigned long long)c->counters.packets,
			    (unsigned long long)c->counters.bytes);
	else
		sink_printf(s, "Chain %s (policy %s):\n", c->name, ipchains_policy(c));
	if (c->first)
		list_titles(s, how);
	for (const struct rule *r = c->first; r; r = r->next)
		list_rule(s, r, ++number, how);
}

void ipchains_list(struct sink *sink, const struct table *table, const struct chain *only,
		   const struct ipchains_call *how)
{
	for (const struct chain *c = table->first; c; c = c->next)
		if (!c->foreign && (!only || only == c))
			list_chain(sink, c, how);
}

/* ------------------------------------------------------------------ -v */

void ipchains_echo(struct sink *s, const struct rule *rule)
{
	const struct use *mark = old_find(rule, OLD_MARK), *copy = old_find(rule, OLD_COPY);
	const struct head *h = &rule->head;
	bool inverted;
	const char *device = device_text(rule, true, &inverted);
	char buf[32];

	sink_printf(s, "%s %c%s opt    ", ipchains_target(rule),
		    h->invert & INVERT_PROTO ? '!' : ' ', proto_text(h->proto, buf));
	put_flags(s, rule);
	sink_str(s, " tos ");
	put_tos(s, rule);
	sink_printf(s, " %cvia %s ", inverted ? '!' : ' ', device);
	if (mark) {
		sink_str(s, "mark ");
		put_mark(s, mark->data, false);
		sink_char(s, ' ');
	}
	if (copy)
		sink_printf(s, "outsize %u ", ((const struct old_copy *)copy->data)->size);
	sink_str(s, h->invert & INVERT_SRC ? "  !" : "   ");
	old_print_network(s, &h->src, true);
	sink_str(s, h->invert & INVERT_DST ? " -> !" : " -> ");
	old_print_network(s, &h->dst, true);
	sink_str(s, "  ");
	put_ports(s, rule, true);
	put_redirect(s, rule, " ", true);
	sink_char(s, '\n');
}
