// SPDX-License-Identifier: GPL-2.0-or-later
/* Fields read once, and the steps of rules that ask about them. */
#include "plan/fields.h"

#include "plan/program.h"

static bool is_of_transport(enum field field)
{
	return field_table[field].from == FROM_TRANSPORT;
}

enum answer fields_read(struct fields *fields, enum field field)
{
	uint64_t bit = (uint64_t)1 << field;
	struct eval *e = fields->eval;
	bool later = e->packet->fragment && is_of_transport(field) && !field_drops_unfit(field);
	uint8_t *bytes = (uint8_t *)fields->value[field];
	enum answer answer =
		later ? field_read_later(e, field, bytes) : field_read(e, field, bytes);

	if (answer == ANSWER_UNKNOWN)
		return answer;
	fields->read |= bit;
	if (answer == ANSWER_YES)
		fields->present |= bit;
	else
		fields->present &= ~bit;
	return answer;
}

/* Either field will do (a port, whichever way); negated, neither may. */
static enum answer either(struct fields *fields, const struct step *step)
{
	enum answer first = fields_load(fields, step->field), second;
	bool yes;

	if (first != ANSWER_YES)
		return first;
	yes = step_holds(step, fields->value[step->field]);
	if (!yes) {
		second = fields_load(fields, step->field_or);
		if (second != ANSWER_YES)
			return second;
		yes = step_holds(step, fields->value[step->field_or]);
	}
	return answer_of(yes != step->negate);
}

enum answer step_ask(struct fields *fields, const struct step *step)
{
	struct eval *e = fields->eval;
	enum answer answer;

	if (step->kind < STEP_MATCH) {
		/* Every match of xtables that reads a transport header looks for it first. */
		if (step->by_xtables && e->packet->fragment && is_of_transport(step->field))
			return ANSWER_NO;
		if (step->field_or)
			return either(fields, step);
		answer = fields_load(fields, step->field);
		if (answer != ANSWER_YES)
			return answer;
		return answer_of(step_holds(step, fields->value[step->field]) != step->negate);
	}
	if (step->kind == STEP_MATCH)
		return step->match(e, step->data, step->state);
	return eval_unknown(e, "%s", step->why);
}
