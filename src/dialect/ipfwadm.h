/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ipfwadm dialect (Linux 2.0, ipfwadm 2.3.0): command lines in, commands out; rules in, listings
 * out. It knows syntax and names, nothing of kernels.
 */
#ifndef POSTERN_DIALECT_IPFWADM_H
#define POSTERN_DIALECT_IPFWADM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "dialect/old.h"
#include "rules/command.h"

#define IPFWADM_TABLE "ipfwadm"

enum ipfwadm_action {
	IPFWADM_COMMANDS,	/* the commands; none when nothing is to be done */
	IPFWADM_LIST,		/* the chain; zero as well with `zero` */
	IPFWADM_CHECK,		/* a packet, in the words of a rule: `commands` */
	IPFWADM_MASQ_LIST, IPFWADM_MASQ_SET,
	IPFWADM_HELP,
};

struct ipfwadm_call {
	enum ipfwadm_action action;
	const char *chain;		/* of the category */
	bool verbose, numeric, exact, extended, zero;
	uint32_t timeouts[3];		/* MASQ_SET: tcp, fin, udp in seconds; 0 keeps */
	struct command *commands;
};

/*
 * Whose address it is: the name of the device that has it. False when nobody has. Called for -V,
 * which nf_tables can only say by the device.
 */
struct ipfwadm_devices {
	bool (*find)(void *context, const union inet_addr *addr, char name[IFNAMSIZ]);
	void *context;
};

struct ipfwadm_words {
	const char *const *items;	/* behind the program's name */
	size_t count;
	bool numeric;			/* no names of hosts: nothing is looked up */
	const struct ipfwadm_devices *devices;	/* NULL: -V says the device as well */
};

/*
 * Reads one command line. Everything is allocated from `arena`. Errors are ERR_SYNTAX (status 2) with
 * the text alone; the caller puts the program's name in front, a hint line behind.
 */
int ipfwadm_parse(struct arena *arena, const struct ipfwadm_words *words,
		  struct ipfwadm_call *call, struct err *err);

/* The title, and when there are rules the columns. */
void ipfwadm_list(struct sink *sink, const struct chain *chain, const struct ipfwadm_call *how);
/* The line of -v for a rule, or of a packet that is checked. */
void ipfwadm_echo(struct sink *sink, const char *chain, const struct rule *rule, bool packet);
void ipfwadm_help(struct sink *sink, const char *program);
/* For completion: the options, each with a blank behind it. */
void ipfwadm_options(struct sink *sink);

#endif
