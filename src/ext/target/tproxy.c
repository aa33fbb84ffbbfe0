// SPDX-License-Identifier: GPL-2.0-or-later
/* -j TPROXY: hand a packet to a socket of this machine without changing it. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/xt_TPROXY.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_tproxy_target_info_v1, member)

static const struct opt opts[] = {
	{ .name = "on-port", .type = &type_port_be, .at = AT(lport), .flags = OPT_MUST | OPT_ALWAYS,
	  .bad = "Port \"%v\" does not resolve to anything.\n", .metavar = "port",
	  .help = "Redirect connection to port, or the original port if 0" },
	{ .name = "on-ip", .type = &type_host, .at = AT(laddr), .flags = OPT_ALWAYS,
	  .metavar = "ip",
	  .help = "Optionally redirect to the given IP" },
	{ .name = "tproxy-mark", .type = &type_mark_mask_first, .flags = OPT_ALWAYS,
	  .at = SPANS(struct xt_tproxy_target_info_v1, mark_mask, mark_value),
	  .help = "Mark packets with the given value/mask" },
	{ 0 },
};

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_tproxy_target_info_v1 *info = data;
	struct opt_out out = { .opt = &opts[1], .family = family, .data = data, .how = how };

	sink_str(sink, " TPROXY redirect ");
	type_host.print(sink, &out, &info->laddr);
	sink_printf(sink, ":%u mark 0x%x/0x%x", ntohs(info->lport), info->mark_value,
		info->mark_mask);
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m tcp --dport 80 -j TPROXY --on-port 3129 --on-ip 127.0.0.1 "
		  "--tproxy-mark 0x1/0x1", .means = "web traffic to a proxy", .families = IN_V4 },
	{ .rule = "-p tcp -m tcp --dport 80 -j TPROXY --on-port 3129 --on-ip ::1 "
		  "--tproxy-mark 0x1/0x1", .means = "web traffic to a proxy", .families = IN_V6 },
	{ .rule = "-p udp -j TPROXY --on-port 53",
	  .means = "to whatever address the packet came in by",
	  .saved = "-p udp -j TPROXY --on-port 53 --on-ip 0.0.0.0 --tproxy-mark 0x0/0x0",
	  .families = IN_V4 },
	{ 0 },
};

/* tproxy_tg4() of xt_TPROXY.c, when there is a socket that takes the packet. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_tproxy_target_info_v1 *info = data;
	const uint8_t *ports;

	(void)state;
	if (packet_bytes(e, e->packet->transport, 8, &ports) == ANSWER_NO)
		return VERDICT_DROP;
	if (!e->simulated)
		act_set_mark(e, info->mark_value, info->mark_mask);
	return VERDICT_ACCEPT;
}

static const struct ext tproxy = {
	.name = "TPROXY", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_tproxy_target_info_v1), .opts = opts,
	.protos = (const uint8_t[]){ 6, 17, 0 }, .tables = TABLE_MANGLE, .hooks = HOOK_PREROUTING,
	.effect = EFFECT_ENDS, .summary = "hand packets to a transparent proxy",
	.manual = "The mark is for a routing rule that delivers the packet here: ip rule add "
	  "fwmark 1 "
		  "lookup 100; ip route add local default dev lo table 100.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_TPROXY", .list = list, .examples = examples,
	.act = act,
	.unknowable = "whether a transparent socket takes the packet is known to the kernel only",
};
EXT_REGISTER(tproxy);
