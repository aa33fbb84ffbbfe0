// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registers followed symbolically: what was loaded, masked or not, in which byte order. What is not
 * understood leaves its registers unknown, and whoever asks for these gives up.
 */
#include "base/bits.h"
#include "kernel/value.h"

void decoder_init(struct decoder *d, struct arena *arena, enum family family, struct rule *rule)
{
	d->arena = arena;
	d->family = family;
	d->rule = rule;
	for (size_t i = 0; i < REG_COUNT; i++)
		d->regs[i].kind = VALUE_NONE;
	d->wait.is = false;
	d->seen = 0;
	d->ended = d->goes_on = d->is_ether = d->asks_mac = d->wants = false;
	d->target_as_it_is = false;
	d->members = NULL;
	d->count = 0;
}

/* ------------------------------------------------------------------ loads */

static size_t words_of(size_t len)
{
	return (len + 3) / 4;
}

/* Forgets what overlaps `len` bytes from register `reg`, and returns its place. */
static struct value *fresh(struct decoder *d, uint8_t reg, size_t len)
{
	size_t end = reg + words_of(len);

	for (size_t i = 0; i < reg; i++)
		if (d->regs[i].kind != VALUE_NONE && i + words_of(d->regs[i].len) > reg)
			d->regs[i].kind = VALUE_NONE;
	for (size_t i = reg; i < end && i < REG_COUNT; i++)
		d->regs[i].kind = VALUE_NONE;
	return &d->regs[reg];
}

static void load_plain(struct value *v, enum value_kind kind, uint32_t key, size_t len)
{
	if (len > VALUE_MOST)
		return;		/* longer than any field: stays unknown */
	*v = (struct value){ .kind = kind, .key = key, .len = (uint8_t)len };
	memset(v->mask, 0xff, sizeof(v->mask));
}

/* How many bytes a key of meta or ct puts into its register; 0: we do not know that key. */
static size_t key_len(const struct decoder *d, bool ct, uint32_t key)
{
	for (size_t i = 1; i < FIELD_COUNT; i++) {
		const struct field_info *f = &field_table[i];

		if (f->from == (ct ? FROM_CT : FROM_META) && f->key == key)
			return ct && (key == NFT_CT_SRC || key == NFT_CT_DST)
				       ? addr_len(d->family) : f->len;
	}
	if (ct)
		return 0;
	return key == NFT_META_NFPROTO ? 1 : key == NFT_META_IFTYPE ? 2 :
	       key == NFT_META_IIF || key == NFT_META_OIF ? 4 : 0;
}

/* The newer keys for addresses of one family stand for the older ones. */
static uint32_t ct_key(const struct decoder *d, uint32_t key)
{
	bool six = d->family == FAMILY_IPV6;

	if (key == (six ? NFT_CT_SRC_IP6 : NFT_CT_SRC_IP))
		return NFT_CT_SRC;
	if (key == (six ? NFT_CT_DST_IP6 : NFT_CT_DST_IP))
		return NFT_CT_DST;
	return key;
}

static void load_key(struct decoder *d, const struct expr *e, bool ct)
{
	uint32_t key = ct ? ct_key(d, e->key.key) : e->key.key;
	size_t len = key_len(d, ct, key);
	/* An unknown key may fill 16 bytes. */
	struct value *v = fresh(d, e->dreg, len ? len : VALUE_MOST);

	if (!len)
		return;
	load_plain(v, ct ? VALUE_CT : VALUE_META, key, len);
	v->has_way = ct && e->key.has_way;
	v->way = e->key.way;
}

static void load_bitwise(struct decoder *d, const struct expr *e)
{
	struct value old = d->regs[e->sreg], *v = fresh(d, e->dreg, e->bitwise.len);

	if (old.kind == VALUE_NONE || e->bitwise.len > old.len)
		return;
	*v = old;
	v->len = (uint8_t)e->bitwise.len;
	/* ((x & m) ^ y) & m2 ^ y2 = x & (m & m2) ^ (y & m2 ^ y2) */
	for (size_t i = 0; i < v->len; i++) {
		v->mask[i] &= e->bitwise.mask.at[i];
		v->exclusive_or[i] = (uint8_t)((v->exclusive_or[i] & e->bitwise.mask.at[i]) ^
					       e->bitwise.exclusive_or.at[i]);
	}
}

static void load_byteorder(struct decoder *d, const struct expr *e)
{
	struct value old = d->regs[e->sreg], *v = fresh(d, e->dreg, e->byteorder.len);

	/* A whole number to network order, as loaded: the only use that leads to a field again. */
	if ((old.kind != VALUE_META && old.kind != VALUE_CT) || old.swapped ||
	    e->byteorder.op != NFT_BYTEORDER_HTON || e->byteorder.len != old.len ||
	    e->byteorder.size != old.len || !bytes_are_zero(old.exclusive_or, old.len) ||
	    !bytes_are_ones(old.mask, old.len))
		return;
	*v = old;
	v->swapped = true;
}

/* "fib daddr type": a number in host order (nft_fib4_eval_type). Else unknown. */
static void load_fib(struct decoder *d, const struct expr *e)
{
	bool type = e->fib.result == NFT_FIB_RESULT_ADDRTYPE;
	/* A device's name is the longest result. */
	struct value *v = fresh(d, e->dreg, type ? 4 : VALUE_MOST);

	if (type)
		load_plain(v, VALUE_FIB, e->fib.flags, 4);
}

/* The realm, which meta has, too (nft_rt_get_eval, nft_meta_get_eval_rtclassid). */
static void load_route(struct decoder *d, const struct expr *e)
{
	struct value *v = fresh(d, e->dreg, VALUE_MOST);

	if (e->key.key == NFT_RT_CLASSID)
		load_plain(v, VALUE_META, NFT_META_RTCLASSID, 4);
}

void decoder_load(struct decoder *d, const struct expr *e)
{
	struct value *v;

	switch (e->kind) {
	case EXPR_PAYLOAD:
		v = fresh(d, e->dreg, e->payload.len);
		load_plain(v, VALUE_PAYLOAD, e->payload.at, e->payload.len);
		v->base = e->payload.base;
		return;
	case EXPR_META:
	case EXPR_CT:
		load_key(d, e, e->kind == EXPR_CT);
		return;
	case EXPR_FIB:
		load_fib(d, e);
		return;
	case EXPR_RT:
		load_route(d, e);
		return;
	case EXPR_BITWISE:
		load_bitwise(d, e);
		return;
	case EXPR_BYTEORDER:
		load_byteorder(d, e);
		return;
	case EXPR_IMMEDIATE:
		v = fresh(d, e->dreg, e->immediate.len);
		if (e->immediate.len > VALUE_MOST)
			return;
		*v = (struct value){ .kind = VALUE_CONSTANT, .len = (uint8_t)e->immediate.len };
		memcpy(v->exclusive_or, e->immediate.at, v->len);
		return;
	default:
		return;
	}
}
