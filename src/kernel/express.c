// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A rule as nf_tables expressions, in the order of iptables 1.8.13: source, destination, devices,
 * protocol, fragment, matches in their order, counter, target.
 */
#include "kernel/internal.h"

#include <errno.h>

#include "kernel/put.h"

enum {
	IP_PROTOCOL_AT = 9,
	IP_FRAG_OFF_AT = 6,
	IP_OFFSET_BITS = 0x1fff,
};

/* ------------------------------------------------------------------ the head */

/*
 * A prefix of whole bytes loads just these; other masks load all and mask. "! -s 0/0" matches
 * nothing: (address & 0) != 0. (1.8.9 sends a load of no bytes there, which the kernel refuses.)
 */
static void put_address(struct msg *m, enum family family, const struct network *net, uint32_t at,
			bool negate)
{
	enum nft_cmp_ops op = negate ? NFT_CMP_NEQ : NFT_CMP_EQ;
	size_t all = addr_len(family), len = 0;

	while (len < all && net->mask.bytes[len] == 0xff)
		len++;
	if (bytes_are_zero(net->mask.bytes + len, all - len) && (len || !negate)) {
		if (!len)
			return;
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, at, len);
		put_cmp(m, op, net->addr.bytes, len);
		return;
	}
	put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, at, all);
	put_bitwise(m, net->mask.bytes, all);
	put_cmp(m, op, net->addr.bytes, all);
}

/* "eth+" compares without the final NUL; "! -i +" is a device that cannot be, as in xtables. */
void express_device(struct msg *m, const char *name, uint32_t key, bool negate)
{
	static const char never[] = "INVAL/D";
	size_t len = strlen(name);

	if (!len)
		return;
	if (name[len - 1] != '+') {
		len++;
	} else if (len > 1) {
		len--;
	} else {
		if (!negate)
			return;
		negate = false;
		name = never;
		len = sizeof(never);
	}
	put_meta(m, key);
	put_cmp(m, negate ? NFT_CMP_NEQ : NFT_CMP_EQ, name, len);
}

static void put_proto(struct msg *m, enum family family, const struct head *head)
{
	if (!head->proto)
		return;
	/* IPv6 keeps the protocol behind any number of extension headers: the kernel looks. */
	if (family == FAMILY_IPV6)
		put_meta(m, NFT_META_L4PROTO);
	else
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, IP_PROTOCOL_AT, 1);
	put_cmp(m, head->invert & INVERT_PROTO ? NFT_CMP_NEQ : NFT_CMP_EQ, &head->proto, 1);
}

void express_head(struct msg *m, enum family family, const struct head *head)
{
	static const be32 zero;
	bool six = family == FAMILY_IPV6;
	be16 offset = htobe16(IP_OFFSET_BITS);

	put_address(m, family, &head->src, six ? 8 : 12, head->invert & INVERT_SRC);
	put_address(m, family, &head->dst, six ? 24 : 16, head->invert & INVERT_DST);
	express_device(m, head->in, NFT_META_IIFNAME, head->invert & INVERT_IN);
	express_device(m, head->out, NFT_META_OIFNAME, head->invert & INVERT_OUT);
	put_proto(m, family, head);
	if (head->fragment && !six) {
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, IP_FRAG_OFF_AT, sizeof(offset));
		put_bitwise(m, &offset, sizeof(offset));
		put_cmp(m, head->invert & INVERT_FRAGMENT ? NFT_CMP_EQ : NFT_CMP_NEQ, &zero,
			sizeof(offset));
	}
}

/* ------------------------------------------------------------------ parts */

/* Loads the first `len` bytes of a field; false when nf_tables has no place for it. */
static bool put_load(struct msg *m, enum field field, size_t len)
{
	const struct field_info *f = &field_table[field];

	switch (f->from) {
	case FROM_NOWHERE:
		return false;
	case FROM_META:
		put_meta(m, f->key);
		return true;
	case FROM_CT:
		put_ct(m, f);
		return true;
	case FROM_NETWORK:
		put_payload(m, NFT_PAYLOAD_NETWORK_HEADER, f->key, len);
		return true;
	case FROM_TRANSPORT:
		put_payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, f->key, len);
		return true;
	case FROM_LINK:
		put_payload(m, NFT_PAYLOAD_LL_HEADER, f->key, len);
		return true;
	}
	return false;
}

/*
 * "Up to 1024" is one comparison, as iptables has it. (Turned round iptables says "above 1024", and
 * forgets that it was said otherwise; we keep the range.)
 */
static void put_ask_range(struct msg *m, const struct ask *ask)
{
	uint8_t low[16], high[16];
	bool turn = field_table[ask->field].host_order && ask->len > 1 &&
		    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

	bytes_copy_turned(low, ask->low, ask->len, turn);
	bytes_copy_turned(high, ask->high, ask->len, turn);
	if (turn)
		put_byteorder(m, ask->len);
	if (!memcmp(low, high, ask->len))
		put_cmp(m, ask->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, low, ask->len);
	else if (bytes_are_zero(low, ask->len) && !ask->negate)
		put_cmp(m, NFT_CMP_LTE, high, ask->len);
	else
		put_range(m, ask->negate, low, high, ask->len);
}

