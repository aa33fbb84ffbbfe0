// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tables of the older dialects as text, for the history: one dialect's save has not the words of the
 * others, and none of ipfwadm exists.
 */
#include "safe/snapshot.h"

#include <errno.h>
#include <string.h>

#include "dialect/chains.h"
#include "dialect/old.h"

static void save_chain(struct sink *sink, const struct old_words *words, const struct chain *c)
{
	for (const struct rule *r = c->first; r; r = r->next) {
		if (r->unsaid)
			continue;
		sink_printf(sink, "-A %s ", c->name);
		words->print(sink, c->name, r);
		sink_char(sink, '\n');
	}
}

void snapshot_save_old(struct sink *sink, const struct ruleset *rs)
{
	for (const struct table *t = rs->first; t; t = t->next) {
		const struct builtin_table *old = old_table(t->family, t->name);

		if (!old || !t->exists)
			continue;
		sink_printf(sink, "*%s\n", t->name);
		/* All chains first: rules jump to them. */
		for (const struct chain *c = t->first; c; c = c->next)
			if (c->exists && !c->foreign)
				sink_printf(sink, ":%s %s\n", c->name, policy_name(c->policy));
		for (const struct chain *c = t->first; c; c = c->next)
			if (c->exists && !c->foreign)
				save_chain(sink, old_words(old->dialect), c);
	}
}

/* ------------------------------------------------------------------ and back */

static bool read_policy(const char *name, enum policy *policy)
{
	for (enum policy p = POLICY_NONE; p <= POLICY_MASQUERADE; p++)
		if (!strcmp(policy_name(p), name)) {
			*policy = p;
			return true;
		}
	return false;
}

static bool read_chain(struct table *t, char *line)
{
	const char *name = strsep(&line, " ");
	struct chain *c;

	if (!t || !line || !*name || table_chain(t, name))
		return false;
	c = table_add_chain(t, name);
	c->builtin = builtin_chain(t->name, name);
	c->exists = true;
	return read_policy(line, &c->policy);
}

static bool read_rule(struct table *t, char *line)
{
	const char *name = strsep(&line, " ");
	struct chain *c = t ? table_chain(t, name) : NULL;
	struct rule *rule = c && line ?
		old_words(old_table(t->family, t->name)->dialect)->read(&t->ruleset->arena, c->name,
									line) : NULL;

	if (rule)
		chain_insert(c, rule, NULL);
	return rule;
}

static bool read_line(struct ruleset *rs, struct table **t, char *line)
{
	switch (*line) {
	case '*':
		if (!old_table(FAMILY_IPV4, line + 1))
			return false;
		*t = ruleset_add_table(rs, FAMILY_IPV4, line + 1);
		(*t)->exists = true;
		return true;
	case ':':
		return read_chain(*t, line + 1);
	case '-':
		return !strncmp(line, "-A ", 3) && read_rule(*t, line + 3);
	default:
		return !*line;
	}
}

int snapshot_parse_old(struct ruleset *rs, const char *text, struct err *err)
{
	char *copy = arena_strdup(&rs->arena, text);
	struct table *t = NULL;

	for (char *line; (line = strsep(&copy, "\n"));)
		if (!read_line(rs, &t, line))
			return err_errno(err, ERR_OTHER, EBADMSG,
					 "not understood in the rules of older dialects: %s", line);
	return 0;
}
