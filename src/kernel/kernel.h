/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nf_tables backend: reads rule sets from the kernel and carries out plans, each as one netlink
 * transaction. What it writes is what iptables 1.8.13 writes.
 */
#ifndef POSTERN_KERNEL_KERNEL_H
#define POSTERN_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/backend.h"
#include "plan/pass.h"
#include "plan/plan.h"
#include "rules/rules.h"

struct kernel;

/* Opens the netlink socket. Fails with ERR_RESOURCE (no nf_tables, no permission). */
int kernel_open(struct kernel **kernel, struct err *err);
void kernel_close(struct kernel **kernel);
#define AUTO_KERNEL __attribute__((cleanup(kernel_close))) struct kernel

/* The same as a backend, which owns the socket: backend_close closes it. */
int kernel_open_backend(struct backend *backend, struct err *err);

/*
 * Reads a table into `rs`: `chain` NULL reads the rules of all chains, else only of that one
 * (chains themselves are all read with READ_CHAINS and when `chain` is NULL; with a chain and
 * deeper reads only that chain appears). A table or chain that is not there is no error: it has
 * exists == false, or is absent. Every read belongs to one generation (it is repeated until it
 * does); of several reads into one `rs` the first sets rs->generation, so that a plan made from
 * parts of different age is refused. Built-in chains come first, in hook order, then foreign base
 * chains, then the others by name.
 */
int kernel_read(struct kernel *kernel, struct ruleset *rs, enum family family, const char *table,
		const char *chain, enum read_depth depth, struct err *err);

/* Names of all tables of a family, in the kernel's order, as tables of `rs` without chains. */
int kernel_read_tables(struct kernel *kernel, struct ruleset *rs, enum family family,
		       struct err *err);

/*
 * Carries out all operations as one transaction or none. Returns 0, or -errno with `refusal` filled
 * in (its text: the extended ack) and no error text: what it means depends on the command, so the
 * caller words it. -ERESTART: the plan was made from a view (plan->generation) that is no longer
 * what the kernel has, or somebody else made a built-in chain first; make it again. Deletions and
 * flushes that may_be_missing cost nothing when they are not, and a second attempt without them
 * when they are.
 */
int kernel_apply(struct kernel *kernel, const struct plan *plan, const struct pass *pass,
		 struct refusal *refusal);

/* The generation that the rules are of, never 0: it changes with every transaction. 0 or -errno. */
int kernel_generation(struct kernel *kernel, uint32_t *generation);

/* One object, without a dump: 0, -ENOENT, or another -errno. `handle`, `base` may be NULL. */
int kernel_has_table(struct kernel *kernel, enum family family, const char *table);
int kernel_has_chain(struct kernel *kernel, enum family family, const char *table,
		     const char *chain, uint64_t *handle, bool *base);

/*
 * Sets counters of rules to zero: of one rule (`handle`), of all of a chain, or (`chain` NULL) of a
 * table. No transaction, and nothing else of the rules changes, except on kernels before 6.2, where
 * rules are replaced by themselves and those we have no words for keep their counters. 0, -ENOENT,
 * or another -errno. kernel_apply does the same for OP_RULE_ZERO, where a handle of 0 stands for
 * all, after the transaction.
 */
int kernel_zero(struct kernel *kernel, enum family family, const char *table, const char *chain,
		uint64_t handle);

/*
 * Whether the kernel has the extension in our revision: 0, -ENOENT (it has not), -EPROTONOSUPPORT
 * (in others only), or another -errno. Loads its module.
 */
int kernel_has_extension(struct kernel *kernel, enum family family, const struct ext *ext);

/* Counts of what went over the socket, for tests and --verbose: messages sent and received. */
struct kernel_counts {
	uint64_t batches, messages, requests, dumps;
};
const struct kernel_counts *kernel_counts(const struct kernel *kernel);

#endif
