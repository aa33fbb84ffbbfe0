// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -C of ipchains and -c of ipfwadm: what a chain does with a packet. The engine walks copies of the
 * rules in one hook, where both devices are the one that was named.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "cli/old.h"
#include "dialect/old.h"
#include "engine/engine.h"
#include "net/packet.h"

/* The rule that decided; NULL: the policy. */
struct judge {
	const struct rule *last;
};

static void note(void *context, const struct event *event)
{
	struct judge *j = context;

	if (event->kind == EVENT_POLICY)
		j->last = NULL;
	else if (event->kind == EVENT_RULE && event->answer == ANSWER_YES)
		j->last = event->rule;
}

static void copy_chain(struct ruleset *rs, struct table *to, const struct chain *chain,
		       const char *name)
{
	struct chain *c = table_chain(to, name) ? table_chain(to, name)
						: table_add_chain(to, name);

	c->exists = c->loaded = true;
	for (const struct rule *r = chain->first; r; r = r->next)
		chain_insert(c, arena_memdup(&rs->arena, r, sizeof(*r)), NULL);
}

static enum old_fate fate_of_policy(const struct chain *chain)
{
	if (!chain->builtin)
		return OLD_PASSED;
	switch (chain->policy) {
	case POLICY_DROP:
		return OLD_DENIED;
	case POLICY_REJECT:
		return OLD_REJECTED;
	case POLICY_MASQUERADE:
		return OLD_MASQUERADED;
	case POLICY_NONE:
	case POLICY_ACCEPT:
		break;
	}
	return OLD_ACCEPTED;
}

static enum old_fate fate_of_rule(const struct rule *rule)
{
	if (old_find(rule, OLD_MASQ))
		return OLD_MASQUERADED;
	if (old_find(rule, OLD_REDIRECT))
		return OLD_REDIRECTED;
	if (old_find(rule, OLD_REJECT))
		return OLD_REJECTED;
	return old_is_verdict(rule, "DROP") ? OLD_DENIED : OLD_ACCEPTED;
}

static enum old_fate run(struct engine *engine, struct packet *packet, const char *device,
			 const struct chain *chain, struct err *why)
{
	static const struct conn_view nothing = { .known = false };
	struct judge judge = { 0 };
	const struct trace trace = { &judge, note };
	struct input input = {
		.packet = packet, .bridged = true, .fixed = &nothing, .trace = &trace,
		.meta.known = KNOWN_IN | KNOWN_OUT,
	};
	struct outcome outcome = { 0 };

	snprintf(input.meta.in, IFNAMSIZ, "%s", device);
	snprintf(input.meta.out, IFNAMSIZ, "%s", device);
	engine_run(engine, &input, &outcome);
	if (outcome.fate != FATE_FORWARDED && outcome.fate != FATE_DROPPED &&
	    outcome.fate != FATE_REJECTED) {
		err_set(why, ERR_OTHER, PLACE_NONE, "no verdict: %s",
			outcome.why ? outcome.why : "the packet cannot be judged");
		return OLD_UNKNOWN;
	}
	return judge.last ? fate_of_rule(judge.last) : fate_of_policy(chain);
}

enum old_fate old_judge(const struct table *table, const struct chain *chain,
			const struct packet_spec *spec, const char *device, struct err *why)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = ruleset_add_table(&rs, FAMILY_IPV4, "filter");
	const struct engine_config config = { .rules = &rs };
	AUTO_ENGINE *engine = NULL;
	struct packet packet;
	uint8_t bytes[256];

	table_add_builtin(t, "FORWARD");
	t->exists = true;
	copy_chain(&rs, t, chain, "FORWARD");
	for (const struct chain *c = table->first; c; c = c->next)
		if (!c->builtin && !c->foreign)
			copy_chain(&rs, t, c, c->name);
	if (packet_build(&packet, spec, bytes, sizeof(bytes)) < 0) {
		err_set(why, ERR_OTHER, PLACE_NONE, "there is no such packet");
		return OLD_UNKNOWN;
	}
	if (engine_open(&engine, &config, why) < 0)
		return OLD_UNKNOWN;
	return run(engine, &packet, device, chain, why);
}
