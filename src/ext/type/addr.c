// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses inside extensions: hosts, networks, ranges and hardware addresses. */
#include <arpa/inet.h>
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

/* "10.1" is 10.0.0.1 to the resolver that libxtables asks here, unlike in -s. */
static bool parse_short(enum family family, const char *text, union inet_addr *addr)
{
	struct in_addr in;

	if (family == FAMILY_IPV6 || text[strspn(text, "0123456789abcdefABCDEFxX.")] ||
	    !inet_aton(text, &in))
		return false;
	/* All of it: an initialiser of a smaller member leaves the others to the compiler. */
	*addr = (union inet_addr){ 0 };
	addr->v4 = in.s_addr;
	return true;
}

/* A numeric address, or the first one of a host name. */
static int read_host(const struct opt_in *in, const char *text, union inet_addr *addr)
{
	if (parse_short(in->family, text, addr) || addr_parse(in->family, text, addr))
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

/* What lies behind an IPv4 address in 16 bytes. */
static void tidy_tail(enum family family, void *at, size_t width)
{
	if (width > addr_len(family))
		memset((char *)at + addr_len(family), 0, width - addr_len(family));
}

static void tidy_host(const struct opt *opt, enum family family, void *at)
{
	tidy_tail(family, at, stride(opt, 1));
}

const struct type type_host = {
	.name = "host", .metavar = "address", .words = 1, .parse = parse_host, .print = print_host,
	.tidy = tidy_host, .sample = sample_host,
};

static void print_host_named(struct sink *sink, const struct opt_out *out, const void *at)
{
	union inet_addr addr;
	char name[256];

	load(at, stride(out->opt, 1), &addr);
	if (!(out->how & (HOW_SAVE | HOW_NUMERIC)) &&
	    addr_name(out->family, &addr, name, sizeof(name)))
		sink_str(sink, name);
	else
		addr_print(sink, out->family, &addr);
}

const struct type type_host_named = {
	.name = "host_named", .metavar = "address", .words = 1, .parse = parse_host,
	.print = print_host_named, .tidy = tidy_host, .sample = sample_host,
};

/* ---------------------------------------------------------------- masks */

/* A mask of all ones fills 16 bytes in IPv4, too: so libxtables leaves it when none was given. */
static void fill_mask(enum family family, void *at, size_t width)
{
	union inet_addr mask;

	load(at, width, &mask);
	tidy_tail(family, at, width);
	if (addr_prefix_len(family, &mask) == (int)addr_len(family) * 8)
		memset(at, 0xff, width);
}

static void tidy_mask(const struct opt *opt, enum family family, void *at)
{
	fill_mask(family, at, stride(opt, 1));
}

static int parse_mask(const struct opt_in *in, void *at)
{
	int r;

	/* "24" would be the mask 0.0.0.24. */
	if (in->family != FAMILY_IPV6 && !strchr(in->words[0], '.')) {
		r = opt_bad(in, "host/network `%s' not found", in->words[0]);
		err_hint(in->err, "a mask is written as an address: 255.255.255.0");
		return r;
	}
	r = parse_host(in, at);

	if (!r)
		tidy_mask(in->opt, in->family, at);
	return r;
}

const struct type type_mask = {
	.name = "mask", .metavar = "netmask", .words = 1, .parse = parse_mask, .print = print_host,
	.tidy = tidy_mask, .sample = sample_host,
};

/* ---------------------------------------------------------------- networks */

int type_bad_mask(const struct opt_in *in)
{
	return opt_bad(in, "%s: bad value for option \"--%s\", neither a valid network mask nor "
			   "valid CIDR (0-%u).\n", in->ext->name, in->opt->name,
		       (unsigned)addr_len(in->family) * 8);
}

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
		return type_bad_mask(in);
	r = read_host(in, host, &addr);
	if (r)
		return r;
	/* The host part stays, as with xtoptions: the kernel masks. */
	memcpy(at, &addr, width);
	memcpy((char *)at + width, &mask, width);
	fill_mask(in->family, (char *)at + width, width);
	return 0;
}

static void tidy_network(const struct opt *opt, enum family family, void *at)
{
	size_t width = stride(opt, 2);

	/* Not given: nothing there, and nothing to fill. */
	if (bytes_are_zero(at, opt->at.size))
		return;
	tidy_tail(family, at, width);
	fill_mask(family, (char *)at + width, width);
}

/* Both families: behind an IPv4 address both the field and the value are zero. */
static bool ask_network(const struct opt *opt, const void *at, struct ask *ask)
{
	size_t width = stride(opt, 2);

	*ask = (struct ask){ .field = opt->field, .relation = REL_EQUAL, .len = (uint8_t)width };
	memcpy(ask->low, at, width);
	memcpy(ask->mask, (const char *)at + width, width);
	return true;
}

