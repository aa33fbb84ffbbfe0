// SPDX-License-Identifier: GPL-2.0-or-later
/* -j SYNPROXY: answer the first packets of a connection in place of the server. */
#include <linux/types.h>
#include <linux/netfilter/xt_SYNPROXY.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_synproxy_info, options, XT_SYNPROXY_OPT_##bit)

/* Listings have a blank behind each word, as libxt_SYNPROXY's. */
static const struct opt opts[] = {
	{ .name = "sack-perm", .given = FLAG(SACK_PERM), .list = "%<sack-perm ",
	  .help = "Set SACK_PERM" },
	{ .name = "timestamp", .given = FLAG(TIMESTAMP), .list = "%<timestamp ",
	  .help = "Set TIMESTAMP" },
	{ .name = "wscale", .type = &type_uint, .at = SPAN(struct xt_synproxy_info, wscale),
	  .given = FLAG(WSCALE), .list = "%<wscale %v ", .help = "Set window scaling factor" },
	{ .name = "mss", .type = &type_uint, .at = SPAN(struct xt_synproxy_info, mss),
	  .given = FLAG(MSS), .list = "%<mss %v ", .help = "Set MSS value" },
	{ .name = "ecn", .given = FLAG(ECN), .list = "%<ecn ", .help = "Set ECN" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p tcp -m conntrack --ctstate INVALID,UNTRACKED -j SYNPROXY --sack-perm "
	  "--timestamp "
		  "--wscale 7 --mss 1460", .means = "what servers usually offer" },
	{ .rule = "-p tcp -j SYNPROXY --ecn", .means = "with congestion notification" },
	{ 0 },
};

/*
 * synproxy_tg4() of ipt_SYNPROXY.c. What opens a connection is answered, and goes no further; nor does
 * the last packet of the opening, which is taken over when its cookie is right, and dropped else.
 */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
	const uint8_t *options, *tcp;
	uint32_t len;
	uint8_t flags;

	(void)data;
	(void)state;
	if (tcp_options(e, &options, &len) == ANSWER_NO || !packet_checksum_is_good(e->packet))
		return VERDICT_DROP;
	tcp = packet_transport(e->packet, 14);
	flags = tcp ? tcp[13] & (FIN | SYN | RST | ACK) : SYN;
	return flags == SYN || flags == ACK ? VERDICT_STOLEN : VERDICT_NONE;
}

static const struct ext synproxy = {
	.name = "SYNPROXY", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct xt_synproxy_info), .opts = opts, .title = "SYNPROXY ",
	.protos = (const uint8_t[]){ 6, 0 }, .hooks = HOOK_INPUT | HOOK_FORWARD,
	.tracks = true,
	.effect = EFFECT_ENDS, .summary = "keep floods of SYN packets from a server",
	.manual = "The SYN itself must not be tracked (-t raw -j CT --notrack), and "
		  "net.netfilter.nf_conntrack_tcp_loose must be 0.",
	.kconfig = "CONFIG_IP_NF_TARGET_SYNPROXY", .examples = examples, .act = act,
};
EXT_REGISTER(synproxy);
