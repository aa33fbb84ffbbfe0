// SPDX-License-Identifier: GPL-2.0-or-later
/* -j DNAT: another destination for connections. What nft loads natively is read, too. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <string.h>

#include "ext/type/nat.h"
#include "ext/type/types.h"

#define FLAG(bit) BITS(struct nf_nat_range2, flags, NF_NAT_RANGE_##bit)

static const struct opt opts[] = {
	{ .name = "to-destination", .type = &type_nat_to, .at = { 0, sizeof(struct nf_nat_range2) },
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "to:%v",
	  .metavar = "[<ipaddr>[-<ipaddr>]][:port[-port[/port]]]",
	  .help = "Address to map destination to." },
	{ .name = "random", .given = FLAG(PROTO_RANDOM), .help = "Any port of the range" },
	{ .name = "persistent", .given = FLAG(PERSISTENT),
	  .help = "The same address for each connection of a client" },
	{ 0 },
};

static bool raise_dnat(const struct part *part, enum family family, void *data)
{
	(void)family;
	return part->kind == PART_NAT && !part->nat.source &&
	       nat_range_from_part(part, opts, NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PERSISTENT,
				   data);
}

/* Revision 1 is revision 2 without a base, IPv4's revision 0 the oldest struct of all. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	if (revision == 1 && size >= sizeof(struct nf_nat_range))
		memcpy(data, theirs, sizeof(struct nf_nat_range));
	else if (revision == 0 && size >= sizeof(struct nf_nat_ipv4_multi_range_compat))
		nat_range_from_compat(theirs, data);
	else
		return false;
	return true;
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 80 -j DNAT --to-destination 192.0.2.7:8080",
	  .means = "the web server is another machine", .families = IN_V4 },
	{ .rule = "-p tcp -j DNAT --to-destination :1000-2000/3000 --random --persistent",
	  .means = "a range of ports that begins elsewhere" },
	{ .rule = "-p tcp -j DNAT --to-destination [2001:db8::1-2001:db8::9]:8080",
	  .means = "one of nine servers", .families = IN_V6 },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	(void)state;
	return nat_act(e, &opts[0], data, false, NAT_RANGE);
}

static const struct ext dnat = {
	.name = "DNAT", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 2,
	.size = sizeof(struct nf_nat_range2), .opts = opts, .tables = TABLE_NAT,
	.hooks = HOOK_PREROUTING | HOOK_OUTPUT, .tracks = true, .effect = EFFECT_ENDS,
	.summary = "send a connection to another address or port",
	.manual = "Several addresses are taken in turn. a-b/c maps ports from c on to those from a "
	  "on.",
	.kconfig = "CONFIG_NF_NAT", .raise = raise_dnat, .adopt = adopt, .examples = examples,
	.act = act,
};
EXT_REGISTER(dnat);
