/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other family: a service that a change closes in IPv4 may still be open to everybody in IPv6,
 * where the same name leads. Judged by the engine for the sockets that really listen.
 */
#ifndef POSTERN_SAFE_TWIN_H
#define POSTERN_SAFE_TWIN_H

#include "base/sink.h"
#include "rules/rules.h"
#include "safe/probe.h"

/*
 * Says which services strangers reached in IPv4 with the rules of `before`, do not with those of
 * `after`, and reach in IPv6 all the same; and the command that closes them there, where one does.
 * Nothing when there is none, or nothing can be known. `after` gets the rules that were tried.
 */
void twin_look(struct sink *sink, struct ruleset *before, struct ruleset *after,
	       const struct scenery *scenery);

#endif
