// SPDX-License-Identifier: GPL-2.0-or-later
/* Commit-confirm: its file, its steps, and what a watcher does. */
#include "safe/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/file.h"
#include "kernel/kernel.h"
#include "safe/history.h"
#include "safe/others.h"
#include "safe/pass.h"
#include "safe/snapshot.h"

enum {
	STEP_MS = 500,		/* a watcher looks that often whether it is still needed */
	AGAIN_MS = 200,		/* after a rollback that failed */
	LOCK_MS = 30000,
};

bool pending_somewhere(void)
{
	return !access(PLACE_PENDING, F_OK);
}

int pending_lock(const struct where *where, int *lock, struct err *err)
{
	int r = where_make(where, false, err);

	return r ? r : file_lock(AT_FDCWD, where->lock, FILE_LOCK_EXCLUSIVE, LOCK_MS, lock, err);
}

int pending_read(const struct where *where, struct record *record, struct err *err)
{
	return record_read(where->pending, record, err);
}

int pending_begin(const struct where *where, struct record *record, uint64_t seconds,
		  struct err *err)
{
	/* The folder is there only while something waits: programs that hurry look no further. */
	int r = where_make(where, true, err);

	if (r < 0)
		return r;
	if (!access(where->pending, F_OK)) {
		err_errno(err, ERR_OTHER, EBUSY, "another change waits for its confirmation");
		err_hint(err, "`postern confirm' keeps it, `postern rollback' ends it");
		return -EBUSY;
	}
	record->window = seconds;
	record->deadline = boottime_ms() + seconds * 1000;
	record->boot = record_text(where->boot);
	return record_write(where->pending, record, err);
}

int pending_end(const struct where *where, struct err *err)
{
	AUTO_FD folder = -1;

	if (unlink(where->pending) && errno != ENOENT)
		return err_errno(err, ERR_RESOURCE, errno, "cannot remove %s: %s", where->pending,
				 strerror(errno));
	folder = open(PLACE_PENDING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder >= 0 && fsync(folder))
		return err_errno(err, ERR_RESOURCE, errno, "cannot remove %s for good: %s",
				 where->pending, strerror(errno));
	/* Succeeds when no other namespace has one: pending_somewhere is false then. */
	rmdir(PLACE_PENDING);
	return 0;
}

bool pending_is_stale(const struct where *where, const struct record *record)
{
	return !record->boot.text || strcmp(record->boot.text, where->boot) != 0;
}

uint64_t pending_left(const struct record *record)
{
	uint64_t now = boottime_ms();

	return record->deadline > now ? (record->deadline - now + 999) / 1000 : 0;
}

/* ------------------------------------------------------------------ rolling back */

struct rollback {
	const struct where *where;
	const char *kind;
	const struct record *record;
	struct sink *losses;		/* NULL: the log alone is told */
};

/* Who rolled back by hand reads it there, too: pending_rollback's caller has `losses` then. */
static void tell_losses(const struct rollback *rb, const struct difference *d)
{
	AUTO_SINK text = SINK_MEMORY;
	uint32_t count = others_print(&text, rb->where, rb->record->number, d);

	if (!count)
		return;
	openlog("postern", LOG_PID, LOG_AUTH);
	syslog(LOG_WARNING, "rolled back: with it went %u rules or chains that others had made "
	       "meanwhile:\n%s", count, sink_text(&text));
	closelog();
	if (rb->losses)
		sink_str(rb->losses, sink_text(&text));
}

/* The rollback is a change of its own: what it takes away can be looked up and brought back. */
static int keep_history(void *context, const struct ruleset *have, const struct ruleset *want,
			const struct difference *d, const struct pass **pass, struct err *err)
{
	struct rollback *rb = context;
	AUTO_RECORD entry = { 0 };
	struct err ignored = ERR_INIT;

	(void)want, (void)pass, (void)err;
	if (!d->count)
		return 0;
	tell_losses(rb, d);
	history_describe(&entry, rb->kind,
			 rb->record->command.text ? rb->record->command.text : "", have, d);
	/* A full disk is no reason to leave somebody outside. */
	history_add(rb->where, &entry, &ignored);
	return 0;
}

