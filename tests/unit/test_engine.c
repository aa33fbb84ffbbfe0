// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine: fates of packets in rule sets, hook by hook; conversations with their states; and that
 * the index changes nothing.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_tables.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

static const char *const fates[] = {
	[FATE_DELIVERED] = "delivered", [FATE_FORWARDED] = "forwarded", [FATE_SENT] = "sent",
	[FATE_DROPPED] = "dropped", [FATE_REJECTED] = "rejected", [FATE_STOLEN] = "stolen",
	[FATE_QUEUED] = "queued", [FATE_UNKNOWN] = "unknown", [FATE_HELD] = "held",
};

/* "forwarded by FORWARD 2 to eth0" */
static void print_outcome(struct sink *sink, const struct outcome *o)
{
	sink_str(sink, fates[o->fate]);
	if (o->chain)
		sink_printf(sink, " by %s %u", o->chain->name, o->number);
	else if (o->why)
		sink_printf(sink, ": %s", o->why);
	if ((o->fate == FATE_FORWARDED || o->fate == FATE_SENT) && *o->meta.out)
		sink_printf(sink, " to %s", o->meta.out);
}

/* ------------------------------------------------------------------ fates */

#define FILTER(rules) "*filter\n:INPUT DROP\n:FORWARD DROP\n:OUTPUT ACCEPT\n" rules "COMMIT\n"

