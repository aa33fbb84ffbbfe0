// SPDX-License-Identifier: GPL-2.0-or-later
/* -m connbytes: how much a connection has transferred so far. */
#include <linux/netfilter/xt_connbytes.h>

#include "ext/type/types.h"

static const struct name directions[] = {
	{ "original", XT_CONNBYTES_DIR_ORIGINAL }, { "reply", XT_CONNBYTES_DIR_REPLY },
	{ "both", XT_CONNBYTES_DIR_BOTH }, { 0 },
};

static const struct name modes[] = {
	{ "packets", XT_CONNBYTES_PKTS }, { "bytes", XT_CONNBYTES_BYTES },
	{ "avgpkt", XT_CONNBYTES_AVGPKT }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "connbytes", .type = &type_range_swapped,
	  .at = SPAN(struct xt_connbytes_info, count), .flags = OPT_MUST | OPT_ALWAYS,
	  .metavar = "from:[to]",
	  .help = "what was transferred so far" },
	{ .name = "connbytes-dir", .type = &type_name,
	  .at = SPAN(struct xt_connbytes_info, direction), .names = directions,
	  .flags = OPT_MUST | OPT_ALWAYS | OPT_EXACT_TEXT,
	  .bad = "Unknown --connbytes-dir `%v'", .list = "connbytes direction %v",
	  .metavar = "[original, reply, both]", .help = "by whom" },
	{ .name = "connbytes-mode", .type = &type_name, .at = SPAN(struct xt_connbytes_info, what),
	  .names = modes, .flags = OPT_MUST | OPT_ALWAYS | OPT_EXACT_TEXT,
	  .bad = "Unknown --connbytes-mode `%v'", .list = "connbytes mode %v",
	  .metavar = "[packets, bytes, avgpkt]",
	  .help = "what is counted; avgpkt: bytes per packet" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m connbytes --connbytes 10000:100000 --connbytes-mode bytes "
		  "--connbytes-dir both",
	  .means = "connections that have moved between 10 and 100 kB, both ways together" },
	{ .rule = "-m connbytes ! --connbytes 50 --connbytes-mode packets "
		  "--connbytes-dir original",
	  .means = "those whose first speaker sent fewer than 50 packets" },
	{ 0 },
};

/* connbytes_mt() of xt_connbytes.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_connbytes_info *info = data;
	const struct connection *c = e->ct.conn;
	uint64_t packets = 0, bytes = 0, what;

	(void)state;
	if (!e->ct.known)
		return eval_unknown(e, "how much the connection has transferred is not known");
	for (int way = 0; c && way < 2; way++) {
		if (info->direction != XT_CONNBYTES_DIR_BOTH && info->direction != way)
			continue;
		packets += c->packets[way];
		bytes += c->bytes[way];
	}
	what = info->what == XT_CONNBYTES_PKTS ? packets :
	       info->what == XT_CONNBYTES_BYTES ? bytes : packets ? bytes / packets : 0;
	if (!c)
		return ANSWER_NO;
	return answer_of(info->count.to >= info->count.from ?
			 what >= info->count.from && what <= info->count.to :
			 what < info->count.to || what > info->count.from);
}

static const struct ext connbytes = {
	.name = "connbytes", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_connbytes_info), .opts = opts,
	.shown = (const uint8_t[]){ 0, 2, 1, SHOWN_END }, .tracks = true, .effect = EFFECT_PURE,
	.summary = "bytes or packets that the connection has transferred",
	.manual = "The kernel counts only where net.netfilter.nf_conntrack_acct is on; loading "
		  "such a rule switches it on, for connections that begin from then on.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNBYTES", .examples = examples, .match = match,
};
EXT_REGISTER(connbytes);
