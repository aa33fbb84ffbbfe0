/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zeroing the counters of rules. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_ZERO_H
#define POSTERN_KERNEL_ZERO_H

#include "kernel/internal.h"

/* Rules of a chain to be zeroed one by one, as they were before the transaction. */
struct zero_list {
	struct zero_item { const struct op *op; uint64_t handle; char *chain; } *items;
	size_t count, room;
	bool one_by_one;
};

void zero_list_free(struct zero_list *list);

/* True when OP_RULE_ZERO `zero` reaches the rule that `op` (an add or a replace) makes. */
bool zero_covers(const struct op *zero, const struct op *op);

/* Before the transaction: notes handles where that is needed. */
int zero_collect(struct kernel *kernel, const struct plan *plan, struct zero_list *list);
/* After it. */
int zero_carry_out(struct kernel *kernel, const struct plan *plan, const struct zero_list *list,
		   struct refusal *refusal);

/*
 * apply.c: a plan without a pass, for what kernel/ itself has to do on behalf of one with a pass.
 */
int apply_plan(struct kernel *kernel, const struct plan *plan, struct refusal *refusal);

#endif
