// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What would be right. The kernel says "Invalid argument" and no more; what it means can mostly be
 * told from the declarations of the extensions, the place of the rule and the kernel's
 * configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bits.h"
#include "base/vec.h"
#include "cli/cli.h"
#include "ext/ext.h"
#include "plan/place.h"

static const struct { unsigned bit; const char *name; } table_bits[] = {
	{ TABLE_FILTER, "filter" }, { TABLE_NAT, "nat" }, { TABLE_MANGLE, "mangle" },
	{ TABLE_RAW, "raw" }, { TABLE_SECURITY, "security" },
};

static const struct { unsigned bit; const char *name; } hook_bits[] = {
	{ HOOK_PREROUTING, "PREROUTING" }, { HOOK_INPUT, "INPUT" }, { HOOK_FORWARD, "FORWARD" },
	{ HOOK_OUTPUT, "OUTPUT" }, { HOOK_POSTROUTING, "POSTROUTING" },
};

/* "a", "a and b", "a, b and c": item n of `count`. */
static void put_item(struct sink *s, const char *name, size_t n, size_t count)
{
	if (n)
		sink_str(s, n + 1 == count ? " and " : ", ");
	sink_str(s, name);
}

static void put_tables(struct sink *s, unsigned bits)
{
	size_t n = 0, count = (size_t)__builtin_popcount(bits);

	for (size_t i = 0; i < ARRAY_SIZE(table_bits); i++)
		if (bits & table_bits[i].bit)
			put_item(s, table_bits[i].name, n++, count);
}

static void put_hooks(struct sink *s, unsigned bits)
{
	size_t n = 0, count = (size_t)__builtin_popcount(bits);

	for (size_t i = 0; i < ARRAY_SIZE(hook_bits); i++)
		if (bits & hook_bits[i].bit)
			put_item(s, hook_bits[i].name, n++, count);
}

/* "DNAT works only in nat PREROUTING and OUTPUT; you are in filter INPUT" */
static bool hint_place(const struct table *t, const struct op *op, const struct ext *ext,
		       struct err *err)
{
	unsigned here = place_hooks(t, op->table, op->chain);
	AUTO_SINK s = SINK_MEMORY;

	if (!place_is_wrong_table(ext, op->table) && !place_is_wrong_hook(ext, here))
		return false;
	sink_printf(&s, "%s works only in ", ext->name);
	put_tables(&s, ext->tables);
	if (ext->hooks && ext->tables)
		sink_char(&s, ' ');
	put_hooks(&s, ext->hooks);
	sink_printf(&s, "; you are in %s %s", op->table, op->chain);
	if (!builtin_chain(op->table, op->chain) && here) {
		sink_str(&s, ", which is reached from ");
		put_hooks(&s, here);
	}
	err_hint(err, "%s", sink_text(&s));
	if (ext->kind == EXT_TARGET && op->command) {
		int line = err->place.line;

		err->place = op->command->jump_place;
		err->place.line = line;
	}
	return true;
}

/* "this kernel has no CONFIG_NETFILTER_XT_MATCH_IPVS, which ipvs needs" */
static bool hint_config(const struct backend *backend, enum family family, const struct ext *ext,
			struct err *err)
{
	switch (backend->has_extension(backend->view.context, family, ext)) {
	case -ENOENT:
		err_hint(err, "this kernel has no %s, which %s needs",
			 ext->kconfig ? ext->kconfig : "module for it", ext->name);
		return true;
	case -EPROTONOSUPPORT:
		err_hint(err, "this kernel is too old for %s: it has only earlier revisions of it",
			 ext->name);
		return true;
	}
	return false;
}

static const struct use *each_use(const struct rule *rule, size_t n)
{
	if (n < rule->match_count)
		return &rule->matches[n];
	return n == rule->match_count && rule->jump == JUMP_TARGET ? &rule->target : NULL;
}

/* Options that do not fit the place or the rule: the extension says why. */
static bool hint_refusal(const struct op *op, const struct use *use, struct err *err)
{
	const struct builtin_chain *b = builtin_chain(op->table, op->chain);
	int errnum;
	const char *why = place_refusal(op->family, b ? BIT(b->hook) : 0, op->rule, use, &errnum);

	if (why)
		err_hint(err, "%s", why);
	return why;
}

