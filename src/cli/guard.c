// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard at the door: whose changes are reviewed, and what becomes of one that cuts somebody
 * off. Changes of scripts are not reviewed, and pay nothing but two isatty(3) and a look for the
 * configuration.
 */
#include "cli/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/guard_text.h"
#include "cli/safety.h"
#include "dialect/old.h"
#include "safe/config.h"
#include "safe/lifeline.h"
#include "safe/pass.h"
#include "safe/review.h"
#include "safe/snapshot.h"
#include "safe/twin.h"

/* That it was said that no history is kept. */
#define UNKEPT_FILE PLACE_RUN "/unkept"

static enum guard_wish wished;
/* Each table of a restore is a change of its own. */
static bool something_is_made;
/* What this process has in the history. */
static uint64_t noted;

void guard_wish(enum guard_wish wish)
{
	wished = wish;
}

void guarding_free(struct guarding *g)
{
	typed_undo(&g->note);
	typed_note_free(&g->note);
	arena_free(&g->arena);
}

/* What is done about a change that cuts. */
enum bite {
	BITE_NOT,
	BITE_LOGS,		/* it is made without a word, but for the log */
	BITE_WARNS, BITE_REFUSES,
};

/* POSTERN_GUARD=off; or warn, for what is taken back unless confirmed (iptables-apply -c). */
static bool environment_says(const char *what)
{
	/* NULL where the program has more rights than its caller (AT_SECURE). */
	const char *guard = secure_getenv("POSTERN_GUARD");

	return guard && !strcmp(guard, what);
}

static bool only_warns(void)
{
	return wished == GUARD_ONLY_WARNS || environment_says("warn");
}

static bool has_terminal(void)
{
	return isatty(STDIN_FILENO) || isatty(STDERR_FILENO);
}

static enum bite bite_of(const struct config *config, const struct lifelines *lines)
{
	bool overruled = wished == GUARD_FORCED || environment_says("off");

	switch (config->guard) {
	case GUARD_OFF:
		return lines->interactive ? BITE_LOGS : BITE_NOT;
	case GUARD_USUAL:
		if (!lines->interactive)
			return BITE_NOT;
		break;
	case GUARD_WARN:
		return overruled ? BITE_LOGS : BITE_WARNS;
	case GUARD_REFUSE:
		break;
	}
	if (overruled)
		return BITE_LOGS;
	return only_warns() ? BITE_WARNS : BITE_REFUSES;
}

/* Nobody who could be cut off is at work, and nobody asked for more. */
static bool is_none_of_ours(void)
{
	return !has_terminal() && access(CONFIG_FILE, F_OK) != 0;
}

bool guard_looks(void)
{
	AUTO_CONFIG config = { 0 };
	struct err ignored = ERR_INIT;

	if (has_terminal())
		return true;
	return !is_none_of_ours() && !config_read(&config, CONFIG_FILE, &ignored) &&
	       (config.guard == GUARD_WARN || config.guard == GUARD_REFUSE);
}

/* ------------------------------------------------------------------ looking */

struct looking {
	struct config config;
	struct lifelines lines;
	struct scenery scenery;
	enum bite bite;
	bool twin;			/* somebody reads about the other family */
};

static void looking_free(struct looking *l)
{
	config_free(&l->config);
	lifelines_free(&l->lines);
	scenery_free(&l->scenery);
}
#define AUTO_LOOKING __attribute__((cleanup(looking_free))) struct looking

/*
 * A mistake in the configuration stops who is there to mend it. The scripts of a boot go on as
 * without it: an open machine would be the greater harm.
 */
static int read_config(struct looking *l, struct err *err)
{
	struct err bad = ERR_INIT;
	int r = config_read(&l->config, CONFIG_FILE, &bad);

	if (r == 0)
		return 0;
	if (has_terminal() && wished != GUARD_FORCED) {
		*err = bad;
		err_hint(err, "all the same: postern --force ...");
		return r;
	}
	fprintf(stderr, "postern: %s; the file is not used\n", bad.text);
	config_free(&l->config);
	l->config.guard = GUARD_USUAL;
	return 0;
}

