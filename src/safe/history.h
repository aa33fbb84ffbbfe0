/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was changed, when, by whom, with the whole rules of before: a record for each change, at
 * most HISTORY_MOST of them and HISTORY_BYTES together, the oldest go first.
 */
#ifndef POSTERN_SAFE_HISTORY_H
#define POSTERN_SAFE_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/diff.h"
#include "rules/rules.h"
#include "safe/place.h"
#include "safe/record.h"

enum { HISTORY_MOST = 64, HISTORY_BYTES = 32 << 20 };
/* Bytes of what is added to an entry later: commands, and what they changed. */
enum { HISTORY_TYPED = 16 << 10 };

/* Also the tables of the older dialects, even when there are none: they come back with the rest. */
void history_describe_old(struct record *record, const struct ruleset *before);
/*
 * A record of a change about to be made: rules of before, differences, who we are. The texts
 * are in record->arena. `command` is shown to people as it was typed.
 */
void history_describe(struct record *record, const char *kind, const char *command,
		      const struct ruleset *before, const struct difference *d);

/* Gives the record the next number and keeps it; then the oldest go. */
int history_add(const struct where *where, struct record *record, struct err *err);

/*
 * The same under a lock of the caller's: history_lock makes the folders, and waits so long. 0 in
 * *newest: there is none.
 */
int history_lock(const struct where *where, int milliseconds, int *lock, struct err *err);
int history_newest(const struct where *where, uint64_t *newest, struct err *err);
int history_add_locked(const struct where *where, struct record *record, struct err *err);

/*
 * An entry that grows (safe/typed.h): what was added to it is a record without rules of its own, so that
 * the rules of before are written once. -ENOENT quietly: nothing was added.
 */
int history_read_more(const struct where *where, uint64_t number, struct record *more,
		      struct err *err);
/* Without waiting for the disk; NULL: it goes. */
int history_write_more(const struct where *where, uint64_t number, const struct record *more,
		       struct err *err);

/* Writes the record of this number again: its differences were not known before. */
int history_update(const struct where *where, const struct record *record, struct err *err);
/* Of a change that came to nothing. */
void history_remove(const struct where *where, uint64_t number);

/* With all that was added. A number that was never given leads to -ENOENT with an error text. */
int history_read(const struct where *where, uint64_t number, struct record *record,
		 struct err *err);

/* The numbers there are, in order; malloc'd. None is no error. */
int history_numbers(const struct where *where, uint64_t **numbers, size_t *count, struct err *err);

/*
 * The rules of before, as a value; those of the older dialects where the record has them (`old`).
 * `ipset` names must be there: see record->sets.
 */
int history_rules(const struct record *record, struct ruleset *rs, struct err *err);

#endif
