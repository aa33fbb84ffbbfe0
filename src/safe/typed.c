// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One entry for what belongs together. An entry that grows keeps its rules of before; the commands and
 * what they changed are added in a file beside it.
 */
#include "safe/typed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "safe/history.h"
#include "safe/process.h"
#include "safe/snapshot.h"

enum {
	LOCK_MS = 2000,		/* nobody waits longer for a history */
	BURST_MS = 1000,	/* what a hand does not type, but a loop or a line that was pasted */
};

void typed_note_free(struct typed_note *note)
{
	record_free(&note->before);
	*note = TYPED_NOTE_INIT;
}

/*
 * The process group, which shells with job control make for each line and a script leaves as it is.
 * Not that of a shell without job control, which is the session's; and none of a command by itself.
 */
static const char *job_of(struct arena *arena)
{
	pid_t group = getpgrp();
	uint64_t start = group != getpid() && group != getsid(0) ? process_start(group) : 0;

	return start ? arena_printf(arena, "%d %" PRIu64, (int)group, start) : NULL;
}

static bool is_same(const struct record_text *a, const struct record_text *b)
{
	return a->text && b->text && a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* One of the same line, script or burst as the newest entry; that of an earlier boot is none. */
static bool belongs_to(const struct record *newest, const struct record *record)
{
	uint64_t since = record->last - newest->last;

	if (!newest->commands || !is_same(&newest->boot, &record->boot) ||
	    !is_same(&newest->who, &record->who) || record->last < newest->last)
		return false;
	return is_same(&newest->job, &record->job) || since <= BURST_MS;
}

/* Both, unless that is too much; then `more` once, and the first alone. */
static struct record_text joined(struct arena *arena, const struct record_text *a,
				 const struct record_text *b, const char *more)
{
	AUTO_SINK s = SINK_MEMORY;
	size_t len = strlen(more);
	bool is_full = a->len >= len && !memcmp(a->text + a->len - len, more, len);

	sink_bytes(&s, a->text, a->len);
	if (!is_full && a->len + b->len <= HISTORY_TYPED) {
		sink_bytes(&s, b->text, b->len);
		if (b->len && b->text[b->len - 1] != '\n')
			sink_char(&s, '\n');
	} else if (!is_full) {
		sink_str(&s, more);
	}
	return (struct record_text){ arena_strdup(arena, sink_text(&s)), s.len };
}

static struct record_text summary_of(struct arena *arena, const struct record *record)
{
	const struct difference d = {
		.added = (uint32_t)record->added, .removed = (uint32_t)record->removed,
		.moved = (uint32_t)record->moved, .others = (uint32_t)record->others,
	};
	AUTO_SINK s = SINK_MEMORY;

	diff_print_counts(&s, &d);
	return record_text(arena_strdup(arena, sink_text(&s)));
}

/* `record` becomes what is added to the entry, with all that `newest` had. */
static void add_up(struct record *record, const struct record *newest, bool same_command)
{
	struct arena *arena = &record->arena;
	const struct record_text none = { 0 };

	record->number = newest->number;
	record->when = newest->when;
	record->commands = newest->commands + !same_command;
	record->added += newest->added;
	record->removed += newest->removed;
	record->moved += newest->moved;
	record->others += newest->others;
	record->typed = same_command ? newest->typed
				     : joined(arena, &newest->typed, &record->command, "...\n");
	record->changes = joined(arena, &newest->changes, &record->changes, "  ...\n");
	record->summary = summary_of(arena, record);
	record->v4 = record->v6 = record->old = none;
}

/* The newest entry without its rules, in *entry; -ENOENT quietly: there is none. */
static int read_newest(struct typed_note *note, struct record *entry, struct err *err)
{
	struct err ignored = ERR_INIT;
	uint64_t number = 0;
	int r = history_newest(&note->where, &number, err);

	if (r < 0)
		return r;
	if (!number)
		return -ENOENT;
	r = history_read_more(&note->where, number, entry, &ignored);
	if (r < 0)
		r = history_read(&note->where, number, entry, &ignored);
	/* A damaged one takes nothing more. */
	return r < 0 ? -ENOENT : 0;
}

static int note_locked(struct typed_note *note, uint64_t mine, struct record *record,
		       struct err *err)
{
	AUTO_RECORD newest = { 0 };
	int r = read_newest(note, &newest, err);
	bool is_mine = !r && mine && newest.number == mine;

	if (r < 0 && r != -ENOENT)
		return r;
	if (!r && (is_mine || belongs_to(&newest, record))) {
		struct err ignored = ERR_INIT;

		history_read_more(&note->where, newest.number, &note->before, &ignored);
		add_up(record, &newest, is_mine);
		r = history_write_more(&note->where, newest.number, record, err);
		note->is_more = true;
	} else {
		r = history_add_locked(&note->where, record, err);
	}
	if (!r)
		note->number = record->number;
	return r;
}

int typed_note(struct typed_note *note, uint64_t mine, const char *command,
	       const struct ruleset *before, const struct difference *d, struct err *err)
{
	AUTO_RECORD record = { 0 };
	AUTO_FD lock = -1;
	int r = where_find(&note->where, err);

	if (!r)
		r = history_lock(&note->where, LOCK_MS, &lock, err);
	if (r < 0)
		return r;
	history_describe(&record, "typed", command, before, d);
	history_describe_old(&record, before);
	record.boot = record_text(note->where.boot);
	record.job = record_text(job_of(&record.arena));
	record.last = boottime_ms();
	record.commands = 1;
	record.typed = joined(&record.arena, &record.typed, &record.command, "...\n");
	return note_locked(note, mine, &record, err);
}

void typed_undo(struct typed_note *note)
{
	struct err ignored = ERR_INIT;

	if (!note->number)
		return;
	if (note->is_more)
		history_write_more(&note->where, note->number,
				   note->before.commands ? &note->before : NULL, &ignored);
	else
		history_remove(&note->where, note->number);
	note->number = 0;
}
