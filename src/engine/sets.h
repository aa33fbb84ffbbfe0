/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of ipset(8) as rules ask them (world.set_has, world.set_change). */
#ifndef POSTERN_ENGINE_SETS_H
#define POSTERN_ENGINE_SETS_H

#include "ext/eval.h"
#include "net/ipset.h"

struct sets;

/*
 * Over sets that somebody else owns and that do not change; those that packets change are copied first.
 * Elements that rules add take memory, up to the set's own limit.
 */
struct sets *sets_open(const struct ipsets *given);
void sets_close(struct sets **sets);

enum answer sets_have(struct sets *sets, struct eval *e, const struct set_use *use,
		      struct set_found *found);
bool sets_change(struct sets *sets, struct eval *e, const struct set_use *use, bool add);

#endif
