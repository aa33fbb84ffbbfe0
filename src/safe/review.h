/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Would a change cut its owner off? The packet engine is asked about every lifeline, with the rules
 * of before and those of after (doc/safety.md, "The review").
 */
#ifndef POSTERN_SAFE_REVIEW_H
#define POSTERN_SAFE_REVIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "rules/rules.h"
#include "safe/lifeline.h"
#include "safe/probe.h"

/* A lifeline that works with the old rules and not with the new ones. */
struct cut {
	struct cut *next;
	const struct lifeline *line;
	enum loss loss;
	bool both;			/* whoever speaks first */
	bool later;			/* after a while, when something has run out */
	bool outgoing;			/* the packet that is lost is one we send */
	bool certain;			/* false: what the rules say of it cannot be known here */
	const char *where;		/* "rule 3 of INPUT in table filter", or why */
	const char *rule;		/* its words, or NULL */
	const char *why;		/* !certain: what is not known, or NULL */
	const char *table, *chain;	/* of the decision, or NULL */
	bool by_policy;
	const char *elsewhere;		/* it is delivered, but to somebody else: by this chain of nat */
	bool redirected;		/* ... by an older dialect's REDIRECT */
	uint16_t called;		/* the port the lost packet was for, when it comes in */
};

struct review {
	struct arena arena;
	struct cut *first;
	uint32_t count;			/* lifelines that are cut */
	uint32_t looked_at;
};

#define REVIEW_INIT ((struct review){ 0 })
void review_free(struct review *review);
#define AUTO_REVIEW __attribute__((cleanup(review_free))) struct review

/*
 * Judges all lifelines. The rule sets (with the tables of the older dialects, where the review is to
 * hear of them) and lines must outlive the review. Fails with ERR_RESOURCE when what has to be looked at
 * cannot be read; then nothing is known to be safe.
 */
int review_change(struct review *review, const struct lifelines *lines,
		  const struct ruleset *before, const struct ruleset *after,
		  const struct scenery *scenery, struct err *err);

/*
 * "SSH session ... (you type in it) would be cut: what the peer sends is dropped by ..." and the
 * rest, a paragraph for each, 80 columns.
 */
void review_print(struct sink *sink, const struct review *review);

#endif
