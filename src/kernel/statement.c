// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading the expressions that do something, verdicts apart; the others are expr.c's. */
#include "kernel/expr_read.h"

#include <linux/netfilter/nf_tables_compat.h>

/* An optional register: absent is fine, wrong is not. */
static bool read_maybe_reg(const struct nlattr *a, uint8_t *number)
{
	*number = NO_REG;
	return !a || read_data_reg(a, number);
}

bool read_counter(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_COUNTER;
	/* Both are there when the kernel says it; our own messages leave zeros away (put_counter). */
	e->counter.packets = e->counter.bytes = 0;
	return (!a[NFTA_COUNTER_PACKETS] ||
		attr_u64(a[NFTA_COUNTER_PACKETS], &e->counter.packets)) &&
	       (!a[NFTA_COUNTER_BYTES] || attr_u64(a[NFTA_COUNTER_BYTES], &e->counter.bytes));
}

bool read_limit(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_LIMIT;
	maybe_u32(a[NFTA_LIMIT_BURST], &e->limit.burst);
	maybe_u32(a[NFTA_LIMIT_TYPE], &e->limit.type);
	maybe_u32(a[NFTA_LIMIT_FLAGS], &e->limit.flags);
	return attr_u64(a[NFTA_LIMIT_RATE], &e->limit.rate) &&
	       attr_u64(a[NFTA_LIMIT_UNIT], &e->limit.unit) &&
	       e->limit.type <= NFT_LIMIT_PKT_BYTES && e->limit.flags <= NFT_LIMIT_F_INV;
}

bool read_quota(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_QUOTA;
	maybe_u32(a[NFTA_QUOTA_FLAGS], &e->quota.flags);
	return attr_u64(a[NFTA_QUOTA_BYTES], &e->quota.bytes);
}

bool read_log(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_LOG;
	e->log.prefix = "";
	e->log.group = e->log.threshold = 0;
	e->log.has_group = attr_u16(a[NFTA_LOG_GROUP], &e->log.group);
	attr_u16(a[NFTA_LOG_QTHRESHOLD], &e->log.threshold);
	e->log.has_snaplen = a[NFTA_LOG_SNAPLEN];
	maybe_u32(a[NFTA_LOG_SNAPLEN], &e->log.snaplen);
	e->log.level = 4;		/* LOGLEVEL_WARNING, nft's default */
	attr_u32(a[NFTA_LOG_LEVEL], &e->log.level);
	maybe_u32(a[NFTA_LOG_FLAGS], &e->log.flags);
	if (a[NFTA_LOG_PREFIX])
		e->log.prefix = attr_str(a[NFTA_LOG_PREFIX]);
	return e->log.prefix;
}

bool read_reject(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_REJECT;
	e->reject.code = 0;
	read_u8(a[NFTA_REJECT_ICMP_CODE], &e->reject.code);
	return attr_u32(a[NFTA_REJECT_TYPE], &e->reject.type);
}

bool read_queue(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_QUEUE;
	e->queue.number = e->queue.flags = 0;
	e->queue.total = 1;
	attr_u16(a[NFTA_QUEUE_NUM], &e->queue.number);
	attr_u16(a[NFTA_QUEUE_TOTAL], &e->queue.total);
	attr_u16(a[NFTA_QUEUE_FLAGS], &e->queue.flags);
	/* The number may be computed, too. */
	return !a[NFTA_QUEUE_SREG_QNUM] && e->queue.total;
}

bool read_nat(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_NAT;
	maybe_u32(a[NFTA_NAT_FLAGS], &e->nat.flags);
	return attr_u32(a[NFTA_NAT_TYPE], &e->nat.type) &&
	       attr_u32(a[NFTA_NAT_FAMILY], &e->nat.family) &&
	       read_maybe_reg(a[NFTA_NAT_REG_ADDR_MIN], &e->nat.addr_low) &&
	       read_maybe_reg(a[NFTA_NAT_REG_ADDR_MAX], &e->nat.addr_high) &&
	       read_maybe_reg(a[NFTA_NAT_REG_PROTO_MIN], &e->nat.port_low) &&
	       read_maybe_reg(a[NFTA_NAT_REG_PROTO_MAX], &e->nat.port_high);
}

bool read_masquerade(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_MASQUERADE;
	maybe_u32(a[NFTA_MASQ_FLAGS], &e->nat.flags);
	e->nat.addr_low = e->nat.addr_high = NO_REG;
	return read_maybe_reg(a[NFTA_MASQ_REG_PROTO_MIN], &e->nat.port_low) &&
	       read_maybe_reg(a[NFTA_MASQ_REG_PROTO_MAX], &e->nat.port_high);
}

bool read_redirect(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_REDIRECT;
	maybe_u32(a[NFTA_REDIR_FLAGS], &e->nat.flags);
	e->nat.addr_low = e->nat.addr_high = NO_REG;
	return read_maybe_reg(a[NFTA_REDIR_REG_PROTO_MIN], &e->nat.port_low) &&
	       read_maybe_reg(a[NFTA_REDIR_REG_PROTO_MAX], &e->nat.port_high);
}

bool read_notrack(struct expr *e, const struct nlattr *const *a)
{
	(void)a;
	e->kind = EXPR_NOTRACK;
	return true;
}

bool read_object(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_OBJECT;
	maybe_u32(a[NFTA_OBJREF_IMM_TYPE], &e->object.type);
	e->object.name = attr_str(a[NFTA_OBJREF_IMM_NAME]);
	return e->object.name;
}

bool read_dynset(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_DYNSET;
	maybe_u32(a[NFTA_DYNSET_OP], &e->dynset.op);
	e->dynset.set = attr_str(a[NFTA_DYNSET_SET_NAME]);
	return e->dynset.set && read_data_reg(a[NFTA_DYNSET_SREG_KEY], &e->sreg);
}

bool read_connlimit(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_CONNLIMIT;
	maybe_u32(a[NFTA_CONNLIMIT_FLAGS], &e->connlimit.flags);
	return attr_u32(a[NFTA_CONNLIMIT_COUNT], &e->connlimit.count);
}

static bool read_blob(struct expr *e, const struct nlattr *const *a)
{
	const struct nlattr *info = a[NFTA_MATCH_INFO];

	e->blob.name = attr_str(a[NFTA_MATCH_NAME]);
	if (!e->blob.name || !info || !attr_u32(a[NFTA_MATCH_REV], &e->blob.revision) ||
	    e->blob.revision > UINT8_MAX)
		return false;
	e->blob.info = (struct bytes){ attr_data(info), (uint32_t)attr_len(info) };
	return true;
}

bool read_match(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_MATCH;
	return read_blob(e, a);
}

bool read_target(struct expr *e, const struct nlattr *const *a)
{
	e->kind = EXPR_TARGET;
	return read_blob(e, a);
}
