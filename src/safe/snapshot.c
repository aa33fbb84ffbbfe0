// SPDX-License-Identifier: GPL-2.0-or-later
/* The whole rule set: read, written as text, read from text, loaded. */
#include "safe/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/bits.h"
#include "dialect/iptables.h"
#include "ext/ext.h"

enum { TRIES = 100 };

static const enum family families[] = { FAMILY_IPV4, FAMILY_IPV6 };

int snapshot_read(const struct backend *backend, struct ruleset *rs, struct err *err)
{
	int r = 0;

	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; !r && i < builtin_table_count; i++)
			r = backend_read(backend, rs, families[f], builtin_tables[i].name, NULL,
					 READ_RULES, err);
	return r;
}

int snapshot_read_old(const struct backend *backend, struct ruleset *rs, struct err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < old_table_count; i++)
		if (!backend->has_table(backend->view.context, FAMILY_IPV4, old_tables[i].name))
			r = backend_read(backend, rs, FAMILY_IPV4, old_tables[i].name, NULL,
					 READ_RULES, err);
	return r;
}

static void copy_chain(struct ruleset *to, struct chain *chain, const struct chain *from)
{
	chain->policy = from->policy;
	chain->handle = from->handle;
	chain->references = from->references;
	chain->builtin = from->builtin;
	chain->exists = from->exists;
	chain->counts = from->counts;
	chain->loaded = from->loaded;
	chain->foreign = from->foreign;
	for (const struct rule *r = from->first; r; r = r->next)
		chain_insert(chain, rule_copy(&to->arena, r), NULL);
}

void snapshot_copy(struct ruleset *to, const struct ruleset *from)
{
	for (const struct table *t = from->first; t; t = t->next) {
		struct table *mine = ruleset_add_table(to, t->family, t->name);

		mine->exists = t->exists;
		mine->handle = t->handle;
		for (const struct chain *c = t->first; c; c = c->next)
			copy_chain(to, table_add_chain(mine, c->name), c);
	}
	to->generation = from->generation;
	to->last_handle = from->last_handle;
}

void snapshot_save(struct sink *sink, const struct ruleset *rs, enum family family, bool counters)
{
	for (const struct table *t = rs->first; t; t = t->next) {
		if (t->family != family || !t->exists || old_table(t->family, t->name))
			continue;
		/* A save names all built-in chains of a table, made already or not. */
		for (struct chain *c = t->first; c; c = c->next)
			c->exists |= c->builtin;
		iptables_save_table(sink, t, counters);
	}
}

uint32_t snapshot_unsaid(const struct ruleset *rs)
{
	uint32_t n = 0;

	for (const struct table *t = rs->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			for (const struct rule *r = c->first; r; r = r->next)
				n += r->unsaid != NULL;
	return n;
}

/* ------------------------------------------------------------------ from text */

/* Planning sees what this text has made so far. */
static int no_read(void *context, struct ruleset *rs, enum family family, const char *table,
		   const char *chain, enum read_depth depth, struct err *err)
{
	(void)context, (void)chain, (void)depth, (void)err;
	ruleset_add_table(rs, family, table);
	return 0;
}

static int no_chain(void *context, enum family family, const char *table, const char *chain)
{
	(void)context, (void)family, (void)table, (void)chain;
	return -ENOENT;
}

struct parse {
	struct ruleset *rs;
};

static int parse_section(void *context, struct arena *section, struct command *first,
			 struct err *err)
{
	struct parse *parse = context;
	AUTO_RULESET read = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_PLAN plan = { .arena = &arena };
	struct view view = { .read = no_read, .has_chain = no_chain };
	const struct op *refused = NULL;
	int r;

	(void)section;
	if (first->kind == COMMAND_HELP || first->kind == COMMAND_VERSION)
		return 0;
	r = plan_commands(&plan, first, &view, PLAN_LOOKS, &read, err);
	if (!r)
		r = plan_apply_value(&plan, parse->rs, &refused);
	/* A section without a chain empties its table; that is not the same as not naming it. */
	if (!r)
		ruleset_add_table(parse->rs, first->family, first->table)->exists = true;
	if (r < 0 && !err_is_set(err))
		r = plan_refused(&plan, refused, -r, err);
	return r;
}

int snapshot_parse(struct ruleset *rs, enum family family, const char *text, size_t len,
		   const char *file, bool counters, struct err *err)
{
	struct restore_options options = { .counters = counters };
	struct parse parse = { .rs = rs };
	FILE *in;
	int r;

	options.program = family == FAMILY_IPV6 ? "ip6tables-restore" : "iptables-restore";
	if (!len)
		return 0;
	in = fmemopen((void *)text, len, "r");
	if (!in)
		return err_errno(err, ERR_RESOURCE, errno, "cannot read %s: %s", file,
				 strerror(errno));
	r = iptables_restore_read(in, file, family, &options, parse_section, &parse, err);
	fclose(in);
	return r;
}

/* ------------------------------------------------------------------ into the kernel */

static int refused(const struct plan *plan, const struct refusal *refusal, struct err *err)
{
	const struct op *op = refusal->op;
	AUTO_SINK text = SINK_MEMORY;

	if (!op)
		return err_errno(err, ERR_RESOURCE, refusal->errnum,
				 "the kernel refused %zu operations as a whole: %s", plan->count,
				 strerror(refusal->errnum));
	if (op->rule && !op->rule->unsaid)
		iptables_save_rule(&text, op->family, op->chain, op->rule, false);
	else if (op->chain)
		sink_printf(&text, "chain %s", op->chain);
	return err_errno(err, ERR_RESOURCE, refusal->errnum,
			 "the kernel refused %s-t %s %s: %s%s%s",
			 op->family == FAMILY_IPV6 ? "(IPv6) " : "", op->table, sink_text(&text),
			 strerror(refusal->errnum), refusal->text[0] ? ": " : "", refusal->text);
}

/* One attempt: 0 done, 1 again, or a negative errno with err set. */
static int attempt(const struct replace *replace, struct err *err)
{
	AUTO_RULESET have = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_PLAN plan = { .arena = &arena };
	AUTO_DIFF d = { 0 };
	struct refusal refusal = { 0 };
	const struct pass *pass = replace->pass;
	int r = snapshot_read(replace->backend, &have, err);

	if (!r && replace->with_old)
		r = snapshot_read_old(replace->backend, &have, err);
	if (r < 0)
		return r;
	diff_rulesets(&d, &have, replace->want, replace->flags);
	if (replace->look)
		r = replace->look(replace->context, &have, replace->want, &d, &pass, err);
	if (r)
		return r;
	if (!d.count)
		return 0;
	diff_plan(&d, &plan);
	r = backend_apply(replace->backend, &plan, pass, &refusal, err);
	if (r == -ERESTART)
		return 1;
	return r < 0 && !err_is_set(err) ? refused(&plan, &refusal, err) : r;
}

int replace_rules(const struct replace *replace, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		struct timespec moment = { .tv_nsec = 1000000L * (i < 20 ? i : 20) };
		int r = attempt(replace, err);

		if (r <= 0)
			return r;
		nanosleep(&moment, NULL);
	}
	return err_errno(err, ERR_RESOURCE, EAGAIN,
			 "other programs keep changing the rules; tried %d times", TRIES);
}
