/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the engine: an engine, and the way of one packet through it. */
#ifndef POSTERN_ENGINE_RUN_H
#define POSTERN_ENGINE_RUN_H

#include "engine/engine.h"
#include "plan/program.h"

enum { HOOKS = 5, FAMILIES = 2 };

/* What stands at a hook, in the order of priorities. */
enum station_kind { STATION_DEFRAG, STATION_TRACK, STATION_CHAIN, STATION_NAT, STATION_CONFIRM };

struct station {
	enum station_kind kind;
	int32_t priority;
	bool reroutes;				/* a chain of nf_tables' type "route" */
	struct program_chain *chain;		/* STATION_CHAIN */
	bool (*skips)(const struct eval *e);	/* ... that some packets pass by; NULL: none do */
	const struct nat_link *nat;		/* STATION_NAT */
	size_t nat_count;
};

/* One of those who may bind a connection's addresses at a hook, in the order of priorities. */
struct nat_link {
	int32_t priority;
	struct program_chain *chain;		/* NULL: `act` */
	act_function *act;			/* what frames of older dialects do (old.c) */
	const struct table *table;		/* ... whose */
};

struct hook {
	struct station *stations;
	size_t count;
};

/* Memory that uses of one name share (world.shared). */
struct shared {
	struct shared *next;
	const char *kind, *name;
	size_t size;
	void *memory;
};

enum { SHARED_MOST = 4096, SHARED_SLOTS = 256 };

struct run;

struct engine {
	struct engine_config config;
	struct program program;
	struct arena stations;			/* of this program's hooks */
	struct hook hooks[FAMILIES][HOOKS];
	struct conntrack *ct;
	struct world world;
	struct run *run;			/* the one under way, for the views */
	uint64_t chance;			/* state of the default world.random */
	struct arena arena;			/* shared memory */
	struct shared *shared[SHARED_SLOTS];
	size_t shared_count;
	struct counting *counting;		/* conncount.c */
	struct sets *sets;			/* NULL: nothing is known of them */
};

/* One packet's way. */
struct run {
	struct engine *engine;
	struct input *input;
	struct outcome *outcome;
	struct eval e;
	struct fields fields;
	struct conntrack_template template;
	bool linear;			/* every rule is tried */
	bool looped;			/* it has come back over the loopback device */
	bool gathered;			/* from fragments */
	bool stopped;			/* at an unknown */
	bool routed;			/* `out` was given with the packet */
	bool rerouted;			/* OUTPUT found another way: */
	struct meta way;		/* `out`, `out_group` and whether they are known */
	bool by_rule;			/* outcome->rule accepted it in a table that filters */
	bool by_filter;			/* a policy of table filter did, if no rule */
	uint32_t unknowns;
	unsigned reject_type, reject_code;
	uint16_t queue;
	bool bypass;
	char text[160];			/* outcome->why, when it is made up */
};

static inline unsigned family_slot(enum family family)
{
	return family == FAMILY_IPV6;
}

/*
 * The packet through a base chain and where that leads: ACCEPT, DROP, STOLEN, QUEUE or REJECT; the
 * outcome says who decided. run->stopped: an unknown decides.
 */
enum verdict walk_chain(struct run *run, const struct program_chain *base);

/* Hooks of a program from its chains' places. */
void stations_make(struct engine *engine);

/*
 * old.c: where the chains of ipchains and ipfwadm stand, beside the places that rules/rules.h names;
 * who passes them by; and what their frames do to connections.
 */
struct old_place {
	enum dialect dialect;
	const char *chain;
	uint8_t hook;
	int32_t priority;
	bool (*skips)(const struct eval *e);	/* NULL: nobody */
};
extern const struct old_place old_places[];	/* ends with a NULL chain */
/* Of a hook, for a dialect that has them; NULL: none there. */
act_function *old_nat(enum dialect dialect, unsigned hook, int32_t *priority);

/* The default views of the world. */
void world_init(struct engine *engine);

/* Routing: sets `out` and realm. False: the packet ends here, the outcome says why. */
bool route_out(struct run *run);
/*
 * The same within OUTPUT, whose chains see the old device to the end (state->out of nf_hook_state);
 * route_take() puts the new one in its place.
 */
bool route_again(struct run *run);
void route_take(struct run *run);

enum way_in { WAY_HERE, WAY_ON, WAY_NOWHERE };
/* Of a packet that arrived: to this host, on to another, or nowhere (the outcome says why). */
enum way_in route_in(struct run *run);
/* Before FORWARD: may it be sent on at all? Takes one hop off. */
bool route_forward(struct run *run);

static inline bool run_is_traced(const struct run *run)
{
	return run->input->trace != NULL;
}
/* Fills in hook and eval, and hands the event over. */
void run_event(struct run *run, struct event *event);

/* Ends the packet's way by something else than a rule. */
void run_end(struct run *run, enum fate fate, const char *why);

#endif
