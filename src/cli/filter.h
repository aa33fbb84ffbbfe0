/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filtering in user space: a wire, an engine, and the rules of a store. */
#ifndef POSTERN_CLI_FILTER_H
#define POSTERN_CLI_FILTER_H

#include <stdatomic.h>

#include "engine/engine.h"
#include "net/answer.h"
#include "plan/backend.h"
#include "store/store.h"
#include "wire/wire.h"

struct filter_counts {
	uint64_t passed, dropped, rejected;
	uint64_t unknown;	/* dropped, because nothing could be said */
	uint64_t lost;		/* accepted, but the device did not take it; or never seen whole */
	uint64_t other;		/* no IP packet, passed as it was */
};

struct filter {
	struct wire wire;
	struct backend backend;
	struct host host;
	const char *host_path;		/* a file that tells of it; NULL: this machine */
	int host_fd;			/* hears of its changes; -1: nobody does */
	atomic_bool *again;		/* set by a signal: the host is to be read again */
	bool has_waited;		/* for the packet that comes next */
	bool host_stale;		/* it has changed since it was read */
	uint64_t host_look, host_next;	/* when changes are asked for, and read, again; ns */
	struct ipsets sets;		/* as they were at the start */
	bool knows_sets;
	struct conntrack_limits limits;
	const atomic_bool *stop;	/* set by a signal */
	bool live;			/* time is the machine's, not the packets' */

	struct engine *engine;
	struct ruleset rules[2];	/* those in force and, while they change, the next ones */
	unsigned which;			/* their counters: since they were last written back */
	uint32_t generation;
	struct store_stamp stamp;
	uint64_t now, written;		/* ns; when counters were written back */
	bool counted;			/* there is something to write back */
	struct filter_counts counts;
	uint32_t nat_left_out;		/* rules of nat that do not hold, as last said */
	char why[160];			/* the first reason why nothing could be said */
	/* The packet as it came, for answers: what rules made of it is not for the sender's eyes. */
	struct packet before;
	uint8_t before_bytes[ANSWER_QUOTE];
	uint8_t answer_bytes[ANSWER_ROOM];
	uint32_t fragment_id;		/* of the last IPv6 datagram that was cut */
	uint8_t piece_bytes[WIRE_ROOM];
};

uint64_t filter_clock(void);	/* ns, from some time on */
/* filter_host.c: the host is read (the old one stays when it cannot be); its changes are heard of. */
int filter_read_host(struct filter *filter, struct err *err);
int filter_watch_host(struct filter *filter, struct err *err);
/* Before a packet is judged; `has_waited`: nothing had come for a while. */
void filter_follow_host(struct filter *filter, bool has_waited);

/*
 * Reads the rules; `wire`, `backend`, `host`, `sets`, `limits`, `stop`, `again` and `live` have been
 * filled in.
 */
int filter_start(struct filter *filter, struct err *err);
/*
 * Filters until the wire ends, or `stop` is set; then what has arrived already, for a second at
 * most, and writes the counters back.
 */
int filter_run(struct filter *filter, struct err *err);
void filter_free(struct filter *filter);
#define AUTO_FILTER __attribute__((cleanup(filter_free))) struct filter

#endif
