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
/*
 * Who the neighbours are, whose hardware address the kernel knows now, added to a host read by
 * kernel_read_host(). On failure (ERR_RESOURCE) some may be there.
 */
int kernel_read_neighbours(struct host *host, struct err *err);
/*
 * A socket that hears of changes of any of these, to poll for POLLIN and to close; or -errno
 * (ERR_RESOURCE). Made before the host is read, it misses nothing.
 */
int kernel_watch_host(struct err *err);
/* Has anything changed since it was asked last? */
bool kernel_host_changed(int fd);

#endif
