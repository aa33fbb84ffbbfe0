// SPDX-License-Identifier: GPL-2.0-or-later
/* -m connlimit: how many connections a host or a network has. */
#include <arpa/inet.h>
#include <linux/netfilter/xt_connlimit.h>

#include "ext/type/types.h"

/* The kernel's plain form is "more than"; --connlimit-upto is its opposite. */
#define INVERT BITS(struct xt_connlimit_info, flags, XT_CONNLIMIT_INVERT)
#define ADDRESS(bits) MODE(struct xt_connlimit_info, flags, bits, XT_CONNLIMIT_DADDR)

enum { UPTO, ABOVE, PREFIX, SADDR, DADDR };

static const struct opt opts[] = {
	[UPTO] = { .name = "connlimit-upto", .type = &type_uint,
	  .at = SPAN(struct xt_connlimit_info, limit), .given = INVERT, .invert = INVERT,
	  .flags = OPT_ALIAS, .excludes = BIT(ABOVE), .metavar = "n",
	  .help = "match if the number of existing connections is 0..n" },
	[ABOVE] = { .name = "connlimit-above", .type = &type_uint,
	  .at = SPAN(struct xt_connlimit_info, limit), .invert = INVERT,
	  .name_inverted = "connlimit-upto", .flags = OPT_ALWAYS, .excludes = BIT(UPTO),
	  .list = "%(>|<=) %v", .metavar = "n",
	  .help = "match if the number of existing connections is >n" },
	[PREFIX] = { .name = "connlimit-mask", .type = &type_prefix_mask,
	  .at = SPAN(struct xt_connlimit_info, mask), .preset = "32", .preset6 = "128",
	  .flags = OPT_ALWAYS, .list = "%</%v", .metavar = "n",
	  .help = "group hosts using prefix length (default: max len)" },
	[SADDR] = { .name = "connlimit-saddr", .given = ADDRESS(0), .excludes = BIT(DADDR),
	  .list = "src", .help = "select source address for grouping" },
	[DADDR] = { .name = "connlimit-daddr", .given = ADDRESS(XT_CONNLIMIT_DADDR),
	  .excludes = BIT(SADDR), .list = "dst",
	  .help = "select destination addresses for grouping" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p tcp -m connlimit --connlimit-above 3 --connlimit-mask 32 --connlimit-saddr",
	  .means = "a host's fourth connection", .families = IN_V4 },
	{ .rule = "-p tcp -m connlimit --connlimit-upto 20 --connlimit-mask 24 --connlimit-daddr",
	  .means = "while a network is talked to by no more than twenty" },
	{ 0 },
};

/* connlimit_mt() of xt_connlimit.c: counted by address and zone. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_connlimit_info *info = data;
	struct { union inet_addr addr; uint32_t zone; } key = { .zone = 0 };
	int64_t count = -1;

	memcpy(&key.addr, info->flags & XT_CONNLIMIT_DADDR ? packet_daddr(e->packet) :
	       packet_saddr(e->packet), addr_len(e->family));
	addr_apply_mask(&key.addr, (const union inet_addr *)&info->mask);
	key.zone = e->ct.conn ? e->ct.conn->zone : 0;
	if (e->ct.known && e->world->count_connections)
		count = e->world->count_connections(e->world->context, e, &key, sizeof(key), state);
	if (count < 0)
		return eval_unknown(e, "how many connections there are is not known");
	e->hotdrop = !count;
	return answer_of(count && (count > info->limit) != !!(info->flags & XT_CONNLIMIT_INVERT));
}

static const struct ext connlimit = {
	.name = "connlimit", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_connlimit_info),
	.compared = offsetof(struct xt_connlimit_info, data), .opts = opts,
	.shown = (const uint8_t[]){ ABOVE, PREFIX, SADDR, DADDR, SHOWN_END },
	.listed = (const uint8_t[]){ SADDR, DADDR, PREFIX, ABOVE, SHOWN_END },
	.some = BIT(UPTO) | BIT(ABOVE),
	.some_text = "You must specify \"--connlimit-above\" or \"--connlimit-upto\".",
	.title = "#conn", .tracks = true, .effect = EFFECT_STATEFUL,
	.summary = "number of connections of a host or network",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNLIMIT", .examples = examples,
	.match = match, .state = 16,
};
EXT_REGISTER(connlimit);
