/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in the anonymous sets that rules look into: nft makes one for every "{ ... }" of a rule,
 * constant from then on and deleted with it. They are read after the rules that name them, and only
 * these. Inside kernel/ only.
 */
#ifndef POSTERN_KERNEL_MEMBERS_H
#define POSTERN_KERNEL_MEMBERS_H

#include "base/hash.h"
#include "kernel/internal.h"
#include "kernel/value.h"

/*
 * Of a larger set the first ones are kept, to be shown: no option of iptables takes so many.
 */
enum { MEMBERS_MOST = 16 };

struct member_set {
	struct member_set *next;	/* that is wanted */
	const char *name;
	/*
	 * Constant, anonymous, no concatenation, nothing kept per element: a test of a value and
	 * nothing else, unless it is a map of verdicts.
	 */
	bool plain, map;
	bool more;			/* than MEMBERS_MOST */
	bool intervals;
	uint8_t key_len;
	uint16_t count;
	struct member *members;		/* ascending, as numbers in network order */
};

/* A rule that waits for what is in its sets. */
struct waiting_rule {
	const struct chain *chain;
	struct rule *rule;
	const struct nlmsghdr *message;
};

/* Those of one table. All is in the arena, but for the vectors, which members_free frees. */
struct members {
	struct arena *arena;
	struct hash by_name;
	struct member_set *first, *last;
	struct waiting_rule *items;
	size_t count, room;
	struct edge *edges;		/* of the set being read */
	size_t edge_count;
};

void members_free(struct members *members);
#define AUTO_MEMBERS __attribute__((cleanup(members_free))) struct members

/* True when a range is all that begins with some bits; `mask` (len bytes) has these set. */
bool member_is_prefix(const struct member *m, size_t len, uint8_t *mask);

/* The set, or NULL, and then it is wanted from now on. */
const struct member_set *members_find(struct members *members, const char *name);

/* decode.c: keeps the message of a rule that wants a set, and decodes all of them once more. */
void members_wait(struct members *members, const struct chain *chain, struct rule *rule,
		  const struct nlmsghdr *h);
void members_settle(struct members *members);

/*
 * What NEWSET and NEWSETELEM messages say, untrusted. Elements are gathered (take) and put in order
 * at the end (done). -EBADMSG when it is no such message.
 */
int members_take_set(struct member_set *set, const struct nlmsghdr *h);
int members_take_elements(struct members *members, struct member_set *set,
			  const struct nlmsghdr *h);
void members_done(struct members *members, struct member_set *set);

/* members_read.c: asks the kernel for all sets that are wanted. 0 or -errno, as nl_dump. */
int members_read(struct members *members, struct kernel *kernel, enum family family,
		 const char *table);

#endif
