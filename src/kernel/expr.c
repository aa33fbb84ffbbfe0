// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes of expressions, checked: after this nobody looks at untrusted lengths any more. An
 * attribute that we do not know may change what an expression means, so it makes it unknown.
 */
#include "kernel/expr_read.h"

#include <linux/netfilter/nf_tables_compat.h>

#include "base/bits.h"

enum {
	ATTRS_MOST = 12,
	/* Newer than some headers: NFTA_BITWISE_SREG2, and NFT_BITWISE_BOOL under its later name. */
	BITWISE_SREG2 = 8, BITWISE_MASK_XOR = 0,
};

/* ------------------------------------------------------------------ values */

/* NFT_REG_1..4 are 16 bytes, NFT_REG32_00..15 four, over the same memory. */
static bool reg_number(uint32_t reg, uint8_t *number)
{
	if (reg == NFT_REG_VERDICT)
		*number = REG_VERDICT;
	else if (reg <= NFT_REG_4)
		*number = (uint8_t)((reg - NFT_REG_1) * 4);
	else if (reg >= NFT_REG32_00 && reg <= NFT_REG32_15)
		*number = (uint8_t)(reg - NFT_REG32_00);
	else
		return false;
	return true;
}

static bool read_reg(const struct nlattr *a, uint8_t *number)
{
	uint32_t reg;

	return attr_u32(a, &reg) && reg_number(reg, number);
}

bool read_data_reg(const struct nlattr *a, uint8_t *number)
{
	return read_reg(a, number) && *number < REG_COUNT;
}

static bool read_value(const struct nlattr *a, struct bytes *bytes)
{
	const struct nlattr *table[NFTA_DATA_MAX + 1];

	attr_table(attr_inside(a), table, NFTA_DATA_MAX);
	a = table[NFTA_DATA_VALUE];
	if (!a || !attr_len(a) || attr_len(a) > 64)
		return false;
	*bytes = (struct bytes){ attr_data(a), (uint32_t)attr_len(a) };
	return true;
}

/* ------------------------------------------------------------------ loads */

static bool read_payload(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_PAYLOAD;
	return !a[NFTA_PAYLOAD_SREG] && read_data_reg(a[NFTA_PAYLOAD_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_PAYLOAD_BASE], &e->payload.base) &&
	       attr_u32(a[NFTA_PAYLOAD_OFFSET], &e->payload.at) &&
	       attr_u32(a[NFTA_PAYLOAD_LEN], &e->payload.len) &&
	       e->payload.len && e->payload.len <= 64 && e->payload.at <= 0xffff;
}

static bool read_meta(struct expr *e, const struct nlattr *const *a)
{
	bool set = a[NFTA_META_SREG];

	e->kind = set ? EXPR_META_SET : EXPR_META;
	return attr_u32(a[NFTA_META_KEY], &e->key.key) &&
	       (set ? read_data_reg(a[NFTA_META_SREG], &e->sreg)
		    : read_data_reg(a[NFTA_META_DREG], &e->dreg));
}

static bool read_ct(struct expr *e, const struct nlattr *const *a)
{
	bool set = a[NFTA_CT_SREG];

	e->kind = set ? EXPR_CT_SET : EXPR_CT;
	e->key.has_way = read_u8(a[NFTA_CT_DIRECTION], &e->key.way);
	return attr_u32(a[NFTA_CT_KEY], &e->key.key) &&
	       (set ? read_data_reg(a[NFTA_CT_SREG], &e->sreg)
		    : read_data_reg(a[NFTA_CT_DREG], &e->dreg));
}

static bool read_exthdr(struct expr *e, const struct nlattr *const *a)
{
	uint8_t type = 0;

	e->kind = EXPR_EXTHDR;
	if (a[NFTA_EXTHDR_SREG] || !read_u8(a[NFTA_EXTHDR_TYPE], &type))
		return false;
	e->header.type = type;
	maybe_u32(a[NFTA_EXTHDR_OP], &e->header.op);
	maybe_u32(a[NFTA_EXTHDR_FLAGS], &e->header.flags);
	return read_data_reg(a[NFTA_EXTHDR_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_EXTHDR_OFFSET], &e->header.at) &&
	       attr_u32(a[NFTA_EXTHDR_LEN], &e->header.len) && e->header.len <= 64;
}

