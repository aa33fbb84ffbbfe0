// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Unit tests of the planner. A rule set in memory stands for the kernel: the view reads it (and
 * counts what is read), plan_apply_value changes it. Rules are told apart by their protocol number.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/sink.h"
#include "plan/plan.h"

struct world {
	struct ruleset rs;		/* the kernel */
	struct arena arena;		/* commands */
	struct command *first, *last;
	unsigned reads, deep_reads, asks;
	struct err err;
	size_t ops;
};

/* ------------------------------------------------------------------ the view */

static void copy_chain(struct ruleset *to, struct table *t, const struct chain *c,
		       enum read_depth depth)
{
	struct chain *copy = table_chain(t, c->name);

	if (!copy)
		copy = table_add_chain(t, c->name);
	chain_clear(copy);
	copy->exists = true;
	copy->handle = c->handle;
	copy->policy = c->policy;
	copy->counts = c->counts;
	copy->references = c->rule_count;
	for (const struct rule *r = depth == READ_CHAINS ? NULL : c->first; r; r = r->next) {
		struct rule *new = arena_alloc(&to->arena, sizeof(*new));

		if (depth == READ_RULES)
			*new = *r;
		new->handle = r->handle;
		new->prev = new->next = NULL;
		chain_insert(copy, new, NULL);
	}
}

static int fake_read(void *context, struct ruleset *rs, enum family family, const char *table,
		     const char *chain, enum read_depth depth, struct err *err)
{
	struct world *w = context;
	struct table *t = ruleset_table(&w->rs, family, table);
	struct table *to = ruleset_add_table(rs, family, table);

	(void)err;
	w->reads++;
	w->deep_reads += depth != READ_CHAINS;
	rs->generation = 7;
	to->exists = t && t->exists;
	for (struct chain *c = t ? t->first : NULL; c; c = c->next)
		if (!chain || !strcmp(chain, c->name))
			copy_chain(rs, to, c, depth);
	return 0;
}

static int fake_has_chain(void *context, enum family family, const char *table, const char *chain)
{
	struct world *w = context;
	struct table *t = ruleset_table(&w->rs, family, table);

	w->asks++;
	return t && t->exists && table_chain(t, chain) ? 0 : -ENOENT;
}

/* ------------------------------------------------------------------ commands in short */

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct world));
	return !*state;
}

static int teardown(void **state)
{
	struct world *w = *state;

	ruleset_free(&w->rs);
	arena_free(&w->arena);
	free(w);
	return 0;
}

static struct command *add(struct world *w, enum command_kind kind, const char *chain)
{
	struct command *c = arena_alloc(&w->arena, sizeof(*c));

	c->kind = kind;
	c->family = FAMILY_IPV4;
	c->table = "filter";
	c->chain = chain;
	if (w->last)
		w->last->next = c;
	else
		w->first = c;
	w->last = c;
	return c;
}

/* A command with a rule of protocol `mark`, jumping to `to` when that is not NULL. */
static struct command *add_rule(struct world *w, enum command_kind kind, const char *chain,
				uint32_t number, uint8_t mark, const char *to)
{
	struct command *c = add(w, kind, chain);

	c->number = number;
	c->rules = arena_alloc(&w->arena, sizeof(*c->rules));
	c->rules[0] = arena_alloc(&w->arena, sizeof(**c->rules));
	c->rules[0]->head.proto = mark;
	c->rules[0]->jump = to ? JUMP_CHAIN : JUMP_NONE;
	c->rules[0]->chain_to = to;
	c->rule_count = 1;
	return c;
}

/* Plans and applies what was added, as cli/ does. 0, or -errno with w->err. */
static int run(struct world *w, enum plan_trust trust)
{
	struct view view = {
		.context = w, .read = fake_read, .has_chain = fake_has_chain,
	};
	int r = 1;

	w->err = ERR_INIT;
	w->reads = w->deep_reads = w->asks = 0;
	for (int i = 0; r == 1 && i < 4; i++) {
		AUTO_ARENA arena = ARENA_INIT;
		AUTO_RULESET rs = RULESET_INIT;
		AUTO_PLAN plan = { .arena = &arena };
		const struct op *refused = NULL;

		r = plan_commands(&plan, w->first, &view, trust, &rs, &w->err);
		w->ops = plan.count;
		if (r)
			break;
		/* The value is half done after a refusal: only where nothing was done before. */
		r = plan_apply_value(&plan, &w->rs, &refused);
		if (r && plan_is_stale(&plan, trust, &view, refused, -r)) {
			trust = PLAN_LOOKS;
			r = 1;
		} else if (r) {
			r = plan_refused(&plan, refused, -r, &w->err);
		}
	}
	w->first = w->last = NULL;
	return r;
}

