// SPDX-License-Identifier: GPL-2.0-or-later
/* -m dccp: ports, packet types and options of the Datagram Congestion Control Protocol. */
#include <linux/netfilter/xt_dccp.h>
#include <netinet/in.h>

#include "ext/headers.h"
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

/* __dccp_hdr_len() of linux/dccp.h: sequence numbers may be long, then what the type brings. */
static uint32_t fixed_len(const uint8_t *h)
{
	static const uint8_t more[16] = { 4, 12, 0, 8, 8, 8, 8, 12, 8, 8, 12, 12, 12, 12, 12, 12 };

	return 12 + (h[8] & 1 ? 4 : 0) + more[h[8] >> 1 & 15];
}

static enum answer has_option(struct eval *e, const uint8_t *h, uint8_t option)
{
	uint32_t begin = fixed_len(h), end = h[4] * 4u;
	const uint8_t *options;
	enum answer there;

	if (end < begin) {
		e->hotdrop = true;
		return ANSWER_NO;
	}
	there = packet_header(e, e->packet->transport + begin, end - begin, &options);
	return there != ANSWER_YES ? there :
	       answer_of(option_find(options, end - begin, option) >= 0);
}

static bool port_is_in(const uint8_t *h, const uint16_t range[2])
{
	return ntohs(packet_be16(h)) >= range[0] && ntohs(packet_be16(h)) <= range[1];
}

/* dccp_mt() of xt_dccp.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_dccp_info *info = data;
	const uint8_t *h;
	enum answer there = transport_header(e, 12, &h);

	(void)state;
	if (there != ANSWER_YES)
		return there;
#define FAILS(bit, cond) (info->flags & (bit) && (cond) == !!(info->invflags & (bit)))
	if (FAILS(XT_DCCP_SRC_PORTS, port_is_in(h, info->spts)) ||
	    FAILS(XT_DCCP_DEST_PORTS, port_is_in(h + 2, info->dpts)) ||
	    FAILS(XT_DCCP_TYPE, (info->typemask >> (h[8] >> 1 & 15) & 1) != 0))
		return ANSWER_NO;
#undef FAILS
	if (!(info->flags & XT_DCCP_OPTION))
		return ANSWER_YES;
	there = has_option(e, h, info->option);
	return info->invflags & XT_DCCP_OPTION ? answer_not(there) : there;
}

static const struct ext dccp = {
	.name = "dccp", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_dccp_info), .opts = opts, .title = "dccp",
	.protos = (const uint8_t[]){ 33, 0 }, .implied = true, .effect = EFFECT_PURE,
	.summary = "ports, packet types and options of DCCP",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_DCCP", .examples = examples, .match = match,
};
EXT_REGISTER(dccp);
