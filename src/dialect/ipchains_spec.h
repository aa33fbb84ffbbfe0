/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside dialect/: an ipchains command line taken apart, before its words get their meaning. */
#ifndef POSTERN_DIALECT_IPCHAINS_SPEC_H
#define POSTERN_DIALECT_IPCHAINS_SPEC_H

#include "dialect/ipchains.h"

/* Options in the columns of the table that says which goes with which command. */
enum ipchains_option {
	OPT_N = 1, OPT_S = 2, OPT_D = 4, OPT_P = 8, OPT_J = 16, OPT_Y = 32, OPT_B = 64, OPT_V = 128,
	OPT_L = 256, OPT_X = 512, OPT_T = 1024, OPT_I = 2048, OPT_F = 4096, OPT_M = 8192,
	OPT_PORTS = 16384, OPT_O = 32768, OPT_LINES = 65536,
};

/* A word of the command line that waits for its meaning. */
struct word {
	const char *text;	/* NULL: not given */
	int at;			/* its number */
	bool inverted;
};

struct ipchains_spec {
	char command;		/* its letter, 'd' for -D with a number; 0: none yet */
	char second;		/* 'Z' beside -L, 'M' beside -L and -S */
	unsigned options;	/* enum ipchains_option */
	struct word chain, number, policy;
	struct word proto, src, dst, sport, dport, icmp, device, target, redirect;
	struct word mark, and, xor, output, timeouts[3];
	bool syn, syn_inverted, fragment, fragment_inverted, both, log, no_warnings, help_icmp;
};

struct ipchains_parser {
	struct arena *arena;
	const struct ipchains_words *words;
	struct ipchains_call *call;
	struct err *err;
	struct ipchains_spec spec;
	size_t next;		/* word */
	bool bang;		/* a `!` waits for what it is about */
	struct sink warnings;
};

/* ipchains_scan.c */
int ipchains_scan(struct ipchains_parser *p);
/* ERR_SYNTAX at a word (-1: none). */
int ipchains_bad(struct ipchains_parser *p, int at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ipchains_rule.c: the rules of the spec, as many as its addresses make, into `command`. */
int ipchains_rules(struct ipchains_parser *p, struct command *command);
/* ipchains_check.c: the packets of -C. */
int ipchains_packets(struct ipchains_parser *p);

/* ipchains_rule.c: the meaning of single words. */
int ipchains_proto(struct ipchains_parser *p, uint8_t *proto);
int ipchains_ports(struct ipchains_parser *p, uint8_t proto, struct old_ports *ports);
int ipchains_device_name(struct ipchains_parser *p, char name[IFNAMSIZ]);
int ipchains_addresses(struct ipchains_parser *p, const struct word *w, struct network *nets,
		       size_t *count);

/* What a word behind -j is; everything else is the name of a chain. */
enum target_word {
	WORD_CHAIN, WORD_ACCEPT, WORD_DENY, WORD_REJECT, WORD_MASQ, WORD_REDIRECT, WORD_RETURN,
};

/* ipchains_rule.c; NULL is no word: WORD_CHAIN. */
enum target_word ipchains_target_word(const char *text);

#endif
