// SPDX-License-Identifier: GPL-2.0-or-later
/* How many leading bits of an address count: kept as a length, or as the mask itself. */
#include <string.h>

#include "ext/type/types.h"

/* "24" or "255.255.255.0". A mask with holes has no length, so it is refused. */
static int read_prefix(const struct opt_in *in, union inet_addr *mask)
{
	if (!addr_parse_mask(in->family, in->words[0], mask) ||
	    addr_prefix_len(in->family, mask) < 0)
		return type_bad_mask(in);
	return 0;
}

static void sample_prefix(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)opt;
	if (seed % 5 == 4)
		sink_str(sink, family == FAMILY_IPV6 ? "ffff:ffff::" : "255.255.240.0");
	else
		sink_u64(sink, seed % (family == FAMILY_IPV6 ? 131u : 34u));
}

static int parse_prefix_len(const struct opt_in *in, void *at)
{
	union inet_addr mask;
	int r = read_prefix(in, &mask);

	if (!r)
		*(uint8_t *)at = (uint8_t)addr_prefix_len(in->family, &mask);
	return r;
}

static void print_prefix_len(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	sink_u64(sink, *(const uint8_t *)at);
}

const struct type type_prefix_len = {
	.name = "prefix_len", .metavar = "prefix", .words = 1, .parse = parse_prefix_len,
	.print = print_prefix_len, .sample = sample_prefix,
};

static int parse_prefix_mask(const struct opt_in *in, void *at)
{
	union inet_addr mask;
	int r = read_prefix(in, &mask);

	if (r)
		return r;
	memcpy(at, &mask, sizeof(mask));
	type_mask.tidy(in->opt, in->family, at);
	return 0;
}

static void print_prefix_mask(struct sink *sink, const struct opt_out *out, const void *at)
{
	union inet_addr mask;
	int len;

	memcpy(&mask, at, sizeof(mask));
	len = addr_prefix_len(out->family, &mask);
	if (len >= 0)
		sink_u64(sink, (uint64_t)len);
	else
		addr_print(sink, out->family, &mask);
}

static void tidy_prefix_mask(const struct opt *opt, enum family family, void *at)
{
	type_mask.tidy(opt, family, at);
}

const struct type type_prefix_mask = {
	.name = "prefix_mask", .metavar = "prefix", .words = 1, .parse = parse_prefix_mask,
	.print = print_prefix_mask, .tidy = tidy_prefix_mask, .sample = sample_prefix,
};
