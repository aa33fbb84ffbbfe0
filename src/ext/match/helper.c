// SPDX-License-Identifier: GPL-2.0-or-later
/* -m helper: connections that an application helper expected (the data connection of FTP, say). */
#include <linux/netfilter/xt_helper.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "helper", .type = &type_text, .at = SPAN(struct xt_helper_info, name),
	  .invert = BITS(struct xt_helper_info, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "%!\"%v\"", .metavar = "string", .help = "Match helper identified by string" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m helper --helper ftp", .means = "connections that belong to an FTP session" },
	{ .rule = "-m helper ! --helper \"ftp-2121\"",
	  .means = "not those of a server on port 2121",
	  .saved = "-m helper ! --helper ftp-2121" },
	{ 0 },
};

/* helper_mt() of xt_helper.c: the helper of the connection that expected this one. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_helper_info *info = data;
	const struct connection *master = e->ct.conn ? e->ct.conn->master : NULL;
	bool is_it;

	(void)state;
	if (!e->ct.known)
		return eval_unknown(e, "which helper the connection has is not known");
	is_it = master && master->helper[0] &&
		(!info->name[0] || !strncmp(master->helper, info->name, strlen(master->helper)));
	return answer_of(is_it != !!info->invert);
}

static const struct ext helper = {
	.name = "helper", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_helper_info), .opts = opts, .title = "helper match",
	.tracks = true,
	.effect = EFFECT_PURE, .summary = "the application helper of the connection",
	.manual = "An empty name stands for any helper. The name may carry a port: ftp-2121.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_HELPER", .examples = examples, .match = match,
};
EXT_REGISTER(helper);
