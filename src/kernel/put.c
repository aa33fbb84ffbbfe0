// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Single nf_tables expressions into a message, with the attributes of libnftnl. Everything goes
 * through register 1, as iptables-nft does it.
 */
#include "kernel/put.h"

#include <linux/netfilter/nf_tables_compat.h>

enum { BLOB_ALIGN = 8 };		/* XT_ALIGN: _Alignof(struct _xt_align) */

/* ------------------------------------------------------------------ loads and tests */

void put_payload(struct msg *m, enum nft_payload_bases base, uint32_t at, size_t len)
{
	struct nest n = put_open(m, "payload");

	msg_put_u32(m, NFTA_PAYLOAD_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_PAYLOAD_BASE, base);
	msg_put_u32(m, NFTA_PAYLOAD_OFFSET, at);
	msg_put_u32(m, NFTA_PAYLOAD_LEN, (uint32_t)len);
	put_close(m, n);
}

void put_meta(struct msg *m, uint32_t key)
{
	struct nest n = put_open(m, "meta");

	msg_put_u32(m, NFTA_META_KEY, key);
	msg_put_u32(m, NFTA_META_DREG, NFT_REG_1);
	put_close(m, n);
}

void put_ct(struct msg *m, const struct field_info *f)
{
	struct nest n = put_open(m, "ct");

	msg_put_u32(m, NFTA_CT_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_CT_KEY, f->key);
	if (f->per_direction)
		msg_put(m, NFTA_CT_DIRECTION, &f->direction, 1);
	put_close(m, n);
}

void put_bitwise(struct msg *m, const void *mask, size_t len)
{
	static const uint8_t zeros[16];
	struct nest n = put_open(m, "bitwise");

	msg_put_u32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BITWISE_LEN, (uint32_t)len);
	put_value(m, NFTA_BITWISE_MASK, mask, len);
	put_value(m, NFTA_BITWISE_XOR, zeros, len);
	put_close(m, n);
}

void put_cmp(struct msg *m, enum nft_cmp_ops op, const void *bytes, size_t len)
{
	struct nest n = put_open(m, "cmp");

	msg_put_u32(m, NFTA_CMP_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_CMP_OP, op);
	put_value(m, NFTA_CMP_DATA, bytes, len);
	put_close(m, n);
}

void put_range(struct msg *m, bool negate, const void *low, const void *high, size_t len)
{
	struct nest n = put_open(m, "range");

	msg_put_u32(m, NFTA_RANGE_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_RANGE_OP, negate ? NFT_RANGE_NEQ : NFT_RANGE_EQ);
	put_value(m, NFTA_RANGE_FROM_DATA, low, len);
	put_value(m, NFTA_RANGE_TO_DATA, high, len);
	put_close(m, n);
}

/* The kernel compares ranges byte by byte: a number in host order is turned round first. */
void put_byteorder(struct msg *m, size_t len)
{
	struct nest n = put_open(m, "byteorder");

	msg_put_u32(m, NFTA_BYTEORDER_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BYTEORDER_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BYTEORDER_OP, NFT_BYTEORDER_HTON);
	msg_put_u32(m, NFTA_BYTEORDER_LEN, (uint32_t)len);
	msg_put_u32(m, NFTA_BYTEORDER_SIZE, (uint32_t)len);
	put_close(m, n);
}

/* ------------------------------------------------------------------ statements */

void put_limit(struct msg *m, const struct part *p)
{
	struct nest n = put_open(m, "limit");

	msg_put_u64(m, NFTA_LIMIT_RATE, p->limit.rate);
	msg_put_u64(m, NFTA_LIMIT_UNIT, p->limit.unit);
	msg_put_u32(m, NFTA_LIMIT_BURST, p->limit.burst);
	msg_put_u32(m, NFTA_LIMIT_TYPE, p->limit.bytes ? NFT_LIMIT_PKT_BYTES : NFT_LIMIT_PKTS);
	msg_put_u32(m, NFTA_LIMIT_FLAGS, p->limit.over ? NFT_LIMIT_F_INV : 0);
	put_close(m, n);
}

void put_log(struct msg *m, const struct part *p)
{
	struct nest n = put_open(m, "log");

	if (p->log.prefix[0])
		msg_put_str(m, NFTA_LOG_PREFIX, p->log.prefix);
	if (p->log.to_group) {
		msg_put_u16(m, NFTA_LOG_GROUP, p->log.group);
		if (p->log.snaplen || p->log.flags & SNAPLEN_GIVEN)
			msg_put_u32(m, NFTA_LOG_SNAPLEN, p->log.snaplen);
		if (p->log.threshold)
			msg_put_u16(m, NFTA_LOG_QTHRESHOLD, p->log.threshold);
	} else {
		msg_put_u32(m, NFTA_LOG_LEVEL, p->log.level);
		msg_put_u32(m, NFTA_LOG_FLAGS, p->log.flags);
	}
	put_close(m, n);
}

/* TRACE: 1.8.9 goes through the second small register. */
void put_trace(struct msg *m)
{
	static const uint8_t one = 1;
	struct nest n = put_open(m, "immediate");

	msg_put_u32(m, NFTA_IMMEDIATE_DREG, NFT_REG32_01);
	put_value(m, NFTA_IMMEDIATE_DATA, &one, sizeof(one));
	put_close(m, n);
	n = put_open(m, "meta");
	msg_put_u32(m, NFTA_META_KEY, NFT_META_NFTRACE);
	msg_put_u32(m, NFTA_META_SREG, NFT_REG32_01);
	put_close(m, n);
}

void put_verdict(struct msg *m, int code, const char *chain)
{
	struct nest n = put_open(m, "immediate");
	uint8_t *data, *verdict;

	msg_put_u32(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = msg_open(m, NFTA_IMMEDIATE_DATA);
	verdict = msg_open(m, NFTA_DATA_VERDICT);
	msg_put_u32(m, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		msg_put_str(m, NFTA_VERDICT_CHAIN, chain);
	msg_close(m, verdict);
	msg_close(m, data);
	put_close(m, n);
}

/* From nothing the kernel counts from zero: a fifteenth of the message of a common rule. */
void put_counter(struct msg *m, const struct counters *counters)
{
	struct nest n;

	if (!counters->packets && !counters->bytes) {
		uint8_t *element = msg_open(m, NFTA_LIST_ELEM);

		put_name(m, "counter");
		msg_close(m, element);
		return;
	}
	n = put_open(m, "counter");
	msg_put_u64(m, NFTA_COUNTER_BYTES, counters->bytes);
	msg_put_u64(m, NFTA_COUNTER_PACKETS, counters->packets);
	put_close(m, n);
}

void put_blob(struct msg *m, const struct use *use)
{
	const struct ext *e = use->ext;
	const char *name = e->kernel_name ? e->kernel_name : e->name;
	size_t padded = (e->size + (size_t)BLOB_ALIGN - 1) & ~((size_t)BLOB_ALIGN - 1);
	struct nest n = put_open(m, e->kind == EXT_MATCH ? "match" : "target");
	uint8_t *info;

	/* NFTA_TARGET_* are the same numbers. */
	msg_put_str(m, NFTA_MATCH_NAME, name);
	msg_put_u32(m, NFTA_MATCH_REV, e->revision);
	info = msg_room(m, NFTA_MATCH_INFO, padded);
	if (info && padded) {
		memset(info, 0, padded);
		if (e->size)
			memcpy(info, use->data, e->size);
	}
	put_close(m, n);
}
