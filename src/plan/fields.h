/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of one packet, each read once: thousands of rules ask for the same five. What is kept
 * holds until something changes the packet or what is known beside it; then it is forgotten.
 */
#ifndef POSTERN_PLAN_FIELDS_H
#define POSTERN_PLAN_FIELDS_H

#include "ext/eval.h"

struct fields {
	struct eval *eval;
	uint64_t read, present;		/* a bit for each field */
	uint64_t value[FIELD_COUNT][2];	/* the bytes of field_read, behind them anything */
};

_Static_assert(FIELD_COUNT <= 64, "a field is a bit of struct fields");

static inline void fields_forget(struct fields *fields)
{
	fields->read = 0;
}

/* Reads for the first time; an unknown is not kept, so that its reason is written anew. */
enum answer fields_read(struct fields *fields, enum field field);

/* YES: fields->value[field] holds it; NO: the packet has none. */
static inline enum answer fields_load(struct fields *fields, enum field field)
{
	uint64_t bit = (uint64_t)1 << field;

	if (fields->read & bit)
		return fields->present & bit ? ANSWER_YES : ANSWER_NO;
	return fields_read(fields, field);
}

#endif