static int look_around(struct looking *l, struct err *err)
{
	int r = read_config(l, err);

	if (r < 0)
		return r;
	l->twin = isatty(STDERR_FILENO);
	if ((l->config.guard == GUARD_USUAL || l->config.guard == GUARD_OFF) && !has_terminal())
		return 0;
	r = lifelines_find(&l->lines, &l->config, err);
	if (!r)
		l->bite = bite_of(&l->config, &l->lines);
	return r;
}

/* ------------------------------------------------------------------ deciding */

/* The rule sets of a change, ours to play with. */
struct stakes {
	struct ruleset *before, *after;
	struct change_words words;
};

static int decide(struct looking *l, const struct stakes *stakes, struct guarding *g,
		  struct err *err)
{
	AUTO_REVIEW review = REVIEW_INIT;
	const struct pass *pass;
	int r = review_change(&review, &l->lines, stakes->before, stakes->after, &l->scenery, err);

	if (r < 0)
		return r;
	pass = pass_reviewed(&review);
	if (pass) {
		g->pass = pass;
		return 0;
	}
	if (l->bite == BITE_REFUSES) {
		AUTO_REMEDY remedy = REMEDY_INIT;

		remedy_find(&remedy, &l->lines, stakes->before, stakes->after, &l->scenery,
			    stakes->words.flushes);
		say_refused(&review, &remedy, &stakes->words);
		err_set(err, ERR_RESOURCE, PLACE_NONE, "refused, nothing was changed");
		err->errnum = EPERM;
		err->told = true;
		return -EPERM;
	}
	if (l->bite == BITE_WARNS)
		say_warned(&review);
	/* What nobody confirms is taken back: that is no news for a log. */
	g->pass = wished == GUARD_ONLY_WARNS && l->bite == BITE_WARNS
			  ? pass_unreviewed() : pass_forced(&review, stakes->words.command);
	return 0;
}

/* What could not be looked at is not safe. */
static int review(struct looking *l, const struct stakes *stakes, struct guarding *g,
		  struct err *err)
{
	struct err mine = ERR_INIT;
	int r = scenery_read(&l->scenery, stakes->before, stakes->after, &mine);

	if (!r)
		r = decide(l, stakes, g, &mine);
	if (!r)
		return 0;
	if (l->bite == BITE_REFUSES) {
		*err = mine;
		err_hint(err, "not reviewed: postern --force ...");
		return r;
	}
	g->pass = pass_forced(NULL, stakes->words.command);
	return 0;
}

static void look_at_twin(struct looking *l, const struct stakes *stakes, struct guarding *g)
{
	AUTO_SINK text = SINK_MEMORY;
	struct err ignored = ERR_INIT;

	if (scenery_read(&l->scenery, stakes->before, stakes->after, &ignored) < 0)
		return;
	twin_look(&text, stakes->before, stakes->after, &l->scenery);
	if (text.len)
		g->afterwards = arena_strdup(&g->arena, sink_text(&text));
}

static int look_at_change(struct looking *l, const struct stakes *stakes, struct guarding *g,
			  struct err *err)
{
	int r = 0;

	/* First, since a review may try remedies on the rules of afterwards. */
	if (l->twin && stakes->words.family == FAMILY_IPV4)
		look_at_twin(l, stakes, g);
	if (l->bite != BITE_NOT)
		r = review(l, stakes, g, err);
	return r;
}

int guard_change(const struct backend *backend, const struct ruleset *have,
		 const struct ruleset *want, bool with_old, const struct typed *typed,
		 struct guarding *g, struct err *err)
{
	AUTO_LOOKING l = { 0 };
	AUTO_RULESET before = RULESET_INIT, after = RULESET_INIT, old = RULESET_INIT;
	struct stakes stakes = { .before = &before, .after = &after };
	int r;

	g->pass = pass_unreviewed();
	if (is_none_of_ours())
		return 0;
	r = look_around(&l, err);
	if (r || (l.bite == BITE_NOT && !l.twin))
		return r;
	if (!with_old)
		r = snapshot_read_old(backend, &old, err);
	if (r < 0)
		return r;
	snapshot_copy(&before, have);
	snapshot_copy(&before, &old);
	snapshot_copy(&after, want);
	snapshot_copy(&after, &old);
	change_words_of_all(&stakes.words, &g->arena, typed);
	return look_at_change(&l, &stakes, g, err);
}

/*
 * Counters, new chains and what is accepted behind all other rules of a table that filters can cut
 * nothing and close nothing.
 */
