// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CONNSECMARK: carry the security label between a packet and its connection. */
#include <linux/netfilter/xt_CONNSECMARK.h>

#include "ext/type/types.h"

#define WAY(n) MODE(struct xt_connsecmark_target_info, mode, CONNSECMARK_##n, 0xff)

static const struct opt opts[] = {
	{ .name = "save", .given = WAY(SAVE), .excludes = BIT(1),
	  .help = "Copy security mark from packet to conntrack" },
	{ .name = "restore", .given = WAY(RESTORE), .excludes = BIT(0),
	  .help = "Copy security mark from connection to packet" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-j CONNSECMARK --save", .means = "the connection gets the packet's label" },
	{ .rule = "-j CONNSECMARK --restore", .means = "the packet gets the connection's label" },
	{ 0 },
};

/* xt_CONNSECMARK.c: only where there is no label yet. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_connsecmark_target_info *info = data;
	struct connection *c = e->ct.conn;

	(void)state;
	if (c && info->mode == CONNSECMARK_SAVE && !c->secmark && !e->simulated)
		c->secmark = e->meta->secmark;
	else if (c && info->mode == CONNSECMARK_RESTORE && !e->meta->secmark)
		e->meta->secmark = c->secmark;
	return VERDICT_NONE;
}

static const struct ext connsecmark = {
	.name = "CONNSECMARK", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_connsecmark_target_info), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "CONNSECMARK target: parameter required", .title = "CONNSECMARK",
	.tables = TABLE_MANGLE | TABLE_SECURITY, .tracks = true, .effect = EFFECT_COUNTS,
	.summary = "copy the security label from packet to connection, or back",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CONNSECMARK", .examples = examples, .act = act,
};
EXT_REGISTER(connsecmark);
