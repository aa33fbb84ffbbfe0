/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One test of `postern test`: packets through an engine of its own, and what was expected of them. */
#ifndef POSTERN_CLI_TRIAL_H
#define POSTERN_CLI_TRIAL_H

#include "cli/scene.h"
#include "dialect/packet.h"

enum { TRIAL_ROOM = 66000 };

/* One end of a TCP connection: what it sends next, and what it has heard of the other one. */
struct trial_end {
	uint32_t next, heard;
};

/* The last packet, as it was said, as it left, and what became of it. */
struct trial {
	const struct scene *scene;
	struct arena *arena;		/* of the file */
	struct engine *engine;
	uint64_t now;			/* ns of the engine's clock */
	int64_t wall;			/* seconds since 1970 at now == begin; 0: unknown */
	struct assumptions assumptions;	/* set before or after trial_open */
	struct sink *diary;		/* what was sent, for a failure; a line each */
	bool has_packet;
	struct packet_words words;	/* of the first packet of the flow */
	struct trial_end ends[2];	/* who sent that first packet, and who answers */
	unsigned sender;		/* of the last packet: 0 or 1 */
	struct packet packet;		/* as it left */
	struct outcome outcome;
	uint8_t bytes[TRIAL_ROOM];
	uint8_t before[TRIAL_ROOM];	/* the packet as it came */
	uint32_t before_len;
};

int trial_open(struct trial *t, const struct scene *scene, struct arena *arena, int64_t wall,
	       struct sink *diary, struct err *err);
void trial_close(struct trial *t);

/* "packet WORDS": a packet of a flow that begins. Places of errors are those of the words. */
int trial_packet(struct trial *t, const struct words *words, struct err *err);
/*
 * "reply [WORDS]": what the receiver of the last packet answers, to where that came from; "again
 * [WORDS]": the first sender goes on. TCP answers a SYN with SYN and ACK, everything else with ACK.
 * WORDS may be --tcp-flags ALL FLAGS or --payload TEXT.
 */
int trial_reply(struct trial *t, const struct words *words, struct err *err);
int trial_again(struct trial *t, const struct words *words, struct err *err);
/* A handshake and a byte each way; `name` of the step that did not pass, or NULL. */
int trial_conversation(struct trial *t, const struct words *words, const char **failed,
		       struct err *err);
void trial_wait(struct trial *t, uint64_t ns);

/*
 * "expect WHAT ...": 1 as expected, 0 not (`got` says what it was), negative: no such expectation.
 */
int trial_expect(struct trial *t, const struct words *words, struct sink *got, struct err *err);

/* The dump of the outcome in a line. */
void trial_print_outcome(struct sink *sink, const struct trial *t);

#endif
