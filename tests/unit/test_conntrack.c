// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connection tracking: conversations, a packet a line, with what is known of the connection after
 * each. Every conversation is held over IPv4 and IPv6.
 *
 *     > S s1000 w500 ws7 | NEW SYN_SENT 120
 *
 * ">" from the client, "<" from the server, "+9" nine seconds go by. Then, for TCP, flags, s(equence),
 * a(ck), l(ength), w(indow), ws (scale), sackok, sackFROM-TO; or udp, echo, reply, proto N. "other": a
 * second client; "bad": a wrong checksum; "zone N". Behind the bar: the state of the packet, of the
 * connection, and the seconds it has left.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sink.h"
#include "engine/conntrack.h"
#include "net/checksum.h"

enum { ROOM = 2048, CLIENT_PORT = 40000, SERVER_PORT = 80 };

static const uint64_t second = 1000000000;

/* ------------------------------------------------------------------ one packet */

struct said {
	bool from_server, bad, other;
	uint8_t proto, flags, icmp;
	uint16_t zone;
	uint32_t seq, ack, len;
	uint16_t window;
	uint8_t options[40];
	uint8_t options_len;
};

static void say_option(struct said *said, const uint8_t *option, uint8_t len)
{
	memcpy(said->options + said->options_len, option, len);
	said->options_len = (uint8_t)(said->options_len + len);
	while (said->options_len % 4)
		said->options[said->options_len++] = 1;
}

static void say_sack(struct said *said, const char *blocks)
{
	uint8_t option[10] = { 5, 10 };
	unsigned from, to;

	if (sscanf(blocks, "%u-%u", &from, &to) != 2)
		fail_msg("sack%s?", blocks);
	from = htonl(from);
	to = htonl(to);
	memcpy(option + 2, &from, 4);
	memcpy(option + 6, &to, 4);
	say_option(said, option, sizeof(option));
}

static bool is_flags(const char *word)
{
	return word[strspn(word, "SAFRPU-")] == '\0';
}

static uint8_t flags_of(const char *word)
{
	static const char names[] = "FSRPAU";
	uint8_t flags = 0;

	for (; *word; word++)
		if (*word != '-')
			flags |= (uint8_t)(1 << (strchr(names, *word) - names));
	return flags;
}

static void say_word(struct said *said, const char *word, const char *next)
{
	uint32_t number = (uint32_t)strtoul(word + 1, NULL, 10);

	if (is_flags(word)) {
		said->flags = flags_of(word);
	} else if (!strcmp(word, "udp")) {
		said->proto = IPPROTO_UDP;
	} else if (!strcmp(word, "echo") || !strcmp(word, "reply")) {
		said->proto = IPPROTO_ICMP;
		said->icmp = !strcmp(word, "echo");
	} else if (!strcmp(word, "proto")) {
		said->proto = (uint8_t)strtoul(next, NULL, 10);
	} else if (!strcmp(word, "zone")) {
		said->zone = (uint16_t)strtoul(next, NULL, 10);
	} else if (!strcmp(word, "other")) {
		said->other = true;
	} else if (!strcmp(word, "bad")) {
		said->bad = true;
	} else if (!strcmp(word, "sackok")) {
		say_option(said, (const uint8_t[]){ 4, 2 }, 2);
	} else if (!strncmp(word, "sack", 4)) {
		say_sack(said, word + 4);
	} else if (!strncmp(word, "ws", 2)) {
		say_option(said, (const uint8_t[]){ 3, 3, (uint8_t)strtoul(word + 2, NULL, 10) },
			   3);
	} else if (*word == 's') {
		said->seq = number;
	} else if (*word == 'a') {
		said->ack = number;
	} else if (*word == 'l') {
		said->len = number;
	} else if (*word == 'w') {
		said->window = (uint16_t)number;
	} else {
		fail_msg("%s?", word);
	}
}

static union inet_addr address(enum family family, unsigned host)
{
	union inet_addr addr = { 0 };

	if (family == FAMILY_IPV6) {
		addr.bytes[0] = 0x20;
		addr.bytes[1] = 0x01;
		addr.bytes[15] = (uint8_t)host;
	} else {
		addr.bytes[0] = 10;
		addr.bytes[3] = (uint8_t)host;
	}
	return addr;
}

static void sum_up(struct packet *packet)
{
	uint8_t *place = packet_checksum_place(packet);
	be16 sum;

	if (place && packet_checksum(packet, &sum))
		memcpy(place, &sum, sizeof(sum));
}

static void add_options(struct packet *packet, const struct said *said)
{
	if (!said->options_len)
		return;
	assert_true(packet_splice(packet, packet->transport + 20u, 0, said->options,
				  said->options_len));
	packet->bytes[packet->transport + 12] = (uint8_t)((20 + said->options_len) / 4 << 4);
}

