/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the review bites, and what is said then (doc/safety.md, "The review"). Whoever changes rules
 * asks here for the pass.
 */
#ifndef POSTERN_CLI_GUARD_H
#define POSTERN_CLI_GUARD_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/backend.h"
#include "plan/pass.h"
#include "plan/plan.h"
#include "rules/rules.h"
#include "safe/typed.h"

enum guard_wish {
	GUARD_AS_CONFIGURED,
	GUARD_ONLY_WARNS,	/* what is not confirmed is taken back anyway */
	GUARD_FORCED,		/* postern --force */
};
/* For everything this process does from now on. */
void guard_wish(enum guard_wish wish);

/* Somebody types, or the configuration has scripts reviewed, too. */
bool guard_looks(void);

/* What was typed: the program first. */
struct typed {
	const char *const *words;
	size_t count;
};

struct guarding {
	const struct pass *pass;
	struct arena arena;
	struct typed_note note;	/* in the history; taken back unless the change is made */
	const char *afterwards;	/* for stderr once the change is made, or NULL */
};
#define GUARDING_INIT ((struct guarding){ 0 })
void guarding_free(struct guarding *g);
#define AUTO_GUARDING __attribute__((cleanup(guarding_free))) struct guarding

/*
 * The pass for a plan, or for making `have` into `want` (`with_old`: both have the tables of the older
 * dialects, which stay otherwise). -EPERM when it is refused: why, and what
 * would be safe, has been told on stderr then (err->told).
 */
int guard_plan(const struct backend *backend, const struct plan *plan, const struct typed *typed,
	       struct guarding *g, struct err *err);
int guard_change(const struct backend *backend, const struct ruleset *have,
		 const struct ruleset *want, bool with_old, const struct typed *typed,
		 struct guarding *g, struct err *err);
/* The change is made: says what there is to say. */
void guard_made(struct guarding *g);

#endif
