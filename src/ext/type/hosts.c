// SPDX-License-Identifier: GPL-2.0-or-later
/* IPv6 addresses as extension headers carry them: lists, and prefixes whose mask lies elsewhere. */
#include <string.h>

#include "ext/type/types.h"

enum { HOSTS_MOST = 16, WIDTH = sizeof(union inet_addr) };

static size_t room(const struct opt *opt)
{
	return opt->at.size / WIDTH;
}

static uint8_t *count_at(const struct opt *opt, const void *at)
{
	return (uint8_t *)at + room(opt) * WIDTH;
}

static int parse_hosts6(const struct opt_in *in, void *at)
{
	union inet_addr addrs[HOSTS_MOST];
	char buf[HOSTS_MOST * 48], *parts[HOSTS_MOST];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, room(in->opt));

	if (!n)
		return opt_bad(in, "too many addresses specified");
	for (size_t i = 0; i < n; i++)
		if (!addr_parse(FAMILY_IPV6, parts[i], &addrs[i]))
			return opt_bad(in, "bad address: %s", parts[i]);
	memcpy(at, addrs, n * WIDTH);
	*count_at(in->opt, at) = (uint8_t)n;
	return 0;
}

static void print_hosts6(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t n = *count_at(out->opt, at);
	union inet_addr addr;

	for (size_t i = 0; i < n && i < room(out->opt); i++) {
		if (i)
			sink_char(sink, ',');
		memcpy(&addr, (const char *)at + i * WIDTH, WIDTH);
		addr_print(sink, FAMILY_IPV6, &addr);
	}
}

static void sample_hosts6(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	(void)family;
	for (size_t i = 0; i <= seed % (room(opt) + 1); i++)
		sink_printf(sink, "%s2001:db8::%x", i ? "," : "", (unsigned)(seed + i) % 0xffff);
}

const struct type type_hosts6 = {
	.name = "hosts6", .metavar = "ADDR[,ADDR...]", .words = 1, .parse = parse_hosts6,
	.print = print_hosts6, .sample = sample_hosts6,
};

/* ---------------------------------------------------------------- prefixes */

/* type_network puts both next to each other. */
static const struct opt near = { .name = "", .at = { 0, 2 * WIDTH } };

static int parse_prefix6(const struct opt_in *in, void *at)
{
	struct opt_in here = *in;
	struct opt opt = *in->opt;
	uint8_t both[2 * WIDTH];
	int r;

	opt.at = near.at;
	here.opt = &opt;
	r = type_network.parse(&here, both);
	if (r)
		return r;
	memcpy(at, both, WIDTH);
	memcpy((char *)at + in->opt->at.size - WIDTH, both + WIDTH, WIDTH);
	return 0;
}

static void print_prefix6(struct sink *sink, const struct opt_out *out, const void *at)
{
	union inet_addr addr, mask;

	memcpy(&addr, at, WIDTH);
	memcpy(&mask, (const char *)at + out->opt->at.size - WIDTH, WIDTH);
	addr_print(sink, FAMILY_IPV6, &addr);
	addr_print_mask(sink, FAMILY_IPV6, &mask, true);
}

static void sample_prefix6(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	(void)opt;
	type_network.sample(sink, &near, family, seed);
}

const struct type type_prefix6 = {
	.name = "prefix6", .metavar = "addr[/mask]", .words = 1, .parse = parse_prefix6,
	.print = print_prefix6, .sample = sample_prefix6,
};
