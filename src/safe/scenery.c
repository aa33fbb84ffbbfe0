// SPDX-License-Identifier: GPL-2.0-or-later
/* What a review knows besides rules, and the engines that it asks. */
#include "ext/ext.h"
#include "kernel/host.h"
#include "kernel/sets.h"
#include "safe/boot.h"
#include "safe/probe.h"

void scenery_free(struct scenery *scenery)
{
	host_free(&scenery->host);
	ipsets_free(&scenery->sets);
	*scenery = SCENERY_INIT;
}

static bool names_sets(const struct ruleset *rules)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct named_sets names = { 0 };
	bool some;

	boot_set_names(&names, &arena, rules);
	some = names.count > 0;
	mem_free_ptr(&names.items);
	return some;
}

int scenery_read(struct scenery *scenery, const struct ruleset *before,
		 const struct ruleset *after, struct err *err)
{
	struct err ignored = ERR_INIT;
	int r = scenery->host.known ? 0 : kernel_read_host(&scenery->host, err);

	if (!r && !scenery->knows_sets && (names_sets(before) || names_sets(after)))
		scenery->knows_sets = kernel_read_sets(&scenery->sets, &ignored) == 0;
	return r;
}

int probe_engine(struct engine **engine, const struct ruleset *rules,
		 const struct scenery *scenery, struct err *err)
{
	/* A few packets are not worth an index. */
	const struct engine_config config = {
		.rules = rules, .host = &scenery->host, .linear = true,
		.sets = scenery->knows_sets ? &scenery->sets : NULL,
		.limits = { .connections = 8, .expectations = 1, .fragments = 1 },
	};

	return engine_open(engine, &config, err);
}

bool probe_needs_time(const struct ruleset *rules)
{
	for (const struct table *t = rules->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			for (const struct rule *r = c->first; r; r = r->next)
				for (unsigned i = 0; !r->unsaid && i < r->match_count; i++)
					if (r->matches[i].ext->effect == EFFECT_STATEFUL)
						return true;
	return false;
}
