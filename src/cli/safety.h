/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands about safety share: changing all rules, confirming, watching. */
#ifndef POSTERN_CLI_SAFETY_H
#define POSTERN_CLI_SAFETY_H

#include "cli/cli.h"
#include "cli/guard.h"
#include "safe/config.h"
#include "safe/history.h"
#include "safe/pending.h"
#include "safe/place.h"
#include "safe/snapshot.h"

/* The programs that change rules; main() knows them. */
struct runner {
	bool (*is_one)(const char *name);
	int (*run)(const char *name, int argc, char **argv);
};
void set_runner(const struct runner *runner);
bool runs_program(const char *name);
int run_program(const char *name, int argc, char **argv);

/* safety.c: "usage: postern COMMAND ..."; returns 2. */
int wrong_usage(const char *command);

/*
 * safety.c: a change that nobody watches over any more is rolled back and reported, whatever we
 * were called for; one access(2) when there is none. `speak`: the caller does not mind words on
 * stderr.
 */
void catch_up(bool speak);

/* safety.c: "postern: TEXT", its hint on a terminal; the exit status. */
int safety_fail(const struct err *err);
/* What others_print said, on stderr. */
void say_losses(const struct sink *losses);
/* To stderr and the system log. */
void say_loudly(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The words of argv as they would be typed, into arena memory. */
const char *typed_command(struct arena *arena, const char *const *words, size_t count);
/* Of a command of postern's own: the word `postern', then argv. */
struct typed typed_own(struct arena *arena, int argc, char **argv);

/* watch.c: starts both watchers; 0 when they are ready. */
int start_watchers(const struct where *where, uint64_t deadline, const struct ruleset *before,
		   struct err *err);

/* change.c */
struct change_all {
	const struct where *where;
	const struct ruleset *want;
	unsigned flags;			/* enum diff_flags */
	const char *kind, *command;	/* for the history */
	uint64_t since;			/* rollback: to before this one of the history */
	uint32_t confirm;		/* seconds; 0: at once and for good */
	bool dry, quiet;		/* only show; do not show */
	bool with_old;			/* `want` has the tables of the older dialects, too */
	bool supersedes;		/* what waits for a confirmation is over once it is made */
	struct typed typed;		/* reviewed, where the guard bites; no words: not */
	const struct pass *pass;
	struct sink *out;
	/* results */
	bool changed;
	uint64_t number;		/* in the history */
};
int change_all(struct change_all *change, struct err *err);
/* Waits for a confirmation from now on: file and watchers. Under the lock. */
int begin_confirm(const struct where *where, struct record *record, const struct ruleset *before,
		  uint32_t seconds, struct err *err);
/* "confirm within 60 s: ..." */
void say_confirm(struct sink *out, uint32_t seconds);

/* apply.c: an option that apply and rollback share: 1 taken, 0 not one, negative: an error. */
int change_option(int argc, char **argv, int *i, struct change_all *change, struct err *err);

/* apply.c: whatever changes rules between try_begin and try_end has to be confirmed. */
struct try_run {
	struct where where;
	struct backend backend;
	struct ruleset before;
	struct record record;
};
int try_begin(struct try_run *t, const char *command, uint32_t seconds, struct err *err);
/* 1: it changed something, and waits; 0: it did not. `failed`: what it did is taken back. */
int try_end(struct try_run *t, bool failed, struct sink *out, struct err *err);
void try_free(struct try_run *t);

/* apply.c, history.c, iptables_apply.c */
int run_apply(int argc, char **argv);
int run_try(int argc, char **argv);
int run_iptables_apply(const char *name, int argc, char **argv);
int run_confirm(int argc, char **argv);
int run_rollback(int argc, char **argv);
int run_history(int argc, char **argv);

/* ipset.c: the text of ipset save of one set, and a text back. */
int ipset_save(struct sink *sink, const char *name, struct err *err);
int ipset_restore(const char *text, size_t len, struct err *err);

/*
 * change.c: who has changed everything ends what waited for a confirmation. Under the lock, which
 * keeps the watchers from rolling back in between.
 */
int supersede_pending(const struct where *where, struct err *err);

/* boot.c, service.c */
int run_save_all(int argc, char **argv);
int run_start(int argc, char **argv);
int run_restart(int argc, char **argv);
int run_stop(int argc, char **argv);
int run_panic(int argc, char **argv);
int run_status(int argc, char **argv);
int run_guard(int argc, char **argv);

#endif
