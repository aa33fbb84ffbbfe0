/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forwards of a range of ports to one inside host (ipmasqadm autofw of Linux 2.2): command lines in,
 * what is asked for out; entries as rules of a chain beside those of portfw and mfw.
 */
#ifndef POSTERN_DIALECT_AUTOFW_H
#define POSTERN_DIALECT_AUTOFW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "rules/command.h"

#define AUTOFW_CHAIN "autofw"

enum autofw_action { AUTOFW_ADD, AUTOFW_DELETE, AUTOFW_FLUSH, AUTOFW_LIST, AUTOFW_HELP };

struct autofw_call {
	enum autofw_action action;
	bool numeric;
	uint8_t proto;			/* TCP or UDP */
	uint16_t low, high;
	union inet_addr inside;
};

/* For completion. */
#define AUTOFW_OPTIONS "-A -D -F -L -r -h -v -n"

/*
 * `items` begin behind "autofw". Errors are ERR_SYNTAX with the text alone. What only a trigger does
 * (-c) is refused.
 */
int autofw_parse(struct arena *arena, const char *const *items, size_t count,
		 struct autofw_call *call, struct err *err);
/* Of ADD and DELETE; NULL when there is nothing to delete. */
struct command *autofw_commands(struct arena *arena, const struct chain *chain,
				const struct autofw_call *call);
void autofw_list(struct sink *sink, const struct chain *chain, bool numeric);
void autofw_help(struct sink *sink, const char *program);

/* Of the rules: portfw_words of old.h. */
void autofw_print_words(struct sink *sink, const struct rule *rule);
struct rule *autofw_read_words(struct arena *arena, const char *text);

#endif
