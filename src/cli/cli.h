/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of cli/ share. Only cli/ prints and exits. */
#ifndef POSTERN_CLI_CLI_H
#define POSTERN_CLI_CLI_H

#include <getopt.h>
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

/* A file each of their names. Return the exit status. */
int run_iptables(const struct call *call);
int run_restore(struct call *call);
int run_save(const struct call *call);
int run_list(int argc, char **argv);
int run_ext(int argc, char **argv);
int run_manual(int argc, char **argv);
int run_completion(int argc, char **argv);
int run_help(int argc, char **argv);
int run_explain(int argc, char **argv);
int run_test(int argc, char **argv);
int run_replay(int argc, char **argv);
int run_log(int argc, char **argv);
int run_convert(int argc, char **argv);
int run_filter(int argc, char **argv);

/* programs.c: the programs beside `iptables` itself, named by what stands behind the family. */
struct program_option {
	const char *name;	/* NULL: a letter only */
	char letter;		/* 0 ends the table */
	int argument;		/* no_argument, required_argument, optional_argument */
	const char *metavar;
	const char *means;	/* NULL: an old spelling, told to nobody */
};

struct program {
	const char *suffix;	/* "-save"; NULL ends the table */
	const char *usage;	/* behind the name */
	const char *summary;
	const char *text;	/* what it does; a newline begins a paragraph */
	const struct program_option *options;
	const char *see;	/* further pages, "iptables-restore(8), ..." */
	bool plain;		/* no -nft and -legacy names of it */
};
extern const struct program programs[];
extern const struct program_option save_options[], restore_options[], apply_options[];

struct getopt_tables {
	struct option names[32];
	char letters[64];
};
/* What getopt_long wants, from at most 31 options. */
void program_getopt(const struct program_option *options, struct getopt_tables *tables);

/* commands.c: the commands of `postern`; a new one is a row there. */
struct own_option {
	const char *words;	/* "-t TABLE"; NULL ends the table */
	const char *means;
};

struct own_command {
	const char *name;	/* NULL ends the table */
	const char *usage;	/* behind the name; "": nothing */
	const char *summary;	/* a line of `postern help` */
	const char *text;	/* what it does; a newline begins a paragraph */
	const struct own_option *options;	/* NULL: none */
	int (*run)(int argc, char **argv);	/* argv[0] is the name; returns the exit status */
	bool kernel_only;	/* refused where the rules are those of a store */
};
extern const struct own_command own_commands[];
/* NULL when there is none of that name. */
const struct own_command *own_command(const char *name);

/* error.c: prints an error as iptables does, draws it when asked to; returns the exit status. */
int fail(const struct call *call, const struct err *err);
/* The same for commands of our own: always drawn, and no words of iptables' around the text. */
int own_fail(const struct call *call, const struct err *err);
void print_version(const struct call *call);

/*
 * Rules of the old kernel interface are none of ours, and invisible to us; people should know. They
 * are shown by iptables-legacy`what`.
 */
void warn_of_legacy(const struct call *call, const char *what);

/* backend.c: the folder named by --store or POSTERN_STORE; NULL: the kernel has the rules. */
void choose_store(const char *folder);
const char *chosen_store(void);
/* Where the rules of this call live. */
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
/*
 * The chains that "all chains" means to `first`, when -v has to name them. `all`: -v was given to
 * the program; else only commands with LIST_VERBOSE say something.
 */
int verbose_names(const struct backend *backend, struct arena *arena,
		  const struct command *first, bool all, struct names *names, struct err *err);
void verbose_print(struct sink *sink, const struct command *first, bool all, struct names *names);

/* hint.c: adds what would be right to an error. */
void hint_refused(const struct backend *backend, const struct plan *plan,
		  const struct refusal *refusal, struct err *err);
/* hint.c: what the kernel lacks for the rule, for everybody to read; nothing when it lacks nothing. */
void hint_lacking(const struct backend *backend, const struct refusal *refusal, struct err *err);
void hint_missing(const struct backend *backend, const struct command *first, struct err *err);
/* hint.c: one line on a terminal when the rules just appended can never be reached. */
void hint_unreachable(const struct backend *backend, const struct command *command);

/* loop.c: "A -> B -> A", or the longest way through the chains. */
void hint_path(const struct backend *backend, const struct plan *plan, const struct op *op,
	       struct err *err);

#endif
