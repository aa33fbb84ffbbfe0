/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An explanation: what a run of the engine did with a packet, kept to be told. */
#ifndef POSTERN_CLI_EXPLAIN_H
#define POSTERN_CLI_EXPLAIN_H

#include "base/arena.h"
#include "cli/scene.h"
#include "dialect/packet.h"

/* An event of the engine, as text. */
struct step {
	enum event_kind kind;
	uint8_t hook;
	uint16_t depth;			/* of jumps */
	uint32_t number;
	enum answer answer;
	const char *table, *chain;
	const char *rule;		/* words of the rule, or NULL */
	const char *why;		/* what failed, what was done; NULL: nothing to say */
};

/* A way of deciding what is not known, and what comes of it. */
struct branch {
	enum answer *answers;		/* to the unknowns, in order */
	size_t count;
	enum fate fate;
	const char *decider;
};

struct unknown_step {
	const char *where, *rule, *why;
};

/* A rule that would have decided otherwise, and what would have had to be otherwise. */
struct miss {
	const char *rule, *where, *field, *value, *fate;
};

enum { BRANCHES_MOST = 16, UNKNOWNS_MOST = 16, MISSES_MOST = 2 };

struct explanation {
	struct arena *arena;
	enum family family;
	struct packet_words words;
	const char *packet, *assumed, *device;
	struct { struct step *items; size_t count, room; } steps;
	struct branch branches[BRANCHES_MOST];	/* the first one is the run that `steps` tell */
	size_t branch_count;
	bool more_branches;
	struct unknown_step unknowns[UNKNOWNS_MOST];	/* those of the first run */
	size_t unknown_count;
	enum fate fate;			/* FATE_UNKNOWN when the branches disagree */
	const char *decider, *decider_rule;
	const char *after;		/* the packet as it left, when it was changed */
	const char *device_out;		/* "" when it stays here */
	struct miss misses[MISSES_MOST];
	size_t miss_count;
};

/*
 * What is known beforehand of unknowns: "REASON=yes" answers those whose reason holds the words,
 * "yes" or "no" alone all of them.
 */
struct assumptions {
	const char *items[16];
	size_t count;
};

/* Runs the packet, once for each way of deciding what is not known. */
int explain_packet(struct explanation *e, const struct scene *scene,
		   const struct assumptions *assumptions, struct err *err);
void explanation_free(struct explanation *e);
#define AUTO_EXPLANATION __attribute__((cleanup(explanation_free))) struct explanation

/* For people, 80 columns; `all`: also long runs of rules that did not match. Memory sinks only. */
void explain_print(struct sink *sink, const struct explanation *e, bool all);
void explain_json(struct sink *sink, const struct explanation *e);

/* 0 accepted, 1 dropped or rejected, 3 not known. */
int explain_status(const struct explanation *e);

#endif
