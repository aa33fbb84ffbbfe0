// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where rules may stand, as the kernel judges it: net/netfilter/x_tables.c (xt_check_match,
 * xt_check_target), net/netfilter/nft_compat.c (the same for rules in nf_tables, and again for
 * every base chain that reaches them) and nf_tables_api.c (nft_chain_validate). Uses that nf_tables
 * says natively are judged by none of these.
 */
#include "plan/place.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"

unsigned place_table_bit(const char *table)
{
	static const struct { unsigned bit; const char *name; } bits[] = {
		{ TABLE_FILTER, "filter" }, { TABLE_NAT, "nat" }, { TABLE_MANGLE, "mangle" },
		{ TABLE_RAW, "raw" }, { TABLE_SECURITY, "security" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++)
		if (!strcmp(bits[i].name, table))
			return bits[i].bit;
	return 0;
}

/* ------------------------------------------------------------------ who comes here */

static bool calls(const struct chain *c, const char *name)
{
	for (const struct rule *r = c->first; r; r = r->next)
		if (r->chain_to && !strcmp(r->chain_to, name))
			return true;
	return false;
}

/* Each chain is looked at once, however many ways lead up to it. */
static unsigned hooks_above(const struct table *t, const char *table, const char *chain,
			    struct hash *seen)
{
	const struct builtin_chain *b = builtin_chain(table, chain);
	unsigned hooks = 0;

	if (b)
		return BIT(b->hook);
	hash_put(seen, chain, seen);
	for (const struct chain *c = t ? t->first : NULL; c; c = c->next)
		if (!hash_get(seen, c->name) && calls(c, chain))
			hooks |= hooks_above(t, table, c->name, seen);
	return hooks;
}

unsigned place_hooks(const struct table *t, const char *table, const char *chain)
{
	struct hash seen = HASH_INIT;
	unsigned hooks = hooks_above(t, table, chain, &seen);

	hash_free(&seen);
	return hooks;
}

/* ------------------------------------------------------------------ one rule */

bool place_is_wrong_table(const struct ext *ext, const char *table)
{
	return ext->tables && !(ext->tables & place_table_bit(table));
}

bool place_is_wrong_hook(const struct ext *ext, unsigned hooks)
{
	return ext->hooks && hooks & ~ext->hooks;
}

static bool is_wrong_protocol(const struct ext *ext, const struct head *head)
{
	const uint8_t *p = ext->protos;

	if (!p)
		return false;
	while (*p && *p != head->proto)
		p++;
	return !*p || head->invert & INVERT_PROTO;
}

/* Matches first, then the target; NULL behind the last. */
static const struct use *rule_use(const struct rule *rule, size_t n)
{
	if (n < rule->match_count)
		return &rule->matches[n];
	return n == rule->match_count && rule->jump == JUMP_TARGET ? &rule->target : NULL;
}

const char *place_refusal(enum family family, unsigned hooks, const struct rule *rule,
			  const struct use *use, int *errnum)
{
	struct standing standing = {
		.family = family, .head = &rule->head, .hooks = hooks, .data = use->data,
	};

	return use->ext->refused ? use->ext->refused(&standing, errnum) : NULL;
}

int place_check_use(const struct chain *chain, const struct rule *rule, const struct use *use)
{
	const struct table *t = chain->table;
	const struct builtin_chain *b = builtin_chain(t->name, chain->name);
	int errnum;

	if (use->ext->gone)
		return -ENOENT;
	if (!use_is_carried_by_xtables(t->family, use))
		return 0;
	if (place_is_wrong_table(use->ext, t->name) ||
	    place_is_wrong_hook(use->ext, b ? BIT(b->hook) : 0) ||
	    is_wrong_protocol(use->ext, &rule->head))
		return -EINVAL;
	return place_refusal(t->family, b ? BIT(b->hook) : 0, rule, use, &errnum) ? -errnum : 0;
}

int place_check_rule(const struct chain *chain, const struct rule *rule)
{
	const struct use *use;
	int r = 0;

	for (size_t n = 0; !r && (use = rule_use(rule, n)); n++)
		r = place_check_use(chain, rule, use);
	if (!r && rule->chain_to && builtin_chain(chain->table->name, rule->chain_to) &&
	    table_chain(chain->table, rule->chain_to))
		r = -EOPNOTSUPP;
	return r;
}

bool place_matters(const struct rule *rule)
{
	const struct use *use;

	if (rule->chain_to)
		return true;
	for (size_t n = 0; (use = rule_use(rule, n)); n++)
		if (use->ext->hooks)
			return true;
	return false;
}

/* ------------------------------------------------------------------ all of a table */

/* Down from one base chain. How deep a chain was entered at most is kept by its name. */
struct descent {
	const struct table *table;
	unsigned hook;
	struct hash levels;		/* the level + 1, as a pointer */
};

/* Entered at this depth already, or deeper: nothing new can be found in it. */
static bool is_known(struct descent *d, const struct chain *c, uintptr_t level)
{
	if ((uintptr_t)hash_get(&d->levels, c->name) > level)
		return true;
	hash_put(&d->levels, c->name, (void *)(level + 1));
	return false;
}

static int check_down(struct descent *d, const struct chain *c, uintptr_t level)
{
	int r = 0;

	if (level == JUMPS_MOST)
		return -EMLINK;
	if (is_known(d, c, level))
		return 0;
	for (const struct rule *rule = c->first; !r && rule; rule = rule->next) {
		const struct use *use;
		const struct chain *to;

		for (size_t n = 0; !r && (use = rule_use(rule, n)); n++)
			if (place_is_wrong_hook(use->ext, d->hook) &&
			    use_is_carried_by_xtables(d->table->family, use))
				r = -EINVAL;
		to = rule->chain_to ? table_chain(d->table, rule->chain_to) : NULL;
		if (!r && to)
			r = check_down(d, to, level + 1);
	}
	return r;
}

int place_check_table(const struct table *t)
{
	int r = 0;

	for (const struct chain *c = t->first; !r && c; c = c->next) {
		const struct builtin_chain *b = builtin_chain(t->name, c->name);
		struct descent d = { .table = t, .hook = b ? BIT(b->hook) : 0 };

		if (!b || !c->exists)
			continue;
		r = check_down(&d, c, 0);
		hash_free(&d.levels);
	}
	return r;
}
