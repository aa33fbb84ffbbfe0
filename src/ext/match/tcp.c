// SPDX-License-Identifier: GPL-2.0-or-later
/* -m tcp: ports, flags and options of TCP. */
#include <linux/netfilter/xt_tcpudp.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_tcp, member)
#define NOT(bit) BITS(struct xt_tcp, invflags, bit)

/* --syn is a name for flags; so they share their place: mask and wanted bits. */
#define FLAGS SPANS(struct xt_tcp, flg_mask, flg_cmp)
#define FLAGS_CLASH "Only one of `--syn' or `--tcp-flags'  allowed"

enum { TCP_FLAGS, SYN, SPORT, DPORT, OPTION };

static const struct opt opts[] = {
	[TCP_FLAGS] = { .name = "tcp-flags", .type = &type_tcp_flags, .at = FLAGS,
	  .invert = NOT(XT_TCP_INV_FLAGS), .excludes = BIT(SYN), .clash = FLAGS_CLASH,
	  .field = FIELD_TCP_FLAGS, .list = "flags:%n%v",
	  .help = "match when TCP flags & mask == comp\n"
		  "(Flags: SYN ACK FIN RST URG PSH ALL NONE)" },
	[SYN] = { .name = "syn", .type = &type_tcp_flags_syn, .at = FLAGS,
	  .invert = NOT(XT_TCP_INV_FLAGS), .flags = OPT_ALIAS, .excludes = BIT(TCP_FLAGS),
	  .clash = FLAGS_CLASH,
	  .help = "match when only SYN flag set\n"
		  "(equivalent to --tcp-flags SYN,RST,ACK,FIN SYN)" },
	[SPORT] = { .name = "source-port", .also = "sport", .name_saved = "sport",
	  .type = &type_ports, .at = AT(spts), .invert = NOT(XT_TCP_INV_SRCPT),
	  .preset = "0:65535", .clash = "Only one `--source-port' allowed",
	  .field = FIELD_SPORT, .list = "spt%s:%n%v", .help = "match source port(s)" },
	[DPORT] = { .name = "destination-port", .also = "dport", .name_saved = "dport",
	  .type = &type_ports, .at = AT(dpts), .invert = NOT(XT_TCP_INV_DSTPT),
	  .preset = "0:65535", .clash = "Only one `--destination-port' allowed",
	  .field = FIELD_DPORT, .list = "dpt%s:%n%v", .help = "match destination port(s)" },
	[OPTION] = { .name = "tcp-option", .type = &type_uint, .at = AT(option), .min = 1,
	  .invert = NOT(XT_TCP_INV_OPTION), .flags = OPT_BLOB, .bad = "Bad TCP option \"%v\"",
	  .clash = "Only one `--tcp-option' allowed", .list = "option=%n%v",
	  .metavar = "number", .field = FIELD_TCP_OPTION, .relation = REL_ONE_OF,
	  .help = "match if TCP option set" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 22", .means = "connections to the SSH port" },
	{ .rule = "-p tcp -m tcp --sport 1024:65535 ! --dport 6000:6063",
	  .means = "from an unprivileged port to anything but X11" },
	{ .rule = "-p tcp -m tcp --syn", .means = "the first packet of a connection",
	  .saved = "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN" },
	{ .rule = "-p tcp -m tcp --tcp-option 8", .means = "segments that carry a timestamp" },
	{ 0 },
};

static bool port_is_in(uint16_t port, const uint16_t range[2], bool inverted)
{
	return (port >= range[0] && port <= range[1]) != inverted;
}

/* tcp_mt() of xt_tcpudp.c; nf_tables' own tests do where there is no --tcp-option. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_tcp *info = data;
	enum answer there;
	const uint8_t *h, *options;
	uint32_t len;

	(void)state;
	/* A fragment that would write over the flags. */
	if (e->packet->family == FAMILY_IPV4 && e->packet->fragment == 8)
		e->hotdrop = true;
	there = transport_header(e, 20, &h);
	if (there != ANSWER_YES)
		return there;
	if (!port_is_in(ntohs(packet_be16(h)), info->spts, info->invflags & XT_TCP_INV_SRCPT) ||
	    !port_is_in(ntohs(packet_be16(h + 2)), info->dpts, info->invflags & XT_TCP_INV_DSTPT) ||
	    ((h[13] & info->flg_mask) == info->flg_cmp) == !!(info->invflags & XT_TCP_INV_FLAGS))
		return ANSWER_NO;
	if (!info->option)
		return ANSWER_YES;
	there = tcp_options(e, &options, &len);
	return there != ANSWER_YES ? there :
	       answer_of((option_find(options, len, info->option) >= 0) !=
			 !!(info->invflags & XT_TCP_INV_OPTION));
}

static const struct ext tcp = {
	.name = "tcp", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_tcp), .opts = opts,
	.shown = (const uint8_t[]){ SPORT, DPORT, OPTION, TCP_FLAGS, SHOWN_END }, .title = "tcp",
	.protos = (const uint8_t[]){ 6, 0 }, .proto_text = "TCP match requires '-p tcp'",
	.implied = true, .effect = EFFECT_PURE, .native = true,
	.summary = "ports, flags and options of TCP segments",
	.kconfig = "CONFIG_NETFILTER_XTABLES", .examples = examples, .match = match,
};
EXT_REGISTER(tcp);
