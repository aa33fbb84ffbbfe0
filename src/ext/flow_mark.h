/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marks of -j HMARK: a hash of what tells flows apart. */
#ifndef POSTERN_EXT_FLOW_MARK_H
#define POSTERN_EXT_FLOW_MARK_H

#include "ext/eval.h"

struct xt_hmark_info;

/*
 * Sets the packet's mark, as hmark_tg_v4() and _v6() of net/netfilter/xt_HMARK.c do; of a packet that
 * is cut off, or whose connection is not known, the mark is not known afterwards.
 */
void flow_mark(struct eval *e, const struct xt_hmark_info *info);

#endif
