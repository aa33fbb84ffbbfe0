// SPDX-License-Identifier: GPL-2.0-or-later
/* -j AUDIT: a record for the audit daemon. */
#include <linux/netfilter/xt_AUDIT.h>

#include "ext/type/types.h"

static const struct name types[] = {
	{ "accept", XT_AUDIT_TYPE_ACCEPT }, { "drop", XT_AUDIT_TYPE_DROP },
	{ "reject", XT_AUDIT_TYPE_REJECT }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "type", .type = &type_name, .at = SPAN(struct xt_audit_info, type),
	  .names = types, .flags = OPT_MUST | OPT_ALWAYS, .list = "%v",
	  .bad = "Bad action type value \"%v\"", .metavar = "TYPE",
	  .help = "Action type to be recorded: accept, drop or reject." },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j AUDIT --type drop", .means = "record that a packet was dropped" },
	{ .rule = "-p tcp -m tcp --dport 22 -j AUDIT --type accept", .means = "record logins" },
	{ 0 },
};

static const struct ext audit = {
	.name = "AUDIT", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_audit_info),
	.opts = opts, .title = "AUDIT", .effect = EFFECT_COUNTS,
	.summary = "write an audit record; the verdict is that of a later rule",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_AUDIT", .examples = examples, .act = act_nothing,
};
EXT_REGISTER(audit);
