/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules log to netlink groups (NFLOG), packet by packet. */
#ifndef POSTERN_KERNEL_LOGS_H
#define POSTERN_KERNEL_LOGS_H

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct kernel_logs;

/* One packet. Pointers hold until the next one is asked for. */
struct kernel_log {
	uint16_t group;
	uint8_t hook;			/* NF_INET_* */
	const char *prefix;		/* "" without one */
	char in[IFNAMSIZ], out[IFNAMSIZ];	/* "": none */
	uint64_t ns;			/* since 1970-01-01 */
	const uint8_t *bytes;		/* from the IP header on */
	size_t len;			/* as many as were copied */
};

/*
 * Listens to groups, of packets of IPv4; `most` bytes of each packet, or less where its rule says so.
 * One program at a time can listen to a group. ERR_RESOURCE.
 */
int kernel_logs_open(struct kernel_logs **logs, const uint16_t *groups, size_t count, uint32_t most,
		     struct err *err);
void kernel_logs_close(struct kernel_logs **logs);
#define AUTO_KERNEL_LOGS __attribute__((cleanup(kernel_logs_close))) struct kernel_logs

/* For poll. */
int kernel_logs_fd(const struct kernel_logs *logs);
/*
 * The next packet that has arrived: 1; 0: none waits. -ENOBUFS: some were lost, go on; another -errno
 * with err set.
 */
int kernel_logs_next(struct kernel_logs *logs, struct kernel_log *log, struct err *err);

#endif