/* "INPUT=1,2 A=3": every chain that is there, in order, with its rules. */
static const char *state_of(struct world *w, struct sink *s)
{
	struct table *t = ruleset_table(&w->rs, FAMILY_IPV4, "filter");

	s->len = 0;
	for (struct chain *c = t && t->exists ? t->first : NULL; c; c = c->next) {
		sink_printf(s, "%s%s%s=", s->len ? " " : "", c->name,
			    c->policy == POLICY_DROP ? "!" : "");
		for (struct rule *r = c->first; r; r = r->next)
			sink_printf(s, "%s%u%s%s", r->prev ? "," : "", r->head.proto,
				    r->chain_to ? ">" : "", r->chain_to ? r->chain_to : "");
	}
	return sink_text(s);
}

#define assert_state(w, text)                                   \
	do {                                                    \
		AUTO_SINK sink_ = SINK_MEMORY;                  \
		assert_string_equal(state_of(w, &sink_), text); \
	} while (0)

static void have(struct world *w, const char *chain, unsigned from, unsigned to)
{
	for (unsigned i = from; i <= to; i++)
		add_rule(w, COMMAND_APPEND, chain, 0, (uint8_t)i, NULL);
	assert_int_equal(run(w, PLAN_LOOKS), 0);
}

/* ------------------------------------------------------------------ single commands */

static void nothing_is_read(void **state)
{
	struct world *w = *state;

	have(w, "INPUT", 1, 2);
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 3, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads + w->asks, 0);
	assert_int_equal(w->ops, 1);
	add_rule(w, COMMAND_INSERT, "INPUT", 1, 9, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads + w->asks, 0);
	add(w, COMMAND_NEW_CHAIN, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads + w->asks, 0);
	add(w, COMMAND_POLICY, "INPUT")->policy = POLICY_DROP;
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads + w->asks, 0);
	assert_state(w, "INPUT!=9,1,2,3 A=");
	add(w, COMMAND_FLUSH, "INPUT");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add(w, COMMAND_FLUSH, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add(w, COMMAND_DELETE_CHAIN, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads + w->asks, 0);
	assert_state(w, "INPUT!=");
}

static void missing_chains_are_made(void **state)
{
	struct world *w = *state;

	add_rule(w, COMMAND_APPEND, "OUTPUT", 0, 1, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads, 0);
	assert_int_equal(w->ops, 3);
	assert_state(w, "OUTPUT=1");
	add(w, COMMAND_POLICY, "INPUT")->policy = POLICY_DROP;
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_state(w, "OUTPUT=1 INPUT!=");
	add(w, COMMAND_FLUSH, "FORWARD");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_state(w, "OUTPUT=1 INPUT!= FORWARD=");
}

/* Code, text and nothing changed. */
static void fails(struct world *w, int code, const char *text)
{
	AUTO_SINK before = SINK_MEMORY, after = SINK_MEMORY;

	state_of(w, &before);
	assert_int_not_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->err.code, code);
	assert_string_equal(w->err.text, text);
	assert_string_equal(sink_text(&before), state_of(w, &after));
}

