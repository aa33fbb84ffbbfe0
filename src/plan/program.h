/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rule set made ready to judge packets: each rule is a row of steps (tests of fields, then
 * functions of extensions) and an end; each chain has its rules in one array, and an index when it
 * is long. A program refers to the rule set it was made of, which must outlive it unchanged (but
 * for counters).
 */
#ifndef POSTERN_PLAN_PROGRAM_H
#define POSTERN_PLAN_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "ext/eval.h"
#include "plan/fields.h"
#include "rules/rules.h"

struct index;

enum step_kind {
	STEP_EQUAL,		/* (field & mask) == low */
	STEP_ANY_BIT,		/* (field & mask) != 0 */
	STEP_PORTS,		/* low <= field <= high, a field of two bytes on the wire */
	STEP_ASK,		/* another relation of a field */
	STEP_MATCH,		/* the extension's function */
	STEP_UNKNOWN,		/* nobody in user space can tell, because `why` */
};

enum { STEP_HEAD = UINT16_MAX };	/* step.use of the rule's own tests */

struct step {
	uint8_t kind;			/* enum step_kind */
	uint8_t field, field_or;	/* enum field; FIELD_NONE: no alternative */
	bool negate;
	bool by_xtables;		/* a match of xtables asks, no expression of nf_tables */
	uint8_t nth;			/* which of the use's (or head's) tests it is */
	uint16_t use;			/* index into the rule's matches, or STEP_HEAD */
	union {
		struct { uint64_t mask[2], low[2]; };
		struct { uint16_t port_low, port_high; };
		const struct ask *ask;
		struct { match_function *match; const void *data; void *state; };
		const char *why;
	};
};

enum program_end {
	END_NONE,		/* counts only */
	END_VERDICT,		/* ACCEPT, DROP, RETURN and no more */
	END_ACT,		/* the target's function */
	END_NOTED,		/* goes on; user space has nothing to do for it */
	END_JUMP, END_GOTO,
	END_UNKNOWN,		/* what it does is known to the kernel only: `why` */
};

struct program_rule {
	const struct step *steps;
	uint16_t step_count;
	uint16_t leading;		/* steps before the first with an effect of its own: tests
					 * of fields that do nothing but answer */
	uint8_t end;			/* enum program_end */
	uint8_t verdict;		/* enum verdict, END_VERDICT */
	uint32_t number;		/* from 1 */
	struct rule *rule;
	const struct rule *tested;	/* whose head and matches the steps are of: `rule`, but of one
					 * with -b of ipfwadm the second time its copy turned round */
	union {
		struct program_chain *to;
		struct { act_function *act; void *state; };
		const char *why;
	};
};

struct program_chain {
	struct chain *chain;
	const struct builtin_chain *base;	/* NULL: only jumped to */
	uint8_t table;				/* TABLE_* of ext.h; 0: none of iptables' */
	uint8_t colour;				/* while circles are looked for */
	struct program_rule *rules;
	uint32_t count;				/* one more for each rule with -b */
	const struct index *index;		/* NULL: short, or nothing to tell rules apart by */
	struct program_chain *next;
};

struct program {
	struct arena arena;
	struct program_chain *chains;
	/*
	 * Base chains that are not evaluated: in families or at hooks of which iptables knows
	 * nothing.
	 */
	const struct chain **left_out;
	size_t left_out_count;
	/* Families (IN_V4, IN_V6) in which some rule needs connections to be tracked. */
	unsigned tracked;
};

#define PROGRAM_INIT ((struct program){ 0 })
void program_free(struct program *program);

/*
 * Never fails: what cannot be evaluated becomes an unknown. With `before`, what the uses of equal
 * rules in chains of the same name keep between packets (quotas, buckets) is taken over from it. An
 * index takes most of the time, and pays off after a few packets.
 */
void program_make(struct program *program, const struct ruleset *rules,
		  const struct program *before, bool indexed);

/* What uses keep between packets is as at first. */
void program_forget(struct program *program);

/*
 * The rule's own head (-s, -d, -i, -o, -p, -f) as tests, in that order; their `opt` is NULL and the
 * field says which. Returns their number, at most HEAD_TESTS.
 */
enum { HEAD_TESTS = 6 };
_Static_assert((int)HEAD_TESTS <= (int)TESTS_MOST, "room for tests is room for a head");
int head_tests(enum family family, const struct head *head, struct test *tests, size_t room);

/* It asks about a field, and has no other effect, not even on unfit packets. */
static inline bool step_only_answers(const struct step *step)
{
	return step->kind < STEP_MATCH && !field_drops_unfit(step->field) &&
	       !field_drops_unfit(step->field_or);
}

/* Of a field's value, in a step of the kinds before STEP_MATCH; `negate` aside. */
static inline bool step_holds(const struct step *step, const uint64_t value[2])
{
	uint8_t port[2];
	unsigned number;

	switch ((enum step_kind)step->kind) {
	case STEP_EQUAL:
		return !(((value[0] & step->mask[0]) ^ step->low[0]) |
			 ((value[1] & step->mask[1]) ^ step->low[1]));
	case STEP_ANY_BIT:
		return (value[0] & step->mask[0]) | (value[1] & step->mask[1]);
	case STEP_PORTS:
		memcpy(port, value, sizeof(port));
		number = (unsigned)port[0] << 8 | port[1];
		return number >= step->port_low && number <= step->port_high;
	case STEP_ASK:
		return ask_holds(step->ask, (const uint8_t *)value);
	case STEP_MATCH:
	case STEP_UNKNOWN:
		break;
	}
	return false;
}

/* Any step. */
enum answer step_ask(struct fields *fields, const struct step *step);

/*
 * What one step of a rule says; a negation is in the answer. The usual kind, about a field that was
 * read already, is answered on the spot.
 */
static inline enum answer step_answer(struct fields *fields, const struct step *step)
{
	if (step->kind >= STEP_MATCH || step->field_or ||
	    !(fields->read & fields->present & (uint64_t)1 << step->field))
		return step_ask(fields, step);
	return answer_of(step_holds(step, fields->value[step->field]) != step->negate);
}

/* The test behind a step of the kinds before STEP_MATCH, written out again for explanations. */
bool step_test(const struct program_rule *rule, const struct step *step, enum family family,
	       struct test *test);

#endif
