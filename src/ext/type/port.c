// SPDX-License-Identifier: GPL-2.0-or-later
/* Ports and ranges of them, as numbers or as services of the rule's protocol. */
#include <netinet/in.h>
#include <string.h>

#include "ext/type/types.h"

const char *type_proto_name(const struct head *head)
{
	switch (head ? head->proto : 0) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_DCCP:
		return "dccp";
	case IPPROTO_UDPLITE:
		return "udplite";
	}
	return NULL;
}

/* The protocol an extension is about, when it is about one. */
static const char *proto_of_ext(const struct ext *ext, const struct head *head)
{
	if (ext->protos && !ext->protos[1])
		return type_proto_name(&(struct head){ .proto = ext->protos[0] });
	return type_proto_name(head);
}

static int bad_port(const struct opt_in *in, const char *text)
{
	int r = in->opt->bad ? opt_bad_word(in, text) :
			       opt_bad(in, "invalid port/service `%s' specified", text);

	if (strchr(text, ','))
		err_hint(in->err, "several ports take a match of their own: "
				  "-m multiport --dports %s", text);
	else if (strchr(text, '-') && strspn(text, "0123456789-") == strlen(text))
		err_hint(in->err, "a range is written with a colon: %.*s:%s",
			 (int)strcspn(text, "-"), text, strchr(text, '-') + 1);
	else
		err_hint(in->err, "a port is a number from 0 to 65535 or a name from "
				  "/etc/services");
	return r;
}

/*
 * Services of the protocol first. The matches of UDP and DCCP ("-p udp --dport http") and those of
 * no protocol in particular take those of others, too, where `ranges` says that it is no list;
 * those of TCP and SCTP, and lists, do not: as libxtables.
 */
static bool read_port(const struct opt_in *in, const char *text, bool ranges, uint16_t *port)
{
	const char *proto = proto_of_ext(in->ext, in->head);
	uint8_t own = in->ext->protos && !in->ext->protos[1] ? in->ext->protos[0] : 0;
	bool others = ranges && (!in->ext->protos || own == IPPROTO_UDP || own == IPPROTO_DCCP);

	return service_port(text, proto, port) || (others && service_port(text, NULL, port));
}

static int parse_port(const struct opt_in *in, void *at)
{
	uint16_t port;

	if (!read_port(in, in->words[0], false, &port))
		return bad_port(in, in->words[0]);
	uint_store(at, 2, port);
	return 0;
}

static void put_port(struct sink *sink, const struct opt_out *out, uint16_t port)
{
	char buf[64];
	const char *name = NULL;

	if (!(out->how & (HOW_SAVE | HOW_NUMERIC)))
		name = service_name(port, proto_of_ext(out->ext, out->head), buf, sizeof(buf));
	if (name)
		sink_str(sink, name);
	else
		sink_u64(sink, port);
}

static void print_port(struct sink *sink, const struct opt_out *out, const void *at)
{
	put_port(sink, out, (uint16_t)uint_load(at, 2));
}

static void sample_port(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	static const char *const ports[] = {
		"0", "65535", "22", "http", "65536", "domain", "0x50",
	};

	(void)opt;
	(void)family;
	if (seed % 2)
		sink_u64(sink, seed * 7919u % 65536u);
	else
		sink_str(sink, ports[seed / 2 % ARRAY_SIZE(ports)]);
}

const struct type type_port = {
	.name = "port", .metavar = "port", .words = 1, .parse = parse_port, .print = print_port,
	.sample = sample_port,
};

/* Of no protocol in particular, as libxtables' own type of a port. */
static int parse_port_be(const struct opt_in *in, void *at)
{
	uint16_t port;

	if (!read_port(in, in->words[0], true, &port) && !service_port(in->words[0], NULL, &port))
		return bad_port(in, in->words[0]);
	uint_store(at, 2, htons(port));
	return 0;
}

static void print_port_be(struct sink *sink, const struct opt_out *out, const void *at)
{
	(void)out;
	sink_u64(sink, ntohs((uint16_t)uint_load(at, 2)));
}

const struct type type_port_be = {
	.name = "port_be", .metavar = "port", .words = 1, .parse = parse_port_be,
	.print = print_port_be, .sample = sample_port,
};

static int parse_ports(const struct opt_in *in, void *at)
{
	const char *text = in->words[0], *colon = strchr(text, ':');
	uint16_t port[2] = { 0, UINT16_MAX };
	char low[64];

	if (!colon)
		colon = text + strlen(text);
	if ((size_t)(colon - text) >= sizeof(low))
		return bad_port(in, text);
	memcpy(low, text, (size_t)(colon - text));
	low[colon - text] = '\0';
	if ((!*text || *low) && !read_port(in, low, true, &port[0]))
		return bad_port(in, low);
	if (!*colon)
		port[1] = port[0];
	else if (colon[1] && !read_port(in, colon + 1, true, &port[1]))
		return bad_port(in, colon + 1);
	if (port[0] > port[1])
		return opt_bad(in, "invalid portrange (min > max)");
	memcpy(at, port, sizeof(port));
	return 0;
}

static bool ports_are_many(const struct opt *opt, const void *at)
{
	const uint16_t *port = at;

	(void)opt;
	return port[0] != port[1];
}

static void print_ports(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint16_t *port = at;

	put_port(sink, out, port[0]);
	if (port[0] != port[1]) {
		sink_char(sink, ':');
		put_port(sink, out, port[1]);
	}
}

static bool ports_are_all(const struct opt *opt, enum family family, const void *at)
{
	const uint16_t *port = at;

	(void)opt;
	(void)family;
	return port[0] == 0 && port[1] == UINT16_MAX;
}

static bool ports_are_in_order(const void *at)
{
	const uint16_t *port = at;

	return port[0] <= port[1];
}

static bool ask_ports(const struct opt *opt, const void *at, struct ask *ask)
{
	return type_range.ask(opt, at, ask);
}

static bool raise_ports(const struct opt *opt, const struct ask *ask, void *at)
{
	return type_range.raise(opt, ask, at);
}

static void sample_ports(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	if (seed % 3 == 0)
		sample_port(sink, opt, family, seed / 3);
	else
		type_range.sample(sink, opt, family, seed);
}

const struct type type_ports = {
	.name = "ports", .metavar = "port[:port]", .words = 1, .parse = parse_ports,
	.print = print_ports, .many = ports_are_many, .absent = ports_are_all, .ask = ask_ports,
	.raise = raise_ports, .sayable = ports_are_in_order, .sample = sample_ports,
};
