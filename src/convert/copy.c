// SPDX-License-Identifier: GPL-2.0-or-later
/* Copies of chains: what stands in front of their rows, these as rules of iptables, the policy. */
#include <stdio.h>
#include <string.h>

#include "convert/iptables.h"

/* ------------------------------------------------------------------ what a chain has */

bool row_masquerades(const struct row *r)
{
	return r->end == ROW_MASQ;
}

bool row_redirects(const struct row *r)
{
	return r->end == ROW_REDIRECT;
}

bool row_changes(const struct row *r)
{
	return r->tos || (r->mark && r->mark->mode == OLD_MARK_SET);
}

bool row_tests_source(const struct row *r)
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
		return row_changes(r);
	case FOR_NAT:
		return row_masquerades(r) || row_redirects(r);
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
	bool (*wanted)(const struct row *) = purpose == FOR_EFFECTS ? row_changes
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
		return writer_enter(w, p->next);
	case ROW_DENY:
		return p->purpose == FOR_VERDICTS ? "-j DROP" : "-j ACCEPT";
	case ROW_REJECT:
		return p->reject;
	case ROW_MASQ:
		return writer_enter(w, p->masq);
	case ROW_RETURN:
		/* At home in a built-in chain it is the policy, which may stand at its end. */
		return w->chain->builtin ? writer_policy(w, w->place, w->chain->policy)
					 : "-j RETURN";
	case ROW_CALL:
		called = rows_chain(w->rows, r->call);
		return arena_printf(&w->c->arena, "-j %s", writer_want(w, w->place, called));
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
		writer_add(w, r->line, w->name, tests, text);
		remark_aside(w->c, r->line, "not kept: the log's line; LOG writes its own");
	}
	if (r->copy) {
		snprintf(text, sizeof(text), "-j NFLOG --nflog-group %d --nflog-size %u",
			 OLD_COPY_GROUP, r->copy->size);
		writer_add(w, r->line, w->name, tests, text);
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
		writer_add(w, r->line, w->name, tests, text);
	}
	if (r->mark && r->mark->mode == OLD_MARK_SET) {
		snprintf(text, sizeof(text), "-j MARK --set-mark 0x%x", r->mark->value);
		writer_add(w, r->line, w->name, tests, text);
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
		writer_add(w, r->line, w->name, tests, text);
	} else if (masquerades(w, r)) {
		bool ports = (r->proto == PROTO_TCP || r->proto == PROTO_UDP) &&
			     !(r->invert & INVERT_PROTO);

		writer_add(w, r->line, w->name, tests,
			   ports ? "-j MASQUERADE --to-ports 61000-65095" : "-j MASQUERADE");
	} else if (r->end != ROW_NONE) {
		writer_add(w, r->line, w->name, tests, target_of(w, r));
	}
}

void writer_variant(void *context, const struct row *r, const char *tests)
{
	struct writer *w = context;

	switch (places[w->place].purpose) {
	case FOR_VERDICTS:
		add_notes(w, r, tests);
		/* What only logged, or changed the packet, was a rule for that alone. */
		if (r->end != ROW_NONE || !(r->log || r->copy || r->tos || r->mark))
			writer_add(w, r->line, w->name, tests, target_of(w, r));
		break;
	case FOR_EFFECTS:
		add_effects(w, r, tests);
		if (r->end != ROW_NONE)
			writer_add(w, r->line, w->name, tests, target_of(w, r));
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
	if (w->place == MANGLE_OUT && (w->redirects || w->rows->forward_count) &&
	    row_tests_source(r))
		remark(w->c, r->line, "not kept of replies from redirected ports: which of them "
		       "change; their source is not translated yet where iptables changes packets");
	if (w->place == MANGLE_OUT && w->masquerades && row_tests_source(r))
		remark(w->c, r->line, "not kept of masqueraded packets: which of them change; "
		       "their source is not translated yet where iptables changes packets");
}

static void write_rows(struct writer *w)
{
	const struct place_row *p = &places[w->place];
	const struct tests tests = {
		.c = w->c, .device = p->device, .src = p->src, .dst = p->dst,
		.each = writer_variant, .context = w,
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
			writer_add(w, 0, w->name, track_forward, writer_enter(w, IN_NAT));
		break;
	case OUT_LOCAL:
		if (w->redirects || forwards)
			writer_add(w, 0, w->name, track_back, writer_enter(w, OUT_NAT));
		break;
	case IN_ROUTED:
		if (w->masquerades)
			writer_add(w, 0, w->name, track_reply, writer_enter(w, IN_REPLY));
		if (forwards)
			writer_add(w, 0, w->name, track_forward, writer_enter(w, IN_FORWARDED));
		break;
	case FORWARD:
		if (w->masquerades)
			writer_add(w, 0, w->name, track_error, writer_enter(w, OUT_MASQ));
		if (forwards)
			writer_add(w, 0, w->name, " -m conntrack --ctstate DNAT",
				   writer_enter(w, OUT_ROUTED));
		break;
	case OUT_ROUTED:
		if (forwards)
			writer_add(w, 0, w->name, track_back, writer_enter(w, OUT_NAT));
		break;
	case OUT_MASQ:
		/* Without a connection, or on its way back, nothing is masqueraded. */
		writer_add(w, 0, w->name, " -m conntrack --ctstate INVALID",
			   writer_enter(w, OUT_ROUTED));
		writer_add(w, 0, w->name, " -m conntrack --ctdir REPLY",
			   writer_enter(w, OUT_ROUTED));
		break;
	case MANGLE_FORWARD:
		if (w->masquerades)
			writer_add(w, 0, w->name, track_reply, "-j ACCEPT");
		if (w->masquerades)
			writer_add(w, 0, w->name, track_error, "-j ACCEPT");
		if (forwards)
			writer_add(w, 0, w->name, " -m conntrack --ctstate DNAT", "-j ACCEPT");
		break;
	case NAT_FORWARD:
		writer_add(w, 0, w->name, " -m addrtype --src-type LOCAL", "-j ACCEPT");
		if (forwards)
			writer_add(w, 0, w->name, " -m conntrack --ctstate DNAT", "-j ACCEPT");
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
			.c = w->c, .device = p->device, .each = writer_variant, .context = w,
		};

		if (w->place == NAT_FORWARD && w->chain->policy == POLICY_MASQUERADE)
			add_row(w, &tests, &all);
		return;
	}
	target = writer_policy(w, w->place, w->chain->policy);
	if (p->builtin)
		writer_declare(w, p->chain, strcmp(target, "-j ACCEPT") ? "DROP" : "ACCEPT");
	if (!p->builtin || (strcmp(target, "-j ACCEPT") != 0 && strcmp(target, "-j DROP") != 0))
		writer_add(w, 0, w->name, "", target);
}

void writer_copies(struct writer *w)
{
	/* Writing one asks for more. */
	for (size_t i = 0; i < w->copies.count; i++) {
		w->place = w->copies.items[i].place;
		w->chain = w->copies.items[i].chain;
		w->name = writer_copy_name(w, w->place, w->chain);
		if (w->chain->builtin)
			write_head(w);
		write_rows(w);
		write_policy(w);
	}
}