static const struct fate_row {
	const char *rules, *words, *fate;
	const char *after;	/* NULL: as it was */
} fate_rows[] = {
	{ FILTER(""), "-i eth0 -p tcp --dport 25", "dropped by INPUT 0", NULL },
	{ FILTER("-A INPUT -p tcp --dport 25 -j ACCEPT\n"), "-i eth0 -p tcp --dport 25",
	  "delivered by INPUT 1", NULL },
	{ FILTER("-A INPUT -p udp --dport 53 -j ACCEPT\n"), "-i eth0 -p udp --dport 54",
	  "dropped by INPUT 0", NULL },
	{ FILTER("-A INPUT -p udp --dport 53 -j ACCEPT\n"), "-i eth0 -p udp --dport 53",
	  "delivered by INPUT 1", NULL },
	{ FILTER("-A INPUT -s 198.51.100.0/24 -j ACCEPT\n-A INPUT -p tcp -j REJECT\n"),
	  "-i eth0 -p tcp", "rejected by INPUT 2", NULL },
	{ FILTER("-A INPUT ! -s 198.51.100.0/24 -j ACCEPT\n"), "-i eth0 -p tcp",
	  "delivered by INPUT 1", NULL },
	{ FILTER("-A FORWARD -i eth1 -o eth0 -j ACCEPT\n"), "-i eth1 -s 10.0.0.5 -d 8.8.8.8",
	  "forwarded by FORWARD 1 to eth0", NULL },
	{ FILTER("-A FORWARD -i eth1 -o eth0 -j ACCEPT\n"), "-i eth0 -d 10.0.0.5",
	  "dropped by FORWARD 0", NULL },
	{ FILTER("-A OUTPUT -m owner --uid-owner 7 -j DROP\n"), "-d 8.8.8.8 --uid-owner 7",
	  "dropped by OUTPUT 1", NULL },
	{ FILTER("-A OUTPUT -m owner --uid-owner 7 -j DROP\n"), "-d 8.8.8.8 --uid-owner 8",
	  "sent by OUTPUT 0 to eth0", NULL },
	/* User chains: RETURN, falling off the end, goto without return. */
	{ FILTER(":a -\n-A INPUT -j a\n-A INPUT -j ACCEPT\n-A a -p udp -j DROP\n-A a -j RETURN\n"
		 "-A a -j DROP\n"), "-i eth0 -p tcp", "delivered by INPUT 2", NULL },
	{ FILTER(":a -\n-A INPUT -g a\n-A INPUT -j ACCEPT\n-A a -p udp -j ACCEPT\n"),
	  "-i eth0 -p tcp", "dropped by INPUT 0", NULL },
	{ FILTER(":a -\n:b -\n-A INPUT -j a\n-A INPUT -j ACCEPT\n-A a -g b\n-A a -j DROP\n"
		 "-A b -p udp -j DROP\n"), "-i eth0 -p tcp", "delivered by INPUT 2", NULL },
	{ FILTER("-A INPUT -j RETURN\n-A INPUT -j ACCEPT\n"), "-i eth0", "dropped by INPUT 0",
	  NULL },
	/* Marks travel from table to table. */
	{ "*mangle\n-A PREROUTING -p tcp --dport 80 -j MARK --set-mark 3\nCOMMIT\n"
	  FILTER("-A INPUT -m mark --mark 3 -j ACCEPT\n"), "-i eth0 -p tcp --dport 80",
	  "delivered by INPUT 1", NULL },
	{ "*raw\n-A PREROUTING -p tcp --dport 80 -j DROP\nCOMMIT\n" FILTER("-A INPUT -j ACCEPT\n"),
	  "-i eth0 -p tcp --dport 80", "dropped by PREROUTING 1", NULL },
	/* Addresses: a forwarding that FORWARD forgets, and one that it does not. */
	{ "*nat\n-A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080\n"
	  "COMMIT\n" FILTER(""), "-i eth0 -p tcp --dport 80", "dropped by FORWARD 0",
	  "IP 203.0.113.77.40000 > 10.0.0.5.8080: tcp S, 40 bytes" },
	{ "*nat\n-A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080\n"
	  "COMMIT\n" FILTER("-A FORWARD -d 10.0.0.5 -p tcp --dport 8080 -j ACCEPT\n"),
	  "-i eth0 -p tcp --dport 80", "forwarded by FORWARD 1 to eth1",
	  "IP 203.0.113.77.40000 > 10.0.0.5.8080: tcp S, 40 bytes" },
	{ "*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	  FILTER("-A FORWARD -j ACCEPT\n"), "-i eth1 -s 10.0.0.5 -d 8.8.8.8 -p udp --dport 53",
	  "forwarded by FORWARD 1 to eth0", "IP 192.0.2.1.40000 > 8.8.8.8.53: udp, 28 bytes" },
	{ "*nat\n-A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128\nCOMMIT\n"
	  FILTER("-A INPUT -p tcp --dport 3128 -j ACCEPT\n"),
	  "-i eth1 -s 10.0.0.5 -d 8.8.8.8 -p tcp --dport 80", "delivered by INPUT 1",
	  "IP 10.0.0.5.40000 > 10.0.0.1.3128: tcp S, 40 bytes" },
	{ "*nat\n-A OUTPUT -d 198.51.100.1 -j DNAT --to-destination 10.0.0.7\nCOMMIT\n" FILTER(""),
	  "-d 198.51.100.1 -p udp", "sent by OUTPUT 0 to eth1",
	  "IP 192.0.2.1.40000 > 10.0.0.7.80: udp, 28 bytes" },
	/* Not by rules. */
	{ FILTER("-A FORWARD -j ACCEPT\n"), "-i eth1 -s 10.0.0.5 -d 8.8.8.8 --ttl-eq 1",
	  "dropped: its time to live ends here", NULL },
	/* The state that was said instead of what tracking would find. */
	{ FILTER("-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"),
	  "-i eth0 -p tcp --ctstate ESTABLISHED", "delivered by INPUT 1", NULL },
	{ FILTER("-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n"),
	  "-i eth0 -p tcp --ctstate INVALID", "dropped by INPUT 0", NULL },
	/* What nobody here can know. */
	{ FILTER("-A INPUT -m socket -j ACCEPT\n"), "-i eth0 -p tcp", "unknown by INPUT 1", NULL },
};

static void fates_of_packets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fate_rows); i++) {
		const struct fate_row *row = &fate_rows[i];
		AUTO_SINK got = SINK_MEMORY, after = SINK_MEMORY;
		struct outcome outcome;
		struct packet packet = { 0 };
		uint8_t bytes[2000];
		struct world_of w;

		open_world(&w, FAMILY_IPV4, row->rules, false);
		send_words(&w, row->words, &outcome, &packet, bytes, sizeof(bytes));
		print_outcome(&got, &outcome);
		if (strncmp(sink_text(&got), row->fate, strcspn(row->fate, ":")) != 0)
			fail_msg("%s%s: got %s, want %s", row->rules, row->words, sink_text(&got),
				 row->fate);
		packet_print(&after, &packet);
		if (row->after)
			assert_string_equal(sink_text(&after), row->after);
		assert_true(packet_checksum_is_good(&packet));
		close_world(&w);
	}
}

/* ------------------------------------------------------------------ conversations */

static const char tracking[] =
	"*nat\n-A PREROUTING -i eth0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080\n"
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	"*filter\n-A INPUT -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";

