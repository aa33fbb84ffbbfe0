// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zeroing counters. Since linux 6.2 the kernel resets a rule's counter while it reads it out
 * (NFT_MSG_GETRULE_RESET): rules keep their handles and the state of their limits, and rules that
 * we have no words for are zeroed like any other. On older kernels a rule is replaced by itself
 * with empty counters, as iptables does; rules without words keep their counters there.
 *
 * A reset is no part of a transaction, so it follows after the commit.
 */
#include "kernel/zero.h"

#include <errno.h>
#include <stdlib.h>

#include "base/vec.h"

enum { TRIES = 64 };

void zero_list_free(struct zero_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].chain);
	free(list->items);
	*list = (struct zero_list){ 0 };
}

static bool same_place(const struct op *a, const struct op *b)
{
	return a->family == b->family && !strcmp(a->table, b->table) &&
	       (!a->chain || !b->chain || !strcmp(a->chain, b->chain));
}

bool zero_covers(const struct op *zero, const struct op *op)
{
	return zero->kind == OP_RULE_ZERO && !zero->handle && same_place(zero, op);
}

/* Does an operation behind the zeroing bring counters of its own into the chain? */
static bool is_counted_later(const struct plan *plan, size_t zero)
{
	for (size_t i = zero + 1; i < plan->count; i++) {
		const struct op *op = &plan->items[i];

		if (op->rule && op->kind != OP_RULE_ZERO && zero_covers(&plan->items[zero], op) &&
		    (op->rule->counters.packets || op->rule->counters.bytes))
			return true;
	}
	return false;
}

static int collect_handles(struct kernel *k, const struct op *op, struct zero_list *list)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct err err = ERR_INIT;
	int r = kernel_read(k, &rs, op->family, op->table, op->chain, READ_HANDLES, &err);

	for (struct table *t = rs.first; !r && t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next)
			for (struct rule *rule = c->first; rule; rule = rule->next) {
				struct zero_item item = {
					.op = op, .handle = rule->handle, .chain = strdup(c->name),
				};

				if (!item.chain)
					return -ENOMEM;
				VEC_PUSH(list, item);
			}
	return r;
}

int zero_collect(struct kernel *k, const struct plan *plan, struct zero_list *list)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct op *op = &plan->items[i];
		int r;

		if (op->kind != OP_RULE_ZERO || op->handle || !is_counted_later(plan, i))
			continue;
		list->one_by_one = true;
		r = collect_handles(k, op, list);
		if (r < 0)
			return r;
	}
	return 0;
}

/* 0, -EOPNOTSUPP on an old kernel, -ENOENT, or another -errno. */
static int reset(struct kernel *k, enum family family, const char *table, const char *chain,
		 uint64_t handle)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;
	int r, tries = 0;

	do {
		msg_begin_nft(&msg, room, sizeof(room), POSTERN_MSG_GETRULE_RESET,
			      handle ? 0 : NLM_F_DUMP, k->seq++, family);
		msg_put_str(&msg, NFTA_RULE_TABLE, table);
		if (chain)
			msg_put_str(&msg, NFTA_RULE_CHAIN, chain);
		if (handle)
			msg_put_u64(&msg, NFTA_RULE_HANDLE, handle);
		r = handle ? nl_get(k, &msg, NULL, NULL) : nl_dump(k, &msg, NULL, NULL);
	} while ((r == -EINTR || r == -EAGAIN) && tries++ < TRIES);
	/* nfnetlink says EINVAL for a message type it does not know. */
	return r == -EINVAL ? -EOPNOTSUPP : r;
}

static void add_replacement(struct plan *plan, const struct chain *c, struct rule *rule)
{
	struct op op = {
		.kind = OP_RULE_REPLACE, .family = c->table->family, .table = c->table->name,
		.chain = c->name, .handle = rule->handle, .rule = rule,
	};

	if (rule->unsaid || !rule->counts || (!rule->counters.packets && !rule->counters.bytes))
		return;
	rule->counters = (struct counters){ 0 };
	VEC_PUSH(plan, op);
}

/* The old way, once. */
static int replace(struct kernel *k, enum family family, const char *table, const char *chain,
		   uint64_t handle)
{
	AUTO_RULESET rs = RULESET_INIT;
	struct plan plan = { .arena = &rs.arena };
	struct err err = ERR_INIT;
	struct refusal refusal;
	bool found = !handle;
	int r = kernel_read(k, &rs, family, table, chain, READ_RULES, &err);

	for (struct table *t = rs.first; !r && t; t = t->next)
		for (struct chain *c = t->first; c; c = c->next)
			for (struct rule *rule = c->first; rule; rule = rule->next)
				if (!handle || rule->handle == handle) {
					found = true;
					add_replacement(&plan, c, rule);
				}
	plan.generation = rs.generation;
	if (!r && !found)
		r = -ENOENT;
	if (!r && plan.count)
		r = apply_plan(k, &plan, &refusal);
	free(plan.items);
	return r;
}

int kernel_zero(struct kernel *k, enum family family, const char *table, const char *chain,
		uint64_t handle)
{
	int r, tries = 0;

	if (!k->no_reset) {
		r = reset(k, family, table, chain, handle);
		if (r != -EOPNOTSUPP)
			return r;
		k->no_reset = true;
	}
	do
		r = replace(k, family, table, chain, handle);
	while (r == -ERESTART && tries++ < TRIES);
	return r;
}

int zero_carry_out(struct kernel *k, const struct plan *plan, const struct zero_list *list,
		   struct refusal *refusal)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct op *op = &plan->items[i];
		int r;

		if (op->kind != OP_RULE_ZERO ||
		    (!op->handle && list->one_by_one && is_counted_later(plan, i)))
			continue;
		r = kernel_zero(k, op->family, op->table, op->chain, op->handle);
		/* Gone between our look and now, or never there: nothing to zero. */
		if (r < 0 && !(r == -ENOENT && (op->may_be_missing || !op->handle))) {
			*refusal = (struct refusal){ .op = op, .errnum = -r };
			return r == -ENOENT ? -ERESTART : r;
		}
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct zero_item *z = &list->items[i];
		int r = kernel_zero(k, z->op->family, z->op->table, z->chain, z->handle);

		if (r < 0 && r != -ENOENT) {
			*refusal = (struct refusal){ .op = z->op, .errnum = -r };
			return r;
		}
	}
	return 0;
}
