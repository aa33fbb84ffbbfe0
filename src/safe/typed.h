/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that people type with iptables and its kind, in the history (doc/safety.md, "What is typed").
 * What one script does, or one line of a shell, is one entry.
 */
#ifndef POSTERN_SAFE_TYPED_H
#define POSTERN_SAFE_TYPED_H

#include "base/err.h"
#include "plan/diff.h"
#include "rules/rules.h"
#include "safe/place.h"
#include "safe/record.h"

struct typed_note {
	struct where where;
	uint64_t number;	/* of the entry; 0: none */
	bool is_more;		/* it was there, and grew */
	struct record before;	/* ... what had been added to it until then */
};
#define TYPED_NOTE_INIT ((struct typed_note){ 0 })
void typed_note_free(struct typed_note *note);

/*
 * Notes a change that is about to be made. `before` has the tables of the older dialects, too. `mine`:
 * the number that an earlier change of this process got, or 0; the command is the same then. On failure
 * nothing is noted, and the change may be made all the same.
 */
int typed_note(struct typed_note *note, uint64_t mine, const char *command,
	       const struct ruleset *before, const struct difference *d, struct err *err);
/* It was not made. */
void typed_undo(struct typed_note *note);

#endif
