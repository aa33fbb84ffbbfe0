// SPDX-License-Identifier: GPL-2.0-or-later
/* -m cluster: of several machines that all see the traffic, each takes its share of connections. */
#include <linux/if_packet.h>
#include <linux/netfilter/xt_cluster.h>

#include "base/jhash.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_cluster_match_info, member)
#define NOT BITS(struct xt_cluster_match_info, flags, XT_CLUSTER_F_INV)

enum { TOTAL, NODE, NODEMASK, SEED };

static const struct opt opts[] = {
	[TOTAL] = { .name = "cluster-total-nodes", .type = &type_uint, .at = AT(total_nodes),
		    .min = 1, .max = XT_CLUSTER_NODES_MAX, .flags = OPT_MUST | OPT_ALWAYS,
		    .list = "total_nodes=%v", .metavar = "<num>",
		    .help = "Set number of total nodes in cluster" },
	[NODE] = { .name = "cluster-local-node", .type = &type_bit, .at = AT(node_mask),
		   .invert = NOT, .flags = OPT_ALIAS, .excludes = BIT(NODEMASK), .metavar = "<num>",
		   .help = "Set the local node number" },
	[NODEMASK] = { .name = "cluster-local-nodemask", .type = &type_hex_full,
		       .at = AT(node_mask), .invert = NOT, .min = 1, .flags = OPT_ALWAYS,
		       .list = "cluster %nnode_mask=%v", .metavar = "<num>",
		       .help = "Set the local node mask" },
	[SEED] = { .name = "cluster-hash-seed", .type = &type_hex_full, .at = AT(hash_seed),
		   .flags = OPT_MUST | OPT_ALWAYS, .list = "hash_seed=%v", .metavar = "<num>",
		   .help = "Set seed value of the Jenkins hash" },
	{ 0 },
};

static int check(const struct check *c)
{
	const struct xt_cluster_match_info *info = c->data;

	if (!(c->given & BIT(TOTAL)) || !(info->node_mask >> (info->total_nodes - 1) >> 1))
		return 0;
	return err_set(c->err, ERR_SYNTAX, c->place, c->given & BIT(NODE) ?
		       "cluster match: `--cluster-local-node' must be <= `--cluster-total-nodes'" :
		       "cluster match: `--cluster-local-nodemask' too big for "
		       "`--cluster-total-nodes'");
}

static const struct example examples[] = {
	{ .rule = "-m cluster --cluster-total-nodes 2 --cluster-local-node 1 "
		  "--cluster-hash-seed 0xcafe",
	  .means = "the half of the connections that is the first machine's",
	  .saved = "-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 2 "
		   "--cluster-hash-seed 0x0000cafe" },
	{ .rule = "-m cluster ! --cluster-local-nodemask 0x00000003 --cluster-total-nodes 3 "
		  "--cluster-hash-seed 0x0000cafe",
	  .means = "what neither the first nor the second of three machines takes" },
	{ 0 },
};

/*
 * xt_cluster_mt() of xt_cluster.c. A frame to a group for one host becomes one for this host. Of an
 * IPv6 address it takes the first 32 bits only: it divides NF_CT_TUPLE_L3SIZE, which counts words.
 */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_cluster_match_info *info = data;
	bool group = e->family == FAMILY_IPV6 ? *packet_daddr(e->packet) == 0xff :
						(*packet_daddr(e->packet) & 0xf0) == 0xe0;
	const struct connection *c = e->ct.conn;
	uint32_t node;

	(void)state;
	if (!group && !e->simulated && e->meta->pkttype == PACKET_MULTICAST)
		e->meta->pkttype = PACKET_HOST;
	if (!e->ct.known)
		return eval_unknown(e, "the connection is not known");
	if (!c)
		return ANSWER_NO;
	c = c->master ? c->master : c;
	node = jhash_scale(jhash_words(c->way[0].src.v6, 1, info->hash_seed), info->total_nodes);
	return answer_of((info->node_mask >> (node & 31) & 1) !=
			 !!(info->flags & XT_CLUSTER_F_INV));
}

static const struct ext cluster = {
	.name = "cluster", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_cluster_match_info), .opts = opts,
	.shown = (const uint8_t[]){ NODEMASK, TOTAL, SEED, SHOWN_END },
	.some = BIT(NODE) | BIT(NODEMASK),
	.some_text = "cluster match: `--cluster-local-node' or"
		     "`--cluster-local-nodemask' is missing",
	.tracks = true,
	.effect = EFFECT_PURE, .summary = "this machine's share of the connections of a cluster",
	.manual = "The share follows from a hash of the connection's first source address, so that "
		  "all packets of a connection meet the same machine. Kernels look at the first 32 "
		  "bits of an IPv6 address only: hosts of one provider all meet the same one.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CLUSTER", .check = check, .examples = examples,
	.match = match,
};
EXT_REGISTER(cluster);
