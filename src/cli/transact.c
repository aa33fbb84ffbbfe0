// SPDX-License-Identifier: GPL-2.0-or-later
/* Planning and applying, again while somebody else is quicker. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/guard.h"
#include "cli/safety.h"
#include "safe/pass.h"

enum { TRIES = 200 };

/* A moment, different for each process, so that many writers do not keep step. */
static void pause_before(unsigned attempt)
{
	struct timespec now, moment = { 0 };

	if (attempt < 3)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	moment.tv_nsec = 100000 + now.tv_nsec % (attempt < 20 ? 500000 : 4000000);
	nanosleep(&moment, NULL);
}

/* The transaction as a whole was too much for the socket: no words of iptables' say that. */
static void say_too_large(const struct plan *plan, int errnum, struct err *err)
{
	if (errnum != ENOBUFS && errnum != EMSGSIZE && errnum != ENOMEM)
		return;
	err_set(err, ERR_RESOURCE, PLACE_NONE,
		"%zu operations do not fit one transaction (%s)", plan->count, strerror(errnum));
	err->errnum = errnum;
	err_hint(err, "net.core.wmem_max limits it for users who are not root of the first "
		      "namespace; or split the input");
}

/* A store filters nobody's packets until somebody runs it: it needs no review. */
static int find_pass(const struct transaction *t, const struct plan *plan, struct guarding *g,
		     struct err *err)
{
	AUTO_ARENA arena = ARENA_INIT;
	struct typed typed = { .count = t->call->word_count + 1 };
	const char **words;

	g->pass = pass_unreviewed();
	if (t->call->store)
		return 0;
	words = arena_alloc(&arena, sizeof(*words) * typed.count);
	words[0] = t->call->program;
	for (size_t i = 1; i < typed.count; i++)
		words[i] = t->call->words[i - 1];
	typed.words = words;
	return guard_plan(t->backend, plan, &typed, g, err);
}

/* One attempt: 0 done, 1 again, or a negative errno with err set. */
static int attempt(const struct transaction *t, enum plan_trust *trust,
		   const struct command *first, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_PLAN plan = { .arena = &arena };
	struct refusal refusal = { 0 };
	const struct view *view = &t->backend->view;
	AUTO_GUARDING g = GUARDING_INIT;
	int r = plan_commands(&plan, first, view, *trust, &rs, err);

	if (r < 0) {
		if (t->call->explain)
			hint_missing(t->backend, first, err);
		return r;
	}
	if (!plan.count)
		return 0;
	r = find_pass(t, &plan, &g, err);
	if (r < 0)
		return r;
	r = backend_apply(t->backend, &plan, g.pass, &refusal, err);
	if (!r)
		guard_made(&g);
	if (!r || err_is_set(err))
		return r;
	if (r == -ERESTART)
		return 1;
	if (plan_is_stale(&plan, *trust, view, refusal.op, refusal.errnum)) {
		*trust = PLAN_LOOKS;
		return 1;
	}
	if (!refusal.op)
		say_too_large(&plan, refusal.errnum, err);
	r = plan_refused(&plan, refusal.op, refusal.errnum, err);
	if (t->call->explain)
		hint_refused(t->backend, &plan, &refusal, err);
	else
		hint_lacking(t->backend, &refusal, err);
	return r;
}

int transact(const struct transaction *t, const struct command *first, struct err *err)
{
	enum plan_trust trust = t->trust;

	for (unsigned i = 0; i < TRIES; i++) {
		int r;

		pause_before(i);
		r = attempt(t, &trust, first, err);
		if (r <= 0)
			return r;
	}
	return err_errno(err, ERR_RESOURCE, EAGAIN,
			 "other programs keep changing the rules; tried %d times", TRIES);
}
