// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables, chains and rules as linked values, and iptables' built-in chains. */
#include "rules/rules.h"

#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <string.h>

#include "base/bits.h"

/* Types, hooks and priorities as iptables-nft has them (nft.c, xtables_ipv4). */
#define CHAIN(name_, type_, hook_, priority_) \
	{ .name = (name_), .type = (type_), .hook = (hook_), .priority = (priority_) }

static const struct builtin_chain filter_chains[] = {
	CHAIN("INPUT", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_FILTER),
	CHAIN("FORWARD", "filter", NF_INET_FORWARD, NF_IP_PRI_FILTER),
	CHAIN("OUTPUT", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_FILTER),
};
static const struct builtin_chain nat_chains[] = {
	CHAIN("PREROUTING", "nat", NF_INET_PRE_ROUTING, NF_IP_PRI_NAT_DST),
	CHAIN("INPUT", "nat", NF_INET_LOCAL_IN, NF_IP_PRI_NAT_SRC),
	CHAIN("OUTPUT", "nat", NF_INET_LOCAL_OUT, NF_IP_PRI_NAT_DST),
	CHAIN("POSTROUTING", "nat", NF_INET_POST_ROUTING, NF_IP_PRI_NAT_SRC),
};
static const struct builtin_chain mangle_chains[] = {
	CHAIN("PREROUTING", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE),
	CHAIN("INPUT", "filter", NF_INET_LOCAL_IN, NF_IP_PRI_MANGLE),
	CHAIN("FORWARD", "filter", NF_INET_FORWARD, NF_IP_PRI_MANGLE),
	CHAIN("OUTPUT", "route", NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE),
	CHAIN("POSTROUTING", "filter", NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE),
};
static const struct builtin_chain raw_chains[] = {
	CHAIN("PREROUTING", "filter", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW),
	CHAIN("OUTPUT", "filter", NF_INET_LOCAL_OUT, NF_IP_PRI_RAW),
};
/*
 * Not NF_IP_PRI_SECURITY, which is 50: iptables over nf_tables has it here (iptables/nft.c), and the
 * priority of a base chain cannot be changed under a table that is in use.
 */
enum { SECURITY_PRIORITY = 150 };

static const struct builtin_chain security_chains[] = {
	CHAIN("INPUT", "filter", NF_INET_LOCAL_IN, SECURITY_PRIORITY),
	CHAIN("FORWARD", "filter", NF_INET_FORWARD, SECURITY_PRIORITY),
	CHAIN("OUTPUT", "filter", NF_INET_LOCAL_OUT, SECURITY_PRIORITY),
};

#define TABLE(name_, chains_) \
	{ .name = (name_), .chains = (chains_), .count = ARRAY_SIZE(chains_) }
const struct builtin_table builtin_tables[] = {
	TABLE("mangle", mangle_chains),
	TABLE("security", security_chains),
	TABLE("raw", raw_chains),
	TABLE("filter", filter_chains),
	TABLE("nat", nat_chains),
};
const size_t builtin_table_count = ARRAY_SIZE(builtin_tables);

/*
 * The older dialects. Behind connection tracking and in front of the translation of destinations;
 * behind the translation of sources: doc/dialects.md.
 */
static const struct builtin_chain ipchains_chains[] = {
	CHAIN("input", "filter", NF_INET_PRE_ROUTING, -152),
	CHAIN("forward", "filter", NF_INET_FORWARD, -3),
	CHAIN("output", "filter", NF_INET_POST_ROUTING, 110),
};

/* Accounting is called from two hooks: on arrival, and behind output. */
static const struct builtin_chain ipfwadm_chains[] = {
	CHAIN("input", "filter", NF_INET_PRE_ROUTING, -154),
	CHAIN("forward", "filter", NF_INET_FORWARD, -6),
	CHAIN("output", "filter", NF_INET_POST_ROUTING, 112),
	CHAIN("acct", "filter", NF_INET_PRE_ROUTING, -155),
};

static const struct builtin_chain portfw_chains[] = {
	CHAIN("portfw", "nat", NF_INET_PRE_ROUTING, -102),
	CHAIN("mfw", "nat", NF_INET_PRE_ROUTING, -102),
	CHAIN("autofw", "nat", NF_INET_PRE_ROUTING, -102),
};

const struct builtin_table old_tables[] = {
	{ .name = "portfw", .chains = portfw_chains, .count = ARRAY_SIZE(portfw_chains),
	  .dialect = DIALECT_PORTFW },
	{ .name = "ipfwadm", .chains = ipfwadm_chains, .count = ARRAY_SIZE(ipfwadm_chains),
	  .dialect = DIALECT_IPFWADM },
	{ .name = "ipchains", .chains = ipchains_chains, .count = ARRAY_SIZE(ipchains_chains),
	  .dialect = DIALECT_IPCHAINS },
};

