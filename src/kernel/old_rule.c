// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules of the older dialects as nf_tables rules: the tests (old_variant.c), effects and an end, and
 * the rule's own words as a comment. Variants of a rule all have the same effects.
 */
#include <errno.h>

#include "dialect/old.h"
#include "kernel/frame.h"
#include "kernel/put.h"

/* Of a rule of ipfwadm: -A -b -P icmp -V, with ten types. */
enum { IP_TOS_AT = 0, VARIANTS_MOST = 64 };

static bool is_old_target(const struct rule *rule, enum old_use which)
{
	return rule->jump == JUMP_TARGET && rule->target.ext == old_ext(which);
}

/* ------------------------------------------------------------------ effects */

static const struct old_mark *mark_of(const struct rule *rule)
{
	const struct use *use = old_find(rule, OLD_MARK);

	return use ? use->data : NULL;
}

/* The byte beside it goes through unchanged: the header's checksum is about pairs of bytes. */
static void put_tos(struct msg *m, const struct old_tos *tos)
{
	const uint8_t mask[2] = { 0xff, tos->and }, exclusive_or[2] = { 0, tos->xor };

	put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, IP_TOS_AT, sizeof(mask));
	put_change(m, mask, exclusive_or, sizeof(mask));
	put_header_set(m, IP_TOS_AT, sizeof(mask));
}

static void put_mark(struct msg *m, const struct old_mark *mark)
{
	put_immediate(m, NFT_REG_1, &mark->value, sizeof(mark->value));
	put_meta_set(m, NFT_META_MARK);
}

/*
 * Whoever prints the line finds the rule, and by it the number it has by then, by the sum of its
 * words.
 */
static void put_copy(struct msg *m, const struct op *where, const char *words, uint16_t group,
		     bool sized, uint16_t size)
{
	struct part part = {
		.kind = PART_LOG,
		.log = { .to_group = true, .group = group, .snaplen = size,
			 .flags = sized ? SNAPLEN_GIVEN : 0 },
	};

	snprintf(part.log.prefix, sizeof(part.log.prefix), "%s %s %08x", where->table,
		 where->chain, old_words_sum(words));
	put_log(m, &part);
}

static void put_effects(struct msg *m, const struct op *where, const struct rule *rule,
		       const char *words)
{
	const struct use *tos = old_find(rule, OLD_TOS), *copy = old_find(rule, OLD_COPY);
	const struct old_mark *mark = mark_of(rule);

	if (mark && mark->mode == OLD_MARK_SET)
		put_mark(m, mark);
	/* The log shows the packet as it came, and so does the copy. */
	if (old_find(rule, OLD_LOG))
		put_copy(m, where, words, OLD_LOG_GROUP, false, 0);
	if (copy)
		put_copy(m, where, words, OLD_COPY_GROUP, true,
			 ((const struct old_copy *)copy->data)->size);
	if (tos)
		put_tos(m, tos->data);
}

/* ------------------------------------------------------------------ the end */

static void put_rejection(struct msg *m, const struct op *where)
{
	const struct builtin_chain *b = builtin_chain(where->table, where->chain);

	if (b && b->hook == NF_INET_PRE_ROUTING)
		put_reject(m, NFT_REJECT_ICMP_UNREACH, OLD_PORT_UNREACH);
	else if (b && b->hook == NF_INET_FORWARD)
		put_reject(m, NFT_REJECT_ICMP_UNREACH, OLD_HOST_UNREACH);
	else
		put_verdict(m, NFT_GOTO, "send-reject");
}

static void put_redirection(struct msg *m, const struct old_redirect *r, bool arriving)
{
	uint32_t note = (uint32_t)NOTE_REDIRECT << 16 | r->port;

	if (arriving) {
		put_immediate(m, NFT_REG_1, &note, sizeof(note));
		put_meta_set(m, NFT_META_PRIORITY);
	}
	put_verdict(m, NF_ACCEPT, NULL);
}

/* Of those with the same key each has its turn: `share` flows of `sum`, the others go on. */
static void put_turn(struct msg *m, const struct rule *rule)
{
	const struct old_forward *f = is_old_target(rule, OLD_FORWARD) ? rule->target.data : NULL;
	be32 share;

	if (!f || f->share >= f->sum)
		return;
	share = htobe32(f->share);
	put_counting(m, f->sum);
	put_cmp(m, NFT_CMP_LT, &share, sizeof(share));
}

static void put_forward(struct msg *m, const struct old_forward *f)
{
	frame_put_label(m, OLD_LABEL_FORWARD, true);
	put_dnat(m, f->addr, f->port);
}

static int put_end(struct msg *m, const struct op *where, const struct rule *rule,
		   unsigned variant)
{
	struct part part;

	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return 0;
	case JUMP_CHAIN:
	case JUMP_GOTO:
		put_verdict(m, rule->jump == JUMP_CHAIN ? NFT_JUMP : NFT_GOTO, rule->chain_to);
		return 0;
	case JUMP_TARGET:
		break;
	}
	if (is_old_target(rule, OLD_REJECT)) {
		put_rejection(m, where);
	} else if (is_old_target(rule, OLD_MASQ)) {
		put_verdict(m, NFT_GOTO, "mark-masq");
	} else if (is_old_target(rule, OLD_FORWARD)) {
		put_forward(m, rule->target.data);
	} else if (is_old_target(rule, OLD_REDIRECT)) {
		put_redirection(m, rule->target.data, old_is_arriving(where, rule, variant));
	} else {
		if (use_lower(FAMILY_IPV4, &rule->target, &part, 1) != 1 ||
		    part.kind != PART_VERDICT)
			return -EOPNOTSUPP;
		put_verdict(m, part.verdict == VERDICT_ACCEPT ? NF_ACCEPT :
			    part.verdict == VERDICT_DROP ? NF_DROP : NFT_RETURN, NULL);
	}
	return 0;
}

