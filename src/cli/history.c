// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern confirm`, `rollback` and `history`. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/safety.h"

/* ------------------------------------------------------------------ confirm */

static int nothing_waits(struct err *err)
{
	return err_errno(err, ERR_OTHER, ENOENT, "nothing waits for a confirmation");
}

/* 0 confirmed, -EAGAIN too late. */
static int confirm(const struct where *where, struct record *record, struct err *err)
{
	AUTO_FD lock = -1;
	int r;

	if (access(where->pending, F_OK))
		return nothing_waits(err);
	r = pending_lock(where, &lock, err);
	if (r < 0)
		return r;
	r = pending_read(where, record, err);
	if (r == -ENOENT)
		return nothing_waits(err);
	if (r < 0)
		return r;
	if (pending_is_stale(where, record) || !pending_left(record))
		return -EAGAIN;
	return pending_end(where, err);
}

int run_confirm(int argc, char **argv)
{
	AUTO_RECORD record = { 0 };
	struct err err = ERR_INIT;
	struct where where;
	int r;

	(void)argv;
	if (argc > 1)
		return wrong_usage("confirm");
	r = where_find(&where, &err);
	if (!r)
		r = confirm(&where, &record, &err);
	if (r == -EAGAIN && !err_is_set(&err)) {
		catch_up(true);
		fprintf(stderr, "postern: too late: the time to confirm is over\n");
		return 1;
	}
	if (r < 0)
		return safety_fail(&err);
	printf("confirmed: %s\n", record.command.text ? record.command.text : "the change");
	return fflush(stdout) ? 1 : 0;
}

/* ------------------------------------------------------------------ rollback */

/* Ends what waits: 1 done, 0 nothing waited. */
static int rollback_pending(const struct where *where, struct err *err)
{
	AUTO_RECORD record = { 0 };
	AUTO_SINK losses = SINK_MEMORY;
	int r;

	if (access(where->pending, F_OK))
		return 0;
	r = pending_read(where, &record, err);
	if (r == -ENOENT)
		return 0;
	if (!r && pending_is_stale(where, &record)) {
		catch_up(true);
		return 0;
	}
	if (!r)
		r = pending_rollback(where, 0, NULL, "rollback", &losses, err);
	if (r == -ENOENT)
		return 0;
	if (!r)
		printf("rolled back: %s\n", record.command.text ? record.command.text : "?");
	if (!r)
		say_losses(&losses);
	return r < 0 ? r : 1;
}

/*
 * Undoing a rollback would bring back what somebody got rid of, or what nobody confirmed: perhaps
 * what locked them out.
 */
static int check_undo(const struct where *where, uint64_t number, struct err *err)
{
	AUTO_RECORD record = { 0 };
	struct err ignored = ERR_INIT;
	const char *kind;

	if (history_read(where, number, &record, &ignored) < 0)
		return 0;
	kind = record.kind.text ? record.kind.text : "";
	if (strcmp(kind, "not confirmed") != 0 && strcmp(kind, "rollback") != 0)
		return 0;
	err_errno(err, ERR_OTHER, EALREADY, "the last change has been taken back already (%s)",
		  kind);
	err_hint(err, "`postern history' lists the others, `postern rollback N' goes there");
	return -EALREADY;
}

static int last_number(const struct where *where, uint64_t *number, struct err *err)
{
	AUTO_FREE uint64_t *numbers = NULL;
	size_t count = 0;
	int r = history_numbers(where, &numbers, &count, err);

	if (!r && !count)
		r = err_errno(err, ERR_OTHER, ENOENT, "the history is empty: nothing to undo");
	if (!r)
		*number = numbers[count - 1];
	return r ? r : check_undo(where, *number, err);
}

static int rollback_to(const struct change_all *change, uint64_t number, struct err *err)
{
	AUTO_RECORD record = { 0 };
	AUTO_RULESET want = RULESET_INIT;
	struct change_all back = *change;
	int r = history_read(change->where, number, &record, err);

	if (!r)
		r = history_rules(&record, &want, err);
	back.want = &want;
	back.since = number;
	back.with_old = record.old.text;
	return r ? r : change_all(&back, err);
}