/* "TCPMSS needs -p tcp" */
static bool hint_protocol(const struct op *op, const struct ext *ext, struct err *err)
{
	const struct head *head = &op->rule->head;
	const uint8_t *p = ext->protos;
	const char *name;

	while (p && *p && (*p != head->proto || head->invert & INVERT_PROTO))
		p++;
	if (!p || *p)
		return false;
	name = proto_name_saved(ext->protos[0]);
	err_hint(err, "%s needs -p %s", ext->name, name ? name : "?");
	return true;
}

/* What is gone from all kernels, and what this one was built without. */
static bool hint_kernel(const struct backend *backend, const struct op *op, struct err *err)
{
	const struct use *use;

	for (size_t n = 0; (use = each_use(op->rule, n)); n++)
		if (use->ext->gone) {
			err_hint(err, "no kernel has %s any more: %s", use->ext->name,
				 use->ext->gone);
			return true;
		}
	for (size_t n = 0; (use = each_use(op->rule, n)); n++)
		if (!use->ext->native && hint_config(backend, op->family, use->ext, err))
			return true;
	return false;
}

void hint_lacking(const struct backend *backend, const struct refusal *refusal, struct err *err)
{
	const struct op *op = refusal->op;

	if (op && (op->kind == OP_RULE_ADD || op->kind == OP_RULE_REPLACE) &&
	    refusal->errnum == ENOENT)
		err->tell = hint_kernel(backend, op, err);
}

static void hint_rule(const struct backend *backend, const struct op *op, int errnum,
		      const char *words, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	const struct use *use;
	const struct table *t = NULL;

	if (!builtin_chain(op->table, op->chain) &&
	    !backend_read(backend, &rs, op->family, op->table, NULL, READ_RULES, &ignored))
		t = ruleset_table(&rs, op->family, op->table);
	for (size_t n = 0; (use = each_use(op->rule, n)); n++)
		if (hint_place(t, op, use->ext, err) || hint_refusal(op, use, err))
			return;
	if (hint_kernel(backend, op, err))
		return;
	for (size_t n = 0; (use = each_use(op->rule, n)); n++)
		if (hint_protocol(op, use->ext, err))
			return;
	if (op->rule->chain_to && builtin_chain(op->table, op->rule->chain_to)) {
		err_hint(err, "%s is a built-in chain; only chains of your own can be jumped to",
			 op->rule->chain_to);
		return;
	}
	if (errnum == ENOENT)
		err_hint(err, "something that the rule names is not there; `dmesg' may say what");
	else
		err_hint(err, "%s refused the rule%s%s; `dmesg' may say why",
			 backend->name, *words ? ": " : " without a reason", words);
}

/* Why a chain cannot go: what it holds, and who jumps to it. */
static void hint_busy(const struct backend *backend, const struct op *op, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	AUTO_SINK s = SINK_MEMORY;
	const struct chain *chain, *user = NULL;
	const struct table *t;
	unsigned users = 0;

	if (backend_read(backend, &rs, op->family, op->table, NULL, READ_RULES, &ignored))
		return;
	t = ruleset_table(&rs, op->family, op->table);
	chain = table_chain(t, op->chain);
	for (const struct chain *c = t->first; c; c = c->next)
		for (const struct rule *r = c->first; r; r = r->next)
			if (r->chain_to && !strcmp(r->chain_to, op->chain)) {
				user = c;
				users++;
			}
	if (chain && chain->rule_count)
		sink_printf(&s, "%s holds %u rule%s (-F %s empties it)", op->chain,
			    chain->rule_count, chain->rule_count == 1 ? "" : "s", op->chain);
	if (users)
		sink_printf(&s, "%s%u rule%s to %s, %sin %s", s.len ? ", and " : "", users,
			    users == 1 ? " jumps" : "s jump", s.len ? "it" : op->chain,
			    users == 1 ? "" : "one of them ", user->name);
	if (s.len)
		err_hint(err, "%s", sink_text(&s));
}

