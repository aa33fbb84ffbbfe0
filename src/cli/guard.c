// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guard at the door: whose changes are reviewed, and what becomes of one that cuts somebody
 * off. Changes of scripts are not reviewed, and pay nothing but two isatty(3) and a look for the
 * configuration.
 */
#include "cli/guard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "kernel/host.h"
#include "safe/config.h"
#include "safe/lifeline.h"
#include "safe/pass.h"
#include "safe/review.h"
#include "safe/snapshot.h"

static enum guard_wish wished;

void guard_wish(enum guard_wish wish)
{
	wished = wish;
}

/* What is done about a change that cuts. */
enum bite { BITE_NOT, BITE_WARNS, BITE_REFUSES, BITE_FORCED };

static bool is_off(void)
{
	/* NULL where the program has more rights than its caller (AT_SECURE). */
	const char *guard = secure_getenv("POSTERN_GUARD");

	return guard && !strcmp(guard, "off");
}

static enum bite bite_of(const struct config *config, const struct lifelines *lines)
{
	bool overruled = wished == GUARD_FORCED || is_off();

	switch (config->guard) {
	case GUARD_OFF:
		return BITE_NOT;
	case GUARD_USUAL:
		if (!lines->interactive)
			return BITE_NOT;
		break;
	case GUARD_WARN:
		return BITE_WARNS;
	case GUARD_REFUSE:
		break;
	}
	if (overruled)
		return BITE_FORCED;
	return wished == GUARD_ONLY_WARNS ? BITE_WARNS : BITE_REFUSES;
}

/* Nobody who could be cut off is at work, and nobody asked for more. */
static bool is_none_of_ours(void)
{
	return !isatty(STDIN_FILENO) && !isatty(STDERR_FILENO) && access(CONFIG_FILE, F_OK) != 0;
}

struct looking {
	struct config config;
	struct lifelines lines;
	enum bite bite;
};

static void looking_free(struct looking *l)
{
	config_free(&l->config);
	lifelines_free(&l->lines);
}

static int look_around(struct looking *l, struct err *err)
{
	int r = config_read(&l->config, CONFIG_FILE, err);

	if (!r && l->config.guard == GUARD_OFF)
		return 0;
	if (!r)
		r = lifelines_find(&l->lines, &l->config, err);
	if (!r)
		l->bite = bite_of(&l->config, &l->lines);
	return r;
}

static void say(const struct review *review, enum bite bite)
{
	AUTO_SINK text = SINK_MEMORY;

	review_print(&text, review);
	if (bite == BITE_WARNS)
		sink_str(&text, "postern: warning: the change is made all the same\n");
	fflush(stdout);
	fputs(sink_text(&text), stderr);
}

static int refuse(const struct review *review, const char *command, struct err *err)
{
	AUTO_SINK first = SINK_MEMORY;

	review_remedy(&first, review->first);
	err_styled(err, ERR_RESOURCE, ERR_STYLE_BARE, PLACE_NONE,
		   "postern: refused, nothing was changed");
	err->errnum = EPERM;
	/* In a chain that is flushed at the same time it would not last. */
	if (first.len)
		err_hint(err,
			 "safe when this comes first (and stays):\n    %s\n"
			 "  taken back unless confirmed:\n    postern try %s\n"
			 "  all the same:\n    postern --force %s",
			 sink_text(&first), command, command);
	else
		err_hint(err, "taken back unless confirmed:\n    postern try %s\n"
			 "  all the same:\n    postern --force %s", command, command);
	err->tell = true;
	return -EPERM;
}

static int decide(const struct review *review, enum bite bite, const char *command,
		  const struct pass **pass, struct err *err)
{
	*pass = pass_reviewed(review);
	if (*pass)
		return 0;
	if (bite == BITE_FORCED) {
		*pass = pass_forced(review, command);
		return 0;
	}
	say(review, bite);
	if (bite == BITE_WARNS) {
		*pass = pass_unreviewed();
		return 0;
	}
	return refuse(review, command, err);
}

static int judge(const struct looking *l, const struct ruleset *have, const struct ruleset *want,
		 const char *command, const struct pass **pass, struct err *err)
{
	AUTO_REVIEW review = REVIEW_INIT;
	AUTO_HOST host = HOST_INIT;
	int r = kernel_read_host(&host, err);

	if (!r)
		r = review_change(&review, &l->lines, have, want, &host, err);
	return r ? r : decide(&review, l->bite, command, pass, err);
}

int guard_change(const struct ruleset *have, const struct ruleset *want, const char *command,
		 const struct pass **pass, struct err *err)
{
	struct looking l __attribute__((cleanup(looking_free))) = { 0 };
	int r;

	*pass = pass_unreviewed();
	if (is_none_of_ours())
		return 0;
	r = look_around(&l, err);
	if (r || l.bite == BITE_NOT)
		return r;
	return judge(&l, have, want, command, pass, err);
}

/* Counters and questions change no packet's fate. */
static bool changes_fates(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].kind != OP_RULE_ZERO)
			return true;
	return false;
}

int guard_plan(const struct backend *backend, const struct plan *plan, const char *command,
	       const struct pass **pass, struct err *err)
{
	struct looking l __attribute__((cleanup(looking_free))) = { 0 };
	AUTO_RULESET have = RULESET_INIT, want = RULESET_INIT;
	const struct op *refused;
	int r;

	*pass = pass_unreviewed();
	if (is_none_of_ours() || !changes_fates(plan))
		return 0;
	r = look_around(&l, err);
	if (r || l.bite == BITE_NOT)
		return r;
	r = snapshot_read(backend, &have, err);
	if (!r)
		r = snapshot_read(backend, &want, err);
	if (r)
		return r;
	/* What cannot be carried out the kernel will refuse itself. */
	if (plan_apply_value(plan, &want, &refused) < 0)
		return 0;
	return judge(&l, &have, &want, command, pass, err);
}