int run_rollback(int argc, char **argv)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	struct where where;
	struct change_all change = { .where = &where, .kind = "rollback", .out = &out,
				     .flags = DIFF_WHOLE | DIFF_KEEPS_UNSAID };
	uint64_t number = 0;
	int r = where_find(&where, &err);

	for (int i = 1; i < argc && r >= 0; i++) {
		r = change_option(argc, argv, &i, &change, &err);
		if (!r && !num_parse(argv[i], 1, UINT64_MAX, &number))
			return wrong_usage("rollback");
	}
	change.typed = typed_own(&arena, argc, argv);
	change.command = typed_command(&arena, change.typed.words, change.typed.count);
	if (change.confirm)
		guard_wish(GUARD_ONLY_WARNS);
	if (r >= 0 && !number && !change.dry) {
		r = rollback_pending(&where, &err);
		if (r > 0)
			return fflush(stdout) ? 1 : 0;
	}
	if (r >= 0 && !number)
		r = last_number(&where, &number, &err);
	if (r >= 0)
		r = rollback_to(&change, number, &err);
	if (r < 0)
		return safety_fail(&err);
	return sink_flush(&out) < 0;
}

/* ------------------------------------------------------------------ history */

static void date_of(uint64_t when, char *text, size_t room)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(text, room, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(text, room, "%" PRIu64, when);
}

static const char *shown(const struct record_text *text)
{
	return text->text ? text->text : "?";
}

static int list_one(const struct where *where, uint64_t number, struct sink *out)
{
	AUTO_RECORD record = { 0 };
	struct err err = ERR_INIT;
	char date[32];

	if (history_read(where, number, &record, &err) < 0) {
		sink_printf(out, "%5" PRIu64 "  %s\n", number, err.text);
		return 0;
	}
	date_of(record.when, date, sizeof(date));
	sink_printf(out, "%5" PRIu64 "  %s  %s\n", number, date, shown(&record.who));
	sink_printf(out, "       %s: %s", shown(&record.kind), shown(&record.command));
	if (record.commands > 1)
		sink_printf(out, ", and %" PRIu64 " more", record.commands - 1);
	sink_char(out, '\n');
	sink_printf(out, "       %s\n", shown(&record.summary));
	return 0;
}

static int list_history(const struct where *where, struct sink *out, struct err *err)
{
	AUTO_FREE uint64_t *numbers = NULL;
	AUTO_RECORD waiting = { 0 };
	struct err ignored = ERR_INIT;
	size_t count = 0;
	int r = history_numbers(where, &numbers, &count, err);

	if (r < 0)
		return r;
	if (!count)
		sink_str(out, "No changes yet.\n");
	while (count-- > 0)
		list_one(where, numbers[count], out);
	if (!pending_read(where, &waiting, &ignored) && !pending_is_stale(where, &waiting))
		sink_printf(out, "\nChange %" PRIu64 " waits for its confirmation, %" PRIu64
			    " seconds left: `postern confirm' or `postern rollback'.\n",
			    waiting.number, pending_left(&waiting));
	return 0;
}

/* All but the first, which has been said. */
static void put_typed(struct sink *out, const struct record_text *typed)
{
	const char *line = typed->text ? strchr(typed->text, '\n') : NULL;

	while (line && *++line) {
		const char *end = strchrnul(line, '\n');

		sink_printf(out, "       %.*s\n", (int)(end - line), line);
		line = *end ? end : NULL;
	}
}

static int show_one(const struct where *where, uint64_t number, bool rules, struct sink *out,
		    struct err *err)
{
	AUTO_RECORD record = { 0 };
	char date[32];
	int r = history_read(where, number, &record, err);

	if (r < 0)
		return r;
	date_of(record.when, date, sizeof(date));
	sink_printf(out, "%sChange %" PRIu64 ", %s, by %s\n", rules ? "# " : "", number, date,
		    shown(&record.who));
	sink_printf(out, "%s%s: %s\n", rules ? "# " : "", shown(&record.kind),
		    shown(&record.command));
	if (rules) {
		sink_str(out, "# IPv4 before it\n");
		sink_bytes(out, record.v4.text, record.v4.len);
		sink_str(out, "# IPv6 before it\n");
		sink_bytes(out, record.v6.text, record.v6.len);
		if (record.old.len)
			sink_str(out, "# Older dialects before it\n");
		sink_bytes(out, record.old.text, record.old.len);
		return 0;
	}
	if (record.commands > 1)
		put_typed(out, &record.typed);
	sink_printf(out, "%s\n", shown(&record.summary));
	sink_bytes(out, record.changes.text, record.changes.len);
	return 0;
}

int run_history(int argc, char **argv)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	struct where where;
	uint64_t number = 0;
	bool rules = false;
	int r;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--rules"))
			rules = true;
		else if (number || !num_parse(argv[i], 1, UINT64_MAX, &number))
			return wrong_usage("history");
	if (rules && !number)
		return wrong_usage("history");
	r = where_find(&where, &err);
	if (!r)
		r = number ? show_one(&where, number, rules, &out, &err)
			   : list_history(&where, &out, &err);
	if (r < 0)
		return safety_fail(&err);
	return sink_flush(&out) < 0;
}
