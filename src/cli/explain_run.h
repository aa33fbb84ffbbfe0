/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of explain: one run of the engine, with somebody who takes notes. */
#ifndef POSTERN_CLI_EXPLAIN_RUN_H
#define POSTERN_CLI_EXPLAIN_RUN_H

#include "cli/explain.h"

enum { EXPLAIN_ROOM = 66000 };

struct explain_run {
	struct explanation *e;
	const struct scene *scene;
	const struct assumptions *assumptions;	/* may be NULL */
	bool keeps_steps;
	/* Sees every event, after the notes were taken; NULL: nobody. */
	void (*watch)(struct explain_run *run, const struct event *event);
	void *context;				/* watch's */
	const struct rule *without;		/* passed over */
	/* Unknowns in the order in which they are met: the first ones decided, the others no. */
	const bool *decided;
	size_t decided_count;
	struct answered given[UNKNOWNS_MOST];
	size_t given_count;
	/* of the rule under way */
	enum explain_doubt doubt;
	uint8_t condition;
	const char *doubt_why;
	uint16_t depth;
	struct packet packet;			/* as it left */
	struct outcome outcome;
	uint8_t bytes[EXPLAIN_ROOM];
};

/*
 * Runs the packet of `words` through an engine of its own: nothing that one run did may change
 * another one.
 */
int explain_run(struct explain_run *run, struct packet_words *words, struct err *err);

/* Text that was written, in the explanation's arena; NULL when there is none. */
const char *explain_keep(struct explanation *e, struct sink *text);
/* "rule 2 of INPUT in table filter" and its like, kept. */
const char *explain_decider(struct explanation *e, const struct outcome *outcome);

/* The first run and those that follow from what is not known: conditions, ways, fate. */
int explain_ways(struct explain_run *run, struct err *err);

/* explain_miss.c: rules that one other field would have made decide, otherwise. */
void explain_misses(struct explain_run *run);
/* explain_notes.c: what a reader might overlook. */
void explain_notes(struct explain_run *run);

/* Dropped or let through or not known: what a person asks first. */
static inline bool explain_differs(enum fate a, enum fate b)
{
	return fate_status(a) != fate_status(b);
}

#endif
