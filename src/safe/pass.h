/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only maker of passes; every way to apply rules takes one. */
#ifndef POSTERN_SAFE_PASS_H
#define POSTERN_SAFE_PASS_H

#include "plan/pass.h"

struct review;

enum pass_kind {
	PASS_UNREVIEWED,	/* nobody looked: scripts, and whoever switched the guard off */
	PASS_REVIEWED,		/* the reviewer found nothing to object to */
	PASS_FORCED,		/* it did, and was overruled */
};

/* The pass that scripts get by default. Static, as all of them; not owned by the caller. */
const struct pass *pass_unreviewed(void);
/* NULL when the review found a lifeline cut. */
const struct pass *pass_reviewed(const struct review *review);
/*
 * Goes into the system log (LOG_AUTH): `command` as it was typed, and what it cuts. `review` may be
 * NULL: nobody looked.
 */
const struct pass *pass_forced(const struct review *review, const char *command);
enum pass_kind pass_kind(const struct pass *pass);

#endif
