// SPDX-License-Identifier: GPL-2.0-or-later
/* The definition of struct pass lives here alone, so that nobody else can make one. */
#include "safe/pass.h"

#include <syslog.h>

#include "safe/review.h"

struct pass {
	enum pass_kind kind;
};

const struct pass *pass_unreviewed(void)
{
	static const struct pass unreviewed = { .kind = PASS_UNREVIEWED };

	return &unreviewed;
}

const struct pass *pass_reviewed(const struct review *review)
{
	static const struct pass reviewed = { .kind = PASS_REVIEWED };

	return review->first ? NULL : &reviewed;
}

const struct pass *pass_forced(const struct review *review, const char *command)
{
	static const struct pass forced = { .kind = PASS_FORCED };

	openlog("postern", LOG_PID, LOG_AUTH);
	syslog(LOG_WARNING, "forced: %s (%u lifelines cut)", command, review ? review->count : 0);
	closelog();
	return &forced;
}

enum pass_kind pass_kind(const struct pass *pass)
{
	return pass->kind;
}
