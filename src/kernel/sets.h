/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets of this network namespace (net/ipset.h), read from the kernel. */
#ifndef POSTERN_KERNEL_SETS_H
#define POSTERN_KERNEL_SETS_H

#include "base/err.h"
#include "net/ipset.h"

/*
 * Adds all of them, with what their elements have counted and how long they last. Takes CAP_NET_ADMIN.
 * ERR_RESOURCE when the kernel does not tell; what has been read by then is there.
 */
int kernel_read_sets(struct ipsets *sets, struct err *err);

#endif
