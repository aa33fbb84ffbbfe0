/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of -m hashlimit, by name and family: a bucket, or a rate, for each address or port. */
#ifndef POSTERN_EXT_BUCKETS_H
#define POSTERN_EXT_BUCKETS_H

#include "ext/eval.h"

struct xt_hashlimit_mtinfo3;

/*
 * What the rule says of the packet. A table holds 8192 entries, or fewer when its first rule says so;
 * when it is full, the kernel drops what would make another one.
 */
enum answer buckets_answer(struct eval *e, const struct xt_hashlimit_mtinfo3 *info);

#endif
