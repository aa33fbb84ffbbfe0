// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * FTP and NAT: what commands and answers become, that sequence numbers fit behind them in both
 * directions, and that the data connection they speak of is RELATED and goes to the right place.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/engine.h"

#include "load.h"

enum { ROOM = 2048, SYN = 2, SYN_ACK = 0x12, ACK = 0x10, PSH_ACK = 0x18 };

static const char gateway[] =
	"link left\nlink right\naddr 10.0.0.100/24 dev left\naddr 192.0.2.100/24 dev right\n"
	"addr 2001:db8::100/64 dev left\naddr fd00::100/64 dev right\n"
	"route default via 192.0.2.254\nroute ::/0 via fd00::ff dev right\nforward on\n";

#define V4 FAMILY_IPV4
#define V6 FAMILY_IPV6
#define HELPER "*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
#define SNAT4 "*nat\n-A POSTROUTING -o right -j SNAT --to-source 192.0.2.1\nCOMMIT\n"
#define SNAT6 "*nat\n-A POSTROUTING -o right -j SNAT --to-source fd00::1\nCOMMIT\n"
#define DNAT4 "*nat\n-A PREROUTING -i left -j DNAT --to-destination 192.0.2.7\nCOMMIT\n"

/*
 * A client on the left, 10.0.0.1 or 2001:db8::1, and its server on the right. `to`: where the data
 * connection is opened to, by the other end; `arrives`: where it goes. NULL: nothing is expected.
 */
static const struct row {
	enum family family;
	bool from_server;
	const char *rules, *server, *says, *becomes, *to;
	uint16_t port;
	const char *arrives;
} rows[] = {
	{ V4, false, "", "198.51.100.2", "PORT 10,0,0,1,78,32\r\n", "PORT 10,0,0,1,78,32\r\n",
	  "10.0.0.1", 20000, "10.0.0.1" },
	{ V4, false, SNAT4, "198.51.100.2", "PORT 10,0,0,1,78,32\r\n",
	  "PORT 192,0,2,1,78,32\r\n", "192.0.2.1", 20000, "10.0.0.1" },
	{ V4, false, SNAT4, "198.51.100.2", "eprt |1|10.0.0.1|20000|\r\n",
	  "eprt |1|192.0.2.1|20000|\r\n", "192.0.2.1", 20000, "10.0.0.1" },
	{ V4, true, "", "198.51.100.2", "227 Entering (198,51,100,2,78,32).\r\n",
	  "227 Entering (198,51,100,2,78,32).\r\n", "198.51.100.2", 20000, "198.51.100.2" },
	{ V4, true, DNAT4, "198.51.100.2", "227 Entering (192,0,2,7,78,32).\r\n",
	  "227 Entering (198,51,100,2,78,32).\r\n", "198.51.100.2", 20000, "192.0.2.7" },
	{ V4, true, DNAT4, "198.51.100.2", "229 Extended (|||20000|)\r\n",
	  "229 Extended (|||20000|)\r\n", "198.51.100.2", 20000, "192.0.2.7" },
	{ V6, false, "", "2001:db8:1::2", "EPRT |2|2001:db8::1|20000|\r\n",
	  "EPRT |2|2001:db8::1|20000|\r\n", "2001:db8::1", 20000, "2001:db8::1" },
	{ V6, false, SNAT6, "2001:db8:1::2", "EPRT |2|2001:db8::1|20000|\r\n",
	  "EPRT |2|fd00:0000:0000:0000:0000:0000:0000:0001|20000|\r\n", "fd00::1", 20000,
	  "2001:db8::1" },
	/* Somebody else's address, other words, no number: not believed. */
	{ V4, false, "", "198.51.100.2", "PORT 10,0,0,9,78,32\r\n", "PORT 10,0,0,9,78,32\r\n",
	  NULL, 0, NULL },
	{ V4, false, "", "198.51.100.2", "NOOP 10,0,0,1,78,32\r\n", "NOOP 10,0,0,1,78,32\r\n",
	  NULL, 0, NULL },
	/* An answer that is no answer: said by the client. */
	{ V4, false, "", "198.51.100.2", "227 (10,0,0,1,78,32)\r\n",
	  "227 (10,0,0,1,78,32)\r\n", NULL, 0, NULL },
	/* Not whole: dropped, since it comes again. */
	{ V4, false, "", "198.51.100.2", "PORT 10,0,0,1,78", NULL, NULL, 0, NULL },
	{ V4, true, "", "198.51.100.2", "227 Entering (198,51", NULL, NULL, 0, NULL },
};

