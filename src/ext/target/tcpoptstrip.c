// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TCPOPTSTRIP: take TCP options out of segments. */
#include <linux/types.h>
#include <linux/netfilter/xt_TCPOPTSTRIP.h>
#include <string.h>

#include "ext/headers.h"
#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "strip-options", .type = &type_tcp_options, .list = "TCPOPTSTRIP options %v",
	  .at = SPAN(struct xt_tcpoptstrip_target_info, strip_bmap), .metavar = "value",
	  .help = "strip specified TCP options denoted by value\n"
		  "(separated by comma) from TCP header" },
	{ 0 },
};

static void help(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "  Instead of the numeric value, you can also use the following names:\n");
	for (const struct name *n = tcp_option_names; n->name; n++)
		sink_printf(sink, "    %s\n", n->name);
}

static const struct example examples[] = {
	{ .rule = "-p tcp -j TCPOPTSTRIP --strip-options 5,8", .means = "no timestamps, no SACK" },
	{ .rule = "-p tcp -j TCPOPTSTRIP --strip-options timestamp,wscale",
	  .means = "neither timestamps nor large windows",
	  .saved = "-p tcp -j TCPOPTSTRIP --strip-options 3,8" },
	{ 0 },
};

/* tcpoptstrip_mangle_packet() of xt_TCPOPTSTRIP.c; an option of length 0 is taken for one byte. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	enum { NOP = 1, TCP_HEADER = 20 };
	const struct xt_tcpoptstrip_target_info *info = data;
	const struct packet *p = e->packet;
	const uint8_t *there;
	uint8_t o[40];
	uint32_t len, size;

	(void)state;
	if (p->fragment)
		return VERDICT_NONE;
	if (tcp_options(e, &there, &len) != ANSWER_YES)
		return VERDICT_DROP;
	memcpy(o, there, len);
	for (uint32_t i = 0; i + 1 < len; i += size) {
		size = o[i] <= NOP || !o[i + 1] ? 1 : o[i + 1];
		if (i + size > len)
			break;
		if (info->strip_bmap[o[i] / 32] >> o[i] % 32 & 1)
			memset(o + i, NOP, size);
	}
	if (!e->simulated)
		packet_set_bytes(e->packet, p->transport + TCP_HEADER, o, len);
	return VERDICT_NONE;
}

static const struct ext tcpoptstrip = {
	.name = "TCPOPTSTRIP", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_tcpoptstrip_target_info), .opts = opts,
	.protos = (const uint8_t[]){ 6, 0 }, .tables = TABLE_MANGLE, .effect = EFFECT_COUNTS,
	.summary = "overwrite TCP options with NOP",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TCPOPTSTRIP", .help = help, .examples = examples,
	.act = act,
};
EXT_REGISTER(tcpoptstrip);