static void build(const struct said *said, enum family family, struct packet *packet,
		  uint8_t *bytes)
{
	static const uint8_t payload[ROOM];
	unsigned client = said->other ? 3 : 1;
	struct packet_spec spec = {
		.family = family, .proto = said->proto, .tcp_flags = said->flags,
		.seq = said->seq, .ack = said->ack, .window = said->window, .payload = payload,
		.payload_len = said->len, .icmp_id = 77,
		.saddr = address(family, said->from_server ? 2 : client),
		.daddr = address(family, said->from_server ? client : 2),
		.sport = said->from_server ? SERVER_PORT : CLIENT_PORT,
		.dport = said->from_server ? CLIENT_PORT : SERVER_PORT,
	};

	if (spec.proto == IPPROTO_ICMP && family == FAMILY_IPV6) {
		spec.proto = IPPROTO_ICMPV6;
		spec.icmp_type = said->icmp ? 128 : 129;
	} else if (spec.proto == IPPROTO_ICMP) {
		spec.icmp_type = said->icmp ? 8 : 0;
	}
	assert_true(packet_build(packet, &spec, bytes, ROOM) > 0);
	if (spec.proto == IPPROTO_TCP) {
		/* 0, too: packet_build() takes that for its usual one. */
		packet->bytes[packet->transport + 14] = (uint8_t)(said->window >> 8);
		packet->bytes[packet->transport + 15] = (uint8_t)said->window;
		add_options(packet, said);
		sum_up(packet);
	}
	if (said->bad)
		*packet_checksum_place(packet) ^= 0x55;
	else
		assert_true(packet_checksum_is_good(packet));
}

/* ------------------------------------------------------------------ its way */

struct host {
	struct conntrack *ct;
	struct world world;
	enum family family;
	nat_rules *rules;		/* NULL: no NAT at all */
	const struct nf_nat_range2 *range;
	bool range_of_source;
	uint32_t drawn;
};

static uint32_t draw(void *context)
{
	struct host *host = context;

	return host->drawn += 7;
}

static void open_host(struct host *host, enum family family, const struct conntrack_limits *limits)
{
	struct err err = ERR_INIT;

	*host = (struct host){ .family = family };
	host->world = (struct world){ .context = host, .now = 5000 * second, .random = draw };
	assert_int_equal(conntrack_open(&host->ct, limits, &err), 0);
}

/* A packet that is forwarded, or goes nowhere when `is_lost`. */
static enum verdict pass(struct host *host, struct packet *packet, struct eval *e, uint16_t zone,
			 bool is_lost)
{
	static const struct meta meta = { .in = "eth0", .out = "eth1", .known = KNOWN_IN };
	struct conntrack_template template = { .zone = zone };
	struct meta here = meta;
	enum verdict verdict;

	*e = (struct eval){
		.packet = packet, .meta = &here, .world = &host->world, .family = host->family,
		.hook = NF_INET_PRE_ROUTING,
	};
	verdict = conntrack_in(host->ct, e, &template);
	if (verdict == VERDICT_ACCEPT && host->rules)
		verdict = conntrack_nat(host->ct, e, host->rules, host);
	e->hook = NF_INET_POST_ROUTING;
	if (verdict == VERDICT_ACCEPT && host->rules)
		verdict = conntrack_nat(host->ct, e, host->rules, host);
	if (verdict == VERDICT_ACCEPT && !is_lost)
		verdict = conntrack_confirm(host->ct, e);
	if (verdict != VERDICT_ACCEPT || is_lost)
		conntrack_forget(host->ct, e);
	e->meta = NULL;
	return verdict;
}

static void print_state(struct sink *sink, const struct host *host, const struct eval *e)
{
	static const char *const states[] = {
		[CONN_INVALID] = "INVALID", [CONN_NEW] = "NEW", [CONN_RELATED] = "RELATED",
		[CONN_ESTABLISHED] = "ESTABLISHED", [CONN_UNTRACKED] = "UNTRACKED",
	};
	const struct connection *c = e->ct.conn;
	const char *tcp;

	sink_str(sink, states[e->ct.state]);
	if (!c)
		return;
	tcp = conntrack_tcp_state(host->ct, c);
	if (*tcp)
		sink_printf(sink, " %s", tcp);
	if (c->status & IPS_DYING)
		sink_str(sink, " gone");
	else
		sink_printf(sink, " %llu",
			    (unsigned long long)((c->expires - host->world.now) / second));
	if (c->status & IPS_ASSURED)
		sink_str(sink, " assured");
}

/* ------------------------------------------------------------------ conversations */

