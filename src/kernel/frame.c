// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Frames as nf_tables messages. All of a frame goes into the transaction that makes the first
 * built-in chain of its table; afterwards only policies change, each a chain of one rule.
 */
#include "kernel/frame.h"

#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>

#include "ext/old.h"
#include "kernel/put.h"

enum {
	/* Types of nft's own (include/datatype.h of nftables): only for its listings. */
	TYPE_CLASSID = 23, TYPE_INET_SERVICE = 13,
	/* NFTNL_UDATA_RULE_COMMENT, NFTNL_UDATA_SET_KEYBYTEORDER and _DATABYTEORDER of libnftnl. */
	UDATA_COMMENT = 0, UDATA_SET_KEY_ORDER = 0, UDATA_SET_DATA_ORDER = 1,
	ORDER_HOST = 1, ORDER_NETWORK = 2,
	MASQ_LOW = 61000, MASQ_HIGH = 65095,
	PROTO_TCP = 6,
};

const struct frame *frame_of(enum family family, const char *table)
{
	const struct builtin_table *t = old_table(family, table);

	if (!t)
		return NULL;
	switch (t->dialect) {
	case DIALECT_IPCHAINS:
		return &frame_ipchains;
	case DIALECT_IPFWADM:
		return &frame_ipfwadm;
	case DIALECT_PORTFW:
		return &frame_portfw;
	case DIALECT_IPTABLES:
		break;
	}
	return NULL;
}

/* ------------------------------------------------------------------ steps */

void frame_put_label(struct msg *m, unsigned bit, bool set)
{
	uint8_t label[16] = { 0 }, zeros[16] = { 0 };

	label[bit / 8] = (uint8_t)BIT(bit % 8);
	if (set) {
		put_immediate(m, NFT_REG_1, label, sizeof(label));
		put_ct_set(m, NFT_CT_LABELS);
		return;
	}
	put_ct(m, &(const struct field_info){ .key = NFT_CT_LABELS });
	put_bitwise(m, label, sizeof(label));
	put_cmp(m, NFT_CMP_NEQ, zeros, sizeof(zeros));
}

static void put_meta_u32(struct msg *m, uint32_t key, enum nft_cmp_ops op, uint32_t value)
{
	put_meta(m, key);
	put_cmp(m, op, &value, sizeof(value));
}

static void put_bits(struct msg *m, enum field field, uint32_t bits, bool all)
{
	uint32_t zero = 0;

	put_ct(m, &field_table[field]);
	put_bitwise(m, &bits, sizeof(bits));
	put_cmp(m, all ? NFT_CMP_EQ : NFT_CMP_NEQ, all ? &bits : &zero, sizeof(bits));
}

static void put_test(struct msg *m, const struct step *s)
{
	static const uint8_t multicast[4] = { 0xe0 }, high_bits[4] = { 0xf0 };
	const be16 port = htobe16((uint16_t)s->n), offset = htobe16(0x1fff), none = 0;
	uint8_t byte = (uint8_t)s->n;

	switch (s->kind) {
	case STEP_LABEL:
		frame_put_label(m, s->n, false);
		return;
	case STEP_STATUS:
		put_bits(m, FIELD_CT_STATUS, s->n, true);
		return;
	case STEP_STATE:
		put_bits(m, FIELD_CT_STATE, s->n, false);
		return;
	case STEP_DIRECTION:
		put_ct(m, &field_table[FIELD_CT_DIRECTION]);
		put_cmp(m, NFT_CMP_EQ, &byte, sizeof(byte));
		return;
	case STEP_LOCAL:
		put_meta_u32(m, NFT_META_IIF, NFT_CMP_EQ, 0);
		return;
	case STEP_ROUTED:
		put_meta_u32(m, NFT_META_IIF, NFT_CMP_NEQ, 0);
		return;
	case STEP_ARRIVING:
		put_meta_u32(m, NFT_META_OIF, NFT_CMP_EQ, 0);
		return;
	case STEP_NOTE:
		put_meta_u32(m, NFT_META_PRIORITY, NFT_CMP_EQ, s->n);
		return;
	case STEP_MULTICAST:
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, 16, sizeof(multicast));
		put_bitwise(m, high_bits, sizeof(high_bits));
		put_cmp(m, NFT_CMP_EQ, multicast, sizeof(multicast));
		return;
	case STEP_PROTO:
		put_meta(m, NFT_META_L4PROTO);
		put_cmp(m, NFT_CMP_EQ, &byte, sizeof(byte));
		return;
	case STEP_PORT:
		put_payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof(port));
		put_cmp(m, NFT_CMP_EQ, &port, sizeof(port));
		return;
	case STEP_FRAGMENT:
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, 6, sizeof(offset));
		put_bitwise(m, &offset, sizeof(offset));
		put_cmp(m, NFT_CMP_NEQ, &none, sizeof(none));
		return;
	default:
		return;
	}
}

