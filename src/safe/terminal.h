/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who is at the other end of a terminal. */
#ifndef POSTERN_SAFE_TERMINAL_H
#define POSTERN_SAFE_TERMINAL_H

#include <stddef.h>

/*
 * Processes that hold the other end of the pseudo-terminals at standard input and standard error: sshd, tmux,
 * script, ... At most `room`; returns how many. Only root sees those of other users.
 */
size_t terminal_holders(int *pids, size_t room);

#endif
