// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What -v makes the commands say. The reference says it before the kernel agreed; we say it after.
 */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/cli.h"

static bool concerns_all(const struct command *c)
{
	switch (c->kind) {
	case COMMAND_TABLE:
		return true;
	case COMMAND_FLUSH:
	case COMMAND_ZERO:
	case COMMAND_DELETE_CHAIN:
		return !c->chain;
	default:
		return false;
	}
}

static void add_builtins(const char *table, struct names *names)
{
	const struct builtin_table *b = builtin_table(table);

	for (size_t i = 0; b && i < b->count; i++)
		VEC_PUSH(names, b->chains[i].name);
}

/* -v of the program is for all commands, -v on a line of a restore for that one. */
static bool is_said(const struct command *c, bool all)
{
	return all || c->list & LIST_VERBOSE;
}

int verbose_names(const struct backend *backend, struct arena *arena,
		  const struct command *first, bool all, struct names *names, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	const struct command *c = first;
	struct table *t;
	int r;

	while (c && !(is_said(c, all) && concerns_all(c)))
		c = c->next;
	if (!c)
		return 0;
	r = backend_read(backend, &rs, c->family, c->table, NULL, READ_CHAINS, err);
	if (r < 0)
		return r;
	add_builtins(c->table, names);
	t = ruleset_table(&rs, c->family, c->table);
	for (struct chain *k = t ? t->first : NULL; k; k = k->next)
		if (!k->builtin && !k->foreign && k->exists)
			VEC_PUSH(names, arena_strdup(arena, k->name));
	return 0;
}

static size_t builtin_count(const struct command *c)
{
	const struct builtin_table *b = builtin_table(c->table);

	return b ? b->count : 0;
}

static void say(struct sink *sink, const char *what, const struct command *c,
		const struct names *names, size_t from)
{
	if (c->chain)
		sink_printf(sink, "%s chain `%s'\n", what, c->chain);
	for (size_t i = from; !c->chain && i < names->count; i++)
		sink_printf(sink, "%s chain `%s'\n", what, names->items[i]);
}

static void drop_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name)) {
			memmove(names->items + i, names->items + i + 1,
				(names->count - i - 1) * sizeof(*names->items));
			names->count--;
			return;
		}
}

static void print_rules(struct sink *sink, const struct command *c)
{
	for (uint32_t i = 0; i < c->rule_count; i++)
		iptables_print_rule(sink, c->family, c->rules[i]);
}

static void drop_own_chains(const struct command *c, struct names *names)
{
	if (names->count > builtin_count(c))
		names->count = builtin_count(c);
}

static void note_names(const struct command *c, struct names *names)
{
	switch (c->kind) {
	case COMMAND_TABLE:
		drop_own_chains(c, names);
		break;
	case COMMAND_DELETE_CHAIN:
		if (c->chain)
			drop_name(names, c->chain);
		else
			drop_own_chains(c, names);
		break;
	case COMMAND_CHAIN:
	case COMMAND_NEW_CHAIN:
		if (builtin_chain(c->table, c->chain))
			break;
		drop_name(names, c->chain);
		VEC_PUSH(names, c->chain);
		break;
	default:
		break;
	}
}

static void say_command(struct sink *sink, const struct command *c, const struct names *names)
{
	switch (c->kind) {
	case COMMAND_APPEND:
	case COMMAND_INSERT:
	case COMMAND_REPLACE:
	case COMMAND_DELETE:
	case COMMAND_CHECK:
		print_rules(sink, c);
		break;
	case COMMAND_FLUSH:
		say(sink, "Flushing", c, names, 0);
		break;
	case COMMAND_TABLE:
		say(sink, "Flushing", c, names, 0);
		say(sink, "Deleting", c, names, builtin_count(c));
		break;
	case COMMAND_ZERO:
		/* A restore with -v zeroes all chains in silence. */
		if (!c->line || c->chain || c->list & LIST_VERBOSE)
			say(sink, "Zeroing", c, names, 0);
		break;
	case COMMAND_DELETE_CHAIN:
		say(sink, "Deleting", c, names, builtin_count(c));
		break;
	default:
		break;
	}
}

void verbose_print(struct sink *sink, const struct command *first, bool all, struct names *names)
{
	for (const struct command *c = first; c; c = c->next) {
		if (is_said(c, all))
			say_command(sink, c, names);
		note_names(c, names);
	}
}