/* Words, what tracking says, the state of TCP, and the packet as it left. */
static const struct talk {
	const char *words, *state, *tcp, *after;
} talks[] = {
	/* A connection to this host. */
	{ "-i eth0 -s 198.51.100.7 -p tcp --sport 5000 --dport 22 --syn", "NEW", "SYN_SENT", NULL },
	{ "-d 198.51.100.7 -p tcp --sport 22 --dport 5000 --tcp-flags ALL SYN,ACK", "ESTABLISHED",
	  "SYN_RECV", NULL },
	{ "-i eth0 -s 198.51.100.7 -p tcp --sport 5000 --dport 22 --tcp-flags ALL ACK",
	  "ESTABLISHED", "ESTABLISHED", NULL },
	/* An answer to nothing is picked up in the middle, as the kernel does (tcp_loose). */
	{ "-i eth0 -s 198.51.100.8 -p tcp --sport 5000 --dport 22 --tcp-flags ALL ACK", "NEW",
	  "ESTABLISHED", NULL },
	/* Flags that nobody sends together. */
	{ "-i eth0 -s 198.51.100.8 -p tcp --sport 5001 --dport 22 --tcp-flags ALL SYN,FIN",
	  "INVALID", "", NULL },
	{ "-i eth0 -s 198.51.100.8 -p tcp --sport 5001 --dport 22 --tcp-flags ALL NONE", "INVALID",
	  "", NULL },
	/* Forwarded to the inside, and the answer on its way back. */
	{ "-i eth0 -s 198.51.100.7 -p tcp --sport 6000 --dport 80 --syn", "NEW", "SYN_SENT",
	  "IP 198.51.100.7.6000 > 10.0.0.5.8080: tcp S, 40 bytes" },
	{ "-i eth1 -s 10.0.0.5 -d 198.51.100.7 -p tcp --sport 8080 --dport 6000 "
	  "--tcp-flags ALL SYN,ACK", "ESTABLISHED", "SYN_RECV",
	  "IP 192.0.2.1.80 > 198.51.100.7.6000: tcp SA, 40 bytes" },
	/* Masqueraded to the outside; two of the same port keep apart. */
	{ "-i eth1 -s 10.0.0.6 -d 8.8.8.8 -p udp --sport 1111 --dport 53", "NEW", "",
	  "IP 192.0.2.1.1111 > 8.8.8.8.53: udp, 28 bytes" },
	{ "-i eth0 -s 8.8.8.8 -p udp --sport 53 --dport 1111", "ESTABLISHED", "",
	  "IP 8.8.8.8.53 > 10.0.0.6.1111: udp, 28 bytes" },
	{ "-i eth1 -s 10.0.0.6 -d 8.8.8.8 -p udp --sport 1111 --dport 53", "ESTABLISHED", "",
	  "IP 192.0.2.1.1111 > 8.8.8.8.53: udp, 28 bytes" },
	/* Pings. */
	{ "-i eth0 -s 198.51.100.9 -p icmp --icmp-type echo-request", "NEW", "", NULL },
	{ "-d 198.51.100.9 -p icmp --icmp-type echo-reply", "ESTABLISHED", "", NULL },
	{ "-i eth0 -s 198.51.100.10 -p icmp --icmp-type echo-reply", "INVALID", "", NULL },
	/* Another protocol. */
	{ "-i eth0 -s 198.51.100.9 -p 47", "NEW", "", NULL },
	{ "-d 198.51.100.9 -p 47", "ESTABLISHED", "", NULL },
};

static const char *const states[] = {
	[CONN_INVALID] = "INVALID", [CONN_NEW] = "NEW", [CONN_RELATED] = "RELATED",
	[CONN_ESTABLISHED] = "ESTABLISHED", [CONN_UNTRACKED] = "UNTRACKED",
};

static void conversations(void **state)
{
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4, tracking, false);
	for (size_t i = 0; i < ARRAY_SIZE(talks); i++) {
		AUTO_SINK after = SINK_MEMORY;
		struct outcome o;
		struct packet packet = { 0 };
		uint8_t bytes[2000];
		const char *tcp;

		w.now += 1000000;
		send_words(&w, talks[i].words, &o, &packet, bytes, sizeof(bytes));
		if (strcmp(states[o.ct.state], talks[i].state) != 0)
			fail_msg("%s: got %s, want %s", talks[i].words, states[o.ct.state],
				 talks[i].state);
		tcp = o.ct.conn ? conntrack_tcp_state(engine_conntrack(w.engine), o.ct.conn) : "";
		if (strcmp(tcp, talks[i].tcp) != 0)
			fail_msg("%s: got %s, want %s", talks[i].words, tcp, talks[i].tcp);
		packet_print(&after, &packet);
		if (talks[i].after)
			assert_string_equal(sink_text(&after), talks[i].after);
		if (!packet_checksum_is_good(&packet))
			fail_msg("%s: %s has a wrong checksum", talks[i].words, sink_text(&after));
	}
	close_world(&w);
}

