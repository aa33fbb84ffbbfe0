// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tests of a rule of the older dialects. nf_tables knows conjunctions; what is more becomes
 * variants: conjunctions that exclude each other, so that a packet is counted once.
 */
#include <errno.h>
#include <linux/netfilter/xt_multiport.h>

#include "dialect/old.h"
#include "kernel/frame.h"
#include "kernel/put.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, FLAG_SYN = 2, FLAG_ACK = 16 };

/* What a rule tests as written; with -b the other way round as well. */
enum written { WRITTEN_SRC, WRITTEN_DST, WRITTEN_SPORTS, WRITTEN_DPORTS, WRITTEN_COUNT };

/* A variant's number taken apart. */
struct variant {
	unsigned place;			/* 0: before routing, 1: behind it */
	unsigned flags;			/* 0: no TCP, 1: TCP with these flags; of marks: UDP, TCP */
	unsigned type;			/* which ICMP type of several */
	unsigned turned;		/* 0: as written; n: turned, and the nth test fails as written */
	unsigned step;			/* of rules that add to the mark, 0: adding, 1: the end */
};

struct counts {
	unsigned places, flags, types, turned, steps;
};

static const void *data_of(const struct rule *rule, enum old_use which)
{
	const struct use *use = old_find(rule, which);

	return use ? use->data : NULL;
}

static bool has_test(const struct rule *rule, enum written w)
{
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);
	bool ports = list && list->proto != PROTO_ICMP;

	switch (w) {
	case WRITTEN_SRC:
		return !bytes_are_zero(&rule->head.src.mask, sizeof(rule->head.src.mask));
	case WRITTEN_DST:
		return !bytes_are_zero(&rule->head.dst.mask, sizeof(rule->head.dst.mask));
	case WRITTEN_SPORTS:
		return ports && list->sources;
	case WRITTEN_DPORTS:
		return ports && list->destinations;
	case WRITTEN_COUNT:
		break;
	}
	return false;
}

/* The nth test of those that are there, from 1. */
static enum written nth_test(const struct rule *rule, unsigned n)
{
	unsigned w = 0;

	for (; w < WRITTEN_COUNT; w++)
		if (has_test(rule, w) && !--n)
			break;
	return w;
}

static unsigned count_tests(const struct rule *rule)
{
	unsigned n = 0;

	for (unsigned w = 0; w < WRITTEN_COUNT; w++)
		n += has_test(rule, w);
	return n;
}

/* Of a packet that the first of two rules takes, the second one never hears. */
static unsigned count_turned(const struct rule *rule)
{
	unsigned tests = count_tests(rule);

	if (!old_find(rule, OLD_BOTH) || !tests)
		return 0;
	return rule->jump == JUMP_NONE ? tests : 1;
}

bool old_is_anywhere(const struct op *where)
{
	const struct builtin_table *t = old_table(where->family, where->table);

	return !builtin_chain(where->table, where->chain) ||
	       (t && t->dialect == DIALECT_IPFWADM && !strcmp(where->chain, "acct"));
}

static bool needs_place(const struct rule *rule)
{
	return old_find(rule, OLD_DEVICE) || old_find(rule, OLD_ADDRESS) ||
	       (rule->jump == JUMP_TARGET && rule->target.ext == old_ext(OLD_REDIRECT));
}

/* Types of ICMP that no earlier one, and not the range, is about; `index` of the nth. */
static unsigned distinct_types(const struct old_port_list *list, unsigned nth, unsigned *index)
{
	unsigned first = list->source_range ? 2 : 0, n = list->source_range ? 1 : 0;

	*index = 0;
	for (unsigned i = first; i < list->sources; i++) {
		bool covered = list->source_range && list->ports[i] >= list->ports[0] &&
			       list->ports[i] <= list->ports[1];

		for (unsigned j = first; j < i; j++)
			covered = covered || list->ports[j] == list->ports[i];
		if (covered)
			continue;
		if (n == nth)
			*index = i;
		n++;
	}
	return n;
}

