// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the tables of the older dialects from the file of a store (text.h), line by line. */
#include <errno.h>
#include <string.h>

#include "base/num.h"
#include "dialect/old.h"
#include "store/text.h"

static const struct { const char *word; enum policy policy; } policies[] = {
	{ "-", POLICY_NONE }, { "ACCEPT", POLICY_ACCEPT }, { "DENY", POLICY_DROP },
	{ "REJECT", POLICY_REJECT }, { "MASQ", POLICY_MASQUERADE },
};

/* "[PACKETS:BYTES]". */
static bool read_counters(const char *text, const char **end, struct counters *counters)
{
	return *text == '[' &&
	       num_parse_decimal(text + 1, &text, 0, UINT64_MAX, &counters->packets) &&
	       *text == ':' &&
	       num_parse_decimal(text + 1, &text, 0, UINT64_MAX, &counters->bytes) &&
	       *text == ']' && (*end = text + 1);
}

/* Takes a word from the front of the text, and the blank behind it; NULL when there is none. */
static const char *take_word(struct arena *arena, const char **text)
{
	size_t len = strcspn(*text, " ");
	const char *word = arena_strndup(arena, *text, len);

	if (!len || (*text)[len] != ' ')
		return NULL;
	*text += len + 1;
	return word;
}

static int take_chain(struct table *table, const char *text)
{
	struct arena *arena = &table->ruleset->arena;
	const char *name = take_word(arena, &text), *policy = name ? take_word(arena, &text) : NULL;
	uint64_t age = table->last ? table->last->handle + 1 : 1;
	struct counters counters;
	struct chain *c;
	size_t i = 0;

	while (policy && i < ARRAY_SIZE(policies) && strcmp(policies[i].word, policy) != 0)
		i++;
	if (!policy || i == ARRAY_SIZE(policies) || strlen(name) > CHAIN_NAME_MAX ||
	    table_chain(table, name) || !read_counters(text, &text, &counters) || *text)
		return -EINVAL;
	c = table_add_chain(table, name);
	if (c->builtin == (policies[i].policy == POLICY_NONE))
		return -EINVAL;
	c->exists = c->loaded = true;
	c->counts = c->builtin;
	c->policy = policies[i].policy;
	c->counters = counters;
	c->handle = age;
	return 0;
}

static int take_rule(struct table *table, const char *text)
{
	const struct builtin_table *old = old_table(table->family, table->name);
	struct arena *arena = &table->ruleset->arena;
	struct counters counters;
	const char *name;
	struct chain *c;
	struct rule *r;

	if (!read_counters(text, &text, &counters) || strncmp(text, " -A ", 4) != 0)
		return -EINVAL;
	text += 4;
	name = take_word(arena, &text);
	c = name ? table_chain(table, name) : NULL;
	r = c ? old_words(old->dialect)->read(arena, name, text) : NULL;
	if (!r)
		return -EINVAL;
	r->counters = counters;
	r->counts = true;
	chain_insert(c, r, NULL);
	return 0;
}

int store_parse_old(struct table *table, const char *line)
{
	return line[0] == ':' ? take_chain(table, line + 1) : take_rule(table, line);
}