/* Time-outs: an answered UDP flow is forgotten after two minutes, an unanswered one after half. */
static void time_goes_by(void **state)
{
	static const struct { const char *words; unsigned seconds; const char *state; } steps[] = {
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 0, "NEW" },
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 29, "NEW" },
		{ "-d 198.51.100.7 -p udp --sport 80 --dport 40000", 31, "NEW" },
		{ "-d 198.51.100.7 -p udp --sport 53 --dport 40000", 1, "NEW" },
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 1, "ESTABLISHED" },
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 29, "ESTABLISHED" },
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 119, "ESTABLISHED" },
		{ "-i eth0 -s 198.51.100.7 -p udp --dport 53", 121, "NEW" },
	};
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4, tracking, false);
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		struct outcome o;
		struct packet packet = { 0 };
		uint8_t bytes[200];

		w.now += steps[i].seconds * UINT64_C(1000000000);
		send_words(&w, steps[i].words, &o, &packet, bytes, sizeof(bytes));
		if (strcmp(states[o.ct.state], steps[i].state) != 0)
			fail_msg("step %zu: got %s, want %s", i, states[o.ct.state],
				 steps[i].state);
	}
	close_world(&w);
}

static void send_line(struct world_of *w, struct outcome *o, const char *format, unsigned port)
{
	struct packet packet = { 0 };
	uint8_t bytes[200];
	char words[120];

	snprintf(words, sizeof(words), format, port);
	send_words(w, words, o, &packet, bytes, sizeof(bytes));
}

/* A connection with both answers, from a port of a stranger: it is assured. */
static void shake_hands(struct world_of *w, unsigned port)
{
	struct outcome o;

	send_line(w, &o, "-i eth0 -s 198.51.100.7 -p tcp --sport %u --dport 22 --syn", port);
	send_line(w, &o, "-d 198.51.100.7 -p tcp --sport 22 --dport %u --tcp-flags ALL SYN,ACK",
		  port);
	send_line(w, &o, "-i eth0 -s 198.51.100.7 -p tcp --sport %u --dport 22 --tcp-flags ALL ACK",
		  port);
	assert_int_equal(o.fate, FATE_DELIVERED);
	assert_int_equal(o.ct.state, CONN_ESTABLISHED);
}

/* A table full of assured connections refuses new ones, counts them, and keeps what it has. */
static void a_full_table(void **state)
{
	struct world_of w;
	struct outcome o;

	(void)state;
	open_world(&w, FAMILY_IPV4, tracking, false);
	for (unsigned i = 0; i < 1024; i++)
		shake_hands(&w, 5000 + i);
	for (unsigned i = 0; i < 70; i++) {
		send_line(&w, &o, "-i eth0 -s 198.51.100.7 -p udp --sport %u", 2000 + i);
		assert_int_equal(o.fate, FATE_DROPPED);
		assert_string_equal(o.why, "the table of connections is full");
	}
	assert_int_equal(conntrack_counts(engine_conntrack(w.engine))->refused, 70);
	assert_int_equal(conntrack_counts(engine_conntrack(w.engine))->early_dropped, 0);
	for (unsigned i = 0; i < 1024; i++) {
		send_line(&w, &o, "-i eth0 -s 198.51.100.7 -p tcp --sport %u --dport 22 "
			  "--tcp-flags ALL ACK", 5000 + i);
		assert_int_equal(o.ct.state, CONN_ESTABLISHED);
	}
	close_world(&w);
}

/*
 * One that is full of what nobody answered has room for new ones (early_drop); those that are
 * assured stay. All room is there again when their time is over.
 */
