// SPDX-License-Identifier: GPL-2.0-or-later
/* What the programs of the older dialects share: who they are, and how they get at rules. */
#include "cli/old.h"

#include <errno.h>
#include <string.h>

static const struct { const char *name; old_program *run; } old_programs[] = {
	{ "ipchains", run_ipchains },
	{ "ipchains-save", run_ipchains_save },
	{ "ipchains-restore", run_ipchains_restore },
	{ "ipfwadm", run_ipfwadm },
	{ "ipmasqadm", run_ipmasqadm },
	{ "ipportfw", run_ipportfw },
};

old_program *old_program_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(old_programs); i++)
		if (!strcmp(old_programs[i].name, name))
			return old_programs[i].run;
	return NULL;
}

int old_open(struct old_session *session, const char *name, struct err *err)
{
	int r;

	/* With `explain` the hints about loops are collected. */
	session->call = (struct call){
		.program = name, .family = FAMILY_IPV4, .explain = true, .store = chosen_store(),
	};
	r = open_backend(&session->call, &session->backend, err);
	if (r == -EPERM || r == -EACCES) {
		*err = ERR_INIT;
		err_errno(err, ERR_OTHER, EPERM, "Permission denied (you must be root)");
	}
	return r;
}

void old_typed(struct old_session *session, int argc, char **argv)
{
	session->call.words = (const char *const *)argv + 1;
	session->call.word_count = argc > 0 ? (size_t)argc - 1 : 0;
}

void old_close(struct old_session *session)
{
	backend_close(&session->backend);
	arena_free(&session->arena);
}

struct table *old_read(struct old_session *session, struct ruleset *rs, const char *table,
		       struct err *err)
{
	struct table *t = read_table(&session->backend, rs, FAMILY_IPV4, table, NULL, err);

	if (t)
		complete_table(t);
	return t;
}

int old_transact(struct old_session *session, const struct command *first, struct err *err)
{
	const struct transaction t = {
		.call = &session->call, .backend = &session->backend, .arena = &session->arena,
		.trust = PLAN_LOOKS,
	};

	return transact(&t, first, err);
}

bool old_has_chain(const struct old_session *session, const char *table, const char *chain)
{
	const struct view *view = &session->backend.view;

	return builtin_chain(table, chain) ||
	       !view->has_chain(view->context, FAMILY_IPV4, table, chain);
}
