/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where safe/ keeps things, and which boot and network namespace they belong to. See
 * doc/safety.md.
 */
#ifndef POSTERN_SAFE_PLACE_H
#define POSTERN_SAFE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define PLACE_STATE "/var/lib/postern"
#define PLACE_RUN "/run/postern"
#define PLACE_PENDING PLACE_STATE "/pending"

enum { BOOT_ID_LEN = 36, PLACE_MAX = 96 };

struct where {
	char boot[BOOT_ID_LEN + 1];	/* /proc/sys/kernel/random/boot_id; "" when there is none */
	uint64_t netns;			/* SO_NETNS_COOKIE, the inode before Linux 5.14; never 0 */
	bool main;			/* the namespace of process 1 (or there is no way to know) */
	char state[PLACE_MAX];		/* folder of history and saved rules */
	char pending[PLACE_MAX];	/* file of a change that waits for its confirmation */
	char lock[PLACE_MAX];		/* taken for each step of it */
};

int where_find(struct where *where, struct err *err);

/* Makes the folders (0700), those of `pending` only when it is asked for. */
int where_make(const struct where *where, bool pending, struct err *err);

/* Milliseconds of CLOCK_BOOTTIME: it counts suspend, and nobody can set it. */
uint64_t boottime_ms(void);

#endif