static void a_flooded_table(void **state)
{
	const struct conntrack_counts *counts;
	struct world_of w;
	struct outcome o;

	(void)state;
	open_world(&w, FAMILY_IPV4, tracking, false);
	counts = conntrack_counts(engine_conntrack(w.engine));
	shake_hands(&w, 5000);
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t refused = counts->refused;

		send_line(&w, &o, "-i eth0 -s 198.51.100.7 -p udp --sport %u", 10000 + i);
		assert_int_equal(o.fate, refused < counts->refused ? FATE_DROPPED :
								     FATE_DELIVERED);
		assert_true(counts->connections <= 1024);
	}
	/* Eight buckets hold 16 tuples, mostly: that they hold none, 1 of 10^7 times. */
	assert_true(counts->refused <= 2);
	assert_int_equal(counts->early_dropped, 5001 - counts->refused - counts->connections);
	send_line(&w, &o, "-i eth0 -s 198.51.100.7 -p tcp --sport %u --dport 22 "
		  "--tcp-flags ALL ACK", 5000);
	assert_int_equal(o.fate, FATE_DELIVERED);
	assert_int_equal(o.ct.state, CONN_ESTABLISHED);
	w.now += 40 * UINT64_C(1000000000);
	send_line(&w, &o, "-i eth0 -s 198.51.100.7 -p udp --sport %u", 9999);
	assert_int_equal(o.fate, FATE_DELIVERED);
	assert_int_equal(counts->connections, 2);
	close_world(&w);
}

/* ------------------------------------------------------------------ the host changes */

/* What was masqueraded with an address that is gone ends; what goes by others stays. */
static void an_address_goes(void **state)
{
	static const char other[] =
		"link eth0\nlink eth1\naddr 192.0.2.9/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
		"route default via 192.0.2.254\nforward on\n";
	const struct conntrack_counts *counts;
	struct err err = ERR_INIT;
	struct world_of w;
	struct outcome o;

	(void)state;
	open_world(&w, FAMILY_IPV4, tracking, false);
	counts = conntrack_counts(engine_conntrack(w.engine));
	shake_hands(&w, 5000);
	send_line(&w, &o, "-i eth1 -s 10.0.0.5 -d 8.8.8.8 -p udp --sport %u --dport 53", 7000);
	assert_int_equal(ntohl(o.ct.conn->way[1].dst.v4), 0xc0000201);
	conntrack_host_changed(engine_conntrack(w.engine), &w.host);
	send_line(&w, &o, "-i eth0 -s 8.8.8.8 -d 192.0.2.1 -p udp --sport 53 --dport %u", 7000);
	assert_int_equal(o.fate, FATE_FORWARDED);
	host_free(&w.host);
	assert_int_equal(host_parse(&w.host, other, strlen(other), &err), 0);
	conntrack_host_changed(engine_conntrack(w.engine), &w.host);
	send_line(&w, &o, "-i eth1 -s 10.0.0.5 -d 8.8.8.8 -p udp --sport %u --dport 53", 7000);
	assert_int_equal(o.ct.state, CONN_NEW);
	assert_int_equal(ntohl(o.ct.conn->way[1].dst.v4), 0xc0000209);
	assert_int_equal(counts->connections, 2);
	close_world(&w);
}

/* ------------------------------------------------------------------ FTP and fragments */

static void put_words(struct sink *s, const char *address, uint16_t port)
{
	sink_str(s, "227 Entering Passive Mode (");
	for (const char *p = address; *p; p++)
		sink_char(s, *p == '.' ? ',' : *p);
	/* Inside the quotes of a line two backslashes are one. */
	sink_printf(s, ",%u,%u).\\\\r\\\\n", port >> 8, port & 0xff);
}

