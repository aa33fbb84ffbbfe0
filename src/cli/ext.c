// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern ext`: what the matches and targets can do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "cli/cli.h"
#include "dialect/describe.h"
#include "ext/ext.h"

/* The next extension of that name, from the n-th on. */
static const struct ext *next_called(size_t *n, const char *name)
{
	const struct ext *ext;

	while ((ext = ext_nth((*n)++)) != NULL)
		if (ext_find(ext->kind, ext->families & IN_V4 ? FAMILY_IPV4 : FAMILY_IPV6,
			     name) == ext)
			break;
	return ext;
}

/* One name can be a match and a target, and each of them one for IPv4 and another for IPv6. */
static size_t describe_name(struct sink *out, const char *name)
{
	const struct ext *ext;
	size_t n = 0, found = 0;

	while ((ext = next_called(&n, name)) != NULL) {
		if (out->len)
			sink_char(out, '\n');
		describe_ext(out, ext);
		found++;
	}
	return found;
}

static int unknown(const char *name)
{
	struct { const char **items; size_t count, room; } names = { 0 };
	const struct ext *ext;
	const char *nearest;

	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		VEC_PUSH(&names, ext->name);
	nearest = err_nearest(name, names.items, names.count);
	fprintf(stderr, "postern ext: no match or target is called `%s'", name);
	if (nearest)
		fprintf(stderr, "; did you mean %s?\n", nearest);
	else
		fprintf(stderr, "; `postern ext' lists them all\n");
	free(names.items);
	return 2;
}

int run_ext(int argc, char **argv)
{
	AUTO_SINK out = SINK_MEMORY;

	if (argc < 2)
		describe_all(&out);
	for (int i = 1; i < argc; i++)
		if (!describe_name(&out, argv[i]))
			return unknown(argv[i]);
	fwrite(sink_text(&out), 1, out.len, stdout);
	return fflush(stdout) ? 1 : 0;
}
