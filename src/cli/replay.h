/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of `postern replay`. */
#ifndef POSTERN_CLI_REPLAY_H
#define POSTERN_CLI_REPLAY_H

#include "cli/scene.h"
#include "net/capture.h"

enum {
	FATES = FATE_HELD + 1,
	FLOWS_MOST = 1 << 18,	/* beyond, differences are counted and no longer told apart */
	REASONS_MOST = 8,
	HELD_MOST = 256,	/* fragments that wait for others; the oldest is given up */
};

/* Both directions of a flow are one; `low` is the end that sorts first. */
struct flow_key {
	union inet_addr low, high;
	uint16_t low_port, high_port;
	uint8_t proto, family;
};

struct flow {
	struct flow_key key;
	uint32_t next;			/* of the same bucket; 0: none */
	uint64_t packets, otherwise;	/* those whose fate differs */
	char line[96];			/* its first packet that fares otherwise */
	char fates[2][160];		/* what became of that with either rule set */
};

/* Why packets were not judged, by the rule that could not say. */
struct reason {
	const struct rule *rule;	/* NULL: no rule */
	uint64_t packets;
	char text[200];
};

/* A fragment as it came, until it is known what becomes of the whole. */
struct held {
	uint64_t ns;
	uint8_t *bytes;			/* NULL: a free place */
	uint32_t captured, wire;
	struct packet packet;		/* its headers, in `bytes` */
};

struct replay {
	struct scene_source source;
	struct assumptions assumptions;
	const char *capture, *write, *device;
	const char *vs[2];		/* files, of different families */
	size_t vs_count;
	bool json, quiet;
	struct scene scene, other;
	struct engine *engine, *other_engine;
	struct capture_out *out;
	struct held held[HELD_MOST];
	size_t next_held;
	uint64_t packets, not_ip, bytes, written, first_ns, last_ns;
	uint64_t fates[FATES];
	struct reason reasons[REASONS_MOST];
	size_t reason_count;
	/* flows, 1-based */
	struct flow *flows;
	uint32_t flow_count, differing, *buckets;
	uint64_t hash_key[2];
	uint64_t more_otherwise;
	uint8_t copy[CAPTURE_ROOM], came[CAPTURE_ROOM];
};

/* What became of a packet, with one rule set: and how it left. */
struct judged {
	const struct outcome *outcome;
	const struct packet *left;
};

/* Notes what became of a packet (as it came) with one rule set and with the other. */
void replay_compare(struct replay *r, const struct packet *was, const struct judged *a,
		    const struct judged *b);
int replay_flows_open(struct replay *r, struct err *err);

/*
 * replay_write.c: what is accepted goes to r->out as it came, fragments with the others of their
 * datagram. `was` is the packet as it came, nothing when there is no r->out.
 */
int replay_write(struct replay *r, const struct packet *was, const struct frame *frame,
		 enum fate fate, struct err *err);
void replay_held_free(struct replay *r);

/* Notes why a packet was not judged. */
void replay_reason(struct replay *r, const struct outcome *o);

/* 80 columns; or JSON, which says whether the capture was `whole`. */
void replay_print(struct sink *out, const struct replay *r);
void replay_json(struct sink *out, const struct replay *r, bool whole);

#endif
