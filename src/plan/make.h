/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make programs. */
#ifndef POSTERN_PLAN_MAKE_H
#define POSTERN_PLAN_MAKE_H

#include "base/hash.h"
#include "plan/program.h"

struct row;

struct maker {
	struct program *program;
	struct hash names;		/* of the table's chains, to struct program_chain */
	struct row *row;		/* steps of the rule that is being made */
	bool indexed;
};

/* Copies what uses of equal rules kept in `before` (program_make). */
void program_inherit(struct program *program, const struct program *before);

/* Rules that lead back to a chain they are reached from become unknowns. */
void program_cut_loops(struct program *program);

#endif
