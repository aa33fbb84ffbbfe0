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

static const struct ext helper = {
	.name = "helper", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_helper_info), .opts = opts, .title = "helper match",
	.effect = EFFECT_PURE, .summary = "the application helper of the connection",
	.manual = "An empty name stands for any helper. The name may carry a port: ftp-2121.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_HELPER", .examples = examples,
};
EXT_REGISTER(helper);
