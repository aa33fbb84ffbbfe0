/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where rules live: the kernel, or a store of files. Commands, listings and saves go through this,
 * and know no more of it. `context` is the backend's own; every function gets it first.
 */
#ifndef POSTERN_PLAN_BACKEND_H
#define POSTERN_PLAN_BACKEND_H

#include "plan/pass.h"
#include "plan/plan.h"

/* What a backend said of one operation of a plan. */
struct refusal {
	const struct op *op;	/* the first operation that was refused; NULL: the transaction */
	int errnum;		/* positive */
	char text[160];		/* the backend's own words, may be empty */
};

struct backend {
	const char *name;	/* for people: "the kernel", "the store" */
	struct view view;	/* reading, as planning wants it */

	/* Names of all tables of a family, as tables of `rs` without chains. */
	int (*read_tables)(void *context, struct ruleset *rs, enum family family,
			   struct err *err);
	/* Without a dump: 0, -ENOENT, or another -errno. */
	int (*has_table)(void *context, enum family family, const char *table);
	/*
	 * Whether it can carry the extension in our revision: 0, -ENOENT, -EPROTONOSUPPORT (in
	 * others only), or another -errno.
	 */
	int (*has_extension)(void *context, enum family family, const struct ext *ext);
	/*
	 * Carries out all operations as one transaction or none. Returns 0, or -errno with
	 * `refusal` filled in: what it means depends on the command, so the caller words it, unless
	 * `err` is set (a file that cannot be written has nothing to do with the command).
	 * -ERESTART: the plan was made from a view (plan->generation) that is no longer so; make it
	 * again.
	 */
	int (*apply)(void *context, const struct plan *plan, const struct pass *pass,
		     struct refusal *refusal, struct err *err);
	void (*close)(void *context);
};

/* Everything a backend may be asked for, on a backend that is open. */
static inline int backend_read(const struct backend *b, struct ruleset *rs, enum family family,
			       const char *table, const char *chain, enum read_depth depth,
			       struct err *err)
{
	return b->view.read(b->view.context, rs, family, table, chain, depth, err);
}

static inline int backend_apply(const struct backend *b, const struct plan *plan,
				const struct pass *pass, struct refusal *refusal, struct err *err)
{
	return b->apply(b->view.context, plan, pass, refusal, err);
}

static inline bool backend_is_open(const struct backend *b)
{
	return b->view.context;
}

static inline void backend_close(struct backend *b)
{
	if (backend_is_open(b))
		b->close(b->view.context);
	*b = (struct backend){ 0 };
}

#define AUTO_BACKEND __attribute__((cleanup(backend_close))) struct backend

#endif
