// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The history keeps what its changes added as text (plan/diff_text.c); a rule that goes and is not in
 * there was made by somebody else.
 */
#include "safe/others.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "dialect/iptables.h"
#include "safe/history.h"

enum { LINES_MOST = 20 };
/* As diff_text.c says it. */
#define NEW_CHAIN "new chain"

/* Lines "HEADING + RULE" of all that was added. */
struct known {
	struct arena arena;
	struct sink lines;
	bool is_whole;
};

static void know(struct known *known, const struct record *record)
{
	char *text = arena_strndup(&known->arena, record->changes.len ? record->changes.text : "",
				   record->changes.len);
	const char *heading = "";

	for (char *line; (line = strsep(&text, "\n"));) {
		const char *rule = strstr(line, ": ");

		if (*line && *line != ' ')
			heading = line;
		else if (!strncmp(line, "  ...", 5))
			known->is_whole = false;
		else if (!strcmp(line, "  + " NEW_CHAIN))
			sink_printf(&known->lines, "\n%s + " NEW_CHAIN "\n", heading);
		else if (rule && (!strncmp(line, "  + ", 4) || !strncmp(line, "  > ", 4)))
			sink_printf(&known->lines, "\n%s + %s\n", heading, rule + 2);
	}
}

static void know_all(struct known *known, const struct where *where, uint64_t since)
{
	AUTO_FREE uint64_t *numbers = NULL;
	struct err ignored = ERR_INIT;
	size_t count = 0;

	known->is_whole = !history_numbers(where, &numbers, &count, &ignored);
	for (size_t i = 0; i < count && known->is_whole; i++) {
		AUTO_RECORD record = { 0 };

		if (numbers[i] < since)
			continue;
		known->is_whole = !history_read(where, numbers[i], &record, &ignored);
		if (known->is_whole)
			know(known, &record);
	}
}

static bool is_known(const struct known *known, const struct change *c, const char *words)
{
	AUTO_SINK line = SINK_MEMORY;

	sink_printf(&line, "\n%s %s %s + %s\n", c->family == FAMILY_IPV6 ? "ip6" : "ip", c->table,
		    c->chain, words);
	return strstr(known->lines.text ? known->lines.text : "", sink_text(&line));
}

static void put_command(struct sink *sink, const struct change *c, const char *command,
			const char *words)
{
	sink_printf(sink, "  %s ", c->family == FAMILY_IPV6 ? "ip6tables" : "iptables");
	if (strcmp(c->table, "filter") != 0)
		sink_printf(sink, "-t %s ", c->table);
	sink_printf(sink, "%s %s%s%s\n", command, c->chain, *words ? " " : "", words);
}

static void put_rule(struct sink *sink, const struct change *c, const char *words)
{
	/* Where it stood is not known any more, but what was in front of all others is to be there. */
	put_command(sink, c, c->old_number == 1 ? "-I" : "-A",
		    strcmp(words, "(every packet)") != 0 ? words : "");
}

/* Chains first: rules jump to them. */
static uint32_t put_all(struct sink *sink, const struct known *known, const struct difference *d,
			enum change_kind kind, uint32_t count)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct change *c = &d->items[i];
		bool is_chain = kind == CHANGE_CHAIN_REMOVED;
		AUTO_SINK text = SINK_MEMORY;

		if (c->kind != kind || old_table(c->family, c->table) ||
		    (!is_chain && c->old->unsaid))
			continue;
		if (is_chain)
			sink_str(&text, NEW_CHAIN);
		else
			diff_print_rule(&text, c, c->old);
		if (is_known(known, c, sink_text(&text)) || count++ >= LINES_MOST)
			continue;
		if (is_chain)
			put_command(sink, c, "-N", "");
		else
			put_rule(sink, c, sink_text(&text));
	}
	return count;
}

uint32_t others_print(struct sink *sink, const struct where *where, uint64_t since,
		      const struct difference *d)
{
	struct known known = { .lines = SINK_MEMORY };
	uint32_t count = 0;

	know_all(&known, where, since);
	if (known.is_whole) {
		count = put_all(sink, &known, d, CHANGE_CHAIN_REMOVED, count);
		count = put_all(sink, &known, d, CHANGE_RULE_REMOVED, count);
	}
	if (count > LINES_MOST)
		sink_printf(sink, "  ... and %u more\n", count - LINES_MOST);
	sink_free(&known.lines);
	arena_free(&known.arena);
	return count;
}
