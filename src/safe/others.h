/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What going back takes along of other people's: fail2ban and its kind go on while a change waits. */
#ifndef POSTERN_SAFE_OTHERS_H
#define POSTERN_SAFE_OTHERS_H

#include "base/sink.h"
#include "plan/diff.h"
#include "safe/place.h"

/*
 * Of the rules and chains that `d` removes, those that no change of the history from `since` on has
 * added: a line each, with the command that would bring it back. Returns how many; none when the history
 * does not tell (changes too long to be kept whole).
 */
uint32_t others_print(struct sink *sink, const struct where *where, uint64_t since,
		      const struct difference *d);

#endif
