// SPDX-License-Identifier: GPL-2.0-or-later
/* States and ports of connections, as struct xt_conntrack_mtinfo3 keeps them. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_conntrack.h>
#include <string.h>

#include "ext/type/types.h"

/* nf_tables has UNTRACKED elsewhere, and SNAT and DNAT among the statuses. */
enum { NFT_UNTRACKED = NF_CT_STATE_UNTRACKED_BIT, SHARED = 0x0f };

static int parse_ct_state(const struct opt_in *in, void *at)
{
	return type_name_bits.parse(in, at);
}

static void print_ct_state(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_name_bits.print(sink, out, at);
}

static bool ask_ct_state(const struct opt *opt, const void *at, struct ask *ask)
{
	uint64_t bits = uint_load(at, opt->at.size), shared = bits & SHARED;

	if (bits & ~(uint64_t)(SHARED | XT_CONNTRACK_STATE_UNTRACKED))
		return false;
	if (bits & XT_CONNTRACK_STATE_UNTRACKED)
		shared |= NFT_UNTRACKED;
	ask_masked_uint(ask, opt->field, 0, shared);
	ask->relation = REL_ANY_BIT;
	return true;
}

static bool raise_ct_state(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t bits = field_uint(ask->field, ask->mask), low = field_uint(ask->field, ask->low);

	/* One bit compared, all of the field or that bit alone, is a test of the bit. */
	if (ask->relation == REL_EQUAL && ask->len == 4 && low && !(low & (low - 1)) &&
	    (bits == low || bits == UINT32_MAX))
		bits = low;
	else if (ask->relation != REL_ANY_BIT)
		return false;
	if (!bits || bits & ~(uint64_t)(SHARED | NFT_UNTRACKED))
		return false;
	if (bits & NFT_UNTRACKED)
		bits = (bits & SHARED) | XT_CONNTRACK_STATE_UNTRACKED;
	uint_store(at, opt->at.size, bits);
	return true;
}

static void sample_ct_state(struct sink *sink, const struct opt *opt, enum family family,
			    uint32_t seed)
{
	type_name_bits.sample(sink, opt, family, seed);
}

const struct type type_ct_state = {
	.name = "ct_state", .metavar = "state[,state...]", .words = 1, .parse = parse_ct_state,
	.print = print_ct_state, .ask = ask_ct_state, .raise = raise_ct_state,
	.sample = sample_ct_state,
};

/* ---------------------------------------------------------------- protocol */

static int parse_ct_proto(const struct opt_in *in, void *at)
{
	uint8_t proto;

	if (!proto_number(in->words[0], &proto))
		return opt_bad(in, "unknown protocol \"%s\" specified", in->words[0]);
	/* Every connection has a protocol, and none is 0. */
	if (!proto)
		return opt_bad(in, in->negated ? "condition would always match protocol" :
						 "rule would never match protocol");
	uint_store(at, in->opt->at.size, proto);
	return 0;
}

static void print_ct_proto(struct sink *sink, const struct opt_out *out, const void *at)
{
	sink_u64(sink, uint_load(at, out->opt->at.size));
}

static bool ask_ct_proto(const struct opt *opt, const void *at, struct ask *ask)
{
	ask_equal_uint(ask, opt->field, uint_load(at, opt->at.size));
	return true;
}

static bool raise_ct_proto(const struct opt *opt, const struct ask *ask, void *at)
{
	if (ask->relation != REL_EQUAL || ask->len != 1 || ask->mask[0] != 0xff || !ask->low[0])
		return false;
	uint_store(at, opt->at.size, ask->low[0]);
	return true;
}

static void sample_ct_proto(struct sink *sink, const struct opt *opt, enum family family,
			    uint32_t seed)
{
	type_proto.sample(sink, opt, family, seed);
}

const struct type type_ct_proto = {
	.name = "ct_proto", .metavar = "proto", .words = 1, .parse = parse_ct_proto,
	.print = print_ct_proto, .ask = ask_ct_proto, .raise = raise_ct_proto,
	.sample = sample_ct_proto,
};

/* ---------------------------------------------------------------- direction */

/* REPLY is the bit opt->max of the span, ORIGINAL is its absence. */
static int parse_ct_dir(const struct opt_in *in, void *at)
{
	return type_name_masked.parse(in, at);
}

static void print_ct_dir(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_name_masked.print(sink, out, at);
}

static bool ask_ct_dir(const struct opt *opt, const void *at, struct ask *ask)
{
	ask_equal_uint(ask, opt->field, (uint_load(at, opt->at.size) & opt->max) != 0);
	return true;
}

static bool raise_ct_dir(const struct opt *opt, const struct ask *ask, void *at)
{
	uint64_t rest = uint_load(at, opt->at.size) & ~opt->max;

	if (ask->relation != REL_EQUAL || ask->mask[0] != 0xff || ask->low[0] > 1)
		return false;
	uint_store(at, opt->at.size, ask->low[0] ? rest | opt->max : rest);
	return true;
}

static void sample_ct_dir(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	type_name_masked.sample(sink, opt, family, seed);
}

const struct type type_ct_dir = {
	.name = "ct_dir", .metavar = "direction", .words = 1, .parse = parse_ct_dir,
	.print = print_ct_dir, .ask = ask_ct_dir, .raise = raise_ct_dir, .sample = sample_ct_dir,
};

/* ---------------------------------------------------------------- ports */

/* From the low end of a range of ports to its high end; the four of them lie alike. */
enum {
	TO_HIGH = offsetof(struct xt_conntrack_mtinfo3, origsrc_port_high) -
		  offsetof(struct xt_conntrack_mtinfo3, origsrc_port),
};

static void load_ports(const void *at, uint16_t port[2])
{
	memcpy(&port[0], at, 2);
	memcpy(&port[1], (const char *)at + TO_HIGH, 2);
}

static void store_ports(void *at, const uint16_t port[2])
{
	memcpy(at, &port[0], 2);
	memcpy((char *)at + TO_HIGH, &port[1], 2);
}

static int parse_ct_ports(const struct opt_in *in, void *at)
{
	uint16_t port[2];
	int r = type_ports.parse(in, port);

	if (!r)
		store_ports(at, port);
	return r;
}

/* Always numbers, as in the original. */
static void print_ct_ports(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint16_t port[2];

	(void)out;
	load_ports(at, port);
	sink_u64(sink, port[0]);
	if (port[1] != port[0]) {
		sink_char(sink, ':');
		sink_u64(sink, port[1]);
	}
}

static bool ask_ct_ports(const struct opt *opt, const void *at, struct ask *ask)
{
	uint16_t port[2];

	load_ports(at, port);
	if (port[0] == port[1])
		ask_equal_uint(ask, opt->field, port[0]);
	else
		ask_range_uint(ask, opt->field, port[0], port[1]);
	return true;
}

static bool raise_ct_ports(const struct opt *opt, const struct ask *ask, void *at)
{
	const struct opt plain = { .at = { 0, 4 } };
	uint16_t port[2];

	(void)opt;
	if (!type_range.raise(&plain, ask, port))
		return false;
	store_ports(at, port);
	return true;
}

static void sample_ct_ports(struct sink *sink, const struct opt *opt, enum family family,
			    uint32_t seed)
{
	const struct opt plain = { .at = { 0, 4 } };

	(void)opt;
	type_ports.sample(sink, &plain, family, seed);
}

const struct type type_ct_ports = {
	.name = "ct_ports", .metavar = "port[:port]", .words = 1, .parse = parse_ct_ports,
	.print = print_ct_ports, .ask = ask_ct_ports, .raise = raise_ct_ports,
	.sample = sample_ct_ports,
};