static bool read_fib(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_FIB;
	return read_data_reg(a[NFTA_FIB_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_FIB_RESULT], &e->fib.result) &&
	       attr_u32(a[NFTA_FIB_FLAGS], &e->fib.flags);
}

static bool read_rt(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_RT;
	return read_data_reg(a[NFTA_RT_DREG], &e->dreg) && attr_u32(a[NFTA_RT_KEY], &e->key.key);
}

static bool read_socket(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_SOCKET;
	return read_data_reg(a[NFTA_SOCKET_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_SOCKET_KEY], &e->key.key);
}

static bool read_numgen(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_NUMGEN;
	return read_data_reg(a[NFTA_NG_DREG], &e->dreg);
}

static bool read_hash(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_HASH;
	return read_data_reg(a[NFTA_HASH_DREG], &e->dreg);
}

/* ------------------------------------------------------------------ registers to registers */

static bool read_bitwise(struct expr *e, const struct nlattr *const *a)
{
	uint32_t op;

	e->kind = EXPR_BITWISE;
	maybe_u32(a[NFTA_BITWISE_OP], &op);
	return op == BITWISE_MASK_XOR && !a[BITWISE_SREG2] &&
	       read_data_reg(a[NFTA_BITWISE_SREG], &e->sreg) &&
	       read_data_reg(a[NFTA_BITWISE_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_BITWISE_LEN], &e->bitwise.len) &&
	       e->bitwise.len && e->bitwise.len <= 64 &&
	       read_value(a[NFTA_BITWISE_MASK], &e->bitwise.mask) &&
	       read_value(a[NFTA_BITWISE_XOR], &e->bitwise.exclusive_or) &&
	       e->bitwise.mask.len == e->bitwise.len &&
	       e->bitwise.exclusive_or.len == e->bitwise.len;
}

static bool read_byteorder(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_BYTEORDER;
	return read_data_reg(a[NFTA_BYTEORDER_SREG], &e->sreg) &&
	       read_data_reg(a[NFTA_BYTEORDER_DREG], &e->dreg) &&
	       attr_u32(a[NFTA_BYTEORDER_OP], &e->byteorder.op) &&
	       attr_u32(a[NFTA_BYTEORDER_LEN], &e->byteorder.len) &&
	       attr_u32(a[NFTA_BYTEORDER_SIZE], &e->byteorder.size) && e->byteorder.len <= 64;
}

bool expr_read_verdict(struct expr *e, const struct nlattr *data)
{
	const struct nlattr *table[NFTA_DATA_MAX + 1], *verdict[NFTA_VERDICT_MAX + 1];
	uint32_t code;

	e->kind = EXPR_VERDICT;
	attr_table(attr_inside(data), table, NFTA_DATA_MAX);
	attr_table(attr_inside(table[NFTA_DATA_VERDICT]), verdict, NFTA_VERDICT_MAX);
	if (!attr_u32(verdict[NFTA_VERDICT_CODE], &code))
		return false;
	e->verdict.code = (int32_t)code;
	e->verdict.chain = attr_str(verdict[NFTA_VERDICT_CHAIN]);
	return e->verdict.chain || (e->verdict.code != NFT_JUMP && e->verdict.code != NFT_GOTO);
}

static bool read_immediate(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_IMMEDIATE;
	if (!read_reg(a[NFTA_IMMEDIATE_DREG], &e->dreg))
		return false;
	if (e->dreg == REG_VERDICT)
		return expr_read_verdict(e, a[NFTA_IMMEDIATE_DATA]);
	return read_value(a[NFTA_IMMEDIATE_DATA], &e->immediate);
}

/* ------------------------------------------------------------------ tests */

static bool read_cmp(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_CMP;
	return read_data_reg(a[NFTA_CMP_SREG], &e->sreg) &&
	       attr_u32(a[NFTA_CMP_OP], &e->cmp.op) && e->cmp.op <= NFT_CMP_GTE &&
	       read_value(a[NFTA_CMP_DATA], &e->cmp.data);
}

static bool read_range(struct expr *e, const struct nlattr *const *a)
{
	uint32_t op = 0;

	e->kind = EXPR_RANGE;
	if (!read_data_reg(a[NFTA_RANGE_SREG], &e->sreg) || !attr_u32(a[NFTA_RANGE_OP], &op) ||
	    op > NFT_RANGE_NEQ)
		return false;
	e->range.negate = op == NFT_RANGE_NEQ;
	return read_value(a[NFTA_RANGE_FROM_DATA], &e->range.low) &&
	       read_value(a[NFTA_RANGE_TO_DATA], &e->range.high) &&
	       e->range.low.len == e->range.high.len;
}

