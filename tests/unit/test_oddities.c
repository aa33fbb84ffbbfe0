// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a kernel does what one would not think, the engine does it, too. Each case was found by
 * tests/kernel/test_engine.py, which sends the same packets through both.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "world.h"

/* A UDP fragment to this host; `payload` is what stands behind the IP header. */
static enum fate send_piece(struct world_of *w, uint16_t offset, bool more, const char *payload)
{
	uint8_t bytes[200] = {
		0x45,
		0,
		0,
		(uint8_t)(20 + strlen(payload)),
		0,
		77,
		(uint8_t)(more << 5 | offset >> 11),
		(uint8_t)(offset >> 3),
		64,
		IPPROTO_UDP,
		0,
		0,
		198,
		51,
		100,
		7,
		192,
		0,
		2,
		1,
	};
	struct packet packet = { 0 };
	struct input input = { .packet = &packet, .now = w->now };
	struct outcome o;

	be16 sum = checksum_finish(checksum_add(0, bytes, 20));

	memcpy(bytes + 10, &sum, sizeof(sum));
	memcpy(bytes + 20, payload, strlen(payload));
	assert_int_equal(packet_parse(&packet, bytes, 20 + strlen(payload), sizeof(bytes)),
			 PACKET_GOOD);
	strcpy(input.meta.in, "eth0");
	input.meta.known = KNOWN_IN | KNOWN_MARK;
	engine_run(w->engine, &input, &o);
	return o.fate;
}

static uint64_t packets_of(const struct world_of *w, const char *table, const char *chain,
			   unsigned number)
{
	for (const struct table *t = w->rules.first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next) {
			const struct rule *r = c->first;

			if (strcmp(t->name, table) != 0 || strcmp(c->name, chain) != 0)
				continue;
			if (!number)
				return c->counters.packets;
			while (--number)
				r = r->next;
			return r->counters.packets;
		}
	fail_msg("no %s %s", table, chain);
	return 0;
}

/* nft_payload_fast_eval() takes the payload of a later fragment for a header; xt_multiport looks. */
static void ports_of_later_fragments(void **state)
{
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4,
		   "*raw\n-A PREROUTING -p udp --dport 25700\n-A PREROUTING -p udp ! --dport 80\n"
		   "-A PREROUTING -p udp -m multiport --dports 25700\n"
		   "-A PREROUTING -p udp -m multiport ! --dports 80\nCOMMIT\n",
		   false);
	send_piece(&w, 32, true, "dddddddd");
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 1), 1);
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 2), 1);
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 3), 0);
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 4), 0);
	/* Too short for the fast way: the other one looks, too. */
	send_piece(&w, 40, false, "d");
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 2), 1);
	close_world(&w);
}

/* ip_local_deliver() puts together what connection tracking, which is not there, did not. */
static void input_sees_no_fragments(void **state)
{
	struct world_of w;

	(void)state;
	open_world(&w, FAMILY_IPV4,
		   "*filter\n-A INPUT -p udp\nCOMMIT\n*raw\n-A PREROUTING -p udp\nCOMMIT\n", false);
	assert_int_equal(send_piece(&w, 0, true, "dddddddddddddddd"), FATE_HELD);
	assert_int_equal(send_piece(&w, 16, false, "end"), FATE_DELIVERED);
	assert_int_equal(packets_of(&w, "raw", "PREROUTING", 1), 2);
	assert_int_equal(packets_of(&w, "filter", "INPUT", 1), 1);
	close_world(&w);
}

/* xt_ct_tg_check() needs no connections for --notrack: nat chains see nothing. */
static void notrack_alone_tracks_nothing(void **state)
{
	static const struct {
		const char *rule;
		uint64_t seen;
	} rows[] = {
		{ "-j CT --notrack", 0 },
		{ "-j NOTRACK", 0 },
		{ "-p tcp -j CT --zone 1", 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_SINK text = SINK_MEMORY;
		struct world_of w;
		struct outcome o;
		struct packet packet = { 0 };
		uint8_t bytes[200];

		sink_printf(&text,
			    "*raw\n-A OUTPUT %s\nCOMMIT\n*nat\n-A PREROUTING -p udp\nCOMMIT\n",
			    rows[i].rule);
		open_world(&w, FAMILY_IPV4, sink_text(&text), false);
		send_words(&w, "-i eth0 -p udp --dport 53", &o, &packet, bytes, sizeof(bytes));
		assert_int_equal(packets_of(&w, "nat", "PREROUTING", 1), rows[i].seen);
		close_world(&w);
	}
}

/* xt_ct_target() and nft_notrack_eval() leave alone what has a template, or is untracked, already. */
static void the_first_word_on_tracking_counts(void **state)
{
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[200];

	(void)state;
	open_world(&w, FAMILY_IPV4,
		   "*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"
		   "-A PREROUTING -j CT --notrack\n-A PREROUTING -j CT --zone 3\nCOMMIT\n",
		   false);
	send_words(&w, "-i eth0 -p tcp --dport 21", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.ct.state, CONN_NEW);
	send_words(&w, "-i eth0 -p tcp --dport 22", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.ct.state, CONN_UNTRACKED);
	close_world(&w);
}

/* nf_conncount_gc_list() forgets what has closed: nobody is left to count, and the RST is dropped. */
static void the_last_reset_is_dropped(void **state)
{
	static const char *const lines[] = {
		"-p tcp -d 198.51.100.7 --sport 4000 --dport 80 --syn",
		"-i eth0 -s 198.51.100.7 -p tcp --sport 80 --dport 4000 --tcp-flags ALL SYN,ACK",
		"-p tcp -d 198.51.100.7 --sport 4000 --dport 80 --tcp-flags ALL ACK",
	};
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[200];

	(void)state;
	open_world(&w, FAMILY_IPV4, "*filter\n-A INPUT -m connlimit --connlimit-upto 5\nCOMMIT\n",
		   false);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		send_words(&w, lines[i], &o, &packet, bytes, sizeof(bytes));
		assert_int_not_equal(o.fate, FATE_DROPPED);
	}
	send_words(&w,
		   "-i eth0 -s 198.51.100.7 -d 192.0.2.1 -p tcp --sport 80 --dport 4000 "
		   "--tcp-flags ALL RST",
		   &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_DROPPED);
	assert_int_equal(packets_of(&w, "filter", "INPUT", 1), 1);
	close_world(&w);
}

