/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forwards by the mark that a rule of input gave (ipmasqadm mfw of Linux 2.2): command lines in, what
 * is asked for out; entries as rules of a chain beside that of portfw.
 */
#ifndef POSTERN_DIALECT_MFW_H
#define POSTERN_DIALECT_MFW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "rules/command.h"

#define MFW_CHAIN "mfw"

enum mfw_action {
	MFW_APPEND, MFW_INSERT, MFW_DELETE, MFW_EDIT, MFW_NEXT, MFW_FLUSH, MFW_LIST, MFW_HELP,
};

struct mfw_call {
	enum mfw_action action;
	bool numeric;
	uint32_t mark;
	union inet_addr inside;		/* 0: any, of DELETE and EDIT */
	uint16_t port;			/* 0: the packet's own; of DELETE and EDIT: any */
	uint32_t pref;			/* 0: its turn never ends */
};

/* For completion. */
#define MFW_OPTIONS "-A -I -D -E -S -F -L -h -m -r -p -n"

/* `items` begin behind "mfw". Errors are ERR_SYNTAX with the text alone. */
int mfw_parse(struct arena *arena, const char *const *items, size_t count, struct mfw_call *call,
	      struct err *err);
/*
 * The commands that make the entries of the mark what they are to be, all anew: each knows how many
 * flows are left to those behind it. 0; -ESRCH: there is no such entry; -EEXIST: there is one;
 * -EOPNOTSUPP: one whose turn never ends would have to wait for its first turn.
 */
int mfw_commands(struct arena *arena, const struct chain *chain, const struct mfw_call *call,
		 struct command **commands);
void mfw_list(struct sink *sink, const struct chain *chain, bool numeric);
void mfw_help(struct sink *sink, const char *program);

/* Of the rules: portfw_words of old.h. */
void mfw_print_words(struct sink *sink, const struct rule *rule);
struct rule *mfw_read_words(struct arena *arena, const char *text);

#endif
