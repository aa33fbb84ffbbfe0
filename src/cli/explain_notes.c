// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a reader might overlook: a rule for just this packet that comes too late; a port forwarding
 * that FORWARD does not let through, or looks for where the packet no longer goes; a host that does
 * not forward.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "cli/explain_run.h"
#include "ext/ext.h"
#include "net/names.h"
#include "plan/program.h"

/* A field as an ask has it. */
struct value {
	uint8_t bytes[16];
	bool is_there;
};

/* What happened on the way. */
struct way_seen {
	struct value daddr, dport;	/* as the packet came */
	/* The last rule of a nat chain that matched in PREROUTING, and whether it changed anything. */
	const struct chain *nat_chain;
	uint32_t nat_number;
	bool translated;
	/* A rule of FORWARD that the packet would have fitted as it came. */
	const struct chain *old_chain;
	uint32_t old_number;
	enum field old_field;
	struct value old_now;
};

static void note(struct explanation *e, const char *label, const char *text, const char *words)
{
	if (e->note_count < NOTES_MOST)
		e->notes[e->note_count++] = (struct note){ label, text, words };
}

/* ------------------------------------------------------------------ a rule that comes too late */

/* How many things a rule asks for. */
static size_t tests_of(enum family family, const struct rule *rule)
{
	struct test tests[TESTS_MOST];
	size_t count = (size_t)head_tests(family, &rule->head, tests, TESTS_MOST);

	for (uint16_t i = 0; i < rule->match_count; i++) {
		int n = use_tests(family, &rule->matches[i], tests, TESTS_MOST);

		count += n < 0 ? 1 : (size_t)n;
	}
	return count;
}

/* It looks at the packet alone: what depends on those before it says nothing about an order. */
static bool is_pure(const struct rule *rule)
{
	for (uint16_t i = 0; i < rule->match_count; i++)
		if (rule->matches[i].ext->effect != EFFECT_PURE && !rule->matches[i].ext->always)
			return false;
	return true;
}

/*
 * Were the deciding rule not there, another one might decide otherwise. A general one behind it is
 * nothing to be told (nearly every rule set ends with one); a special one is.
 */
static void note_later(struct explain_run *run, const struct outcome *first)
{
	struct explanation *e = run->e;
	AUTO_SINK text = SINK_MEMORY, words = SINK_MEMORY;
	const struct outcome *o = &run->outcome;
	struct err ignored = ERR_INIT;
	bool lets_in;
	int r;

	if (!first->rule)
		return;
	run->without = first->rule;
	r = explain_run(run, &e->words, &ignored);
	run->without = NULL;
	if (r < 0 || run->given_count || !o->rule || o->hook != first->hook ||
	    o->fate == FATE_UNKNOWN || !explain_differs(o->fate, first->fate) ||
	    !is_pure(o->rule))
		return;
	lets_in = fate_status(first->fate) != 0;
	if (tests_of(e->family, o->rule) + lets_in <= tests_of(e->family, first->rule))
		return;
	print_decider(&text, o);
	sink_printf(&text, " would have %s it, but rule %u", fate_status(o->fate) ?
		    o->fate == FATE_REJECTED ? "rejected" : "dropped" : "accepted", first->number);
	if (o->chain != first->chain)
		sink_printf(&text, " of %s", first->chain->name);
	sink_str(&text, " comes first, and the first that decides wins:");
	print_rule_in(&words, o->chain, o->rule);
	note(e, "later", explain_keep(e, &text), explain_keep(e, &words));
}

/* ------------------------------------------------------------------ port forwardings */

static enum field daddr_field(enum family family)
{
	return family == FAMILY_IPV6 ? FIELD_IP6_DADDR : FIELD_IP_DADDR;
}

static struct value value_of(const struct eval *eval, enum field field)
{
	struct eval e = *eval;
	struct value v = { 0 };

	v.is_there = field_read(&e, field, v.bytes) == ANSWER_YES;
	return v;
}

static void watch_forward(struct way_seen *w, const struct event *event)
{
	const struct ask *ask = event->test ? &event->test->ask : NULL;
	const struct value *old;

	if (w->old_chain || !w->translated || event->answer != ANSWER_NO || !ask)
		return;
	old = ask->field == daddr_field(event->eval->family) ? &w->daddr :
	      ask->field == FIELD_DPORT && !event->test->field_or ? &w->dport : NULL;
	if (!old || !old->is_there || ask->negate || !ask_holds(ask, old->bytes))
		return;
	w->old_chain = event->chain;
	w->old_number = event->number;
	w->old_field = ask->field;
	w->old_now = value_of(event->eval, ask->field);
}

