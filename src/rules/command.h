/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands: what was asked, in no dialect. Dialects make them, plan/ turns them into operations.
 * (The struct lives on the rules floor, below both.)
 */
#ifndef POSTERN_RULES_COMMAND_H
#define POSTERN_RULES_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "rules/rules.h"

enum command_kind {
	COMMAND_NONE,
	COMMAND_APPEND, COMMAND_INSERT, COMMAND_REPLACE, COMMAND_DELETE, COMMAND_DELETE_NUMBER,
	COMMAND_CHECK, COMMAND_LIST, COMMAND_LIST_RULES, COMMAND_FLUSH, COMMAND_ZERO,
	COMMAND_ZERO_NUMBER, COMMAND_NEW_CHAIN, COMMAND_DELETE_CHAIN, COMMAND_RENAME_CHAIN,
	COMMAND_POLICY, COMMAND_VERSION, COMMAND_HELP,
	/* restore only */
	COMMAND_TABLE,		/* *TABLE without --noflush: all of it is replaced */
	COMMAND_TABLE_KEEP,	/* *TABLE with --noflush */
	COMMAND_CHAIN,		/* :CHAIN POLICY [p:b] */
};

/* How a listing is wanted; commands of a restore carry it with them. */
enum list_flags { LIST_NUMERIC = 1, LIST_VERBOSE = 2, LIST_EXACT = 4, LIST_LINE_NUMBERS = 8 };

/* A restore has one for each line, all at once: the order of the members is for its size. */
struct command {
	enum command_kind kind : 8;
	enum family family : 8;
	enum policy policy : 8;
	bool counters_given : 1;
	uint8_t list : 4;		/* enum list_flags; LIST_VERBOSE of any command */
	int line;			/* of a restore; 0 */
	uint32_t number;		/* rule number, from 1; 0 none */
	uint32_t rule_count;
	struct rule **rules;		/* several when addresses were (-s a,b); in order */
	struct command *next;
	const char *table;
	const char *chain;		/* NULL: all chains */
	union {
		const char *name;	/* COMMAND_RENAME_CHAIN: the new one */
		struct counters counters;	/* of all others */
	};
	struct place chain_place;	/* where the chain stands in the input */
	struct place jump_place;	/* where the target stands */
};

#endif
