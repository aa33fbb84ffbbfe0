/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which dialects of the past have rules in force, and in which order a packet meets them. */
#ifndef POSTERN_CLI_DIALECTS_H
#define POSTERN_CLI_DIALECTS_H

#include "base/err.h"
#include "base/sink.h"
#include "plan/backend.h"

/*
 * A line for each older dialect that is loaded, and then one for each hook with the chains there in
 * the order of their priorities, iptables' among them; nothing when none is loaded. `*closed` becomes
 * true when one of them has rules, or a policy that lets not everything pass.
 */
int dialects_print(struct sink *out, const struct backend *backend, bool *closed,
		   struct err *err);

#endif
