// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NAT, rule by rule: what becomes of three flows of two clients who use the same ports, that their
 * answers find back, and that errors which speak of them do; all with right checksums.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "net/checksum.h"

#include "load.h"

enum { ROOM = 2048, FLOWS = 3 };

static const char gateway[] =
	"link left\nlink right\naddr 10.0.0.100/24 dev left\naddr 192.0.2.100/24 dev right\n"
	"addr 2001:db8::100/64 dev left\naddr fd00::100/64 dev right\n"
	"route default via 192.0.2.254\nroute ::/0 via fd00::ff dev right\nforward on\n";

/* Clients and ports of the flows; their server. */
static const struct flow_of {
	const char *client4, *client6;
	uint16_t sport, dport;
} flows[FLOWS] = {
	{ "10.0.0.1", "2001:db8::1", 40000, 80 },
	{ "10.0.0.3", "2001:db8::3", 40000, 80 },
	{ "10.0.0.1", "2001:db8::1", 40000, 81 },
};
static const char server4[] = "198.51.100.2", server6[] = "2001:db8:1::2";

#define V4 FAMILY_IPV4
#define V6 FAMILY_IPV6

/*
 * Rules of the table nat, and the flows' addresses and ports behind them, as Linux 6.18 has them.
 * "*": a port drawn by chance; "@": the one that the first flow drew. NULL: dropped, there is none.
 */