struct talk {
	const struct row *row;
	struct ruleset rules;
	struct host host;
	struct engine *engine;
	struct packet packet;		/* as it left */
	uint8_t bytes[ROOM];
	struct outcome outcome;
	uint32_t seq[2];		/* of the client and the server, in their own numbers */
};

static void run(struct talk *t, const char *in, const struct packet_spec *spec)
{
	struct input input = {
		.packet = &t->packet, .now = 1000 * UINT64_C(1000000000),
		.meta = { .known = KNOWN_IN | KNOWN_MARK },
	};

	assert_true(packet_build(&t->packet, spec, t->bytes, ROOM) > 0);
	strcpy(input.meta.in, in);
	engine_run(t->engine, &input, &t->outcome);
}

/*
 * On the control connection, from the client or the server. What each end sees of the other may be
 * longer or shorter by `drift` than what was sent.
 */
static void say(struct talk *t, bool from_server, uint8_t flags, const char *text, int32_t drift)
{
	enum family family = t->row->family;
	bool is_snat = strstr(t->row->rules, "SNAT"), is_dnat = strstr(t->row->rules, "DNAT");
	const char *client = family == V6 ? "2001:db8::1" : "10.0.0.1", *server = t->row->server;
	struct packet_spec spec = {
		.family = family, .proto = IPPROTO_TCP, .tcp_flags = flags,
		.sport = from_server ? 21 : 40000, .dport = from_server ? 40000 : 21,
		.seq = t->seq[from_server],
		.ack = t->seq[!from_server] + (uint32_t)drift,
		.payload = (const uint8_t *)text, .payload_len = (uint32_t)strlen(text),
	};

	if (from_server && is_snat)
		client = family == V6 ? "fd00::1" : "192.0.2.1";
	if (from_server && is_dnat)
		server = "192.0.2.7";
	assert_true(addr_parse(family, from_server ? server : client, &spec.saddr));
	assert_true(addr_parse(family, from_server ? client : server, &spec.daddr));
	run(t, from_server ? "right" : "left", &spec);
}

static void say_well(struct talk *t, bool from_server, uint8_t flags, const char *text)
{
	say(t, from_server, flags, text, 0);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	t->seq[from_server] += (uint32_t)strlen(text) + (flags & SYN ? 1 : 0);
}

static uint32_t number(const struct talk *t, unsigned at)
{
	const uint8_t *h = packet_transport(&t->packet, 20);
	be32 value;

	assert_non_null(h);
	memcpy(&value, h + at, sizeof(value));
	return ntohl(value);
}

/* What was said later, and acknowledged, has the numbers its receiver expects. */
static void check_numbers(struct talk *t)
{
	const struct row *row = t->row;
	int32_t drift = (int32_t)strlen(row->becomes) - (int32_t)strlen(row->says);

	say(t, !row->from_server, ACK, "", drift);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	assert_int_equal(number(t, 8), t->seq[row->from_server]);
	assert_true(packet_checksum_is_good(&t->packet));
	say(t, row->from_server, PSH_ACK, "NOOP\r\n", 0);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	assert_int_equal(number(t, 4), t->seq[row->from_server] + (uint32_t)drift);
	assert_true(packet_checksum_is_good(&t->packet));
}

static void check_data(struct talk *t)
{
	const struct row *row = t->row;
	struct packet_spec spec = {
		.family = row->family, .proto = IPPROTO_TCP, .tcp_flags = SYN, .sport = 20,
		.dport = row->port,
	};
	union inet_addr arrives;

	assert_true(addr_parse(row->family, row->from_server ? "10.0.0.1" : row->server,
			       &spec.saddr));
	assert_true(addr_parse(row->family, row->to, &spec.daddr));
	run(t, row->from_server ? "left" : "right", &spec);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	assert_int_equal(t->outcome.ct.state, CONN_RELATED);
	assert_true(addr_parse(row->family, row->arrives, &arrives));
	assert_memory_equal(packet_daddr(&t->packet), arrives.bytes, addr_len(row->family));
	assert_true(packet_checksum_is_good(&t->packet));
	assert_int_equal(conntrack_counts(engine_conntrack(t->engine))->expectations, 0);
}

