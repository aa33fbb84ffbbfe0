// SPDX-License-Identifier: GPL-2.0-or-later
/* The dialects part of `postern status`. The order is asked of the engine, which lives by it. */
#include "cli/dialects.h"

#include <string.h>

#include "cli/scene.h"
#include "dialect/ipchains.h"
#include "engine/engine.h"
#include "safe/snapshot.h"

static void put_table(struct sink *out, const struct table *t, bool *closed)
{
	const char *comma = ", policies ";
	unsigned rules = 0;

	for (const struct chain *c = t->first; c; c = c->next)
		rules += c->rule_count;
	sink_printf(out, "%s: %u rule%s", t->name, rules, rules == 1 ? "" : "s");
	*closed |= rules != 0;
	for (const struct chain *c = t->first; c; c = c->next) {
		if (!c->builtin || c->policy == POLICY_ACCEPT || c->policy == POLICY_NONE)
			continue;
		sink_printf(out, "%s%s %s", comma, c->name, ipchains_policy(c));
		comma = ", ";
		*closed = true;
	}
	sink_char(out, '\n');
}

struct listing {
	struct sink *out;
	int hook;		/* of the line that is being written, -1: none */
};

/* Chains of iptables that nobody has touched are there for nobody. */
static bool is_of_account(const struct chain *chain)
{
	if (!chain || old_table(chain->table->family, chain->table->name))
		return true;
	return chain->first || (chain->policy != POLICY_ACCEPT && chain->policy != POLICY_NONE);
}

static void put_place(void *context, const struct place_in_hook *place)
{
	struct listing *l = context;

	if (!is_of_account(place->chain))
		return;
	if (l->hook != place->hook)
		sink_printf(l->out, "%s  %-12s", l->hook < 0 ? "" : "\n", hook_word(place->hook));
	else
		sink_str(l->out, ", ");
	l->hook = place->hook;
	sink_str(l->out, place->table->name);
	if (!place->chain)
		sink_printf(l->out, " %s", place->what);
	else if (strcmp(place->chain->name, place->table->name) != 0)
		sink_printf(l->out, " %s", place->chain->name);
}

int dialects_print(struct sink *out, const struct backend *backend, bool *closed,
		   struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	const struct engine_config config = {
		.rules = &rs, .limits = { .connections = 1, .expectations = 1, .fragments = 1 },
	};
	struct listing listing = { .out = out, .hook = -1 };
	AUTO_ENGINE *engine = NULL;
	bool any = false;
	int r = snapshot_read_old(backend, &rs, err);

	for (const struct table *t = rs.first; !r && t; t = t->next) {
		put_table(out, t, closed);
		any = true;
	}
	if (r || !any)
		return r;
	r = snapshot_read(backend, &rs, err);
	if (!r)
		r = engine_open(&engine, &config, err);
	if (r)
		return r;
	sink_str(out, "an IPv4 packet meets, in this order:\n");
	engine_each_place(engine, FAMILY_IPV4, put_place, &listing);
	sink_str(out, listing.hook < 0 ? "" : "\n");
	return 0;
}
