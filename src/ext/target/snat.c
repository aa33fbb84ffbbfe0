// SPDX-License-Identifier: GPL-2.0-or-later
/* -j SNAT: another source for connections. IPv4 still has the oldest struct. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>

#include "ext/type/nat.h"
#include "ext/type/types.h"

#define FLAG4(bit) BITS(struct nf_nat_ipv4_multi_range_compat, range[0].flags, NF_NAT_RANGE_##bit)
#define FLAG6(bit) BITS(struct nf_nat_range, flags, NF_NAT_RANGE_##bit)

#define OPTS(range, flag)                                                                  \
	{                                                                                  \
		{ .name = "to-source", .type = &type_nat_to, .at = { 0, sizeof(struct range) }, \
		  .flags = OPT_MUST | OPT_ALWAYS, .list = "to:%v",                         \
		  .metavar = "[<ipaddr>[-<ipaddr>]][:port[-port]]",                        \
		  .help = "Address to map source to." },                                   \
		{ .name = "random", .given = flag(PROTO_RANDOM), \
		  .help = "Randomize source port." }, \
		{ .name = "random-fully", .given = flag(PROTO_RANDOM_FULLY),               \
		  .help = "Fully randomize source port." },                                \
		{ .name = "persistent", .given = flag(PERSISTENT),                         \
		  .help = "The same address for each connection of a client" },            \
		{ 0 },                                                                     \
	}
static const struct opt opts4[] = OPTS(nf_nat_ipv4_multi_range_compat, FLAG4);
static const struct opt opts6[] = OPTS(nf_nat_range, FLAG6);

static bool raise_snat(const struct part *part, enum family family, void *data)
{
	return part->kind == PART_NAT && part->nat.source &&
	       nat_range_from_part(part, family == FAMILY_IPV6 ? opts6 : opts4,
				   NF_NAT_RANGE_PROTO_RANDOM_ALL | NF_NAT_RANGE_PERSISTENT, data);
}

static const struct example examples[] = {
	{ .rule = "-j SNAT --to-source 192.0.2.1-192.0.2.9 --random --random-fully --persistent",
	  .means = "go out from one of nine addresses", .families = IN_V4 },
	{ .rule = "-j SNAT --to-source 2001:db8::1 --random --random-fully --persistent",
	  .means = "go out from this address", .families = IN_V6 },
	{ .rule = "-p udp -j SNAT --to-source :53", .means = "only the port changes" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	return nat_act(e, e->family == FAMILY_IPV6 ? opts6 : opts4, data, true, NAT_RANGE);
}

static const struct ext snat4 = {
	.name = "SNAT", .kind = EXT_TARGET, .families = IN_V4,
	.alias = BITS(struct nf_nat_ipv4_multi_range_compat, rangesize, 1),
	.size = sizeof(struct nf_nat_ipv4_multi_range_compat), .opts = opts4,
	.tracks = true,
	.tables = TABLE_NAT, .hooks = HOOK_POSTROUTING | HOOK_INPUT, .effect = EFFECT_ENDS,
	.summary = "let a connection come from another address",
	.kconfig = "CONFIG_NF_NAT", .raise = raise_snat, .examples = examples, .act = act,
};
EXT_REGISTER(snat4);

static const struct ext snat6 = {
	.name = "SNAT", .kind = EXT_TARGET, .families = IN_V6,
	.revision = 1,
	.size = sizeof(struct nf_nat_range), .opts = opts6,
	.tracks = true,
	.tables = TABLE_NAT, .hooks = HOOK_POSTROUTING | HOOK_INPUT, .effect = EFFECT_ENDS,
	.summary = "let a connection come from another address",
	.kconfig = "CONFIG_NF_NAT", .raise = raise_snat, .examples = examples, .act = act,
};
EXT_REGISTER(snat6);
