// SPDX-License-Identifier: GPL-2.0-or-later
/* Options inside IPv6 extension headers (hop-by-hop and destination options). */
#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

enum {
	ANY_LENGTH = 0xff,
	PAD0 = 0,	/* RFC 8200, 4.2: one byte, without a length */
};

/* A byte of "TYPE[:LEN]"; texts are libip6t_dst's and libip6t_hbh's, `what` is "opt `". */
static int read_byte(const struct opt_in *in, const char *what, const char *text, uint8_t *byte)
{
	const char *end;
	uint64_t v;

	if (!num_parse_part(text, &end, 0, UINT64_MAX, &v))
		return opt_bad(in, "%s: no valid digits in %s%s'", in->ext->name, what, text);
	if (*end)
		return opt_bad(in, "%s: error parsing %s%s'", in->ext->name, what, text);
	if (v > UINT8_MAX)
		return opt_bad(in, "%s: %s%s' specified too big: would overflow", in->ext->name,
			       what, text);
	*byte = (uint8_t)v;
	return 0;
}

static int parse_ip6_opts(const struct opt_in *in, void *at)
{
	char buf[512], *parts[IP6T_OPTS_OPTSNR];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, IP6T_OPTS_OPTSNR);
	struct ip6t_opts *opts = (void *)((char *)at - offsetof(struct ip6t_opts, opts));

	if (!n)
		return opt_bad(in, "too many addresses specified");
	for (size_t i = 0; i < n; i++) {
		char *colon = strchr(parts[i], ':');
		uint8_t type, len = ANY_LENGTH;
		int r;

		if (colon)
			*colon = '\0';
		r = read_byte(in, "opt `", parts[i], &type);
		if (!r && colon && type == PAD0)
			return opt_bad(in, "PAD0 hasn't got length");
		if (!r && colon)
			r = read_byte(in, "length `", colon + 1, &len);
		if (r)
			return r;
		opts->opts[i] = (uint16_t)(type << 8 | len);
	}
	opts->optsnr = (uint8_t)n;
	return 0;
}

static void print_ip6_opts(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct ip6t_opts *opts =
		(const void *)((const char *)at - offsetof(struct ip6t_opts, opts));

	(void)out;
	for (size_t i = 0; i < opts->optsnr && i < IP6T_OPTS_OPTSNR; i++) {
		sink_printf(sink, "%s%u", i ? "," : "", opts->opts[i] >> 8);
		if ((opts->opts[i] & 0xff) != ANY_LENGTH)
			sink_printf(sink, ":%u", opts->opts[i] & 0xff);
	}
}

static void sample_ip6_opts(struct sink *sink, const struct opt *opt, enum family family,
			    uint32_t seed)
{
	(void)opt;
	(void)family;
	for (uint32_t i = 0; i <= seed % 18; i++) {
		sink_printf(sink, "%s%u", i ? "," : "", seed * (i + 7) % 258);
		if ((seed + i) % 3)
			sink_printf(sink, ":%u", seed * (i + 3) % 254);
	}
}

const struct type type_ip6_opts = {
	.name = "ip6_opts", .metavar = "TYPE[:LEN][,TYPE[:LEN]...]", .words = 1,
	.parse = parse_ip6_opts, .print = print_ip6_opts, .sample = sample_ip6_opts,
};