/* Passive FTP to a server behind the gateway: the answer is rewritten, the data RELATED. */
static void ftp_behind_nat(void **state)
{
	static const char rules[] =
		"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
		"*nat\n-A PREROUTING -i eth0 -p tcp --dport 21 -j DNAT --to-destination 10.0.0.5\n"
		"COMMIT\n*filter\n-A FORWARD -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";
	static const char from[] = "-i eth0 -s 198.51.100.7 -p tcp --sport 4000 --dport 21 ";
	static const char back[] =
		"-i eth1 -s 10.0.0.5 -d 198.51.100.7 -p tcp --sport 21 --dport 4000 ";
	AUTO_SINK answer = SINK_MEMORY, line = SINK_MEMORY;
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[2000];
	uint32_t at, len;
	char words[300];

	(void)state;
	open_world(&w, FAMILY_IPV4, rules, false);
	snprintf(words, sizeof(words), "%s--syn", from);
	send_words(&w, words, &o, &packet, bytes, sizeof(bytes));
	assert_string_equal(o.ct.conn->helper, "ftp");
	snprintf(words, sizeof(words), "%s--tcp-flags ALL SYN,ACK", back);
	send_words(&w, words, &o, &packet, bytes, sizeof(bytes));
	snprintf(words, sizeof(words), "%s--tcp-flags ALL ACK", from);
	send_words(&w, words, &o, &packet, bytes, sizeof(bytes));
	/* Sequence numbers of these packets are all 0: a greeting first, so that a line ends. */
	put_words(&answer, "10.0.0.5", 30000);
	snprintf(words, sizeof(words), "%s--tcp-flags ALL ACK,PSH --payload \\n", back);
	send_words(&w, words, &o, &packet, bytes, sizeof(bytes));
	snprintf(words, sizeof(words), "%s--tcp-flags ALL ACK,PSH --payload \"%s\"", back,
		 sink_text(&answer));
	send_words(&w, words, &o, &packet, bytes, sizeof(bytes));
	/* The second one begins where the first did: no new line, so nothing is rewritten. */
	assert_true(packet_payload(&packet, &at, &len));
	assert_non_null(memmem(bytes + at, len, "10,0,0,5,117,48", 15));
	assert_int_equal(conntrack_counts(engine_conntrack(w.engine))->expectations, 0);
	/* At its right place it is a line. */
	{
		struct packet_spec spec = {
			.family = FAMILY_IPV4,
			.proto = IPPROTO_TCP,
			.sport = 21,
			.dport = 4000,
			.tcp_flags = 0x18,
			.seq = 1,
			.payload =
				(const uint8_t *)"227 Entering Passive Mode (10,0,0,5,117,48).\r\n",
			.payload_len = 46,
		};
		struct input input = { .packet = &packet, .now = w.now };

		assert_true(addr_parse(FAMILY_IPV4, "10.0.0.5", &spec.saddr));
		assert_true(addr_parse(FAMILY_IPV4, "198.51.100.7", &spec.daddr));
		assert_true(packet_build(&packet, &spec, bytes, sizeof(bytes)) > 0);
		strcpy(input.meta.in, "eth1");
		input.meta.known = KNOWN_IN | KNOWN_MARK;
		engine_run(w.engine, &input, &o);
	}
	if (o.fate != FATE_FORWARDED || o.ct.state != CONN_ESTABLISHED)
		fail_msg("%s: %s, %s", fates[o.fate], o.why ? o.why : "", states[o.ct.state]);
	assert_true(packet_payload(&packet, &at, &len));
	assert_non_null(memmem(bytes + at, len, "(192,0,2,1,117,48)", 18));
	assert_true(packet_checksum_is_good(&packet));
	assert_int_equal(conntrack_counts(engine_conntrack(w.engine))->expectations, 1);
	/* The data connection is expected, and goes inside. */
	send_words(&w, "-i eth0 -s 198.51.100.7 -p tcp --sport 4001 --dport 30000 --syn", &o,
		   &packet, bytes, sizeof(bytes));
	assert_int_equal(o.ct.state, CONN_RELATED);
	packet_print(&line, &packet);
	assert_string_equal(sink_text(&line),
			    "IP 198.51.100.7.4001 > 10.0.0.5.30000: tcp S, 40 bytes");
	close_world(&w);
}

static void send_fragment(struct world_of *w, uint16_t offset, bool more, const char *text,
			  struct outcome *o, struct packet *packet, uint8_t *bytes)
{
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = IPPROTO_UDP, .sport = 7, .dport = 53,
		.fragment = offset, .more_fragments = more, .fragment_id = 77,
		.payload = (const uint8_t *)text, .payload_len = (uint32_t)strlen(text),
	};
	struct input input = { .packet = packet, .now = w->now };

	assert_true(addr_parse(FAMILY_IPV4, "198.51.100.7", &spec.saddr));
	assert_true(addr_parse(FAMILY_IPV4, "192.0.2.1", &spec.daddr));
	assert_true(packet_build(packet, &spec, bytes, 2000) > 0);
	strcpy(input.meta.in, "eth0");
	input.meta.known = KNOWN_IN | KNOWN_MARK;
	engine_run(w->engine, &input, o);
}