int pending_rollback(const struct where *where, uint64_t deadline, const struct ruleset *before,
		     const char *kind, struct sink *losses, struct err *err)
{
	AUTO_RECORD record = { 0 };
	AUTO_RULESET read = RULESET_INIT;
	AUTO_BACKEND backend = { 0 };
	AUTO_FD lock = -1;
	struct rollback rb = { .where = where, .kind = kind, .record = &record,
			       .losses = losses };
	struct replace replace = {
		.backend = &backend, .want = before ? before : &read,
		.flags = DIFF_WHOLE | DIFF_KEEPS_UNSAID,
		.pass = pass_unreviewed(), .look = keep_history, .context = &rb,
	};
	struct err quiet = ERR_INIT;
	int r = pending_lock(where, &lock, err);

	if (r < 0)
		return r;
	r = pending_read(where, &record, &quiet);
	if (r == -ENOENT || (!r && deadline && record.deadline != deadline))
		return -ENOENT;
	if (r < 0 && !before)
		return err_errno(err, ERR_RESOURCE, -r, "%s", quiet.text);
	if (!before)
		r = history_rules(&record, &read, err);
	else
		r = 0;
	if (!r)
		r = kernel_open_backend(&backend, err);
	if (!r)
		r = replace_rules(&replace, err);
	return r ? r : pending_end(where, err);
}

/* ------------------------------------------------------------------ watching */

static void watch_path(const struct where *where, char *path, size_t room)
{
	snprintf(path, room, PLACE_RUN "/watch-%" PRIu64, where->netns);
}

int pending_watch_lock(const struct where *where, int *lock, struct err *err)
{
	char path[PLACE_MAX];

	watch_path(where, path, sizeof(path));
	return file_lock(AT_FDCWD, path, FILE_LOCK_SHARED, LOCK_MS, lock, err);
}

bool pending_is_watched(const struct where *where)
{
	struct err ignored = ERR_INIT;
	char path[PLACE_MAX];
	AUTO_FD lock = -1;

	watch_path(where, path, sizeof(path));
	return file_lock(AT_FDCWD, path, FILE_LOCK_EXCLUSIVE, 0, &lock, &ignored) == -EAGAIN;
}

/* Still the change that this watcher was made for. */
static bool is_waiting(const struct watch *watch)
{
	AUTO_RECORD record = { 0 };
	struct err ignored = ERR_INIT;
	int r = pending_read(watch->where, &record, &ignored);

	/* Damaged or unreadable: it has not ended as it should, so it goes on. */
	return r == 0 ? record.deadline == watch->deadline : r != -ENOENT;
}

static void look_after_partner(struct watch *watch, const struct pollfd *poll)
{
	if (watch->partner >= 0 && !poll->revents)
		return;
	file_close(&watch->partner);
	watch->partner = watch->start(watch->context);
}

bool pending_watch(struct watch *watch)
{
	while (is_waiting(watch)) {
		struct pollfd poll_partner = { .fd = watch->partner, .events = POLLIN };
		uint64_t now = boottime_ms();
		int step = STEP_MS;

		if (now >= watch->deadline || *watch->now) {
			struct err err = ERR_INIT;

			if (!pending_rollback(watch->where, watch->deadline, watch->before,
					      "not confirmed", NULL, &err))
				return true;
			step = AGAIN_MS;
		} else if (watch->deadline - now < STEP_MS) {
			step = (int)(watch->deadline - now) + 1;
		}
		poll(&poll_partner, 1, step);
		if (is_waiting(watch))
			look_after_partner(watch, &poll_partner);
	}
	return false;
}
