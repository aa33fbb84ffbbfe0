// SPDX-License-Identifier: GPL-2.0-or-later
/* A host from text in the words of ip(8), and back. */
#include <errno.h>
#include <linux/rtnetlink.h>

#include "base/bits.h"
#include "base/num.h"
#include "net/host.h"
#include "net/names.h"

enum { WORDS_MOST = 24, WORD_MOST = 80 };

static const struct name route_types[] = {
	{ "unicast", RTN_UNICAST }, { "local", RTN_LOCAL }, { "broadcast", RTN_BROADCAST },
	{ "multicast", RTN_MULTICAST }, { "blackhole", RTN_BLACKHOLE },
	{ "unreachable", RTN_UNREACHABLE }, { "prohibit", RTN_PROHIBIT }, { "throw", RTN_THROW },
	{ 0 },
};

/* A line, cut into words. */
struct words_in {
	char words[WORDS_MOST][WORD_MOST];
	int16_t count, at;
	int line;
	struct host *host;
	struct err *err;
};

static int bad(struct words_in *in, int16_t word, const char *what)
{
	return err_set(in->err, ERR_SYNTAX,
		       (struct place){ .line = in->line, .word = word }, "line %d: %s: \"%s\"",
		       in->line, what, word < in->count ? in->words[word] : "");
}

static const char *next(struct words_in *in)
{
	return in->at < in->count ? in->words[in->at++] : NULL;
}

static bool take(struct words_in *in, const char *word)
{
	if (in->at >= in->count || strcmp(in->words[in->at], word) != 0)
		return false;
	in->at++;
	return true;
}

static int take_number(struct words_in *in, uint64_t most, uint32_t *value)
{
	const char *word = next(in);
	uint64_t number;

	if (!word || !num_parse(word, 0, most, &number))
		return bad(in, (int16_t)(in->at - (word ? 1 : 0)), "a number is missing here");
	*value = (uint32_t)number;
	return 0;
}

static int take_addr(struct words_in *in, enum family family, union inet_addr *addr)
{
	const char *word = next(in);

	if (!word || !addr_parse(family, word, addr))
		return bad(in, (int16_t)(in->at - (word ? 1 : 0)), "an address is missing here");
	return 0;
}

