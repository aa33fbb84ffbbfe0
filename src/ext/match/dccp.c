// SPDX-License-Identifier: GPL-2.0-or-later
/* -m dccp: ports, packet types and options of the Datagram Congestion Control Protocol. */
#include <linux/netfilter/xt_dccp.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_dccp_info, member)
#define GIVEN(bit) BITS(struct xt_dccp_info, flags, bit)
#define NOT(bit) BITS(struct xt_dccp_info, invflags, bit)

static const char no_port[] = "Port \"%v\" does not resolve to anything.\n";

/* RFC 4340, 5.1; what is above SYNCACK is not assigned. */
static const struct name types[] = {
	{ "REQUEST", BIT(0) }, { "RESPONSE", BIT(1) }, { "DATA", BIT(2) }, { "ACK", BIT(3) },
	{ "DATAACK", BIT(4) }, { "CLOSEREQ", BIT(5) }, { "CLOSE", BIT(6) }, { "RESET", BIT(7) },
	{ "SYNC", BIT(8) }, { "SYNCACK", BIT(9) }, { "INVALID", 0xfc00 }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "source-port", .also = "sport", .name_saved = "sport", .type = &type_ports,
	  .at = AT(spts), .given = GIVEN(XT_DCCP_SRC_PORTS), .invert = NOT(XT_DCCP_SRC_PORTS),
	  .bad = no_port, .flags = OPT_QUIET, .field = FIELD_SPORT, .list = "spt%s:%n%v",
	  .help = "match source port(s)" },
	{ .name = "destination-port", .also = "dport", .name_saved = "dport", .type = &type_ports,
	  .at = AT(dpts), .given = GIVEN(XT_DCCP_DEST_PORTS), .invert = NOT(XT_DCCP_DEST_PORTS),
	  .bad = no_port, .flags = OPT_QUIET, .field = FIELD_DPORT, .list = "dpt%s:%n%v",
	  .help = "match destination port(s)" },
	{ .name = "dccp-types", .type = &type_name_bits_numbers, .at = AT(typemask),
	  .given = GIVEN(XT_DCCP_TYPE), .invert = NOT(XT_DCCP_TYPE), .names = types,
	  .bad = "Unknown DCCP type `%v'", .list = "%!%v", .metavar = "type[,...]",
	  .help = "match when packet is one of the given types" },
	{ .name = "dccp-option", .type = &type_uint, .at = AT(option), .min = 1,
	  .given = GIVEN(XT_DCCP_OPTION), .invert = NOT(XT_DCCP_OPTION), .list = "option=%n%v",
	  .metavar = "option", .help = "match if option (by number!) is set" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p dccp -m dccp --sport 1024:65535 ! --dport 5001", .means = "ports" },
	{ .rule = "-p dccp -m dccp --dccp-types REQUEST,RESET", .means = "beginnings and ends" },
	{ .rule = "-p dccp -m dccp ! --dccp-types INVALID --dccp-option 38",
	  .means = "an acknowledgement vector, in any packet of a known type" },
	{ 0 },
};

static const struct ext dccp = {
	.name = "dccp", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_dccp_info), .opts = opts, .title = "dccp",
	.protos = (const uint8_t[]){ 33, 0 }, .implied = true, .effect = EFFECT_PURE,
	.summary = "ports, packet types and options of DCCP",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_DCCP", .examples = examples,
};
EXT_REGISTER(dccp);
