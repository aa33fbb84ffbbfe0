/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule set of iptables-save text, for tests. */
#ifndef TESTS_UNIT_LOAD_H
#define TESTS_UNIT_LOAD_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dialect/iptables.h"
#include "plan/plan.h"

struct loading {
	struct ruleset *rs;
	enum family family;
};

/* There is nothing yet: every table of the text is made from it. */
static int load_read(void *context, struct ruleset *rs, enum family family, const char *table,
		     const char *chain, enum read_depth depth, struct err *err)
{
	(void)context;
	(void)chain;
	(void)depth;
	(void)err;
	ruleset_add_table(rs, family, table);
	return 0;
}

static int load_has_chain(void *context, enum family family, const char *table, const char *chain)
{
	(void)context;
	(void)family;
	(void)table;
	(void)chain;
	return -ENOENT;
}

static int load_commit(void *context, struct arena *arena, struct command *first, struct err *err)
{
	struct loading *loading = context;
	const struct view view = { .context = loading, .read = load_read,
				   .has_chain = load_has_chain };
	AUTO_PLAN plan = { .arena = arena };
	AUTO_RULESET read = RULESET_INIT;
	const struct op *refused;
	int r = plan_commands(&plan, first, &view, PLAN_LOOKS, &read, err);

	return r ? r : plan_apply_value(&plan, loading->rs, &refused);
}

/* Adds the tables of the text to `rs`; says what is wrong with it on stderr. */
static inline int load_rules(struct ruleset *rs, enum family family, const char *text)
{
	struct restore_options options = { 0 };
	struct loading loading = { rs, family };
	struct err err = ERR_INIT;
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
	int r = iptables_restore_read(in, "text", family, &options, load_commit, &loading, &err);

	fclose(in);
	if (r)
		fprintf(stderr, "line %d: %s\n", err.place.line, err.text);
	return r;
}

#endif
