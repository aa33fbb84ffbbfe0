// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows as what iptables-restore reads. A chain of the old dialects is copied to each place where
 * packets meet it (doc/convert.md); what ACCEPT means there is the way on.
 */
#include <stdio.h>
#include <string.h>

#include "base/vec.h"
#include "convert/iptables.h"

enum place_name {
	IN_LOCAL, IN_NAT, OUT_LOCAL, OUT_NAT,
	IN_ROUTED, IN_REPLY, IN_FORWARDED, FORWARD, OUT_ROUTED, OUT_MASQ,
	NAT_IN, NAT_FORWARD,
	MANGLE_IN, MANGLE_FORWARD, MANGLE_OUT,
	PLACES, NOWHERE = PLACES,
};

struct place_row {
	const char *chain;		/* of iptables */
	const char *of;			/* the old chain */
	char device;
	enum where src, dst;
	enum purpose purpose;
	enum place_name next, masq;	/* where ACCEPT and MASQ go on; NOWHERE: ACCEPT */
	const char *reject;		/* the target of REJECT */
	bool builtin;
};

#define REJECT_PORT "-j REJECT --reject-with icmp-port-unreachable"
#define REJECT_HOST "-j REJECT --reject-with icmp-host-unreachable"
#define PLACE(chain_, of_, device_, src_, dst_, purpose_, next_, masq_, reject_, builtin_) \
	{ .chain = (chain_), .of = (of_), .device = (device_), .src = WHERE_##src_, \
	  .dst = WHERE_##dst_, .purpose = (purpose_), .next = (next_), .masq = (masq_), \
	  .reject = (reject_), .builtin = (builtin_) }

static const struct place_row places[PLACES] = {
	[IN_LOCAL] = PLACE("INPUT", "input", 'i', PACKET, PACKET, FOR_VERDICTS, NOWHERE, NOWHERE,
			   REJECT_PORT, true),
	[IN_NAT] = PLACE("nat-input", "input", 'i', PACKET, ORIGINAL, FOR_VERDICTS, NOWHERE,
			 NOWHERE, REJECT_PORT, false),
	[OUT_LOCAL] = PLACE("OUTPUT", "output", 'o', PACKET, PACKET, FOR_VERDICTS, NOWHERE, NOWHERE,
			    "-j DROP", true),
	[OUT_NAT] = PLACE("nat-output", "output", 'o', ORIGINAL, PACKET, FOR_VERDICTS, NOWHERE,
			  NOWHERE, "-j DROP", false),
	[IN_ROUTED] = PLACE("FORWARD", "input", 'i', PACKET, PACKET, FOR_VERDICTS, FORWARD, FORWARD,
			    REJECT_PORT, true),
	[IN_REPLY] = PLACE("reply-input", "input", 'i', PACKET, REPLY, FOR_VERDICTS, OUT_ROUTED,
			   OUT_ROUTED, REJECT_PORT, false),
	[IN_FORWARDED] = PLACE("forwarded-input", "input", 'i', PACKET, ORIGINAL, FOR_VERDICTS,
			       OUT_ROUTED, OUT_ROUTED, REJECT_PORT, false),
	[FORWARD] = PLACE("routed-forward", "forward", 'o', PACKET, PACKET, FOR_VERDICTS,
			  OUT_ROUTED, OUT_MASQ, REJECT_HOST, false),
	[OUT_ROUTED] = PLACE("routed-output", "output", 'o', PACKET, PACKET, FOR_VERDICTS, NOWHERE,
			     NOWHERE, REJECT_HOST, false),
	[OUT_MASQ] = PLACE("masq-output", "output", 'o', MASQ, PACKET, FOR_VERDICTS, NOWHERE,
			   NOWHERE, "-j DROP", false),
	[NAT_IN] = PLACE("PREROUTING", "input", 'i', PACKET, PACKET, FOR_NAT, NOWHERE, NOWHERE,
			 "-j ACCEPT", true),
	[NAT_FORWARD] = PLACE("POSTROUTING", "forward", 'o', PACKET, PACKET, FOR_NAT, NOWHERE,
			      NOWHERE, "-j ACCEPT", true),
	[MANGLE_IN] = PLACE("PREROUTING", "input", 'i', PACKET, PACKET, FOR_EFFECTS, NOWHERE,
			    NOWHERE, "-j ACCEPT", true),
	[MANGLE_FORWARD] = PLACE("FORWARD", "forward", 'o', PACKET, PACKET, FOR_EFFECTS, NOWHERE,
				 NOWHERE, "-j ACCEPT", true),
	[MANGLE_OUT] = PLACE("POSTROUTING", "output", 'o', PACKET, PACKET, FOR_EFFECTS, NOWHERE,
			     NOWHERE, "-j ACCEPT", true),
};

