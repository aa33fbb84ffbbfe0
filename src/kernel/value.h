/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What registers hold while expressions are read, and tests of it. Inside kernel/ only. */
#ifndef POSTERN_KERNEL_VALUE_H
#define POSTERN_KERNEL_VALUE_H

#include "kernel/expr.h"
#include "kernel/internal.h"

enum value_kind { VALUE_NONE, VALUE_PAYLOAD, VALUE_META, VALUE_CT, VALUE_FIB, VALUE_CONSTANT };

enum { VALUE_MOST = 16 };

/*
 * One element of a set: from `low` to `high`, inclusive, as the key's register holds them; of a map
 * of verdicts with its verdict.
 */
struct member {
	uint8_t low[VALUE_MOST], high[VALUE_MOST];
	struct verdict_of { int32_t code; const char *chain; } verdict;
};
struct members;

/* (what was loaded & mask) ^ exclusive_or; a constant is (anything & 0) ^ itself. */
struct value {
	enum value_kind kind;
	uint32_t base;		/* payload: NFT_PAYLOAD_* */
	uint32_t key;		/* payload: offset; fib: NFTA_FIB_F_*; else NFT_META_* or NFT_CT_* */
	uint8_t len;
	bool has_way, swapped;	/* swapped: turned to network order */
	uint8_t way;
	uint8_t mask[VALUE_MOST], exclusive_or[VALUE_MOST];
};

struct decoder {
	struct arena *arena;
	enum family family;
	struct rule *rule;
	struct value regs[REG_COUNT];
	/* ">= low" that waits for a "<= high" behind it: nft writes ranges as two comparisons. */
	struct {
		bool is, top;		/* top: nothing can be above, no match */
		struct value value;
		uint8_t reg, len, low[VALUE_MOST];
	} wait;
	unsigned seen;			/* head tests so far, enum head_invert */
	bool ended;			/* there is a target */
	bool goes_on;			/* ... which every packet leaves for what follows */
	/*
	 * A hardware address is -m mac's only behind the test that the device is an Ethernet, which
	 * nft adds.
	 */
	bool is_ether, asks_mac;
	struct members *members;	/* what is in sets; NULL: not known */
	bool wants;			/* a set that is not known yet */
	bool target_as_it_is;		/* the target is a blob */
	bool as_it_is[MATCH_MOST];	/* so is the match: the kernel has let it stand there */
	uint16_t count;
	struct use uses[MATCH_MOST];
};

/* A test of a whole field. */
struct field_test {
	enum field field;
	enum relation relation;	/* REL_EQUAL or REL_RANGE */
	bool negate, swapped;
	size_t len;
	const uint8_t *mask, *low, *high;	/* of len bytes */
};

/* load.c */
void decoder_init(struct decoder *d, struct arena *arena, enum family family, struct rule *rule);

/* The protocol the rule has asked for so far, 0 if any or all but one. */
static inline uint8_t decoder_proto(const struct decoder *d)
{
	return d->rule->head.invert & INVERT_PROTO ? 0 : d->rule->head.proto;
}

/* Payload, meta, ct, bitwise, byteorder, immediate. */
void decoder_load(struct decoder *d, const struct expr *e);

/*
 * Settles a waiting lower bound unless `e` (NULL: the end) is its upper one. False: cannot be said.
 */
bool decoder_settle(struct decoder *d, const struct expr *e);

bool decoder_cmp(struct decoder *d, const struct expr *e);
bool decoder_range(struct decoder *d, const struct expr *e);

/* A test of a register; `relation` is REL_EQUAL or REL_RANGE. */
bool decoder_test_value(struct decoder *d, const struct value *v, struct field_test t);

/* lookup.c: a value that is, or is not, in a set. */
bool decoder_lookup(struct decoder *d, const struct expr *e);
/* The field that all of a register holds, or FIELD_NONE. */
enum field decoder_field(const struct decoder *d, const struct value *v, size_t len);
/* What routes call an address: one of these types (bits of NFT_FIB_RESULT_ADDRTYPE's values). */
bool decoder_test_route(struct decoder *d, const struct value *v, uint32_t types, bool negate);

/* decode_act.c: something that ends the rule, a target. Nothing may follow it. Always true. */
bool decoder_end(struct decoder *d, struct use target);
/* Log, set a mark, translate, reject, queue and the like. False: cannot be said. */
bool decoder_act(struct decoder *d, const struct expr *e);

/* test.c: into the head or the matches. False: cannot be said. */
bool decoder_test(struct decoder *d, const struct field_test *t);
/* The same of a part that is a match. */
bool decoder_offer(struct decoder *d, const struct part *part);

#endif
