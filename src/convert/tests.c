// SPDX-License-Identifier: GPL-2.0-or-later
/* The tests of a row in iptables' words. */
#include <string.h>

#include "base/bits.h"
#include "convert/iptables.h"

enum { MASQ_LOW = 61000, MASQ_HIGH = 65095, ICMP_MOST = 64 };

/* One rule under way: what stands in the head, and what -m conntrack and the protocol's match get. */
struct words {
	struct sink head, track, match;
};

static void words_free(struct words *w)
{
	sink_free(&w->head);
	sink_free(&w->track);
	sink_free(&w->match);
}

static const char *bang(bool inverted)
{
	return inverted ? " !" : "";
}

/* ------------------------------------------------------------------ addresses */

static void put_network(struct sink *s, const char *option, const struct network *net,
			bool inverted)
{
	if (network_is_any(net) && !inverted)
		return;
	sink_printf(s, "%s %s ", bang(inverted), option);
	addr_print(s, FAMILY_IPV4, &net->addr);
	addr_print_mask(s, FAMILY_IPV4, &net->mask, false);
}

static bool is_in(const struct network *net, const union inet_addr *addr)
{
	return !((addr->v4 ^ net->addr.v4) & net->mask.v4);
}

/* Whether the source that a masqueraded packet gets fits: by the address of the device it leaves by. */
static enum answer masq_fits(const struct tests *t, const struct row *r)
{
	const struct host *host = t->c->host;
	bool yes = false, no = false;

	if (network_is_any(&r->src))
		return answer_of(!(r->invert & INVERT_SRC));
	if (!host || !host->known)
		return ANSWER_UNKNOWN;
	for (const struct device_addr *a = host->addrs; a; a = a->next) {
		bool inverted = r->invert & INVERT_IN;
		bool named = !r->device[0] ||
			     old_device_fits(r->device, a->device->name) != inverted;

		if (a->family != FAMILY_IPV4 || a->device->loopback || !named || a->secondary)
			continue;
		if (is_in(&r->src, &a->addr) != !!(r->invert & INVERT_SRC))
			yes = true;
		else
			no = true;
	}
	return yes && no ? ANSWER_UNKNOWN : answer_of(yes);
}

/* Of the ports that masquerading gives: all of them, none, some. */
static enum answer masq_ports_fit(const struct row *r)
{
	const struct side *side = &r->ports[0];
	unsigned inside = 0;

	if (side_is_any(side) || r->proto == PROTO_ICMP)
		return ANSWER_YES;
	for (unsigned i = 0; i < side->count; i++) {
		unsigned low = side->ranges[i].low, high = side->ranges[i].high;

		low = low > MASQ_LOW ? low : MASQ_LOW;
		high = high < MASQ_HIGH ? high : MASQ_HIGH;
		inside += high >= low ? high - low + 1 : 0;
	}
	if (inside && inside < MASQ_HIGH - MASQ_LOW + 1)
		return ANSWER_UNKNOWN;
	return answer_of(!!inside != side->inverted);
}

/* False: no masqueraded packet fits. */
static bool masq_may_fit(const struct tests *t, const struct row *r)
{
	enum answer addr = masq_fits(t, r), port = masq_ports_fit(r);

	if (addr == ANSWER_NO || port == ANSWER_NO)
		return false;
	if (addr == ANSWER_YES && port == ANSWER_YES)
		return true;
	remark(t->c, r->line, "not kept of masqueraded packets, which output saw with this host's "
	       "address: %s", port == ANSWER_UNKNOWN ?
	       "some of the ports of masquerading fit and some do not; none is taken to fit" :
	       "whether it fits is not known (--host); it is taken not to fit");
	return false;
}

/* ------------------------------------------------------------------ ports */

static void put_ranges(struct sink *s, const struct side *side)
{
	for (unsigned i = 0; i < side->count; i++) {
		sink_printf(s, "%s%u", i ? "," : "", side->ranges[i].low);
		if (side->ranges[i].high != side->ranges[i].low)
			sink_printf(s, ":%u", side->ranges[i].high);
	}
}

