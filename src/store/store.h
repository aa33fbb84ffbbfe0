/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store: a rule set kept in a folder instead of a kernel. `rules` is all of it, both families, as
 * text that people can read (see text.h); `lock` is held by whoever changes it. A change is one new
 * file in place of the old one, so a reader needs no lock and sees one state or the other.
 */
#ifndef POSTERN_STORE_STORE_H
#define POSTERN_STORE_STORE_H

#include "plan/backend.h"
#include "rules/rules.h"

struct store;

/*
 * Opens the store of a folder and reads it. A folder or file that is not there is an empty rule
 * set; both are made by the first change (0700 and 0600). Fails with ERR_RESOURCE when the file
 * cannot be read, or is damaged; nothing is ever written over a damaged one.
 */
int store_open(struct store **store, const char *folder, struct err *err);
/* One that is kept in memory, and goes with it. */
void store_open_memory(struct store **store);
void store_close(struct store **store);
#define AUTO_STORE __attribute__((cleanup(store_close))) struct store

/*
 * The rule set as it is now, with generation and handles; valid until the next call with this
 * store. NULL with `err` set when it cannot be read any more.
 */
const struct ruleset *store_rules(struct store *store, struct err *err);

/*
 * As kernel_apply: all operations of the plan or none. What a kernel would refuse is refused with
 * the same errno at the same operation. `err` is set when the files are the trouble.
 */
int store_apply(struct store *store, const struct plan *plan, const struct pass *pass,
		struct refusal *refusal, struct err *err);

/*
 * Adds the counters of `counted`, rule by rule as their handles say, to those of the store; rules
 * that are not there any more are passed over. When the store still was of `*generation`, that
 * becomes the one it has now: nothing but counters is new.
 */
int store_count(struct store *store, const struct ruleset *counted, uint32_t *generation,
		struct err *err);

/* What tells, for the price of a stat(2), that the file may have changed since; zero at first. */
struct store_stamp {
	uint64_t inode, size, ns;
};
bool store_changed(const struct store *store, struct store_stamp *stamp);

/* The same as a backend, which owns the store; folder NULL: one in memory. */
int store_open_backend(struct backend *backend, const char *folder, struct err *err);
/* The store of a backend that was opened so. */
struct store *store_of(const struct backend *backend);

#endif
