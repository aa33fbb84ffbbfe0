// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CLUSTERIP: one address for a group of machines. Linux 6.3 took it out; texts still hold it. */
#include <net/if.h> /* before linux/if.h, which makes room for it */
#include <linux/if_ether.h>
#include <linux/types.h>
#include <linux/netfilter_ipv4/ipt_CLUSTERIP.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct ipt_clusterip_tgt_info, member)
/* Only a rule that makes the cluster carries the numbers. */
#define NEW BITS(struct ipt_clusterip_tgt_info, flags, CLUSTERIP_FLAG_NEW)

static const struct name modes[] = {
	{ "sourceip", CLUSTERIP_HASHMODE_SIP }, { "sourceip-sourceport",
	  CLUSTERIP_HASHMODE_SIP_SPT },
	{ "sourceip-sourceport-destport", CLUSTERIP_HASHMODE_SIP_SPT_DPT }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "new", .given = NEW, .list = "", .help = "Create a new ClusterIP" },
	{ .name = "hashmode", .type = &type_name, .at = AT(hash_mode), .given = NEW, .names = modes,
	  .flags = OPT_EXACT_TEXT, .list = "hashmode=%v", .bad = "Unknown hashmode \"%v\"",
	  .metavar = "mode", .help = "Specify hashing mode: sourceip, sourceip-sourceport or\n"
				     "sourceip-sourceport-destport" },
	{ .name = "clustermac", .type = &type_mac, .at = AT(clustermac), .given = NEW,
	  .list = "clustermac=%v", .metavar = "mac", .help = "Set clusterIP MAC address" },
	{ .name = "total-nodes", .type = &type_uint, .at = AT(num_total_nodes), .given = NEW,
	  .max = CLUSTERIP_MAX_NODES, .list = "total_nodes=%v", .metavar = "num",
	  .help = "Set number of total nodes in cluster" },
	{ .name = "local-node", .type = &type_uint, .at = AT(local_nodes[0]),
	  .given = BITS(struct ipt_clusterip_tgt_info, num_local_nodes, 1),
	  .max = CLUSTERIP_MAX_NODES, .list = "local_node=%v", .metavar = "num",
	  .help = "Set the local node number" },
	{ .name = "hash-init", .type = &type_uint, .at = AT(hash_initval), .given = NEW,
	  .list = "hash_init=%v", .metavar = "num", .help = "Set init value of the Jenkins hash" },
	{ 0 },
};

enum { ALL_OF_A_NEW_ONE = 0x1f };

static int check(const struct check *check)
{
	const struct ipt_clusterip_tgt_info *info = check->data;

	if (check->given && (check->given & ALL_OF_A_NEW_ONE) != ALL_OF_A_NEW_ONE)
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "CLUSTERIP target: Invalid parameter combination");
	if (check->given && !(info->clustermac[0] & 1))
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "MAC has to be a multicast ethernet address");
	return 0;
}

static const struct example examples[] = {
	{ .rule = "-i eth0 -j CLUSTERIP --new --hashmode sourceip --clustermac 01:00:5e:00:00:20 "
		  "--total-nodes 2 --local-node 1 --hash-init 0",
	  .means = "the first of two machines behind one address",
	  .before = "modprobe ipt_CLUSTERIP" },
	{ .rule = "-d 192.0.2.5/32 -i eth0 -j CLUSTERIP", .means = "more rules for that address",
	  .before = "modprobe ipt_CLUSTERIP" },
	{ 0 },
};

static const struct ext clusterip = {
	.name = "CLUSTERIP", .kind = EXT_TARGET, .families = IN_V4,
	.size = sizeof(struct ipt_clusterip_tgt_info),
	.compared = offsetof(struct ipt_clusterip_tgt_info, config), .opts = opts,
	.title = "CLUSTERIP", .hooks = HOOK_INPUT, .effect = EFFECT_ENDS,
	.summary = "share one address among several machines",
	.gone = "-m cluster does the same on any kernel",
	.kconfig = "CONFIG_IP_NF_TARGET_CLUSTERIP", .check = check, .examples = examples,
	.unknowable = "no kernel has CLUSTERIP any more, and no program knows which node it is",
};
EXT_REGISTER(clusterip);