/* A copy of a chain that is still to be written, or was. */
struct copy {
	enum place_name place;
	const struct row_chain *chain;
};

struct writer {
	struct conversion *c;
	const struct rows *rows;
	struct sink *out;
	bool masquerades, redirects;
	/* Of the table that is being written */
	struct sink names;
	struct { const char **items; size_t count, room; } rules;
	struct { int *items; size_t count, room; } from;
	struct { struct copy *items; size_t count, room; } copies;
	/* Of the copy */
	enum place_name place;
	const struct row_chain *chain;
	const char *name;
};

/* ------------------------------------------------------------------ what a chain has */

static bool is_masq(const struct row *r)
{
	return r->end == ROW_MASQ;
}

static bool is_redirect(const struct row *r)
{
	return r->end == ROW_REDIRECT;
}

static bool has_effect(const struct row *r)
{
	return r->tos || (r->mark && r->mark->mode == OLD_MARK_SET);
}

static bool tests_source(const struct row *r)
{
	return !network_is_any(&r->src) || r->invert & INVERT_SRC ||
	       (r->proto != PROTO_ICMP && !side_is_any(&r->ports[0]));
}

static bool matters(const struct row *r, enum purpose purpose)
{
	switch (purpose) {
	case FOR_VERDICTS:
		break;
	case FOR_EFFECTS:
		return has_effect(r);
	case FOR_NAT:
		return is_masq(r) || is_redirect(r);
	}
	return true;
}

static bool is_wanted_for_nat(const struct row *r)
{
	return matters(r, FOR_NAT);
}

/* Whether something of account comes at a row or behind it, or the policy is. */
static bool goes_on(const struct writer *w, const struct row *from)
{
	enum purpose purpose = places[w->place].purpose;
	bool (*wanted)(const struct row *) = purpose == FOR_EFFECTS ? has_effect
								    : is_wanted_for_nat;

	/* Who called a user chain goes on, too. */
	if (purpose == FOR_VERDICTS || !w->chain->builtin)
		return true;
	if (purpose == FOR_NAT && w->chain->policy == POLICY_MASQUERADE)
		return true;
	for (const struct row *r = from; r; r = r->next)
		if (wanted(r) || (r->end == ROW_CALL &&
				  rows_any(w->rows, rows_chain(w->rows, r->call), wanted)))
			return true;
	return false;
}

/* ------------------------------------------------------------------ rules */

static void add(struct writer *w, int line, const char *chain, const char *tests,
		const char *target)
{
	VEC_PUSH(&w->rules, arena_printf(&w->c->arena, "-A %s%s%s%s", chain, tests,
					 *target ? " " : "", target));
	VEC_PUSH(&w->from, line);
}

static void declare(struct writer *w, const char *name, const char *policy)
{
	sink_printf(&w->names, ":%s %s [0:0]\n", name, policy);
}

static const struct row_chain *chain_of(const struct writer *w, enum place_name place)
{
	return rows_chain(w->rows, places[place].of);
}

static const char *copy_name(struct writer *w, enum place_name place, const struct row_chain *chain)
{
	static const char *const prefixes[PLACES] = {
		[IN_LOCAL] = "input", [OUT_LOCAL] = "output", [IN_ROUTED] = "routed-input",
		[NAT_IN] = "input", [NAT_FORWARD] = "forward", [MANGLE_IN] = "input",
		[MANGLE_FORWARD] = "forward", [MANGLE_OUT] = "output",
	};

	if (chain->builtin)
		return places[place].chain;
	return arena_printf(&w->c->arena, "%s-%s",
			    prefixes[place] ? prefixes[place] : places[place].chain, chain->name);
}