/* Takes a line apart, sends the packet and compares. */
static void hold_line(struct host *host, const char *name, char *line)
{
	AUTO_SINK got = SINK_MEMORY;
	struct said said = { .proto = IPPROTO_TCP, .window = 1000 };
	char *want = strstr(line, " | "), *words[16] = { NULL }, *save;
	unsigned count = 0;
	uint8_t bytes[ROOM];
	struct packet packet;
	struct eval e;

	assert_non_null(want);
	*want = '\0';
	want += 3;
	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		assert_true(count + 1 < ARRAY_SIZE(words));
		words[count++] = w;
	}
	for (unsigned i = 0; i < count; i++) {
		if (*words[i] == '+')
			host->world.now += strtoul(words[i] + 1, NULL, 10) * second;
		else if (*words[i] == '<' || *words[i] == '>')
			said.from_server = *words[i] == '<';
		else if (*words[i] < '0' || *words[i] > '9')
			say_word(&said, words[i], words[i + 1]);
	}
	build(&said, host->family, &packet, bytes);
	if (pass(host, &packet, &e, said.zone, false) == VERDICT_DROP)
		sink_str(&got, "DROP");
	else
		print_state(&got, host, &e);
	if (strcmp(sink_text(&got), want) != 0)
		fail_msg("%s, IPv%c: %s: got %s, want %s", name,
			 host->family == FAMILY_IPV6 ? '6' : '4', line, sink_text(&got), want);
}

static void hold(const char *name, const char *text, const struct conntrack_settings *settings,
		 enum family family)
{
	const struct conntrack_limits limits = { 16, 4, 4 };
	char line[200];
	struct host host;

	open_host(&host, family, &limits);
	conntrack_set(host.ct, settings);
	while (*text) {
		size_t len = strcspn(text, "\n");

		assert_true(len < sizeof(line));
		memcpy(line, text, len);
		line[len] = '\0';
		hold_line(&host, name, line);
		text += len + (text[len] == '\n');
	}
	conntrack_close(&host.ct);
}

#define SHAKE_HANDS \
	"> S s1000 w1000 ws0 sackok | NEW SYN_SENT 120\n" \
	"< SA s5000 a1001 w1000 ws0 sackok | ESTABLISHED SYN_RECV 60\n" \
	"> A s1001 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n"

