/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saved rules: the distribution's files, our last good copies of them, and what is loaded when
 * nothing else can be (doc/safety.md, "Saved rules and the boot").
 */
#ifndef POSTERN_SAFE_BOOT_H
#define POSTERN_SAFE_BOOT_H

#include <stdbool.h>

#include "base/err.h"
#include "rules/rules.h"
#include "safe/lifeline.h"
#include "safe/place.h"
#include "safe/record.h"

/* Where this system has its rules. */
struct boot_files {
	const char *folder, *v4, *v6, *sets;
};
const struct boot_files *boot_files(void);

/* Names of the sets that rules use, each once, in order; malloc'd array of arena texts. */
struct named_sets {
	const char **items;
	size_t count, room;
};
void boot_set_names(struct named_sets *names, struct arena *arena, const struct ruleset *rs);

/*
 * What the file of sets will hold: `ours` (of ipset save), and of `old` every line about another
 * set.
 */
void boot_merge_sets(struct sink *sink, const char *old, const char *ours,
		     const struct named_sets *names);
/* The members of lists of sets in a text of ipset save that `names` lacks are added to it. */
bool boot_add_members(struct named_sets *names, struct arena *arena, const char *saved);

/*
 * Writes the three files, after a record of all of them that is journal first and last good copy
 * then; the one before it is kept. record: v4, v6, sets, ports. Under the lock.
 */
int boot_save(const struct where *where, struct record *record, struct err *err);
/* A save that was cut short is finished. 1: it was. Under the lock. */
int boot_finish_save(const struct where *where, struct err *err);

/* What a boot tries, in this order. */
enum boot_source { BOOT_FILES, BOOT_SAVED, BOOT_SAVED_BEFORE, BOOT_LIFELINES };

/*
 * Reads what the source has. -ENOENT quietly when it has nothing; an error text when it is damaged.
 * The texts are in record->arena.
 */
int boot_read(const struct where *where, enum boot_source source, struct record *record,
	      struct err *err);
/* What just loaded becomes the last good copy, unless it is that already. Never fails loudly. */
void boot_remember(const struct where *where, struct record *record);

/*
 * The rules that let in nobody but SSH: in the text form of iptables-restore. `ports` as
 * lifelines_ports gives it.
 */
void boot_lifelines_only(struct sink *sink, enum family family, const char *ports);
/*
 * Panic: nothing comes in or goes out but the lifelines of this moment and new logins from their
 * peers.
 */
void boot_panic(struct sink *sink, enum family family, const struct lifelines *lines);

/* Every table of `have` without rules, policies ACCEPT. */
void boot_empty(struct ruleset *rs, const struct ruleset *have);

/* Programs that would load rules of their own at the next boot; one name a line. */
void boot_others(struct sink *sink);

#endif