/* ADDR/PREFIX, or ADDR alone; tells the family. */
static int take_network(struct words_in *in, enum family *family, union inet_addr *addr,
			unsigned *prefix)
{
	char *word = in->at < in->count ? in->words[in->at] : NULL;
	char *slash = word ? strchr(word, '/') : NULL;
	uint64_t number;
	bool good;

	if (!word)
		return bad(in, in->at, "a network is missing here");
	*family = strchr(word, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	number = addr_len(*family) * 8;
	good = !slash || num_parse(slash + 1, 0, number, &number);
	if (slash)
		*slash = '\0';
	good = good && addr_parse(*family, word, addr);
	if (slash)
		*slash = '/';
	if (!good)
		return bad(in, in->at, "no network");
	in->at++;
	*prefix = (unsigned)number;
	return 0;
}

static int take_device(struct words_in *in, struct device **device)
{
	const char *word = next(in);

	if (!word)
		return bad(in, in->at, "a device is missing here");
	*device = host_device(in->host, word);
	return *device ? 0 : bad(in, (int16_t)(in->at - 1), "no such device above");
}

/* ------------------------------------------------------------------ facts */

static int parse_link(struct words_in *in)
{
	const char *name = next(in), *master;
	struct device *d;
	int r = 0;

	if (!name || strlen(name) >= IFNAMSIZ)
		return bad(in, 1, "a name of at most 15 characters is missing here");
	d = host_device(in->host, name);
	if (!d)
		d = host_add_device(in->host, name);
	while (!r && in->at < in->count) {
		if (take(in, "group")) {
			r = take_number(in, UINT32_MAX, &d->group);
		} else if (take(in, "mtu")) {
			r = take_number(in, UINT32_MAX, &d->mtu);
		} else if (take(in, "master")) {
			master = next(in);
			if (!master || strlen(master) >= IFNAMSIZ)
				return bad(in, in->at, "a device is missing here");
			memcpy(d->master, master, strlen(master) + 1);
		} else if (take(in, "down")) {
			d->up = false;
		} else if (!take(in, "up")) {
			return bad(in, in->at, "no word of a link");
		}
	}
	return r;
}

static struct route *derive(struct host *host, enum family family, const union inet_addr *dst,
			    unsigned prefix, uint8_t type, struct device *device)
{
	struct route *r = host_add_route(host, family, dst, prefix);

	r->type = type;
	r->table = type == RTN_UNICAST ? RT_TABLE_MAIN : RT_TABLE_LOCAL;
	r->device = device;
	r->derived = true;
	return r;
}

/* fib_add_ifaddr() of net/ipv4/fib_frontend.c; addrconf of IPv6. */
static void derive_routes(struct host *host, const struct device_addr *a)
{
	static const union inet_addr multicast = { .bytes = { 0xff } };
	unsigned full = (unsigned)addr_len(a->family) * 8;

	derive(host, a->family, &a->addr, full, RTN_LOCAL, a->device);
	if (a->family == FAMILY_IPV6)
		derive(host, a->family, &multicast, 8, RTN_MULTICAST, a->device);
	if (a->device->loopback && a->family == FAMILY_IPV4 && a->prefix < full) {
		derive(host, a->family, &a->addr, a->prefix, RTN_LOCAL, a->device);
		return;
	}
	/* One of several on a network brings no route of its own. */
	if (a->prefix >= full || a->secondary)
		return;
	derive(host, a->family, &a->addr, a->prefix, RTN_UNICAST, a->device)->source = a->addr;
	if (a->family == FAMILY_IPV4 && a->prefix < 31)
		derive(host, a->family, &a->broadcast, full, RTN_BROADCAST, a->device);
}

static union inet_addr usual_broadcast(const union inet_addr *addr, unsigned prefix)
{
	union inet_addr mask, all = *addr;

	addr_mask_from_prefix(FAMILY_IPV4, prefix, &mask);
	all.v4 |= ~mask.v4;
	return all;
}

static int parse_addr(struct words_in *in)
{
	enum family family;
	union inet_addr addr = { 0 }, broadcast;
	struct device *device = NULL;
	bool secondary = false;
	unsigned prefix;
	struct device_addr *a;
	int r = take_network(in, &family, &addr, &prefix);

	if (r < 0)
		return r;
	broadcast = usual_broadcast(&addr, prefix);
	while (!r && in->at < in->count) {
		if (take(in, "dev"))
			r = take_device(in, &device);
		else if (take(in, "broadcast"))
			r = take_addr(in, family, &broadcast);
		else if (take(in, "secondary"))
			secondary = true;
		else
			return bad(in, in->at, "no word of an address");
	}
	if (r < 0)
		return r;
	if (!device)
		return bad(in, 1, "an address needs a device (dev NAME)");
	a = host_add_addr(in->host, device, family, &addr, prefix);
	a->secondary = secondary;
	if (family == FAMILY_IPV4)
		a->broadcast = broadcast;
	derive_routes(in->host, a);
	return 0;
}

/* "default" is of the family that the rest of the line shows; IPv4 when nothing does. */
static enum family family_of_line(const struct words_in *in)
{
	for (int16_t i = 1; i < in->count; i++)
		if (strchr(in->words[i], ':'))
			return FAMILY_IPV6;
	return FAMILY_IPV4;
}

static int parse_route(struct words_in *in)
{
	enum family family = family_of_line(in);
	const struct name *type = in->at < in->count ?
				  name_find(route_types, in->words[in->at]) : NULL;
	union inet_addr dst = { 0 };
	unsigned prefix = 0;
	struct route *route;
	int r = 0;

	if (type)
		in->at++;
	if (!take(in, "default"))
		r = take_network(in, &family, &dst, &prefix);
	if (r < 0)
		return r;
	route = host_add_route(in->host, family, &dst, prefix);
	route->type = (uint8_t)(type ? type->value : RTN_UNICAST);
	if (route->type == RTN_LOCAL || route->type == RTN_BROADCAST)
		route->table = RT_TABLE_LOCAL;
	while (!r && in->at < in->count) {
		if (take(in, "via"))
			r = take_addr(in, family, &route->gateway);
		else if (take(in, "src"))
			r = take_addr(in, family, &route->source);
		else if (take(in, "dev"))
			r = take_device(in, &route->device);
		else if (take(in, "metric"))
			r = take_number(in, UINT32_MAX, &route->metric);
		else if (take(in, "realm"))
			r = take_number(in, UINT32_MAX, &route->realm);
		else
			return bad(in, in->at, "no word of a route");
	}
	/* A gateway tells the device. */
	if (!r && !route->device && !bytes_are_zero(&route->gateway, sizeof(route->gateway))) {
		struct route_answer answer;

		if (!host_route(in->host, family, &route->gateway, &answer) || !answer.device)
			return bad(in, 0, "no device leads to the gateway; add dev NAME");
		route->device = host_device(in->host, answer.device->name);
	}
	if (!r && !route->device && route->type == RTN_UNICAST)
		return bad(in, 0, "a route needs a gateway or a device (via, dev)");
	return r;
}

static int parse_forward(struct words_in *in)
{
	bool on = take(in, "on"), both;

	if (!on && !take(in, "off"))
		return bad(in, in->at, "on or off is missing here");
	both = in->at >= in->count;
	if (both || take(in, "4"))
		in->host->forwards4 = on;
	if (both || take(in, "6"))
		in->host->forwards6 = on;
	return in->at < in->count ? bad(in, in->at, "4 or 6 is what can stand here") : 0;
}

static int parse_line(struct words_in *in)
{
	if (take(in, "link"))
		return parse_link(in);
	if (take(in, "addr"))
		return parse_addr(in);
	if (take(in, "route"))
		return parse_route(in);
	if (take(in, "forward"))
		return parse_forward(in);
	return bad(in, 0, "link, addr, route or forward begins a line");
}

/* Cuts a line into words. */
static int cut(struct words_in *in, const char *line, const char *end)
{
	in->count = in->at = 0;
	while (line < end) {
		size_t len;

		while (line < end && strchr(" \t\r", *line))
			line++;
		if (line == end || *line == '#')
			break;
		for (len = 0; line + len < end && !strchr(" \t\r#", line[len]);)
			len++;
		if (in->count == WORDS_MOST || len >= WORD_MOST || memchr(line, '\0', len))
			return err_set(in->err, ERR_SYNTAX, (struct place){ .line = in->line,
				       .word = in->count }, "line %d: too long", in->line);
		memcpy(in->words[in->count], line, len);
		in->words[in->count++][len] = '\0';
		line += len;
	}
	return 0;
}

int host_parse(struct host *host, const char *text, size_t len, struct err *err)
{
	static const union inet_addr loopback4 = { .bytes = { 127, 0, 0, 1 } };
	static const union inet_addr loopback6 = { .bytes = { [15] = 1 } };
	struct words_in in = { .line = 1, .err = err };
	struct host made = HOST_INIT;
	struct device *lo = host_add_device(&made, "lo");
	const char *end = text + len;
	int r = 0;

	in.host = &made;
	derive_routes(&made, host_add_addr(&made, lo, FAMILY_IPV4, &loopback4, 8));
	derive_routes(&made, host_add_addr(&made, lo, FAMILY_IPV6, &loopback6, 128));
	for (; !r && text < end; in.line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));

		if (!stop)
			stop = end;
		r = cut(&in, text, stop);
		if (!r && in.count)
			r = parse_line(&in);
		text = stop + 1;
	}
	if (r < 0) {
		host_free(&made);
		return r;
	}
	host_free(host);
	*host = made;
	return 0;
}

