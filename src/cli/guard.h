/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the review bites, and what is said then (doc/safety.md, "The review"). Whoever changes rules
 * asks here for the pass.
 */
#ifndef POSTERN_CLI_GUARD_H
#define POSTERN_CLI_GUARD_H

#include "base/err.h"
#include "plan/backend.h"
#include "plan/pass.h"
#include "plan/plan.h"
#include "rules/rules.h"

enum guard_wish {
	GUARD_AS_CONFIGURED,
	GUARD_ONLY_WARNS,	/* what is not confirmed is taken back anyway */
	GUARD_FORCED,		/* postern --force */
};
/* For everything this process does from now on. */
void guard_wish(enum guard_wish wish);

/*
 * The pass for a plan, or for making `have` into `want`. `command` is for the log, as it was typed.
 * -EPERM when it is refused: the lifelines that would be cut have been told on stderr then, and err
 * says it in one line.
 */
int guard_plan(const struct backend *backend, const struct plan *plan, const char *command,
	       const struct pass **pass, struct err *err);
int guard_change(const struct ruleset *have, const struct ruleset *want, const char *command,
		 const struct pass **pass, struct err *err);

#endif
