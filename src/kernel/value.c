// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparisons of registers cut into tests of single fields: nft loads neighbouring fields at once
 * (source and destination address in eight bytes), iptables both ports.
 */
#include "kernel/value.h"

#include <net/if_arp.h>

#include "base/bits.h"

/* ------------------------------------------------------------------ cutting into fields */

static const enum field ipv4_fields[] = {
	FIELD_IP_SADDR, FIELD_IP_DADDR, FIELD_IP_PROTOCOL, FIELD_IP_FRAG_OFF, FIELD_IP_TTL,
	FIELD_IP_TOS, FIELD_IP_LENGTH, FIELD_NONE,
};
static const enum field ipv6_fields[] = {
	FIELD_IP6_SADDR, FIELD_IP6_DADDR, FIELD_IP6_HOPLIMIT, FIELD_IP6_TRAFFIC_CLASS, FIELD_NONE,
};
static const enum field icmp_fields[] = { FIELD_ICMP, FIELD_NONE };
static const enum field icmp6_fields[] = { FIELD_ICMP6, FIELD_NONE };
static const enum field tcp_fields[] = {
	FIELD_SPORT, FIELD_DPORT, FIELD_TCP_FLAGS, FIELD_NONE,
};
static const enum field port_fields[] = { FIELD_SPORT, FIELD_DPORT, FIELD_NONE };
static const enum field link_fields[] = { FIELD_ETHER_SADDR, FIELD_NONE };
static const enum field no_fields[] = { FIELD_NONE };

static const enum field *fields_of(const struct decoder *d, uint32_t base)
{
	if (base == NFT_PAYLOAD_NETWORK_HEADER)
		return d->family == FAMILY_IPV6 ? ipv6_fields : ipv4_fields;
	if (base == NFT_PAYLOAD_LL_HEADER)
		return link_fields;
	if (base != NFT_PAYLOAD_TRANSPORT_HEADER)
		return no_fields;
	switch (decoder_proto(d)) {
	case IPPROTO_TCP:
		return tcp_fields;
	case IPPROTO_ICMP:
		return icmp_fields;
	case IPPROTO_ICMPV6:
		return icmp6_fields;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return port_fields;
	}
	return no_fields;
}

static enum field field_at(const struct decoder *d, uint32_t base, uint32_t at)
{
	const enum field *f = fields_of(d, base);

	while (*f != FIELD_NONE && field_table[*f].key != at)
		f++;
	return *f;
}

static enum field field_of_key(const struct value *v)
{
	for (size_t i = 1; i < FIELD_COUNT; i++) {
		const struct field_info *f = &field_table[i];

		if (f->from != (v->kind == VALUE_CT ? FROM_CT : FROM_META) || f->key != v->key)
			continue;
		if (f->per_direction ? v->has_way && f->direction == v->way : !v->has_way)
			return (enum field)i;
	}
	return FIELD_NONE;
}

/*
 * In an "ip" table every packet is IPv4: nft writes the test all the same where it depends on it.
 */
static bool is_own_family(const struct decoder *d, const struct value *v, const uint8_t *low,
			  size_t len, bool negate)
{
	return v->kind == VALUE_META && v->key == NFT_META_NFPROTO && v->mask[0] == 0xff &&
	       len == 1 && !negate && low[0] == d->family;
}

enum field decoder_field(const struct decoder *d, const struct value *v, size_t len)
{
	enum field f = FIELD_NONE;

	if (v->kind == VALUE_PAYLOAD)
		f = field_at(d, v->base, v->key);
	else if (v->kind == VALUE_META || v->kind == VALUE_CT)
		f = field_of_key(v);
	return f != FIELD_NONE && field_table[f].len == len ? f : FIELD_NONE;
}

/*
 * The second byte of IPv6 alone, which is how nft asks for "ip6 ecn": the traffic class, less its
 * upper half.
 */