/* ------------------------------------------------------------------ and back */

static void print_network(struct sink *sink, enum family family, const union inet_addr *addr,
			  unsigned prefix)
{
	addr_print(sink, family, addr);
	sink_printf(sink, "/%u", prefix);
}

static void print_addr(struct sink *sink, const char *word, enum family family,
		       const union inet_addr *addr)
{
	if (bytes_are_zero(addr, sizeof(*addr)))
		return;
	sink_printf(sink, " %s ", word);
	addr_print(sink, family, addr);
}

static void print_route(struct sink *sink, const struct route *r)
{
	sink_str(sink, "route ");
	if (r->type != RTN_UNICAST)
		sink_printf(sink, "%s ", name_of(route_types, r->type));
	if (r->prefix)
		print_network(sink, r->family, &r->dst, r->prefix);
	else
		sink_str(sink, r->family == FAMILY_IPV6 ? "::/0" : "default");
	print_addr(sink, "via", r->family, &r->gateway);
	if (r->device)
		sink_printf(sink, " dev %s", r->device->name);
	print_addr(sink, "src", r->family, &r->source);
	if (r->metric)
		sink_printf(sink, " metric %u", r->metric);
	if (r->realm)
		sink_printf(sink, " realm %u", r->realm);
	sink_char(sink, '\n');
}

/* Routes are kept newest first; printed as they were added. */
static void print_routes(struct sink *sink, const struct route *r)
{
	if (!r)
		return;
	print_routes(sink, r->next);
	if (!r->derived && name_of(route_types, r->type))
		print_route(sink, r);
}

void host_print(struct sink *sink, const struct host *host)
{
	for (const struct device *d = host->devices; d; d = d->next) {
		if (d->loopback)
			continue;
		sink_printf(sink, "link %s", d->name);
		if (d->group)
			sink_printf(sink, " group %u", d->group);
		if (d->mtu != 1500)
			sink_printf(sink, " mtu %u", d->mtu);
		if (d->master[0])
			sink_printf(sink, " master %s", d->master);
		sink_str(sink, d->up ? "\n" : " down\n");
	}
	for (const struct device_addr *a = host->addrs; a; a = a->next) {
		union inet_addr usual = usual_broadcast(&a->addr, a->prefix);

		if (a->device->loopback)
			continue;
		sink_str(sink, "addr ");
		print_network(sink, a->family, &a->addr, a->prefix);
		sink_printf(sink, " dev %s", a->device->name);
		if (a->family == FAMILY_IPV4 && memcmp(&usual, &a->broadcast, sizeof(usual)) != 0)
			print_addr(sink, "broadcast", a->family, &a->broadcast);
		sink_str(sink, a->secondary ? " secondary\n" : "\n");
	}
	print_routes(sink, host->routes);
	if (host->forwards4 == host->forwards6)
		sink_printf(sink, "forward %s\n", host->forwards4 ? "on" : "off");
	else
		sink_printf(sink, "forward on %c\n", host->forwards4 ? '4' : '6');
}