/* The copy's name; it will be written. */
static const char *want_copy(struct writer *w, enum place_name place,
			     const struct row_chain *chain)
{
	const struct copy copy = { place, chain };
	const char *name = copy_name(w, place, chain);

	for (size_t i = 0; i < w->copies.count; i++)
		if (w->copies.items[i].place == place && w->copies.items[i].chain == chain)
			return name;
	VEC_PUSH(&w->copies, copy);
	if (!chain->builtin || !places[place].builtin)
		declare(w, name, "-");
	return name;
}

/* Whether a chain has more than its policy where verdicts are written. */
static bool decides(const struct row_chain *chain)
{
	for (const struct row *r = chain->first; r; r = r->next)
		if (r->end != ROW_NONE || r->log || r->copy || !(r->tos || r->mark))
			return true;
	return false;
}

/* Rules at the head of a copy, about what passes it by. */
static bool has_head(const struct writer *w, enum place_name place)
{
	const struct row_chain *output = chain_of(w, OUT_MASQ);

	if (place == OUT_MASQ)
		return decides(output) || output->policy == POLICY_REJECT;
	if (place == OUT_ROUTED)
		return w->rows->forward_count && output->policy == POLICY_REJECT;
	return place == FORWARD && (w->masquerades || w->rows->forward_count);
}

static const char *enter(struct writer *w, enum place_name place);

/* The target of a policy, of a chain that has no other place for it. */
static const char *policy_target(struct writer *w, enum place_name place, enum policy policy)
{
	const struct place_row *p = &places[place];

	switch (policy) {
	case POLICY_DROP:
		return p->purpose == FOR_VERDICTS ? "-j DROP" : "-j ACCEPT";
	case POLICY_REJECT:
		return p->reject;
	case POLICY_MASQUERADE:
		return enter(w, p->masq);
	case POLICY_NONE:
	case POLICY_ACCEPT:
		break;
	}
	return enter(w, p->next);
}

/* What leads a packet on to a place. */
static const char *enter(struct writer *w, enum place_name place)
{
	const struct row_chain *chain;

	if (place == NOWHERE)
		return "-j ACCEPT";
	chain = chain_of(w, place);
	if (!decides(chain) && !has_head(w, place))
		return policy_target(w, place, chain->policy);
	return arena_printf(&w->c->arena, "-g %s", want_copy(w, place, chain));
}

/* ------------------------------------------------------------------ rows */

static const char *target_of(struct writer *w, const struct row *r)
{
	const struct place_row *p = &places[w->place];
	const struct row_chain *called;

	switch (r->end) {
	case ROW_NONE:
		return "";
	case ROW_ACCEPT:
	case ROW_REDIRECT:
		return enter(w, p->next);
	case ROW_DENY:
		return p->purpose == FOR_VERDICTS ? "-j DROP" : "-j ACCEPT";
	case ROW_REJECT:
		return p->reject;
	case ROW_MASQ:
		return enter(w, p->masq);
	case ROW_RETURN:
		/* At home in a built-in chain it is the policy, which may stand at its end. */
		return w->chain->builtin ? policy_target(w, w->place, w->chain->policy)
					 : "-j RETURN";
	case ROW_CALL:
		called = rows_chain(w->rows, r->call);
		return arena_printf(&w->c->arena, "-j %s", want_copy(w, w->place, called));
	}
	return "";
}

static const char *row_words(enum row_end end)
{
	static const char *const words[] = {
		[ROW_NONE] = "-", [ROW_ACCEPT] = "ACCEPT", [ROW_DENY] = "DENY",
		[ROW_REJECT] = "REJECT", [ROW_MASQ] = "MASQ", [ROW_REDIRECT] = "REDIRECT",
		[ROW_RETURN] = "RETURN", [ROW_CALL] = "",
	};

	return words[end];
}

