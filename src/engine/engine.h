/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The packet engine: judges packets by a rule set in user space, hook by hook as the kernel does,
 * with connection tracking and NAT. It is what explains, tests, replays, filters without
 * privileges, and reviews changes.
 */
#ifndef POSTERN_ENGINE_ENGINE_H
#define POSTERN_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "engine/conntrack.h"
#include "net/host.h"
#include "net/ipset.h"
#include "ext/eval.h"
#include "rules/rules.h"

struct engine;

struct engine_config {
	const struct ruleset *rules;	/* not owned; unchanged while the engine lives, but for
					 * counters */
	const struct host *host;	/* not owned; NULL: a host of which nothing is known. It may
					 * change between packets; then conntrack_host_changed() */
	const struct ipsets *sets;	/* not owned, unchanged; NULL: nothing is known of sets */
	struct conntrack_limits limits;
	bool linear;			/* without an index, which takes time to make: every rule
					 * of a chain is tried */
	bool keep_counters;		/* counts in the rules and chains of the rule set */
};

/* Compiles the rule set. An extension that cannot be evaluated is no error: it is "unknown". */
int engine_open(struct engine **engine, const struct engine_config *config, struct err *err);
void engine_close(struct engine **engine);
#define AUTO_ENGINE __attribute__((cleanup(engine_close))) struct engine
/*
 * Another rule set between two packets: connections, shared state and quotas of rules that are
 * still there stay. The old rule set may be freed afterwards.
 */
void engine_replace(struct engine *engine, const struct ruleset *rules);
/*
 * As if it had just been opened: no connections, nothing kept by rules or shared between them. The
 * program stays, so that many packets can each be asked about on their own.
 */
int engine_forget(struct engine *engine, struct err *err);
/*
 * Base chains that are not evaluated, because packets of their family, or their hook, are none of
 * the engine's: the n-th, or NULL. Who shows a verdict says so.
 */
const struct chain *engine_left_out(const struct engine *engine, size_t n);
/* Who looks at packets at a hook: a base chain, or what stands around those of older dialects. */
struct place_in_hook {
	uint8_t hook;
	const struct table *table;
	const struct chain *chain;	/* NULL: `what` */
	const char *what;		/* "masquerading" */
};
/* Calls for each of a family, in the order in which packets meet them. */
void engine_each_place(const struct engine *engine, enum family family,
		       void (*each)(void *context, const struct place_in_hook *place),
		       void *context);
struct conntrack *engine_conntrack(struct engine *engine);
/* The views that extensions get; callers may set what they know better (random, sets, clock). */
struct world *engine_world(struct engine *engine);

/* ------------------------------------------------------------------ one packet */

enum fate {
	FATE_DELIVERED,		/* to this host */
	FATE_FORWARDED, FATE_SENT,
	FATE_DROPPED, FATE_REJECTED, FATE_STOLEN, FATE_QUEUED,
	FATE_UNKNOWN,		/* an unknown decides, and the run was told to stop there */
	FATE_HELD,		/* a fragment that waits for the others */
};

/*
 * What the run does at an unknown: `decide` answers yes or no for it (the reason is e->why), or
 * "unknown": the run ends with FATE_UNKNOWN.
 */
struct unknown {
	const struct rule *rule;
	const struct use *use;		/* NULL: the rule's own head */
	uint32_t nth;			/* unknowns of this run before this one */
	const char *why;
};

struct input {
	struct packet *packet;		/* changed as the rules say */
	enum packet_flaw flaw;		/* what packet_parse said of it */
	/*
	 * in == "" and KNOWN_IN: made here. KNOWN_OUT: taken for the answer of routing ("": to this
	 * host), which is not asked then.
	 */
	struct meta meta;
	bool bridged;			/* from one port of a bridge to another: PREROUTING, FORWARD
					 * and POSTROUTING with the devices given, no routing */
	uint64_t now;			/* ns */
	const struct conn_view *fixed;	/* NULL, or the connection instead of what is tracked */
	enum answer (*decide)(void *context, const struct unknown *unknown);	/* NULL: stop */
	const struct trace *trace;	/* NULL: none */
	void *context;			/* of decide */
	const struct rule *without;	/* a rule that is passed over, as if it were not there */
};

struct outcome {
	enum fate fate;
	uint8_t hook;			/* where it was decided; the last hook it passed */
	const struct table *table;	/* deciding chain's; NULL: nobody objected */
	const struct chain *chain;	/* chain of the deciding rule, or base chain of the policy */
	const struct rule *rule;	/* NULL: the policy, or not by rules */
	uint32_t number;		/* of the rule, from 1; 0: none */
	const char *why;		/* in words, when it was not by rules ("no route"), or not
					 * known; static, or in `text` */
	struct meta meta;		/* as it was at the end; `out` as routed */
	struct conn_view ct;
	unsigned reject_type, reject_code;	/* FATE_REJECTED: NFT_REJECT_* */
	uint16_t queue;
	bool bypass;			/* FATE_QUEUED: it goes on where no program listens */
	char text[160];
};

/* Never fails: what cannot be judged has the fate UNKNOWN and a reason. */
void engine_run(struct engine *engine, struct input *input, struct outcome *outcome);

/* ------------------------------------------------------------------ what happened on the way */

enum event_kind {
	EVENT_HOOK,		/* hook */
	EVENT_CHAIN,		/* a base chain begins: table, chain */
	EVENT_RULE,		/* a rule was tried: answer; on NO test/use tell what failed */
	EVENT_JUMP, EVENT_RETURN,	/* into `chain`; back from it */
	EVENT_POLICY,		/* verdict of `chain` */
	EVENT_TRACKED,		/* state and connection */
	EVENT_NAT,		/* the packet's addresses changed; `before` tells what they were */
	EVENT_ROUTE,		/* out device, or why not */
	EVENT_ACT,		/* what a target did, in words */
};

struct event {
	enum event_kind kind;
	uint8_t hook;
	const struct table *table;
	const struct chain *chain;
	const struct rule *rule;
	uint32_t number;		/* of the rule, from 1 */
	enum answer answer;
	enum verdict verdict;
	const struct use *use;		/* of the condition that failed; NULL: the rule's head */
	const struct test *test;	/* NULL: a condition without a field (`why` may say more) */
	uint8_t seen[16];		/* value of the field test looked at */
	bool has_seen;
	const char *why;
	const struct eval *eval;	/* the packet as it is now */
	const struct packet *before;
};

struct trace {
	void *context;
	void (*event)(void *context, const struct event *event);
};

/* "destination port is 80" of a failed test: what the field is, in words. */
void event_print_seen(struct sink *sink, const struct event *event);

#endif