static void put_redirection(struct msg *m, const struct step *s)
{
	if (s->name) {
		put_meta(m, NFT_META_PRIORITY);
		put_map(m, s->name);
	}
	put_redirect(m, s->name != NULL);
}

static void put_act(struct msg *m, const struct step *s)
{
	switch (s->kind) {
	case STEP_JUMP:
		put_verdict(m, NFT_JUMP, s->name);
		return;
	case STEP_GOTO:
		put_verdict(m, NFT_GOTO, s->name);
		return;
	case STEP_ACCEPT:
		put_verdict(m, NF_ACCEPT, NULL);
		return;
	case STEP_DROP:
		put_verdict(m, NF_DROP, NULL);
		return;
	case STEP_RETURN:
		put_verdict(m, NFT_RETURN, NULL);
		return;
	case STEP_REJECT:
		put_reject(m, NFT_REJECT_ICMP_UNREACH, (uint8_t)s->n);
		return;
	case STEP_SET_LABEL:
		frame_put_label(m, s->n, true);
		return;
	case STEP_SET_NOTE:
		put_immediate(m, NFT_REG_1, &s->n, sizeof(s->n));
		put_meta_set(m, NFT_META_PRIORITY);
		return;
	case STEP_TIMEOUT:
		put_object(m, NFT_OBJECT_CT_TIMEOUT, s->name);
		return;
	case STEP_HELPER:
		put_object(m, NFT_OBJECT_CT_HELPER, s->name);
		return;
	case STEP_MASQUERADE:
		put_masquerade(m, s->n ? MASQ_LOW : 0, MASQ_HIGH);
		return;
	case STEP_REDIRECT:
		put_redirection(m, s);
		return;
	default:
		return;
	}
}

/* ------------------------------------------------------------------ messages */

static void begin(const struct frame_batch *f, struct msg *msg, uint16_t kind, uint16_t flags,
		  uint16_t table_type)
{
	encode_start(f->batch, msg, f->op, kind, flags, f->seq, table_type);
}

void frame_put_comment(struct msg *m, const char *comment)
{
	size_t len = strlen(comment) + 1;
	uint8_t *to = len <= 254 ? msg_room(m, NFTA_RULE_USERDATA, len + 2) : NULL;

	if (!to)
		return;
	to[0] = UDATA_COMMENT;
	to[1] = (uint8_t)len;
	memcpy(to + 2, comment, len);
}

static int add_chain(const struct frame_batch *f, const char *name, const struct frame_chain *c,
		     uint16_t flags)
{
	struct msg msg;
	uint8_t *nest;

	begin(f, &msg, NFT_MSG_NEWCHAIN, NLM_F_CREATE | flags, NFTA_CHAIN_TABLE);
	msg_put_str(&msg, NFTA_CHAIN_NAME, name);
	if (c && c->type) {
		nest = msg_open(&msg, NFTA_CHAIN_HOOK);
		msg_put_u32(&msg, NFTA_HOOK_HOOKNUM, c->hook);
		msg_put_u32(&msg, NFTA_HOOK_PRIORITY, (uint32_t)c->priority);
		msg_close(&msg, nest);
		msg_put_str(&msg, NFTA_CHAIN_TYPE, c->type);
		msg_put_u32(&msg, NFTA_CHAIN_POLICY, NF_ACCEPT);
	}
	return batch_done(f->batch, &msg);
}

