/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only maker of passes. Until the reviewer exists there is one kind: unreviewed. */
#ifndef POSTERN_SAFE_PASS_H
#define POSTERN_SAFE_PASS_H

#include "plan/pass.h"

enum pass_kind { PASS_UNREVIEWED, PASS_REVIEWED, PASS_FORCED };

/* The pass that scripts get by default. Static; not owned by the caller. */
const struct pass *pass_unreviewed(void);
enum pass_kind pass_kind(const struct pass *pass);

#endif