static void put_ports(struct words *w, const struct side *side, bool source, enum where where)
{
	static const char *const tracked[2][4] = {
		{ [WHERE_ORIGINAL] = "--ctorigdstport", [WHERE_REPLY] = "--ctrepldstport" },
		{ [WHERE_ORIGINAL] = "--ctorigdstport", [WHERE_REPLY] = "--ctrepldstport" },
	};

	if (side_is_any(side) || where == WHERE_MASQ)
		return;
	if (where != WHERE_PACKET) {
		sink_printf(&w->track, "%s %s ", bang(side->inverted), tracked[source][where]);
		put_ranges(&w->track, side);
	} else if (side->count == 1) {
		sink_printf(&w->match, "%s --%cport ", bang(side->inverted), source ? 's' : 'd');
		put_ranges(&w->match, side);
	} else {
		sink_printf(&w->head, " -m multiport%s --%cports ", bang(side->inverted),
			    source ? 's' : 'd');
		put_ranges(&w->head, side);
	}
}

/* A list is one test of the packet's own ports, but several of what was tracked. */
static unsigned variants(const struct side *side, enum where where)
{
	bool tracked = where == WHERE_ORIGINAL || where == WHERE_REPLY;

	return tracked && side->count > 1 ? side->count : 1;
}

static struct side one_of(const struct side *side, enum where where, unsigned n)
{
	struct side one = *side;

	if (variants(side, where) > 1) {
		one.ranges[0] = side->ranges[n];
		one.count = 1;
	}
	return one;
}

/* ------------------------------------------------------------------ a rule */

static void put_protocol(struct words *w, const struct row *r)
{
	static const char *const names[] = {
		[PROTO_ICMP] = "icmp", [PROTO_TCP] = "tcp", [PROTO_UDP] = "udp",
	};

	if (!r->proto)
		return;
	if (r->proto < ARRAY_SIZE(names) && names[r->proto])
		sink_printf(&w->head, "%s -p %s", bang(r->invert & INVERT_PROTO), names[r->proto]);
	else
		sink_printf(&w->head, "%s -p %u", bang(r->invert & INVERT_PROTO), r->proto);
}

static void put_flag_names(struct sink *s, uint8_t flags)
{
	static const struct { uint8_t flag; const char *name; } names[] = {
		{ FLAG_SYN, "SYN" }, { FLAG_RST, "RST" }, { FLAG_ACK, "ACK" },
	};
	const char *comma = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(flags & names[i].flag))
			continue;
		sink_printf(s, "%s%s", comma, names[i].name);
		comma = ",";
	}
	if (!flags)
		sink_str(s, "NONE");
}

static void put_flags(struct words *w, const struct row *r)
{
	if (!r->flag_mask)
		return;
	sink_printf(&w->match, "%s --tcp-flags ", bang(r->flags_inverted));
	put_flag_names(&w->match, r->flag_mask);
	sink_char(&w->match, ' ');
	put_flag_names(&w->match, r->flags);
}

static void put_side(const struct tests *t, struct words *w, const struct row *r, bool source)
{
	enum where where = source ? t->src : t->dst;
	const struct network *net = source ? &r->src : &r->dst;
	bool inverted = r->invert & (source ? INVERT_SRC : INVERT_DST);

	if (where == WHERE_PACKET)
		put_network(&w->head, source ? "-s" : "-d", net, inverted);
	else if (where != WHERE_MASQ)
		put_network(&w->track, where == WHERE_ORIGINAL ? "--ctorigdst" : "--ctrepldst", net,
			    inverted);
}

static void finish(const struct tests *t, const struct row *r, struct words *w, const char *match)
{
	AUTO_SINK all = SINK_MEMORY;

	sink_str(&all, sink_text(&w->head));
	if (w->match.len)
		sink_printf(&all, " -m %s%s", match, sink_text(&w->match));
	if (w->track.len)
		sink_printf(&all, " -m conntrack%s", sink_text(&w->track));
	t->each(t->context, r, sink_text(&all));
}

