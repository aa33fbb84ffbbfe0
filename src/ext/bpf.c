// SPDX-License-Identifier: GPL-2.0-or-later
/* Classic BPF (bpf_convert_filter() of net/core/filter.c: what each instruction becomes there). */
#include "ext/bpf.h"

#include <linux/filter.h>

#include "ext/headers.h"

enum { WORDS = BPF_MEMWORDS };

struct machine {
	struct eval *e;
	uint32_t a, x, words[WORDS];
};

/* ------------------------------------------------------------------ loads */

static enum answer load_bytes(const uint8_t *at, unsigned size, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < size; i++)
		*value = *value << 8 | at[i];
	return ANSWER_YES;
}

/* From the link layer's header on, as far as it goes. */
static enum answer load_link(struct machine *m, uint32_t at, unsigned size, uint32_t *value)
{
	const struct packet *p = m->e->packet;

	if (!p->link)
		return eval_unknown(m->e, "the header of the link layer is not known");
	if (at + size <= p->link_len)
		return load_bytes(p->link + at, size, value);
	return eval_unknown(m->e, "what lies around the header of the link layer is not known");
}

/* What the kernel knows beside the bytes: SKF_AD_*. */
static enum answer load_beside(struct machine *m, uint32_t what, uint32_t *value)
{
	const struct meta *meta = m->e->meta;
	const struct world *w = m->e->world;

	*value = 0;
	if (what == SKF_AD_PROTOCOL)
		*value = m->e->family == FAMILY_IPV6 ? 0x86dd : 0x0800;
	else if (what == SKF_AD_ALU_XOR_X)
		*value = m->a ^ m->x;
	else if (what == SKF_AD_PKTTYPE && meta->known & KNOWN_PKTTYPE)
		*value = meta->pkttype;
	else if (what == SKF_AD_MARK && meta->known & KNOWN_MARK)
		*value = meta->mark;
	else if (what == SKF_AD_CPU && meta->known & KNOWN_CPU)
		*value = meta->cpu;
	else if (what == SKF_AD_RANDOM && w->random)
		*value = w->random(w->context);
	else
		return eval_unknown(m->e, "what the BPF program asks the kernel for is not known");
	return ANSWER_YES;
}

/* Offsets below zero are no offsets of the packet (bpf_internal_load_pointer_neg_helper()). */
static enum answer load(struct machine *m, uint32_t at, unsigned size, uint32_t *value)
{
	int64_t offset = (int32_t)at;
	const uint8_t *bytes;
	enum answer there;

	if (offset < 0 && offset >= SKF_AD_OFF && size == 4)
		return load_beside(m, (uint32_t)(offset - SKF_AD_OFF), value);
	if (offset < 0 && offset >= SKF_NET_OFF)
		offset -= SKF_NET_OFF;
	else if (offset < 0 && offset >= SKF_LL_OFF)
		return load_link(m, (uint32_t)(offset - SKF_LL_OFF), size, value);
	if (offset < 0 || offset > UINT16_MAX)
		return ANSWER_NO;
	there = packet_bytes(m->e, (uint32_t)offset, size, &bytes);
	return there == ANSWER_YES ? load_bytes(bytes, size, value) : there;
}

static unsigned size_of(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* LD and LDX. NO: the program returns 0. */
static enum answer fetch(struct machine *m, const struct sock_filter *i, uint32_t *value)
{
	enum answer there;

	switch (BPF_MODE(i->code)) {
	case BPF_IMM:
		*value = i->k;
		return ANSWER_YES;
	case BPF_LEN:
		*value = m->e->packet->len;
		return ANSWER_YES;
	case BPF_MEM:
		*value = m->words[i->k % WORDS];
		return answer_of(i->k < WORDS);
	case BPF_ABS:
		return load(m, i->k, size_of(i->code), value);
	case BPF_IND:
		return load(m, m->x + i->k, size_of(i->code), value);
	case BPF_MSH:
		there = load(m, i->k, 1, value);
		*value = (*value & 0xf) * 4;
		return there;
	default:
		return ANSWER_NO;
	}
}

/* ------------------------------------------------------------------ arithmetic */

/* False: a division by zero. */
static bool calculate(struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		m->a += v;
		return true;
	case BPF_SUB:
		m->a -= v;
		return true;
	case BPF_MUL:
		m->a *= v;
		return true;
	case BPF_DIV:
		m->a = v ? m->a / v : 0;
		return v != 0;
	case BPF_MOD:
		m->a = v ? m->a % v : 0;
		return v != 0;
	case BPF_AND:
		m->a &= v;
		return true;
	case BPF_OR:
		m->a |= v;
		return true;
	case BPF_XOR:
		m->a ^= v;
		return true;
	case BPF_LSH:
		m->a <<= v & 31;
		return true;
	case BPF_RSH:
		m->a >>= v & 31;
		return true;
	case BPF_NEG:
		m->a = -m->a;
		return true;
	default:
		return false;
	}
}

/* How many instructions are left out. */
static uint64_t jump(const struct machine *m, const struct sock_filter *i)
{
	uint32_t v = BPF_SRC(i->code) == BPF_X ? m->x : i->k;
	bool yes = false;

	switch (BPF_OP(i->code)) {
	case BPF_JA:
		return i->k;
	case BPF_JEQ:
		yes = m->a == v;
		break;
	case BPF_JGT:
		yes = m->a > v;
		break;
	case BPF_JGE:
		yes = m->a >= v;
		break;
	case BPF_JSET:
		yes = m->a & v;
		break;
	default:
		break;
	}
	return yes ? i->jt : i->jf;
}

/* ------------------------------------------------------------------ the machine */

/* One instruction that is neither a jump nor the end. NO: the program returns 0. */
static enum answer step(struct machine *m, const struct sock_filter *i)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
		return fetch(m, i, &m->a);
	case BPF_LDX:
		return fetch(m, i, &m->x);
	case BPF_ST:
	case BPF_STX:
		m->words[i->k % WORDS] = BPF_CLASS(i->code) == BPF_ST ? m->a : m->x;
		return answer_of(i->k < WORDS);
	case BPF_ALU:
		return answer_of(calculate(m, i));
	case BPF_MISC:
		if (BPF_MISCOP(i->code) == BPF_TAX)
			m->x = m->a;
		else
			m->a = m->x;
		return ANSWER_YES;
	default:
		return ANSWER_NO;
	}
}

enum answer bpf_run(struct eval *e, const struct sock_filter *program, unsigned count,
		    uint32_t *result)
{
	struct machine m = { .e = e };

	*result = 0;
	for (uint64_t at = 0; at < count; at++) {
		const struct sock_filter *i = &program[at];
		enum answer there = ANSWER_YES;

		if (BPF_CLASS(i->code) == BPF_RET) {
			*result = BPF_RVAL(i->code) == BPF_A ? m.a : i->k;
			return ANSWER_YES;
		}
		if (BPF_CLASS(i->code) == BPF_JMP)
			at += jump(&m, i);
		else
			there = step(&m, i);
		if (there != ANSWER_YES)
			return there == ANSWER_NO ? ANSWER_YES : there;
	}
	return ANSWER_YES;
}
