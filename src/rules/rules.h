/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule-set model. Every dialect makes it, every backend takes it, every listing starts from it.
 * It is a value: nothing in it refers to a kernel, a socket or a command line. All of a rule set is
 * in its arena.
 */
#ifndef POSTERN_RULES_RULES_H
#define POSTERN_RULES_RULES_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "net/addr.h"

struct ext;	/* ext/ext.h; a rule only carries the pointer */

enum { CHAIN_NAME_MAX = 28 };	/* XT_FUNCTION_MAXNAMELEN - 1, as iptables counts */

struct counters {
	uint64_t packets, bytes;
};

/* Which header tests are negated ("! -s"). */
enum head_invert {
	INVERT_SRC = 1, INVERT_DST = 2, INVERT_IN = 4, INVERT_OUT = 8, INVERT_PROTO = 16,
	INVERT_FRAGMENT = 32,
};

/* What every rule can say without an extension. */
struct head {
	struct network src, dst;
	char in[IFNAMSIZ], out[IFNAMSIZ];	/* "" any; a final '+' stands for any rest */
	uint8_t proto;				/* 0: any */
	uint8_t invert;				/* enum head_invert */
	bool fragment;				/* -f, IPv4 */
};

/* One use of a match or a target: the extension and its data, laid out as the extension says. */
struct use {
	const struct ext *ext;
	void *data;		/* ext->size bytes, 8-aligned; NULL when the size is 0 */
};

/* How a rule ends. */
enum jump_kind {
	JUMP_NONE,		/* no target: count only */
	JUMP_TARGET,		/* `target` */
	JUMP_CHAIN,		/* -j CHAIN */
	JUMP_GOTO,		/* -g CHAIN */
};

/*
 * What a backend found that rules/ has no words for. The rule is kept, listed as such, never
 * changed; `text` says what it is as well as we can.
 */
struct unsaid {
	const char *text;
};

/* 100,000 of them are no rarity: the order of the members is for its size. */
struct rule {
	struct rule *prev, *next;	/* in the chain; NULL at its ends */
	struct head head;
	bool counts;			/* the backend's rule has a counter */
	bool counters_given;		/* -c or [p:b] */
	uint8_t jump;			/* enum jump_kind */
	uint8_t more_count;		/* of `more` */
	uint16_t match_count;
	uint32_t id;			/* of a rule added in this transaction, 0: none */
	int line;			/* of the input, 0: none */
	struct counters counters;
	struct use *matches;
	struct use target;
	const char *chain_to;		/* JUMP_CHAIN, JUMP_GOTO */
	const struct unsaid *unsaid;	/* NULL: everything could be said */
	uint64_t handle;		/* the backend's own name of it, 0: not loaded */
	/* Further names, where a backend needs several rules for it; of a replacement: the old one's */
	const uint64_t *more;
};

/* The last two are those of ipchains and ipfwadm; iptables has no words for them. */
enum policy { POLICY_NONE, POLICY_ACCEPT, POLICY_DROP, POLICY_REJECT, POLICY_MASQUERADE };

struct chain {
	const char *name;
	struct chain *next;		/* in the table, in order */
	struct table *table;
	struct rule *first, *last;
	uint32_t rule_count;
	uint32_t references;		/* jumps to it */
	uint64_t handle;
	struct counters counters;	/* of the policy */
	enum policy policy;
	bool builtin;			/* a base chain of iptables' own, or one that could be */
	bool exists;			/* in the backend; a built-in one may not yet */
	bool counts;			/* base chain with counters */
	bool loaded;			/* `first`..`last` are what the backend has */
	bool foreign;			/* a base chain that iptables has no name for */
};

struct table {
	const char *name;
	enum family family;
	struct table *next;
	struct chain *first, *last;	/* built-in chains first, in hook order */
	struct hash by_name;
	struct ruleset *ruleset;
	bool exists;
	uint64_t handle;
};

struct ruleset {
	struct arena arena;
	struct table *first, *last;
	uint32_t generation;		/* of the backend when it was read; 0 unknown */
	uint64_t last_handle;		/* no handle up to this one may be given out again */
};

#define RULESET_INIT ((struct ruleset){ 0 })

void ruleset_free(struct ruleset *rs);
#define AUTO_RULESET __attribute__((cleanup(ruleset_free))) struct ruleset

struct table *ruleset_table(const struct ruleset *rs, enum family family, const char *name);
/* Finds or adds; the name is copied. */
struct table *ruleset_add_table(struct ruleset *rs, enum family family, const char *name);

struct chain *table_chain(const struct table *table, const char *name);
/* Appends a chain; the name is copied. The caller has looked that there is none of that name. */
struct chain *table_add_chain(struct table *table, const char *name);
void table_remove_chain(struct table *table, struct chain *chain);
void table_rename_chain(struct table *table, struct chain *chain, const char *name);
/* Moves a chain, already in the table, in front of `before` (NULL: to the end). */
void table_move_chain(struct table *table, struct chain *chain, struct chain *before);

/*
 * iptables shows a built-in chain whether or not the backend has it. A placeholder of one: empty,
 * policy ACCEPT, exists == false.
 */
void chain_make_placeholder(struct chain *chain);
/* Adds a placeholder for the built-in chain of that name, or for all that the table lacks. */
void table_add_builtin(struct table *table, const char *name);
void table_add_builtins(struct table *table);
/* Puts the chains into the order of listings: built-in ones, foreign ones, the rest by name. */
void table_order(struct table *table);

/* The rule of a number from 1, or NULL. */
struct rule *chain_rule(const struct chain *chain, uint32_t number);
/* Puts `rule` in front of `before`, or at the end when that is NULL. */
void chain_insert(struct chain *chain, struct rule *rule, struct rule *before);
void chain_remove(struct chain *chain, struct rule *rule);
void chain_clear(struct chain *chain);

/* The built-in tables and chains of iptables, in the order in which they are listed. */
struct builtin_chain {
	const char *name;
	const char *type;	/* nf_tables chain type */
	int32_t priority;
	uint8_t hook;		/* NF_INET_* */
};

enum dialect { DIALECT_IPTABLES, DIALECT_IPCHAINS, DIALECT_IPFWADM, DIALECT_PORTFW };

struct builtin_table {
	const char *name;
	const struct builtin_chain *chains;
	size_t count;
	enum dialect dialect;
};

extern const struct builtin_table builtin_tables[];
extern const size_t builtin_table_count;

/* NULL when iptables has no such table. */
const struct builtin_table *builtin_table(const char *table);
/*
 * The tables of the older dialects (doc/dialects.md), which are IPv4 only. Their chains are regular
 * ones inside hook chains; hook and priority say where a packet meets them. NULL: none of theirs.
 */
const struct builtin_table *old_table(enum family family, const char *table);
extern const struct builtin_table old_tables[];
extern const size_t old_table_count;
/* Of any dialect's table; NULL when it has no such chain. */
const struct builtin_chain *builtin_chain(const char *table, const char *chain);

#endif
