// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sets rules name, and the file that keeps them, in the text form of ipset(8). */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "ext/type/types.h"
#include "safe/boot.h"

static bool has(const struct named_sets *names, const char *name, size_t len)
{
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->items[i]) == len && !memcmp(names->items[i], name, len))
			return true;
	return false;
}

static void add(struct named_sets *names, struct arena *arena, const char *name, size_t len)
{
	if (!has(names, name, len)) {
		const char *copy = arena_strndup(arena, name, len);

		VEC_PUSH(names, copy);
	}
}

/* Whatever option of whatever extension names a set says so by its type. */
static void add_of_use(struct named_sets *names, struct arena *arena, enum family family,
		       const struct use *use)
{
	for (const struct opt *o = use->ext ? use->ext->opts : NULL; o && o->name; o++) {
		char name[32];
		uint16_t index;

		if ((o->type != &type_set && o->type != &type_set_maybe) || o->flags & OPT_ALIAS ||
		    !opt_is_present(use->ext, family, o, use->data))
			continue;
		memcpy(&index, (const char *)use->data + o->at.at, sizeof(index));
		if (set_name(index, name))
			add(names, arena, name, strlen(name));
	}
}

void boot_set_names(struct named_sets *names, struct arena *arena, const struct ruleset *rs)
{
	for (const struct table *t = rs->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next)
			for (const struct rule *r = c->first; r; r = r->next) {
				for (unsigned i = 0; i < r->match_count; i++)
					add_of_use(names, arena, t->family, &r->matches[i]);
				if (r->jump == JUMP_TARGET)
					add_of_use(names, arena, t->family, &r->target);
			}
}

/* The n-th blank-separated word of a line, without quotes. */
static const char *word_of(const char *line, unsigned n, size_t *len)
{
	for (;; n--) {
		line += strspn(line, " ");
		*len = strcspn(line, " \n");
		if (!n || !*len)
			break;
		line += *len;
	}
	if (*len > 1 && line[0] == '"') {
		line++;
		*len -= 2;
	}
	return line;
}

static const char *next_line(const char *line)
{
	line += strcspn(line, "\n");
	return *line ? line + 1 : line;
}

void boot_merge_sets(struct sink *sink, const char *old, const char *ours,
		     const struct named_sets *names)
{
	/* Lists name other sets: those have to be there first. */
	for (int lists = 0; lists < 2; lists++) {
		bool inside = false;

		for (const char *line = ours; *line; line = next_line(line)) {
			size_t len;

			if (!strncmp(line, "create ", 7))
				inside = lists ==
					 (strncmp(word_of(line, 2, &len), "list:set", 8) == 0);
			if (inside)
				sink_bytes(sink, line, (size_t)(next_line(line) - line));
		}
	}
	for (const char *line = old ? old : ""; *line; line = next_line(line)) {
		size_t len;
		const char *name = word_of(line, 1, &len);

		if (len && !has(names, name, len)) {
			sink_bytes(sink, line, strcspn(line, "\n"));
			sink_char(sink, '\n');
		}
	}
}

bool boot_add_members(struct named_sets *names, struct arena *arena, const char *saved)
{
	size_t before = names->count;
	bool list = false;

	for (const char *line = saved; *line; line = next_line(line)) {
		size_t len;
		const char *word;

		if (!strncmp(line, "create ", 7)) {
			word = word_of(line, 2, &len);
			list = !strncmp(word, "list:set", 8);
		} else if (list && !strncmp(line, "add ", 4)) {
			word = word_of(line, 2, &len);
			add(names, arena, word, len);
		}
	}
	return names->count > before;
}
