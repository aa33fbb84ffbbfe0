// SPDX-License-Identifier: GPL-2.0-or-later
/* A refusal: what is cut, by what, and three ways on. */
#include "cli/guard_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "cli/safety.h"

/* ------------------------------------------------------------------ the change */

static bool is_restore(const struct typed *typed)
{
	return typed->count && strstr(typed->words[0], "restore");
}

/* Of a restore without a file among its words. */
static bool reads_stdin(const struct typed *typed)
{
	for (size_t i = 1; i < typed->count; i++)
		if (!access(typed->words[i], R_OK))
			return false;
	return true;
}

static const char *command_line(struct arena *arena, const struct typed *typed)
{
	const char *line = typed_command(arena, typed->words, typed->count);

	if (is_restore(typed) && reads_stdin(typed) && !isatty(STDIN_FILENO))
		return arena_printf(arena, "%s <FILE", line);
	return line;
}

void change_words_of_plan(struct change_words *words, struct arena *arena,
			  const struct typed *typed, const struct plan *plan)
{
	const struct command *c = plan->items[0].command;

	*words = (struct change_words){
		.typed = *typed, .command = command_line(arena, typed),
		.family = plan->items[0].family, .is_file = is_restore(typed),
	};
	if (words->is_file || !c || c->next)
		return;
	words->single = c;
	words->flushes = c->kind == COMMAND_FLUSH;
}

void change_words_of_all(struct change_words *words, struct arena *arena,
			 const struct typed *typed)
{
	*words = (struct change_words){
		.typed = *typed, .command = command_line(arena, typed), .family = FAMILY_IPV4,
		.is_file = typed->count > 1 && !strcmp(typed->words[1], "apply"),
		.is_past = typed->count > 1 && strcmp(typed->words[1], "apply") != 0,
	};
}

/* ------------------------------------------------------------------ remedies */

/* So many rules come in front of those of the chain that the command is about. */
static unsigned rules_before(const struct remedy *remedy, const struct command *c)
{
	unsigned n = 0;

	for (size_t i = 0; i < remedy->count; i++) {
		const struct remedy_step *s = &remedy->steps[i];

		n += !s->is_policy && s->family == c->family && c->chain &&
		     !strcmp(s->table, c->table) && !strcmp(s->chain, c->chain);
	}
	return n;
}

/* Where the chain stands among the words, the program's name first; 0: nowhere. */
static size_t find_chain(const struct change_words *w)
{
	const struct command *c = w->single;

	if (c->chain_place.word >= 0)
		return (size_t)c->chain_place.word + 1;
	for (size_t i = 1; c->chain && i < w->typed.count; i++)
		if (!strcmp(w->typed.words[i], c->chain))
			return i;
	return 0;
}

/*
 * The command, with the numbers that its rules have behind those of the remedy: -D INPUT 1 is
 * -D INPUT 2 then, -I INPUT is -I INPUT 2.
 */
static void put_command(struct sink *sink, const struct change_words *w, unsigned before)
{
	AUTO_ARENA arena = ARENA_INIT;
	const struct command *c = w->single;
	const char **items = arena_alloc(&arena, (w->typed.count + 1) * sizeof(*items));
	size_t count = 0, at = find_chain(w);
	bool counts = c->kind == COMMAND_INSERT || c->kind == COMMAND_REPLACE ||
		      c->kind == COMMAND_DELETE_NUMBER;

	for (size_t i = 0; i < w->typed.count; i++) {
		uint64_t number = 0;

		items[count++] = w->typed.words[i];
		if (!counts || !before || !i || i != at)
			continue;
		if (i + 1 < w->typed.count &&
		    num_parse(w->typed.words[i + 1], 1, UINT32_MAX, &number))
			i++;
		else if (c->kind != COMMAND_INSERT)
			continue;
		items[count++] = arena_printf(&arena, "%llu", (unsigned long long)
					      (number ? number : 1) + before);
	}
	sink_str(sink, typed_command(&arena, items, count));
}

static void put_steps(struct sink *sink, const struct remedy *remedy)
{
	for (size_t i = 0; i < remedy->count; i++) {
		sink_str(sink, "    ");
		remedy_print_step(sink, &remedy->steps[i]);
		sink_char(sink, '\n');
	}
}

/* Lines for the file: the program's name goes, the table is said. */
static void put_lines(struct sink *sink, const struct remedy *remedy)
{
	for (size_t i = 0; i < remedy->count; i++) {
		const struct remedy_step *s = &remedy->steps[i];

		sink_printf(sink, "    %s\n", s->words);
		if (i + 1 == remedy->count || strcmp(s->table, remedy->steps[i + 1].table) != 0 ||
		    s->family != remedy->steps[i + 1].family)
			sink_printf(sink, "  (in front of the COMMIT of *%s, %s)\n", s->table,
				    s->family == FAMILY_IPV6 ? "IPv6" : "IPv4");
	}
}

static void put_remedy(struct sink *sink, const struct remedy *remedy,
		       const struct change_words *w)
{
	/* Rules of ipfwadm have no numbers: what is inserted is always the first. */
	bool is_first = w->single && w->single->kind == COMMAND_INSERT && !find_chain(w) &&
			rules_before(remedy, w->single);

	if (!remedy->count || w->is_past || is_first)
		return;
	if (w->is_file) {
		sink_str(sink, "  safe with this in the file:\n");
		put_lines(sink, remedy);
	} else if (w->single) {
		sink_str(sink, "  safe in this order:\n");
		put_steps(sink, remedy);
		sink_str(sink, "    ");
		put_command(sink, w, rules_before(remedy, w->single));
		sink_char(sink, '\n');
	} else {
		sink_str(sink, "  safe when this comes first, and stays:\n");
		put_steps(sink, remedy);
	}
}

static void put_ways_on(struct sink *sink, const struct change_words *w)
{
	static const char own[] = "postern ";
	bool is_own = !strncmp(w->command, own, sizeof(own) - 1);
	const char *rest = is_own ? w->command + sizeof(own) - 1 : w->command;
	bool confirms = is_own && (!strncmp(rest, "apply", 5) || !strncmp(rest, "rollback", 8));

	if (confirms || runs_program(w->typed.words[0]))
		sink_printf(sink, "  taken back unless confirmed:\n    postern %s%s%s\n",
			    is_own ? "" : "try ", rest, is_own ? " --confirm" : "");
	sink_printf(sink, "  all the same:\n    postern --force %s\n", rest);
}

void say_refused(const struct review *review, const struct remedy *remedy,
		 const struct change_words *words)
{
	AUTO_SINK text = SINK_MEMORY;

	review_print(&text, review);
	sink_str(&text, words->is_partly_made ?
		 "postern: refused; the tables in front of this one in the file are loaded,\n"
		 "  this one and the rest are as they were\n" :
		 "postern: refused, nothing was changed\n");
	put_remedy(&text, remedy, words);
	put_ways_on(&text, words);
	fflush(stdout);
	fputs(sink_text(&text), stderr);
}

void say_warned(const struct review *review)
{
	AUTO_SINK text = SINK_MEMORY;

	review_print(&text, review);
	sink_str(&text, "postern: warning: the change is made all the same\n");
	fflush(stdout);
	fputs(sink_text(&text), stderr);
}
