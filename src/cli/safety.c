// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands about safety share. */
#include "cli/safety.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static const struct runner *main_runner;

void set_runner(const struct runner *runner)
{
	main_runner = runner;
}

bool runs_program(const char *name)
{
	return main_runner && main_runner->is_one(name);
}

int run_program(const char *name, int argc, char **argv)
{
	return main_runner ? main_runner->run(name, argc, argv) : 2;
}

int wrong_usage(const char *command)
{
	const struct own_command *c = own_command(command);

	fprintf(stderr, "usage: postern %s %s\n", command, c ? c->usage : "");
	return 2;
}

/* ------------------------------------------------------------------ shared */

int safety_fail(const struct err *err)
{
	fflush(stdout);
	if (err->told)
		return (int)err->code;
	fprintf(stderr, "postern: %s\n", err->text);
	if (err->hint[0])
		fprintf(stderr, "  %s\n", err->hint);
	return err->code ? (int)err->code : 1;
}

void say_losses(const struct sink *losses)
{
	if (!losses->len)
		return;
	fflush(stdout);
	fprintf(stderr, "postern: these went with it, though none of the changes taken back\n"
		"made them; to have them again:\n%s", losses->text);
}

void say_loudly(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "postern: %s\n", text);
	openlog("postern", LOG_PID, LOG_AUTH);
	syslog(LOG_WARNING, "%s", text);
	closelog();
}

/* As every shell reads it back. */
static void put_quoted(struct sink *s, const char *word)
{
	sink_char(s, '\'');
	for (; *word; word++)
		if (*word == '\'')
			sink_str(s, "'\\''");
		else
			sink_char(s, *word);
	sink_char(s, '\'');
}

const char *typed_command(struct arena *arena, const char *const *words, size_t count)
{
	AUTO_SINK s = SINK_MEMORY;

	for (size_t i = 0; i < count; i++) {
		const char *base = strrchr(words[i], '/');
		const char *word = !i && base ? base + 1 : words[i];

		if (i)
			sink_char(&s, ' ');
		if (*word && !word[strcspn(word, " \t\"'\\$&|;<>()*?#~`!")])
			sink_str(&s, word);
		else if (!strcmp(word, "!"))
			sink_str(&s, word);
		else
			put_quoted(&s, word);
	}
	return arena_strdup(arena, sink_text(&s));
}

struct typed typed_own(struct arena *arena, int argc, char **argv)
{
	const char **words = arena_alloc(arena, ((size_t)argc + 1) * sizeof(*words));

	words[0] = "postern";
	for (int i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	return (struct typed){ words, (size_t)argc + 1 };
}

/* ------------------------------------------------------------------ changes nobody watches */

static void report(bool speak, const char *text, const struct record *record)
{
	const char *command = record->command.text ? record->command.text : "?";
	const char *who = record->who.text ? record->who.text : "?";

	if (speak) {
		say_loudly("%s (%s, by %s)", text, command, who);
		return;
	}
	openlog("postern", LOG_PID, LOG_AUTH);
	syslog(LOG_WARNING, "%s (%s, by %s)", text, command, who);
	closelog();
}

static void catch_up_here(const struct where *where, bool speak, struct err *err)
{
	AUTO_RECORD record = { 0 };
	AUTO_FD lock = -1;
	int r = pending_lock(where, &lock, err);

	if (!r)
		r = pending_read(where, &record, err);
	if (r < 0)
		return;
	if (pending_is_stale(where, &record)) {
		report(speak, "a change was not confirmed before the machine went down, and is "
			      "not in force", &record);
		pending_end(where, err);
		return;
	}
	if (pending_is_watched(where) && pending_left(&record))
		return;
	file_close(&lock);
	/* Whoever watches has had its time, and may be at it just now: then this finds nothing. */
	r = pending_rollback(where, record.deadline, NULL, "not confirmed", NULL, err);
	if (!r)
		report(speak, "a change was not confirmed, and nobody watched over it any more: "
			      "the old rules are back", &record);
}

void catch_up(bool speak)
{
	struct err err = ERR_INIT;
	struct where where;

	if (!pending_somewhere())
		return;
	if (!where_find(&where, &err) && !access(where.pending, F_OK))
		catch_up_here(&where, speak, &err);
	if (err_is_set(&err) && speak)
		say_loudly("a change waits for its confirmation, but %s", err.text);
}
