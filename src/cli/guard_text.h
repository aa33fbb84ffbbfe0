/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guard says, and the commands that it names. */
#ifndef POSTERN_CLI_GUARD_TEXT_H
#define POSTERN_CLI_GUARD_TEXT_H

#include "cli/guard.h"
#include "safe/remedy.h"
#include "safe/review.h"

/* The change in words. */
struct change_words {
	struct typed typed;
	const char *command;		/* as it was typed, one line */
	enum family family;		/* of the change; of both: IPv4 */
	bool flushes;			/* rules put there first would go with it */
	bool is_file;			/* rules come from a file or from standard input */
	bool is_partly_made;		/* tables in front of this one in the file */
	bool is_past;			/* rules that nobody can add to: saved ones, of the history */
	const struct command *single;	/* the only command of one line, or NULL */
};

/* Texts are put into the arena; `plan` must outlive them. */
void change_words_of_plan(struct change_words *words, struct arena *arena,
			  const struct typed *typed, const struct plan *plan);
void change_words_of_all(struct change_words *words, struct arena *arena,
			 const struct typed *typed);

/* On stderr, 80 columns but for commands. */
void say_refused(const struct review *review, const struct remedy *remedy,
		 const struct change_words *words);
void say_warned(const struct review *review);

#endif
