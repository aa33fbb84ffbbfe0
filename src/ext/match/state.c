// SPDX-License-Identifier: GPL-2.0-or-later
/* -m state: the old name of "-m conntrack --ctstate". The kernel knows it by a flag. */
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_conntrack.h>

#include "ext/type/types.h"

/* Those that the old match knew. */
static const struct name states[] = {
	{ "INVALID", XT_CONNTRACK_STATE_INVALID },
	{ "NEW", XT_CONNTRACK_STATE_BIT(IP_CT_NEW) },
	{ "RELATED", XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) },
	{ "ESTABLISHED", XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) },
	{ "UNTRACKED", XT_CONNTRACK_STATE_UNTRACKED },
	{ 0 },
};

static const struct opt opts[] = {
	{ .name = "state", .type = &type_ct_state,
	  .at = SPAN(struct xt_conntrack_mtinfo3, state_mask),
	  .given = BITS(struct xt_conntrack_mtinfo3, match_flags, XT_CONNTRACK_STATE),
	  .invert = BITS(struct xt_conntrack_mtinfo3, invert_flags, XT_CONNTRACK_STATE),
	  .names = states, .flags = OPT_MUST | OPT_PREFIX,
	  .bad = "Bad state \"%v\"", .field = FIELD_CT_STATE,
	  .metavar = "[INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED][,...]",
	  .help = "State(s) to match" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m state --state RELATED,ESTABLISHED",
	  .means = "what belongs to a connection that was let through" },
	{ .rule = "-m state ! --state INVALID,NEW,UNTRACKED",
	  .means = "the same, said the other way" },
	{ 0 },
};

static const struct ext state = {
	.name = "state", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 3,
	.kernel_name = "conntrack",
	.alias = BITS(struct xt_conntrack_mtinfo3, match_flags, XT_CONNTRACK_STATE_ALIAS),
	.tracks = true,
	.size = sizeof(struct xt_conntrack_mtinfo3), .opts = opts, .effect = EFFECT_PURE,
	.summary = "state of the packet's connection; -m conntrack can do more",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNTRACK", .examples = examples,
};
EXT_REGISTER(state);