static bool adds_to_mark(const struct rule *rule)
{
	const struct old_mark *mark = data_of(rule, OLD_MARK);

	return mark && mark->mode != OLD_MARK_SET;
}

static struct counts count(const struct op *where, const struct rule *rule)
{
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);
	struct counts c = { .places = 1, .flags = 1, .types = 1, .steps = 1 };
	unsigned index;

	if (adds_to_mark(rule) && rule->jump != JUMP_NONE)
		c.steps = 2;

	if (old_is_anywhere(where) && !old_find(rule, OLD_DIRECTION) && needs_place(rule))
		c.places = 2;
	if ((old_find(rule, OLD_FLAGS) && !rule->head.proto) || old_find(rule, OLD_MARKED))
		c.flags = 2;
	if (list && list->proto == PROTO_ICMP)
		c.types = distinct_types(list, 0, &index);
	c.turned = count_turned(rule);
	return c;
}

unsigned old_variants(const struct op *where, const struct rule *rule)
{
	struct counts c = count(where, rule);

	return c.steps * c.places * c.flags * c.types * (c.turned + 1);
}

static struct variant take_apart(const struct op *where, const struct rule *rule, unsigned n)
{
	const struct old_direction *direction = data_of(rule, OLD_DIRECTION);
	struct counts c = count(where, rule);
	struct variant v = { .step = n % c.steps };

	n /= c.steps;
	v.place = direction ? direction->out : n % c.places;
	n /= c.places;
	v.flags = n % c.flags;
	n /= c.flags;
	v.type = n % c.types;
	v.turned = n / c.types;
	return v;
}

bool old_adds(const struct op *where, const struct rule *rule, unsigned variant)
{
	return adds_to_mark(rule) && !take_apart(where, rule, variant).step;
}

bool old_adds_before(const struct op *where, const struct rule *rule, unsigned variant)
{
	return take_apart(where, rule, variant).step;
}

bool old_is_arriving(const struct op *where, const struct rule *rule, unsigned variant)
{
	const struct builtin_chain *b = builtin_chain(where->table, where->chain);

	return old_is_anywhere(where) ? !take_apart(where, rule, variant).place
				      : b->hook == NF_INET_PRE_ROUTING;
}

/* ------------------------------------------------------------------ addresses and devices */

static void put_oif(struct msg *m, bool arriving)
{
	static const uint32_t none;

	put_meta(m, NFT_META_OIF);
	put_cmp(m, arriving ? NFT_CMP_EQ : NFT_CMP_NEQ, &none, sizeof(none));
}

/* All sixteen bytes of a name, as nft has them. */
static void put_device(struct msg *m, const char name[IFNAMSIZ], uint32_t key, bool negate)
{
	size_t len = strlen(name);

	if (!len || name[len - 1] == '+') {
		express_device(m, name, key, negate);
		return;
	}
	put_meta(m, key);
	put_cmp(m, negate ? NFT_CMP_NEQ : NFT_CMP_EQ, name, IFNAMSIZ);
}

static void put_head(struct msg *m, const struct rule *rule, bool turned)
{
	struct head head = rule->head;

	memset(head.in, 0, sizeof(head.in));
	memset(head.out, 0, sizeof(head.out));
	if (turned) {
		head.src = rule->head.dst;
		head.dst = rule->head.src;
	}
	/* Tests of the transport header bring the protocol with them. */
	if (old_find(rule, OLD_PORTS) || old_find(rule, OLD_SYN) || old_find(rule, OLD_PORT_LIST))
		head.proto = 0;
	express_head(m, FAMILY_IPV4, &head);
	put_device(m, rule->head.in, NFT_META_IIFNAME, rule->head.invert & INVERT_IN);
	put_device(m, rule->head.out, NFT_META_OIFNAME, rule->head.invert & INVERT_OUT);
}