int frame_add_chain(const struct frame_batch *f, const char *name)
{
	return add_chain(f, name, NULL, 0);
}

uint8_t *frame_begin_rule(const struct frame_batch *f, struct msg *msg, const char *chain)
{
	begin(f, msg, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFTA_RULE_TABLE);
	msg_put_str(msg, NFTA_RULE_CHAIN, chain);
	return msg_open(msg, NFTA_RULE_EXPRESSIONS);
}

/* True when this kernel has not what the rule needs. */
static bool is_left_out(const struct frame_batch *f, const struct frame_rule *rule)
{
	for (const struct step *s = rule->steps; s->kind != STEP_END; s++)
		if ((s->kind == STEP_TIMEOUT && f->kernel->no_timeout) ||
		    (s->kind == STEP_HELPER && f->kernel->no_helper))
			return true;
	return false;
}

int frame_add_rule(const struct frame_batch *f, const struct frame_rule *rule)
{
	struct msg msg;
	uint8_t *list;

	if (is_left_out(f, rule))
		return 0;
	list = frame_begin_rule(f, &msg, rule->chain);
	for (const struct step *s = rule->steps; s->kind != STEP_END; s++) {
		put_test(&msg, s);
		put_act(&msg, s);
	}
	msg_close(&msg, list);
	if (rule->comment)
		frame_put_comment(&msg, rule->comment);
	return batch_done(f->batch, &msg);
}

void frame_begin_object(const struct frame_batch *f, struct msg *msg, uint32_t type,
			const char *name)
{
	begin(f, msg, NFT_MSG_NEWOBJ, NLM_F_CREATE, NFTA_OBJ_TABLE);
	msg_put_str(msg, NFTA_OBJ_NAME, name);
	msg_put_u32(msg, NFTA_OBJ_TYPE, type);
}

static int add_counter(const struct frame_batch *f, const char *name)
{
	struct msg msg;
	uint8_t *data;

	frame_begin_object(f, &msg, NFT_OBJECT_COUNTER, name);
	data = msg_open(&msg, NFTA_OBJ_DATA);
	msg_close(&msg, data);
	return batch_done(f->batch, &msg);
}

static int add_helper(const struct frame_batch *f, const char *name)
{
	const uint8_t proto = PROTO_TCP;
	struct msg msg;
	uint8_t *data;

	frame_begin_object(f, &msg, NFT_OBJECT_CT_HELPER, name);
	data = msg_open(&msg, NFTA_OBJ_DATA);
	msg_put_str(&msg, NFTA_CT_HELPER_NAME, "ftp");
	msg_put_u16(&msg, NFTA_CT_HELPER_L3PROTO, NFPROTO_IPV4);
	msg_put(&msg, NFTA_CT_HELPER_L4PROTO, &proto, sizeof(proto));
	msg_close(&msg, data);
	return batch_done(f->batch, &msg);
}

/* How nft prints keys and values: the key is a number of the host, the value one of the wire. */
static void put_orders(struct msg *m)
{
	const uint32_t host = ORDER_HOST, network = ORDER_NETWORK;
	uint8_t *to = msg_room(m, NFTA_SET_USERDATA, 12);

	if (!to)
		return;
	to[0] = UDATA_SET_KEY_ORDER;
	to[6] = UDATA_SET_DATA_ORDER;
	to[1] = to[7] = 4;
	memcpy(to + 2, &host, 4);
	memcpy(to + 8, &network, 4);
}

