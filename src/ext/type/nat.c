// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where NAT maps to: addresses and ports. The span is a whole range struct of the kernel, and its
 * size says which: nf_nat_ipv4_multi_range_compat (old IPv4 targets), nf_nat_range (IPv6) or
 * nf_nat_range2 (with a base for shifted port ranges). All start with, or hold, the same flags.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/nat.h"
#include "ext/type/types.h"

static bool is_compat(const struct opt *opt)
{
	return opt->at.size == sizeof(struct nf_nat_ipv4_multi_range_compat);
}

static bool has_base(const struct opt *opt)
{
	return opt->at.size == sizeof(struct nf_nat_range2);
}

void nat_range_from_compat(const struct nf_nat_ipv4_multi_range_compat *compat,
			   struct nf_nat_range2 *range)
{
	const struct nf_nat_ipv4_range *old = &compat->range[0];

	*range = (struct nf_nat_range2){
		.flags = old->flags, .min_addr.ip = old->min_ip, .max_addr.ip = old->max_ip,
		.min_proto = old->min, .max_proto = old->max,
	};
}

void nat_range_load(const struct opt *opt, const void *at, struct nf_nat_range2 *range)
{
	*range = (struct nf_nat_range2){ 0 };
	if (is_compat(opt))
		nat_range_from_compat(at, range);
	else
		memcpy(range, at, opt->at.size);
}

static void store(const struct opt *opt, const struct nf_nat_range2 *range, void *at)
{
	struct nf_nat_ipv4_multi_range_compat *old = at;

	if (!is_compat(opt)) {
		memcpy(at, range, opt->at.size);
		return;
	}
	*old = (struct nf_nat_ipv4_multi_range_compat){
		.rangesize = 1,
		.range[0] = {
			.flags = range->flags, .min_ip = range->min_addr.ip,
			.max_ip = range->max_addr.ip, .min = range->min_proto,
			.max = range->max_proto,
		},
	};
}

bool nat_range_from_part(const struct part *part, const struct opt *opt, unsigned flags, void *at)
{
	/* The kernel adds what there is to what nft said (nft_nat_dump). */
	unsigned there = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
	struct nf_nat_range2 range = { .flags = part->nat.flags & ~there };

	if (range.flags & ~flags)
		return false;
	if (part->nat.has_addr) {
		range.flags |= NF_NAT_RANGE_MAP_IPS;
		memcpy(&range.min_addr, &part->nat.low, sizeof(range.min_addr));
		memcpy(&range.max_addr, &part->nat.high, sizeof(range.max_addr));
	}
	if (part->nat.has_port) {
		range.flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
		range.min_proto.all = htons(part->nat.port_low);
		range.max_proto.all = htons(part->nat.port_high);
	}
	store(opt, &range, at);
	return true;
}

/* ---------------------------------------------------------------- ports */

static bool takes_ports(const struct head *head)
{
	switch (head ? head->proto : 0) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_ICMP:
		return true;
	}
	return false;
}

static int bad_port(const struct opt_in *in, const char *text)
{
	return opt_bad(in, "Port `%s' not valid", text);
}

/* "/base" of a shifted range. */
static int read_base(const struct opt_in *in, const char *text, struct nf_nat_range2 *range)
{
	uint64_t base;
	uint16_t port;

	if (!has_base(in->opt))
		return opt_bad(in, "Shifted portmap ranges not supported with this kernel");
	if (!num_parse(text, 1, UINT16_MAX, &base)) {
		if (!service_port(text, NULL, &port) || !port)
			return bad_port(in, text);
		base = port;
	}
	range->flags |= NF_NAT_RANGE_PROTO_OFFSET;
	range->base_proto.all = htons((uint16_t)base);
	return 0;
}