static const struct conversation {
	const char *name, *text;
	bool strict;		/* tcp_loose is off */
} conversations[] = {
	{ "handshake and close", SHAKE_HANDS
	  "> AP s1001 a5001 l100 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "< A s5001 a1101 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> FA s1101 a5001 | ESTABLISHED FIN_WAIT 120 assured\n"
	  "< A s5001 a1102 | ESTABLISHED CLOSE_WAIT 60 assured\n"
	  "< FA s5001 a1102 | ESTABLISHED LAST_ACK 30 assured\n"
	  "> A s1102 a5002 | ESTABLISHED TIME_WAIT 120 assured\n"
	  "+119 > A s1102 a5002 | ESTABLISHED TIME_WAIT 120 assured\n"
	  "+121 > A s1102 a5002 | NEW ESTABLISHED 300\n", false },
	{ "a SYN that nobody answers",
	  "> S s1000 | NEW SYN_SENT 120\n"
	  "+100 > S s1000 | NEW SYN_SENT 20\n"
	  "+21 > S s1000 | NEW SYN_SENT 120\n", false },
	{ "refused",
	  "> S s1000 | NEW SYN_SENT 120\n"
	  "< RA s0 a1001 | ESTABLISHED CLOSE gone\n"
	  "> S s1000 | NEW SYN_SENT 120\n", false },
	{ "picked up in the middle",
	  "> A s1000 a5000 | NEW ESTABLISHED 300\n"
	  "< A s5000 a1000 l9 | ESTABLISHED ESTABLISHED 300\n"
	  "> A s1000 a5009 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "not picked up", "> A s1000 a5000 | INVALID\n> S s9 | NEW SYN_SENT 120\n", true },
	{ "nonsense in flags",
	  "> - s1 | INVALID\n> SF s1 | INVALID\n> SR s1 | INVALID\n> F s1 | INVALID\n"
	  "> FAPU s1 a1 | INVALID\n> SAFRPU s1 | INVALID\n> SA s1 a1 | INVALID\n"
	  "> R s1 | INVALID\n> FA s1 a1 | INVALID\n", false },
	{ "a wrong checksum",
	  "> bad S s1000 | INVALID\n> S s1000 | NEW SYN_SENT 120\n"
	  "< bad SA s5000 a1001 | INVALID\n> bad udp | INVALID\n> bad echo | INVALID\n", false },
	{ "behind the window", SHAKE_HANDS
	  "> AP s90000 a5001 l10 | INVALID\n"
	  "> A s1001 a90000 | INVALID\n"
	  "> A s1001 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "a scaled window",
	  "> S s1000 w1000 ws0 | NEW SYN_SENT 120\n"
	  "< SA s5000 a1001 w1000 ws7 | ESTABLISHED SYN_RECV 60\n"
	  "> A s1001 a5001 w1000 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  /* 1000 << 7 from now on */
	  "< A s5001 a1001 w1000 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> AP s100001 a5001 l10 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "> AP s300001 a5001 l10 | INVALID\n", false },
	{ "only one offers to scale",
	  "> S s1000 w1000 | NEW SYN_SENT 120\n"
	  "< SA s5000 a1001 w1000 ws7 | ESTABLISHED SYN_RECV 60\n"
	  "> A s1001 a5001 w1000 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "< A s5001 a1001 w1000 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> AP s100001 a5001 l10 | INVALID\n", false },
	{ "a selective acknowledgement counts", SHAKE_HANDS
	  "> AP s1001 a5001 l100 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "> AP s1101 a5001 l800 | ESTABLISHED ESTABLISHED 300 assured\n"
	  /* The second arrived: the window goes on behind it, 1901 + 1000. */
	  "< A s5001 a1001 sack1101-1901 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "> AP s2801 a5001 l50 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "< A s5001 a1001 sack1101-9901 | INVALID\n", false },
	{ "a closed window", SHAKE_HANDS
	  "< A s5001 a1001 w0 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "< A s5001 a1001 w1000 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "sent again and again", SHAKE_HANDS
	  "> A s1001 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> A s1001 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> A s1001 a5001 | ESTABLISHED ESTABLISHED 300 assured\n", false },
	{ "both open at once",
	  "> S s1000 | NEW SYN_SENT 120\n"
	  "< S s5000 | ESTABLISHED SYN_SENT2 120\n"
	  "> SA s1000 a5001 | ESTABLISHED SYN_RECV 60\n"
	  "< SA s5000 a1001 | ESTABLISHED SYN_RECV 60\n"
	  "> A s1001 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "a reset at the right place", SHAKE_HANDS
	  "< A s5001 a1001 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> R s1001 | ESTABLISHED CLOSE 10 assured\n", false },
	{ "a reset that is challenged", SHAKE_HANDS
	  "< A s5001 a1001 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> R s1101 | ESTABLISHED ESTABLISHED 10 assured\n"
	  "< A s5001 a1001 | ESTABLISHED ESTABLISHED 300 assured\n", false },
	{ "a reset before it", SHAKE_HANDS
	  "> AP s1001 a5001 l100 | ESTABLISHED ESTABLISHED 300 assured\n"
	  "< A s5001 a1101 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "> R s1050 | INVALID\n"
	  "> A s1101 a5001 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "a client that begins anew after the end", SHAKE_HANDS
	  "> FA s1001 a5001 | ESTABLISHED FIN_WAIT 120 assured\n"
	  "< FA s5001 a1002 | ESTABLISHED LAST_ACK 30 assured\n"
	  "> A s1002 a5002 | ESTABLISHED TIME_WAIT 120 assured\n"
	  "> S s9000 | NEW SYN_SENT 120\n", false },
	{ "a client that has forgotten all", SHAKE_HANDS
	  /* Ignored, and noted; the server is in step with it. */
	  "> S s70000 | ESTABLISHED ESTABLISHED 432000 assured\n"
	  "< SA s90000 a70001 | ESTABLISHED SYN_RECV 60 assured\n"
	  "> A s70001 a90001 | ESTABLISHED ESTABLISHED 432000 assured\n", false },
	{ "UDP",
	  "> udp | NEW 30\n+1 > udp | NEW 30\n< udp | ESTABLISHED 30\n> udp | ESTABLISHED 30\n"
	  "+2 > udp | ESTABLISHED 120 assured\n+119 < udp | ESTABLISHED 120 assured\n"
	  "+121 > udp | NEW 30\n", false },
	{ "pings",
	  "< reply | INVALID\n> echo | NEW 30\n< reply | ESTABLISHED 30\n> echo | ESTABLISHED 30\n"
	  "> other echo | NEW 30\n", false },
	{ "other protocols",
	  "> proto 50 | NEW 600\n< proto 50 | ESTABLISHED 600\n> proto 50 | ESTABLISHED 600\n"
	  "> proto 103 | NEW 600\n", false },
	{ "zones",
	  "> udp | NEW 30\n< udp | ESTABLISHED 30\n< udp zone 9 | NEW 30\n"
	  "> udp zone 9 | ESTABLISHED 30\n> udp zone 8 | NEW 30\n", false },
};

static void hold_conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(conversations); i++) {
		const struct conversation *c = &conversations[i];
		struct conntrack_settings settings = CONNTRACK_USUAL;

		settings.tcp_loose = !c->strict;
		hold(c->name, c->text, &settings, FAMILY_IPV4);
		hold(c->name, c->text, &settings, FAMILY_IPV6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hold_conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