/* nf_send_reset() closes the connection of the segment that it answers. */
static void a_sent_reset_closes(void **state)
{
	static const char *const lines[] = {
		"-i eth0 -s 198.51.100.7 -p tcp --sport 4000 --dport 80 --syn",
		"-d 198.51.100.7 -p tcp --sport 80 --dport 4000 --tcp-flags ALL SYN,ACK",
		"-i eth0 -s 198.51.100.7 -p tcp --sport 4000 --dport 80 --tcp-flags ALL ACK",
	};
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[200];

	(void)state;
	open_world(
		&w, FAMILY_IPV4,
		"*filter\n-A INPUT -p tcp --tcp-flags ALL ACK -m conntrack --ctstate ESTABLISHED "
		"-j REJECT --reject-with tcp-reset\nCOMMIT\n",
		false);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		send_words(&w, lines[i], &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_REJECTED);
	assert_string_equal(conntrack_tcp_state(engine_conntrack(w.engine), o.ct.conn), "CLOSE");
	close_world(&w);
}

/* xt_cluster_hash_ipv6() takes the first 32 bits of an address: hosts of one network are as one. */
static void a_cluster_tells_networks_apart(void **state)
{
	static const char *const from[] = { "2001:db8::7", "2001:db8:ffff::9", "2001:db8:7::1" };
	struct world_of w;
	struct outcome o;
	struct packet packet = { 0 };
	uint8_t bytes[200];

	(void)state;
	open_world(&w, FAMILY_IPV6,
		   "*filter\n-A INPUT -m cluster --cluster-total-nodes 24 "
		   "--cluster-local-node 8 --cluster-hash-seed 7\nCOMMIT\n",
		   false);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		AUTO_SINK line = SINK_MEMORY;

		sink_printf(&line, "-i eth0 -s %s -p udp --dport 53", from[i]);
		send_words(&w, sink_text(&line), &o, &packet, bytes, sizeof(bytes));
	}
	assert_int_equal(packets_of(&w, "filter", "INPUT", 1), ARRAY_SIZE(from));
	close_world(&w);
}

/*
 * -o of OUTPUT is where the packet went at first, also behind a translation that sends it another way
 * (state->out of nf_hook_slow); POSTROUTING sees the new device.
 */
static void output_keeps_its_device(void **state)
{
	struct packet packet = { 0 };
	uint8_t bytes[200];
	struct world_of w;
	struct outcome o;

	(void)state;
	open_world(&w, FAMILY_IPV4,
		   "*nat\n-A OUTPUT -p udp -j REDIRECT --to-ports 8080\nCOMMIT\n"
		   "*filter\n-A OUTPUT -o eth0\n-A OUTPUT -o lo\nCOMMIT\n"
		   "*mangle\n-A POSTROUTING -o eth0\n-A POSTROUTING -o lo\nCOMMIT\n",
		   false);
	send_words(&w, "-d 198.51.100.2 -p udp --dport 53", &o, &packet, bytes, sizeof(bytes));
	assert_int_equal(o.fate, FATE_DELIVERED);
	assert_int_equal(packets_of(&w, "filter", "OUTPUT", 1), 1);
	assert_int_equal(packets_of(&w, "filter", "OUTPUT", 2), 0);
	assert_int_equal(packets_of(&w, "mangle", "POSTROUTING", 1), 0);
	assert_int_equal(packets_of(&w, "mangle", "POSTROUTING", 2), 1);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_of_later_fragments),
		cmocka_unit_test(input_sees_no_fragments),
		cmocka_unit_test(notrack_alone_tracks_nothing),
		cmocka_unit_test(the_first_word_on_tracking_counts),
		cmocka_unit_test(the_last_reset_is_dropped),
		cmocka_unit_test(a_sent_reset_closes),
		cmocka_unit_test(a_cluster_tells_networks_apart),
		cmocka_unit_test(output_keeps_its_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
