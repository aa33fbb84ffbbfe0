// SPDX-License-Identifier: GPL-2.0-or-later
/* Which backend a call works on. */
#include "cli/cli.h"
#include "ext/type/types.h"
#include "kernel/kernel.h"
#include "store/store.h"

static const char *store_folder;

void choose_store(const char *folder)
{
	store_folder = folder;
	/* Rules name sets; which numbers these have is of no account. */
	set_names_use(&set_names_given);
}

const char *chosen_store(void)
{
	return store_folder;
}

int open_backend(const struct call *call, struct backend *backend, struct err *err)
{
	if (call->store)
		return store_open_backend(backend, call->store, err);
	return kernel_open_backend(backend, err);
}
