// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the file of a store (text.h). The rules are read by the reader of restore files; what it
 * would carry out as commands is put into the rule set as it stands there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "base/file.h"
#include "base/num.h"
#include "dialect/iptables.h"
#include "store/text.h"

struct reading {
	const char *path;
	struct ruleset *rs;
	enum family family;
	struct table *table;		/* the last one that was read */
	int line;			/* of the file, from 1 */
	struct err *err;
};

__attribute__((format(printf, 3, 4)))
static int damaged(const struct reading *r, int line, const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	if (line)
		err_errno(r->err, ERR_RESOURCE, EBADMSG, "%s is damaged: line %d: %s", r->path,
			  line, what);
	else
		err_errno(r->err, ERR_RESOURCE, EBADMSG, "%s is damaged: %s", r->path, what);
	err_hint(r->err, "it is left as it is; move it away and restore the rules from a save");
	return -EBADMSG;
}

/* ------------------------------------------------------------------ tables, from commands */

static int take_chain(const struct reading *r, const struct command *c)
{
	struct chain *chain;

	if (table_chain(r->table, c->chain))
		return damaged(r, 0, "chain %s of table %s is there twice", c->chain, c->table);
	chain = table_add_chain(r->table, c->chain);
	chain->exists = chain->loaded = true;
	chain->counts = chain->builtin;
	chain->policy = c->policy;
	chain->counters = c->counters;
	return 0;
}

static int take_rule(const struct reading *r, const struct command *c)
{
	struct chain *chain = table_chain(r->table, c->chain);

	if (!chain || c->rule_count != 1)
		return damaged(r, 0, "a rule of table %s stands in no chain", c->table);
	c->rules[0]->counts = true;
	c->rules[0]->line = 0;
	chain_insert(chain, c->rules[0], NULL);
	return 0;
}

static int take_command(struct reading *r, const struct command *c)
{
	switch (c->kind) {
	case COMMAND_TABLE:
		if (ruleset_table(r->rs, r->family, c->table))
			return damaged(r, 0, "table %s is there twice", c->table);
		r->table = ruleset_add_table(r->rs, r->family, c->table);
		r->table->exists = true;
		return 0;
	case COMMAND_CHAIN:
		return take_chain(r, c);
	case COMMAND_APPEND:
		return take_rule(r, c);
	default:
		return damaged(r, 0, "table %s holds more than rules", c->table);
	}
}

static int check_jumps(const struct reading *r)
{
	for (const struct chain *c = r->table->first; c; c = c->next)
		for (const struct rule *rule = c->first; rule; rule = rule->next) {
			struct chain *to;

			if (!rule->chain_to)
				continue;
			to = table_chain(r->table, rule->chain_to);
			if (!to)
				return damaged(r, 0, "chain %s jumps to %s, which is not there",
					       c->name, rule->chain_to);
			to->references++;
		}
	return 0;
}

static int take_table(void *context, struct arena *arena, struct command *first, struct err *err)
{
	struct reading *r = context;
	int result = 0;

	(void)err;
	for (const struct command *c = first; !result && c; c = c->next)
		result = take_command(r, c);
	if (!result)
		result = check_jumps(r);
	arena_absorb(&r->rs->arena, arena);
	return result;
}

/* ------------------------------------------------------------------ comment lines */

