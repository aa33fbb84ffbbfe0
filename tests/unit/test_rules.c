// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of the rule-set model and of addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sink.h"
#include "net/addr.h"
#include "rules/rules.h"

/* The lines of the rules, and that links hold both ways. */
static void check_chain(const struct chain *c, const char *want)
{
	AUTO_SINK s = SINK_MEMORY;
	const struct rule *last = NULL;
	uint32_t n = 0;

	for (const struct rule *r = c->first; r; r = r->next) {
		assert_ptr_equal(r->prev, last);
		sink_printf(&s, "%d ", r->line);
		last = r;
		n++;
	}
	assert_ptr_equal(c->last, last);
	assert_int_equal(c->rule_count, n);
	assert_string_equal(sink_text(&s), want);
}

static struct rule *rule(struct ruleset *rs, int line)
{
	struct rule *r = arena_alloc(&rs->arena, sizeof(*r));

	r->line = line;
	return r;
}

static void chains_of_rules(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = ruleset_add_table(&rs, FAMILY_IPV4, "filter");
	struct chain *c = table_add_chain(t, "INPUT");

	(void)state;
	assert_true(c->builtin);
	chain_insert(c, rule(&rs, 1), NULL);
	chain_insert(c, rule(&rs, 2), NULL);
	chain_insert(c, rule(&rs, 3), c->first);
	check_chain(c, "3 1 2 ");
	chain_insert(c, rule(&rs, 4), chain_rule(c, 3));
	check_chain(c, "3 1 4 2 ");
	assert_null(chain_rule(c, 5));
	chain_remove(c, chain_rule(c, 4));
	chain_remove(c, chain_rule(c, 1));
	check_chain(c, "1 4 ");
	chain_clear(c);
	check_chain(c, "");
}

static void names_of_chains(const struct table *t, const char *want)
{
	AUTO_SINK s = SINK_MEMORY;

	for (const struct chain *c = t->first; c; c = c->next)
		sink_printf(&s, "%s ", c->name);
	assert_string_equal(sink_text(&s), want);
}

static void tables_of_chains(void **state)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct table *t = ruleset_add_table(&rs, FAMILY_IPV4, "nat");
	struct chain *a, *b;

	(void)state;
	assert_ptr_equal(ruleset_add_table(&rs, FAMILY_IPV4, "nat"), t);
	assert_ptr_not_equal(ruleset_add_table(&rs, FAMILY_IPV6, "nat"), t);
	a = table_add_chain(t, "a");
	b = table_add_chain(t, "b");
	table_add_chain(t, "POSTROUTING");
	assert_false(a->builtin);
	table_move_chain(t, b, a);
	names_of_chains(t, "b a POSTROUTING ");
	table_move_chain(t, b, NULL);
	names_of_chains(t, "a POSTROUTING b ");
	table_rename_chain(t, a, "z");
	assert_null(table_chain(t, "a"));
	assert_ptr_equal(table_chain(t, "z"), a);
	table_remove_chain(t, b);
	names_of_chains(t, "z POSTROUTING ");
	assert_ptr_equal(t->last, table_chain(t, "POSTROUTING"));
	assert_null(table_chain(t, "b"));
}

static void builtins(void **state)
{
	(void)state;
	assert_non_null(builtin_chain("raw", "PREROUTING"));
	assert_null(builtin_chain("raw", "INPUT"));
	assert_null(builtin_table("broute"));
	assert_int_equal(builtin_chain("nat", "POSTROUTING")->priority, 100);
	assert_string_equal(builtin_chain("mangle", "OUTPUT")->type, "route");
}

static void round_trip(enum family family, const char *text, const char *want)
{
	AUTO_SINK s = SINK_MEMORY;
	union inet_addr a;

	assert_int_equal(addr_parse(family, text, &a), want != NULL);
	if (!want)
		return;
	addr_print(&s, family, &a);
	assert_string_equal(sink_text(&s), want);
}

static void addresses(void **state)
{
	union inet_addr mask;

	(void)state;
	round_trip(FAMILY_IPV4, "192.0.2.1", "192.0.2.1");
	round_trip(FAMILY_IPV4, "10", "10.0.0.0");
	round_trip(FAMILY_IPV4, "10.1", "10.1.0.0");
	round_trip(FAMILY_IPV4, "1.2.3.256", NULL);
	round_trip(FAMILY_IPV4, "1.2.3.4.5", NULL);
	round_trip(FAMILY_IPV4, "1.2.3.", NULL);
	round_trip(FAMILY_IPV4, "", NULL);
	round_trip(FAMILY_IPV4, "::1", NULL);
	round_trip(FAMILY_IPV6, "2001:DB8:0:0::1", "2001:db8::1");
	round_trip(FAMILY_IPV6, "1.2.3.4", NULL);
	assert_true(addr_parse_mask(FAMILY_IPV4, "9", &mask));
	assert_int_equal(addr_prefix_len(FAMILY_IPV4, &mask), 9);
	assert_true(addr_parse_mask(FAMILY_IPV4, "255.0.255.0", &mask));
	assert_int_equal(addr_prefix_len(FAMILY_IPV4, &mask), -1);
	assert_true(addr_parse_mask(FAMILY_IPV4, "0.0.0.0", &mask));
	assert_int_equal(addr_prefix_len(FAMILY_IPV4, &mask), 0);
	assert_false(addr_parse_mask(FAMILY_IPV4, "33", &mask));
	assert_false(addr_parse_mask(FAMILY_IPV4, "24.0", &mask));
	assert_true(addr_parse_mask(FAMILY_IPV6, "128", &mask));
	assert_int_equal(addr_prefix_len(FAMILY_IPV6, &mask), 128);
	assert_true(addr_parse_mask(FAMILY_IPV6, "ffff:ff80::", &mask));
	assert_int_equal(addr_prefix_len(FAMILY_IPV6, &mask), 25);
	assert_false(addr_parse_mask(FAMILY_IPV6, "129", &mask));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chains_of_rules), cmocka_unit_test(tables_of_chains),
		cmocka_unit_test(builtins), cmocka_unit_test(addresses),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
