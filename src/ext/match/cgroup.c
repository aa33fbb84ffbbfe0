// SPDX-License-Identifier: GPL-2.0-or-later
/* -m cgroup: the control group of the socket that a packet comes from or goes to. */
#include <linux/netfilter/xt_cgroup.h>
#include <string.h>

#include "ext/type/types.h"

#define INFO struct xt_cgroup_info_v2

static const struct opt opts[] = {
	{ .name = "path", .type = &type_text, .at = SPAN(INFO, path),
	  .given = BITS(INFO, has_path, 1), .invert = BITS(INFO, invert_path, 1),
	  .flags = OPT_EXACT_TEXT, .list = "cgroup %!%v", .metavar = "path",
	  .help = "Recursively match path relative to cgroup2 root" },
	{ .name = "cgroup", .type = &type_uint, .at = SPAN(INFO, classid),
	  .given = BITS(INFO, has_classid, 1), .invert = BITS(INFO, invert_classid, 1),
	  .list = "cgroup %!%v", .metavar = "classid",
	  .help = "Match cgroup classid, can't be used with --path" },
	{ 0 },
};

/* Revision 0 knew class ids only, revision 1 had both side by side. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const struct xt_cgroup_info_v0 *v0 = theirs;
	const struct xt_cgroup_info_v1 *v1 = theirs;
	INFO *info = data;

	if (revision == 0 && size >= sizeof(*v0)) {
		*info = (INFO){ .has_classid = 1, .invert_classid = v0->invert != 0 };
		info->classid = v0->id;
		return true;
	}
	if (revision != 1 || size < offsetof(struct xt_cgroup_info_v1, priv) ||
	    (v1->has_path && strnlen(v1->path, sizeof(info->path)) == sizeof(info->path)))
		return false;
	memcpy(info, v1, offsetof(INFO, path));
	if (v1->has_path)
		memcpy(info->path, v1->path, strlen(v1->path) + 1);
	else
		info->classid = v1->classid;
	return true;
}

static const struct example examples[] = {
	{ .rule = "-m cgroup --cgroup 1048577", .means = "sockets of class 10:1 (net_cls)" },
	{ .rule = "-m cgroup ! --path \"/\"", .means = "sockets of no group at all" },
	{ 0 },
};

static const struct ext cgroup = {
	.name = "cgroup", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 2,
	.size = sizeof(INFO), .compared = offsetof(INFO, priv), .opts = opts,
	.hooks = HOOK_INPUT | HOOK_OUTPUT | HOOK_POSTROUTING, .effect = EFFECT_PURE,
	.looks_at = LOOKS_AT_GROUP, .summary = "the control group of the packet's socket",
	.manual = "The path, from the root of cgroup2, must exist; groups below it match, too.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CGROUP", .adopt = adopt, .examples = examples,
	.match = type_cgroup_match,
};
EXT_REGISTER(cgroup);
