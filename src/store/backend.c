// SPDX-License-Identifier: GPL-2.0-or-later
/* A store as a backend: what it has, copied into the caller's rule set as deep as wanted. */
#include <errno.h>
#include <string.h>

#include "ext/ext.h"
#include "store/store.h"

/* Rules by themselves need no words where only their places are asked for. */
static struct rule *copy_rule(struct arena *arena, const struct rule *rule, enum read_depth depth)
{
	struct rule *r;

	if (depth == READ_RULES)
		return rule_copy(arena, rule);
	r = arena_alloc(arena, sizeof(*r));
	r->handle = rule->handle;
	r->counters = rule->counters;
	r->counts = true;
	return r;
}

static void copy_chain(struct table *to, const struct chain *c, enum read_depth depth)
{
	struct chain *copy = table_chain(to, c->name);

	if (!copy)
		copy = table_add_chain(to, c->name);
	copy->exists = true;
	copy->handle = c->handle;
	copy->policy = c->policy;
	copy->counters = c->counters;
	copy->counts = c->counts;
	copy->references = c->references;
	if (depth == READ_CHAINS) {
		/* As the kernel counts users of a chain whose rules nobody has read. */
		copy->references += c->rule_count;
		return;
	}
	chain_clear(copy);
	copy->loaded = true;
	for (const struct rule *r = c->first; r; r = r->next)
		chain_insert(copy, copy_rule(&to->ruleset->arena, r, depth), NULL);
}

static bool is_there(const struct table *t, const char *name)
{
	const struct chain *c = t && t->exists ? table_chain(t, name) : NULL;

	return c && c->exists;
}

/* Chains of an earlier read that are not there any more. */
static void forget_missing(struct table *to, const struct table *from)
{
	struct chain *next;

	for (struct chain *c = to->first; c; c = next) {
		next = c->next;
		if (is_there(from, c->name))
			continue;
		if (builtin_chain(to->name, c->name))
			chain_make_placeholder(c);
		else
			table_remove_chain(to, c);
	}
}

static int read_table(void *context, struct ruleset *rs, enum family family, const char *table,
		      const char *chain, enum read_depth depth, struct err *err)
{
	const struct ruleset *now = store_rules(context, err);
	const struct table *from;
	struct table *to;
	bool one = chain && depth != READ_CHAINS;

	if (!now)
		return -err->errnum;
	from = ruleset_table(now, family, table);
	to = ruleset_add_table(rs, family, table);
	to->exists = from && from->exists;
	forget_missing(to, from);
	for (const struct chain *c = to->exists ? from->first : NULL; c; c = c->next)
		if (c->exists && (!one || !strcmp(c->name, chain)))
			copy_chain(to, c, depth);
	if (!rs->generation)
		rs->generation = now->generation;
	if (one)
		table_add_builtin(to, chain);
	else
		table_add_builtins(to);
	table_order(to);
	return 0;
}

static int read_tables(void *context, struct ruleset *rs, enum family family, struct err *err)
{
	const struct ruleset *now = store_rules(context, err);

	if (!now)
		return -err->errnum;
	for (const struct table *t = now->first; t; t = t->next)
		if (t->exists && t->family == family)
			ruleset_add_table(rs, family, t->name)->exists = true;
	return 0;
}

static int has_chain(void *context, enum family family, const char *table, const char *chain)
{
	struct err err = ERR_INIT;
	const struct ruleset *now = store_rules(context, &err);

	if (!now)
		return -err.errnum;
	return is_there(ruleset_table(now, family, table), chain) ? 0 : -ENOENT;
}

static int has_table(void *context, enum family family, const char *table)
{
	struct err err = ERR_INIT;
	const struct ruleset *now = store_rules(context, &err);
	const struct table *t;

	if (!now)
		return -err.errnum;
	t = ruleset_table(now, family, table);
	return t && t->exists ? 0 : -ENOENT;
}

/* Whatever can be said can be kept. */
static int has_extension(void *context, enum family family, const struct ext *ext)
{
	(void)context;
	return ext_is_for(ext, family) ? 0 : -ENOENT;
}

static int apply(void *context, const struct plan *plan, const struct pass *pass,
		 struct refusal *refusal, struct err *err)
{
	return store_apply(context, plan, pass, refusal, err);
}

static void close_store(void *context)
{
	struct store *store = context;

	store_close(&store);
}

int store_open_backend(struct backend *backend, const char *folder, struct err *err)
{
	struct store *store = NULL;
	int r = 0;

	if (folder)
		r = store_open(&store, folder, err);
	else
		store_open_memory(&store);
	if (r)
		return r;
	*backend = (struct backend){
		.name = "the store",
		.view = { .context = store, .read = read_table, .has_chain = has_chain },
		.read_tables = read_tables,
		.has_table = has_table,
		.has_extension = has_extension,
		.apply = apply,
		.close = close_store,
	};
	return 0;
}

struct store *store_of(const struct backend *backend)
{
	return backend->view.context;
}
