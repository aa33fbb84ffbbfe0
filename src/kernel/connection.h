/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One entry of the kernel's connection tracking, as rules see it. */
#ifndef POSTERN_KERNEL_CONNECTION_H
#define POSTERN_KERNEL_CONNECTION_H

#include "base/err.h"
#include "ext/eval.h"

/*
 * The entry one of whose directions is `tuple` (addresses, ports, protocol; zone 0). 0; -ENOENT: the
 * kernel does not track it (it is older than tracking, or nothing tracks). `tcp_state` is enum
 * tcp_conntrack. Another -errno with err set (ERR_RESOURCE).
 */
int kernel_connection(struct connection *conn, uint8_t *tcp_state, const struct tuple *tuple,
		      struct err *err);

#endif
