/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of kernel/ share; nobody else includes it. */
#ifndef POSTERN_KERNEL_INTERNAL_H
#define POSTERN_KERNEL_INTERNAL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ext/ext.h"
#include "kernel/kernel.h"
#include "kernel/nl.h"

struct kernel {
	struct mnl_socket *socket;
	int fd;
	uint32_t seq;			/* of the next request */
	struct kernel_counts counts;
	uint8_t *buffer;		/* of BUFFER_SIZE, for what is received */
	bool no_reset;			/* NFT_MSG_GETRULE_RESET is not known to this kernel */
	/* Objects that this kernel does not have; frames go without them. */
	bool no_helper, no_timeout;
};

enum {
	/* The kernel never puts more than 32 KiB into one read of a dump. */
	BUFFER_SIZE = 64 * 1024,
	REQUEST_MOST = 512,		/* bytes of a request without expressions */
	/* A rule: all its expressions have to fit one attribute of 64 KiB, names come on top. */
	MESSAGE_MOST = 66 * 1024,
	MATCH_MOST = 128,		/* NFT_RULE_MAXEXPRS */
};

/* Receives one message of an answer; a negative return ends it with that error. */
typedef int nl_receive(const struct nlmsghdr *h, void *context);

/* socket.c: asks for one object. 0 when it was received, -ENOENT, or another -errno. */
int nl_get(struct kernel *kernel, struct msg *msg, nl_receive *receive, void *context);
/* All objects of a dump. -EINTR when the kernel's lists changed meanwhile: ask again. */
int nl_dump(struct kernel *kernel, struct msg *msg, nl_receive *receive, void *context);
/* The generation of the rule set, never 0 on success. */
int nl_generation(struct kernel *kernel, uint32_t *generation);

/* encode.c: the messages of one operation, all with `seq`. */
struct batch;
int encode_op(struct batch *batch, const struct op *op, uint32_t seq);

/* express.c: the expressions of a rule, as iptables 1.8.13 writes them, into an open message. */
int express_rule(struct msg *msg, enum family family, const struct rule *rule);
/* Its parts: the head's tests, a device's ("" is none), one ask. */
void express_head(struct msg *m, enum family family, const struct head *head);
void express_device(struct msg *m, const char *name, uint32_t key, bool negate);
/* What blobs of a rule need to know of its -p; behind its expressions. */
void express_compat(struct msg *m, const struct head *head);
int express_ask(struct msg *m, const struct ask *ask);

/* encode.c: a message with the table's name in `type`. */
void encode_start(struct batch *batch, struct msg *msg, const struct op *op, uint16_t kind,
		  uint16_t flags, uint32_t seq, uint16_t table_type);

/* batch.c: room for one message, at least MESSAGE_MOST bytes; batch_done takes what was written. */
void *batch_room(struct batch *batch, size_t *size);
/* -EMSGSIZE when the message had not fitted. */
int batch_done(struct batch *batch, struct msg *msg);

/* chain.c: what a NEWCHAIN message says, into its table; other tables' chains are passed over. */
int decode_chain(struct table *table, const struct nlmsghdr *h);
/* Takes out a chain that is not in the kernel, or all such; built-in ones stay as such. */
void forget_chain(struct chain *chain);
void forget_missing(struct table *table);
#endif
