// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel as a backend: the functions of kernel.h behind the common interface. */
#include "kernel/kernel.h"

static int read_depth(void *context, struct ruleset *rs, enum family family, const char *table,
		      const char *chain, enum read_depth depth, struct err *err)
{
	return kernel_read(context, rs, family, table, chain, depth, err);
}

static int read_tables(void *context, struct ruleset *rs, enum family family, struct err *err)
{
	return kernel_read_tables(context, rs, family, err);
}

static int has_chain(void *context, enum family family, const char *table, const char *chain)
{
	return kernel_has_chain(context, family, table, chain, NULL, NULL);
}

static int has_table(void *context, enum family family, const char *table)
{
	return kernel_has_table(context, family, table);
}

static int has_extension(void *context, enum family family, const struct ext *ext)
{
	return kernel_has_extension(context, family, ext);
}

static int apply(void *context, const struct plan *plan, const struct pass *pass,
		 struct refusal *refusal, struct err *err)
{
	(void)err;
	return kernel_apply(context, plan, pass, refusal);
}

static void close_kernel(void *context)
{
	struct kernel *kernel = context;

	kernel_close(&kernel);
}

int kernel_open_backend(struct backend *backend, struct err *err)
{
	struct kernel *kernel = NULL;
	int r = kernel_open(&kernel, err);

	if (r)
		return r;
	*backend = (struct backend){
		.name = "the kernel",
		.view = { .context = kernel, .read = read_depth, .has_chain = has_chain },
		.read_tables = read_tables,
		.has_table = has_table,
		.has_extension = has_extension,
		.apply = apply,
		.close = close_kernel,
	};
	return 0;
}
