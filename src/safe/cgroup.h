/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Control groups of sockets, by the number that sock_diag tells (safe/sockets.h). */
#ifndef POSTERN_SAFE_CGROUP_H
#define POSTERN_SAFE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The path of a group of cgroup2, from the root of its tree, as rules of -m cgroup have it ("/" is the
 * root). False, with `path` "": it is gone, is not below ours, or nobody tells us (that takes
 * CAP_DAC_READ_SEARCH, and the tree mounted).
 */
bool cgroup_path(uint64_t number, char *path, size_t room);

#endif