int express_ask(struct msg *m, const struct ask *ask)
{
	static const uint8_t zeros[16];

	if (!ask->len || ask->len > sizeof(ask->low) || !put_load(m, ask->field, ask->len))
		return -EOPNOTSUPP;
	switch (ask->relation) {
	case REL_EQUAL:
		if (!bytes_are_ones(ask->mask, ask->len))
			put_bitwise(m, ask->mask, ask->len);
		put_cmp(m, ask->negate ? NFT_CMP_NEQ : NFT_CMP_EQ, ask->low, ask->len);
		return 0;
	case REL_RANGE:
		put_ask_range(m, ask);
		return 0;
	case REL_ANY_BIT:
		put_bitwise(m, ask->mask, ask->len);
		put_cmp(m, ask->negate ? NFT_CMP_EQ : NFT_CMP_NEQ, zeros, ask->len);
		return 0;
	case REL_ONE_OF:
		break;
	}
	return -EOPNOTSUPP;
}

static int put_part(struct msg *m, const struct part *p)
{
	switch (p->kind) {
	case PART_ASK:
		return express_ask(m, &p->ask);
	case PART_LIMIT:
		put_limit(m, p);
		return 0;
	case PART_LOG:
		put_log(m, p);
		return 0;
	case PART_TRACE:
		put_trace(m);
		return 0;
	case PART_VERDICT:
		put_verdict(m, p->verdict == VERDICT_ACCEPT ? NF_ACCEPT :
			    p->verdict == VERDICT_DROP ? NF_DROP : NFT_RETURN, NULL);
		return 0;
	case PART_NAT:
	case PART_MASQUERADE:
	case PART_REDIRECT:
	case PART_REJECT:
	case PART_SET_MARK:
	case PART_NOTRACK:
	case PART_QUEUE:
	case PART_PORTS:
	case PART_ADDR_TYPE:
		break;		/* iptables uses blobs for these */
	}
	return -EOPNOTSUPP;
}

/* ------------------------------------------------------------------ uses */

static bool is_one_port(const struct part *p, enum field field)
{
	const struct ask *a = &p->ask;

	return p->kind == PART_ASK && a->field == field && !a->negate && a->len == 2 &&
	       (a->low[0] || a->low[1]) &&
	       ((a->relation == REL_EQUAL && bytes_are_ones(a->mask, 2)) ||
		(a->relation == REL_RANGE && !memcmp(a->low, a->high, 2)));
}

/* One source port and one destination port are one load and one comparison (add_nft_tcpudp). */
static bool put_both_ports(struct msg *m, const struct part *p)
{
	uint8_t ports[4];

	if (!is_one_port(p, FIELD_SPORT) || !is_one_port(p + 1, FIELD_DPORT))
		return false;
	memcpy(ports, p[0].ask.low, 2);
	memcpy(ports + 2, p[1].ask.low, 2);
	put_payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof(ports));
	put_cmp(m, NFT_CMP_EQ, ports, sizeof(ports));
	return true;
}

/* True in `blob` when the use had to go as one. */
static int put_use(struct msg *m, enum family family, const struct use *use, bool *blob)
{
	struct part parts[PARTS_MOST];
	int n = use_lower(family, use, parts, PARTS_MOST), r = 0;

	if (n < 0) {
		put_blob(m, use);
		*blob = true;
		return 0;
	}
	for (int i = 0; !r && i < n; i++) {
		if (i + 1 < n && put_both_ports(m, &parts[i]))
			i++;
		else
			r = put_part(m, &parts[i]);
	}
	return r;
}

/* What the kernel's nft_compat hands to the checks of matches and targets: the -p of the rule. */
void express_compat(struct msg *m, const struct head *head)
{
	uint8_t *nest;

	if (!head->proto)
		return;
	nest = msg_open(m, NFTA_RULE_COMPAT);
	msg_put_u32(m, NFTA_RULE_COMPAT_PROTO, head->proto);
	msg_put_u32(m, NFTA_RULE_COMPAT_FLAGS,
		    head->invert & INVERT_PROTO ? NFT_RULE_COMPAT_F_INV : 0);
	msg_close(m, nest);
}

static int put_end(struct msg *m, enum family family, const struct rule *rule, bool *blob)
{
	switch ((enum jump_kind)rule->jump) {
	case JUMP_NONE:
		return 0;
	case JUMP_TARGET:
		return put_use(m, family, &rule->target, blob);
	case JUMP_CHAIN:
		put_verdict(m, NFT_JUMP, rule->chain_to);
		return 0;
	case JUMP_GOTO:
		put_verdict(m, NFT_GOTO, rule->chain_to);
		return 0;
	}
	return -EINVAL;
}

int express_rule(struct msg *msg, enum family family, const struct rule *rule)
{
	uint8_t *list = msg_open(msg, NFTA_RULE_EXPRESSIONS);
	bool blob = false;
	int r = 0;

	express_head(msg, family, &rule->head);
	for (unsigned i = 0; !r && i < rule->match_count; i++)
		r = put_use(msg, family, &rule->matches[i], &blob);
	put_counter(msg, &rule->counters);
	if (!r)
		r = put_end(msg, family, rule, &blob);
	msg_close(msg, list);
	if (blob)
		express_compat(msg, &rule->head);
	return r;
}
