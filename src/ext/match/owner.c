// SPDX-License-Identifier: GPL-2.0-or-later
/* -m owner: who made the socket that sends a packet of this machine. */
#include <linux/netfilter/xt_owner.h>

#include "ext/type/types.h"

#define GIVEN(bit) .given = BITS(struct xt_owner_match_info, match, XT_OWNER_##bit)
#define NOT(bit) .invert = BITS(struct xt_owner_match_info, invert, XT_OWNER_##bit)

static const struct opt opts[] = {
	{ .name = "uid-owner", .type = &type_users,
	  .at = SPANS(struct xt_owner_match_info, uid_min, uid_max), GIVEN(UID), NOT(UID),
	  .flags = OPT_ELSE_TOO,
	  .field = FIELD_SKUID, .list = "%!owner UID match %v", .help = "Match local UID" },
	{ .name = "gid-owner", .type = &type_groups,
	  .at = SPANS(struct xt_owner_match_info, gid_min, gid_max), GIVEN(GID), NOT(GID),
	  .flags = OPT_ELSE_TOO,
	  .field = FIELD_SKGID, .list = "%!owner GID match %v", .help = "Match local GID" },
	{ .name = "socket-exists", GIVEN(SOCKET), NOT(SOCKET), .list = "%!owner socket exists",
	  .help = "Match if socket exists" },
	{ .name = "suppl-groups", GIVEN(SUPPL_GROUPS), .needs = BIT(1), .flags = OPT_BEHIND,
	  .bad = "owner: Bad value for \"--suppl-groups\" option: "
		 "\"you need to use --gid-owner first\"",
	  .list = "incl. suppl. groups",
	  .help = "Also match supplementary groups set with --gid-owner" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m owner --uid-owner 1000", .means = "what this user sends" },
	{ .rule = "-m owner ! --uid-owner 0-99 --gid-owner 4 --suppl-groups",
	  .means = "users of this group, but no system accounts" },
	{ .rule = "-m owner ! --socket-exists", .means = "what the kernel itself sends" },
	{ 0 },
};

static bool is_in(uint32_t id, uint32_t low, uint32_t high)
{
	return id >= low && id <= high;
}

/* owner_mt() of xt_owner.c. Further groups of the process are nowhere to be seen. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_owner_match_info *info = data;
	const struct meta *m = e->meta;
	bool has_gid = is_in(m->gid, info->gid_min, info->gid_max);

	(void)state;
	if (!(m->known & KNOWN_OWNER))
		return eval_unknown(e, "whose socket sends the packet is not known");
	if (!m->has_socket)
		return answer_of(!(info->match ^ info->invert));
	if (info->match & info->invert & XT_OWNER_SOCKET)
		return ANSWER_NO;
	if (info->match & XT_OWNER_UID &&
	    is_in(m->uid, info->uid_min, info->uid_max) == !!(info->invert & XT_OWNER_UID))
		return ANSWER_NO;
	if (info->match & XT_OWNER_SUPPL_GROUPS && !has_gid)
		return eval_unknown(e, "which further groups the sending process is in is not "
				       "known");
	return answer_of(!(info->match & XT_OWNER_GID) ||
			 has_gid != !!(info->invert & XT_OWNER_GID));
}

static const struct ext owner = {
	.name = "owner", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_owner_match_info), .opts = opts,
	.shown = (const uint8_t[]){ 2, 0, 1, 3, SHOWN_END }, .some = BIT(0) | BIT(1) | BIT(2),
	.some_text = "owner: At least one of --uid-owner, --gid-owner or --socket-exists "
		     "is required",
	.hooks = HOOK_OUTPUT | HOOK_POSTROUTING, .effect = EFFECT_PURE,
	.summary = "user and group of the sending process",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_OWNER", .examples = examples,
	.match = match,
};
EXT_REGISTER(owner);
