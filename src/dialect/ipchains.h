/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ipchains dialect (Linux 2.2, ipchains 1.3.10): command lines and save files in, commands out;
 * chains and rules in, listings and save text out. It knows syntax and names, nothing of kernels.
 */
#ifndef POSTERN_DIALECT_IPCHAINS_H
#define POSTERN_DIALECT_IPCHAINS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "dialect/old.h"
#include "rules/command.h"

#define IPCHAINS_TABLE "ipchains"
#define IPCHAINS_VERSION "ipchains 1.3.10, 1-Sep-2000"

enum { IPCHAINS_LABEL_MOST = 8 };

/* What is asked for beside what `struct command` can say. */
enum ipchains_action {
	IPCHAINS_COMMANDS,	/* the commands */
	IPCHAINS_LIST,		/* chain, or all; zero as well with `zero` */
	IPCHAINS_CHECK,		/* packets, from `chain` on */
	IPCHAINS_MASQ_LIST, IPCHAINS_MASQ_SET,
	IPCHAINS_HELP, IPCHAINS_HELP_ICMP, IPCHAINS_VERSION_LINE,
};

/* A packet to be judged: the words of -C. `number` of them, two with -b. */
struct ipchains_packet {
	union inet_addr src, dst;
	uint16_t sport, dport;		/* or ICMP type and code */
	uint8_t proto;
	bool syn, fragment;
	char device[IFNAMSIZ];
};

struct ipchains_call {
	enum ipchains_action action;
	bool verbose, numeric, exact, line_numbers, no_warnings, zero;
	const char *chain;		/* of LIST (NULL: all) and CHECK */
	uint32_t timeouts[3];		/* MASQ_SET: tcp, fin, udp in seconds; 0 keeps */
	struct ipchains_packet packets[2];
	struct rule *echo[2];		/* CHECK with -v: the packets in the words of rules */
	size_t packet_count;
	struct command *commands;	/* COMMANDS */
	const char *warnings;		/* lines, for stdout; NULL: none */
	bool forward_rule;		/* -A or -I of forward: a reason to look at ip_forward */
};

struct ipchains_words {
	const char *const *items;	/* behind the program's name */
	size_t count;
	int line;			/* of a save file, 0: command line */
	bool numeric;			/* no names of hosts: nothing is looked up */
};

/*
 * Reads one command line. Everything is allocated from `arena`. Errors are ERR_SYNTAX (status 2)
 * with the text alone; the caller puts the program's name in front, a hint line behind.
 */
int ipchains_parse(struct arena *arena, const struct ipchains_words *words,
		   struct ipchains_call *call, struct err *err);

/* ------------------------------------------------------------------ text */

/* "-A" words of a rule as ipchains-save writes them: from "-s" on. */
void ipchains_save_rule(struct sink *sink, const char *chain, const struct rule *rule);
/* All chains, or one: ":input ACCEPT" lines first. */
void ipchains_save(struct sink *sink, const struct table *table, const struct chain *only);
/* The chains in the order of listings: built-in ones, then by age. */
void ipchains_list(struct sink *sink, const struct table *table, const struct chain *only,
		   const struct ipchains_call *how);
/* The line of -v for a rule that was added, deleted, checked. */
void ipchains_echo(struct sink *sink, const struct rule *rule);
/* "ACCEPT", "DENY", "REJECT", "MASQ", "-" */
const char *ipchains_policy(const struct chain *chain);
/* The target as listings call it, "-" without one. */
const char *ipchains_target(const struct rule *rule);
/* The device that -i named, "" for any. */
const char *ipchains_device(const struct rule *rule, bool *inverted);

void ipchains_help(struct sink *sink, const char *program);
/* For completion: long options, each with a blank behind it. */
void ipchains_long_options(struct sink *sink);
void ipchains_help_icmp(struct sink *sink);

/* ------------------------------------------------------------------ ICMP (ipchains_icmp.c) */

struct ipchains_icmp {
	const char *name;
	uint8_t type;
	int16_t code;		/* -1: any */
	bool narrows;		/* names one code of the entry above */
	bool also;		/* another name of the entry above */
};

extern const struct ipchains_icmp ipchains_icmps[];	/* ends with a NULL name */
/* By unique prefix, any case. NULL: none; with `other` set: two that fit. */
const struct ipchains_icmp *ipchains_icmp_find(const char *text,
					       const struct ipchains_icmp **other);

#endif
