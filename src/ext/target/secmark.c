// SPDX-License-Identifier: GPL-2.0-or-later
/* -j SECMARK: the security label of a packet. */
#include <linux/netfilter/xt_SECMARK.h>
#include <string.h>

#include "base/hash.h"
#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "selctx", .type = &type_word,
	  .at = SPAN(struct xt_secmark_target_info_v1, secctx),
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "selctx %v", .metavar = "value",
	  .help = "Set the SELinux security context" },
	{ 0 },
};

/* Revision 0 has the kernel's number of the label in front of it. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const struct xt_secmark_target_info *old = theirs;
	struct xt_secmark_target_info_v1 *info = data;

	if (revision != 0 || size < sizeof(*old))
		return false;
	memcpy(info->secctx, old->secctx, sizeof(info->secctx));
	return true;
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 80 -j SECMARK --selctx system_u:object_r:http_packet_t:s0",
	  .means = "packets for the web server", .before = "test -e /sys/fs/selinux/policy" },
	{ .rule = "-j SECMARK --selctx system_u:object_r:packet_t:s0", .means = "all others",
	  .before = "test -e /sys/fs/selinux/policy" },
	{ 0 },
};

/* The policy's number of the label is the kernel's: one of our own, not 0, stands for it. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_secmark_target_info_v1 *info = data;

	(void)state;
	e->meta->secmark = (uint32_t)hash_bytes(info->secctx, strlen(info->secctx)) | 1;
	return VERDICT_NONE;
}

static const struct ext secmark = {
	.name = "SECMARK", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 1,
	.alias = BITS(struct xt_secmark_target_info_v1, mode, SECMARK_MODE_SEL),
	.size = sizeof(struct xt_secmark_target_info_v1),
	.compared = offsetof(struct xt_secmark_target_info_v1, secid), .opts = opts,
	.title = "SECMARK", .tables = TABLE_MANGLE | TABLE_SECURITY, .effect = EFFECT_COUNTS,
	.summary = "give the packet a security label",
	.manual = "The label must be one of the SELinux policy that the machine runs.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_SECMARK", .adopt = adopt, .examples = examples,
	.act = act,
};
EXT_REGISTER(secmark);