static const struct row {
	enum family family;
	uint8_t proto;
	const char *rule, *after[FLOWS];
} rows[] = {
	{ V4, IPPROTO_TCP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1",
	  { "192.0.2.1.40000 > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_TCP, "-A PREROUTING -j DNAT --to-destination 192.0.2.7",
	  { "10.0.0.1.40000 > 192.0.2.7.80",
	    "10.0.0.3.40000 > 192.0.2.7.80",
	    "10.0.0.1.40000 > 192.0.2.7.81" } },
	{ V4, IPPROTO_TCP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.90",
	  { "192.0.2.77.40000 > 198.51.100.2.80",
	    "192.0.2.54.40000 > 198.51.100.2.80",
	    "192.0.2.77.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_TCP, "-A PREROUTING -j DNAT --to-destination 192.0.2.1-192.0.2.90",
	  { "10.0.0.1.40000 > 192.0.2.77.80",
	    "10.0.0.3.40000 > 192.0.2.54.80",
	    "10.0.0.1.40000 > 192.0.2.77.81" } },
	{ V4, IPPROTO_TCP, "-A POSTROUTING -j MASQUERADE",
	  { "192.0.2.100.40000 > 198.51.100.2.80",
	    "192.0.2.100.* > 198.51.100.2.80",
	    "192.0.2.100.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1",
	  { "192.0.2.1.40000 > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A PREROUTING -j DNAT --to-destination 192.0.2.7",
	  { "10.0.0.1.40000 > 192.0.2.7.80",
	    "10.0.0.3.40000 > 192.0.2.7.80",
	    "10.0.0.1.40000 > 192.0.2.7.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.90",
	  { "192.0.2.77.40000 > 198.51.100.2.80",
	    "192.0.2.54.40000 > 198.51.100.2.80",
	    "192.0.2.77.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A PREROUTING -j DNAT --to-destination 192.0.2.1-192.0.2.90",
	  { "10.0.0.1.40000 > 192.0.2.77.80",
	    "10.0.0.3.40000 > 192.0.2.54.80",
	    "10.0.0.1.40000 > 192.0.2.77.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -j MASQUERADE",
	  { "192.0.2.100.40000 > 198.51.100.2.80",
	    "192.0.2.100.* > 198.51.100.2.80",
	    "192.0.2.100.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_ICMP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1",
	  { "192.0.2.1.40000 > 198.51.100.2.40000",
	    "192.0.2.1.* > 198.51.100.2.*",
	    "192.0.2.1.40000 > 198.51.100.2.40000" } },
	{ V4, IPPROTO_ICMP, "-A PREROUTING -j DNAT --to-destination 192.0.2.7",
	  { "10.0.0.1.40000 > 192.0.2.7.40000",
	    "10.0.0.3.40000 > 192.0.2.7.40000",
	    "10.0.0.1.40000 > 192.0.2.7.40000" } },
	{ V4, IPPROTO_ICMP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.90",
	  { "192.0.2.77.40000 > 198.51.100.2.40000",
	    "192.0.2.54.40000 > 198.51.100.2.40000",
	    "192.0.2.77.40000 > 198.51.100.2.40000" } },
	{ V4, IPPROTO_ICMP, "-A PREROUTING -j DNAT --to-destination 192.0.2.1-192.0.2.90",
	  { "10.0.0.1.40000 > 192.0.2.77.40000",
	    "10.0.0.3.40000 > 192.0.2.54.40000",
	    "10.0.0.1.40000 > 192.0.2.77.40000" } },
	{ V4, IPPROTO_ICMP, "-A POSTROUTING -j MASQUERADE",
	  { "192.0.2.100.40000 > 198.51.100.2.40000",
	    "192.0.2.100.* > 198.51.100.2.*",
	    "192.0.2.100.40000 > 198.51.100.2.40000" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.90 --persistent",
	  { "192.0.2.25.40000 > 198.51.100.2.80",
	    "192.0.2.75.40000 > 198.51.100.2.80",
	    "192.0.2.25.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP,
	  "-A PREROUTING -j DNAT --to-destination 192.0.2.1-192.0.2.90 --persistent",
	  { "10.0.0.1.40000 > 192.0.2.25.80",
	    "10.0.0.3.40000 > 192.0.2.75.80",
	    "10.0.0.1.40000 > 192.0.2.25.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -j NETMAP --to 172.16.0.0/16",
	  { "172.16.0.1.40000 > 198.51.100.2.80",
	    "172.16.0.3.40000 > 198.51.100.2.80",
	    "172.16.0.1.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A PREROUTING -j NETMAP --to 172.16.0.0/16",
	  { "10.0.0.1.40000 > 172.16.100.2.80",
	    "10.0.0.3.40000 > 172.16.100.2.80",
	    "10.0.0.1.40000 > 172.16.100.2.81" } },
	{ V4, IPPROTO_TCP, "-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.7:8080",
	  { "10.0.0.1.40000 > 192.0.2.7.8080",
	    "10.0.0.3.40000 > 192.0.2.7.8080",
	    "10.0.0.1.* > 192.0.2.7.8080" } },
	{ V4, IPPROTO_TCP, "-A PREROUTING -p tcp -j DNAT --to-destination 192.0.2.7:8080-8090/80",
	  { "10.0.0.1.40000 > 192.0.2.7.8080",
	    "10.0.0.3.40000 > 192.0.2.7.8080",
	    "10.0.0.1.40000 > 192.0.2.7.8081" } },
	{ V4, IPPROTO_TCP, "-A PREROUTING -p tcp -j DNAT --to-destination :8080",
	  { "10.0.0.1.40000 > 198.51.100.2.8080",
	    "10.0.0.3.40000 > 198.51.100.2.8080",
	    "10.0.0.1.* > 198.51.100.2.8080" } },
	{ V4, IPPROTO_TCP,
	  "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 192.0.2.7:8080-8090",
	  { "10.0.0.1.40000 > 192.0.2.7.8080",
	    "10.0.0.3.40000 > 192.0.2.7.8080",
	    "10.0.0.1.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_TCP, "-A POSTROUTING -p tcp -j SNAT --to-source 192.0.2.1:5000",
	  { "192.0.2.1.5000 > 198.51.100.2.80",
	    NULL,
	    "192.0.2.1.5000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1:39000-41000",
	  { "192.0.2.1.40000 > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.40000 > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1:5000-5003",
	  { "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.@ > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -p udp -j SNAT --to-source 192.0.2.1 --random-fully",
	  { "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.80",
	    "192.0.2.1.* > 198.51.100.2.81" } },
	{ V4, IPPROTO_UDP, "-A POSTROUTING -d 192.0.2.9 -j SNAT --to-source 192.0.2.1",
	  { "10.0.0.1.40000 > 198.51.100.2.80",
	    "10.0.0.3.40000 > 198.51.100.2.80",
	    "10.0.0.1.40000 > 198.51.100.2.81" } },
	{ V6, IPPROTO_TCP, "-A POSTROUTING -j SNAT --to-source fd00::1",
	  { "fd00::1.40000 > 2001:db8:1::2.80",
	    "fd00::1.* > 2001:db8:1::2.80",
	    "fd00::1.40000 > 2001:db8:1::2.81" } },
	{ V6, IPPROTO_TCP, "-A PREROUTING -j DNAT --to-destination fd00::7",
	  { "2001:db8::1.40000 > fd00::7.80",
	    "2001:db8::3.40000 > fd00::7.80",
	    "2001:db8::1.40000 > fd00::7.81" } },
	{ V6, IPPROTO_TCP, "-A POSTROUTING -j SNAT --to-source fd00::1-fd00::9:90",
	  { "fd00::7:a4da.40000 > 2001:db8:1::2.80",
	    "fd00::5:d2cc.40000 > 2001:db8:1::2.80",
	    "fd00::7:a4da.40000 > 2001:db8:1::2.81" } },
	{ V6, IPPROTO_TCP, "-A PREROUTING -j DNAT --to-destination fd00::1-fd00::9:90",
	  { "2001:db8::1.40000 > fd00::3:6c22.80",
	    "2001:db8::3.40000 > fd00::1:a64.80",
	    "2001:db8::1.40000 > fd00::3:6c22.81" } },
	{ V6, IPPROTO_ICMPV6, "-A POSTROUTING -j SNAT --to-source fd00::1",
	  { "fd00::1.40000 > 2001:db8:1::2.40000",
	    "fd00::1.* > 2001:db8:1::2.*",
	    "fd00::1.40000 > 2001:db8:1::2.40000" } },
	{ V6, IPPROTO_ICMPV6, "-A PREROUTING -j DNAT --to-destination fd00::7",
	  { "2001:db8::1.40000 > fd00::7.40000",
	    "2001:db8::3.40000 > fd00::7.40000",
	    "2001:db8::1.40000 > fd00::7.40000" } },
	{ V6, IPPROTO_ICMPV6, "-A POSTROUTING -j SNAT --to-source fd00::1-fd00::9:90",
	  { "fd00::7:a4da.40000 > 2001:db8:1::2.40000",
	    "fd00::5:d2cc.40000 > 2001:db8:1::2.40000",
	    "fd00::7:a4da.40000 > 2001:db8:1::2.40000" } },
	{ V6, IPPROTO_ICMPV6, "-A PREROUTING -j DNAT --to-destination fd00::1-fd00::9:90",
	  { "2001:db8::1.40000 > fd00::3:6c22.40000",
	    "2001:db8::3.40000 > fd00::1:a64.40000",
	    "2001:db8::1.40000 > fd00::3:6c22.40000" } },
	{ V6, IPPROTO_UDP, "-A PREROUTING -p udp -j DNAT --to-destination [fd00::7]:8080",
	  { "2001:db8::1.40000 > fd00::7.8080",
	    "2001:db8::3.40000 > fd00::7.8080",
	    "2001:db8::1.* > fd00::7.8080" } },
	{ V6, IPPROTO_UDP, "-A POSTROUTING -j NETMAP --to fd00:1::/64",
	  { "fd00:1::1.40000 > 2001:db8:1::2.80",
	    "fd00:1::3.40000 > 2001:db8:1::2.80",
	    "fd00:1::1.40000 > 2001:db8:1::2.81" } },
	{ V6, IPPROTO_UDP, "-A POSTROUTING -j MASQUERADE",
	  { "fd00::100.40000 > 2001:db8:1::2.80",
	    "fd00::100.* > 2001:db8:1::2.80",
	    "fd00::100.40000 > 2001:db8:1::2.81" } },
};

/* ------------------------------------------------------------------ packets */

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static void print_ends(struct sink *sink, const struct packet *p)
{
	unsigned at = is_icmp(p->proto) ? 4 : 0;
	const uint8_t *h = packet_transport(p, 8);
	union inet_addr addr = { 0 };

	assert_non_null(h);
	memcpy(addr.bytes, packet_saddr(p), addr_len((enum family)p->family));
	addr_print(sink, (enum family)p->family, &addr);
	sink_printf(sink, ".%u > ", ntohs(packet_be16(h + at)));
	memcpy(addr.bytes, packet_daddr(p), addr_len((enum family)p->family));
	addr_print(sink, (enum family)p->family, &addr);
	sink_printf(sink, ".%u", ntohs(packet_be16(h + (at ? at : 2))));
}

/* Is it what is wanted? `drawn` keeps what stood for the first "*". */
static bool is_like(const char *text, const char *want, char drawn[8])
{
	for (; *want; want++) {
		size_t digits = strspn(text, "0123456789");

		if (*want == '@') {
			if (digits != strlen(drawn) || strncmp(text, drawn, digits) != 0)
				return false;
			text += digits;
		} else if (*want == '*') {
			if (!digits || digits > 5)
				return false;
			if (!*drawn)
				memcpy(drawn, text, digits);
			text += digits;
		} else if (*text++ != *want) {
			return false;
		}
	}
	return !*text;
}

static void is_from_to(const struct row *row, const char *what, const struct packet *p,
		       const char *want, char drawn[8])
{
	AUTO_SINK got = SINK_MEMORY;

	print_ends(&got, p);
	if (!is_like(sink_text(&got), want, drawn))
		fail_msg("%s: %s: got %s, want %s", row->rule, what, sink_text(&got),
			 want);
	if (!packet_checksum_is_good(p))
		fail_msg("%s: %s: %s has a wrong checksum", row->rule, what, want);
}

struct gate {
	struct ruleset rules;
	struct host host;
	struct engine *engine;
	char drawn[8];
};

/* Chance is a small number, so that all is the same each time. */
static uint32_t draw(void *context)
{
	static uint32_t drawn;

	(void)context;
	return drawn += 3;
}

static void open_gate(struct gate *g, const struct row *row)
{
	struct engine_config config = {
		.rules = &g->rules, .host = &g->host,
		.limits = { .connections = 64, .expectations = 16, .fragments = 8 },
	};
	struct err err = ERR_INIT;
	char text[300];

	*g = (struct gate){ 0 };
	snprintf(text, sizeof(text), "*nat\n%s\nCOMMIT\n", row->rule);
	assert_int_equal(load_rules(&g->rules, row->family, text), 0);
	assert_int_equal(host_parse(&g->host, gateway, strlen(gateway), &err), 0);
	assert_int_equal(engine_open(&g->engine, &config, &err), 0);
	engine_world(g->engine)->random = draw;
}

static void close_gate(struct gate *g)
{
	engine_close(&g->engine);
	ruleset_free(&g->rules);
	host_free(&g->host);
}

static enum fate send_from(struct gate *g, const char *in, struct packet *p)
{
	struct input input = {
		.packet = p, .now = 1000 * UINT64_C(1000000000),
		.meta = { .known = KNOWN_IN | KNOWN_MARK },
	};
	struct outcome o;

	strcpy(input.meta.in, in);
	engine_run(g->engine, &input, &o);
	return o.fate;
}

static void forward(struct gate *g, const struct row *row, const char *in, struct packet *p)
{
	enum fate fate = send_from(g, in, p);

	if (fate != FATE_FORWARDED)
		fail_msg("%s: from %s: fate %d", row->rule, in, fate);
}

/* The first packet of a flow. */
static void build(const struct row *row, const struct flow_of *flow, struct packet *p,
		  uint8_t *bytes)
{
	bool is_v6 = row->family == V6;
	struct packet_spec spec = {
		.family = row->family, .proto = row->proto, .sport = flow->sport,
		.dport = flow->dport, .tcp_flags = 2, .seq = 1000, .icmp_id = flow->sport,
		.icmp_type = is_v6 ? 128 : 8, .payload = (const uint8_t *)"payload",
		.payload_len = row->proto == IPPROTO_UDP ? 7 : 0,
	};

	assert_true(addr_parse(row->family, is_v6 ? flow->client6 : flow->client4, &spec.saddr));
	assert_true(addr_parse(row->family, is_v6 ? server6 : server4, &spec.daddr));
	assert_true(packet_build(p, &spec, bytes, ROOM) > 0);
}

/* What its receiver answers. */
static void build_answer(const struct row *row, const struct packet *to, struct packet *p,
			 uint8_t *bytes)
{
	const uint8_t *h = packet_transport(to, 8);
	struct packet_spec spec = {
		.family = row->family, .proto = row->proto, .sport = ntohs(packet_be16(h + 2)),
		.dport = ntohs(packet_be16(h)), .tcp_flags = 0x12, .seq = 5000, .ack = 1001,
		.icmp_id = ntohs(packet_be16(h + 4)), .icmp_type = row->family == V6 ? 129 : 0,
	};

	memcpy(spec.saddr.bytes, packet_daddr(to), addr_len(row->family));
	memcpy(spec.daddr.bytes, packet_saddr(to), addr_len(row->family));
	assert_true(packet_build(p, &spec, bytes, ROOM) > 0);
}

/* "Destination unreachable" from a router behind, quoting all of it or, with IPv4, its start. */
static void build_error(const struct row *row, const struct packet *about, bool is_short,
			struct packet *p, uint8_t *bytes)
{
	struct packet_spec spec = {
		.family = row->family,
		.proto = row->family == V6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
		.icmp_type = row->family == V6 ? 1 : 3, .icmp_code = 1, .payload = about->bytes,
		.payload_len = is_short ? about->transport + 8u : about->len,
	};

	assert_true(addr_parse(row->family, row->family == V6 ? "fd00::ff" : "192.0.2.254",
			       &spec.saddr));
	memcpy(spec.daddr.bytes, packet_saddr(about), addr_len(row->family));
	assert_true(packet_build(p, &spec, bytes, ROOM) > 0);
}

/* ------------------------------------------------------------------ rules */

/* The error arrives at the client and speaks of what the client sent. */
static void check_error(struct gate *g, const struct row *row, const struct packet *sent,
			bool is_short, const char *original)
{
	struct packet p = { 0 }, quoted = { 0 };
	uint8_t bytes[ROOM];
	uint32_t at;

	build_error(row, sent, is_short, &p, bytes);
	forward(g, row, "right", &p);
	assert_true(packet_checksum_is_good(&p));
	at = p.transport + 8u;
	assert_int_equal(packet_parse(&quoted, p.bytes + at, p.len - at, p.len - at),
			 PACKET_GOOD);
	assert_memory_equal(packet_daddr(&p), packet_saddr(&quoted), addr_len(row->family));
	is_from_to(row, is_short ? "a short error" : "an error", &quoted, original, g->drawn);
}

static void check_flow(struct gate *g, const struct row *row, unsigned n)
{
	const struct flow_of *flow = &flows[n];
	const char *client = row->family == V6 ? flow->client6 : flow->client4;
	const char *server = row->family == V6 ? server6 : server4;
	unsigned sport = flow->sport, dport = is_icmp(row->proto) ? flow->sport : flow->dport;
	struct packet p = { 0 }, answer = { 0 };
	uint8_t bytes[ROOM], answer_bytes[ROOM];
	char original[120], reverse[120];

	snprintf(original, sizeof(original), "%s.%u > %s.%u", client, sport, server, dport);
	snprintf(reverse, sizeof(reverse), "%s.%u > %s.%u", server, dport, client, sport);
	build(row, flow, &p, bytes);
	if (!row->after[n]) {
		assert_int_equal(send_from(g, "left", &p), FATE_DROPPED);
		return;
	}
	forward(g, row, "left", &p);
	is_from_to(row, original, &p, row->after[n], g->drawn);
	build_answer(row, &p, &answer, answer_bytes);
	forward(g, row, "right", &answer);
	is_from_to(row, "the answer", &answer, reverse, g->drawn);
	check_error(g, row, &p, false, original);
	if (row->family == V4)
		check_error(g, row, &p, true, original);
}

static void flows_are_translated(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct gate g;

		open_gate(&g, &rows[i]);
		for (unsigned n = 0; n < FLOWS; n++)
			check_flow(&g, &rows[i], n);
		close_gate(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flows_are_translated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