static void check_line(struct talk *t)
{
	const struct row *row = t->row;
	uint32_t at, len;

	say(t, row->from_server, PSH_ACK, row->says, 0);
	if (!row->becomes) {
		assert_int_equal(t->outcome.fate, FATE_DROPPED);
		return;
	}
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	assert_true(packet_payload(&t->packet, &at, &len));
	if (len != strlen(row->becomes) || memcmp(t->bytes + at, row->becomes, len) != 0)
		fail_msg("%s became %.*s", row->says, (int)len, (const char *)t->bytes + at);
	assert_true(packet_checksum_is_good(&t->packet));
	assert_int_equal(conntrack_counts(engine_conntrack(t->engine))->expectations, !!row->to);
	t->seq[row->from_server] += (uint32_t)strlen(row->says);
	check_numbers(t);
	if (row->to)
		check_data(t);
}

/* An ICMP error of one end about the last packet of the other, as it got it. */
static void complain(struct talk *t, bool from_server)
{
	uint8_t quoted[28];
	const struct packet_spec spec = {
		.family = V4, .proto = IPPROTO_ICMP, .icmp_type = 3, .icmp_code = 4,
		.icmp_seq = 0x7000, .payload = quoted, .payload_len = sizeof(quoted),
	};
	struct packet_spec back = spec;

	say(t, !from_server, ACK, "", 0);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	memcpy(quoted, t->packet.bytes, sizeof(quoted));
	memcpy(&back.saddr, packet_daddr(&t->packet), 4);
	memcpy(&back.daddr, packet_saddr(&t->packet), 4);
	run(t, from_server ? "right" : "left", &back);
	assert_int_equal(t->outcome.fate, FATE_FORWARDED);
	assert_int_equal(t->outcome.ct.state, CONN_RELATED);
}

/*
 * nf_confirm() takes an ICMP error of the client for a segment: where a sequence number would stand it
 * is moved, and so is the "checksum", which is hop count and protocol of what is quoted.
 */
static void check_errors(struct talk *t)
{
	complain(t, true);
	assert_int_equal(number(t, 4), 0x7000);
	assert_int_equal(number(t, 16) >> 16 & 0xff, IPPROTO_TCP);
	complain(t, false);
	assert_int_equal(number(t, 4), 0x7001);
	assert_int_equal(number(t, 16) >> 16 & 0xff, IPPROTO_TCP - 1);
}

/* `seq`: the client's first. */
static void begin(struct talk *t, const struct row *row, uint32_t seq)
{
	struct engine_config config = { .rules = &t->rules, .host = &t->host };
	struct err err = ERR_INIT;
	char text[400];

	*t = (struct talk){ .row = row, .seq = { seq, 5000 } };
	snprintf(text, sizeof(text), "%s%s", HELPER, row->rules);
	assert_int_equal(load_rules(&t->rules, row->family, text), 0);
	assert_int_equal(host_parse(&t->host, gateway, strlen(gateway), &err), 0);
	assert_int_equal(engine_open(&t->engine, &config, &err), 0);
	say_well(t, false, SYN, "");
	say_well(t, true, SYN_ACK, "");
	say_well(t, false, ACK, "");
	say_well(t, true, PSH_ACK, "220 ready\r\n");
	say_well(t, false, PSH_ACK, "USER a\r\n");
}

static void end(struct talk *t)
{
	engine_close(&t->engine);
	ruleset_free(&t->rules);
	host_free(&t->host);
}

static void talk(const struct row *row)
{
	struct talk t;

	begin(&t, row, 1000);
	check_line(&t);
	if (row->family == V4 && row->becomes && strlen(row->becomes) == strlen(row->says) + 1 &&
	    !strncmp(row->says, "PORT", 4))
		check_errors(&t);
	end(&t);
}

/* skb_checksum_help() never writes 0, and it makes the checksum of what a helper rewrote. */
static void a_checksum_of_all_ones(void **state)
{
	uint32_t sum;
	struct talk t;

	(void)state;
	begin(&t, &rows[1], 1000);
	say(&t, false, PSH_ACK, rows[1].says, 0);
	sum = number(&t, 16) >> 16;
	end(&t);
	/* With so much more in it the sum is all ones. */
	begin(&t, &rows[1], 1000 + sum);
	say(&t, false, PSH_ACK, rows[1].says, 0);
	assert_int_equal(t.outcome.fate, FATE_FORWARDED);
	assert_int_equal(number(&t, 16) >> 16, 0xffff);
	end(&t);
}

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		talk(&rows[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(a_checksum_of_all_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
