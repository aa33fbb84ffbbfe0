/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the older dialects (ipchains, ipfwadm) share, and what a backend asks of them: a rule as a
 * few words and back. The words go with the rule as a comment, so that people and later calls find
 * it again.
 */
#ifndef POSTERN_DIALECT_OLD_H
#define POSTERN_DIALECT_OLD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "ext/old.h"
#include "rules/rules.h"

/* A comment of nf_tables has room for so many bytes with its NUL (NFT_USERDATA_MAXLEN less two). */
enum { OLD_WORDS_MOST = 254 };

struct old_words {
	/* Numeric, no names looked up: the words of one rule without chain. */
	void (*print)(struct sink *sink, const char *chain, const struct rule *rule);
	/* The rule of such words, in the arena; NULL when they are none. */
	struct rule *(*read)(struct arena *arena, const char *chain, const char *words);
};

/* NULL when the dialect has none. */
const struct old_words *old_words(enum dialect dialect);
extern const struct old_words ipchains_words, ipfwadm_words, portfw_words;

/* ------------------------------------------------------------------ manual pages */

struct old_page {
	const char *name, *summary;
	void (*put)(struct sink *sink);		/* what follows the heading */
};

extern const struct old_page ipchains_pages[], ipfwadm_pages[], portfw_pages[];	/* end with a NULL name */

/* A row of a page or of a help text. */
struct words_meaning {
	const char *words, *means;
};
/* A section of a page. */
void old_manual_rows(struct sink *sink, const char *heading, const struct words_meaning *rows,
		     size_t count);
/* The names that have a manual page, n from 0, NULL at the end; and the page of one. */
const char *old_page_name(size_t n);
void old_manual(struct sink *sink, size_t n, const char *date);

/* ------------------------------------------------------------------ making rules */

/* Puts a use behind the others of its rule; `data` (ext->size bytes) is copied into the arena. */
void old_add(struct arena *arena, struct rule *rule, enum old_use which, const void *data);
/* ACCEPT, DROP, RETURN, or one of the old targets with data. */
void old_target(struct arena *arena, struct rule *rule, const char *verdict, enum old_use which,
		const void *data);
/* True when the rule ends with that plain verdict. */
bool old_is_verdict(const struct rule *rule, const char *verdict);

/*
 * An ipfwadm rule without its -b and with source and destination exchanged (types of ICMP stay); in
 * the arena.
 */
struct rule *old_turn_rule(struct arena *arena, const struct rule *rule);

/* ------------------------------------------------------------------ words (old_words.c) */

/* Four decimal bytes and nothing else; 10 and 0x0a.0.0.1 are names. */
bool old_parse_dotted(const char *text, union inet_addr *addr);
/* ERR_SYNTAX without a place: the dialects of the time named the option instead. */
int old_bad(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The words of a rule's comment, in the arena; 0: more than `most`. */
size_t old_split(struct arena *arena, const char *text, const char **items, size_t most);
/* "24", "255.255.255.0". */
bool old_parse_mask(const char *text, union inet_addr *mask);
/*
 * "ADDR[/MASK]", numeric or by network or host name (asking the resolver). Addresses masked, equal
 * ones once; at most `room`. Returns how many there are; 0 with `bad_mask` set or not when it is no
 * address. With a mask of zero the part before it is not looked at.
 */
size_t old_networks(const char *text, struct network *nets, size_t room, bool *bad_mask);

enum { OLD_NETWORKS_MOST = 64 };

/* ------------------------------------------------------------------ listings (old_text.c) */

/* 100000 and more in thousands, then millions, then thousands of millions; a blank follows. */
void old_print_count(struct sink *s, uint64_t n, int width, bool exact);
/* Numeric, or by the names of hosts and networks; padded to 20. */
void old_print_network(struct sink *s, const struct network *net, bool numeric);
void old_print_address(struct sink *s, const struct network *net, bool numeric);
/* By the name of the service unless numeric; types of ICMP are numbers. */
void old_print_port(struct sink *s, uint16_t port, uint8_t proto, bool numeric);

/* A flow that is masqueraded. */
struct old_flow {
	union inet_addr src, dst;
	/* Host order; `outside` is what the destination sees as source. ICMP: identifiers, type */
	uint16_t sport, outside, dport;
	uint8_t proto;
	uint32_t seconds;		/* left */
	uint32_t seq;			/* where NAT last changed the length of what was sent */
	int32_t delta, previous_delta;
};

struct old_flow_style {
	bool details;			/* the sequence numbers as well */
	bool numeric;
	bool lower;			/* names of protocols: tcp, as ipfwadm has them */
};

/* A title, and when there are flows the columns; sorts them by source. */
void old_list_flows(struct sink *s, struct old_flow *flows, size_t count,
		    const struct old_flow_style *how);

/* ------------------------------------------------------------------ log lines (old_log.c) */

/* What tells a rule from others of its chain where only its words' sum has room. */
uint32_t old_words_sum(const char *words);

/* A packet that a rule with -l (ipfwadm: -o) logged. */
struct old_log {
	const char *chain, *device;
	const struct rule *rule;	/* NULL: it is no longer there */
	unsigned number;		/* of it; 0: not known */
	bool arriving;			/* before routing */
	const uint8_t *bytes;		/* from the IP header on, maybe cut */
	size_t len;
};

/* The line of the time with its newline. False, and nothing printed: it is no packet of IPv4. */
bool ipchains_log(struct sink *s, const struct old_log *log);
bool ipfwadm_log(struct sink *s, const struct old_log *log);

#endif
