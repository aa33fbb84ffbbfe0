// SPDX-License-Identifier: GPL-2.0-or-later
/* -j REJECT: refuse a packet and tell its sender why. */
#include <errno.h>
#include <net/if.h> /* before linux/if.h and linux/in.h, which make room for them */
#include <netinet/in.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4/ipt_REJECT.h>
#include <linux/netfilter_ipv6/ip6t_REJECT.h>

#include "ext/type/types.h"

/* Each name with its short one behind it. */
#define BOTH(name, brief, value) { name, value }, { brief, value }

static const struct name names4[] = {
	BOTH("icmp-net-unreachable", "net-unreach", IPT_ICMP_NET_UNREACHABLE),
	BOTH("icmp-host-unreachable", "host-unreach", IPT_ICMP_HOST_UNREACHABLE),
	BOTH("icmp-proto-unreachable", "proto-unreach", IPT_ICMP_PROT_UNREACHABLE),
	BOTH("icmp-port-unreachable", "port-unreach", IPT_ICMP_PORT_UNREACHABLE),
	BOTH("icmp-net-prohibited", "net-prohib", IPT_ICMP_NET_PROHIBITED),
	BOTH("icmp-host-prohibited", "host-prohib", IPT_ICMP_HOST_PROHIBITED),
	BOTH("tcp-reset", "tcp-rst", IPT_TCP_RESET),
	BOTH("icmp-admin-prohibited", "admin-prohib", IPT_ICMP_ADMIN_PROHIBITED),
	{ 0 },
};

static const struct name names6[] = {
	BOTH("icmp6-no-route", "no-route", IP6T_ICMP6_NO_ROUTE),
	BOTH("icmp6-adm-prohibited", "adm-prohibited", IP6T_ICMP6_ADM_PROHIBITED),
	BOTH("icmp6-addr-unreachable", "addr-unreach", IP6T_ICMP6_ADDR_UNREACH),
	BOTH("icmp6-port-unreachable", "port-unreach", IP6T_ICMP6_PORT_UNREACH),
	{ "tcp-reset", IP6T_TCP_RESET },
	BOTH("icmp6-policy-fail", "policy-fail", IP6T_ICMP6_POLICY_FAIL),
	BOTH("icmp6-reject-route", "reject-route", IP6T_ICMP6_REJECT_ROUTE),
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

static const struct native *natives_of(enum family family, const struct native **end)
{
	bool six = family == FAMILY_IPV6;

	*end = six ? natives6 + ARRAY_SIZE(natives6) : natives4 + ARRAY_SIZE(natives4);
	return six ? natives6 : natives4;
}

static bool raise_reject(const struct part *part, enum family family, void *data)
{
	const struct native *end, *n = natives_of(family, &end);

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

/* net/ipv4/netfilter/ipt_REJECT.c, reject_tg_check; ip6t_REJECT.c alike. */
static const char *refused(const struct standing *s, int *errnum)
{
	uint32_t with;

	memcpy(&with, s->data, sizeof(with));
	if (with != (s->family == FAMILY_IPV6 ? (uint32_t)IP6T_TCP_RESET : IPT_TCP_RESET))
		return NULL;
	*errnum = EINVAL;
	return s->head->proto != IPPROTO_TCP || s->head->invert & INVERT_PROTO ?
		       "--reject-with tcp-reset needs -p tcp" : NULL;
}

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct native *end, *n = natives_of(e->family, &end);

	(void)state;
	while (n < end && n->value != *(const uint32_t *)data)
		n++;
	if (n < end && e->world->reject && !e->simulated)
		e->world->reject(e->world->context, e, n->type, n->code);
	return VERDICT_REJECT;
}

static const struct ext reject4 = {
	.name = "REJECT", .kind = EXT_TARGET, .families = IN_V4,
	.size = sizeof(struct ipt_reject_info),
	.opts = WITH(ipt_reject_info, names4, "icmp-port-unreachable"),
	.tables = TABLE_FILTER, .hooks = HOOK_INPUT | HOOK_FORWARD | HOOK_OUTPUT,
	.effect = EFFECT_ENDS, .summary = "refuse the packet and tell its sender",
	.manual = "tcp-reset needs -p tcp.", .kconfig = "CONFIG_IP_NF_TARGET_REJECT",
	.help = help, .raise = raise_reject, .refused = refused, .examples = examples4, .act = act,
};
EXT_REGISTER(reject4);

static const struct ext reject6 = {
	.name = "REJECT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_reject_info),
	.opts = WITH(ip6t_reject_info, names6, "icmp6-port-unreachable"),
	.tables = TABLE_FILTER, .hooks = HOOK_INPUT | HOOK_FORWARD | HOOK_OUTPUT,
	.effect = EFFECT_ENDS, .summary = "refuse the packet and tell its sender",
	.manual = "tcp-reset needs -p tcp.", .kconfig = "CONFIG_IP6_NF_TARGET_REJECT",
	.help = help, .raise = raise_reject, .refused = refused, .examples = examples6, .act = act,
};
EXT_REGISTER(reject6);
