// SPDX-License-Identifier: GPL-2.0-or-later
/* -m icmp and -m icmp6: types and codes of control messages. */
#include <arpa/inet.h>
#include <net/if.h>

#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>

#include "ext/type/types.h"

/* RFC 792, RFC 1122, RFC 1812; the second name of a number stands behind the first. */
static const struct name types4[] = {
	ICMP_NAME("any", 255, 0, 255),
	ICMP_NAME("echo-reply", 0, 0, 255),
	ICMP_NAME("pong", 0, 0, 255),
	ICMP_NAME("destination-unreachable", 3, 0, 255),
	ICMP_NAME("network-unreachable", 3, 0, 0),
	ICMP_NAME("host-unreachable", 3, 1, 1),
	ICMP_NAME("protocol-unreachable", 3, 2, 2),
	ICMP_NAME("port-unreachable", 3, 3, 3),
	ICMP_NAME("fragmentation-needed", 3, 4, 4),
	ICMP_NAME("source-route-failed", 3, 5, 5),
	ICMP_NAME("network-unknown", 3, 6, 6),
	ICMP_NAME("host-unknown", 3, 7, 7),
	ICMP_NAME("network-prohibited", 3, 9, 9),
	ICMP_NAME("host-prohibited", 3, 10, 10),
	ICMP_NAME("TOS-network-unreachable", 3, 11, 11),
	ICMP_NAME("TOS-host-unreachable", 3, 12, 12),
	ICMP_NAME("communication-prohibited", 3, 13, 13),
	ICMP_NAME("host-precedence-violation", 3, 14, 14),
	ICMP_NAME("precedence-cutoff", 3, 15, 15),
	ICMP_NAME("source-quench", 4, 0, 255),
	ICMP_NAME("redirect", 5, 0, 255),
	ICMP_NAME("network-redirect", 5, 0, 0),
	ICMP_NAME("host-redirect", 5, 1, 1),
	ICMP_NAME("TOS-network-redirect", 5, 2, 2),
	ICMP_NAME("TOS-host-redirect", 5, 3, 3),
	ICMP_NAME("echo-request", 8, 0, 255),
	ICMP_NAME("ping", 8, 0, 255),
	ICMP_NAME("router-advertisement", 9, 0, 255),
	ICMP_NAME("router-solicitation", 10, 0, 255),
	ICMP_NAME("time-exceeded", 11, 0, 255),
	ICMP_NAME("ttl-exceeded", 11, 0, 255),
	ICMP_NAME("ttl-zero-during-transit", 11, 0, 0),
	ICMP_NAME("ttl-zero-during-reassembly", 11, 1, 1),
	ICMP_NAME("parameter-problem", 12, 0, 255),
	ICMP_NAME("ip-header-bad", 12, 0, 0),
	ICMP_NAME("required-option-missing", 12, 1, 1),
	ICMP_NAME("timestamp-request", 13, 0, 255),
	ICMP_NAME("timestamp-reply", 14, 0, 255),
	ICMP_NAME("info-request", 15, 0, 255),
	ICMP_NAME("info-reply", 16, 0, 255),
	ICMP_NAME("address-mask-request", 17, 0, 255),
	ICMP_NAME("address-mask-reply", 18, 0, 255),
	{ 0 },
};

/* RFC 4443, RFC 2710, RFC 4861. */
static const struct name types6[] = {
	ICMP_NAME("destination-unreachable", 1, 0, 255),
	ICMP_NAME("no-route", 1, 0, 0),
	ICMP_NAME("communication-prohibited", 1, 1, 1),
	ICMP_NAME("beyond-scope", 1, 2, 2),
	ICMP_NAME("address-unreachable", 1, 3, 3),
	ICMP_NAME("port-unreachable", 1, 4, 4),
	ICMP_NAME("failed-policy", 1, 5, 5),
	ICMP_NAME("reject-route", 1, 6, 6),
	ICMP_NAME("packet-too-big", 2, 0, 255),
	ICMP_NAME("time-exceeded", 3, 0, 255),
	ICMP_NAME("ttl-exceeded", 3, 0, 255),
	ICMP_NAME("ttl-zero-during-transit", 3, 0, 0),
	ICMP_NAME("ttl-zero-during-reassembly", 3, 1, 1),
	ICMP_NAME("parameter-problem", 4, 0, 255),
	ICMP_NAME("bad-header", 4, 0, 0),
	ICMP_NAME("unknown-header-type", 4, 1, 1),
	ICMP_NAME("unknown-option", 4, 2, 2),
	ICMP_NAME("echo-request", 128, 0, 255),
	ICMP_NAME("ping", 128, 0, 255),
	ICMP_NAME("echo-reply", 129, 0, 255),
	ICMP_NAME("pong", 129, 0, 255),
	ICMP_NAME("mld-listener-query", 130, 0, 255),
	ICMP_NAME("mld-listener-report", 131, 0, 255),
	ICMP_NAME("mld-listener-done", 132, 0, 255),
	ICMP_NAME("mld-listener-reduction", 132, 0, 255),
	ICMP_NAME("router-solicitation", 133, 0, 255),
	ICMP_NAME("router-advertisement", 134, 0, 255),
	ICMP_NAME("neighbour-solicitation", 135, 0, 255),
	ICMP_NAME("neighbor-solicitation", 135, 0, 255),
	ICMP_NAME("neighbour-advertisement", 136, 0, 255),
	ICMP_NAME("neighbor-advertisement", 136, 0, 255),
	ICMP_NAME("redirect", 137, 0, 255),
	{ 0 },
};

