/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/ share. Only cli/ prints and exits. */
#ifndef POSTERN_CLI_CLI_H
#define POSTERN_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "dialect/iptables.h"
#include "plan/backend.h"
#include "plan/plan.h"

/* How we were called. */
struct call {
	const char *program;	/* what errors and versions call us: "iptables", "ip6tables-save" */
	const char *flavour;	/* in parentheses behind the version */
	enum family family;
	const char *store;	/* the folder that holds the rules; NULL: the kernel has them */
	bool explain;		/* errors are drawn and explained */
	const char *const *words;	/* behind the program's name */
	size_t word_count;
	const char *input;	/* restore: all of it, when errors are to be drawn; else NULL */
	const char *input_name;	/* restore: the file; NULL: standard input */
};

/* iptables.c, restore.c, save.c, list.c, ext.c, help.c: a program each. Return the exit status. */
int run_iptables(const struct call *call);
int run_restore(struct call *call);
int run_save(const struct call *call);
int run_list(int argc, char **argv);
int run_ext(int argc, char **argv);
int run_generated(const char *what);	/* "manual" or "completion" */
int run_help(int argc, char **argv);

/* error.c: prints an error as iptables does, draws it when asked to; returns the exit status. */
int fail(const struct call *call, const struct err *err);
void print_version(const struct call *call);

/* backend.c: where the rules of this call live. */
int open_backend(const struct call *call, struct backend *backend, struct err *err);

/* transact.c: plans and applies until it is done or refused. */
struct transaction {
	const struct call *call;
	const struct backend *backend;
	struct arena *arena;
	enum plan_trust trust;
};
int transact(const struct transaction *t, const struct command *first, struct err *err);

/* read.c: a table as it is listed: with all built-in chains, in order. */
struct table *read_table(const struct backend *backend, struct ruleset *rs, enum family family,
			 const char *name, const char *chain, struct err *err);
/* Adds the built-in chains that are not there (any more), and puts them in front. */
void complete_table(struct table *t);
/* "# Table ... contains incompatible base-chains": true when there are some. */
bool table_has_foreign(const struct table *table);

/* verbose.c: what -v prints for commands that were carried out. */
struct names {
	const char **items;
	size_t count, room;
};
/* The chains that "all chains" means to `first`, when -v has to name them. */
int verbose_names(const struct backend *backend, struct arena *arena,
		  const struct command *first, struct names *names, struct err *err);
void verbose_print(struct sink *sink, const struct command *first, struct names *names);

/* hint.c: adds what would be right to an error. */
void hint_refused(const struct backend *backend, const struct plan *plan,
		  const struct refusal *refusal, struct err *err);
void hint_missing(const struct backend *backend, const struct command *first, struct err *err);
/* hint.c: one line on a terminal when the rules just appended can never be reached. */
void hint_unreachable(const struct backend *backend, const struct command *command);

/* loop.c: "A -> B -> A", or the longest way through the chains. */
void hint_path(const struct backend *backend, const struct plan *plan, const struct op *op,
	       struct err *err);

#endif
