// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Operations as nf_tables messages: tables, chains and the frame of rules, with the attributes and
 * flags of iptables 1.8.13 (nft.c). What a rule says is express.c's.
 */
#include <errno.h>

#include "kernel/batch.h"

void encode_start(struct batch *batch, struct msg *msg, const struct op *op, uint16_t kind,
		  uint16_t flags, uint32_t seq, uint16_t table_type)
{
	size_t size;
	void *room = batch_room(batch, &size);

	msg_begin_nft(msg, room, size, kind, flags, seq, op->family);
	msg_put_str(msg, table_type, op->table);
}

static int add_table(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_NEWTABLE, NLM_F_CREATE, seq, NFTA_TABLE_NAME);
	return batch_done(batch, &msg);
}

static int delete_table(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;
	/* Made first, so that it is there to be deleted: old kernels have no "if it exists". */
	int r = op->may_be_missing ? add_table(batch, op, seq) : 0;

	if (r < 0)
		return r;
	encode_start(batch, &msg, op, NFT_MSG_DELTABLE, 0, seq, NFTA_TABLE_NAME);
	return batch_done(batch, &msg);
}

static void put_counters(struct msg *msg, const struct counters *counters)
{
	uint8_t *nest = msg_open(msg, NFTA_CHAIN_COUNTERS);

	msg_put_u64(msg, NFTA_COUNTER_PACKETS, counters->packets);
	msg_put_u64(msg, NFTA_COUNTER_BYTES, counters->bytes);
	msg_close(msg, nest);
}

static void put_policy(struct msg *msg, enum policy policy)
{
	switch (policy) {
	case POLICY_NONE:
		return;
	case POLICY_ACCEPT:
	case POLICY_MASQUERADE:
		msg_put_u32(msg, NFTA_CHAIN_POLICY, NF_ACCEPT);
		return;
	case POLICY_DROP:
	case POLICY_REJECT:
		msg_put_u32(msg, NFTA_CHAIN_POLICY, NF_DROP);
		return;
	}
}

static void put_hook(struct msg *msg, const struct builtin_chain *b)
{
	uint8_t *nest = msg_open(msg, NFTA_CHAIN_HOOK);

	msg_put_u32(msg, NFTA_HOOK_HOOKNUM, b->hook);
	msg_put_u32(msg, NFTA_HOOK_PRIORITY, (uint32_t)b->priority);
	msg_close(msg, nest);
	msg_put_str(msg, NFTA_CHAIN_TYPE, b->type);
}

/*
 * Built-in chains count from the start; without counters a policy could never be listed with them.
 */
static int add_chain(struct batch *batch, const struct op *op, uint32_t seq)
{
	const struct builtin_chain *b = builtin_chain(op->table, op->chain);
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, seq,
		     NFTA_CHAIN_TABLE);
	msg_put_str(&msg, NFTA_CHAIN_NAME, op->chain);
	if (b) {
		put_hook(&msg, b);
		put_policy(&msg, op->policy == POLICY_NONE ? POLICY_ACCEPT : op->policy);
		put_counters(&msg, &op->counters);
	}
	return batch_done(batch, &msg);
}

/*
 * Counters are sent only when they are given: their presence replaces what the chain has counted
 * (nf_tables_updchain), their absence leaves it alone. `iptables -P` gives zeros.
 */
static int change_policy(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_NEWCHAIN, 0, seq, NFTA_CHAIN_TABLE);
	msg_put_str(&msg, NFTA_CHAIN_NAME, op->chain);
	put_policy(&msg, op->policy);
	if (op->counters_given)
		put_counters(&msg, &op->counters);
	return batch_done(batch, &msg);
}

/* NLM_F_NONREC: a chain that still has rules is refused with EBUSY. */
static int delete_chain(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_DELCHAIN, NLM_F_NONREC, seq, NFTA_CHAIN_TABLE);
	if (op->handle)
		msg_put_u64(&msg, NFTA_CHAIN_HANDLE, op->handle);
	else
		msg_put_str(&msg, NFTA_CHAIN_NAME, op->chain);
	return batch_done(batch, &msg);
}