static bool test_class(struct decoder *d, const struct value *v, const struct field_test *half)
{
	uint8_t mask[2] = { 0, *half->mask }, low[2] = { 0, *half->low };
	struct field_test t = *half;

	t.field = FIELD_IP6_TRAFFIC_CLASS;
	t.len = sizeof(low);
	t.mask = mask;
	t.low = low;
	return v->base == NFT_PAYLOAD_NETWORK_HEADER && v->key == 1 && half->len == 1 &&
	       d->family == FAMILY_IPV6 && half->relation == REL_EQUAL && decoder_test(d, &t);
}

static bool test_payload(struct decoder *d, const struct value *v, const struct field_test *whole)
{
	bool simple = !whole->negate && whole->relation == REL_EQUAL;

	if (test_class(d, v, whole))
		return true;
	for (size_t i = 0; i < whole->len;) {
		struct field_test t = *whole;

		t.field = field_at(d, v->base, v->key + (uint32_t)i);
		t.mask = v->mask + i;
		t.low = whole->low + i;
		t.high = whole->high ? whole->high + i : NULL;
		t.len = whole->len - i;
		if (t.field == FIELD_NONE) {
			/* Bytes that are masked out may be anything. */
			if (!simple || *t.mask || *t.low)
				return false;
			i++;
			continue;
		}
		if (t.len > field_table[t.field].len)
			t.len = field_table[t.field].len;
		/* "Not all of them" and ranges are no sum of tests. */
		if ((t.len < whole->len && !simple) || !decoder_test(d, &t))
			return false;
		i += t.len;
	}
	return true;
}

/*
 * The device numbered 1 is the loopback device of its namespace (LOOPBACK_IFINDEX). Other numbers
 * may be given anew to other names.
 */
static bool test_index(struct decoder *d, const struct value *v, const struct field_test *t)
{
	static const uint8_t lo[IFNAMSIZ] = "lo", full[IFNAMSIZ] = { [0 ... IFNAMSIZ - 1] = 0xff };
	struct field_test name = {
		.field = v->key == NFT_META_IIF ? FIELD_IIFNAME : FIELD_OIFNAME,
		.relation = REL_EQUAL, .negate = t->negate, .len = IFNAMSIZ, .mask = full,
		.low = lo,
	};

	return t->relation == REL_EQUAL && !v->swapped && t->len == 4 &&
	       uint_load(t->low, 4) == 1 && uint_load(t->mask, 4) == UINT32_MAX &&
	       decoder_test(d, &name);
}

/* Tests of meta that are no field of a rule's own. */
static bool test_meta(struct decoder *d, const struct value *v, const struct field_test *t,
		      bool *known)
{
	*known = true;
	if (is_own_family(d, v, t->low, t->len, t->negate))
		return true;
	if (v->key == NFT_META_IIF || v->key == NFT_META_OIF)
		return test_index(d, v, t);
	if (v->key == NFT_META_IFTYPE) {
		d->is_ether = true;
		return t->relation == REL_EQUAL && !t->negate && t->len == 2 && !v->swapped &&
		       uint_load(t->mask, 2) == UINT16_MAX &&
		       uint_load(t->low, 2) == ARPHRD_ETHER;
	}
	*known = false;
	return false;
}

static bool test_fib(struct decoder *d, const struct value *v, const struct field_test *t)
{
	return t->relation == REL_EQUAL && t->len == 4 && uint_load(t->mask, 4) == UINT32_MAX &&
	       uint_load(t->low, 4) < 32 &&
	       decoder_test_route(d, v, BIT(uint_load(t->low, 4)), t->negate);
}

