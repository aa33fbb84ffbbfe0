/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entries of the kernel's connection tracking: one, as rules see it, or all, as listings do. */
#ifndef POSTERN_KERNEL_CONNECTION_H
#define POSTERN_KERNEL_CONNECTION_H

#include "base/err.h"
#include "ext/eval.h"

/*
 * The entry one of whose directions is `tuple` (addresses, ports, protocol; zone 0). 0; -ENOENT: the
 * kernel does not track it (it is older than tracking, or nothing tracks). `tcp_state` is enum
 * tcp_conntrack; `expires` is what is left now, ns. Another -errno with err set (ERR_RESOURCE).
 */
int kernel_connection(struct connection *conn, uint8_t *tcp_state, const struct tuple *tuple,
		      struct err *err);

/* What a listing shows beside the connection itself. */
struct kernel_flow {
	struct connection conn;		/* ICMP: the identifier as ports, type and code */
	uint32_t seconds;		/* left */
	/* Of what the original direction sends: where NAT last changed its length, and how. */
	uint32_t seq;
	int32_t delta, previous_delta;	/* bytes behind and in front of that place */
};

/*
 * All entries of a family, in the kernel's order, to `take`, whose negative result ends it. 0, or -errno
 * with err set: ERR_RESOURCE.
 */
int kernel_flows(enum family family,
		 int (*take)(void *context, const struct kernel_flow *flow), void *context,
		 struct err *err);

#endif
