/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A change that waits for its confirmation (doc/safety.md, "Commit-confirm"). Each step is one
 * atomic step of the file system or of the kernel, taken under a lock.
 */
#ifndef POSTERN_SAFE_PENDING_H
#define POSTERN_SAFE_PENDING_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"
#include "plan/pass.h"
#include "rules/rules.h"
#include "safe/place.h"
#include "safe/record.h"

enum { PENDING_SHORTEST = 1, PENDING_LONGEST = 24 * 3600, PENDING_USUAL = 60 };	/* seconds */

/* True when any change waits, in whatever namespace: one access(2), for programs that hurry. */
bool pending_somewhere(void);

/* Takes the lock of all steps; held until *lock is closed. */
int pending_lock(const struct where *where, int *lock, struct err *err);

/* -ENOENT quietly when none waits. */
int pending_read(const struct where *where, struct record *record, struct err *err);
/* The deadline is `seconds` from now. -EBUSY when another change waits. Under the lock. */
int pending_begin(const struct where *where, struct record *record, uint64_t seconds,
		  struct err *err);
/* The change stays (or never came): the file goes. Under the lock. */
int pending_end(const struct where *where, struct err *err);

/* Another boot's: nothing of it is in force any more. */
bool pending_is_stale(const struct where *where, const struct record *record);
/* Seconds until the deadline, 0 when it is over. */
uint64_t pending_left(const struct record *record);

/*
 * Loads the rules of before and ends it. `before`: those of the record, or NULL to read them from
 * it. -ENOENT quietly when somebody was quicker. Takes the lock itself. `losses` (may be NULL): see
 * others_print.
 */
int pending_rollback(const struct where *where, uint64_t deadline, const struct ruleset *before,
		     const char *kind, struct sink *losses, struct err *err);

/* ------------------------------------------------------------------ the watchers */

/* What both watchers hold on to; `start` makes a new partner (only cli/ makes processes). */
struct watch {
	const struct where *where;
	uint64_t deadline;		/* which change it is */
	const struct ruleset *before;
	const volatile sig_atomic_t *now;	/* set by a signal: do not wait for the deadline */
	int partner;			/* pidfd, -1 none */
	int (*start)(void *context);	/* returns a pidfd, or -1 */
	void *context;
};

/* Returns when the change has ended; true: this watcher rolled it back. */
bool pending_watch(struct watch *watch);

/* Somebody holds this while a watcher lives: /run/postern/watch-NETNS, shared lock. */
int pending_watch_lock(const struct where *where, int *lock, struct err *err);
bool pending_is_watched(const struct where *where);

#endif
