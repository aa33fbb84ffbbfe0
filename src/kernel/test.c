// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A test of one field, as read, put where a rule says it: into the head (addresses, devices,
 * protocol, fragments) or, as an ask, into the match whose option it is.
 */
#include "base/bits.h"
#include "kernel/value.h"

enum { IP_OFFSET_BITS = 0x1fff };

/*
 * Makes room for a head test. The head says each thing once: a second test of the same thing is
 * harmless when it repeats the first, and cannot be said otherwise.
 */
static bool claim(struct decoder *d, enum head_invert what, bool negate)
{
	if (d->seen & what)
		return false;
	/* The head is asked first: whatever counts packets must not stand in front of it. */
	for (size_t i = 0; i < d->count; i++)
		if (d->uses[i].ext->effect != EFFECT_PURE)
			return false;
	d->seen |= what;
	if (negate)
		d->rule->head.invert |= (uint8_t)what;
	return true;
}

static bool repeats(const struct decoder *d, enum head_invert what, bool negate, bool same)
{
	return d->seen & what && same && negate == !!(d->rule->head.invert & what);
}

static bool test_address(struct decoder *d, const struct field_test *t, struct network *net,
			 enum head_invert what)
{
	struct network found = { 0 };

	for (size_t i = 0; i < t->len; i++)
		if (t->low[i] & ~t->mask[i])
			return false;	/* bits outside of the mask: matches nothing */
	memcpy(found.addr.bytes, t->low, t->len);
	memcpy(found.mask.bytes, t->mask, t->len);
	if (bytes_are_zero(&found.mask, sizeof(found.mask)) && !t->negate)
		return true;		/* any address */
	if (repeats(d, what, t->negate, !memcmp(net, &found, sizeof(found))))
		return true;
	if (!claim(d, what, t->negate))
		return false;
	*net = found;
	return true;
}

/*
 * With its NUL a name is that device, without it all that start so. "INVAL/D" cannot be a device
 * (dev_valid_name refuses the slash): it is how "! -i +" is written.
 */
static bool test_device(struct decoder *d, const struct field_test *t, char *to,
			enum head_invert what)
{
	char name[IFNAMSIZ + 1] = { 0 };
	bool negate = t->negate;
	size_t n;

	if (t->len > IFNAMSIZ || !bytes_are_ones(t->mask, t->len))
		return false;
	memcpy(name, t->low, t->len);
	n = strlen(name);
	if (!n || !bytes_are_zero(name + n, sizeof(name) - n))
		return false;
	if (n == t->len) {
		if (n >= IFNAMSIZ - 1)
			return false;	/* no room for the plus */
		name[n] = '+';
	} else if (!strcmp(name, "INVAL/D")) {
		if (negate)
			return false;	/* any device, but the packet has to have one */
		negate = true;
		memcpy(name, "+", 2);
	} else if (name[n - 1] == '+') {
		return false;		/* a device that is really called so: "+" says something
					 * else */
	}
	if (repeats(d, what, negate, !strcmp(to, name)))
		return true;
	if (!claim(d, what, negate))
		return false;
	memcpy(to, name, IFNAMSIZ);
	return true;
}

static bool test_proto(struct decoder *d, const struct field_test *t)
{
	uint8_t proto = t->low[0];

	/* 0 (hop-by-hop options) is "any" in a rule's head. */
	if (t->len != 1 || t->mask[0] != 0xff || !proto)
		return false;
	if (repeats(d, INVERT_PROTO, t->negate, proto == d->rule->head.proto))
		return true;
	if (!claim(d, INVERT_PROTO, t->negate))
		return false;
	d->rule->head.proto = proto;
	return true;
}

static bool test_fragment(struct decoder *d, const struct field_test *t)
{
	uint16_t mask = (uint16_t)(t->mask[0] << 8 | t->mask[1]);

	if (t->len != 2 || mask != IP_OFFSET_BITS || t->low[0] || t->low[1])
		return false;
	/* Not zero is "-f", zero is "! -f". */
	if (repeats(d, INVERT_FRAGMENT, !t->negate, true))
		return true;
	if (!claim(d, INVERT_FRAGMENT, !t->negate))
		return false;
	d->rule->head.fragment = true;
	return true;
}

/* ------------------------------------------------------------------ asks */

bool decoder_offer(struct decoder *d, const struct part *part)
{
	uint16_t before = d->count;

	if (!use_raise(d->arena, d->family, decoder_proto(d), part, d->uses, &d->count,
		       MATCH_MOST))
		return false;
	if (d->count > before)
		d->as_it_is[before] = false;
	/* Targets cannot come from a test; whoever thinks so is not asked again. */
	return d->count == before || d->uses[d->count - 1].ext->kind == EXT_MATCH;
}

/*
 * Half a number says nothing; the first bytes of an address are a prefix, the first byte of an ICMP
 * header is the type with any code.
 */
static bool may_be_part(const struct field_test *t, const struct field_info *f, size_t len)
{
	return t->relation == REL_EQUAL && !f->host_order &&
	       (len >= 4 || t->field == FIELD_ICMP || t->field == FIELD_ICMP6);
}

/*
 * The TOS byte, which in IPv6 is the traffic class between two other fields, has a name for its six
 * bits of DSCP and for its two of ECN. False, with nothing done: it is another test.
 */
