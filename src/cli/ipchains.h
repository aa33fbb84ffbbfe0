/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the programs of ipchains share. */
#ifndef POSTERN_CLI_IPCHAINS_H
#define POSTERN_CLI_IPCHAINS_H

#include "base/vec.h"
#include "cli/old.h"
#include "dialect/ipchains.h"

/* Prints the error with its hint; returns the exit status. */
int ipchains_fail(const char *program, const struct err *err);
/* After a command failed: what ipchains says to that. */
void ipchains_reword(struct old_session *session, const struct command *command,
		     struct err *err);
/* -v of a command with rules. */
void ipchains_say(struct sink *out, const struct command *command);

#endif