static void watch(struct explain_run *run, const struct event *event)
{
	struct way_seen *w = run->context;

	if (event->kind == EVENT_HOOK && event->hook == NF_INET_PRE_ROUTING && !w->translated) {
		w->daddr = value_of(event->eval, daddr_field(run->e->family));
		w->dport = value_of(event->eval, FIELD_DPORT);
	}
	if (event->kind == EVENT_RULE && event->answer == ANSWER_YES && event->table &&
	    !strcmp(event->table->name, "nat") && event->hook == NF_INET_PRE_ROUTING) {
		w->nat_chain = event->chain;
		w->nat_number = event->number;
	}
	if (event->kind == EVENT_NAT && event->hook == NF_INET_PRE_ROUTING && w->nat_chain)
		w->translated = true;
	if (event->kind == EVENT_RULE && event->hook == NF_INET_FORWARD)
		watch_forward(w, event);
}

/* "destination port 80" */
static void put_value(struct sink *text, enum family family, enum field field,
		      const struct value *v)
{
	struct test test = { .ask = { .field = field } };
	struct eval eval = { .family = family };
	struct event event = { .test = &test, .eval = &eval, .has_seen = v->is_there };
	AUTO_SINK seen = SINK_MEMORY;
	const char *is;

	memcpy(event.seen, v->bytes, sizeof(event.seen));
	event_print_seen(&seen, &event);
	is = strstr(sink_text(&seen), " is ");
	if (is)
		sink_printf(text, "%.*s %s", (int)(is - seen.text), seen.text, is + 4);
}

/* "iptables -A FORWARD -i eth0 -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT" */
static const char *letting_through(struct explain_run *run, const struct outcome *o)
{
	enum family family = run->e->family;
	const struct packet *p = &run->packet;
	const uint8_t *ports = packet_transport(p, 4);
	union inet_addr addr = { 0 };
	AUTO_SINK text = SINK_MEMORY;
	char name[32];

	sink_str(&text, family == FAMILY_IPV6 ? "ip6tables " : "iptables ");
	if (o->rule)
		sink_printf(&text, "-I FORWARD %u", strcmp(o->chain->name, "FORWARD") != 0 ? 1u :
			    (unsigned)o->number);
	else
		sink_str(&text, "-A FORWARD");
	if (*run->e->words.meta.in)
		sink_printf(&text, " -i %s", run->e->words.meta.in);
	memcpy(addr.bytes, packet_daddr(p), addr_len(family));
	sink_str(&text, " -d ");
	addr_print(&text, family, &addr);
	sink_printf(&text, " -p %s", proto_name_any(p->proto, name, sizeof(name)));
	if (p->has_ports && ports)
		sink_printf(&text, " --dport %u", ntohs(packet_be16(ports + 2)));
	sink_str(&text, " -j ACCEPT");
	return explain_keep(run->e, &text);
}

static void note_forwarding(struct explain_run *run, const struct way_seen *w,
			    const struct outcome *o)
{
	struct explanation *e = run->e;
	AUTO_SINK text = SINK_MEMORY;

	if (!w->translated || o->hook != NF_INET_FORWARD || !o->chain ||
	    (o->fate != FATE_DROPPED && o->fate != FATE_REJECTED))
		return;
	if (w->old_chain) {
		const struct value *old = w->old_field == FIELD_DPORT ? &w->dport : &w->daddr;

		sink_printf(&text, "rule %u of %s asks for the ", w->old_number,
			    w->old_chain->name);
		put_value(&text, e->family, w->old_field, old);
		sink_printf(&text, ", which the packet had before rule %u of %s in table nat "
			    "translated it; here it has the ", w->nat_number, w->nat_chain->name);
		put_value(&text, e->family, w->old_field, &w->old_now);
		sink_str(&text, ". This would let it through:");
	} else {
		sink_printf(&text, "rule %u of %s in table nat only changes where the packet goes. "
			    "FORWARD sees it with the new destination, and must let it through, "
			    "too; nothing there does. This would:", w->nat_number,
			    w->nat_chain->name);
	}
	note(e, "note", explain_keep(e, &text), letting_through(run, o));
}

/* The engine's words for it are the only thing that tells this end from others. */
static void note_no_router(struct explain_run *run, const struct outcome *o)
{
	if (o->chain || !o->why || strcmp(o->why, "this host does not forward") != 0)
		return;
	note(run->e, "note", "the packet is for another host, and this one passes nothing on, "
	     "whatever its rules say. This lets it:",
	     run->e->family == FAMILY_IPV6 ? "sysctl -w net.ipv6.conf.all.forwarding=1" :
	     "sysctl -w net.ipv4.ip_forward=1");
}

/* What the verdict knows nothing of. */
static void note_others(struct explain_run *run)
{
	struct explanation *e = run->e;

	if (!run->scene->others)
		return;
	note(e, "note", arena_printf(e->arena, "tables that nft made are not asked, and may decide "
				     "otherwise: %s", run->scene->others), NULL);
}

void explain_notes(struct explain_run *run)
{
	struct way_seen w = { 0 };
	struct err ignored = ERR_INIT;
	struct outcome first;
	int r;

	run->watch = watch;
	run->context = &w;
	r = explain_run(run, &run->e->words, &ignored);
	run->watch = NULL;
	if (r < 0)
		return;
	first = run->outcome;
	note_no_router(run, &first);
	note_forwarding(run, &w, &first);
	note_later(run, &first);
	note_others(run);
}