/* "low[-high[/base]]"; a name stands alone (they have dashes of their own) or as the base. */
static int read_ports(const struct opt_in *in, const char *text, struct nf_nat_range2 *range)
{
	const char *p, *high_text;
	uint64_t low, high;
	uint16_t port;

	if (!takes_ports(in->head))
		return opt_bad(in, "Need TCP, UDP, SCTP or DCCP with port specification");
	range->flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
	if (!num_parse_part(text, &p, 0, UINT16_MAX, &low)) {
		if (!service_port(text, NULL, &port))
			return bad_port(in, text);
		range->min_proto.all = range->max_proto.all = htons(port);
		return 0;
	}
	range->min_proto.all = range->max_proto.all = htons((uint16_t)low);
	if (*p != '-')
		return *p ? opt_bad(in, "Garbage after port value: `%s'", p) : 0;
	high_text = p + 1;
	if (!num_parse_part(high_text, &p, 0, UINT16_MAX, &high))
		return bad_port(in, high_text);
	if (high < low)
		return opt_bad(in, "Port range `%s' funky", high_text);
	range->max_proto.all = htons((uint16_t)high);
	if (*p && *p != '/')
		return opt_bad(in, "Garbage after port range: `%s'", p);
	return *p ? read_base(in, p + 1, range) : 0;
}

static void put_ports(struct sink *sink, const struct nf_nat_range2 *range)
{
	sink_u64(sink, ntohs(range->min_proto.all));
	if (range->max_proto.all != range->min_proto.all)
		sink_printf(sink, "-%u", ntohs(range->max_proto.all));
	if (range->flags & NF_NAT_RANGE_PROTO_OFFSET)
		sink_printf(sink, "/%u", ntohs(range->base_proto.all));
}

static int parse_nat_ports(const struct opt_in *in, void *at)
{
	struct nf_nat_range2 range;
	int r;

	nat_range_load(in->opt, at, &range);
	r = read_ports(in, in->words[0], &range);
	if (!r)
		store(in->opt, &range, at);
	return r;
}

static void print_nat_ports(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct nf_nat_range2 range;

	nat_range_load(out->opt, at, &range);
	put_ports(sink, &range);
}

static bool nat_ports_absent(const struct opt *opt, enum family family, const void *at)
{
	struct nf_nat_range2 range;

	(void)family;
	nat_range_load(opt, at, &range);
	return !(range.flags & NF_NAT_RANGE_PROTO_SPECIFIED);
}

static void sample_nat_ports(struct sink *sink, const struct opt *opt, enum family family,
			     uint32_t seed)
{
	static const char *const ports[] = { "80", "0", "1000-2000", "2000-1000", "65535", "65536",
					     "domain", "10-20/30", "5-5", "http-90" };

	(void)opt;
	(void)family;
	sink_str(sink, ports[seed % ARRAY_SIZE(ports)]);
}

const struct type type_nat_ports = {
	.name = "nat_ports", .metavar = "port[-port]", .words = 1, .parse = parse_nat_ports,
	.print = print_nat_ports, .absent = nat_ports_absent, .sample = sample_nat_ports,
};

/* ---------------------------------------------------------------- addresses and ports */

/* "low[-high]", already without brackets. */
static int read_addrs(const struct opt_in *in, char *text, struct nf_nat_range2 *range)
{
	char *dash = strchr(text, '-');
	union inet_addr addr;

	if (dash)
		*dash = '\0';
	if (!addr_parse_plain(in->family, text, &addr))
		return opt_bad(in, "Bad IP address \"%s\"", text);
	memcpy(&range->min_addr, &addr, sizeof(addr));
	if (dash && !addr_parse_plain(in->family, dash + 1, &addr))
		return opt_bad(in, "Bad IP address \"%s\"", dash + 1);
	memcpy(&range->max_addr, &addr, sizeof(addr));
	range->flags |= NF_NAT_RANGE_MAP_IPS;
	return 0;
}

static int parse_nat_to(const struct opt_in *in, void *at)
{
	struct nf_nat_range2 range;
	char text[256], *addrs = text, *end, *colon;
	size_t len = strlen(in->words[0]);
	int r = 0;

	if (len >= sizeof(text))
		return opt_bad(in, "Bad IP address \"%s\"", in->words[0]);
	memcpy(text, in->words[0], len + 1);
	if (strchr(text, '[')) {
		end = strchr(text, ']');
		if (text[0] != '[' || in->family == FAMILY_IPV4 || !end ||
		    (end[1] && end[1] != ':'))
			return opt_bad(in, "Invalid address format");
		*end = '\0';
		addrs = text + 1;
		colon = end[1] ? end + 1 : NULL;
	} else {
		/* One colon is before a port, more are an IPv6 address. */
		colon = strchr(text, ':');
		if (colon && strchr(colon + 1, ':'))
			colon = NULL;
	}
	nat_range_load(in->opt, at, &range);
	if (colon) {
		r = read_ports(in, colon + 1, &range);
		*colon = '\0';
	}
	if (!r && (*addrs || !colon))
		r = read_addrs(in, addrs, &range);
	if (!r)
		store(in->opt, &range, at);
	return r;
}