int old_express(struct msg *m, const struct op *where, const struct rule *rule, const char *words,
		unsigned variant)
{
	uint8_t *list = msg_open(m, NFTA_RULE_EXPRESSIONS);
	int r;

	r = old_put_tests(m, where, rule, variant);
	if (!old_adds_before(where, rule, variant)) {
		put_turn(m, rule);
		put_counter(m, &rule->counters);
		put_effects(m, where, rule, words);
	}
	if (old_adds(where, rule, variant))
		frame_put_number(m, mark_of(rule));
	else if (!r)
		r = put_end(m, where, rule, variant);
	msg_close(m, list);
	return r;
}

/* ------------------------------------------------------------------ operations */

static int put_rule(struct batch *batch, const struct op *op, const char *words, unsigned variant,
		    uint32_t seq)
{
	/* A replacement stands in front of what it replaces, which then goes. */
	uint64_t before = op->kind == OP_RULE_REPLACE ? op->handle : op->before_handle;
	uint32_t before_id = op->kind == OP_RULE_REPLACE ? op->id : op->before_id;
	bool in_front = before || before_id || op->at_head;
	struct rule rule = *op->rule;
	struct msg msg;
	int r;

	/* What was counted counts once. */
	if (variant)
		rule.counters = (struct counters){ 0 };
	encode_start(batch, &msg, op, NFT_MSG_NEWRULE,
		     (uint16_t)(NLM_F_CREATE | (in_front ? 0 : NLM_F_APPEND)), seq,
		     NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, op->chain);
	if (before)
		msg_put_u64(&msg, NFTA_RULE_POSITION, before);
	else if (before_id)
		msg_put_u32(&msg, NFTA_RULE_POSITION_ID, before_id * VARIANTS_MOST);
	if (rule.id)
		msg_put_u32(&msg, NFTA_RULE_ID, rule.id * VARIANTS_MOST + variant);
	r = old_express(&msg, op, &rule, words, variant);
	if (r < 0)
		return r;
	if (old_find(&rule, OLD_PORT_LIST))
		express_compat(&msg, &rule.head);
	frame_put_comment(&msg, words);
	return batch_done(batch, &msg);
}

static int delete_one(struct batch *batch, const struct op *op, uint64_t handle, uint32_t id,
		      uint32_t seq)
{
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_DELRULE, 0, seq, NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, op->chain);
	if (handle)
		msg_put_u64(&msg, NFTA_RULE_HANDLE, handle);
	else
		msg_put_u32(&msg, NFTA_RULE_ID, id);
	return batch_done(batch, &msg);
}

/* All variants of the rule that is deleted or replaced. */
static int delete_all(struct batch *batch, const struct op *op, uint32_t seq)
{
	unsigned more = op->handle ? op->rule->more_count : old_variants(op, op->rule) - 1;
	int r = delete_one(batch, op, op->handle, op->id * VARIANTS_MOST, seq);

	for (unsigned i = 0; !r && i < more; i++)
		r = delete_one(batch, op, op->handle ? op->rule->more[i] : 0,
			       op->id * VARIANTS_MOST + i + 1, seq);
	return r;
}

/* What rules of the table need beside them. */
static int put_needs(const struct frame_batch *f, const struct frame *frame)
{
	const struct rule *rule = f->op->rule;
	const struct old_redirect *to = is_old_target(rule, OLD_REDIRECT) ? rule->target.data
									  : NULL;
	const struct old_mark *mark = mark_of(rule);
	int r = 0;

	if (to && to->port)
		r = frame_add_port(f->batch, frame, f->op, f->seq, to->port);
	if (!r && mark && mark->mode != OLD_MARK_SET)
		r = frame_add_number(f, mark);
	return r;
}

static int put_variants(const struct frame_batch *f, const struct frame *frame)
{
	const struct op *op = f->op;
	const struct old_words *words = old_words(frame->dialect);
	unsigned n = old_variants(op, op->rule);
	AUTO_SINK text = SINK_MEMORY;
	int r;

	if (op->rule->unsaid)
		return -EOPNOTSUPP;
	words->print(&text, op->chain, op->rule);
	if (text.len >= OLD_WORDS_MOST)
		return -EMSGSIZE;
	r = put_needs(f, frame);
	/* The last one first where each goes to the head. */
	for (unsigned i = 0; !r && i < n; i++)
		r = put_rule(f->batch, op, sink_text(&text), op->at_head ? n - 1 - i : i, f->seq);
	return r;
}

int old_rule_op(const struct frame_batch *f, const struct frame *frame)
{
	int r = 0;

	if (f->op->kind != OP_RULE_DELETE)
		r = put_variants(f, frame);
	if (!r && f->op->kind != OP_RULE_ADD)
		r = delete_all(f->batch, f->op, f->seq);
	return r;
}