const size_t old_table_count = ARRAY_SIZE(old_tables);

const struct builtin_table *old_table(enum family family, const char *table)
{
	for (size_t i = 0; family == FAMILY_IPV4 && i < old_table_count; i++)
		if (text_is(old_tables[i].name, table))
			return &old_tables[i];
	return NULL;
}

const struct builtin_table *builtin_table(const char *table)
{
	for (size_t i = 0; i < builtin_table_count; i++)
		if (text_is(builtin_tables[i].name, table))
			return &builtin_tables[i];
	return NULL;
}

const struct builtin_chain *builtin_chain(const char *table, const char *chain)
{
	const struct builtin_table *t = builtin_table(table);

	if (!t)
		t = old_table(FAMILY_IPV4, table);
	for (size_t i = 0; t && i < t->count; i++)
		if (text_is(t->chains[i].name, chain))
			return &t->chains[i];
	return NULL;
}

void ruleset_free(struct ruleset *rs)
{
	for (struct table *t = rs->first; t; t = t->next)
		hash_free(&t->by_name);
	arena_free(&rs->arena);
	*rs = RULESET_INIT;
}

struct table *ruleset_table(const struct ruleset *rs, enum family family, const char *name)
{
	for (struct table *t = rs->first; t; t = t->next)
		if (t->family == family && !strcmp(t->name, name))
			return t;
	return NULL;
}

struct table *ruleset_add_table(struct ruleset *rs, enum family family, const char *name)
{
	struct table *t = ruleset_table(rs, family, name);

	if (t)
		return t;
	t = arena_alloc(&rs->arena, sizeof(*t));
	t->name = arena_strdup(&rs->arena, name);
	t->family = family;
	t->ruleset = rs;
	if (rs->last)
		rs->last->next = t;
	else
		rs->first = t;
	rs->last = t;
	return t;
}

struct chain *table_chain(const struct table *table, const char *name)
{
	return hash_get(&table->by_name, name);
}

struct chain *table_add_chain(struct table *table, const char *name)
{
	struct chain *c = arena_alloc(&table->ruleset->arena, sizeof(*c));

	c->name = arena_strdup(&table->ruleset->arena, name);
	c->table = table;
	c->builtin = builtin_chain(table->name, name) != NULL;
	if (table->last)
		table->last->next = c;
	else
		table->first = c;
	table->last = c;
	hash_put(&table->by_name, c->name, c);
	return c;
}

static void unlink_chain(struct table *table, struct chain *chain)
{
	struct chain **link = &table->first, *prev = NULL;

	while (*link != chain) {
		prev = *link;
		link = &(*link)->next;
	}
	*link = chain->next;
	if (table->last == chain)
		table->last = prev;
	chain->next = NULL;
}

void table_remove_chain(struct table *table, struct chain *chain)
{
	unlink_chain(table, chain);
	hash_remove(&table->by_name, chain->name);
}

void table_rename_chain(struct table *table, struct chain *chain, const char *name)
{
	hash_remove(&table->by_name, chain->name);
	chain->name = arena_strdup(&table->ruleset->arena, name);
	hash_put(&table->by_name, chain->name, chain);
}

void table_move_chain(struct table *table, struct chain *chain, struct chain *before)
{
	struct chain **link = &table->first;

	if (chain == before)
		return;
	unlink_chain(table, chain);
	while (*link && *link != before)
		link = &(*link)->next;
	chain->next = *link;
	*link = chain;
	if (!chain->next)
		table->last = chain;
}

struct rule *chain_rule(const struct chain *chain, uint32_t number)
{
	struct rule *r = chain->first;

	while (r && --number)
		r = r->next;
	return r;
}

void chain_insert(struct chain *chain, struct rule *rule, struct rule *before)
{
	rule->next = before;
	rule->prev = before ? before->prev : chain->last;
	if (rule->prev)
		rule->prev->next = rule;
	else
		chain->first = rule;
	if (before)
		before->prev = rule;
	else
		chain->last = rule;
	chain->rule_count++;
}

void chain_remove(struct chain *chain, struct rule *rule)
{
	if (rule->prev)
		rule->prev->next = rule->next;
	else
		chain->first = rule->next;
	if (rule->next)
		rule->next->prev = rule->prev;
	else
		chain->last = rule->prev;
	chain->rule_count--;
	rule->prev = rule->next = NULL;
}

void chain_clear(struct chain *chain)
{
	chain->first = chain->last = NULL;
	chain->rule_count = 0;
}