/* As many bytes as the family's addresses have; a mask is there in any case. */
static bool raise_network(const struct opt *opt, const struct ask *ask, void *at)
{
	size_t width = stride(opt, 2);
	enum family family = ask->len == 4 ? FAMILY_IPV4 : FAMILY_IPV6;

	if (ask->relation != REL_EQUAL || (ask->len != 4 && ask->len != 16) || ask->len > width)
		return false;
	memcpy(at, ask->low, ask->len);
	memcpy((char *)at + width, ask->mask, ask->len);
	fill_mask(family, (char *)at + width, width);
	return true;
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
	.print = print_network, .tidy = tidy_network, .ask = ask_network,
	.raise = raise_network, .sample = sample_network,
};

static void print_network_named(struct sink *sink, const struct opt_out *out, const void *at)
{
	size_t width = stride(out->opt, 2);
	union inet_addr addr, mask;
	char name[256];

	load(at, width, &addr);
	load((const char *)at + width, width, &mask);
	if (out->how & (HOW_SAVE | HOW_NUMERIC)) {
		print_network(sink, out, at);
	} else if (bytes_are_zero(at, addr_len(out->family)) &&
		   !addr_prefix_len(out->family, &mask)) {
		sink_str(sink, "anywhere");
	} else if (addr_name(out->family, &addr, name, sizeof(name))) {
		sink_str(sink, name);
		addr_print_mask(sink, out->family, &mask, false);
	} else {
		print_network(sink, out, at);
	}
}

const struct type type_network_named = {
	.name = "network_named", .metavar = "address[/mask]", .words = 1, .parse = parse_network,
	.print = print_network_named, .tidy = tidy_network, .ask = ask_network,
	.raise = raise_network, .sample = sample_network,
};

/* ---------------------------------------------------------------- ranges */

static int parse_addr_range(const struct opt_in *in, void *at)
{
	const char *text = in->words[0];
	size_t width = stride(in->opt, 2);
	union inet_addr low, high;
	char buf[128], *parts[2];
	size_t n = type_split(text, '-', buf, sizeof(buf), parts, 2);

	if (!n)
		return opt_bad_value(in);
	if (!addr_parse(in->family, parts[0], &low))
		return opt_bad_word(in, parts[0]);
	if (!addr_parse(in->family, parts[n - 1], &high))
		return opt_bad_word(in, parts[n - 1]);
	if (memcmp(&low, &high, sizeof(low)) > 0)
		return opt_bad(in, "%s: range %s is reversed and will never match", in->ext->name,
			       text);
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

static void tidy_addr_range(const struct opt *opt, enum family family, void *at)
{
	tidy_tail(family, at, stride(opt, 2));
	tidy_tail(family, (char *)at + stride(opt, 2), stride(opt, 2));
}

const struct type type_addr_range = {
	.name = "addr_range", .metavar = "ip[-ip]", .words = 1, .parse = parse_addr_range,
	.print = print_addr_range, .tidy = tidy_addr_range, .sample = sample_addr_range,
};

/* ---------------------------------------------------------------- hardware addresses */

static int parse_mac(const struct opt_in *in, void *at)
{
	const char *p = in->words[0];
	uint8_t mac[6];

	for (size_t i = 0; i < 6; i++) {
		size_t digits = strspn(p, "0123456789abcdefABCDEF");
		char hex[5] = "0x";
		uint64_t v;

		if (digits < 1 || digits > 2 || p[digits] != (i < 5 ? ':' : '\0'))
			return opt_bad(in, "Invalid MAC address specified.");
		memcpy(hex + 2, p, digits);
		num_parse(hex, 0, 255, &v);
		mac[i] = (uint8_t)v;
		p += digits + 1;
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

static bool ask_mac(const struct opt *opt, const void *at, struct ask *ask)
{
	*ask = (struct ask){ .field = opt->field, .relation = REL_EQUAL, .len = 6 };
	memcpy(ask->low, at, 6);
	memset(ask->mask, 0xff, 6);
	return true;
}

static bool raise_mac(const struct opt *opt, const struct ask *ask, void *at)
{
	static const uint8_t ones[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	(void)opt;
	if (ask->relation != REL_EQUAL || ask->len != 6 || memcmp(ask->mask, ones, 6) != 0)
		return false;
	memcpy(at, ask->low, 6);
	return true;
}

static void sample_mac(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "02:%02x:%02X:00:0f:%s", seed % 256, seed / 7 % 256,
		    seed % 5 ? "a1" : "zz");
}

const struct type type_mac = {
	.name = "hardware", .metavar = "XX:XX:XX:XX:XX:XX", .words = 1, .parse = parse_mac,
	.print = print_mac, .ask = ask_mac, .raise = raise_mac, .sample = sample_mac,
};