static const struct opt opts4[] = {
	{ .name = "icmp-type", .type = &type_icmp, .at = SPANS(struct ipt_icmp, type, code),
	  .invert = BITS(struct ipt_icmp, invflags, IPT_ICMP_INV), .names = types4,
	  .flags = OPT_MUST | OPT_ALWAYS, .field = FIELD_ICMP, .list = "%<%v",
	  .help = "match icmp type\n(or numeric type or type/code)" },
	{ 0 },
};

static const struct opt opts6[] = {
	{ .name = "icmpv6-type", .type = &type_icmp,
	  .at = SPANS(struct ip6t_icmp, type, code),
	  .invert = BITS(struct ip6t_icmp, invflags, IP6T_ICMP_INV), .names = types6,
	  .flags = OPT_MUST | OPT_ALWAYS, .field = FIELD_ICMP6, .list = "%<%v",
	  .help = "match icmpv6 type\n(or numeric type or type/code)" },
	{ 0 },
};

static void help4(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "Valid ICMP Types:\n");
	type_icmp_names(sink, types4);
}

static void help6(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "Valid ICMPv6 Types:\n");
	type_icmp_names(sink, types6);
}

static const struct example examples4[] = {
	{ .rule = "-p icmp -m icmp --icmp-type 8", .means = "a ping" },
	{ .rule = "-p icmp -m icmp ! --icmp-type 3/4", .means = "anything but \"packet too big\"" },
	{ .rule = "-p icmp --icmp-type echo-reply", .means = "the answer to a ping",
	  .saved = "-p icmp -m icmp --icmp-type 0" },
	{ .rule = "-p icmp -m icmp --icmp-type any", .means = "whatever the type" },
	{ 0 },
};

static const struct example examples6[] = {
	{ .rule = "-p ipv6-icmp -m icmp6 --icmpv6-type 128", .means = "a ping" },
	{ .rule = "-p ipv6-icmp -m icmp6 ! --icmpv6-type 1/0",
	  .means = "anything but \"no route\"" },
	{ .rule = "-p icmpv6 --icmpv6-type packet-too-big", .means = "without which IPv6 stalls",
	  .saved = "-p ipv6-icmp -m icmp6 --icmpv6-type 2" },
	{ 0 },
};

static const struct ext icmp = {
	.name = "icmp", .kind = EXT_MATCH, .families = IN_V4, .size = sizeof(struct ipt_icmp),
	.opts = opts4, .title = "icmp", .protos = (const uint8_t[]){ 1, 0 }, .implied = true,
	.effect = EFFECT_PURE, .help = help4, .summary = "types and codes of ICMP messages",
	.manual = "The types by name: iptables -p icmp -h.",
	.kconfig = "CONFIG_NETFILTER_XTABLES", .examples = examples4,
};
EXT_REGISTER(icmp);

static const struct ext icmp6 = {
	.name = "icmp6", .also = "icmpv6 ipv6-icmp", .kind = EXT_MATCH, .families = IN_V6,
	.size = sizeof(struct ip6t_icmp), .opts = opts6, .title = "ipv6-icmp",
	.protos = (const uint8_t[]){ 58, 0 }, .implied = true, .effect = EFFECT_PURE,
	.help = help6, .summary = "types and codes of ICMPv6 messages",
	.manual = "The types by name: ip6tables -p ipv6-icmp -h.",
	.kconfig = "CONFIG_NETFILTER_XTABLES", .examples = examples6,
};
EXT_REGISTER(icmp6);
