// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network whose prefix length lies apart from its address: the address at the start of the span,
 * the length in its last byte. Bits behind the prefix stay: the kernel refuses them (ip6t_NPT).
 */
#include <string.h>

#include "ext/type/types.h"

enum { WIDTH = sizeof(union inet_addr) };

static int parse_network_apart(const struct opt_in *in, void *at)
{
	const char *text = in->words[0], *slash = strchr(text, '/');
	const struct opt plain = { .name = in->opt->name, .at = { 0, WIDTH } };
	struct opt_in host = *in;
	union inet_addr addr, mask;
	char name[256];
	int r;

	addr_mask_from_prefix(in->family, 128, &mask);
	if (slash && !addr_parse_mask(in->family, slash + 1, &mask))
		return type_bad_mask(in);
	if (addr_prefix_len(in->family, &mask) < 0)
		return type_bad_mask(in);
	if (!slash)
		slash = text + strlen(text);
	if ((size_t)(slash - text) >= sizeof(name))
		return opt_bad_value(in);
	memcpy(name, text, (size_t)(slash - text));
	name[slash - text] = '\0';
	host.opt = &plain;
	host.words = (const char *const[]){ name };
	r = type_host.parse(&host, &addr);
	if (r)
		return r;
	memcpy(at, &addr, WIDTH);
	((uint8_t *)at)[in->opt->at.size - 1] = (uint8_t)addr_prefix_len(in->family, &mask);
	return 0;
}

static void print_network_apart(struct sink *sink, const struct opt_out *out, const void *at)
{
	union inet_addr addr;

	memcpy(&addr, at, WIDTH);
	addr_print(sink, out->family, &addr);
	sink_printf(sink, "/%u", ((const uint8_t *)at)[out->opt->at.size - 1]);
}

static void sample_network_apart(struct sink *sink, const struct opt *opt, enum family family,
				 uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "2001:db8:%x::/%u", seed % 0xffff, seed % 3 ? 48 : seed % 130);
}

const struct type type_network_apart = {
	.name = "network_apart", .metavar = "prefix/length", .words = 1,
	.parse = parse_network_apart,
	.print = print_network_apart, .sample = sample_network_apart,
};