static void frozen_texts(void **state)
{
	struct world *w = *state;
	static const char none[] = "No chain/target/match by that name";
	static const char bad[] = "Bad rule (does a matching rule exist in that chain?)";

	add_rule(w, COMMAND_DELETE_NUMBER, "INPUT", 1, 0, NULL);
	fails(w, 1, none);
	add_rule(w, COMMAND_CHECK, "INPUT", 0, 1, NULL);
	fails(w, 1, bad);
	add_rule(w, COMMAND_INSERT, "INPUT", 5, 1, NULL);
	fails(w, 1, "Index of insertion too big");
	add(w, COMMAND_ZERO, "NOSUCH");
	fails(w, 1, none);
	have(w, "INPUT", 1, 3);
	add(w, COMMAND_NEW_CHAIN, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add(w, COMMAND_NEW_CHAIN, "A");
	fails(w, 1, "Chain already exists");
	add(w, COMMAND_NEW_CHAIN, "FORWARD");
	fails(w, 1, "Chain already exists");
	add(w, COMMAND_DELETE_CHAIN, "NOSUCH");
	fails(w, 1, none);
	add(w, COMMAND_FLUSH, "NOSUCH");
	fails(w, 1, none);
	add(w, COMMAND_POLICY, "A")->policy = POLICY_DROP;
	fails(w, 1, "Bad built-in chain name");
	add(w, COMMAND_POLICY, "INPUT");
	fails(w, 1, "Bad policy name");
	assert_int_equal(w->err.errnum, EINVAL);
	add_rule(w, COMMAND_APPEND, "NOSUCH", 0, 1, NULL);
	fails(w, 1, none);
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 1, "NOSUCH");
	fails(w, 2, "Chain 'NOSUCH' does not exist");
	add_rule(w, COMMAND_CHECK, "INPUT", 0, 1, "NOSUCH");
	fails(w, 2, "Chain 'NOSUCH' does not exist");
	add_rule(w, COMMAND_DELETE, "INPUT", 0, 9, NULL);
	fails(w, 1, bad);
	add_rule(w, COMMAND_REPLACE, "INPUT", 4, 9, NULL);
	fails(w, 1, "Index of replacement too big");
	add_rule(w, COMMAND_DELETE_NUMBER, "INPUT", 4, 0, NULL);
	fails(w, 1, "Index of deletion too big");
	add_rule(w, COMMAND_INSERT, "INPUT", 5, 1, NULL);
	fails(w, 1, "Index of insertion too big");
	add(w, COMMAND_RENAME_CHAIN, "NOSUCH")->name = "B";
	fails(w, 1, none);
	add(w, COMMAND_RENAME_CHAIN, "A")->name = "INPUT";
	fails(w, 1, "File exists");
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 4, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add(w, COMMAND_DELETE_CHAIN, "A");
	fails(w, 4, " CHAIN_DEL failed (Device or resource busy): chain A");
	add(w, COMMAND_ZERO_NUMBER, "INPUT")->number = 9;
	fails(w, 1, bad);
}