void hint_refused(const struct backend *backend, const struct plan *plan,
		  const struct refusal *refusal, struct err *err)
{
	const struct op *op = refusal->op;

	if (refusal->errnum == EPERM || refusal->errnum == EACCES) {
		err_hint(err, "changing rules takes root (CAP_NET_ADMIN); "
			      "`unshare -rn' gives you a network of your own to try in");
		return;
	}
	if (refusal->errnum == ELOOP || refusal->errnum == EMLINK) {
		hint_path(backend, plan, op, err);
		return;
	}
	if (op && op->kind == OP_CHAIN_DELETE && refusal->errnum == EBUSY)
		hint_busy(backend, op, err);
	else if (op && (op->kind == OP_RULE_ADD || op->kind == OP_RULE_REPLACE))
		hint_rule(backend, op, refusal->errnum, refusal->text, err);
	else if (refusal->text[0])
		err_hint(err, "%s says: %s", backend->name, refusal->text);
}

/* ------------------------------------------------------------------ names that are not there */

static const char *wanted_name(const struct command *first, const struct err *err,
			       const struct command **which)
{
	for (const struct command *c = first; c; c = c->next) {
		if (c->line != err->place.line)
			continue;
		*which = c;
		for (uint32_t i = 0; i < c->rule_count; i++)
			if (err->code == ERR_SYNTAX && c->rules[i]->chain_to)
				return c->rules[i]->chain_to;
		return c->chain;
	}
	return NULL;
}

void hint_missing(const struct backend *backend, const struct command *first, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct { const char **items; size_t count, room; } names = { 0 };
	struct err ignored = ERR_INIT;
	const struct command *c = NULL;
	const char *wanted, *nearest;
	struct table *t;

	if (err->errnum != ENOENT)
		return;
	wanted = wanted_name(first, err, &c);
	if (!wanted || backend_read(backend, &rs, c->family, c->table, NULL, READ_CHAINS, &ignored))
		return;
	t = ruleset_table(&rs, c->family, c->table);
	for (struct chain *k = t ? t->first : NULL; k; k = k->next)
		if (k->exists && !k->foreign)
			VEC_PUSH(&names, k->name);
	for (size_t i = 0; builtin_table(c->table) && i < builtin_table(c->table)->count; i++)
		VEC_PUSH(&names, builtin_table(c->table)->chains[i].name);
	if (err->code == ERR_SYNTAX) {
		const struct ext *ext;

		for (size_t i = 0; (ext = ext_nth(i)); i++)
			if (ext->kind == EXT_TARGET)
				VEC_PUSH(&names, ext->name);
	}
	nearest = err_nearest(wanted, names.items, names.count);
	if (nearest && strcmp(nearest, wanted) != 0)
		err_hint(err, "did you mean %s?", nearest);
	else if (!nearest)
		err_hint(err, "table %s has no chain %s; -N %s makes it", c->table, wanted,
			 wanted);
	free(names.items);
}

/* ------------------------------------------------------------------ rules that are never reached */

static bool says_nothing(const struct head *h)
{
	return bytes_are_zero(&h->src, sizeof(h->src)) && bytes_are_zero(&h->dst, sizeof(h->dst)) &&
	       !h->in[0] && !h->out[0] && !h->proto && !h->invert && !h->fragment;
}

/* Every packet that comes to it goes no further in this chain. */
static bool decides_everything(const struct rule *r)
{
	if (r->unsaid || !says_nothing(&r->head))
		return false;
	for (unsigned i = 0; i < r->match_count; i++)
		if (!r->matches[i].ext->always)
			return false;
	return r->jump == JUMP_GOTO ||
	       (r->jump == JUMP_TARGET && r->target.ext->effect == EFFECT_ENDS);
}

void hint_unreachable(const struct backend *backend, const struct command *command)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err ignored = ERR_INIT;
	uint32_t number = 0, decider = 0, first;
	struct table *t;
	struct chain *c;

	if (backend_read(backend, &rs, command->family, command->table, command->chain, READ_RULES,
			&ignored))
		return;
	t = ruleset_table(&rs, command->family, command->table);
	c = t ? table_chain(t, command->chain) : NULL;
	if (!c || c->rule_count <= command->rule_count)
		return;
	first = c->rule_count - command->rule_count + 1;
	for (struct rule *r = c->first; r && !decider && number + 1 < first; r = r->next) {
		number++;
		if (decides_everything(r))
			decider = number;
	}
	if (!decider)
		return;
	if (command->rule_count > 1)
		fprintf(stderr, "rules %u to %u are never reached: rule %u decides everything\n",
			first, c->rule_count, decider);
	else
		fprintf(stderr, "rule %u is never reached: rule %u decides everything\n", first,
			decider);
}
