/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A batch of netlink messages: one transaction. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_BATCH_H
#define POSTERN_KERNEL_BATCH_H

#include <sys/uio.h>

#include "kernel/internal.h"

struct batch {
	struct { struct iovec *items; size_t count, room; } pages;
	struct nlmsghdr *last;		/* newest finished message */
	size_t bytes, messages;
};

void batch_free(struct batch *batch);
#define AUTO_BATCH __attribute__((cleanup(batch_free))) struct batch

/* What came back. Messages are named by their number: sequence number - that of the batch. */
struct batch_result {
	uint32_t last;			/* in: highest number in use */
	void (*refused)(void *context, uint32_t which,
		int errnum);	/* in: each error; or NULL */
	void *context;
	uint32_t which;			/* the first refused, 0: the transaction as a whole */
	int errnum;			/* 0: it was carried out */
	size_t errors;
	bool acknowledged, overrun;
	char text[160];
};

void batch_begin(struct batch *batch, uint32_t seq, uint32_t generation);
/* Asks for an acknowledgement of the last message and closes the batch. */
void batch_end(struct batch *batch, uint32_t seq);

/*
 * Sends it and collects what the kernel says. 0: all of it is in force. Else -errno, nothing has
 * changed, and `result` says what was refused.
 */
int batch_send(struct kernel *kernel, struct batch *batch, uint32_t seq,
	       struct batch_result *result);

#endif
