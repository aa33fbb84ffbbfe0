/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that write iptables' rules: the places that a chain of the old dialects is copied
 * to, the copies with their rows, the tables.
 */
#ifndef POSTERN_CONVERT_IPTABLES_H
#define POSTERN_CONVERT_IPTABLES_H

#include "base/vec.h"
#include "convert/rows.h"

/* Where an address or port of the old chain is looked for. */
enum where {
	WHERE_PACKET,		/* as the packet has it */
	WHERE_ORIGINAL,		/* as its flow had it first: --ctorigdst of the destination */
	WHERE_REPLY,		/* as its flow's replies have it: --ctrepldst */
	WHERE_MASQ,		/* not yet there: the leaving device's address, ports of masquerading */
};

/* What the copy is for. */
enum purpose { FOR_VERDICTS, FOR_EFFECTS, FOR_NAT };

/* Tests of a row in a place, as text behind "-A CHAIN"; the device comes from `device`. */
struct tests {
	struct conversion *c;
	char device;			/* 'i' or 'o' */
	enum where src, dst;
	void (*each)(void *context, const struct row *row, const char *text);
	void *context;
};

/* Calls `each` for every rule of iptables that the row's tests need; never when it can fit nothing. */
void tests_print(const struct tests *tests, const struct row *row);

/* ------------------------------------------------------------------ places (place.c) */

enum place_name {
	IN_LOCAL, IN_NAT, OUT_LOCAL, OUT_NAT,
	IN_ROUTED, IN_REPLY, IN_FORWARDED, FORWARD, OUT_ROUTED, OUT_MASQ,
	NAT_IN, NAT_FORWARD,
	MANGLE_IN, MANGLE_FORWARD, MANGLE_OUT,
	PLACES, NOWHERE = PLACES,
};

struct place_row {
	const char *chain;		/* of iptables */
	const char *of;			/* the old chain */
	char device;
	enum where src, dst;
	enum purpose purpose;
	enum place_name next, masq;	/* where ACCEPT and MASQ go on; NOWHERE: ACCEPT */
	const char *reject;		/* the target of REJECT */
	bool builtin;
};
extern const struct place_row places[PLACES];

/* A copy of a chain that is still to be written, or was. */
struct copy {
	enum place_name place;
	const struct row_chain *chain;
};

struct writer {
	struct conversion *c;
	const struct rows *rows;
	struct sink *out;
	bool masquerades, redirects;
	/* Of the table that is being written */
	struct sink names;
	struct { const char **items; size_t count, room; } rules;
	struct { int *items; size_t count, room; } from;
	struct { struct copy *items; size_t count, room; } copies;
	/* Of the copy */
	enum place_name place;
	const struct row_chain *chain;
	const char *name;
};

/* A rule, from this line of the input (0: none); `tests` begin with a space. Text in c->arena. */
void writer_add(struct writer *w, int line, const char *chain, const char *tests,
		const char *target);
/* A chain of the table, with its policy or "-". */
void writer_declare(struct writer *w, const char *name, const char *policy);
const struct row_chain *writer_chain(const struct writer *w, enum place_name place);
const char *writer_copy_name(struct writer *w, enum place_name place,
			     const struct row_chain *chain);
/* The copy's name; it will be written. */
const char *writer_want(struct writer *w, enum place_name place, const struct row_chain *chain);
/* The target that leads a packet on to a place; NOWHERE: ACCEPT. */
const char *writer_enter(struct writer *w, enum place_name place);
/* ... of a policy, in a chain that has no other place for it. */
const char *writer_policy(struct writer *w, enum place_name place, enum policy policy);

/* ------------------------------------------------------------------ copies (copy.c) */

bool row_masquerades(const struct row *r);
bool row_redirects(const struct row *r);
/* Changes the packet: TOS, a mark that is set. */
bool row_changes(const struct row *r);
/* A test of what is not translated yet where iptables changes or counts packets. */
bool row_tests_source(const struct row *r);
/* All that are wanted, which may want more. */
void writer_copies(struct writer *w);
/* What tests_print() calls with the rules of a row, in the copy that is being written. */
void writer_variant(void *context, const struct row *r, const char *tests);

#endif
