/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists of -m recent, by name: who was seen, and when. */
#ifndef POSTERN_EXT_SEEN_H
#define POSTERN_EXT_SEEN_H

#include "ext/eval.h"

struct xt_recent_mtinfo_v1;

/*
 * What the rule says of the packet, and what it writes into its list. A list holds 100 addresses, as
 * the kernel's does unless it was loaded otherwise (the one not seen for longest makes room), and 256
 * times for each: a rule with more --hitcount cannot be answered.
 */
enum answer seen_answer(struct eval *e, const struct xt_recent_mtinfo_v1 *info);

#endif
