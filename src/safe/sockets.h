/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of this network namespace, from the kernel's sock_diag. */
#ifndef POSTERN_SAFE_SOCKETS_H
#define POSTERN_SAFE_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/addr.h"

struct inet_socket {
	enum family family;		/* IPv4 also for mapped addresses of an IPv6 socket */
	uint8_t proto;
	bool listens;			/* TCP */
	union inet_addr local, peer;
	uint16_t port, peer_port;
	uint32_t inode, uid;
	uint64_t cgroup;		/* number of its control group (cgroup2); 0: not told */
	uint8_t tos;			/* what its packets are marked with: TOS, or traffic class */
	bool only_v6;			/* an IPv6 one that IPv4 does not reach; of those without a peer */
};

struct inet_sockets {
	struct inet_socket *items;	/* sorted by inode */
	size_t count, room;
};

enum { SOCKETS_MOST = 1 << 18 };

/* Established and listening TCP sockets, and UDP sockets, of both families. */
int sockets_read(struct inet_sockets *sockets, struct err *err);
void sockets_free(struct inet_sockets *sockets);
#define AUTO_SOCKETS __attribute__((cleanup(sockets_free))) struct inet_sockets

struct inet_socket *sockets_find(const struct inet_sockets *sockets, uint32_t inode);

#endif
