/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An engine over a gateway between eth0 (192.0.2.0/24) and eth1 (10.0.0.0/8), for tests. */
#ifndef POSTERN_TESTS_WORLD_H
#define POSTERN_TESTS_WORLD_H

#include "dialect/packet.h"
#include "engine/engine.h"

#include "load.h"

static const char gateway[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\naddr fd00::1/64 dev eth1\n"
	"route default via 192.0.2.254\nroute ::/0 via 2001:db8::ff dev eth0\nforward on\n";

/* A rule set, a host and an engine over them. */
struct world_of {
	struct ruleset rules;
	struct host host;
	struct engine *engine;
	enum family family;
	uint64_t now;
};

static inline void open_world(struct world_of *w, enum family family, const char *rules,
			      bool linear)
{
	struct engine_config config = {
		.rules = &w->rules,
		.host = &w->host,
		.linear = linear,
		.keep_counters = true,
		.limits = { .connections = 1024, .expectations = 16, .fragments = 8 },
	};
	struct err err = ERR_INIT;

	*w = (struct world_of){ .family = family, .now = 1000 * UINT64_C(1000000000) };
	assert_int_equal(load_rules(&w->rules, family, rules), 0);
	assert_int_equal(host_parse(&w->host, gateway, strlen(gateway), &err), 0);
	assert_int_equal(engine_open(&w->engine, &config, &err), 0);
}

static inline void close_world(struct world_of *w)
{
	engine_close(&w->engine);
	ruleset_free(&w->rules);
	host_free(&w->host);
}

/* A packet in words, sent through; `packet` is what became of it. */
static inline void send_words(struct world_of *w, const char *line, struct outcome *outcome,
		       struct packet *packet, uint8_t *bytes, size_t room)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK assumed = SINK_MEMORY;
	struct words words = { .program = "test" };
	struct packet_words p = { 0 };
	struct err err = ERR_INIT;
	struct input input = { .packet = packet, .now = w->now };
	struct conn_view view;
	const char **items;

	assert_int_equal(restore_split(&arena, line, &items, &words.count, &err), 0);
	words.items = items;
	if (packet_words_parse(&arena, w->family, &words, &p, &err) < 0)
		fail_msg("%s: %s", line, err.text);
	packet_words_assume(&p, &w->host, &assumed);
	assert_true(packet_words_build(&p, packet, bytes, room) > 0);
	view = packet_words_view(&p);
	input.meta = p.meta;
	input.fixed = p.said & SAID_STATE ? &view : NULL;
	engine_run(w->engine, &input, outcome);
	/* It lives in here. */
	outcome->ct.conn = input.fixed ? NULL : outcome->ct.conn;
}

#endif
