/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside convert/: rules of either old dialect in one form, each a row of tests, side effects and an
 * end. What one rule of a dialect says in ways that the other has no words for (several directions,
 * flags of one protocol among all) is several rows.
 */
#ifndef POSTERN_CONVERT_ROWS_H
#define POSTERN_CONVERT_ROWS_H

#include "convert/convert.h"
#include "ext/old.h"

enum { PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17 };
enum { FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16 };

enum row_end {
	ROW_NONE, ROW_ACCEPT, ROW_DENY, ROW_REJECT, ROW_MASQ, ROW_REDIRECT, ROW_RETURN, ROW_CALL,
};

struct range {
	uint16_t low, high;
};

/* Ports of a side, or types (source) and codes (destination) of ICMP; none: any. */
struct side {
	struct range ranges[OLD_PORTS_MOST];
	unsigned count;
	bool inverted;
};

struct row {
	struct row *next;
	int line;			/* of the input */
	bool turned;			/* the other direction of -b */
	struct network src, dst;
	uint8_t invert;			/* enum head_invert; INVERT_IN for the device */
	uint8_t proto;
	char device[IFNAMSIZ];		/* "": any */
	struct side ports[2];
	uint8_t flag_mask, flags;	/* of TCP; mask 0: none */
	bool flags_inverted;
	bool fragment;			/* -f; inverted by INVERT_FRAGMENT */
	const struct old_tos *tos;
	const struct old_mark *mark;
	const struct old_copy *copy;
	bool log;
	enum row_end end;
	uint16_t port;			/* of REDIRECT, 0: the packet's own */
	const char *call;
};

struct row_chain {
	struct row_chain *next;
	const char *name;
	enum policy policy;
	bool builtin;
	struct row *first, *last;
};

struct rows {
	struct row_chain *first, *last;
	struct row_chain *acct_in, *acct_out;	/* NULL: there is no accounting */
	/* Of the table portfw: by address, by mark, of ranges, in this order */
	const struct rule **forwards;
	size_t forward_count;
};

void rows_make(struct conversion *c, struct rows *rows);
struct row_chain *rows_chain(const struct rows *rows, const char *name);
/* Whether a chain, or what it calls, has a row that `wanted` finds. */
bool rows_any(const struct rows *rows, const struct row_chain *chain,
	      bool (*wanted)(const struct row *row));

bool side_is_any(const struct side *side);
bool network_is_any(const struct network *net);

void remark(struct conversion *c, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of counters and logs, which explains no other fate. */
void remark_aside(struct conversion *c, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line of the output, which comes from that of the input; without its newline. */
void put_line(struct conversion *c, struct sink *out, int line, const char *text);

void print_ipchains(struct conversion *c, const struct rows *rows, struct sink *out);
void print_iptables(struct conversion *c, const struct rows *rows, struct sink *out);

#endif
