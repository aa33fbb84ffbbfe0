// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HMARK's "src,dst,sport,dport,spi,proto,ct": what is hashed, all bits of it. The span is all of
 * struct xt_hmark_info. Its numbers look different in saves and in listings.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/xt_HMARK.h>
#include <string.h>
#include <strings.h>

#include "ext/type/types.h"

static const struct part_of_hash { const char *name; struct span at; uint8_t flag; } parts[] = {
	{ "src", SPAN(struct xt_hmark_info, src_mask), XT_HMARK_SADDR_MASK },
	{ "dst", SPAN(struct xt_hmark_info, dst_mask), XT_HMARK_DADDR_MASK },
	{ "sport", SPAN(struct xt_hmark_info, port_mask.p16.src), XT_HMARK_SPORT_MASK },
	{ "dport", SPAN(struct xt_hmark_info, port_mask.p16.dst), XT_HMARK_DPORT_MASK },
	{ "spi", SPAN(struct xt_hmark_info, port_mask.v32), XT_HMARK_SPI_MASK },
	{ "proto", SPAN(struct xt_hmark_info, proto_mask), XT_HMARK_PROTO_MASK },
	{ "ct", { 0 }, XT_HMARK_CT },
};

/* Of the IPv4 masks only four bytes count; those that prefixes leave alone stay zero here, too. */
static bool take_part(enum family family, const char *name, struct xt_hmark_info *info)
{
	for (const struct part_of_hash *p = parts; p < parts + ARRAY_SIZE(parts); p++) {
		if (strcasecmp(p->name, name) != 0)
			continue;
		memset((char *)info + p->at.at, 0xff,
		       p->at.size == sizeof(union inet_addr) ? addr_len(family) : p->at.size);
		info->flags |= XT_HMARK_FLAG(p->flag);
		return true;
	}
	return false;
}

static int parse_hmark_tuple(const struct opt_in *in, void *at)
{
	char buf[128], *names[16];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), names, ARRAY_SIZE(names));

	for (size_t i = 0; i < n; i++)
		if (!take_part(in->family, names[i], at))
			return opt_bad(in, "Bad type \"%s\"", names[i]);
	return n ? 0 : opt_bad(in, "Bad type \"%s\"", in->words[0]);
}

/* All else is saved as masks. */
static void print_hmark_tuple(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	(void)at;
	sink_str(sink, "ct");
}

static bool hmark_tuple_absent(const struct opt *opt, enum family family, const void *at)
{
	const struct xt_hmark_info *info = at;

	(void)opt;
	(void)family;
	return !(info->flags & XT_HMARK_FLAG(XT_HMARK_CT));
}

static void sample_hmark_tuple(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%s,%s", parts[seed % 7].name,
		seed % 11 ? parts[seed / 7 % 7].name : "x");
}

const struct type type_hmark_tuple = {
	.name = "hmark_tuple", .metavar = "[src|dst|sport|dport|spi|proto|ct][,...]", .words = 1,
	.parse = parse_hmark_tuple, .print = print_hmark_tuple, .absent = hmark_tuple_absent,
	.sample = sample_hmark_tuple,
};

static void print_hmark_hex(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = out->opt->at.size;
	int digits = !(out->how & HOW_SAVE) ? 1 : width == 2 ? 2 : 8;

	sink_printf(sink, "0x%0*llx", digits, (unsigned long long)uint_load(at, width));
}

static int parse_number(const struct opt_in *in, void *at)
{
	return type_uint.parse(in, at);
}

static void sample_number(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	type_uint.sample(sink, opt, family, seed);
}

const struct type type_hmark_hex = {
	.name = "hmark_hex", .metavar = "value", .words = 1, .parse = parse_number,
	.print = print_hmark_hex, .sample = sample_number,
};

static void print_hmark_offset(struct sink *sink, const struct opt_out *out, const void *at)
{
	(out->how & HOW_SAVE ? type_uint : type_hex).print(sink, out, at);
}

const struct type type_hmark_offset = {
	.name = "hmark_offset", .metavar = "value", .words = 1, .parse = parse_number,
	.print = print_hmark_offset, .sample = sample_number,
};

static int parse_hmark_prefix(const struct opt_in *in, void *at)
{
	union inet_addr mask;

	if (!addr_parse_mask(in->family, in->words[0], &mask) ||
	    addr_prefix_len(in->family, &mask) < 0)
		return type_bad_mask(in);
	memcpy(at, &mask, sizeof(mask));
	return 0;
}

static void print_hmark_prefix(struct sink *sink, const struct opt_out *out, const void *at)
{
	type_prefix_mask.print(sink, out, at);
}

static void tidy_hmark_prefix(const struct opt *opt, enum family family, void *at)
{
	memset((char *)at + addr_len(family), 0, opt->at.size - addr_len(family));
}

static void sample_hmark_prefix(struct sink *sink, const struct opt *opt, enum family family,
				uint32_t seed)
{
	type_prefix_mask.sample(sink, opt, family, seed);
}

const struct type type_hmark_prefix = {
	.name = "hmark_prefix", .metavar = "length", .words = 1, .parse = parse_hmark_prefix,
	.print = print_hmark_prefix, .tidy = tidy_hmark_prefix, .sample = sample_hmark_prefix,
};
