/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a lifeline needs of a rule set, as packets: the session going on in either order, a new
 * login, and that neighbours find one another (doc/safety.md, "The review").
 */
#ifndef POSTERN_SAFE_PROBE_H
#define POSTERN_SAFE_PROBE_H

#include <stdbool.h>

#include "base/err.h"
#include "engine/engine.h"
#include "net/host.h"
#include "net/ipset.h"
#include "safe/lifeline.h"

enum loss {
	LOSS_WE_SPEAK,		/* the session dies when we send first */
	LOSS_PEER_SPEAKS,	/* it dies when the peer does */
	LOSS_LOGIN,		/* a new login from the same peer does not come through */
	LOSS_NEIGHBOUR,		/* IPv6 does not find the next host any more */
	LOSSES,
};

/* What packets are judged by besides rules: this machine, and its sets. */
struct scenery {
	struct host host;
	struct ipsets sets;
	bool knows_sets, knows_neighbours;
	bool asks_for_groups;		/* some rule does: control groups of sockets */
	struct conntrack_settings tracking;
};
#define SCENERY_INIT ((struct scenery){ .tracking = CONNTRACK_USUAL })
void scenery_free(struct scenery *scenery);

/*
 * Sets are read when one of the rule sets names some, and neighbours when one asks for hardware
 * addresses; that these are not told is no failure.
 */
int scenery_read(struct scenery *scenery, const struct ruleset *before,
		 const struct ruleset *after, struct err *err);

enum { CGROUP_ROOM = 512 };

/* A lifeline, and what the kernel knows of its connection. */
struct probing {
	const struct host *host;
	const struct lifeline *line;
	struct connection conn;
	uint8_t tcp_state;
	bool tracked;			/* `conn` holds */
	/* Control groups of the session's socket and of the next one's; "": not known. */
	char group[CGROUP_ROOM], login_group[CGROUP_ROOM];
	bool needs_time;		/* of the rules: a session is judged over some time */
};

/* Asks the kernel for the connection. */
int probing_begin(struct probing *p, const struct scenery *scenery, const struct lifeline *line,
		  struct err *err);

/* What became of the packets; of the last one when one was lost. */
struct probed {
	bool alive;
	bool outgoing;			/* the one that was lost is one of ours */
	bool called;			/* ... had not been translated to the server yet */
	const char *elsewhere;		/* ... was translated in this chain of nat, which is wrong */
	bool redirected;		/* ... by REDIRECT of an older dialect */
	bool later;			/* ... after others had come through for a while */
	enum answer assumed;		/* ... of what is not known */
	bool is_assumed;		/* there was something */
	char doubt[160];		/* what */
	struct outcome outcome;
};

/* False: this kind of lifeline, or where its peer is, has nothing of the kind to lose. */
bool probe_applies(const struct probing *p, enum loss loss);
/*
 * Sends the packets through the engine, which has forgotten everything else. `assumed` is the answer to
 * whatever is not known.
 */
int probe_run(const struct probing *p, struct engine *engine, enum loss loss,
	      enum answer assumed, struct probed *probed, struct err *err);
/* Some of the rules count or keep time. */
bool probe_needs_time(const struct ruleset *rules);

/* What the client calls: the port of the server, or the one that is translated to it. */
uint16_t probing_called_port(const struct probing *p);

/*
 * An engine for probes. It has no clock: a session that is cut when the evening comes is cut.
 */
int probe_engine(struct engine **engine, const struct ruleset *rules,
		 const struct scenery *scenery, struct err *err);

#endif
