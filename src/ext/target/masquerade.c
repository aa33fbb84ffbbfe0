// SPDX-License-Identifier: GPL-2.0-or-later
/* -j MASQUERADE: connections come from the address of the interface they leave by. */
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
		  .list = "masq ports: %v", .metavar = "<port>[-<port>]",                  \
		  .help = "Port (range) to map to." },                                     \
		{ .name = "random", .given = flag(PROTO_RANDOM), \
		  .help = "Randomize source port." }, \
		{ .name = "random-fully", .given = flag(PROTO_RANDOM_FULLY),               \
		  .help = "Fully randomize source port." },                                \
		{ 0 },                                                                     \
	}
static const struct opt opts4[] = OPTS(nf_nat_ipv4_multi_range_compat, FLAG4);
static const struct opt opts6[] = OPTS(nf_nat_range, FLAG6);

static bool raise_masquerade(const struct part *part, enum family family, void *data)
{
	return part->kind == PART_MASQUERADE &&
	       nat_range_from_part(part, family == FAMILY_IPV6 ? opts6 : opts4,
				   NF_NAT_RANGE_PROTO_RANDOM_ALL, data);
}

static const struct example examples[] = {
	{ .rule = "-o ppp0 -j MASQUERADE", .means = "whatever address ppp0 has" },
	{ .rule = "-p tcp -j MASQUERADE --to-ports 1024-31000 --random --random-fully",
	  .means = "from one of these ports, which nobody can guess" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	return nat_act(e, e->family == FAMILY_IPV6 ? opts6 : opts4, data, true, NAT_MASQUERADE);
}

static const struct ext masquerade4 = {
	.name = "MASQUERADE", .kind = EXT_TARGET, .families = IN_V4,
	.alias = BITS(struct nf_nat_ipv4_multi_range_compat, rangesize, 1),
	.size = sizeof(struct nf_nat_ipv4_multi_range_compat), .opts = opts4,
	.tables = TABLE_NAT, .hooks = HOOK_POSTROUTING, .tracks = true, .effect = EFFECT_ENDS,
	.summary = "let connections come from the address of the interface they leave by",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_MASQUERADE", .raise = raise_masquerade,
	.examples = examples, .act = act,
};
EXT_REGISTER(masquerade4);

static const struct ext masquerade6 = {
	.name = "MASQUERADE", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct nf_nat_range), .opts = opts6,
	.tables = TABLE_NAT, .hooks = HOOK_POSTROUTING, .tracks = true, .effect = EFFECT_ENDS,
	.summary = "let connections come from the address of the interface they leave by",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_MASQUERADE", .raise = raise_masquerade,
	.examples = examples, .act = act,
};
EXT_REGISTER(masquerade6);