static void fragments_are_put_together(void **state)
{
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[2000];

	(void)state;
	/* The checksum is that of the first fragment alone; nobody here minds. */
	open_world(&w, FAMILY_IPV4, "*filter\n-A INPUT -m conntrack --ctstate NEW\nCOMMIT\n",
		   false);
	/* The end first; a duplicate; then the start, whose header is 8 bytes of the 24. */
	send_fragment(&w, 24, false, "end", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_HELD);
	send_fragment(&w, 24, false, "end", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_HELD);
	send_fragment(&w, 0, true, "0123456789abcdef", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_DELIVERED);
	assert_int_equal(packet.len, 20 + 24 + 3);
	assert_false(packet.is_fragment);
	assert_memory_equal(packet.bytes + 28, "0123456789abcdefend", 19);
	/* One that overlaps kills the datagram: its end comes too late. */
	send_fragment(&w, 0, true, "0123456789abcdef", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_HELD);
	send_fragment(&w, 16, true, "01234567abcdefgh", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_DROPPED);
	send_fragment(&w, 24, false, "end", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_HELD);
	/* Half a minute later nobody waits for it any more. */
	w.now += 31 * UINT64_C(1000000000);
	send_fragment(&w, 0, true, "0123456789abcdef", &o, &packet, bytes);
	assert_int_equal(o.fate, FATE_HELD);
	close_world(&w);
}

/* ------------------------------------------------------------------ the index changes nothing */

static unsigned pick(unsigned n)
{
	return (unsigned)random() % n;
}

static void random_rule(struct sink *s, const char *chain, unsigned chains)
{
	static const char *const targets[] = { "ACCEPT", "DROP", "RETURN", "MARK --or-mark 1" };
	unsigned proto = pick(4);

	sink_printf(s, "-A %s", chain);
	if (!pick(2))
		sink_printf(s, "%s -s 10.%u.%u.0/%u", pick(6) ? "" : " !", pick(3), pick(4),
			    8 + 8 * pick(3));
	if (!pick(3))
		sink_printf(s, "%s -d 192.0.2.%u", pick(6) ? "" : " !", pick(6));
	if (!pick(3))
		sink_printf(s, "%s -i eth%s", pick(6) ? "" : " !",
			    pick(3) ? pick(2) ? "0" : "1" : "+");
	if (proto < 2)
		sink_printf(s, " -p %s", proto ? "udp" : "tcp");
	if (proto < 2 && pick(2))
		sink_printf(s, "%s --dport %u:%u", pick(6) ? "" : " !", 20 + pick(8), 28 + pick(4));
	else if (proto < 2 && !pick(2))
		sink_printf(s, " --dport %u", 20 + pick(12));
	if (!pick(8))
		sink_str(s, " -m mark --mark 1/1");
	if (!pick(8))
		sink_str(s, " -m statistic --mode nth --every 3 --packet 0");
	if (chains && !pick(4))
		sink_printf(s, " -%c u%u\n", pick(3) ? 'j' : 'g', pick(chains));
	else
		sink_printf(s, " -j %s\n", targets[pick(ARRAY_SIZE(targets))]);
}

static void random_rules(struct sink *s, unsigned count)
{
	enum { CHAINS = 6 };

	sink_printf(s, "*mangle\n:INPUT %s\n", pick(2) ? "DROP" : "ACCEPT");
	for (unsigned i = 0; i < CHAINS; i++)
		sink_printf(s, ":u%u -\n", i);
	for (unsigned i = 0; i < count; i++) {
		unsigned chain = pick(CHAINS + 4);
		char name[8];

		/* Chains call earlier ones only: no circles. */
		snprintf(name, sizeof(name), "u%u", chain);
		random_rule(s, chain < CHAINS ? name : "INPUT", chain < CHAINS ? chain : CHAINS);
	}
	sink_str(s, "COMMIT\n");
}

static void random_packet(struct input *input, uint8_t *bytes, size_t room)
{
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = pick(3) ? pick(2) ? 6 : 17 : 1, .sport = 1000,
		.dport = (uint16_t)(18 + pick(16)), .tcp_flags = 2, .icmp_type = 8,
		.saddr.bytes = { 10, (uint8_t)pick(4), (uint8_t)pick(5), (uint8_t)pick(3) },
		.daddr.bytes = { 192, 0, 2, 1 },
	};

	assert_true(packet_build(input->packet, &spec, bytes, room) > 0);
	input->meta = (struct meta){ .known = KNOWN_IN | KNOWN_MARK };
	snprintf(input->meta.in, sizeof(input->meta.in), "eth%u", pick(2));
}

static uint64_t counted(const struct ruleset *rs)
{
	uint64_t sum = 0;

	for (const struct table *t = rs->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next) {
			sum = sum * 31 + c->counters.packets;
			for (const struct rule *r = c->first; r; r = r->next)
				sum = sum * 31 + r->counters.packets * 7 + r->counters.bytes;
		}
	return sum;
}

