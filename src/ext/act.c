// SPDX-License-Identifier: GPL-2.0-or-later
/* What several targets do. */
#include "ext/eval.h"

enum verdict act_nothing(struct eval *e, const void *data, void *state)
{
	(void)e;
	(void)data;
	(void)state;
	return VERDICT_NONE;
}

void act_set_mark(struct eval *e, uint32_t value, uint32_t mask)
{
	e->meta->mark = (e->meta->mark & ~mask) ^ value;
	if (mask == UINT32_MAX)
		e->meta->known |= KNOWN_MARK;
}
