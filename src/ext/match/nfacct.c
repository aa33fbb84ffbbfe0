// SPDX-License-Identifier: GPL-2.0-or-later
/* -m nfacct: counts what comes by in a named counter of nfnetlink_acct. */
#include <linux/netfilter/xt_nfacct.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "nfacct-name", .type = &type_text_quoted, .min = 1,
	  .at = SPAN(struct xt_nfacct_match_info_v1, name), .flags = OPT_MUST | OPT_ALWAYS,
	  .metavar = "STRING", .help = "Name of accouting area" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m nfacct --nfacct-name http", .means = "add it to the counter http" },
	{ .rule = "-m nfacct --nfacct-name \"mail out\"", .means = "names may hold blanks" },
	{ 0 },
};

/* Revision 0 differs in where 32-bit programs have the kernel's pointer. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	if (revision != 0 || size < NFACCT_NAME_MAX)
		return false;
	memcpy(data, theirs, NFACCT_NAME_MAX);
	return true;
}

static const struct ext nfacct = {
	.name = "nfacct", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_nfacct_match_info_v1), .compared = NFACCT_NAME_MAX, .opts = opts,
	.effect = EFFECT_STATEFUL, .summary = "counts in a named counter, over its quota or not",
	.manual = "The counter must be there before the rule (nfacct add NAME). The match is true, "
		  "and counts, for every packet; of a counter with a quota it is true only when "
		  "the quota is used up.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_NFACCT", .adopt = adopt, .examples = examples,
	.unknowable = "what the counters of nfacct hold is known to the kernel only",
};
EXT_REGISTER(nfacct);
