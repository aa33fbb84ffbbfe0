/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation: what a run of the engine did with a packet, kept to be told. */
#ifndef POSTERN_CLI_EXPLAIN_H
#define POSTERN_CLI_EXPLAIN_H

#include "base/arena.h"
#include "cli/scene.h"
#include "dialect/packet.h"

/* What is known of a condition that a rule asked for. */
enum explain_doubt {
	DOUBT_NONE,
	DOUBT_IDLE,		/* not known, but nothing follows from it: the rule only counts or
				 * logs */
	DOUBT_ASSUMED,		/* not known, and the caller said what to take it for */
	DOUBT_OPEN,		/* not known: taken as no here, as yes in another run */
};

/* An event of the engine, as text. */
struct explain_step {
	enum event_kind kind;
	uint8_t hook;
	uint16_t depth;			/* of jumps */
	uint32_t number;
	enum answer answer;		/* what the run went on with */
	enum explain_doubt doubt;
	uint8_t condition;		/* DOUBT_OPEN: index into conditions */
	const char *table, *chain;
	const char *rule;		/* words of the rule, or NULL */
	const char *why;		/* what failed, what was done; NULL: nothing to say */
};

/* What is not known, as something that holds or does not. */
struct condition {
	const char *words;		/* "-m set --match-set bans src" */
	const char *why;		/* why it is not known */
	const char *rule, *where;	/* of the first rule that asked */
	unsigned number;		/* from 1, when the verdict depends on it; else 0 */
};

struct answered {
	uint8_t condition;		/* index into conditions */
	bool holds;
};

enum { UNKNOWNS_MOST = 16, CONDITIONS_MOST = 32, WAYS_MOST = 16, DECIDERS_MOST = 3,
       MISSES_MOST = 2, NOTES_MOST = 4 };

/* What comes of the packet, if ... */
struct way {
	struct answered ifs[UNKNOWNS_MOST];
	size_t if_count;		/* 0: whatever the answers are */
	enum fate fate;
	const char *deciders[DECIDERS_MOST];
	size_t decider_count;
	const char *after;		/* the packet as it left; NULL: as it came */
	const char *out;		/* device; "" when it stays here */
};

/* A rule that would have decided otherwise, and what would have had to be otherwise. */
struct miss {
	const char *rule, *where, *field, *value, *fate;
};

/* Something that a reader should be told: a sentence, and perhaps a rule or command below it. */
struct note {
	const char *label, *text, *words;
};

struct explanation {
	struct arena *arena;
	int64_t wall;			/* when the packet comes, seconds since 1970; 0: now */
	enum family family;
	struct packet_words words;
	const char *packet, *assumed;
	/* with all doubts as no */
	struct { struct explain_step *items; size_t count, room; } steps;
	struct condition conditions[CONDITIONS_MOST];
	size_t condition_count;
	struct way ways[WAYS_MOST];	/* one: the verdict; several: it depends */
	size_t way_count;
	bool more_ways;			/* there are others, which nobody looked at */
	enum fate fate;			/* FATE_UNKNOWN when the ways disagree */
	const char *decider_rule;	/* words of the rule, when one decides */
	struct miss misses[MISSES_MOST];
	size_t miss_count;
	struct note notes[NOTES_MOST];
	size_t note_count;
};

/* How much is to be found out. */
enum explain_depth {
	EXPLAIN_VERDICT,	/* ways and fate */
	EXPLAIN_ALL,		/* also steps, misses and notes */
};

/* Runs the packet, once for each way of deciding what is not known. */
int explain_packet(struct explanation *e, const struct scene *scene,
		   const struct assumptions *assumptions, enum explain_depth depth,
		   struct err *err);
void explanation_free(struct explanation *e);
#define AUTO_EXPLANATION __attribute__((cleanup(explanation_free))) struct explanation

/* For people, 80 columns; `all`: also long runs of rules that did not match. Memory sinks only. */
void explain_print(struct sink *sink, const struct explanation *e, bool all);
void explain_json(struct sink *sink, const struct explanation *e);

/* 0 accepted, 1 dropped or rejected, 3 not known. */
int explain_status(const struct explanation *e);

#endif