/* Takes `word` from the front of the text. */
static bool skip(const char **text, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

/* The handles of a run, in order; the number of rules they were for, or -1. */
static bool give_handles(struct rule **rule, uint64_t first, uint64_t last)
{
	for (uint64_t handle = first; handle <= last; handle++) {
		if (!*rule)
			return false;
		(*rule)->handle = handle;
		*rule = (*rule)->next;
	}
	return true;
}

/* "CHAIN 1 4-9": the text behind "# handles ", up to the end of its line. */
static bool read_handles(const struct reading *r, const char *text)
{
	size_t len = strcspn(text, " \n");
	char name[CHAIN_NAME_MAX + 1];
	struct chain *c;
	struct rule *rule;

	if (!r->table || len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	c = table_chain(r->table, name);
	if (!c)
		return false;
	text += len;
	rule = c->first;
	while (*text == ' ') {
		uint64_t first, last;

		if (!num_parse_decimal(text + 1, &text, 1, r->rs->last_handle, &first))
			return false;
		last = first;
		if (*text == '-' &&
		    !num_parse_decimal(text + 1, &text, first, r->rs->last_handle, &last))
			return false;
		if (!give_handles(&rule, first, last))
			return false;
	}
	return *text == '\n' && !rule;
}

/* ------------------------------------------------------------------ the file */

/* One "*TABLE" ... "COMMIT\n"; `line` is that of its first line. */
static int read_section(struct reading *r, const char *text, size_t len, int line)
{
	struct restore_options options = { .counters = true };
	struct err err = ERR_INIT;
	FILE *in = fmemopen((void *)text, len, "r");
	int result;

	if (!in)
		return err_errno(r->err, ERR_RESOURCE, errno, "cannot read %s: %s", r->path,
				 strerror(errno));
	result = iptables_restore_read(in, r->path, r->family, &options, take_table, r, &err);
	fclose(in);
	/* What it says of the dialect is for the file's line. */
	if (result && !err_is_set(r->err))
		damaged(r, line + (err.place.line ? err.place.line - 1 : 0), "%s",
			*err.text ? err.text : "not understood");
	return result;
}

static size_t line_len(const char *text)
{
	return strcspn(text, "\n") + 1;
}

/* Moves over a section; false when it has no end. */
static bool find_commit(const char **text, int *line)
{
	while (**text) {
		bool last = !strncmp(*text, "COMMIT\n", 7);

		*text += line_len(*text);
		++*line;
		if (last)
			return true;
	}
	return false;
}

/* "ipchains\n" behind "# dialect ", and the lines of that table. */
static int read_old(struct reading *r, const char **text)
{
	size_t len = strcspn(*text, "\n");
	char *name = arena_strndup(&r->rs->arena, *text, len);
	int line = r->line;

	if (!old_table(FAMILY_IPV4, name) || ruleset_table(r->rs, FAMILY_IPV4, name))
		return damaged(r, line, "no dialect is called that, or it is there twice");
	r->table = ruleset_add_table(r->rs, FAMILY_IPV4, name);
	r->table->exists = true;
	for (*text += len + 1; !strncmp(*text, "# :", 3) || !strncmp(*text, "# [", 3);
	     *text += len + 1) {
		len = strcspn(*text, "\n");
		r->line++;
		if (store_parse_old(r->table, arena_strndup(&r->rs->arena, *text + 2, len - 2)) < 0)
			return damaged(r, r->line, "not understood");
	}
	return check_jumps(r);
}

static int read_body(struct reading *r, const char *text)
{
	int result = 0;

	while (!result && *text) {
		const char *start = text;
		int line = r->line;

		if (*text == '*') {
			if (!find_commit(&text, &r->line))
				return damaged(r, line, "the table has no COMMIT");
			result = read_section(r, start, (size_t)(text - start), line);
			continue;
		}
		if (skip(&text, "# dialect ")) {
			result = read_old(r, &text);
			r->line++;
			continue;
		}
		if (skip(&text, "# family ipv4\n"))
			r->family = FAMILY_IPV4;
		else if (skip(&text, "# family ipv6\n"))
			r->family = FAMILY_IPV6;
		else if (skip(&text, "# handles ") && read_handles(r, text))
			text = start + line_len(start);
		else
			return damaged(r, line, "not understood");
		r->line++;
	}
	return result;
}

static bool read_hex(const char **text, uint64_t *value)
{
	char buf[2 + 16 + 1] = "0x";
	size_t n = strspn(*text, "0123456789abcdef");

	if (n != 16)
		return false;
	memcpy(buf + 2, *text, n);
	*text += n;
	return num_parse(buf, 0, UINT64_MAX, value);
}

static int read_head(struct reading *r, const char **text, size_t len)
{
	const char *start = *text;
	uint64_t sum, generation;

	if (!skip(text, "# postern store "))
		return damaged(r, 0, "it does not begin as the file of a store does");
	if (!skip(text, "1 checksum "))
		return err_errno(r->err, ERR_RESOURCE, EBADMSG,
				 "%s was written by another version of postern", r->path);
	if (!read_hex(text, &sum) || !skip(text, "\n"))
		return damaged(r, 1, "there is no checksum");
	if (file_checksum(0, *text, len - (size_t)(*text - start)) != sum)
		return damaged(r, 0, "its checksum does not fit");
	if (!skip(text, "# generation ") ||
	    !num_parse_decimal(*text, text, 1, UINT32_MAX, &generation) ||
	    !skip(text, " last-handle ") ||
	    !num_parse_decimal(*text, text, 0, UINT64_MAX - 1, &r->rs->last_handle) ||
	    !skip(text, "\n"))
		return damaged(r, 2, "there is no generation");
	r->rs->generation = (uint32_t)generation;
	r->line = 3;
	return 0;
}

int store_parse(const char *text, size_t len, const char *path, struct ruleset *rs,
		struct err *err)
{
	struct reading r = { .path = path, .rs = rs, .family = FAMILY_IPV4, .err = err };
	int result;

	if (strlen(text) != len || !len || text[len - 1] != '\n')
		return damaged(&r, 0, "it is cut off");
	result = read_head(&r, &text, len);
	return result ? result : read_body(&r, text);
}
