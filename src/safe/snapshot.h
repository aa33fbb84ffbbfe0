/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All rules of iptables in both families, as a value, as text, and back into the kernel in one
 * transaction.
 */
#ifndef POSTERN_SAFE_SNAPSHOT_H
#define POSTERN_SAFE_SNAPSHOT_H

#include <stdbool.h>

#include "base/err.h"
#include "base/sink.h"
#include "plan/backend.h"
#include "plan/diff.h"
#include "rules/rules.h"

/* Reads every built-in table of both families; rs->generation is that of all of them. */
int snapshot_read(const struct backend *backend, struct ruleset *rs, struct err *err);

/* Reads the tables of the older dialects that are there, too; packets meet them, no save has them. */
int snapshot_read_old(const struct backend *backend, struct ruleset *rs, struct err *err);

/* What iptables-save -c prints of a family, without comment lines; tables that are not there: no. */
void snapshot_save(struct sink *sink, const struct ruleset *rs, enum family family, bool counters);

/*
 * Reads a restore file into `rs` as it would be on an empty machine; tables it does not name are
 * left as `rs` has them. `file` is for errors. -EINVAL with the place, as iptables-restore says it.
 */
int snapshot_parse(struct ruleset *rs, enum family family, const char *text, size_t len,
		   const char *file, bool counters, struct err *err);

/*
 * The tables of the older dialects as lines in our own words ("*TABLE", ":CHAIN POLICY", "-A CHAIN
 * WORDS"; without counters), and back. -EBADMSG: it is none of these.
 */
void snapshot_save_old(struct sink *sink, const struct ruleset *rs);
int snapshot_parse_old(struct ruleset *rs, const char *text, struct err *err);

/* Adds copies of all tables of `from`, which may go afterwards. */
void snapshot_copy(struct ruleset *to, const struct ruleset *from);

/* Rules nobody has words for: no text can bring these back. */
uint32_t snapshot_unsaid(const struct ruleset *rs);

/* Called when the difference is known and before it is applied; negative: it is not applied. */
typedef int replace_look(void *context, const struct ruleset *have, const struct ruleset *want,
			 const struct difference *d, const struct pass **pass, struct err *err);

struct replace {
	const struct backend *backend;
	const struct ruleset *want;
	unsigned flags;			/* enum diff_flags */
	bool with_old;			/* `want` has the tables of the older dialects, too */
	const struct pass *pass;	/* when `look` gives no other */
	replace_look *look;		/* may be NULL; called again when somebody was quicker */
	void *context;
};

/*
 * Makes the kernel have `want`, in one transaction for everything, again while somebody else is
 * quicker. The error names the rule that the kernel refused.
 */
int replace_rules(const struct replace *replace, struct err *err);

#endif
