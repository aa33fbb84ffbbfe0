// SPDX-License-Identifier: GPL-2.0-or-later
/* -j REJECT: refuse a packet and tell its sender why. */
#include <net/if.h> /* before linux/if.h and linux/in.h, which make room for them */
#include <netinet/in.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>

#include "ext/type/types.h"

/* Each name with its short one behind it. */
static const struct name names4[] = {
	{ "icmp-net-unreachable", IPT_ICMP_NET_UNREACHABLE },
	{ "net-unreach", IPT_ICMP_NET_UNREACHABLE },
	{ "icmp-host-unreachable", IPT_ICMP_HOST_UNREACHABLE },
	{ "host-unreach", IPT_ICMP_HOST_UNREACHABLE },
	{ "icmp-proto-unreachable", IPT_ICMP_PROT_UNREACHABLE },
	{ "proto-unreach", IPT_ICMP_PROT_UNREACHABLE },
	{ "icmp-port-unreachable", IPT_ICMP_PORT_UNREACHABLE },
	{ "port-unreach", IPT_ICMP_PORT_UNREACHABLE },
	{ "icmp-net-prohibited", IPT_ICMP_NET_PROHIBITED },
	{ "net-prohib", IPT_ICMP_NET_PROHIBITED },
	{ "icmp-host-prohibited", IPT_ICMP_HOST_PROHIBITED },
	{ "host-prohib", IPT_ICMP_HOST_PROHIBITED },
	{ "tcp-reset", IPT_TCP_RESET },
	{ "tcp-rst", IPT_TCP_RESET },
	{ "icmp-admin-prohibited", IPT_ICMP_ADMIN_PROHIBITED },
	{ "admin-prohib", IPT_ICMP_ADMIN_PROHIBITED },
	{ 0 },
};

static const struct name names6[] = {
	{ "icmp6-no-route", IP6T_ICMP6_NO_ROUTE },
	{ "no-route", IP6T_ICMP6_NO_ROUTE },
	{ "icmp6-adm-prohibited", IP6T_ICMP6_ADM_PROHIBITED },
	{ "adm-prohibited", IP6T_ICMP6_ADM_PROHIBITED },
	{ "icmp6-addr-unreachable", IP6T_ICMP6_ADDR_UNREACH },
	{ "addr-unreach", IP6T_ICMP6_ADDR_UNREACH },
	{ "icmp6-port-unreachable", IP6T_ICMP6_PORT_UNREACH },
	{ "port-unreach", IP6T_ICMP6_PORT_UNREACH },
	{ "tcp-reset", IP6T_TCP_RESET },
	{ "icmp6-policy-fail", IP6T_ICMP6_POLICY_FAIL },
	{ "policy-fail", IP6T_ICMP6_POLICY_FAIL },
	{ "icmp6-reject-route", IP6T_ICMP6_REJECT_ROUTE },
	{ "reject-route", IP6T_ICMP6_REJECT_ROUTE },
	{ 0 },
};

/* What nft's reject says, and the blob's value of the same meaning; `name` is not used. */
struct native {
	uint8_t type, code;
	uint32_t value;
};

static const struct native natives4[] = {
	{ NFT_REJECT_ICMP_UNREACH, ICMP_NET_UNREACH, IPT_ICMP_NET_UNREACHABLE },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_HOST_UNREACH, IPT_ICMP_HOST_UNREACHABLE },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_PROT_UNREACH, IPT_ICMP_PROT_UNREACHABLE },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_PORT_UNREACH, IPT_ICMP_PORT_UNREACHABLE },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_NET_ANO, IPT_ICMP_NET_PROHIBITED },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_HOST_ANO, IPT_ICMP_HOST_PROHIBITED },
	{ NFT_REJECT_ICMP_UNREACH, ICMP_PKT_FILTERED, IPT_ICMP_ADMIN_PROHIBITED },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_NO_ROUTE, IPT_ICMP_NET_UNREACHABLE },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH, IPT_ICMP_PORT_UNREACHABLE },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_HOST_UNREACH, IPT_ICMP_HOST_UNREACHABLE },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED, IPT_ICMP_ADMIN_PROHIBITED },
	{ NFT_REJECT_TCP_RST, 0, IPT_TCP_RESET },
};

static const struct native natives6[] = {
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_NOROUTE, IP6T_ICMP6_NO_ROUTE },
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_ADM_PROHIBITED, IP6T_ICMP6_ADM_PROHIBITED },
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_ADDR_UNREACH, IP6T_ICMP6_ADDR_UNREACH },
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_PORT_UNREACH, IP6T_ICMP6_PORT_UNREACH },
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_POLICY_FAIL, IP6T_ICMP6_POLICY_FAIL },
	{ NFT_REJECT_ICMP_UNREACH, ICMPV6_REJECT_ROUTE, IP6T_ICMP6_REJECT_ROUTE },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_NO_ROUTE, IP6T_ICMP6_NO_ROUTE },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH, IP6T_ICMP6_PORT_UNREACH },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_HOST_UNREACH, IP6T_ICMP6_ADDR_UNREACH },
	{ NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED, IP6T_ICMP6_ADM_PROHIBITED },
	{ NFT_REJECT_TCP_RST, 0, IP6T_TCP_RESET },
};

static bool raise_reject(const struct part *part, enum family family, void *data)
{
	const struct native *n = family == FAMILY_IPV6 ? natives6 : natives4;
	const struct native *end = n + (family == FAMILY_IPV6 ? ARRAY_SIZE(natives6) :
					ARRAY_SIZE(natives4));

	if (part->kind != PART_REJECT)
		return false;
	for (; n < end; n++) {
		if (n->type != part->reject.type ||
		    (n->type != NFT_REJECT_TCP_RST && n->code != part->reject.code))
			continue;
		*(uint32_t *)data = n->value;
		return true;
	}
	return false;
}