static int rename_chain(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_NEWCHAIN, 0, seq, NFTA_CHAIN_TABLE);
	msg_put_u64(&msg, NFTA_CHAIN_HANDLE, op->handle);
	msg_put_str(&msg, NFTA_CHAIN_NAME, op->name);
	return batch_done(batch, &msg);
}

static int flush_chain(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_DELRULE, 0, seq, NFTA_RULE_TABLE);
	if (op->chain)
		msg_put_str(&msg, NFTA_RULE_CHAIN, op->chain);
	return batch_done(batch, &msg);
}

static int delete_rule(struct batch *batch, const struct op *op, uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_DELRULE, 0, seq, NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, op->chain);
	if (op->handle)
		msg_put_u64(&msg, NFTA_RULE_HANDLE, op->handle);
	else
		msg_put_u32(&msg, NFTA_RULE_ID, op->id);
	return batch_done(batch, &msg);
}

static int new_rule(struct batch *batch, const struct op *op, uint16_t flags, uint32_t seq,
		    uint32_t before_id)
{
	struct msg msg;
	int r;

	/* What has no words cannot be written either; nobody should ask. */
	if (!op->rule || op->rule->unsaid)
		return -EOPNOTSUPP;
	encode_start(batch, &msg, op, NFT_MSG_NEWRULE, NLM_F_CREATE | flags, seq, NFTA_RULE_TABLE);
	msg.bare_names = true;
	msg_put_str(&msg, NFTA_RULE_CHAIN, op->chain);
	if (flags & NLM_F_REPLACE)
		msg_put_u64(&msg, NFTA_RULE_HANDLE, op->handle);
	else if (op->before_handle)
		msg_put_u64(&msg, NFTA_RULE_POSITION, op->before_handle);
	else if (before_id)
		msg_put_u32(&msg, NFTA_RULE_POSITION_ID, before_id);
	if (op->rule->id)
		msg_put_u32(&msg, NFTA_RULE_ID, op->rule->id);
	r = express_rule(&msg, op->family, op->rule);
	return r < 0 ? r : batch_done(batch, &msg);
}

static int add_rule(struct batch *batch, const struct op *op, uint32_t seq)
{
	/* Without NLM_F_APPEND a rule goes in front: of its position, or of all. */
	bool in_front = op->before_handle || op->before_id || op->at_head;

	return new_rule(batch, op, in_front ? 0 : NLM_F_APPEND, seq, op->before_id);
}

/* The kernel replaces by handle only; a rule of this same transaction is followed up instead. */
static int replace_rule(struct batch *batch, const struct op *op, uint32_t seq)
{
	int r;

	if (op->handle)
		return new_rule(batch, op, NLM_F_REPLACE, seq, 0);
	r = new_rule(batch, op, 0, seq, op->id);
	return r < 0 ? r : delete_rule(batch, op, seq);
}

int encode_op(struct batch *batch, const struct op *op, uint32_t seq)
{
	switch (op->kind) {
	case OP_TABLE_ADD:
		return add_table(batch, op, seq);
	case OP_TABLE_DELETE:
		return delete_table(batch, op, seq);
	case OP_CHAIN_ADD:
		return add_chain(batch, op, seq);
	case OP_CHAIN_DELETE:
		return delete_chain(batch, op, seq);
	case OP_CHAIN_RENAME:
		return rename_chain(batch, op, seq);
	case OP_CHAIN_POLICY:
		return change_policy(batch, op, seq);
	case OP_CHAIN_FLUSH:
		return flush_chain(batch, op, seq);
	case OP_RULE_ADD:
		return add_rule(batch, op, seq);
	case OP_RULE_DELETE:
		return delete_rule(batch, op, seq);
	case OP_RULE_REPLACE:
		return replace_rule(batch, op, seq);
	case OP_RULE_ZERO:
		break;		/* no part of a transaction, see zero.c */
	}
	return 0;
}