bool decoder_test_value(struct decoder *d, const struct value *v, struct field_test t)
{
	uint8_t low[VALUE_MOST];
	bool known, yes;

	if (t.len > v->len || !t.len)
		return false;
	for (size_t i = 0; i < t.len; i++)
		low[i] = t.low[i] ^ v->exclusive_or[i];
	if (t.relation != REL_EQUAL && !(bytes_are_zero(v->exclusive_or, t.len) &&
					 bytes_are_ones(v->mask, t.len)))
		return false;
	t.low = low;
	t.mask = v->mask;
	switch (v->kind) {
	case VALUE_NONE:
	case VALUE_CONSTANT:
		return false;
	case VALUE_PAYLOAD:
		return test_payload(d, v, &t);
	case VALUE_FIB:
		return test_fib(d, v, &t);
	case VALUE_META:
		yes = test_meta(d, v, &t, &known);
		if (known)
			return yes;
		break;
	case VALUE_CT:
		break;
	}
	t.field = field_of_key(v);
	t.swapped = v->swapped;
	return t.field != FIELD_NONE && decoder_test(d, &t);
}

/* ------------------------------------------------------------------ comparisons */

static bool test_range(struct decoder *d, const struct value *v, const uint8_t *low,
		       const uint8_t *high, size_t len)
{
	return decoder_test_value(d, v, (struct field_test){
		.relation = REL_RANGE, .len = len, .low = low, .high = high });
}

static bool is_upper_bound(const struct decoder *d, const struct expr *e)
{
	return e && e->kind == EXPR_CMP && (e->cmp.op == NFT_CMP_LTE || e->cmp.op == NFT_CMP_LT) &&
	       e->sreg == d->wait.reg && e->cmp.data.len == d->wait.len;
}

bool decoder_settle(struct decoder *d, const struct expr *e)
{
	uint8_t high[VALUE_MOST];

	if (!d->wait.is || is_upper_bound(d, e))
		return true;
	d->wait.is = false;
	memset(high, 0xff, sizeof(high));
	return test_range(d, &d->wait.value, d->wait.low, high, d->wait.len);
}

static bool take_lower(struct decoder *d, const struct expr *e)
{
	d->wait.is = true;
	d->wait.value = d->regs[e->sreg];
	d->wait.reg = e->sreg;
	d->wait.len = (uint8_t)e->cmp.data.len;
	memcpy(d->wait.low, e->cmp.data.at, e->cmp.data.len);
	return e->cmp.op == NFT_CMP_GTE || bytes_step(d->wait.low, d->wait.len, true);
}

static bool take_upper(struct decoder *d, const struct expr *e)
{
	uint8_t low[VALUE_MOST] = { 0 }, high[VALUE_MOST];
	size_t len = e->cmp.data.len;

	memcpy(high, e->cmp.data.at, len);
	if (e->cmp.op == NFT_CMP_LT && !bytes_step(high, len, false))
		return false;
	if (d->wait.is) {
		d->wait.is = false;
		memcpy(low, d->wait.low, len);
	}
	return memcmp(low, high, len) <= 0 && test_range(d, &d->regs[e->sreg], low, high, len);
}

bool decoder_cmp(struct decoder *d, const struct expr *e)
{
	if (e->cmp.data.len > VALUE_MOST)
		return false;
	switch ((enum nft_cmp_ops)e->cmp.op) {
	case NFT_CMP_EQ:
	case NFT_CMP_NEQ:
		return decoder_test_value(d, &d->regs[e->sreg], (struct field_test){
			.relation = REL_EQUAL, .negate = e->cmp.op == NFT_CMP_NEQ,
			.len = e->cmp.data.len, .low = e->cmp.data.at });
	case NFT_CMP_GTE:
	case NFT_CMP_GT:
		return take_lower(d, e);
	case NFT_CMP_LTE:
	case NFT_CMP_LT:
		return take_upper(d, e);
	}
	return false;
}

bool decoder_range(struct decoder *d, const struct expr *e)
{
	if (e->range.low.len > VALUE_MOST)
		return false;
	return decoder_test_value(d, &d->regs[e->sreg], (struct field_test){
		.relation = REL_RANGE, .negate = e->range.negate, .len = e->range.low.len,
		.low = e->range.low.at, .high = e->range.high.at });
}
