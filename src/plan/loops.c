// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chains that lead back to themselves. A kernel refuses such rules; a file may hold them, and a walk
 * must end all the same: the rule that closes the circle becomes an unknown.
 */
#include "base/arena.h"
#include "plan/make.h"

enum { WHITE, GREY, BLACK };

/* A chain on the path from a root, and the next of its rules to follow. */
struct on_path {
	struct program_chain *chain;
	uint32_t at;
};

static bool rule_leads(const struct program_rule *rule)
{
	return rule->end == END_JUMP || rule->end == END_GOTO;
}

/* Depth first without recursion: the path can be as long as there are chains. */
static void search(struct arena *arena, struct program_chain *root, struct on_path *path)
{
	size_t depth = 1;

	root->colour = GREY;
	path[0] = (struct on_path){ .chain = root };
	while (depth) {
		struct on_path *top = &path[depth - 1];
		struct program_chain *chain = top->chain, *to;
		struct program_rule *rule;

		if (top->at == chain->count) {
			chain->colour = BLACK;
			depth--;
			continue;
		}
		rule = &chain->rules[top->at++];
		if (!rule_leads(rule))
			continue;
		to = rule->to;
		if (to->colour == WHITE) {
			to->colour = GREY;
			path[depth++] = (struct on_path){ .chain = to };
		} else if (to->colour == GREY) {
			rule->end = END_UNKNOWN;
			rule->why = arena_printf(arena, "chain %s leads back to itself, which no "
						 "kernel loads", to->chain->name);
		}
	}
}

void program_cut_loops(struct program *program)
{
	AUTO_ARENA scratch = ARENA_INIT;
	struct on_path *path;
	size_t count = 0;

	for (struct program_chain *c = program->chains; c; c = c->next)
		count++;
	path = arena_alloc(&scratch, (count + 1) * sizeof(*path));
	for (struct program_chain *c = program->chains; c; c = c->next)
		if (c->colour == WHITE)
			search(&program->arena, c, path);
}
