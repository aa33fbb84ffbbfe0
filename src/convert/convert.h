/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an old dialect to the next one (doc/convert.md): a script or a saved set becomes rules, rules
 * become text of the other dialect with remarks about what it cannot say, and both judge the same
 * packets.
 */
#ifndef POSTERN_CONVERT_CONVERT_H
#define POSTERN_CONVERT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "net/host.h"
#include "rules/rules.h"

/* What cannot be kept exactly, or was left out. */
struct remark {
	int line;			/* of the input, 0: about all of it */
	bool aside;			/* about counters or logs: no packet fares otherwise */
	const char *text;
};

struct rows;

struct conversion {
	struct arena arena;
	struct rows *rows;		/* of convert_print */
	enum dialect from, to;
	const struct host *host;	/* not owned; NULL or not known: nobody says */
	struct ruleset rules;		/* the tables of the old dialects, as the input makes them */
	struct { struct remark *items; size_t count, room; } remarks;
	/* Of each line of the output the line of the input it comes from, 0: of none */
	struct { int *items; size_t count, room; } lines;
};

#define CONVERSION_INIT ((struct conversion){ 0 })
void conversion_free(struct conversion *conversion);
#define AUTO_CONVERSION __attribute__((cleanup(conversion_free))) struct conversion

/*
 * Fills c->rules from a script of plain commands, or from what ipchains-save wrote. Lines that are
 * neither, or whose command fails, are left out with a remark. -EINVAL with ERR_OTHER when not one
 * line is of the dialect c->from.
 */
int convert_read(struct conversion *c, const char *text, size_t len, struct err *err);

/* Whether a text looks like one of an old dialect, and of which: no file of iptables-save does. */
bool convert_guess(const char *text, size_t len, enum dialect *from);
/* Copies what convert_read made into another rule set. */
void convert_take_rules(const struct conversion *c, struct ruleset *to);

/* The rules in the dialect c->to: what ipchains-restore or iptables-restore reads. */
void convert_print(struct conversion *c, struct sink *out);

/*
 * Port forwards have no words in ipchains and stay ipmasqadm's: puts them beside the rules that were
 * converted, for the proof.
 */
void convert_keep_forwards(const struct conversion *c, struct ruleset *converted);

/* How a proof came out. */
struct proof {
	unsigned packets, equal;
	unsigned explained, unexplained;	/* that differ */
	unsigned unknown;			/* that one side could not judge */
};

/*
 * Behind convert_print: judges `packets` packets, or a few more, by c->rules and by `converted`, whose
 * rules carry the line of the output as theirs. What differs is told to `report`, the first of each
 * kind.
 */
int convert_prove(const struct conversion *c, const struct ruleset *converted, unsigned packets,
		  struct sink *report, struct proof *proof, struct err *err);

#endif
