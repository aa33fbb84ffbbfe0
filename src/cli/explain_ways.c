// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes of a packet when something is not known: one run for each way of deciding it, a tree of
 * conditions, and of that tree only what makes a difference.
 */
#include <string.h>

#include "cli/explain_run.h"

enum { RUNS_MOST = 64, NODES_MOST = 4 * RUNS_MOST, NO_NODE = -1 };

/* A condition with what follows from it, or (condition < 0) a fate. */
struct node {
	int condition;
	int yes, no;			/* nodes */
	bool open;			/* nobody looked: there were too many ways */
	struct way way;			/* of a fate; without its ifs */
};

struct tree {
	struct explain_run *run;
	struct err *err;
	struct node nodes[NODES_MOST];
	int count;
	size_t runs;
};

static int add_node(struct tree *t, int condition, int yes, int no)
{
	if (t->count == NODES_MOST)
		return NO_NODE;
	t->nodes[t->count] = (struct node){ .condition = condition, .yes = yes, .no = no };
	return t->count++;
}

/* ------------------------------------------------------------------ growing it */

static void keep_way(struct explain_run *run, struct way *way)
{
	struct explanation *e = run->e;
	const struct outcome *o = &run->outcome;
	AUTO_SINK after = SINK_MEMORY;

	*way = (struct way){ .fate = o->fate, .out = arena_strdup(e->arena, o->meta.out) };
	way->deciders[way->decider_count++] = explain_decider(e, o);
	packet_print(&after, &run->packet);
	if (e->packet && strcmp(e->packet, sink_text(&after)) != 0)
		way->after = explain_keep(e, &after);
}

static int grow(struct tree *t, const bool *decided, size_t count);

/*
 * The run that has just been done as nodes, from its last condition to the first that was open; each
 * of these with the other answer is a run of its own.
 */
static int grow_others(struct tree *t, const struct answered *given, size_t given_count,
		       size_t decided_count, int below)
{
	bool decided[UNKNOWNS_MOST];

	for (size_t n = given_count; n-- > decided_count && below >= 0;) {
		int yes;

		for (size_t i = 0; i < n; i++)
			decided[i] = given[i].holds;
		decided[n] = true;
		yes = grow(t, decided, n + 1);
		below = yes < 0 ? yes : add_node(t, given[n].condition, yes, below);
	}
	return below;
}

static int grow(struct tree *t, const bool *decided, size_t count)
{
	struct answered given[UNKNOWNS_MOST];
	size_t given_count;
	int leaf = add_node(t, -1, NO_NODE, NO_NODE);

	if (leaf < 0)
		return leaf;
	if (t->runs == RUNS_MOST) {
		t->nodes[leaf].open = true;
		return leaf;
	}
	t->runs++;
	t->run->decided = decided;
	t->run->decided_count = count;
	if (explain_run(t->run, &t->run->e->words, t->err) < 0)
		return NO_NODE;
	t->run->keeps_steps = false;
	keep_way(t->run, &t->nodes[leaf].way);
	if (!t->run->e->decider_rule && !count && t->run->outcome.rule) {
		AUTO_SINK rule = SINK_MEMORY;

		print_rule_in(&rule, t->run->outcome.chain, t->run->outcome.rule);
		t->run->e->decider_rule = explain_keep(t->run->e, &rule);
	}
	given_count = t->run->given_count;
	memcpy(given, t->run->given, sizeof(given));
	return grow_others(t, given, given_count, count, leaf);
}

/* ------------------------------------------------------------------ what makes a difference */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The same comes of it, whoever decides. */
static bool same_way(const struct way *a, const struct way *b)
{
	return !strcmp(fate_word(a->fate), fate_word(b->fate)) && same_text(a->after, b->after) &&
	       same_text(a->out, b->out);
}