static int add_map(const struct frame_batch *f, const char *name)
{
	struct msg msg;

	begin(f, &msg, NFT_MSG_NEWSET, NLM_F_CREATE, NFTA_SET_TABLE);
	msg_put_str(&msg, NFTA_SET_NAME, name);
	msg_put_u32(&msg, NFTA_SET_ID, 1);
	msg_put_u32(&msg, NFTA_SET_FLAGS, NFT_SET_MAP);
	msg_put_u32(&msg, NFTA_SET_KEY_TYPE, TYPE_CLASSID);
	msg_put_u32(&msg, NFTA_SET_KEY_LEN, 4);
	msg_put_u32(&msg, NFTA_SET_DATA_TYPE, TYPE_INET_SERVICE);
	msg_put_u32(&msg, NFTA_SET_DATA_LEN, 2);
	put_orders(&msg);
	return batch_done(f->batch, &msg);
}

/* The port that a redirection needs; one that is there stays as it is. */
int frame_add_port(struct batch *batch, const struct frame *frame, const struct op *op,
		   uint32_t seq, uint16_t port)
{
	uint32_t key = (uint32_t)NOTE_REDIRECT << 16 | port;
	be16 value = htobe16(port);
	uint8_t *list, *element;
	struct msg msg;

	encode_start(batch, &msg, op, NFT_MSG_NEWSETELEM, NLM_F_CREATE, seq,
		     NFTA_SET_ELEM_LIST_TABLE);
	msg_put_str(&msg, NFTA_SET_ELEM_LIST_SET, frame->map);
	list = msg_open(&msg, NFTA_SET_ELEM_LIST_ELEMENTS);
	element = msg_open(&msg, NFTA_LIST_ELEM);
	put_value(&msg, NFTA_SET_ELEM_KEY, &key, sizeof(key));
	put_value(&msg, NFTA_SET_ELEM_DATA, &value, sizeof(value));
	msg_close(&msg, element);
	msg_close(&msg, list);
	return batch_done(batch, &msg);
}

/* ------------------------------------------------------------------ policies */

static const struct frame_policy *policy_of(const struct frame *frame, const char *chain)
{
	const struct frame_policy *p = frame->policies;

	while (p->chain && strcmp(p->chain, chain) != 0)
		p++;
	return p->chain ? p : NULL;
}

static const char *const policy_words[] = {
	[POLICY_NONE] = "policy ACCEPT", [POLICY_ACCEPT] = "policy ACCEPT",
	[POLICY_DROP] = "policy DENY", [POLICY_REJECT] = "policy REJECT",
	[POLICY_MASQUERADE] = "policy MASQ",
};

static bool put_policy(struct msg *m, const struct frame_policy *p, enum policy policy)
{
	switch (policy) {
	case POLICY_NONE:
	case POLICY_ACCEPT:
		put_verdict(m, NF_ACCEPT, NULL);
		return true;
	case POLICY_DROP:
		put_verdict(m, NF_DROP, NULL);
		return true;
	case POLICY_REJECT:
		if (p->reject == FRAME_NO_CODE)
			put_verdict(m, NFT_GOTO, p->reject_chain);
		else
			put_reject(m, NFT_REJECT_ICMP_UNREACH, p->reject);
		return true;
	case POLICY_MASQUERADE:
		if (p->masq_chain)
			put_verdict(m, NFT_GOTO, p->masq_chain);
		return p->masq_chain != NULL;
	}
	return false;
}

static int add_policy(const struct frame_batch *f, const struct frame_policy *p,
		      enum policy policy)
{
	struct msg msg;
	uint8_t *list;

	list = frame_begin_rule(f, &msg, p->policy_chain);
	put_object(&msg, NFT_OBJECT_COUNTER, p->chain);
	if (!put_policy(&msg, p, policy))
		return -EINVAL;
	msg_close(&msg, list);
	frame_put_comment(&msg, policy_words[policy]);
	return batch_done(f->batch, &msg);
}

/* The counter is an object and goes on counting; only given counters would start it anew. */
static int change_policy(const struct frame_batch *f, const struct frame_policy *p)
{
	struct msg msg;
	int r;

	if (!p || f->op->policy == POLICY_NONE)
		return 0;
	begin(f, &msg, NFT_MSG_DELRULE, 0, NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, p->policy_chain);
	r = batch_done(f->batch, &msg);
	return r < 0 ? r : add_policy(f, p, f->op->policy);
}

