// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The nf_tables backend against the real kernel, each test in a network namespace of its own: what
 * was written is what is read, errors name the first operation refused, nothing is half applied.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>

#include "base/vec.h"
#include "ext/ext.h"
#include "kernel/internal.h"
#include "safe/pass.h"

/* What a test works with. */
struct written {
	struct kernel *kernel;
	struct arena arena;
	struct plan plan;
	struct refusal refusal;
};

static int enter(void **state)
{
	struct written *w = calloc(1, sizeof(*w));
	struct err err = ERR_INIT;

	*state = w;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return 0;
	kernel_open(&w->kernel, &err);
	w->plan.arena = &w->arena;
	return 0;
}

static int leave(void **state)
{
	struct written *w = *state;

	kernel_close(&w->kernel);
	arena_free(&w->arena);
	free(w->plan.items);
	free(w);
	return 0;
}

static struct written *world(void **state)
{
	struct written *w = *state;

	if (!w->kernel)
		skip();		/* no permission for a namespace, or no nf_tables */
	return w;
}

static struct op *op(struct written *w, enum op_kind kind, const char *chain)
{
	struct op op = { .kind = kind, .family = FAMILY_IPV4, .table = "filter", .chain = chain };

	VEC_PUSH(&w->plan, op);
	return &w->plan.items[w->plan.count - 1];
}

/* A rule that is told from others by its source address. */
static struct rule *rule(struct written *w, uint8_t n)
{
	struct rule *r = arena_alloc(&w->arena, sizeof(*r));

	r->head.src.addr.bytes[0] = 10;
	r->head.src.addr.bytes[3] = n;
	memset(r->head.src.mask.bytes, 0xff, 4);
	r->counters = (struct counters){ n, n * 100u };
	return r;
}

static struct op *add(struct written *w, const char *chain, uint8_t n)
{
	struct op *o = op(w, OP_RULE_ADD, chain);

	o->rule = rule(w, n);
	return o;
}

static int apply(struct written *w)
{
	int r = kernel_apply(w->kernel, &w->plan, pass_unreviewed(), &w->refusal);

	w->plan.count = 0;
	w->plan.generation = 0;
	return r;
}

static void must_apply(struct written *w)
{
	assert_int_equal(apply(w), 0);
}

static struct chain *read_chain(struct written *w, struct ruleset *rs, const char *chain)
{
	struct err err = ERR_INIT;

	ruleset_free(rs);
	assert_int_equal(kernel_read(w->kernel, rs, FAMILY_IPV4, "filter", chain, READ_RULES, &err),
			 0);
	return table_chain(rs->first, chain);
}

/* The rules of a chain by the last byte of their source: "1 2 3 ". */
static void has_rules(struct written *w, const char *chain, const char *want)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_SINK s = SINK_MEMORY;
	struct chain *c = read_chain(w, &rs, chain);

	assert_non_null(c);
	for (struct rule *r = c->first; r; r = r->next)
		sink_printf(&s, "%u ", r->head.src.addr.bytes[3]);
	assert_string_equal(sink_text(&s), want);
}

static void make_input(struct written *w)
{
	op(w, OP_TABLE_ADD, NULL);
	op(w, OP_CHAIN_ADD, "INPUT");
	must_apply(w);
}

static uint64_t handle_of(struct written *w, const char *chain, uint32_t number)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct rule *r = chain_rule(read_chain(w, &rs, chain), number);

	assert_non_null(r);
	return r->handle;
}

/* ------------------------------------------------------------------ tests */

static void nothing_is_there_at_first(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;
	struct err err = ERR_INIT;

	assert_int_equal(kernel_has_table(w->kernel, FAMILY_IPV4, "filter"), -ENOENT);
	assert_int_equal(kernel_has_chain(w->kernel, FAMILY_IPV4, "filter", "INPUT", NULL, NULL),
			 -ENOENT);
	assert_int_equal(kernel_read(w->kernel, &rs, FAMILY_IPV4, "filter", NULL, READ_RULES, &err),
			 0);
	assert_false(rs.first->exists);
	assert_string_equal(rs.first->first->name, "INPUT");
	assert_string_equal(rs.first->last->name, "OUTPUT");
	assert_false(rs.first->first->exists);
	assert_true(rs.first->first->builtin);
	assert_true(rs.generation > 0);
}