static void numbers(void **state)
{
	struct world *w = *state;

	have(w, "INPUT", 1, 4);
	add_rule(w, COMMAND_INSERT, "INPUT", 2, 9, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_int_equal(w->reads, 1);
	add_rule(w, COMMAND_INSERT, "INPUT", 6, 10, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_state(w, "INPUT=1,9,2,3,4,10");
	add_rule(w, COMMAND_REPLACE, "INPUT", 3, 20, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add_rule(w, COMMAND_DELETE_NUMBER, "INPUT", 1, 0, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add_rule(w, COMMAND_DELETE, "INPUT", 0, 4, NULL);
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_state(w, "INPUT=9,20,3,10");
}

/* ------------------------------------------------------------------ transactions of several */

static void several_rules(void **state)
{
	struct world *w = *state;
	struct command *c;

	have(w, "INPUT", 1, 2);
	for (int round = 0; round < 2; round++) {
		c = add_rule(w, round ? COMMAND_DELETE : COMMAND_INSERT, "INPUT", 2, 8, NULL);
		struct rule *a = c->rules[0], *b = arena_memdup(&w->arena, a, sizeof(*a));

		b->head.proto = 9;
		c->rules = arena_alloc(&w->arena, 2 * sizeof(*c->rules));
		c->rules[0] = a;
		c->rules[1] = b;
		c->rule_count = 2;
		assert_int_equal(run(w, PLAN_HOPES), 0);
		assert_state(w, round ? "INPUT=1,2" : "INPUT=1,9,8,2");
	}
}

static void restore_keeps(void **state)
{
	struct world *w = *state;

	add(w, COMMAND_NEW_CHAIN, "A");
	add(w, COMMAND_NEW_CHAIN, "B");
	have(w, "A", 1, 4);
	add(w, COMMAND_TABLE_KEEP, NULL);
	add_rule(w, COMMAND_APPEND, "A", 0, 5, NULL);		/* 1 2 3 4 5 */
	add_rule(w, COMMAND_INSERT, "A", 3, 6, NULL);		/* 1 2 6 3 4 5 */
	add_rule(w, COMMAND_DELETE_NUMBER, "A", 1, 0, NULL);	/* 2 6 3 4 5 */
	add_rule(w, COMMAND_INSERT, "A", 3, 7, NULL);		/* 2 6 7 3 4 5 */
	add_rule(w, COMMAND_DELETE_NUMBER, "A", 2, 0, NULL);	/* 2 7 3 4 5 */
	add_rule(w, COMMAND_REPLACE, "A", 5, 8, NULL);		/* 2 7 3 4 8 */
	add_rule(w, COMMAND_REPLACE, "A", 3, 9, NULL);		/* 2 7 9 4 8 */
	add_rule(w, COMMAND_REPLACE, "A", 3, 10, NULL);		/* 2 7 10 4 8 */
	add_rule(w, COMMAND_INSERT, "A", 3, 11, NULL);		/* 2 7 11 10 4 8 */
	add_rule(w, COMMAND_DELETE, "A", 0, 7, NULL);		/* 2 11 10 4 8 */
	add_rule(w, COMMAND_DELETE, "A", 0, 10, NULL);		/* 2 11 4 8 */
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_int_equal(w->reads, 1);
	assert_state(w, "A=2,11,4,8 B=");
	/* What is emptied first need not be read, and `:A` empties. */
	add(w, COMMAND_TABLE_KEEP, NULL);
	add(w, COMMAND_CHAIN, "A");
	add(w, COMMAND_CHAIN, "C");
	add_rule(w, COMMAND_APPEND, "A", 0, 1, "C");
	add_rule(w, COMMAND_APPEND, "A", 0, 2, NULL);
	add_rule(w, COMMAND_DELETE_NUMBER, "A", 2, 0, NULL);
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 3, "A");
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_int_equal(w->reads, 1);
	assert_int_equal(w->deep_reads, 0);
	assert_state(w, "A=1>C B= C= INPUT=3>A");
	/* The last user goes earlier in the same section. */
	add(w, COMMAND_TABLE_KEEP, NULL);
	add_rule(w, COMMAND_DELETE, "INPUT", 0, 3, "A");
	add(w, COMMAND_FLUSH, "A");
	add(w, COMMAND_DELETE_CHAIN, "A");
	add(w, COMMAND_NEW_CHAIN, "A");
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_state(w, "B= C= INPUT= A=");
	add(w, COMMAND_TABLE_KEEP, NULL);
	add(w, COMMAND_CHAIN, "INPUT")->policy = POLICY_DROP;
	add(w, COMMAND_DELETE_CHAIN, NULL);
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_state(w, "INPUT!=");
}

static void restore_replaces(void **state)
{
	struct world *w = *state;

	have(w, "INPUT", 1, 3);
	add(w, COMMAND_TABLE, NULL);
	add(w, COMMAND_CHAIN, "FORWARD")->policy = POLICY_DROP;
	add(w, COMMAND_CHAIN, "A");
	add(w, COMMAND_CHAIN, "B");
	add_rule(w, COMMAND_APPEND, "A", 0, 1, "B");
	add_rule(w, COMMAND_APPEND, "A", 0, 2, NULL);
	add_rule(w, COMMAND_INSERT, "A", 2, 3, NULL);
	add(w, COMMAND_RENAME_CHAIN, "B")->name = "C";
	add_rule(w, COMMAND_APPEND, "C", 0, 4, NULL);
	add_rule(w, COMMAND_DELETE_NUMBER, "C", 1, 0, NULL);
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_int_equal(w->reads + w->asks, 0);
	assert_state(w, "FORWARD!= A=1>C,3,2 C=");
	add(w, COMMAND_TABLE, NULL);
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_state(w, "");
	add(w, COMMAND_TABLE, NULL);
	add_rule(w, COMMAND_APPEND, "A", 0, 1, NULL)->line = 3;
	assert_int_not_equal(run(w, PLAN_LOOKS), 0);
	assert_int_equal(w->err.place.line, 3);
	assert_string_equal(w->err.text, "No chain/target/match by that name");
	add(w, COMMAND_TABLE, NULL);
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 1, "A")->line = 4;
	assert_int_not_equal(run(w, PLAN_LOOKS), 0);
	assert_string_equal(w->err.text, "Chain 'A' does not exist");
	assert_int_equal(w->err.place.line, 4);
}

static void renames(void **state)
{
	struct world *w = *state;

	add(w, COMMAND_NEW_CHAIN, "A");
	have(w, "A", 1, 3);
	add_rule(w, COMMAND_APPEND, "INPUT", 0, 1, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	add(w, COMMAND_RENAME_CHAIN, "A")->name = "B";
	assert_int_equal(run(w, PLAN_HOPES), 0);
	assert_state(w, "B=1,2,3 INPUT=1>B");
	add(w, COMMAND_TABLE_KEEP, NULL);
	add(w, COMMAND_RENAME_CHAIN, "B")->name = "C";
	add_rule(w, COMMAND_DELETE_NUMBER, "C", 2, 0, NULL);
	add(w, COMMAND_NEW_CHAIN, "D");
	add_rule(w, COMMAND_APPEND, "D", 0, 9, "C");
	add_rule(w, COMMAND_APPEND, "C", 0, 4, NULL);
	assert_int_equal(run(w, PLAN_LOOKS), 0);
	assert_state(w, "C=1,3,4 INPUT=1>C D=9>C");
}

/* A long random walk: the planner's numbers against a plain array. */
static void random_edits(void **state)
{
	struct world *w = *state;
	uint8_t model[256];
	size_t count = 0;
	unsigned seed = 1;

	add(w, COMMAND_NEW_CHAIN, "A");
	assert_int_equal(run(w, PLAN_HOPES), 0);
	for (int round = 0; round < 300; round++) {
		add(w, COMMAND_TABLE_KEEP, NULL);
		for (int i = rand_r(&seed) % 12; i >= 0; i--) {
			uint8_t mark = (uint8_t)(1 + rand_r(&seed) % 250);
			size_t at = count ? (size_t)rand_r(&seed) % count : 0;

			switch (count > 200 ? 2 : rand_r(&seed) % 5) {
			case 0:
				add_rule(w, COMMAND_APPEND, "A", 0, mark, NULL);
				model[count++] = mark;
				break;
			case 1:
				add_rule(w, COMMAND_INSERT, "A", (uint32_t)at + 1, mark, NULL);
				memmove(model + at + 1, model + at, count++ - at);
				model[at] = mark;
				break;
			case 2:
				if (!count)
					break;
				add_rule(w, COMMAND_DELETE_NUMBER, "A", (uint32_t)at + 1, 0, NULL);
				memmove(model + at, model + at + 1, --count - at);
				break;
			case 3:
				if (!count)
					break;
				add_rule(w, COMMAND_REPLACE, "A", (uint32_t)at + 1, mark, NULL);
				model[at] = mark;
				break;
			default:
				if (!count)
					break;
				mark = model[at];
				add_rule(w, COMMAND_DELETE, "A", 0, mark, NULL);
				at = (size_t)((uint8_t *)memchr(model, mark, count) - model);
				memmove(model + at, model + at + 1, --count - at);
			}
		}
		assert_int_equal(run(w, PLAN_LOOKS), 0);
		struct chain *c = table_chain(ruleset_table(&w->rs, FAMILY_IPV4, "filter"), "A");
		size_t n = 0;

		assert_int_equal(c->rule_count, count);
		for (struct rule *r = c->first; r; r = r->next)
			assert_int_equal(r->head.proto, model[n++]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_read, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_chains_are_made, setup, teardown),
		cmocka_unit_test_setup_teardown(frozen_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(several_rules, setup, teardown),
		cmocka_unit_test_setup_teardown(restore_keeps, setup, teardown),
		cmocka_unit_test_setup_teardown(restore_replaces, setup, teardown),
		cmocka_unit_test_setup_teardown(renames, setup, teardown),
		cmocka_unit_test_setup_teardown(random_edits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