static void add_notes(struct writer *w, const struct row *r, const char *tests)
{
	char text[128];

	if (r->log) {
		snprintf(text, sizeof(text), "-j LOG --log-prefix \"%s %s \" --log-level info",
			 w->chain->name, r->end == ROW_CALL ? r->call : row_words(r->end));
		add(w, r->line, w->name, tests, text);
		remark_aside(w->c, r->line, "not kept: the log's line; LOG writes its own");
	}
	if (r->copy) {
		snprintf(text, sizeof(text), "-j NFLOG --nflog-group %d --nflog-size %u",
			 OLD_COPY_GROUP, r->copy->size);
		add(w, r->line, w->name, tests, text);
		remark_aside(w->c, r->line, "not kept: the device that copies went to; NFLOG has "
			     "group %d", OLD_COPY_GROUP);
	}
}

static void add_effects(struct writer *w, const struct row *r, const char *tests)
{
	char text[64];

	if (r->tos) {
		snprintf(text, sizeof(text), "-j TOS --set-tos 0x%02x/0x%02x", r->tos->xor,
			 (uint8_t)~r->tos->and);
		add(w, r->line, w->name, tests, text);
	}
	if (r->mark && r->mark->mode == OLD_MARK_SET) {
		snprintf(text, sizeof(text), "-j MARK --set-mark 0x%x", r->mark->value);
		add(w, r->line, w->name, tests, text);
	}
}

/* By its target, or by the policy of the chain that it leaves. */
static bool masquerades(const struct writer *w, const struct row *r)
{
	return w->place == NAT_FORWARD &&
	       (r->end == ROW_MASQ || (r->end == ROW_RETURN && w->chain->builtin &&
				       w->chain->policy == POLICY_MASQUERADE));
}

/* The port of a redirection; those of masquerading, where there are ports. */
static void add_nat(struct writer *w, const struct row *r, const char *tests)
{
	char text[64] = "-j REDIRECT";

	if (r->end == ROW_REDIRECT && w->place == NAT_IN) {
		if (r->port)
			snprintf(text, sizeof(text), "-j REDIRECT --to-ports %u", r->port);
		add(w, r->line, w->name, tests, text);
	} else if (masquerades(w, r)) {
		bool ports = (r->proto == PROTO_TCP || r->proto == PROTO_UDP) &&
			     !(r->invert & INVERT_PROTO);

		add(w, r->line, w->name, tests, ports ? "-j MASQUERADE --to-ports 61000-65095"
						      : "-j MASQUERADE");
	} else if (r->end != ROW_NONE) {
		add(w, r->line, w->name, tests, target_of(w, r));
	}
}

static void add_variant(void *context, const struct row *r, const char *tests)
{
	struct writer *w = context;

	switch (places[w->place].purpose) {
	case FOR_VERDICTS:
		add_notes(w, r, tests);
		/* What only logged, or changed the packet, was a rule for that alone. */
		if (r->end != ROW_NONE || !(r->log || r->copy || r->tos || r->mark))
			add(w, r->line, w->name, tests, target_of(w, r));
		break;
	case FOR_EFFECTS:
		add_effects(w, r, tests);
		if (r->end != ROW_NONE)
			add(w, r->line, w->name, tests, target_of(w, r));
		break;
	case FOR_NAT:
		add_nat(w, r, tests);
		break;
	}
}

/* Masquerading is by ports where there are some: a row for each protocol. */
static void add_row(struct writer *w, const struct tests *tests, const struct row *r)
{
	static const uint8_t protos[] = { PROTO_TCP, PROTO_UDP };
	struct row one = *r;

	one.invert &= (uint8_t)~INVERT_PROTO;
	for (size_t i = 0; masquerades(w, r) && i < ARRAY_SIZE(protos); i++) {
		bool fits = !r->proto || (r->invert & INVERT_PROTO && r->proto != protos[i]);

		one.proto = protos[i];
		if (fits)
			tests_print(tests, &one);
	}
	tests_print(tests, r);
}

static void remark_row(struct writer *w, const struct row *r)
{
	if (r->mark && r->mark->mode != OLD_MARK_SET)
		remark(w->c, r->line, "not kept: adding to the mark; MARK of iptables sets it");
	if (w->place == MANGLE_OUT && (w->redirects || w->rows->forward_count) && tests_source(r))
		remark(w->c, r->line, "not kept of replies from redirected ports: which of them "
		       "change; their source is not translated yet where iptables changes packets");
	if (w->place == MANGLE_OUT && w->masquerades && tests_source(r))
		remark(w->c, r->line, "not kept of masqueraded packets: which of them change; "
		       "their source is not translated yet where iptables changes packets");
}