static void begin(const struct tests *t, const struct row *r, struct words *w)
{
	*w = (struct words){ SINK_MEMORY, SINK_MEMORY, SINK_MEMORY };
	put_side(t, w, r, true);
	put_side(t, w, r, false);
	if (r->device[0])
		sink_printf(&w->head, "%s -%c %s", bang(r->invert & INVERT_IN), t->device,
			    r->device);
	put_protocol(w, r);
	if (r->fragment || r->invert & INVERT_FRAGMENT)
		sink_printf(&w->head, "%s -f", bang(r->invert & INVERT_FRAGMENT));
}

static void print_ports(const struct tests *t, const struct row *r, unsigned from, unsigned to)
{
	struct side src = one_of(&r->ports[0], t->src, from);
	struct side dst = one_of(&r->ports[1], t->dst, to);
	struct words w;

	begin(t, r, &w);
	put_ports(&w, &src, true, t->src);
	put_ports(&w, &dst, false, t->dst);
	put_flags(&w, r);
	finish(t, r, &w, r->proto == PROTO_UDP ? "udp" : "tcp");
	words_free(&w);
}

/* ------------------------------------------------------------------ ICMP */

static void print_icmp_one(const struct tests *t, const struct row *r, bool inverted, int type,
			   int code)
{
	struct words w;

	begin(t, r, &w);
	if (type >= 0)
		sink_printf(&w.match, "%s --icmp-type %d", bang(inverted), type);
	if (type >= 0 && code >= 0)
		sink_printf(&w.match, "/%d", code);
	finish(t, r, &w, "icmp");
	words_free(&w);
}

static unsigned width(const struct range *range)
{
	unsigned high = range->high > UINT8_MAX ? UINT8_MAX : range->high;

	return range->low > high ? 0 : high - range->low + 1;
}

static void cannot_say(const struct tests *t, const struct row *r)
{
	remark(t->c, r->line, "left out: iptables has no such test of ICMP types and codes");
}

/* One type of a range, and the codes it goes with. */
static void print_type(const struct tests *t, const struct row *r, int type)
{
	const struct side *codes = &r->ports[1];

	if (side_is_any(codes)) {
		print_icmp_one(t, r, false, type, -1);
		return;
	}
	for (unsigned k = 0; k < width(&codes->ranges[0]); k++)
		print_icmp_one(t, r, false, type, codes->ranges[0].low + (int)k);
}

static void print_icmp(const struct tests *t, const struct row *r)
{
	const struct side *types = &r->ports[0], *codes = &r->ports[1];
	unsigned all = 0;

	if (side_is_any(types) && side_is_any(codes)) {
		print_icmp_one(t, r, false, -1, -1);
		return;
	}
	for (unsigned i = 0; i < types->count; i++)
		all += width(&types->ranges[i]) *
		       (codes->count ? width(&codes->ranges[0]) : 1);
	if (types->inverted && side_is_any(codes) && types->count == 1 && all == 1) {
		print_icmp_one(t, r, true, types->ranges[0].low, -1);
		return;
	}
	if (side_is_any(types) || types->inverted || codes->inverted || all > ICMP_MOST) {
		cannot_say(t, r);
		return;
	}
	for (unsigned i = 0; i < types->count; i++)
		for (unsigned k = 0; k < width(&types->ranges[i]); k++)
			print_type(t, r, types->ranges[i].low + (int)k);
}

void tests_print(const struct tests *t, const struct row *r)
{
	if (t->src == WHERE_MASQ && !masq_may_fit(t, r))
		return;
	if (r->proto == PROTO_ICMP && !(r->invert & INVERT_PROTO)) {
		print_icmp(t, r);
		return;
	}
	for (unsigned i = 0; i < variants(&r->ports[0], t->src); i++)
		for (unsigned k = 0; k < variants(&r->ports[1], t->dst); k++)
			print_ports(t, r, i, k);
}