static bool same_tree(const struct tree *t, int a, int b)
{
	const struct node *x = &t->nodes[a], *y = &t->nodes[b];

	if (x->condition != y->condition || x->open || y->open)
		return false;
	if (x->condition < 0)
		return same_way(&x->way, &y->way);
	return same_tree(t, x->yes, y->yes) && same_tree(t, x->no, y->no);
}

static void add_decider(struct way *way, const char *decider)
{
	for (size_t i = 0; i < way->decider_count; i++)
		if (same_text(way->deciders[i], decider))
			return;
	/* One too many is not named, but counted. */
	if (way->decider_count < DECIDERS_MOST)
		way->deciders[way->decider_count] = decider;
	if (way->decider_count <= DECIDERS_MOST)
		way->decider_count++;
}

/* Two trees of the same shape become one: who decides in either. */
static void merge(struct tree *t, int into, int from)
{
	struct node *x = &t->nodes[into], *y = &t->nodes[from];

	if (x->condition >= 0) {
		merge(t, x->yes, y->yes);
		merge(t, x->no, y->no);
		return;
	}
	for (size_t i = 0; i < y->way.decider_count && i < DECIDERS_MOST; i++)
		add_decider(&x->way, y->way.deciders[i]);
	if (y->way.decider_count > DECIDERS_MOST)
		x->way.decider_count = DECIDERS_MOST + 1;
}

/* A condition both of whose answers lead to the same goes. Returns the node that stands for it. */
static int simplify(struct tree *t, int n)
{
	struct node *node = &t->nodes[n];

	if (node->condition < 0)
		return n;
	node->yes = simplify(t, node->yes);
	node->no = simplify(t, node->no);
	if (!same_tree(t, node->yes, node->no))
		return n;
	merge(t, node->no, node->yes);
	return node->no;
}

/* ------------------------------------------------------------------ ways */

static void number_condition(struct explanation *e, int condition)
{
	unsigned last = 0;

	for (size_t i = 0; i < e->condition_count; i++)
		if (e->conditions[i].number > last)
			last = e->conditions[i].number;
	if (!e->conditions[condition].number)
		e->conditions[condition].number = last + 1;
}

static void list_ways(struct explanation *e, const struct tree *t, int n, struct way *so_far)
{
	const struct node *node = &t->nodes[n];
	struct answered *next = &so_far->ifs[so_far->if_count];
	struct way *way;

	if (node->condition >= 0 && so_far->if_count < UNKNOWNS_MOST) {
		number_condition(e, node->condition);
		so_far->if_count++;
		*next = (struct answered){ (uint8_t)node->condition, true };
		list_ways(e, t, node->yes, so_far);
		next->holds = false;
		list_ways(e, t, node->no, so_far);
		so_far->if_count--;
		return;
	}
	if (node->condition >= 0 || node->open || e->way_count == WAYS_MOST) {
		e->more_ways = true;
		return;
	}
	way = &e->ways[e->way_count++];
	*way = node->way;
	memcpy(way->ifs, so_far->ifs, sizeof(way->ifs));
	way->if_count = so_far->if_count;
}

int explain_ways(struct explain_run *run, struct err *err)
{
	AUTO_FREE struct tree *t = mem_alloc(sizeof(*t));
	struct explanation *e = run->e;
	struct way so_far = { 0 };
	int top;

	*t = (struct tree){ .run = run, .err = err };
	top = grow(t, NULL, 0);
	run->keeps_steps = false;
	run->decided_count = 0;
	if (top < 0)
		return err_set(err, ERR_OTHER, PLACE_NONE, "too much is not known");
	list_ways(e, t, simplify(t, top), &so_far);
	e->fate = e->way_count ? e->ways[0].fate : FATE_UNKNOWN;
	for (size_t i = 1; i < e->way_count; i++)
		if (explain_differs(e->ways[i].fate, e->fate))
			e->fate = FATE_UNKNOWN;
	if (e->more_ways)
		e->fate = FATE_UNKNOWN;
	return 0;
}
