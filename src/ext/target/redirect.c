// SPDX-License-Identifier: GPL-2.0-or-later
/* -j REDIRECT: connections to this machine itself. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "ext/type/nat.h"
#include "ext/type/types.h"

#define FLAG4(bit) BITS(struct nf_nat_ipv4_multi_range_compat, range[0].flags, NF_NAT_RANGE_##bit)
#define FLAG6(bit) BITS(struct nf_nat_range, flags, NF_NAT_RANGE_##bit)

#define OPTS(range, flag)                                                                  \
	{                                                                                  \
		{ .name = "to-ports", .type = &type_nat_ports, .at = { 0, sizeof(struct range) }, \
		  .list = "redir ports %v", .metavar = "<port>[-<port>]",                  \
		  .help = "Port (range) to map to." },                                     \
		{ .name = "random", .given = flag(PROTO_RANDOM), \
		  .help = "Any port of the range" }, \
		{ 0 },                                                                     \
	}
static const struct opt opts4[] = OPTS(nf_nat_ipv4_multi_range_compat, FLAG4);
static const struct opt opts6[] = OPTS(nf_nat_range, FLAG6);

static bool raise_redirect(const struct part *part, enum family family, void *data)
{
	return part->kind == PART_REDIRECT &&
	       nat_range_from_part(part, family == FAMILY_IPV6 ? opts6 : opts4,
				   NF_NAT_RANGE_PROTO_RANDOM, data);
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128",
	  .means = "to a proxy on this machine" },
	{ .rule = "-p udp -j REDIRECT --to-ports 1000-1010 --random",
	  .means = "to one of these ports" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	return nat_act(e, e->family == FAMILY_IPV6 ? opts6 : opts4, data, false, NAT_REDIRECT);
}

static const struct ext redirect4 = {
	.name = "REDIRECT", .kind = EXT_TARGET, .families = IN_V4,
	.alias = BITS(struct nf_nat_ipv4_multi_range_compat, rangesize, 1),
	.size = sizeof(struct nf_nat_ipv4_multi_range_compat), .opts = opts4,
	.tracks = true,
	.tables = TABLE_NAT, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_ENDS,
	.summary = "send a connection to this machine itself",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_REDIRECT", .raise = raise_redirect,
	.examples = examples, .act = act,
};
EXT_REGISTER(redirect4);

static const struct ext redirect6 = {
	.name = "REDIRECT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct nf_nat_range), .opts = opts6,
	.tracks = true,
	.tables = TABLE_NAT, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_ENDS,
	.summary = "send a connection to this machine itself",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_REDIRECT", .raise = raise_redirect,
	.examples = examples, .act = act,
};
EXT_REGISTER(redirect6);