static void what_is_written_is_read(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;
	struct rule *r;
	struct chain *c;
	struct op *o;

	op(w, OP_TABLE_ADD, NULL);
	o = op(w, OP_CHAIN_ADD, "FORWARD");
	o->policy = POLICY_DROP;
	o->counters = (struct counters){ 5, 600 };
	op(w, OP_CHAIN_ADD, "user");
	o = add(w, "FORWARD", 7);
	r = (struct rule *)o->rule;
	strcpy(r->head.in, "eth+");
	strcpy(r->head.out, "lo");
	r->head.proto = 17;
	r->head.fragment = true;
	r->head.invert = INVERT_IN | INVERT_PROTO | INVERT_DST | INVERT_FRAGMENT;
	r->head.dst.addr.bytes[0] = 192;
	r->head.dst.mask.bytes[0] = 0xff;
	r->head.dst.mask.bytes[1] = 0xf0;
	r->jump = JUMP_GOTO;
	r->chain_to = "user";
	must_apply(w);

	c = read_chain(w, &rs, "FORWARD");
	assert_true(c->exists && c->builtin && c->counts && !c->foreign);
	assert_int_equal(c->policy, POLICY_DROP);
	assert_int_equal(c->counters.bytes, 600);
	assert_int_equal(c->rule_count, 1);
	assert_true(rule_equal(c->first, r));
	assert_true(c->first->counts);
	assert_int_equal(c->first->counters.packets, 7);
	assert_int_equal(c->first->counters.bytes, 700);
	assert_int_equal(read_chain(w, &rs, "user")->references, 1);
}

static void never_is_said_and_read(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;
	struct rule *r = (struct rule *)0;

	make_input(w);
	r = (struct rule *)add(w, "INPUT", 0)->rule;
	/* ! -s 0/0 ! -i + */
	memset(&r->head.src, 0, sizeof(r->head.src));
	strcpy(r->head.in, "+");
	r->head.invert = INVERT_SRC | INVERT_IN;
	must_apply(w);
	assert_true(rule_equal(read_chain(w, &rs, "INPUT")->first, r));
}

static void the_first_refusal_is_named(void **state)
{
	struct written *w = world(state);

	make_input(w);
	add(w, "INPUT", 1);
	add(w, "nosuch", 2);
	op(w, OP_CHAIN_ADD, "INPUT");
	w->plan.generation = 0;
	assert_int_equal(kernel_apply(w->kernel, &w->plan, pass_unreviewed(), &w->refusal),
		-ENOENT);
	assert_ptr_equal(w->refusal.op, &w->plan.items[1]);
	assert_int_equal(w->refusal.errnum, ENOENT);
	has_rules(w, "INPUT", "");
}