static void put_place(struct msg *m, const struct op *where, const struct rule *rule,
		      unsigned variant)
{
	const struct old_device *d = data_of(rule, OLD_DEVICE);
	const struct old_address *a = data_of(rule, OLD_ADDRESS);
	bool arriving = old_is_arriving(where, rule, variant);
	uint32_t key = arriving ? NFT_META_IIFNAME : NFT_META_OIFNAME;

	if (old_is_anywhere(where) && (needs_place(rule) || old_find(rule, OLD_DIRECTION)))
		put_oif(m, arriving);
	if (d)
		put_device(m, d->name, key, d->inverted);
	if (a)
		put_device(m, a->device, key, false);
}

/* ------------------------------------------------------------------ ports */

/* A range is two comparisons to nft. */
static int put_ask(struct msg *m, const struct ask *ask)
{
	if (ask->relation != REL_RANGE || ask->negate || bytes_are_zero(ask->low, ask->len) ||
	    !memcmp(ask->low, ask->high, ask->len))
		return express_ask(m, ask);
	put_payload(m, NFT_PAYLOAD_TRANSPORT_HEADER, field_table[ask->field].key, ask->len);
	put_cmp(m, NFT_CMP_GTE, ask->low, ask->len);
	put_cmp(m, NFT_CMP_LTE, ask->high, ask->len);
	return 0;
}

/* Type and code of ICMP are one number to nft. */
static size_t port_asks(const struct old_ports *p, struct ask asks[2])
{
	if (p->proto == PROTO_ICMP && !p->invert && p->src[0] == p->src[1] &&
	    p->dst[0] == p->dst[1]) {
		ask_equal_uint(&asks[0], FIELD_ICMP, (uint64_t)p->src[0] << 8 | p->dst[0]);
		return 1;
	}
	return old_ports_asks(p, asks);
}

/* Several ports of one side are alternatives; that is what xt_multiport is for. */
static int put_side(struct msg *m, const struct old_port_list *list, bool destinations,
		    bool of_destination, bool negate)
{
	const uint16_t *ports = list->ports + (destinations ? list->sources : 0);
	unsigned n = destinations ? list->destinations : list->sources;
	bool range = destinations ? list->destination_range : list->source_range;
	enum field field = of_destination ? FIELD_DPORT : FIELD_SPORT;
	struct xt_multiport_v1 info = {
		.flags = of_destination ? XT_MULTIPORT_DESTINATION : XT_MULTIPORT_SOURCE,
		.count = (uint8_t)n, .invert = negate,
	};
	struct ask ask;

	if (n == 1 || (range && n == 2)) {
		ask_range_uint(&ask, field, ports[0], ports[n - 1]);
		ask.negate = negate;
		return put_ask(m, &ask);
	}
	memcpy(info.ports, ports, n * sizeof(*ports));
	info.pflags[0] = range;
	put_blob(m, &(const struct use){ .ext = ext_find(EXT_MATCH, FAMILY_IPV4, "multiport"),
					 .data = &info });
	return 0;
}

static int put_type(struct msg *m, const struct old_port_list *list, unsigned variant)
{
	struct ask ask;
	unsigned at;

	distinct_types(list, variant, &at);
	ask_range_uint(&ask, FIELD_ICMP_TYPE, list->ports[at],
		       list->ports[!at && list->source_range ? 1 : at]);
	return put_ask(m, &ask);
}

static int put_list(struct msg *m, const struct old_port_list *list, const struct variant *v)
{
	int r = 0;

	if (list->proto == PROTO_ICMP)
		return put_type(m, list, v->type);
	if (list->sources)
		r = put_side(m, list, false, v->turned > 0, false);
	if (!r && list->destinations)
		r = put_side(m, list, true, v->turned == 0, false);
	return r;
}

/* ------------------------------------------------------------------ the other way round */

