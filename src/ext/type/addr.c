// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses inside extensions: hosts, networks, ranges and hardware addresses. */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

/* Bytes per address at a span of `count` addresses: 4 in IPv4-only structs, else 16. */
static size_t stride(const struct opt *opt, size_t count)
{
	return opt->at.size / count;
}

static void load(const void *at, size_t width, union inet_addr *addr)
{
	*addr = (union inet_addr){ 0 };
	memcpy(addr->bytes, at, width < 16 ? width : 16);
}

/* A numeric address, or the first one of a host name. */
static int read_host(const struct opt_in *in, const char *text, union inet_addr *addr)
{
	if (addr_parse(in->family, text, addr))
		return 0;
	/* Digits and colons only: a slip, nothing that a resolver should be asked. */
	if (text[strspn(text, "0123456789.:")] && addr_resolve(in->family, text, addr, 1) == 1)
		return 0;
	return opt_bad(in, "host/network `%s' not found", text);
}

static int parse_host(const struct opt_in *in, void *at)
{
	union inet_addr addr;
	int r = read_host(in, in->words[0], &addr);

	if (!r)
		memcpy(at, &addr, stride(in->opt, 1));
	return r;
}

static void print_host(struct sink *sink, const struct opt_out *out, const void *at)
{
	union inet_addr addr;

	load(at, stride(out->opt, 1), &addr);
	addr_print(sink, out->family, &addr);
}

static void sample_addr(struct sink *sink, enum family family, uint32_t seed)
{
	if (family == FAMILY_IPV6)
		sink_printf(sink, "2001:db8::%x", seed % 0xffff);
	else
		sink_printf(sink, "192.0.%u.%u", seed % 256, seed / 3 % 256);
}

static void sample_host(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	(void)opt;
	if (seed % 7 == 6)
		sink_str(sink, "1.2.3.256");
	else
		sample_addr(sink, family, seed);
}

const struct type type_host = {
	.name = "host", .metavar = "address", .words = 1, .parse = parse_host, .print = print_host,
	.sample = sample_host,
};

/* ---------------------------------------------------------------- networks */

static int parse_network(const struct opt_in *in, void *at)
{
	const char *text = in->words[0], *slash = strchr(text, '/');
	size_t width = stride(in->opt, 2), len = slash ? (size_t)(slash - text) : strlen(text);
	union inet_addr addr, mask;
	char host[256];
	int r;

	if (len >= sizeof(host))
		return opt_bad(in, "host/network `%s' not found", text);
	memcpy(host, text, len);
	host[len] = '\0';
	addr_mask_from_prefix(in->family, 128, &mask);
	if (slash && !addr_parse_mask(in->family, slash + 1, &mask))
		return opt_bad(in, "invalid mask `%s' specified", slash + 1);
	r = read_host(in, host, &addr);
	if (r)
		return r;
	addr_apply_mask(&addr, &mask);
	memcpy(at, &addr, width);
	memcpy((char *)at + width, &mask, width);
	return 0;
}

static void print_network(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = stride(out->opt, 2);
	union inet_addr addr, mask;

	load(at, width, &addr);
	load((const char *)at + width, width, &mask);
	addr_print(sink, out->family, &addr);
	addr_print_mask(sink, out->family, &mask, false);
}

static void sample_network(struct sink *sink, const struct opt *opt, enum family family,
			   uint32_t seed)
{
	(void)opt;
	sample_addr(sink, family, seed);
	if (seed % 3)
		sink_printf(sink, "/%u", seed % (family == FAMILY_IPV6 ? 129u : 33u));
}

const struct type type_network = {
	.name = "network", .metavar = "address[/mask]", .words = 1, .parse = parse_network,
	.print = print_network, .sample = sample_network,
};

/* ---------------------------------------------------------------- ranges */

static int parse_addr_range(const struct opt_in *in, void *at)
{
	const char *text = in->words[0];
	size_t width = stride(in->opt, 2);
	union inet_addr low, high;
	char buf[128], *parts[2];
	size_t n = type_split(text, '-', buf, sizeof(buf), parts, 2);

	if (!n || !addr_parse(in->family, parts[0], &low) ||
	    !addr_parse(in->family, parts[n - 1], &high))
		return opt_bad_value(in);
	memcpy(at, &low, width);
	memcpy((char *)at + width, &high, width);
	return 0;
}

static void print_addr_range(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = stride(out->opt, 2);
	union inet_addr addr;

	load(at, width, &addr);
	addr_print(sink, out->family, &addr);
	sink_char(sink, '-');
	load((const char *)at + width, width, &addr);
	addr_print(sink, out->family, &addr);
}

static void sample_addr_range(struct sink *sink, const struct opt *opt, enum family family,
			      uint32_t seed)
{
	(void)opt;
	sample_addr(sink, family, seed);
	if (seed % 4 == 0)
		return;
	sink_char(sink, '-');
	sample_addr(sink, family, seed + seed % 5);
}

const struct type type_addr_range = {
	.name = "addr_range", .metavar = "ip[-ip]", .words = 1, .parse = parse_addr_range,
	.print = print_addr_range, .sample = sample_addr_range,
};

/* ---------------------------------------------------------------- hardware addresses */

static int parse_mac(const struct opt_in *in, void *at)
{
	const char *p = in->words[0];
	uint8_t mac[6];

	for (size_t i = 0; i < 6; i++) {
		char hex[5] = { '0', 'x', p[0], p[0] ? p[1] : '\0', '\0' };
		uint64_t v;

		if (hex[3] == ':' || !num_parse(hex, 0, 255, &v) || p[2] != (i < 5 ? ':' : '\0'))
			return opt_bad(in, "Invalid MAC address specified.");
		mac[i] = (uint8_t)v;
		p += 3;
	}
	memcpy(at, mac, sizeof(mac));
	return 0;
}

static void print_mac(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint8_t *mac = at;

	(void)out;
	sink_printf(sink, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		    mac[5]);
}

static void sample_mac(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "02:%02x:%02X:00:0f:%s", seed % 256, seed / 7 % 256,
		    seed % 5 ? "a1" : "zz");
}

const struct type type_mac = {
	.name = "mac", .metavar = "XX:XX:XX:XX:XX:XX", .words = 1, .parse = parse_mac,
	.print = print_mac, .sample = sample_mac,
};