static void more_errors_than_the_socket_holds(void **state)
{
	struct written *w = world(state);
	int small = 2048;

	make_input(w);
	setsockopt(w->kernel->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	add(w, "INPUT", 1);
	for (int i = 0; i < 5000; i++)
		add(w, "nosuch", 2);
	assert_int_equal(kernel_apply(w->kernel, &w->plan, pass_unreviewed(), &w->refusal),
		-ENOENT);
	assert_ptr_equal(w->refusal.op, &w->plan.items[1]);
	w->plan.count = 0;
	has_rules(w, "INPUT", "");
}

static void too_much_is_refused_clearly(void **state)
{
	struct written *w = world(state);
	int small = 4096;

	make_input(w);
	setsockopt(w->kernel->fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	for (int i = 0; i < 1000; i++)
		add(w, "INPUT", 1);
	assert_int_equal(apply(w), -EMSGSIZE);
	assert_null(w->refusal.op);
	assert_non_null(strstr(w->refusal.text, "wmem_max"));
	has_rules(w, "INPUT", "");
}

static void an_old_view_is_refused(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;

	make_input(w);
	read_chain(w, &rs, "INPUT");
	add(w, "INPUT", 1);
	must_apply(w);
	add(w, "INPUT", 2);
	w->plan.generation = rs.generation;
	assert_int_equal(apply(w), -ERESTART);
	assert_null(w->refusal.op);
	read_chain(w, &rs, "INPUT");
	add(w, "INPUT", 3);
	w->plan.generation = rs.generation;
	must_apply(w);
	has_rules(w, "INPUT", "1 3 ");
	/* Somebody else made the built-in chain first. */
	op(w, OP_CHAIN_ADD, "INPUT");
	assert_int_equal(apply(w), -ERESTART);
	op(w, OP_CHAIN_ADD, "user");
	op(w, OP_CHAIN_ADD, "user");
	assert_int_equal(apply(w), -EEXIST);
}

static void what_may_be_missing_may(void **state)
{
	struct written *w = world(state);

	op(w, OP_TABLE_DELETE, NULL)->may_be_missing = true;
	op(w, OP_TABLE_ADD, NULL);
	op(w, OP_CHAIN_ADD, "INPUT");
	op(w, OP_CHAIN_FLUSH, "gone")->may_be_missing = true;
	op(w, OP_CHAIN_DELETE, "gone")->may_be_missing = true;
	add(w, "INPUT", 4);
	must_apply(w);
	has_rules(w, "INPUT", "4 ");
	op(w, OP_CHAIN_DELETE, "gone");
	assert_int_equal(apply(w), -ENOENT);
	op(w, OP_CHAIN_DELETE, "gone")->may_be_missing = true;
	add(w, "nosuch", 5);
	assert_int_equal(apply(w), -ENOENT);
	assert_int_equal(w->refusal.errnum, ENOENT);
	op(w, OP_TABLE_DELETE, NULL);
	must_apply(w);
	assert_int_equal(kernel_has_table(w->kernel, FAMILY_IPV4, "filter"), -ENOENT);
}

static void rules_go_where_they_should(void **state)
{
	struct written *w = world(state);
	struct op *o;

	make_input(w);
	add(w, "INPUT", 1);
	add(w, "INPUT", 3);
	add(w, "INPUT", 0)->at_head = true;
	must_apply(w);
	add(w, "INPUT", 2)->before_handle = handle_of(w, "INPUT", 3);
	o = add(w, "INPUT", 5);
	((struct rule *)o->rule)->id = 77;
	add(w, "INPUT", 4)->before_id = 77;
	must_apply(w);
	has_rules(w, "INPUT", "0 1 2 3 4 5 ");
	o = add(w, "INPUT", 8);
	o->kind = OP_RULE_REPLACE;
	o->handle = handle_of(w, "INPUT", 2);
	((struct rule *)add(w, "INPUT", 6)->rule)->id = 78;
	o = add(w, "INPUT", 7);
	o->kind = OP_RULE_REPLACE;
	o->id = 78;
	op(w, OP_RULE_DELETE, "INPUT")->handle = handle_of(w, "INPUT", 1);
	((struct rule *)add(w, "INPUT", 9)->rule)->id = 79;
	op(w, OP_RULE_DELETE, "INPUT")->id = 79;
	must_apply(w);
	has_rules(w, "INPUT", "8 2 3 4 5 7 ");
	op(w, OP_CHAIN_FLUSH, "INPUT");
	must_apply(w);
	has_rules(w, "INPUT", "");
}

static void chains_come_and_go(void **state)
{
	struct written *w = world(state);
	uint64_t handle;

	make_input(w);
	op(w, OP_CHAIN_ADD, "b");
	op(w, OP_CHAIN_ADD, "a");
	add(w, "b", 1);
	must_apply(w);
	op(w, OP_CHAIN_DELETE, "b");
	assert_int_equal(apply(w), -EBUSY);
	assert_int_equal(kernel_has_chain(w->kernel, FAMILY_IPV4, "filter", "a", &handle, NULL), 0);
	op(w, OP_CHAIN_RENAME, "a")->name = "c";
	w->plan.items[0].handle = handle;
	op(w, OP_CHAIN_FLUSH, "b");
	op(w, OP_CHAIN_DELETE, "b");
	must_apply(w);
	assert_int_equal(kernel_has_chain(w->kernel, FAMILY_IPV4, "filter", "b", NULL, NULL),
			 -ENOENT);
	assert_int_equal(kernel_has_chain(w->kernel, FAMILY_IPV4, "filter", "c", NULL, NULL), 0);
}

static void a_policy_keeps_its_counters_unless_given(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;
	struct chain *c;
	struct op *o;

	op(w, OP_TABLE_ADD, NULL);
	op(w, OP_CHAIN_ADD, "INPUT")->counters = (struct counters){ 1, 2 };
	must_apply(w);
	op(w, OP_CHAIN_POLICY, "INPUT")->policy = POLICY_DROP;
	must_apply(w);
	c = read_chain(w, &rs, "INPUT");
	assert_int_equal(c->policy, POLICY_DROP);
	assert_int_equal(c->counters.bytes, 2);
	o = op(w, OP_CHAIN_POLICY, "INPUT");
	o->counters_given = true;
	o->counters = (struct counters){ 3, 4 };
	must_apply(w);
	c = read_chain(w, &rs, "INPUT");
	assert_int_equal(c->policy, POLICY_DROP);
	assert_int_equal(c->counters.packets, 3);
}

static void counted(struct written *w, const char *want)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_SINK s = SINK_MEMORY;

	for (struct rule *r = read_chain(w, &rs, "INPUT")->first; r; r = r->next)
		sink_printf(&s, "%u ", (unsigned)r->counters.packets);
	assert_string_equal(sink_text(&s), want);
}

static void check_zeroing(struct written *w)
{
	struct op *o;

	make_input(w);
	for (uint8_t i = 1; i <= 4; i++)
		add(w, "INPUT", i);
	must_apply(w);
	counted(w, "1 2 3 4 ");
	o = op(w, OP_RULE_ZERO, "INPUT");
	o->handle = handle_of(w, "INPUT", 2);
	must_apply(w);
	counted(w, "1 0 3 4 ");
	/* What comes behind the zeroing keeps its counters, what came before has lost them. */
	add(w, "INPUT", 5);
	op(w, OP_RULE_ZERO, "INPUT");
	add(w, "INPUT", 6);
	must_apply(w);
	counted(w, "0 0 0 0 0 6 ");
	op(w, OP_RULE_ZERO, NULL);
	must_apply(w);
	counted(w, "0 0 0 0 0 0 ");
	o = op(w, OP_RULE_ZERO, "INPUT");
	o->handle = 99999;
	assert_int_equal(apply(w), -ERESTART);
	op(w, OP_RULE_ZERO, "nosuch")->may_be_missing = true;
	must_apply(w);
}

static void counters_are_zeroed(void **state)
{
	check_zeroing(world(state));
}

static void counters_are_zeroed_on_old_kernels(void **state)
{
	world(state)->kernel->no_reset = true;
	check_zeroing(world(state));
}

static void many_chains_are_read(void **state)
{
	struct written *w = world(state);
	AUTO_RULESET rs = RULESET_INIT;
	struct err err = ERR_INIT;
	uint32_t rules = 0, references = 0, users = 0;

	make_input(w);
	for (int i = 0; i < 300; i++) {
		const char *name = arena_printf(&w->arena, "c%d", i);
		struct rule *r;

		op(w, OP_CHAIN_ADD, name);
		for (uint8_t n = 1; n <= 20; n++)
			add(w, name, n);
		r = (struct rule *)add(w, "INPUT", 1)->rule;
		r->jump = JUMP_CHAIN;
		r->chain_to = name;
	}
	must_apply(w);
	assert_int_equal(kernel_read(w->kernel, &rs, FAMILY_IPV4, "filter", NULL, READ_RULES, &err),
			 0);
	for (struct chain *c = rs.first->first; c; c = c->next) {
		rules += c->rule_count;
		references += c->references;
		users += !c->builtin;
		if (c->next && !c->builtin)
			assert_true(strcmp(c->name, c->next->name) < 0);
	}
	assert_int_equal(rules, 300 * 21);
	assert_int_equal(references, 300);
	assert_int_equal(users, 300);
	/* One chain for itself. */
	ruleset_free(&rs);
	assert_int_equal(kernel_read(w->kernel, &rs, FAMILY_IPV4, "filter", "c7", READ_HANDLES,
				     &err), 0);
	assert_ptr_equal(rs.first->first, rs.first->last);
	assert_int_equal(rs.first->first->rule_count, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_is_there_at_first),
		TEST(what_is_written_is_read),
		TEST(never_is_said_and_read),
		TEST(the_first_refusal_is_named),
		TEST(more_errors_than_the_socket_holds),
		TEST(too_much_is_refused_clearly),
		TEST(an_old_view_is_refused),
		TEST(what_may_be_missing_may),
		TEST(rules_go_where_they_should),
		TEST(chains_come_and_go),
		TEST(a_policy_keeps_its_counters_unless_given),
		TEST(counters_are_zeroed),
		TEST(counters_are_zeroed_on_old_kernels),
		TEST(many_chains_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
