/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writers of single expressions. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_PUT_H
#define POSTERN_KERNEL_PUT_H

#include "kernel/internal.h"

enum { SNAPLEN_GIVEN = 1 };	/* XT_NFLOG_F_COPY_LEN in part.log.flags, with to_group */

/* Loads into register 1. */
void put_payload(struct msg *m, enum nft_payload_bases base, uint32_t at, size_t len);
void put_meta(struct msg *m, uint32_t key);
void put_ct(struct msg *m, const struct field_info *field);

/* Register 1 to itself: masked; from host to network order. */
void put_bitwise(struct msg *m, const void *mask, size_t len);
void put_byteorder(struct msg *m, size_t len);

/* Tests of register 1. */
void put_cmp(struct msg *m, enum nft_cmp_ops op, const void *bytes, size_t len);
void put_range(struct msg *m, bool negate, const void *low, const void *high, size_t len);

void put_limit(struct msg *m, const struct part *part);
void put_log(struct msg *m, const struct part *part);
void put_trace(struct msg *m);
/* `chain` for jumps, else NULL. */
void put_verdict(struct msg *m, int code, const char *chain);
void put_counter(struct msg *m, const struct counters *counters);
/* put_act.c: what iptables has blobs for, and the older dialects have natively. */
/* Register 1 = (register 1 & mask) ^ exclusive_or. */
void put_change(struct msg *m, const void *mask, const void *exclusive_or, size_t len);
void put_immediate(struct msg *m, enum nft_registers reg, const void *bytes, size_t len);
/* From register 1. Payload: of the IPv4 header, whose checksum follows. */
void put_meta_set(struct msg *m, uint32_t key);
void put_ct_set(struct msg *m, uint32_t key);
void put_header_set(struct msg *m, uint32_t at, size_t len);
void put_reject(struct msg *m, uint32_t type, uint8_t code);
/* Source ports low to high, host order; 0: any. */
void put_masquerade(struct msg *m, uint16_t low, uint16_t high);
/* To the port in register 1, or the packet's own. */
void put_redirect(struct msg *m, bool to_port);
/* Register 1 = 0, 1, ... modulus - 1, one further with each packet; network order, to compare. */
void put_counting(struct msg *m, uint32_t modulus);
/* To this address and port (host order; 0: the packet's own). */
void put_dnat(struct msg *m, be32 addr, uint16_t port);
/* Tests that the destination is an address of this host. */
void put_is_local(struct msg *m);
/* Looks register 1 up in a map, the result stays there. */
void put_map(struct msg *m, const char *map);
/* A named object: NFT_OBJECT_*. */
void put_object(struct msg *m, uint32_t type, const char *name);

/* An expression being written: the list element and its data. */
struct nest {
	uint8_t *element, *data;
};

/* What kind of expression it is. */
static inline void put_name(struct msg *m, const char *name)
{
	msg_put(m, NFTA_EXPR_NAME, name, strlen(name) + !m->bare_names);
}

static inline struct nest put_open(struct msg *m, const char *name)
{
	struct nest n = { .element = msg_open(m, NFTA_LIST_ELEM) };

	put_name(m, name);
	n.data = msg_open(m, NFTA_EXPR_DATA);
	return n;
}

static inline void put_close(struct msg *m, struct nest n)
{
	msg_close(m, n.data);
	msg_close(m, n.element);
}

static inline void put_value(struct msg *m, uint16_t type, const void *bytes, size_t len)
{
	uint8_t *nest = msg_open(m, type);

	msg_put(m, NFTA_DATA_VALUE, bytes, len);
	msg_close(m, nest);
}

/* A match or target as nft_compat takes it. */
void put_blob(struct msg *m, const struct use *use);

#endif
