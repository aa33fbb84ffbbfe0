// SPDX-License-Identifier: GPL-2.0-or-later
/* -m pkttype: to whom the frame was sent on its link. */
#include <linux/if_packet.h>
#include <linux/netfilter/xt_pkttype.h>

#include "ext/type/types.h"

static const struct name kinds[] = {
	{ "unicast", PACKET_HOST }, { "broadcast", PACKET_BROADCAST },
	{ "multicast", PACKET_MULTICAST }, { "otherhost", PACKET_OTHERHOST },
	{ "bcast", PACKET_BROADCAST }, { "mcast", PACKET_MULTICAST }, { "host", PACKET_HOST },
	{ 0 },
};

static const struct opt opts[] = {
	{ .name = "pkt-type", .type = &type_name, .at = SPAN(struct xt_pkttype_info, pkttype),
	  .invert = BITS(struct xt_pkttype_info, invert, 1), .names = kinds,
	  .flags = OPT_MUST | OPT_ALWAYS, .field = FIELD_PKTTYPE, .list = "%(=|!=) %v",
	  .bad = "Bad packet type '%v'", .metavar = "packettype", .help = "match packet type" },
	{ 0 },
};

static void help(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "Valid packet types:\n"
		       "\tunicast       \t\tto us\n\tbroadcast     \t\tto all\n"
		       "\tmulticast     \t\tto group\n\totherhost     \t\tto someone else\n\n");
}

static const struct example examples[] = {
	{ .rule = "-m pkttype --pkt-type broadcast", .means = "frames to all on the link" },
	{ .rule = "-m pkttype ! --pkt-type host", .means = "frames not just for us",
	  .saved = "-m pkttype ! --pkt-type unicast" },
	{ 0 },
};

static const struct ext pkttype = {
	.name = "pkttype", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_pkttype_info), .opts = opts, .title = "PKTTYPE",
	.effect = EFFECT_PURE, .summary = "to whom the frame was sent on its link",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_PKTTYPE", .help = help, .examples = examples,
};
EXT_REGISTER(pkttype);
