// SPDX-License-Identifier: GPL-2.0-or-later
/* Which backend a call works on. */
#include "cli/cli.h"
#include "kernel/kernel.h"

int open_backend(const struct call *call, struct backend *backend, struct err *err)
{
	(void)call;
	return kernel_open_backend(backend, err);
}
