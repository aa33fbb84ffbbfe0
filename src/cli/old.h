/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The programs of the older dialects, each with its own words for errors. */
#ifndef POSTERN_CLI_OLD_H
#define POSTERN_CLI_OLD_H

#include "cli/cli.h"

/* A program: `name` is what it was called by. Returns the exit status. */
typedef int old_program(const char *name, int argc, char **argv);

old_program run_ipchains, run_ipchains_save, run_ipchains_restore, run_ipfwadm,
	    run_ipmasqadm, run_ipportfw;

/* The program of a name, or NULL. */
old_program *old_program_find(const char *name);

/* Where the rules live, and all that carrying commands out needs. */
struct old_session {
	struct call call;
	struct arena arena;
	struct backend backend;
};

/* Opens the backend; `name` is the program's. */
int old_open(struct old_session *session, const char *name, struct err *err);
/* As it was typed, for logs and for who refuses it. */
void old_typed(struct old_session *session, int argc, char **argv);
void old_close(struct old_session *session);
#define AUTO_OLD_SESSION __attribute__((cleanup(old_close))) struct old_session

/* The table, with all built-in chains, in the order of listings; NULL on failure. */
struct table *old_read(struct old_session *session, struct ruleset *rs, const char *table,
		       struct err *err);
/* Carries commands out as one transaction. */
int old_transact(struct old_session *session, const struct command *first, struct err *err);
bool old_has_chain(const struct old_session *session, const char *table, const char *chain);

struct old_flow_style;
/* The flows that the older dialects masquerade, in a listing on standard output. */
int old_list_masquerade(const struct old_flow_style *how, struct err *err);
/* Time-outs (seconds, 0 stays) of what the table masquerades from now on; makes the table. */
int old_set_timeouts(struct old_session *session, const char *table, const uint32_t timeouts[3],
		     struct err *err);

/* What became of a packet that a chain judged. */
enum old_fate {
	OLD_ACCEPTED, OLD_DENIED, OLD_REJECTED, OLD_MASQUERADED, OLD_REDIRECTED,
	OLD_PASSED,		/* a user chain ended without a verdict */
	OLD_UNKNOWN,		/* `why` */
};

struct packet_spec;
/*
 * Judges a packet by a chain and what it calls, in the engine. Nothing is counted or logged. `why` is
 * set with OLD_UNKNOWN.
 */
enum old_fate old_judge(const struct table *table, const struct chain *chain,
			const struct packet_spec *spec, const char *device, struct err *why);

#endif
