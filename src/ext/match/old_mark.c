// SPDX-License-Identifier: GPL-2.0-or-later
/* -m of ipchains: set the packet's mark, or add to it. */
#include "ext/old.h"

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct old_mark *m = data;

	(void)state;
	if (e->simulated)
		return ANSWER_YES;
	switch ((enum old_mark_mode)m->mode) {
	case OLD_MARK_SET:
		e->meta->mark = m->value;
		e->meta->known |= KNOWN_MARK;
		break;
	case OLD_MARK_ADD:
		e->meta->mark += m->value;
		break;
	case OLD_MARK_SUBTRACT:
		e->meta->mark -= m->value;
		break;
	}
	return ANSWER_YES;
}

static const struct ext mark = {
	.name = "old-mark", .kind = EXT_MATCH, .families = IN_V4, .old = true,
	.size = sizeof(struct old_mark), .effect = EFFECT_COUNTS, .not_compared = true,
	.match = match, .summary = "set the packet's mark, or add to it",
};
EXT_REGISTER(mark);