static void write_rows(struct writer *w)
{
	const struct place_row *p = &places[w->place];
	const struct tests tests = {
		.c = w->c, .device = p->device, .src = p->src, .dst = p->dst,
		.each = add_variant, .context = w,
	};

	for (const struct row *r = w->chain->first; r && goes_on(w, r); r = r->next) {
		remark_row(w, r);
		add_row(w, &tests, r);
	}
}

/* ------------------------------------------------------------------ copies */

static const char track_reply[] = " -m conntrack --ctstate SNAT --ctdir REPLY";
static const char track_forward[] = " -m conntrack --ctstate DNAT --ctdir ORIGINAL";
static const char track_back[] = " -m conntrack --ctstate DNAT --ctdir REPLY";
static const char track_error[] = " -p icmp -m conntrack --ctstate RELATED -m conntrack "
				  "--ctstate SNAT";

/* What does not come to the rules of the chain. */
static void write_head(struct writer *w)
{
	bool forwards = w->rows->forward_count;

	switch (w->place) {
	case IN_LOCAL:
		if (w->redirects || forwards)
			add(w, 0, w->name, track_forward, enter(w, IN_NAT));
		break;
	case OUT_LOCAL:
		if (w->redirects || forwards)
			add(w, 0, w->name, track_back, enter(w, OUT_NAT));
		break;
	case IN_ROUTED:
		if (w->masquerades)
			add(w, 0, w->name, track_reply, enter(w, IN_REPLY));
		if (forwards)
			add(w, 0, w->name, track_forward, enter(w, IN_FORWARDED));
		break;
	case FORWARD:
		if (w->masquerades)
			add(w, 0, w->name, track_error, enter(w, OUT_MASQ));
		if (forwards)
			add(w, 0, w->name, " -m conntrack --ctstate DNAT", enter(w, OUT_ROUTED));
		break;
	case OUT_ROUTED:
		if (forwards)
			add(w, 0, w->name, track_back, enter(w, OUT_NAT));
		break;
	case OUT_MASQ:
		/* Without a connection, or on its way back, nothing is masqueraded. */
		add(w, 0, w->name, " -m conntrack --ctstate INVALID", enter(w, OUT_ROUTED));
		add(w, 0, w->name, " -m conntrack --ctdir REPLY", enter(w, OUT_ROUTED));
		break;
	case MANGLE_FORWARD:
		if (w->masquerades)
			add(w, 0, w->name, track_reply, "-j ACCEPT");
		if (w->masquerades)
			add(w, 0, w->name, track_error, "-j ACCEPT");
		if (forwards)
			add(w, 0, w->name, " -m conntrack --ctstate DNAT", "-j ACCEPT");
		break;
	case NAT_FORWARD:
		add(w, 0, w->name, " -m addrtype --src-type LOCAL", "-j ACCEPT");
		if (forwards)
			add(w, 0, w->name, " -m conntrack --ctstate DNAT", "-j ACCEPT");
		break;
	default:
		break;
	}
}

/* The end of a built-in chain; that of iptables' own is its policy where that can say it. */
static void write_policy(struct writer *w)
{
	const struct place_row *p = &places[w->place];
	const char *target;

	if (!w->chain->builtin)
		return;
	if (p->purpose != FOR_VERDICTS) {
		const struct row all = { .end = ROW_MASQ };
		const struct tests tests = {
			.c = w->c, .device = p->device, .each = add_variant, .context = w,
		};

		if (w->place == NAT_FORWARD && w->chain->policy == POLICY_MASQUERADE)
			add_row(w, &tests, &all);
		return;
	}
	target = policy_target(w, w->place, w->chain->policy);
	if (p->builtin)
		declare(w, p->chain, strcmp(target, "-j ACCEPT") ? "DROP" : "ACCEPT");
	if (!p->builtin || (strcmp(target, "-j ACCEPT") != 0 && strcmp(target, "-j DROP") != 0))
		add(w, 0, w->name, "", target);
}