static void index_and_linear_walk_agree(void **state)
{
	unsigned decided = 0;

	(void)state;
	srandom(20);
	for (unsigned round = 0; round < 60; round++) {
		AUTO_SINK text = SINK_MEMORY;
		struct world_of a, b;

		random_rules(&text, 5 + pick(round < 50 ? 120 : 600));
		open_world(&a, FAMILY_IPV4, sink_text(&text), true);
		open_world(&b, FAMILY_IPV4, sink_text(&text), false);
		for (unsigned n = 0; n < 150; n++) {
			uint8_t one[200], two[200];
			struct packet p = { 0 }, q;
			struct input input = { .packet = &p, .now = a.now };
			struct outcome x, y;

			random_packet(&input, one, sizeof(one));
			memcpy(two, one, sizeof(two));
			q = p;
			q.bytes = two;
			engine_run(a.engine, &input, &x);
			input.packet = &q;
			engine_run(b.engine, &input, &y);
			assert_int_equal(x.fate, y.fate);
			assert_int_equal(x.number, y.number);
			assert_string_equal(x.chain ? x.chain->name : "",
					    y.chain ? y.chain->name : "");
			assert_int_equal(x.meta.mark, y.meta.mark);
			decided += x.number != 0;
		}
		assert_int_equal(counted(&a.rules), counted(&b.rules));
		close_world(&a);
		close_world(&b);
	}
	assert_true(decided > 2000);
}

/* Another rule set between two packets: connections stay. */
static void rules_are_replaced(void **state)
{
	struct world_of w;
	struct ruleset other = RULESET_INIT;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[200];

	(void)state;
	open_world(&w, FAMILY_IPV4, FILTER("-A INPUT -m conntrack --ctstate NEW -j ACCEPT\n"),
		   false);
	send_words(&w, "-i eth0 -p udp", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_DELIVERED);
	send_words(&w, "-d 203.0.113.77 -p udp --sport 80 --dport 40000", &o, &packet, bytes,
		   sizeof(bytes));
	assert_int_equal(load_rules(&other, FAMILY_IPV4,
		FILTER("-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT\n")), 0);
	engine_replace(w.engine, &other);
	send_words(&w, "-i eth0 -p udp", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_DELIVERED);
	send_words(&w, "-i eth0 -p udp --sport 4", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_DROPPED);
	close_world(&w);
	ruleset_free(&other);
}

/* An engine that has forgotten everything answers as it did at first. */
static void everything_is_forgotten(void **state)
{
	static const char *const words[] = {
		"-i eth0 -p udp --dport 1", "-i eth0 -p udp --dport 1", "-i eth0 -p udp --dport 3",
		"-i eth0 -p udp --dport 3",
	};
	static const enum fate want[] = {
		FATE_DELIVERED, FATE_DROPPED,	/* the bucket of a limit */
		FATE_DROPPED, FATE_DELIVERED,	/* what counts packets */
	};
	struct err err = ERR_INIT;
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4,
		   FILTER("-A INPUT -p udp --dport 1 -m limit --limit 1/h --limit-burst 1 "
			  "-j ACCEPT\n"
			  "-A INPUT -p udp --dport 3 -m quota --quota 1 -j ACCEPT\n"
			  "-A INPUT -p udp --dport 3 -m statistic --mode nth --every 2 "
			  "--packet 1 -j ACCEPT\n"
			  "-A OUTPUT -m conntrack --ctstate NEW\n"),
		   false);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			struct packet packet = { 0 };
			uint8_t bytes[200];
			struct outcome o;

			w.now += 1000000;
			send_words(&w, words[i], &o, &packet, bytes, sizeof(bytes));
			if (o.fate != want[i])
				fail_msg("%d: %s: %s", again, words[i], fates[o.fate]);
		}
		assert_int_not_equal(conntrack_counts(engine_conntrack(w.engine))->connections, 0);
		assert_int_equal(engine_forget(w.engine, &err), 0);
		assert_int_equal(conntrack_counts(engine_conntrack(w.engine))->connections, 0);
	}
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fates_of_packets),
		cmocka_unit_test(conversations),
		cmocka_unit_test(time_goes_by),
		cmocka_unit_test(a_full_table),
		cmocka_unit_test(a_flooded_table),
		cmocka_unit_test(an_address_goes),
		cmocka_unit_test(ftp_behind_nat),
		cmocka_unit_test(fragments_are_put_together),
		cmocka_unit_test(index_and_linear_walk_agree),
		cmocka_unit_test(rules_are_replaced),
		cmocka_unit_test(everything_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