static int put_written(struct msg *m, const struct rule *rule, enum written w, bool negate)
{
	const struct old_port_list *list = data_of(rule, OLD_PORT_LIST);
	struct head head = { 0 };

	switch (w) {
	case WRITTEN_SRC:
		head.src = rule->head.src;
		head.invert = negate ? INVERT_SRC : 0;
		break;
	case WRITTEN_DST:
		head.dst = rule->head.dst;
		head.invert = negate ? INVERT_DST : 0;
		break;
	case WRITTEN_SPORTS:
	case WRITTEN_DPORTS:
		return put_side(m, list, w == WRITTEN_DPORTS, w == WRITTEN_DPORTS, negate);
	case WRITTEN_COUNT:
		return -EINVAL;
	}
	express_head(m, FAMILY_IPV4, &head);
	return 0;
}

/* That the packet does not fit as written: its tests up to the nth, and not that one. */
static int put_exclusion(struct msg *m, const struct rule *rule, const struct variant *v)
{
	int r = 0;

	for (unsigned n = 1; !r && v->turned && rule->jump == JUMP_NONE && n <= v->turned; n++)
		r = put_written(m, rule, nth_test(rule, n), n == v->turned);
	return r;
}

/* ------------------------------------------------------------------ all tests */

static void put_protocol(struct msg *m, uint8_t proto, bool negate)
{
	put_meta(m, NFT_META_L4PROTO);
	put_cmp(m, negate ? NFT_CMP_NEQ : NFT_CMP_EQ, &proto, sizeof(proto));
}

static int put_flags(struct msg *m, const struct rule *rule, const struct variant *v)
{
	const struct old_flags *flags = data_of(rule, OLD_FLAGS);
	struct ask ask;
	int r = 0;

	if (!flags || (rule->head.proto && rule->head.proto != PROTO_TCP))
		return 0;
	if (!rule->head.proto || !old_find(rule, OLD_PORT_LIST))
		put_protocol(m, PROTO_TCP, !rule->head.proto && !v->flags);
	if (!rule->head.proto && !v->flags)
		return 0;
	if (flags->ack) {
		ask_masked_uint(&ask, FIELD_TCP_FLAGS, FLAG_ACK, FLAG_ACK);
		r = put_ask(m, &ask);
	}
	if (!r && flags->syn) {
		ask_masked_uint(&ask, FIELD_TCP_FLAGS, FLAG_SYN, FLAG_SYN | FLAG_ACK);
		r = put_ask(m, &ask);
	}
	return r;
}

/* nft wants to know the protocol where a port is changed, so TCP and UDP are a rule each. */
static void put_marked(struct msg *m, const struct old_marked *marked, const struct variant *v)
{
	if (!marked)
		return;
	put_protocol(m, v->flags ? PROTO_TCP : PROTO_UDP, false);
	put_meta(m, NFT_META_MARK);
	put_cmp(m, NFT_CMP_EQ, &marked->mark, sizeof(marked->mark));
	put_is_local(m);
}

int old_put_tests(struct msg *m, const struct op *where, const struct rule *rule,
		  unsigned variant)
{
	const struct use *ports = old_find(rule, OLD_PORTS), *syn = old_find(rule, OLD_SYN),
			 *list = old_find(rule, OLD_PORT_LIST);
	struct variant v = take_apart(where, rule, variant);
	struct ask asks[2];
	size_t n = ports ? port_asks(ports->data, asks) : 0;
	int r = 0;

	put_head(m, rule, v.turned > 0);
	put_place(m, where, rule, variant);
	put_marked(m, data_of(rule, OLD_MARKED), &v);
	if (old_find(rule, OLD_LOCAL))
		put_is_local(m);
	/* Where nft puts it: what it lists can be loaded again and is still the same rule. */
	if (ports || syn || list)
		put_protocol(m, rule->head.proto, false);
	for (size_t i = 0; !r && i < n; i++)
		r = put_ask(m, &asks[i]);
	if (!r && syn) {
		old_syn_ask(syn->data, &asks[0]);
		r = express_ask(m, &asks[0]);
	}
	if (!r && list)
		r = put_list(m, list->data, &v);
	if (!r)
		r = put_flags(m, rule, &v);
	return r ? r : put_exclusion(m, rule, &v);
}
