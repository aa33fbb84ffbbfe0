// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a plan to a transaction. Message numbers are operation numbers, so that an error names its
 * operation without a table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "kernel/batch.h"
#include "kernel/frame.h"
#include "kernel/zero.h"

/* Message numbers: 0 opens the batch, operation i is i + 1. */
static const struct op *op_of(const struct plan *plan, uint32_t which)
{
	return which && which <= plan->count ? &plan->items[which - 1] : NULL;
}

/* Deletions of what may be missing that the kernel found missing. */
struct missing {
	const struct plan *plan;
	bool *skip;			/* per operation; NULL: none yet */
	size_t excused, errors;
};

static void note_missing(void *context, uint32_t which, int errnum)
{
	struct missing *m = context;
	const struct op *op = op_of(m->plan, which);

	m->errors++;
	if (!op || !op->may_be_missing || errnum != ENOENT)
		return;
	if (!m->skip) {
		m->skip = mem_alloc(m->plan->count);
		memset(m->skip, 0, m->plan->count);
	}
	if (!m->skip[which - 1])
		m->excused++;
	m->skip[which - 1] = true;
}

/* Counters that a later operation of the same plan zeroes are not written in the first place. */
static bool is_zeroed_later(const struct plan *plan, size_t i)
{
	const struct op *op = &plan->items[i];

	if (!op->rule || (!op->rule->counters.packets && !op->rule->counters.bytes))
		return false;
	for (size_t j = i + 1; j < plan->count; j++)
		if (zero_covers(&plan->items[j], op))
			return true;
	return false;
}

static int put_op(struct kernel *k, struct batch *batch, const struct plan *plan, size_t i,
		  uint32_t seq, bool zeros)
{
	struct op op = plan->items[i];
	const struct frame *frame = frame_of(op.family, op.table);
	struct rule rule;

	if (op.kind == OP_RULE_ZERO)
		return 0;
	if (frame)
		return frame_op(k, batch, frame, plan, i, seq + 1 + (uint32_t)i);
	if (zeros && is_zeroed_later(plan, i)) {
		rule = *op.rule;
		rule.counters = (struct counters){ 0 };
		op.rule = &rule;
	}
	return encode_op(batch, &op, seq + 1 + (uint32_t)i);
}

static bool has_zeros(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].kind == OP_RULE_ZERO)
			return true;
	return false;
}

/* One attempt. */
static int attempt(struct kernel *k, const struct plan *plan, struct missing *missing,
		   struct refusal *refusal)
{
	AUTO_BATCH batch = { 0 };
	struct batch_result result = {
		.last = (uint32_t)plan->count + 1, .refused = note_missing, .context = missing,
	};
	uint32_t seq = k->seq;
	bool zeros = has_zeros(plan);
	int r;

	k->seq += (uint32_t)plan->count + 2;
	batch_begin(&batch, seq, plan->generation);
	for (size_t i = 0; i < plan->count; i++) {
		if (missing->skip && missing->skip[i])
			continue;
		r = put_op(k, &batch, plan, i, seq, zeros);
		if (r < 0) {
			*refusal = (struct refusal){ .op = &plan->items[i], .errnum = -r };
			return r;
		}
	}
	if (batch.messages == 1)
		return 0;
	batch_end(&batch, seq);
	r = batch_send(k, &batch, seq, &result);
	if (r < 0) {
		*refusal = (struct refusal){
			.op = op_of(plan, result.which), .errnum = result.errnum,
		};
		memcpy(refusal->text, result.text, sizeof(refusal->text));
	}
	return r;
}

/* A built-in chain that somebody else made first: the view is old. */
static bool is_lost_race(const struct refusal *refusal)
{
	return refusal->op && refusal->errnum == EEXIST && refusal->op->kind == OP_CHAIN_ADD &&
	       builtin_chain(refusal->op->table, refusal->op->chain);
}

/*
 * Time-outs and helpers are options of the kernel, and only making a frame tells whether it has
 * them. True when it is worth trying again without.
 */
static bool frame_gets_smaller(struct kernel *k, const struct refusal *refusal)
{
	if (!refusal->op || refusal->op->kind != OP_CHAIN_ADD || refusal->errnum == EEXIST ||
	    !frame_of(refusal->op->family, refusal->op->table) || k->no_timeout)
		return false;
	k->no_timeout = k->no_helper;
	k->no_helper = true;
	return true;
}

int apply_plan(struct kernel *k, const struct plan *plan, struct refusal *refusal)
{
	struct missing missing = { .plan = plan };
	size_t excused;
	int r;

	do {
		excused = missing.excused;
		missing.errors = 0;
		r = attempt(k, plan, &missing, refusal);
		/* Again without what was missing, if nothing else was wrong. */
	} while ((r == -ENOENT && missing.excused > excused &&
		  missing.errors == missing.excused - excused) ||
		 (r < 0 && frame_gets_smaller(k, refusal)));
	free(missing.skip);
	if (r < 0 && is_lost_race(refusal))
		r = -ERESTART;
	return r;
}

int kernel_apply(struct kernel *kernel, const struct plan *plan, const struct pass *pass,
		 struct refusal *refusal)
{
	struct zero_list zeros = { 0 };
	int r;

	*refusal = (struct refusal){ 0 };
	if (!pass) {
		refusal->errnum = EPERM;
		return -EPERM;
	}
	r = zero_collect(kernel, plan, &zeros);
	if (!r)
		r = apply_plan(kernel, plan, refusal);
	if (!r)
		r = zero_carry_out(kernel, plan, &zeros, refusal);
	if (r < 0 && !refusal->errnum)
		refusal->errnum = -r;
	zero_list_free(&zeros);
	return r;
}