static void write_copies(struct writer *w)
{
	/* Writing one asks for more. */
	for (size_t i = 0; i < w->copies.count; i++) {
		w->place = w->copies.items[i].place;
		w->chain = w->copies.items[i].chain;
		w->name = copy_name(w, w->place, w->chain);
		if (w->chain->builtin)
			write_head(w);
		write_rows(w);
		write_policy(w);
	}
}

static void want(struct writer *w, enum place_name place)
{
	want_copy(w, place, chain_of(w, place));
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
		.c = w->c, .device = device, .each = add_variant, .context = w,
	};

	if (!chain || !chain->first)
		return;
	declare(w, chain->name, "-");
	add(w, 0, builtin, "", arena_printf(&w->c->arena, "-j %s", chain->name));
	w->place = IN_LOCAL;
	w->chain = chain;
	w->name = chain->name;
	for (const struct row *r = chain->first; r; r = r->next) {
		tests_print(&tests, r);
		if (r->next && r->next->line == r->line)
			remark_aside(w->c, r->line, "not kept: its counter; it is several rules "
				     "now");
		if (device == 'o' && w->masquerades && tests_source(r))
			remark_aside(w->c, r->line, "not kept: packets that were masqueraded are "
				     "counted with their old source");
	}
}

static bool any_effect(const struct writer *w, const char *chain)
{
	return rows_any(w->rows, rows_chain(w->rows, chain), has_effect);
}

static void write_mangle(struct writer *w)
{
	bool acct = w->rows->acct_in != NULL;
	bool in = any_effect(w, "input"), on = any_effect(w, "forward");
	bool out = any_effect(w, "output");

	if (!acct && !in && !on && !out)
		return;
	begin_table(w);
	declare(w, "PREROUTING", "ACCEPT");
	declare(w, "INPUT", "ACCEPT");
	declare(w, "FORWARD", "ACCEPT");
	declare(w, "OUTPUT", "ACCEPT");
	declare(w, "POSTROUTING", "ACCEPT");
	write_accounting(w, w->rows->acct_in, "PREROUTING", 'i');
	write_accounting(w, w->rows->acct_out, "POSTROUTING", 'o');
	if (in)
		want(w, MANGLE_IN);
	if (on)
		want(w, MANGLE_FORWARD);
	if (out)
		want(w, MANGLE_OUT);
	write_copies(w);
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
		add(w, rule->line, "PREROUTING", sink_text(&tests), sink_text(&target));
	}
	if (f->share < f->sum)
		remark(w->c, rule->line, "not kept: taking turns; it is chance now");
}

static void write_nat(struct writer *w)
{
	if (!w->masquerades && !w->redirects && !w->rows->forward_count)
		return;
	begin_table(w);
	declare(w, "PREROUTING", "ACCEPT");
	declare(w, "INPUT", "ACCEPT");
	declare(w, "OUTPUT", "ACCEPT");
	declare(w, "POSTROUTING", "ACCEPT");
	for (size_t i = 0; i < w->rows->forward_count; i++)
		write_forward(w, w->rows->forwards[i]);
	if (w->redirects)
		want(w, NAT_IN);
	if (w->masquerades)
		want(w, NAT_FORWARD);
	write_copies(w);
	end_table(w, "nat");
}

static void write_filter(struct writer *w)
{
	begin_table(w);
	want(w, IN_LOCAL);
	want(w, IN_ROUTED);
	want(w, OUT_LOCAL);
	write_copies(w);
	end_table(w, "filter");
}

void print_iptables(struct conversion *c, const struct rows *rows, struct sink *out)
{
	struct writer w = { .c = c, .rows = rows, .out = out };
	const struct row_chain *forward = rows_chain(rows, "forward");

	w.masquerades = forward->policy == POLICY_MASQUERADE ||
			rows_any(rows, forward, is_masq);
	w.redirects = rows_any(rows, rows_chain(rows, "input"), is_redirect);
	write_mangle(&w);
	write_nat(&w);
	write_filter(&w);
	mem_free_ptr(&w.rules.items);
	mem_free_ptr(&w.from.items);
	mem_free_ptr(&w.copies.items);
}
