// SPDX-License-Identifier: GPL-2.0-or-later
/* -j CT and NOTRACK: how, and whether, connection tracking sees a connection. */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_ct_target_info_v1, member)
#define ZONE SPANS(struct xt_ct_target_info_v1, flags, zone)

/*
 * What the kernel hands out again of revision 2: it reckons with the size of revision 0, so that
 * names of timeout policies come back with four letters (net/netfilter/xt_CT.c, .usersize).
 */
enum { KNOWN = offsetof(struct xt_ct_target_info, ct) };

static const struct name ct_events[] = {
	{ "new", 1 << IPCT_NEW }, { "related", 1 << IPCT_RELATED }, { "destroy",
	  1 << IPCT_DESTROY },
	{ "reply", 1 << IPCT_REPLY }, { "assured", 1 << IPCT_ASSURED },
	{ "protoinfo", 1 << IPCT_PROTOINFO }, { "helper", 1 << IPCT_HELPER },
	{ "mark", 1 << IPCT_MARK }, { "natseqinfo", 1 << IPCT_NATSEQADJ },
	{ "secmark", 1 << IPCT_SECMARK }, { 0 },
};
static const struct name expect_events[] = { { "new", 1 << IPEXP_NEW }, { 0 } };

static const struct opt opts[] = {
	{ .name = "notrack", .given = BITS(struct xt_ct_target_info_v1, flags, XT_CT_NOTRACK),
	  .help = "Don't track connection" },
	{ .name = "helper", .type = &type_word, .at = AT(helper), .metavar = "name",
	  .help = "Use conntrack helper 'name' for connection" },
	{ .name = "timeout", .type = &type_word, .at = AT(timeout), .metavar = "name",
	  .help = "Use timeout policy 'name' for connection" },
	{ .name = "ctevents", .type = &type_name_bits, .at = AT(ct_events), .names = ct_events,
	  .flags = OPT_EXACT_TEXT, .bad = "Unknown event type \"%v\"",
	  .metavar = "event[,event...]",
	  .help = "Generate specified conntrack events for connection" },
	{ .name = "expevents", .type = &type_name_bits, .at = AT(exp_events),
	  .names = expect_events,
	  .flags = OPT_EXACT_TEXT, .bad = "Unknown event type \"%v\"",
	  .metavar = "event[,event...]",
	  .help = "Generate specified expectation events for connection" },
	{ .name = "zone", .type = &type_zone, .at = ZONE,
	  .help = "Assign/Lookup connection in zone ID/packet nfmark" },
	{ .name = "zone-orig", .type = &type_zone, .at = ZONE, .max = XT_CT_ZONE_DIR_ORIG,
	  .help = "Same as 'zone' option, but only applies to ORIGINAL direction" },
	{ .name = "zone-reply", .type = &type_zone, .at = ZONE, .max = XT_CT_ZONE_DIR_REPL,
	  .help = "Same as 'zone' option, but only applies to REPLY direction" },
	{ 0 },
};

static bool raise_notrack(const struct part *part, enum family family, void *data)
{
	struct xt_ct_target_info_v1 *info = data;

	(void)family;
	info->flags = XT_CT_NOTRACK;
	return part->kind == PART_NOTRACK;
}

static const struct example examples[] = {
	{ .rule = "-j CT --notrack", .means = "connection tracking does not see these packets" },
	{ .rule = "-p tcp -j CT --helper ftp --ctevents new,destroy --expevents new --zone 7",
	  .means = "FTP in a zone of its own, with few events" },
	{ .rule = "-j CT --zone-orig mark", .means = "the mark is the zone, one way" },
	{ .rule = "-j CT --zone-reply 3", .means = "a zone for what comes back" },
	{ .rule = "-p udp -j CT --timeout slow", .means = "a timeout policy of nfct(8)",
	  .before = "nfct timeout add slow inet udp unreplied 10" },
	{ 0 },
};

/* xt_ct_target() of xt_CT.c: what has a connection already came over loopback, and keeps it. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_ct_target_info_v1 *info = data;
	unsigned dirs = (info->flags & XT_CT_ZONE_DIR_ORIG ? BIT(IP_CT_DIR_ORIGINAL) : 0) |
			(info->flags & XT_CT_ZONE_DIR_REPL ? BIT(IP_CT_DIR_REPLY) : 0);

	(void)state;
	if (e->world->track && !e->ct.conn)
		e->world->track(e->world->context, e, info->flags & XT_CT_NOTRACK,
				info->flags & XT_CT_ZONE_MARK ? (uint16_t)e->meta->mark :
				info->zone, dirs, info->helper);
	return VERDICT_NONE;
}

static const struct ext ct = {
	.name = "CT", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 2,
	.size = sizeof(struct xt_ct_target_info_v1),
	.compared = KNOWN, .opts = opts, .title = "CT",
	.tracks = true,
	.tracks_unless = BITS(struct xt_ct_target_info_v1, flags, XT_CT_NOTRACK),
	.tables = TABLE_RAW, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_COUNTS,
	.summary = "how connection tracking treats a connection",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CT", .raise = raise_notrack, .examples = examples,
	.act = act,
};
EXT_REGISTER(ct);

static const struct example notrack_examples[] = {
	{ .rule = "-j NOTRACK", .means = "connection tracking does not see these packets" },
	{ .rule = "-p udp -m udp --dport 53 -j NOTRACK", .means = "nor queries to a name server" },
	{ 0 },
};

static const struct ext notrack = {
	.name = "NOTRACK", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 2,
	.kernel_name = "CT",
	.alias = BITS(struct xt_ct_target_info_v1, flags, XT_CT_NOTRACK | XT_CT_NOTRACK_ALIAS),
	.size = sizeof(struct xt_ct_target_info_v1),
	.compared = KNOWN, .title = "NOTRACK",
	.tables = TABLE_RAW, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_COUNTS,
	.summary = "connection tracking does not see the packet: CT --notrack",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_CT", .examples = notrack_examples, .act = act,
};
EXT_REGISTER(notrack);
