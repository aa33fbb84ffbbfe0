// SPDX-License-Identifier: GPL-2.0-or-later
/* Control groups by their path: what -m cgroup makes of the one that a socket is in. */
#include <linux/netfilter/xt_cgroup.h>
#include <string.h>

#include "ext/type/types.h"

/* The same group, or one below it. Slashes count once (kernfs_walk_ns). */
static bool is_within(const char *path, const char *group)
{
	for (;;) {
		size_t len;

		path += strspn(path, "/");
		group += strspn(group, "/");
		len = strcspn(path, "/");
		if (!len || strcspn(group, "/") != len || memcmp(path, group, len) != 0)
			return !len;
		path += len;
		group += len;
	}
}

/* cgroup_mt_v2() of xt_cgroup.c: a socket that is whole, or no answer at all. */
enum answer type_cgroup_match(struct eval *e, const void *data, void *state)
{
	const char *group = e->meta->cgroup;
	const struct xt_cgroup_info_v2 *info = data;

	(void)state;
	if (group && !*group)
		return ANSWER_NO;
	if (!group || !info->has_path ||
	    strnlen(info->path, sizeof(info->path)) == sizeof(info->path))
		return eval_unknown(e, "in which control group the socket is is not known");
	return answer_of(is_within(info->path, group) != info->invert_path);
}
