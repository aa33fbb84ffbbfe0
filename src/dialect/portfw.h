/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port forwards of Linux 2.2 (ipmasqadm portfw): command lines in, what is asked for out; entries as
 * rules of a table of their own, as listings and as text.
 */
#ifndef POSTERN_DIALECT_PORTFW_H
#define POSTERN_DIALECT_PORTFW_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "dialect/old.h"
#include "rules/command.h"

#define PORTFW_TABLE "portfw"
#define PORTFW_CHAIN "portfw"

enum portfw_action { PORTFW_ADD, PORTFW_DELETE, PORTFW_FLUSH, PORTFW_LIST, PORTFW_HELP };

enum { PORTFW_PREF = 10, PORTFW_PORT_LAST = 60999 };

struct portfw_call {
	enum portfw_action action;
	bool numeric;
	/* Of ADD and DELETE. Zero, of DELETE: any */
	uint8_t proto;
	union inet_addr local, inside;
	uint16_t local_port, inside_port;
	uint32_t pref;
	bool alone;		/* ADD: in place of all that the key had */
};

/* Words and columns that both modules have; a port is 1 to PORTFW_PORT_LAST. */
bool portfw_read_address(const char *text, bool numeric, union inet_addr *addr);
bool portfw_read_port(const char *text, bool numeric, uint8_t proto, uint16_t *port);
void portfw_put_address(struct sink *s, const union inet_addr *addr, bool numeric);
void portfw_put_port(struct sink *s, uint16_t port, uint8_t proto, bool numeric);
/* Nothing but its kind and chain, in the arena. */
struct command *portfw_command(struct arena *arena, enum command_kind kind, const char *chain);

/* For completion. */
#define PORTFW_OPTIONS "-a -d -f -l -h -P -L -R -p -n"
#define IPPORTFW_OPTIONS "-A -D -C -L -h -t -u -R"

/* `items` begin behind "portfw". Errors are ERR_SYNTAX with the text alone. */
int portfw_parse(struct arena *arena, const char *const *items, size_t count,
		 struct portfw_call *call, struct err *err);
/*
 * The commands that make the chain what it is to be: rules of the same key are made anew, because
 * each knows how many flows are left to those behind it. NULL when a deletion finds nothing.
 */
struct command *portfw_commands(struct arena *arena, const struct chain *chain,
				const struct portfw_call *call);
void portfw_list(struct sink *sink, const struct chain *chain, bool numeric);
void portfw_help(struct sink *sink, const char *program);

/* ipportfw.c: the same of Linux 2.0. `items` begin behind the program's name. */
int ipportfw_parse(const char *const *items, size_t count, struct portfw_call *call,
		   struct err *err);
void ipportfw_help(struct sink *sink, const char *program);
void ipportfw_page(struct sink *sink);

#endif
