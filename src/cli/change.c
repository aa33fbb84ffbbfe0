// SPDX-License-Identifier: GPL-2.0-or-later
/* Changing all rules at once: shown first, kept in the history, confirmed where that is wanted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/safety.h"
#include "kernel/kernel.h"
#include "safe/others.h"
#include "safe/pass.h"

enum { SHOWN_MOST = 400 };

int begin_confirm(const struct where *where, struct record *record, const struct ruleset *before,
		  uint32_t seconds, struct err *err)
{
	struct err ignored = ERR_INIT;
	int r = pending_begin(where, record, seconds, err);

	if (r < 0)
		return r;
	r = start_watchers(where, record->deadline, before, err);
	if (r < 0)
		pending_end(where, &ignored);
	return r;
}

int supersede_pending(const struct where *where, struct err *err)
{
	AUTO_RECORD record = { 0 };
	struct err ignored = ERR_INIT;

	if (access(where->pending, F_OK))
		return 0;
	pending_read(where, &record, &ignored);
	fprintf(stderr, "postern: the change that waited for its confirmation is over: %s\n",
		record.command.text ? record.command.text : "?");
	return pending_end(where, err);
}

void say_confirm(struct sink *out, uint32_t seconds)
{
	sink_printf(out, "`postern confirm' within %u seconds, or the old rules come back.\n",
		    seconds);
}

struct changing {
	struct change_all *change;
	const struct backend *backend;
	struct guarding guarding;
	struct sink losses;		/* of a rollback: what others made */
	bool begun;			/* it waits for a confirmation */
};

static void changing_free(struct changing *c)
{
	guarding_free(&c->guarding);
	sink_free(&c->losses);
}

static int find_pass(struct changing *c, const struct ruleset *have, const struct ruleset *want,
		     const struct pass **pass, struct err *err)
{
	const struct change_all *change = c->change;
	int r;

	if (!change->typed.count)
		return 0;
	guarding_free(&c->guarding);
	c->guarding = GUARDING_INIT;
	r = guard_change(c->backend, have, want, change->with_old, &change->typed, &c->guarding,
			 err);
	*pass = c->guarding.pass;
	return r;
}

static int note(struct changing *c, const struct ruleset *have, const struct difference *d,
		struct err *err)
{
	struct change_all *change = c->change;
	AUTO_RECORD record = { 0 };
	struct err quiet = ERR_INIT;
	int r;

	history_describe(&record, change->kind, change->command, have, d);
	if (change->with_old)
		history_describe_old(&record, have);
	if (change->number)
		history_remove(change->where, change->number);
	change->number = 0;
	r = history_add(change->where, &record, &quiet);
	if (!r)
		change->number = record.number;
	else if (change->confirm)
		return err_errno(err, ERR_RESOURCE, -r, "%s", quiet.text);
	else
		fprintf(stderr, "postern: no history is kept: %s\n", quiet.text);
	if (!change->confirm)
		return 0;
	if (c->begun)
		r = pending_end(change->where, err);
	c->begun = false;
	if (!r)
		r = begin_confirm(change->where, &record, have, change->confirm, err);
	c->begun = !r;
	return r;
}

static int look(void *context, const struct ruleset *have, const struct ruleset *want,
		const struct difference *d, const struct pass **pass, struct err *err)
{
	struct changing *c = context;
	struct change_all *change = c->change;
	uint32_t unsaid = snapshot_unsaid(have);
	int r;

	change->changed = d->count > 0;
	if (!change->quiet) {
		diff_print(change->out, d, SHOWN_MOST);
		diff_print_counts(change->out, d);
		sink_char(change->out, '\n');
		sink_flush(change->out);
	}
	if (change->dry)
		return -ECANCELED;
	if (!d->count)
		return 0;
	if (unsaid && change->confirm)
		fprintf(stderr, "postern: %u rule%s made by nft cannot be said in words of "
			"iptables; if this change removes such rules, nothing brings them back\n",
			unsaid, unsaid == 1 ? "" : "s");
	sink_free(&c->losses);
	c->losses = SINK_MEMORY;
	if (change->since)
		others_print(&c->losses, change->where, change->since, d);
	r = find_pass(c, have, want, pass, err);
	return r ? r : note(c, have, d, err);
}

int change_all(struct change_all *change, struct err *err)
{
	AUTO_BACKEND backend = { 0 };
	struct changing c __attribute__((cleanup(changing_free))) = {
		.change = change, .backend = &backend, .losses = SINK_MEMORY,
	};
	AUTO_FD lock = -1;
	struct err ignored = ERR_INIT;
	struct replace replace = {
		.backend = &backend, .want = change->want, .flags = change->flags,
		.with_old = change->with_old,
		.pass = change->pass ? change->pass : pass_unreviewed(), .look = look,
		.context = &c,
	};
	int r = kernel_open_backend(&backend, err);

	if (!r && !change->dry)
		r = pending_lock(change->where, &lock, err);
	if (!r && !change->dry && !change->supersedes &&
	    !access(change->where->pending, F_OK)) {
		r = err_errno(err, ERR_OTHER, EBUSY, "another change waits for its confirmation");
		err_hint(err, "`postern confirm' keeps it, `postern rollback' ends it");
	}
	if (!r)
		r = replace_rules(&replace, err);
	if (r == -ECANCELED && change->dry)
		return 0;
	if (r < 0 && c.begun)
		pending_end(change->where, &ignored);
	if (r < 0 && change->number)
		history_remove(change->where, change->number);
	if (!r && change->supersedes)
		r = supersede_pending(change->where, err);
	if (!r) {
		guard_made(&c.guarding);
		say_losses(&c.losses);
	}
	if (!r && change->changed && change->confirm)
		say_confirm(change->out, change->confirm);
	return r;
}