/* In the order of the names. */
static const char *const words4[] = {
	"ICMP network unreachable", "ICMP host unreachable", "ICMP protocol unreachable",
	"ICMP port unreachable (default)", "ICMP network prohibited", "ICMP host prohibited",
	"TCP RST packet", "ICMP administratively prohibited",
};
static const char *const words6[] = {
	"ICMPv6 no route", "ICMPv6 administratively prohibited", "ICMPv6 address unreachable",
	"ICMPv6 port unreachable (default)", "TCP RST packet", "ICMPv6 policy fail",
	"ICMPv6 reject route",
};

static void help(struct sink *sink, enum family family)
{
	const struct name *n = family == FAMILY_IPV6 ? names6 : names4, *last = NULL;
	const char *const *words = family == FAMILY_IPV6 ? words6 : words4;

	sink_str(sink, "Valid reject types:\n");
	for (; n->name; last = n++)
		sink_printf(sink, "    %-25s\t%s\n", n->name,
			    last && last->value == n->value ? "alias" : *words++);
}

#define WITH(info, table, usual)                                                           \
	(const struct opt[]){                                                              \
		{ .name = "reject-with", .type = &type_name, .at = SPAN(struct info, with), \
		  .names = table, .preset = usual, .flags = OPT_ALWAYS | OPT_PREFIX,       \
		  .bad = "unknown reject type \"%v\"", .metavar = "type",                  \
		  .help = "drop input packet and send back\n"                              \
			  "a reply packet according to type" },                            \
		{ 0 },                                                                     \
	}

static const struct example examples4[] = {
	{ .rule = "-j REJECT --reject-with icmp-admin-prohibited",
	  .means = "forbidden, and said so" },
	{ .rule = "-p tcp -j REJECT --reject-with tcp-reset",
	  .means = "as if nobody listened on that port" },
	{ .rule = "-j REJECT", .means = "as if nobody listened",
	  .saved = "-j REJECT --reject-with icmp-port-unreachable" },
	{ 0 },
};

static const struct example examples6[] = {
	{ .rule = "-j REJECT --reject-with icmp6-adm-prohibited",
	  .means = "forbidden, and said so" },
	{ .rule = "-p tcp -j REJECT --reject-with tcp-reset",
	  .means = "as if nobody listened on that port" },
	{ .rule = "-j REJECT", .means = "as if nobody listened",
	  .saved = "-j REJECT --reject-with icmp6-port-unreachable" },
	{ 0 },
};

static const char *lacks_tcp(const struct rule *rule, bool reset)
{
	bool tcp = rule->head.proto == IPPROTO_TCP && !(rule->head.invert & INVERT_PROTO);

	return reset && !tcp ? "--reject-with tcp-reset needs -p tcp" : NULL;
}

static const char *lacks4(const struct rule *rule, const void *data)
{
	const struct ipt_reject_info *info = data;

	return lacks_tcp(rule, info->with == IPT_TCP_RESET);
}

static const char *lacks6(const struct rule *rule, const void *data)
{
	const struct ip6t_reject_info *info = data;

	return lacks_tcp(rule, info->with == IP6T_TCP_RESET);
}

static enum verdict refuse(struct eval *e, const struct native *n, size_t count, uint32_t with)
{
	const struct native *end = n + count;

	while (n < end && n->value != with)
		n++;
	if (n < end && e->world->reject && !e->simulated)
		e->world->reject(e->world->context, e, n->type, n->code);
	return VERDICT_REJECT;
}

static enum verdict act4(struct eval *e, const void *data, void *state)
{
	(void)state;
	return refuse(e, natives4, ARRAY_SIZE(natives4), *(const uint32_t *)data);
}

static enum verdict act6(struct eval *e, const void *data, void *state)
{
	(void)state;
	return refuse(e, natives6, ARRAY_SIZE(natives6), *(const uint32_t *)data);
}

static const struct ext reject4 = {
	.name = "REJECT", .kind = EXT_TARGET, .families = IN_V4,
	.size = sizeof(struct ipt_reject_info),
	.opts = WITH(ipt_reject_info, names4, "icmp-port-unreachable"),
	.tables = TABLE_FILTER, .hooks = HOOK_INPUT | HOOK_FORWARD | HOOK_OUTPUT,
	.effect = EFFECT_ENDS, .summary = "refuse the packet and tell its sender",
	.manual = "tcp-reset needs -p tcp.", .kconfig = "CONFIG_IP_NF_TARGET_REJECT",
	.help = help, .raise = raise_reject, .lacks = lacks4, .examples = examples4, .act = act4,
};
EXT_REGISTER(reject4);

static const struct ext reject6 = {
	.name = "REJECT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_reject_info),
	.opts = WITH(ip6t_reject_info, names6, "icmp6-port-unreachable"),
	.tables = TABLE_FILTER, .hooks = HOOK_INPUT | HOOK_FORWARD | HOOK_OUTPUT,
	.effect = EFFECT_ENDS, .summary = "refuse the packet and tell its sender",
	.manual = "tcp-reset needs -p tcp.", .kconfig = "CONFIG_IP6_NF_TARGET_REJECT",
	.help = help, .raise = raise_reject, .lacks = lacks6, .examples = examples6, .act = act6,
};
EXT_REGISTER(reject6);