static void print_nat_to(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct nf_nat_range2 range;
	union inet_addr low, high;
	bool port, brackets;

	nat_range_load(out->opt, at, &range);
	port = range.flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	if (range.flags & NF_NAT_RANGE_MAP_IPS) {
		brackets = port && out->family == FAMILY_IPV6;
		memcpy(&low, &range.min_addr, sizeof(low));
		memcpy(&high, &range.max_addr, sizeof(high));
		sink_str(sink, brackets ? "[" : "");
		addr_print(sink, out->family, &low);
		if (memcmp(&low, &high, sizeof(low)) != 0) {
			sink_char(sink, '-');
			addr_print(sink, out->family, &high);
		}
		sink_str(sink, brackets ? "]" : "");
	}
	if (port) {
		sink_char(sink, ':');
		put_ports(sink, &range);
	}
}

static void sample_nat_to(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	bool six = family == FAMILY_IPV6, ports = seed % 3 == 2;

	sink_str(sink, six && ports ? "[" : "");
	(seed % 2 ? type_host : type_addr_range).sample(sink, opt, family, seed);
	sink_str(sink, six && ports ? "]" : "");
	if (ports) {
		sink_char(sink, ':');
		sample_nat_ports(sink, opt, family, seed / 3);
	}
}

const struct type type_nat_to = {
	.name = "nat_to", .metavar = "[address[-address]][:port[-port]]", .words = 1,
	.parse = parse_nat_to, .print = print_nat_to, .sample = sample_nat_to,
};

/* ---------------------------------------------------------------- networks, one to one */

static int parse_nat_network(const struct opt_in *in, void *at)
{
	const struct opt plain = {
		.name = in->opt->name, .at = { .size = 2 * sizeof(union inet_addr) },
	};
	struct opt_in network = *in;
	struct nf_nat_range2 range;
	union inet_addr both[2];
	int r;

	network.opt = &plain;
	r = type_network.parse(&network, both);
	if (r)
		return r;
	if (addr_prefix_len(in->family, &both[1]) < 0)
		return type_bad_mask(in);
	addr_apply_mask(&both[0], &both[1]);
	nat_range_load(in->opt, at, &range);
	range.flags |= NF_NAT_RANGE_MAP_IPS;
	memcpy(&range.min_addr, &both[0], sizeof(both[0]));
	for (size_t i = 0; i < (in->family == FAMILY_IPV6 ? 16u : 4u); i++)
		((uint8_t *)&range.max_addr)[i] = both[0].bytes[i] | (uint8_t)~both[1].bytes[i];
	store(in->opt, &range, at);
	return 0;
}

static void print_nat_network(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct nf_nat_range2 range;
	union inet_addr addr, mask = { 0 };
	int len;

	nat_range_load(out->opt, at, &range);
	memcpy(&addr, &range.min_addr, sizeof(addr));
	for (size_t i = 0; i < (out->family == FAMILY_IPV6 ? 16u : 4u); i++)
		mask.bytes[i] = (uint8_t)~(addr.bytes[i] ^ ((uint8_t *)&range.max_addr)[i]);
	addr_print(sink, out->family, &addr);
	sink_char(sink, '/');
	len = addr_prefix_len(out->family, &mask);
	if (len >= 0)
		sink_u64(sink, (uint64_t)len);
	else
		addr_print(sink, out->family, &mask);
}

static void sample_nat_network(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	type_network.sample(sink, opt, family, seed);
}

const struct type type_nat_network = {
	.name = "nat_network", .metavar = "address[/mask]", .words = 1, .parse = parse_nat_network,
	.print = print_nat_network, .sample = sample_nat_network,
};