static bool read_lookup(struct expr *e, const struct nlattr *const *a)
{
	uint32_t flags;

	e->kind = EXPR_LOOKUP;
	maybe_u32(a[NFTA_LOOKUP_FLAGS], &flags);
	e->lookup.negate = flags & NFT_LOOKUP_F_INV;
	e->lookup.set = attr_str(a[NFTA_LOOKUP_SET]);
	e->dreg = NO_REG;
	return e->lookup.set && read_data_reg(a[NFTA_LOOKUP_SREG], &e->sreg) &&
	       (!a[NFTA_LOOKUP_DREG] || read_reg(a[NFTA_LOOKUP_DREG], &e->dreg));
}

/* ------------------------------------------------------------------ names */

/* The commonest first: the table is searched from the top. */
static const struct reader {
	const char *name;
	unsigned max;			/* highest attribute we know */
	read_function *read;
} readers[] = {
	{ "cmp", NFTA_CMP_MAX, read_cmp },
	{ "payload", NFTA_PAYLOAD_MAX, read_payload },
	{ "counter", NFTA_COUNTER_MAX, read_counter },
	{ "immediate", NFTA_IMMEDIATE_MAX, read_immediate },
	{ "meta", NFTA_META_MAX, read_meta },
	{ "match", NFTA_MATCH_MAX, read_match },
	{ "target", NFTA_TARGET_MAX, read_target },
	{ "bitwise", BITWISE_SREG2, read_bitwise },
	{ "range", NFTA_RANGE_MAX, read_range },
	{ "limit", NFTA_LIMIT_MAX, read_limit },
	{ "ct", NFTA_CT_MAX, read_ct },
	{ "log", NFTA_LOG_MAX, read_log },
	{ "lookup", NFTA_LOOKUP_MAX, read_lookup },
	{ "reject", NFTA_REJECT_MAX, read_reject },
	{ "nat", NFTA_NAT_MAX, read_nat },
	{ "masq", NFTA_MASQ_MAX, read_masquerade },
	{ "redir", NFTA_REDIR_MAX, read_redirect },
	{ "byteorder", NFTA_BYTEORDER_MAX, read_byteorder },
	{ "quota", NFTA_QUOTA_MAX, read_quota },
	{ "queue", NFTA_QUEUE_MAX, read_queue },
	{ "notrack", 0, read_notrack },
	{ "objref", NFTA_OBJREF_MAX, read_object },
	{ "dynset", NFTA_DYNSET_MAX, read_dynset },
	{ "connlimit", NFTA_CONNLIMIT_MAX, read_connlimit },
	{ "exthdr", NFTA_EXTHDR_MAX, read_exthdr },
	{ "fib", NFTA_FIB_MAX, read_fib },
	{ "rt", NFTA_RT_MAX, read_rt },
	{ "socket", NFTA_SOCKET_MAX, read_socket },
	{ "numgen", NFTA_NG_MAX, read_numgen },
	{ "hash", NFTA_HASH_MAX, read_hash },
};

/* Attributes by type; false when there is one above `max`. */
static bool strict_table(struct attrs attrs, const struct nlattr **table, unsigned max)
{
	const struct nlattr *a;

	memset(table, 0, (ATTRS_MOST + 1) * sizeof(*table));
	while ((a = attr_next(&attrs))) {
		if (attr_type(a) > max || attr_type(a) > ATTRS_MOST)
			return false;
		table[attr_type(a)] = a;
	}
	return attrs.left == 0;
}

bool expr_read(struct expr *expr, const struct nlattr *element)
{
	const struct nlattr *table[NFTA_EXPR_MAX + 1], *attrs[ATTRS_MOST + 1];

	expr->kind = EXPR_UNKNOWN;
	attr_table(attr_inside(element), table, NFTA_EXPR_MAX);
	expr->name = attr_str(table[NFTA_EXPR_NAME]);
	if (!expr->name)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++) {
		if (strcmp(readers[i].name, expr->name) != 0)
			continue;
		if (!strict_table(attr_inside(table[NFTA_EXPR_DATA]), attrs, readers[i].max) ||
		    !readers[i].read(expr, attrs))
			expr->kind = EXPR_UNKNOWN;
		break;
	}
	return true;
}
