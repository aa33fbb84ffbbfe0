// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Naming a loop. The kernel refuses chains that lead back to themselves, and paths of more than 16
 * jumps (NFT_JUMP_STACK_SIZE), with an errno alone. We look at what the table would have been.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

struct path {
	const struct chain **chains;	/* from a built-in chain down */
	size_t depth, room;
	const struct chain **deepest;
	size_t deepest_depth;
	size_t loop_from;		/* the path's last chain stands here already */
	bool loop;
	size_t steps;			/* how long we look at most */
};

enum { STEPS_MOST = 2000000 };

static bool walk(struct path *p, const struct chain *c)
{
	for (size_t i = 0; i < p->depth; i++)
		if (p->chains[i] == c) {
			p->chains[p->depth++] = c;
			p->loop_from = i;
			p->loop = true;
			return true;
		}
	if (p->depth + 2 > p->room || p->steps++ > STEPS_MOST)
		return false;
	p->chains[p->depth++] = c;
	if (p->depth > p->deepest_depth) {
		p->deepest_depth = p->depth;
		memcpy(p->deepest, p->chains, p->depth * sizeof(*p->deepest));
	}
	for (const struct rule *r = c->first; r; r = r->next) {
		const struct chain *to = r->chain_to ? table_chain(c->table, r->chain_to) : NULL;

		if (to && walk(p, to))
			return true;
	}
	p->depth--;
	return false;
}

static void put_path(struct sink *s, const struct chain *const *chains, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (i > from)
			sink_str(s, " -> ");
		if (to - from > 24 && i == from + 10) {
			sink_printf(s, "... (%zu more) -> ", to - from - 20);
			i = to - 10;
		}
		sink_str(s, chains[i]->name);
	}
}

static void find_path(const struct table *t, const struct chain *start, struct err *err)
{
	struct path p = { .room = 64 };
	AUTO_SINK s = SINK_MEMORY;

	p.chains = mem_alloc(p.room * sizeof(*p.chains));
	p.deepest = mem_alloc(p.room * sizeof(*p.deepest));
	if (start)
		walk(&p, start);
	for (const struct chain *c = t->first; c && !p.loop; c = c->next) {
		p.depth = 0;
		if (c->builtin)
			walk(&p, c);
	}
	if (p.loop) {
		put_path(&s, p.chains, p.loop_from, p.depth);
		err_hint(err, "the chains go round in a circle: %s", sink_text(&s));
	} else if (p.deepest_depth > 1) {
		put_path(&s, p.deepest, 0, p.deepest_depth);
		err_hint(err, "the kernel follows 16 jumps, this way has %zu: %s",
			 p.deepest_depth - 1, sink_text(&s));
	}
	free(p.chains);
	free(p.deepest);
}

void hint_path(const struct backend *backend, const struct plan *plan, const struct op *op,
	       struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	const struct op *refused;
	struct table *t;

	if (!plan->count)
		return;
	if (!op)
		op = &plan->items[plan->count - 1];
	if (backend_read(backend, &rs, op->family, op->table, NULL, READ_RULES, &ignored) ||
	    plan_apply_value(plan, &rs, &refused) < 0)
		return;
	t = ruleset_table(&rs, op->family, op->table);
	if (t)
		find_path(t, op->chain ? table_chain(t, op->chain) : NULL, err);
}
