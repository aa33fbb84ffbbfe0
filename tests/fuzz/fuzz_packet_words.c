// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any words as a packet (--hex and --payload among them), on any host: what stands before the first
 * zero byte are facts about that. A packet that comes out of words is a good one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/packet.h"
#include "alone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make(struct arena *arena, const struct host *host, const char *line)
{
	static uint8_t bytes[66000];
	AUTO_SINK text = SINK_MEMORY;
	struct words words = { .program = "postern explain" };
	struct packet_words p = { 0 };
	struct packet packet = { 0 };
	struct err err = ERR_INIT;
	const char **items = NULL;
	int r = restore_split(arena, line, &items, &words.count, &err);

	if (r < 0)
		return;
	words.items = items;
	r = packet_words_parse(arena, packet_words_family(&words), &words, &p, &err);
	if ((r < 0) != err_is_set(&err))
		abort();
	if (r < 0)
		return;
	packet_words_assume(&p, host, &text);
	if (packet_words_build(&p, &packet, bytes, sizeof(bytes)) < 0)
		return;
	packet_print(&text, &packet);
	packet_words_view(&p);
	if (!(p.said & SAID_RAW) &&
	    packet_parse(&packet, bytes, packet.len, sizeof(bytes)) != PACKET_GOOD)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_HOST host = HOST_INIT;
	AUTO_SINK text = SINK_MEMORY;
	struct err err = ERR_INIT;
	const char *facts, *line;

	if (size > 4096)
		return 0;
	sink_bytes(&text, data, size);
	facts = sink_text(&text);
	line = memchr(facts, '\0', size);
	if (!line) {
		make(&arena, NULL, facts);
		return 0;
	}
	host_parse(&host, facts, (size_t)(line - facts), &err);
	make(&arena, &host, line + 1);
	return 0;
}