/* ------------------------------------------------------------------ all of it */

static bool is_of_table(const struct op *op, const struct op *other)
{
	return op->family == other->family && !strcmp(op->table, other->table);
}

static bool makes_frame(const struct op *op)
{
	return op->kind == OP_CHAIN_ADD && builtin_chain(op->table, op->chain);
}

/* An earlier operation of the plan has made the frame already. */
static bool is_made(const struct plan *plan, size_t i)
{
	const struct op *op = &plan->items[i];

	while (i--) {
		const struct op *other = &plan->items[i];

		if (!is_of_table(op, other))
			continue;
		if (other->kind == OP_TABLE_DELETE)
			return false;
		if (makes_frame(other))
			return true;
	}
	return false;
}

/* What the plan, which made the built-in chains one by one, wants as the policy of one. */
static enum policy planned_policy(const struct plan *plan, size_t i, const char *chain)
{
	for (const struct op *first = &plan->items[i]; i < plan->count; i++)
		if (makes_frame(&plan->items[i]) && is_of_table(&plan->items[i], first) &&
		    !strcmp(plan->items[i].chain, chain))
			return plan->items[i].policy;
	return POLICY_ACCEPT;
}

static int add_objects(const struct frame_batch *f, const struct frame *frame)
{
	int r = 0;

	for (const struct frame_policy *p = frame->policies; !r && p->chain; p++)
		r = add_counter(f, p->chain);
	if (!r && frame->map)
		r = add_map(f, frame->map);
	if (!frame->masquerades)
		return r;
	if (!r && !f->kernel->no_timeout)
		r = frame_add_timeouts(f, masq_timeouts);
	if (!r && !f->kernel->no_helper)
		r = add_helper(f, "masq-ftp");
	return r;
}

static int add_frame(const struct frame_batch *f, const struct frame *frame,
		     const struct plan *plan, size_t i)
{
	const struct builtin_table *t = old_table(f->op->family, f->op->table);
	int r = 0;

	/* Exclusive: somebody else may just have made it. */
	for (size_t n = 0; !r && n < t->count; n++)
		r = add_chain(f, t->chains[n].name, NULL, NLM_F_EXCL);
	for (const struct frame_chain *c = frame->chains; !r && c->name; c++)
		r = add_chain(f, c->name, c, 0);
	if (!r)
		r = add_objects(f, frame);
	for (const struct frame_rule *rule = frame->rules; !r && rule->chain; rule++)
		r = frame_add_rule(f, rule);
	for (const struct frame_policy *p = frame->policies; !r && p->chain; p++)
		r = add_policy(f, p, planned_policy(plan, i, p->chain));
	return r;
}

int frame_op(struct kernel *kernel, struct batch *batch, const struct frame *frame,
	     const struct plan *plan, size_t i, uint32_t seq)
{
	const struct op *op = &plan->items[i];
	const struct frame_batch f = { kernel, batch, op, seq };

	switch (op->kind) {
	case OP_CHAIN_ADD:
		if (!makes_frame(op))
			break;
		return is_made(plan, i) ? 0 : add_frame(&f, frame, plan, i);
	case OP_CHAIN_POLICY:
		return change_policy(&f, policy_of(frame, op->chain));
	case OP_CHAIN_FLUSH:
		/* Without a chain the frame would go, too. */
		return op->chain ? encode_op(batch, op, seq) : -EOPNOTSUPP;
	case OP_RULE_ADD:
	case OP_RULE_DELETE:
	case OP_RULE_REPLACE:
		return old_rule_op(&f, frame);
	case OP_TABLE_ADD:
	case OP_TABLE_DELETE:
	case OP_CHAIN_DELETE:
	case OP_CHAIN_RENAME:
	case OP_RULE_ZERO:
		break;
	}
	return encode_op(batch, op, seq);
}