static bool offer_tos(struct decoder *d, const struct ask *a)
{
	bool six = a->field == FIELD_IP6_TRAFFIC_CLASS;
	unsigned mask = six ? (a->mask[0] << 8 | a->mask[1]) >> 4 & 0xff : a->mask[0];
	unsigned low = six ? (a->low[0] << 8 | a->low[1]) >> 4 & 0xff : a->low[0];
	struct part part = { .kind = PART_ASK };

	if (a->relation != REL_EQUAL || a->len != 1u + six || low & ~mask ||
	    (six && (a->mask[0] & 0xf0 || a->mask[1] & 0x0f || a->low[0] & 0xf0 ||
		     a->low[1] & 0x0f)))
		return false;
	if (mask == 0xfc)
		ask_equal_uint(&part.ask, FIELD_DSCP, low >> 2);
	else if (mask == 0x03)
		ask_equal_uint(&part.ask, FIELD_ECN, low);
	else
		ask_masked_uint(&part.ask, FIELD_IP_TOS, low, mask);
	part.ask.negate = a->negate;
	return decoder_offer(d, &part);
}

/* From here to the most, and up to there: what has no option for both ends has two. */
static bool offer_halves(struct decoder *d, const struct part *whole)
{
	struct part half = *whole;
	const struct ask *a = &whole->ask;

	if (a->relation != REL_RANGE || a->negate || bytes_are_zero(a->low, a->len) ||
	    bytes_are_ones(a->high, a->len))
		return false;
	memset(half.ask.high, 0xff, a->len);
	if (!decoder_offer(d, &half))
		return false;
	half = *whole;
	memset(half.ask.low, 0, a->len);
	return decoder_offer(d, &half);
}

static bool test_ask(struct decoder *d, const struct field_test *t)
{
	const struct field_info *f = &field_table[t->field];
	struct part part = { .kind = PART_ASK };
	struct ask *a = &part.ask;
	size_t len = f->len;

	if (f->from == FROM_CT && (f->key == NFT_CT_SRC || f->key == NFT_CT_DST))
		len = addr_len(d->family);
	if (t->len > len || (t->len < len && !may_be_part(t, f, len)))
		return false;
	/*
	 * The kernel compares ranges byte by byte, which is right for the most significant first.
	 */
	if (t->relation == REL_RANGE && f->host_order && len > 1 && !t->swapped)
		return false;
	a->field = t->field;
	a->relation = t->relation;
	a->negate = t->negate;
	/* A prefix, or an ICMP type without its code: the rest is masked out. */
	a->len = (uint8_t)len;
	bytes_copy_turned(a->mask, t->mask, t->len, t->swapped);
	bytes_copy_turned(a->low, t->low, t->len, t->swapped);
	if (t->high)
		bytes_copy_turned(a->high, t->high, t->len, t->swapped);
	if (t->field == FIELD_ETHER_SADDR)
		d->asks_mac = true;
	/* What is not one way is the other. */
	if (t->field == FIELD_CT_DIRECTION && a->negate && *a->low <= 1 && *a->mask == 0xff) {
		a->negate = false;
		*a->low ^= 1;
	}
	if (((t->field == FIELD_IP_TOS || t->field == FIELD_IP6_TRAFFIC_CLASS) &&
	     offer_tos(d, a)) || decoder_offer(d, &part) || offer_halves(d, &part))
		return true;
	if (t->relation != REL_EQUAL || !bytes_are_zero(a->low, a->len))
		return false;
	/* "Masked, it is not zero" is "one of these bits". */
	a->relation = REL_ANY_BIT;
	a->negate = !a->negate;
	return decoder_offer(d, &part);
}

/*
 * nft_fib4_eval_type() and xt_addrtype ask the same of IPv4's routes. Of IPv6's they do not: a link
 * local address is looked up on its device by one and on all by the other, and what is "unicast" is
 * told by routes here, by the address there.
 */
bool decoder_test_route(struct decoder *d, const struct value *v, uint32_t types, bool negate)
{
	const uint32_t devices = NFTA_FIB_F_IIF | NFTA_FIB_F_OIF;
	struct part part = {
		.kind = PART_ADDR_TYPE,
		.addr_type = {
			.source = v->key & NFTA_FIB_F_SADDR, .negate = negate, .types = types,
			.in = v->key & NFTA_FIB_F_IIF, .out = v->key & NFTA_FIB_F_OIF,
		},
	};
	uint32_t address = v->key & ~devices;

	return d->family == FAMILY_IPV4 && (v->key & devices) != devices &&
	       (address == NFTA_FIB_F_SADDR || address == NFTA_FIB_F_DADDR) &&
	       decoder_offer(d, &part);
}

bool decoder_test(struct decoder *d, const struct field_test *t)
{
	struct head *head = &d->rule->head;

	if (t->relation == REL_EQUAL && !t->swapped)
		switch (t->field) {
		case FIELD_IP_SADDR:
		case FIELD_IP6_SADDR:
			return test_address(d, t, &head->src, INVERT_SRC);
		case FIELD_IP_DADDR:
		case FIELD_IP6_DADDR:
			return test_address(d, t, &head->dst, INVERT_DST);
		case FIELD_IIFNAME:
			return test_device(d, t, head->in, INVERT_IN);
		case FIELD_OIFNAME:
			return test_device(d, t, head->out, INVERT_OUT);
		case FIELD_L4PROTO:
		case FIELD_IP_PROTOCOL:
			return test_proto(d, t);
		case FIELD_IP_FRAG_OFF:
			return test_fragment(d, t);
		default:
			break;
		}
	return test_ask(d, t);
}
