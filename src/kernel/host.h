/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of this host (net/host.h), read from the kernel. */
#ifndef POSTERN_KERNEL_HOST_H
#define POSTERN_KERNEL_HOST_H

#include "base/err.h"
#include "net/host.h"

/*
 * Devices, addresses, routes and forwarding of the current network namespace. Replaces what `host`
 * holds; on failure (ERR_RESOURCE) it is untouched. Of multipath routes the first hop is taken.
 */
int kernel_read_host(struct host *host, struct err *err);

#endif
