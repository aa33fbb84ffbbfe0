// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where packets meet a chain of the old dialects in iptables, and what leads them from one place to the
 * next: what ACCEPT means there is the way on (doc/convert.md).
 */
#include <string.h>

#include "convert/iptables.h"

#define REJECT_PORT "-j REJECT --reject-with icmp-port-unreachable"
#define REJECT_HOST "-j REJECT --reject-with icmp-host-unreachable"
#define PLACE(chain_, of_, device_, src_, dst_, purpose_, next_, masq_, reject_, builtin_) \
	{ .chain = (chain_), .of = (of_), .device = (device_), .src = WHERE_##src_, \
	  .dst = WHERE_##dst_, .purpose = (purpose_), .next = (next_), .masq = (masq_), \
	  .reject = (reject_), .builtin = (builtin_) }

const struct place_row places[PLACES] = {
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

/* ------------------------------------------------------------------ rules */

void writer_add(struct writer *w, int line, const char *chain, const char *tests,
		const char *target)
{
	VEC_PUSH(&w->rules, arena_printf(&w->c->arena, "-A %s%s%s%s", chain, tests,
					 *target ? " " : "", target));
	VEC_PUSH(&w->from, line);
}

void writer_declare(struct writer *w, const char *name, const char *policy)
{
	sink_printf(&w->names, ":%s %s [0:0]\n", name, policy);
}

const struct row_chain *writer_chain(const struct writer *w, enum place_name place)
{
	return rows_chain(w->rows, places[place].of);
}

const char *writer_copy_name(struct writer *w, enum place_name place,
			     const struct row_chain *chain)
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

const char *writer_want(struct writer *w, enum place_name place, const struct row_chain *chain)
{
	const struct copy copy = { place, chain };
	const char *name = writer_copy_name(w, place, chain);

	for (size_t i = 0; i < w->copies.count; i++)
		if (w->copies.items[i].place == place && w->copies.items[i].chain == chain)
			return name;
	VEC_PUSH(&w->copies, copy);
	if (!chain->builtin || !places[place].builtin)
		writer_declare(w, name, "-");
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
	const struct row_chain *output = writer_chain(w, OUT_MASQ);

	if (place == OUT_MASQ)
		return decides(output) || output->policy == POLICY_REJECT;
	if (place == OUT_ROUTED)
		return w->rows->forward_count && output->policy == POLICY_REJECT;
	return place == FORWARD && (w->masquerades || w->rows->forward_count);
}

const char *writer_policy(struct writer *w, enum place_name place, enum policy policy)
{
	const struct place_row *p = &places[place];

	switch (policy) {
	case POLICY_DROP:
		return p->purpose == FOR_VERDICTS ? "-j DROP" : "-j ACCEPT";
	case POLICY_REJECT:
		return p->reject;
	case POLICY_MASQUERADE:
		return writer_enter(w, p->masq);
	case POLICY_NONE:
	case POLICY_ACCEPT:
		break;
	}
	return writer_enter(w, p->next);
}

const char *writer_enter(struct writer *w, enum place_name place)
{
	const struct row_chain *chain;

	if (place == NOWHERE)
		return "-j ACCEPT";
	chain = writer_chain(w, place);
	if (!decides(chain) && !has_head(w, place))
		return writer_policy(w, place, chain->policy);
	return arena_printf(&w->c->arena, "-g %s", writer_want(w, place, chain));
}
