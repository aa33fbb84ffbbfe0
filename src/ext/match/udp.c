// SPDX-License-Identifier: GPL-2.0-or-later
/* -m udp: ports of UDP. */
#include <linux/netfilter/xt_tcpudp.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define UNKNOWN "Port \"%v\" does not resolve to anything.\n"

static const struct opt opts[] = {
	{ .name = "source-port", .also = "sport", .name_saved = "sport", .type = &type_ports,
	  .at = SPAN(struct xt_udp, spts),
	  .invert = BITS(struct xt_udp, invflags, XT_UDP_INV_SRCPT),
	  .preset = "0:65535", .field = FIELD_SPORT, .bad = UNKNOWN, .list = "spt%s:%n%v",
	  .help = "match source port(s)" },
	{ .name = "destination-port", .also = "dport", .name_saved = "dport", .type = &type_ports,
	  .at = SPAN(struct xt_udp, dpts),
	  .invert = BITS(struct xt_udp, invflags, XT_UDP_INV_DSTPT),
	  .preset = "0:65535", .field = FIELD_DPORT, .bad = UNKNOWN, .list = "dpt%s:%n%v",
	  .help = "match destination port(s)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p udp -m udp --dport 53", .means = "queries to a name server" },
	{ .rule = "-p udp -m udp --sport 67:68 --dport 67:68", .means = "DHCP" },
	{ .rule = "-p udp -m udp ! --sport 53", .means = "anything but answers of a name server" },
	{ 0 },
};

/* udp_mt() of xt_tcpudp.c; where options stand, nf_tables' own tests do. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const uint8_t *h;

	(void)data;
	(void)state;
	return transport_header(e, 8, &h);
}

static const struct ext udp = {
	.name = "udp", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_udp), .opts = opts, .title = "udp",
	.protos = (const uint8_t[]){ 17, 0 }, .proto_text = "UDP match requires '-p udp'",
	.implied = true, .effect = EFFECT_PURE, .native = true,
	.summary = "ports of UDP datagrams",
	.kconfig = "CONFIG_NETFILTER_XTABLES", .examples = examples, .match = match,
};
EXT_REGISTER(udp);
