/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One nf_tables expression as read: its attributes checked and named, nothing concluded yet. Shared
 * by the decoder (expressions -> rule) and by the words for what no rule can say.
 */
#ifndef POSTERN_KERNEL_EXPR_H
#define POSTERN_KERNEL_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/nl.h"

enum expr_kind {
	EXPR_UNKNOWN,		/* a name or an attribute from the future, or malformed */
	EXPR_PAYLOAD, EXPR_META, EXPR_CT, EXPR_EXTHDR, EXPR_FIB, EXPR_RT, EXPR_SOCKET,
	EXPR_BITWISE, EXPR_BYTEORDER, EXPR_IMMEDIATE,
	EXPR_CMP, EXPR_RANGE, EXPR_LOOKUP,
	EXPR_VERDICT, EXPR_COUNTER, EXPR_LIMIT, EXPR_QUOTA, EXPR_LOG, EXPR_REJECT, EXPR_QUEUE,
	EXPR_META_SET, EXPR_CT_SET,
	EXPR_NAT, EXPR_MASQUERADE, EXPR_REDIRECT, EXPR_NOTRACK, EXPR_OBJECT, EXPR_DYNSET,
	EXPR_CONNLIMIT, EXPR_NUMGEN, EXPR_HASH,
	EXPR_MATCH, EXPR_TARGET,
};

/* Bytes inside the message. */
struct bytes {
	const uint8_t *at;
	uint32_t len;
};

/*
 * Registers are counted in words of four bytes from the first data register; REG_VERDICT and NO_REG
 * stand beside them.
 */
enum { REG_COUNT = 16, REG_VERDICT = 16, NO_REG = 17 };

struct expr {
	enum expr_kind kind;
	const char *name;		/* the kernel's; NULL when even that is malformed */
	uint8_t sreg, dreg;
	union {
		struct { uint32_t base, at, len; } payload;
		struct { uint32_t key; bool has_way; uint8_t way; } key;	/* meta, ct */
		struct { uint32_t len; struct bytes mask, exclusive_or; } bitwise;
		struct { uint32_t op, len, size; } byteorder;
		struct bytes immediate;
		struct { uint32_t op; struct bytes data; } cmp;
		struct { bool negate; struct bytes low, high; } range;
		struct { const char *set; bool negate; } lookup;
		struct { int32_t code; const char *chain; } verdict;
		struct { uint64_t packets, bytes; } counter;
		struct { uint64_t rate, unit; uint32_t burst, type, flags; } limit;
		struct { uint64_t bytes; uint32_t flags; } quota;
		struct { bool has_group, has_snaplen; uint16_t group, threshold; uint32_t snaplen,
			 level, flags; const char *prefix; } log;
		struct { uint32_t type; uint8_t code; } reject;
		struct { uint16_t number, total, flags; } queue;
		struct { uint32_t type, family, flags; uint8_t addr_low, addr_high, port_low,
			 port_high; } nat;		/* registers, NO_REG: none */
		struct { const char *name; uint32_t type; } object;
		struct { const char *set; uint32_t op; } dynset;
		struct { uint32_t count, flags; } connlimit;
		struct { uint32_t type, at, len, op, flags; } header;	/* exthdr */
		struct { uint32_t result, flags; } fib;
		struct { const char *name; uint32_t revision; struct bytes info; } blob;
	};
};

/* Reads a list element. False: it is no expression at all (`kind` is EXPR_UNKNOWN then, too). */
bool expr_read(struct expr *expr, const struct nlattr *element);
/* A verdict, in an NFTA_*_DATA attribute (may be NULL). */
bool expr_read_verdict(struct expr *expr, const struct nlattr *data);

#endif
