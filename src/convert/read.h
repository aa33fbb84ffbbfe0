/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside convert/: single commands of the old programs, carried out on the rules of a conversion. */
#ifndef POSTERN_CONVERT_READ_H
#define POSTERN_CONVERT_READ_H

#include "convert/rows.h"
#include "rules/command.h"

struct reader {
	struct conversion *c;
	struct arena *arena;
	int line;
	unsigned accepted;
	/* What was carried out, in order: the rules are made anew behind a failure */
	struct { const struct command **items; size_t count, room; } done;
};

/* A program with its words, or a line of a saved set; what cannot be carried out is remarked. */
void read_command(struct reader *r, const char *const *words, size_t count);
void read_end(struct reader *r);

#endif
