// SPDX-License-Identifier: GPL-2.0-or-later
/* "22,80,6000:6063": up to fifteen ports; a range takes two of them. Layout of xt_multiport_v1. */
#include <linux/netfilter/xt_multiport.h>
#include <string.h>

#include "ext/type/types.h"

/* The struct without its first and its last byte; a flagged port is the low end of a range. */
struct port_list {
	uint8_t count;
	uint8_t ports[XT_MULTI_PORTS][2];
	uint8_t to_next[XT_MULTI_PORTS];
};

_Static_assert(sizeof(struct port_list) == offsetof(struct xt_multiport_v1, invert) -
	       offsetof(struct xt_multiport_v1, count), "the list is the inside of the struct");

/* One port of a part, with the type of a single one. */
static int read_port(const struct opt_in *in, const char *text, uint16_t *port)
{
	struct opt_in one = *in;

	one.words = &text;
	while (*text == ' ')
		text++;
	return type_port.parse(&one, port);
}

static int add_port(const struct opt_in *in, const char *text, struct port_list *list,
		    uint16_t *port)
{
	int r = read_port(in, text, port);

	if (r)
		return r;
	if (list->count == XT_MULTI_PORTS)
		return opt_bad(in, "too many ports specified");
	memcpy(list->ports[list->count++], port, 2);
	return 0;
}

static int add_part(const struct opt_in *in, char *text, struct port_list *list)
{
	char *colon = strchr(text, ':');
	uint16_t low, high;
	int r;

	if (colon)
		*colon = '\0';
	r = add_port(in, text, list, &low);
	if (r || !colon)
		return r;
	list->to_next[list->count - 1] = 1;
	r = add_port(in, colon + 1, list, &high);
	if (!r && low >= high)
		return opt_bad(in, "invalid portrange specified");
	return r;
}

static int parse_port_list(const struct opt_in *in, void *at)
{
	char buf[1024], *parts[XT_MULTI_PORTS + 1];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));
	struct port_list list = { 0 };

	if (!n)
		return opt_bad(in, "too many ports specified");
	for (size_t i = 0; i < n; i++) {
		int r = add_part(in, parts[i], &list);

		if (r)
			return r;
	}
	memcpy(at, &list, sizeof(list));
	return 0;
}

static void print_port_list(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct port_list *list = at;
	size_t count = list->count < XT_MULTI_PORTS ? list->count : XT_MULTI_PORTS;

	for (size_t i = 0; i < count; i++) {
		if (i)
			sink_char(sink, list->to_next[i - 1] ? ':' : ',');
		type_port.print(sink, out, list->ports[i]);
	}
}

static void sample_port_list(struct sink *sink, const struct opt *opt, enum family family,
			     uint32_t seed)
{
	type_port.sample(sink, opt, family, seed);
	for (uint32_t i = 1; i < seed % 17; i++) {
		sink_char(sink, (seed + i) % 5 ? ',' : ':');
		sink_u64(sink, seed * 31 % 1000 + i * 100);
	}
}

const struct type type_port_list = {
	.name = "port_list", .metavar = "port[,port:port,port...]", .words = 1,
	.parse = parse_port_list, .print = print_port_list, .sample = sample_port_list,
};
