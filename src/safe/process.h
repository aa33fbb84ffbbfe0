/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other processes, as /proc tells of them (proc_pid_stat(5)). */
#ifndef POSTERN_SAFE_PROCESS_H
#define POSTERN_SAFE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first bytes of /proc/PID/NAME, NUL-terminated, without a final newline. */
bool process_read(int pid, const char *name, char *text, size_t room);
/* 0: it has none that we see, or is gone. */
int process_parent(int pid);
/* Clock ticks after the boot; a number that comes again belongs to another. 0: it is gone. */
uint64_t process_start(int pid);

#endif
