// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Adding to a mark, which nf_tables has no expression for: by hand, as on paper. Each bit that is to
 * be added (or taken away) has a chain that lets it ripple: the rule of the bit where the carry ends
 * turns over that one and those below it. A number has a chain that jumps to those of its bits.
 */
#include "base/bits.h"
#include "kernel/frame.h"
#include "kernel/put.h"

enum { MARK_BITS = 32, CHAIN_NAME_MOST = 32 };

/* Longer than a chain of ipchains may be called, so they are hidden like the rest of the frame. */
static void bit_chain(char name[CHAIN_NAME_MOST], bool minus, unsigned bit)
{
	snprintf(name, CHAIN_NAME_MOST, "%s-bit-%u", minus ? "minus" : "plus", bit);
}

struct sum {
	bool minus;
	uint32_t number;
};

/* Marks have 32 bits: adding a number is taking away the rest. What has fewer bits to jump to. */
static struct sum sum_of(const struct old_mark *mark)
{
	bool minus = mark->mode == OLD_MARK_SUBTRACT;
	uint32_t rest = -mark->value;

	if (__builtin_popcount(rest) < __builtin_popcount(mark->value))
		return (struct sum){ !minus, rest };
	return (struct sum){ minus, mark->value };
}

static void number_chain(char name[CHAIN_NAME_MOST], const struct sum *sum)
{
	snprintf(name, CHAIN_NAME_MOST, "mark-%s-%u", sum->minus ? "minus" : "plus", sum->number);
}

/* There and empty, whether it was there or not: all of it goes into one transaction. */
static int begin_chain(const struct frame_batch *f, const char *chain)
{
	struct msg msg;
	int r = frame_add_chain(f, chain);

	if (r < 0)
		return r;
	encode_start(f->batch, &msg, f->op, NFT_MSG_DELRULE, 0, f->seq, NFTA_RULE_TABLE);
	msg_put_str(&msg, NFTA_RULE_CHAIN, chain);
	return batch_done(f->batch, &msg);
}

/*
 * The carry ends at `end`: all bits from `bit` up to it are ones (of minus: zeros), and it is not.
 * At MARK_BITS it runs out at the top, which is what is left then.
 */
static int add_ripple(const struct frame_batch *f, const char *chain, bool minus, unsigned bit,
		      unsigned end)
{
	const uint32_t all = UINT32_MAX, last = end < MARK_BITS ? UINT32_C(1) << end : 0;
	const uint32_t below = (last - 1) & (all << bit), turned = below | last;
	const uint32_t before = minus ? last : below;
	struct msg msg;
	uint8_t *list;

	list = frame_begin_rule(f, &msg, chain);
	if (last) {
		put_meta(&msg, NFT_META_MARK);
		put_bitwise(&msg, &turned, sizeof(turned));
		put_cmp(&msg, NFT_CMP_EQ, &before, sizeof(before));
	}
	put_meta(&msg, NFT_META_MARK);
	put_change(&msg, &all, &turned, sizeof(turned));
	put_meta_set(&msg, NFT_META_MARK);
	put_verdict(&msg, NFT_RETURN, NULL);
	msg_close(&msg, list);
	return batch_done(f->batch, &msg);
}

static int add_bit(const struct frame_batch *f, bool minus, unsigned bit)
{
	char chain[CHAIN_NAME_MOST];
	int r;

	bit_chain(chain, minus, bit);
	r = begin_chain(f, chain);
	for (unsigned end = bit; !r && end <= MARK_BITS; end++)
		r = add_ripple(f, chain, minus, bit, end);
	return r;
}

static int add_jump(const struct frame_batch *f, const char *chain, bool minus, unsigned bit)
{
	char to[CHAIN_NAME_MOST];
	const struct step steps[] = { { .kind = STEP_JUMP, .name = to }, { .kind = STEP_END } };

	bit_chain(to, minus, bit);
	return frame_add_rule(f, &(const struct frame_rule){ .chain = chain, .steps = steps });
}

int frame_add_number(const struct frame_batch *f, const struct old_mark *mark)
{
	const struct sum sum = sum_of(mark);
	char chain[CHAIN_NAME_MOST];
	int r = 0;

	for (unsigned bit = 0; !r && bit < MARK_BITS; bit++)
		if (sum.number >> bit & 1)
			r = add_bit(f, sum.minus, bit);
	number_chain(chain, &sum);
	if (!r)
		r = begin_chain(f, chain);
	for (unsigned bit = 0; !r && bit < MARK_BITS; bit++)
		if (sum.number >> bit & 1)
			r = add_jump(f, chain, sum.minus, bit);
	return r;
}

void frame_put_number(struct msg *m, const struct old_mark *mark)
{
	const struct sum sum = sum_of(mark);
	char chain[CHAIN_NAME_MOST];

	number_chain(chain, &sum);
	put_verdict(m, NFT_JUMP, chain);
}