static bool is_harmless(const struct op *op)
{
	const struct rule *rule = op->rule;

	switch (op->kind) {
	case OP_RULE_ZERO:
	case OP_TABLE_ADD:
		return true;
	case OP_CHAIN_ADD:
		return op->policy != POLICY_DROP && !old_table(op->family, op->table);
	case OP_RULE_ADD:
		return !strcmp(op->table, "filter") && !op->at_head && !op->before_handle &&
		       !op->before_id && rule && old_is_verdict(rule, "ACCEPT");
	case OP_TABLE_DELETE:
	case OP_CHAIN_DELETE:
	case OP_CHAIN_RENAME:
	case OP_CHAIN_POLICY:
	case OP_CHAIN_FLUSH:
	case OP_RULE_DELETE:
	case OP_RULE_REPLACE:
		break;
	}
	return false;
}

static bool plan_is_harmless(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (!is_harmless(&plan->items[i]))
			return false;
	return true;
}

static int read_all(const struct backend *backend, struct ruleset *rs, struct err *err)
{
	int r = snapshot_read(backend, rs, err);

	return r ? r : snapshot_read_old(backend, rs, err);
}

/* ------------------------------------------------------------------ the history */

/* Once for all who type until the next boot: /run can be written where /var cannot. */
static void say_unkept(const struct err *why)
{
	AUTO_FD told = -1;

	mkdir(PLACE_RUN, 0700);
	told = isatty(STDERR_FILENO) ? open(UNKEPT_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
					    O_NOFOLLOW, FILE_PRIVATE) : -1;
	if (!isatty(STDERR_FILENO) || (told < 0 && errno == EEXIST))
		return;
	fflush(stdout);
	fprintf(stderr, "postern: no history is kept of what is typed: %s\n", why->text);
}

/* What is tried is in the history already, as a whole. */
static bool is_noted(void)
{
	return has_terminal() && !only_warns();
}

static void note(const struct stakes *stakes, const struct difference *d, struct guarding *g)
{
	struct err err = ERR_INIT;

	if (!d->count)
		return;
	if (typed_note(&g->note, noted, stakes->words.command, stakes->before, d, &err) < 0)
		say_unkept(&err);
	else
		unlink(UNKEPT_FILE);
}

/* ------------------------------------------------------------------ commands */

static bool only_counts(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].kind != OP_RULE_ZERO)
			return false;
	return true;
}

int guard_plan(const struct backend *backend, const struct plan *plan, const struct typed *typed,
	       struct guarding *g, struct err *err)
{
	AUTO_LOOKING l = { 0 };
	AUTO_RULESET before = RULESET_INIT, after = RULESET_INIT;
	AUTO_DIFF d = { 0 };
	struct stakes stakes = { .before = &before, .after = &after };
	struct err unread = ERR_INIT;
	const struct op *refused;
	bool is_safe = plan_is_harmless(plan);
	int r = 0;

	g->pass = pass_unreviewed();
	if (is_none_of_ours() || only_counts(plan) || (is_safe && !is_noted()))
		return 0;
	if (!is_safe)
		r = look_around(&l, err);
	if (r || (l.bite == BITE_NOT && !l.twin && !is_noted()))
		return r;
	r = read_all(backend, &before, &unread);
	if (r < 0) {
		/* Who may not read may not change: the kernel says so in its own words. */
		if (l.bite == BITE_NOT || r == -EPERM)
			return 0;
		*err = unread;
		return r;
	}
	snapshot_copy(&after, &before);
	/* What cannot be carried out the kernel will refuse itself. */
	if (plan_apply_value(plan, &after, &refused) < 0)
		return 0;
	change_words_of_plan(&stakes.words, &g->arena, typed, plan);
	stakes.words.is_partly_made = something_is_made;
	/* First, since a review plays with the rules of afterwards. */
	if (is_noted())
		diff_rulesets(&d, &before, &after, DIFF_WHOLE);
	r = is_safe ? 0 : look_at_change(&l, &stakes, g, err);
	if (!r && is_noted())
		note(&stakes, &d, g);
	return r;
}

void guard_made(struct guarding *g)
{
	something_is_made = true;
	if (g->note.number)
		noted = g->note.number;
	g->note.number = 0;
	if (!g->afterwards)
		return;
	fflush(stdout);
	fputs(g->afterwards, stderr);
}
