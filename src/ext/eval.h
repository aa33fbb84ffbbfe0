/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an extension sees when it evaluates a packet: the packet, what is known beside its bytes,
 * its connection, and narrow views of the world (clock, chance, sets, routes, NAT). The engine
 * fills them in. A view that is not there (NULL, or "not known") makes an extension answer
 * "unknown", with the reason; it never guesses.
 */
#ifndef POSTERN_EXT_EVAL_H
#define POSTERN_EXT_EVAL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/field.h"
#include "net/packet.h"

struct ext;
struct opt;
struct use;
struct nf_nat_range2;

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

/* What a target, or a chain, says of a packet. NONE: the next rule. */
enum verdict {
	VERDICT_NONE, VERDICT_ACCEPT, VERDICT_DROP, VERDICT_RETURN,
	VERDICT_STOLEN,		/* somebody else has it now: it goes no further, nothing is said */
	VERDICT_QUEUE,		/* a program decides (NFQUEUE) */
	VERDICT_REJECT,		/* dropped, and the sender is told */
};

static inline enum answer answer_not(enum answer a)
{
	return a == ANSWER_UNKNOWN ? a : a == ANSWER_YES ? ANSWER_NO : ANSWER_YES;
}

static inline enum answer answer_of(bool yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

/* ------------------------------------------------------------------ beside the bytes */

/* Bits of meta.known: the others are not known, and asking for them answers "unknown". */
enum meta_known {
	KNOWN_IN = 1, KNOWN_OUT = 2,	/* the device, its group; "" is "none" and known */
	KNOWN_MARK = 4, KNOWN_OWNER = 8, KNOWN_PKTTYPE = 16, KNOWN_CPU = 32, KNOWN_REALM = 64,
	KNOWN_PRIORITY = 128, KNOWN_BRIDGE = 256, KNOWN_LINK = 512,
};

struct meta {
	unsigned known;
	char in[IFNAMSIZ], out[IFNAMSIZ];
	uint32_t in_group, out_group;
	char bridge_in[IFNAMSIZ], bridge_out[IFNAMSIZ];	/* ports of a bridge */
	uint32_t mark, priority, secmark, realm, cpu;
	uint8_t pkttype;	/* PACKET_* of linux/if_packet.h */
	bool has_socket;	/* sent by a local socket: uid, gid hold (KNOWN_OWNER) */
	bool traced;
	uint32_t uid, gid;
	/*
	 * The control group of the sending socket, from the root of cgroup2; "": it has none, as
	 * one that is not connected yet. NULL: not known. Borrowed.
	 */
	const char *cgroup;
};

/* ------------------------------------------------------------------ the connection */

enum conn_state { CONN_INVALID, CONN_NEW, CONN_RELATED, CONN_ESTABLISHED, CONN_UNTRACKED };

/* One direction. Ports; for ICMP queries the identifier in both, type and code beside. */
struct tuple {
	union inet_addr src, dst;
	be16 sport, dport;
	uint8_t proto, family;
	uint8_t icmp_type, icmp_code;
};

/*
 * A connection as rules see it. engine/conntrack keeps these; the reviewer fills one from the
 * kernel's.
 */
struct connection {
	struct tuple way[2];		/* IP_CT_DIR_ORIGINAL, IP_CT_DIR_REPLY */
	uint32_t status;		/* IPS_* of linux/netfilter/nf_conntrack_common.h */
	uint32_t mark, secmark;
	uint8_t labels[16];		/* bit n of byte n/8 */
	uint16_t zone;
	uint64_t packets[2], bytes[2];	/* by direction */
	uint64_t expires;		/* ns of the engine's clock */
	char helper[16];		/* "": none */
	struct connection *master;	/* of an expected one, else NULL */
};

struct conn_view {
	bool known;			/* false: nothing about state or connection is known */
	enum conn_state state;
	uint8_t direction;		/* IP_CT_DIR_* */
	struct connection *conn;	/* NULL: there is none (invalid, untracked) */
};

/* ------------------------------------------------------------------ the world */

struct eval;

/* A set of ipset(8) as a rule uses it (struct ip_set_adt_opt of the kernel). */
struct set_use {
	uint16_t index;		/* the rule's number of it; names: set_names of type/types.h */
	uint8_t dim;		/* parts of an element that are given */
	uint8_t flags;		/* BIT(n): the n-th part, from 1, is the packet's source */
	uint32_t options;	/* IPSET_FLAG_* of a rule: RETURN_NOMATCH, SKIP_COUNTER_UPDATE ... */
	uint32_t timeout;	/* for adding, seconds; UINT32_MAX: the set's own */
	uint8_t packets_op, bytes_op;	/* IPSET_COUNTER_* */
	uint64_t packets, bytes;	/* that the element's counters are compared with */
};

/* What an element says besides (skbinfo). */
struct set_found {
	uint32_t mark, mark_mask, priority;
	uint16_t queue;
};

/* Where NAT's addresses come from: the range, or those of the device (ports from the range). */
enum nat_how { NAT_RANGE, NAT_MASQUERADE, NAT_REDIRECT };

/*
 * Views of the world. Each may be NULL: not known. `context` is the engine's.
 */
struct world {
	void *context;
	uint64_t now;			/* ns, of a clock that only goes forward */
	bool time_known;		/* wall and zone hold */
	int64_t wall;			/* seconds since 1970-01-01 UTC */
	int32_t zone;			/* seconds east of UTC */
	uint32_t hz;			/* ticks in a second where the kernel counts in ticks
					 * (hashlimit, recent); 0: 250 */

	/* 32 random bits; NULL: chance decides and is not known. */
	uint32_t (*random)(void *context);

	/*
	 * Is the packet in the set? Counts in it unless that is switched off. `found` (may be NULL)
	 * gets what its element says besides.
	 */
	enum answer (*set_has)(void *context, struct eval *e, const struct set_use *use,
			       struct set_found *found);
	/* -j SET: adds or removes. False: not known, or full. */
	bool (*set_change)(void *context, struct eval *e, const struct set_use *use, bool add);

	/*
	 * RTN_* of linux/rtnetlink.h of an address, as the host's routing tables have it; `device`
	 * (may be NULL) limits the question to it. Negative: not known.
	 */
	int (*addr_type)(void *context, enum family family, const uint8_t *addr,
			 const char *device);
	/* Would the packet's source be reached through the device it came from? */
	enum answer (*reverse_path)(void *context, struct eval *e, unsigned flags);
	/* Has the device ports, as a bridge has them? */
	enum answer (*is_bridge)(void *context, const char *device);
	/*
	 * What fits into one packet on the way to the packet's destination and back to its source;
	 * negative: not known.
	 */
	int64_t (*path_mtu)(void *context, struct eval *e);

	/*
	 * State that uses of one name share (recent lists, hashlimit tables, rate estimators) or a
	 * rule keeps for itself. Zeroed when made; lives as long as the engine. NULL when the cap
	 * of such tables is reached.
	 */
	void *(*shared)(void *context, const char *kind, const char *name, size_t size);

	/* Number of connections counted by connlimit's rule; negative: not known. */
	int64_t (*count_connections)(void *context, struct eval *e, const void *key,
				     size_t key_len, void *state);

	/* ---- what targets do; NULL: noted only by the trace */
	/* Binds the connection's addresses; verdict ACCEPT, or DROP when none is free. */
	enum verdict (*nat)(void *context, struct eval *e, const struct nf_nat_range2 *range,
			    bool source, enum nat_how how);
	void (*log)(void *context, struct eval *e, const char *prefix, unsigned level,
		    unsigned flags, int group);
	/* An answer to the sender: NFT_REJECT_ICMP_UNREACH with code, or NFT_REJECT_TCP_RST. */
	void (*reject)(void *context, struct eval *e, unsigned type, unsigned code);
	/* A copy to another gateway (TEE). */
	void (*copy)(void *context, struct eval *e, const union inet_addr *gateway,
		     const char *device);
	/*
	 * How connection tracking shall look at the packet (CT, NOTRACK). `dirs` are BIT(IP_CT_DIR_*)
	 * of the zone, 0 both; helper "" none.
	 */
	bool (*track)(void *context, struct eval *e, bool notrack, uint16_t zone, unsigned dirs,
		      const char *helper);
	/* To a queue of user space. */
	void (*queue)(void *context, struct eval *e, unsigned number, unsigned flags);
};

struct eval {
	struct packet *packet;
	struct meta *meta;
	struct conn_view ct;
	const struct world *world;
	enum family family;
	uint8_t hook;		/* NF_INET_* */
	uint8_t table;		/* TABLE_* of ext.h */
	bool hotdrop;		/* a match found the packet unfit: it is dropped (xt_action_param) */
	bool leaving;		/* a chain output of an older dialect looks at it */
	bool simulated;		/* nothing with a lasting effect may be done (a look ahead) */
	const char *why;	/* of the last "unknown": static, or owned by `text` */
	char text[120];
};

/* Answers "unknown" with the reason, a clause as in "who is in set bans is not known". */
enum answer eval_unknown(struct eval *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Loads a field of the packet or of what is known beside it: `bytes` as an ask holds them.
 * ANSWER_NO: the packet has no such field (every test of it fails, negated or not, as an nf_tables
 * expression that breaks, and as an xtables match that finds no header).
 */
enum answer field_read(struct eval *e, enum field field, uint8_t bytes[16]);
/* What nf_tables' own expressions find in a fragment other than the first: a transport field. */
enum answer field_read_later(struct eval *e, enum field field, uint8_t bytes[16]);

/*
 * Reading it may set e->hotdrop: the matches of xtables that look at this field drop packets whose
 * header is not whole.
 */
bool field_drops_unfit(enum field field);

/* The test itself, on bytes that were read. */
bool ask_holds(const struct ask *ask, const uint8_t bytes[16]);
/*
 * field_read and ask_holds, with ask->negate. A NO may come with e->hotdrop (as from any match): the
 * packet is dropped at once.
 */
enum answer ask_answer(struct eval *e, const struct ask *ask);

/* Until the packet's connection, which there is, is forgotten; ns. */
uint64_t conn_time_left(const struct eval *e);

/* ------------------------------------------------------------------ uses, evaluated */

/*
 * A use made ready: its options as asks, or its own function. Asks are the same as nf_tables would
 * get where that is possible, but need not be (`field_or`, FIELD_DSCP, OPT_BLOB are evaluated
 * here, too).
 */
struct test {
	struct ask ask;
	enum field field_or;		/* FIELD_NONE: only ask.field */
	const struct opt *opt;		/* whose test it is; for explanations */
};

enum { TESTS_MOST = 16 };

/* One test: field or field_or, then negated. */
enum answer test_answer(struct eval *e, const struct test *test);

/* The test of one option that stands there and has a field; for `match` functions. */
enum answer opt_answer(struct eval *e, const struct opt *opt, const void *data);

/*
 * The tests that a use is, in the order of saves; all must hold. Returns their number (0: it matches
 * every packet), or -1 when they do not say it: then the extension's `match` is asked, or it is
 * `unknowable`. An extension with a `match` has tests, too, where they mean the same.
 */
int use_tests(enum family family, const struct use *use, struct test *tests, size_t room);

/*
 * The tests of the options alone, though the extension's function may look at more (that a header is
 * whole, say): what a packet is made from that is to match. -1: an option has no test.
 */
int use_asks(enum family family, const struct use *use, struct test *tests, size_t room);

/*
 * The whole answer of a match, for callers that did not make the use ready: the engine keeps the
 * tests. `state` as ext->state says, NULL when that is 0.
 */
enum answer use_answer(struct eval *e, const struct use *use, void *state);

/* What an extension's functions are called with. */
typedef enum answer match_function(struct eval *e, const void *data, void *state);
/* Carries a target out. */
typedef enum verdict act_function(struct eval *e, const void *data, void *state);

/* What a target does that neither the packet nor a rule can tell: nothing. The next rule is next. */
act_function act_nothing;
/* mark = (mark & ~mask) ^ value; a mark that was not known is, when all of it is set. */
void act_set_mark(struct eval *e, uint32_t value, uint32_t mask);

#endif
