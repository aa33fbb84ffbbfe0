/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would make a change safe that cuts lifelines: rules in front of everything else, found by
 * trying them, with the same review that refused the change.
 */
#ifndef POSTERN_SAFE_REMEDY_H
#define POSTERN_SAFE_REMEDY_H

#include "base/arena.h"
#include "base/err.h"
#include "safe/lifeline.h"
#include "safe/review.h"

enum { REMEDY_MOST = 8 };

struct remedy_step {
	enum family family;
	const char *table, *chain;
	bool is_policy;			/* else a rule at the head of the chain */
	const char *program;		/* "iptables", "ipchains", ... */
	const char *words;		/* behind the program's name, and -t: "-I INPUT ..." */
};

struct remedy {
	struct arena arena;
	struct remedy_step steps[REMEDY_MOST];
	size_t count;			/* 0: nothing is known that helps */
};

#define REMEDY_INIT ((struct remedy){ 0 })
void remedy_free(struct remedy *remedy);
#define AUTO_REMEDY __attribute__((cleanup(remedy_free))) struct remedy

/*
 * Tries until the review has nothing to say any more; `after` gets the rules that were tried. With
 * `flushed`, a chain that is empty now gets the policy ACCEPT instead: rules would go with it.
 */
void remedy_find(struct remedy *remedy, const struct lifelines *lines, struct ruleset *before,
		 struct ruleset *after, const struct scenery *scenery, bool flushed);

/* The whole command, with -t where it is needed. */
void remedy_print_step(struct sink *sink, const struct remedy_step *step);

#endif
