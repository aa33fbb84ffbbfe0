// SPDX-License-Identifier: GPL-2.0-or-later
/* -m conntrack: what connection tracking knows of the packet's connection. */
#include <arpa/inet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_conntrack.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_conntrack_mtinfo3, member)
#define GIVEN(bit) .given = BITS(struct xt_conntrack_mtinfo3, match_flags, XT_CONNTRACK_##bit)
#define NOT(bit) .invert = BITS(struct xt_conntrack_mtinfo3, invert_flags, XT_CONNTRACK_##bit)
#define NETWORK(member, bit) .type = &type_network_named, GIVEN(bit), NOT(bit), \
	.at = SPANS(struct xt_conntrack_mtinfo3, member##_addr, member##_mask)
#define PORTS(member, bit) .type = &type_ct_ports, GIVEN(bit), NOT(bit), .at = AT(member##_port), \
	.metavar = "port[:port]", .bad = "Port \"%v\" does not resolve to anything.\n"

static const struct name states[] = {
	{ "INVALID", XT_CONNTRACK_STATE_INVALID },
	{ "NEW", XT_CONNTRACK_STATE_BIT(IP_CT_NEW) },
	{ "RELATED", XT_CONNTRACK_STATE_BIT(IP_CT_RELATED) },
	{ "ESTABLISHED", XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED) },
	{ "UNTRACKED", XT_CONNTRACK_STATE_UNTRACKED },
	{ "SNAT", XT_CONNTRACK_STATE_SNAT },
	{ "DNAT", XT_CONNTRACK_STATE_DNAT },
	{ 0 },
};

static const struct name statuses[] = {
	{ "NONE", 0 }, { "EXPECTED", IPS_EXPECTED }, { "SEEN_REPLY", IPS_SEEN_REPLY },
	{ "ASSURED", IPS_ASSURED }, { "CONFIRMED", IPS_CONFIRMED }, { 0 },
};

/* REPLY is "not ORIGINAL". */
static const struct name directions[] = {
	{ "ORIGINAL", 0 }, { "REPLY", XT_CONNTRACK_DIRECTION }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "ctstate", .type = &type_ct_state, .at = AT(state_mask), GIVEN(STATE), NOT(STATE),
	  .names = states, .flags = OPT_PREFIX, .bad = "Bad ctstate \"%v\"",
	  .field = FIELD_CT_STATE,
	  .metavar = "{INVALID|ESTABLISHED|NEW|RELATED|UNTRACKED|SNAT|DNAT}[,...]",
	  .help = "State(s) to match" },
	{ .name = "ctproto", .type = &type_ct_proto, .at = AT(l4proto), GIVEN(PROTO), NOT(PROTO),
	  .field = FIELD_CT_PROTO, .help = "Protocol to match; by number or name, e.g. \"tcp\"" },
	{ .name = "ctorigsrc", NETWORK(origsrc, ORIGSRC), .field = FIELD_CT_ORIG_SADDR,
	  .help = "Original source address" },
	{ .name = "ctorigdst", NETWORK(origdst, ORIGDST), .field = FIELD_CT_ORIG_DADDR,
	  .help = "Original destination address" },
	{ .name = "ctreplsrc", NETWORK(replsrc, REPLSRC), .field = FIELD_CT_REPL_SADDR,
	  .help = "Reply source address" },
	{ .name = "ctrepldst", NETWORK(repldst, REPLDST), .field = FIELD_CT_REPL_DADDR,
	  .help = "Reply destination address" },
	{ .name = "ctorigsrcport", PORTS(origsrc, ORIGSRC_PORT), .field = FIELD_CT_ORIG_SPORT,
	  .help = "TCP/UDP/SCTP original source port" },
	{ .name = "ctorigdstport", PORTS(origdst, ORIGDST_PORT), .field = FIELD_CT_ORIG_DPORT,
	  .help = "TCP/UDP/SCTP original destination port" },
	{ .name = "ctreplsrcport", PORTS(replsrc, REPLSRC_PORT), .field = FIELD_CT_REPL_SPORT,
	  .help = "TCP/UDP/SCTP reply source port" },
	{ .name = "ctrepldstport", PORTS(repldst, REPLDST_PORT), .field = FIELD_CT_REPL_DPORT,
	  .help = "TCP/UDP/SCTP reply destination port" },
	{ .name = "ctstatus", .type = &type_name_bits, .at = AT(status_mask), GIVEN(STATUS),
	  NOT(STATUS), .names = statuses, .flags = OPT_PREFIX, .bad = "Bad ctstatus \"%v\"",
	  .field = FIELD_CT_STATUS,
	  .metavar = "{NONE|EXPECTED|SEEN_REPLY|ASSURED|CONFIRMED}[,...]",
	  .help = "Status(es) to match" },
	{ .name = "ctexpire", .type = &type_range, GIVEN(EXPIRES), NOT(EXPIRES),
	  .at = SPANS(struct xt_conntrack_mtinfo3, expires_min, expires_max),
	  .metavar = "time[:time]",
	  .help = "Match remaining lifetime in seconds against\n"
		  "value or range of values (inclusive)" },
	{ .name = "ctdir", .type = &type_ct_dir, .at = AT(invert_flags), GIVEN(DIRECTION),
	  .names = directions, .max = XT_CONNTRACK_DIRECTION, .field = FIELD_CT_DIRECTION,
	  .metavar = "{ORIGINAL|REPLY}",
	  .help = "Flow direction of packet" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m conntrack --ctstate RELATED,ESTABLISHED",
	  .means = "what belongs to a connection that was let through" },
	{ .rule = "-m conntrack ! --ctstate INVALID,NEW,DNAT --ctdir REPLY",
	  .means = "answers in connections whose address was not translated" },
	{ .rule = "-m conntrack --ctproto 6 --ctorigsrcport 1024:65535 --ctorigdstport 22 "
		  "! --ctreplsrcport 22 --ctrepldstport 1024:65535",
	  .means = "TCP to the SSH port that was redirected to another one" },
	{ .rule = "-m conntrack --ctorigsrc 10.0.0.0/8 --ctorigdst 192.0.2.1 "
		  "! --ctreplsrc 10.0.0.1 --ctrepldst 10.0.0.0/8",
	  .means = "connections by their addresses before and after translation",
	  .families = IN_V4 },
	{ .rule = "-m conntrack --ctorigsrc 2001:db8::/32", .means = "connections from a network",
	  .families = IN_V6 },
	{ .rule = "-m conntrack --ctstatus SEEN_REPLY,ASSURED --ctexpire 0:60",
	  .means = "answered connections that are forgotten within a minute of silence" },
	{ 0 },
};

/* Revisions 1 and 2 lack the high ends of port ranges; revision 1 has narrower masks. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const size_t shared = offsetof(struct xt_conntrack_mtinfo3, state_mask);
	struct xt_conntrack_mtinfo3 *info = data;
	const struct xt_conntrack_mtinfo1 *one = theirs;
	const struct xt_conntrack_mtinfo2 *two = theirs;

	if ((revision != 1 || size < sizeof(*one)) && (revision != 2 || size < sizeof(*two)))
		return false;
	memcpy(info, theirs, shared);
	info->state_mask = revision == 1 ? one->state_mask : two->state_mask;
	info->status_mask = revision == 1 ? one->status_mask : two->status_mask;
	info->origsrc_port_high = info->origsrc_port = ntohs(two->origsrc_port);
	info->origdst_port_high = info->origdst_port = ntohs(two->origdst_port);
	info->replsrc_port_high = info->replsrc_port = ntohs(two->replsrc_port);
	info->repldst_port_high = info->repldst_port = ntohs(two->repldst_port);
	return true;
}

/* The bits of the packet's state; SNAT and DNAT beside the others. */
static uint32_t state_bits(const struct conn_view *ct)
{
	static const uint32_t bits[] = {
		[CONN_INVALID] = XT_CONNTRACK_STATE_INVALID,
		[CONN_NEW] = XT_CONNTRACK_STATE_BIT(IP_CT_NEW),
		[CONN_RELATED] = XT_CONNTRACK_STATE_BIT(IP_CT_RELATED),
		[CONN_ESTABLISHED] = XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED),
		[CONN_UNTRACKED] = XT_CONNTRACK_STATE_UNTRACKED,
	};
	uint32_t status = ct->conn ? ct->conn->status : 0;

	return bits[ct->state] | (status & IPS_SRC_NAT ? XT_CONNTRACK_STATE_SNAT : 0) |
	       (status & IPS_DST_NAT ? XT_CONNTRACK_STATE_DNAT : 0);
}

/* Between these seconds from now; the rest of a second does not count. */
static bool expires_in(const struct eval *e, const struct xt_conntrack_mtinfo3 *info)
{
	uint64_t left = conn_time_left(e) / 1000000000;

	return left >= info->expires_min && left <= info->expires_max;
}

/* conntrack_mt() of xt_conntrack.c: without a connection only the state is looked at. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_conntrack_mtinfo3 *info = data;
	enum answer all = ANSWER_YES;

	(void)state;
	if (!e->ct.known)
		return eval_unknown(e, "the connection is not known");
	if (info->match_flags & XT_CONNTRACK_STATE &&
	    !(info->state_mask & state_bits(&e->ct)) !=
	    !!(info->invert_flags & XT_CONNTRACK_STATE))
		return ANSWER_NO;
	if (!e->ct.conn)
		return answer_of(info->match_flags & XT_CONNTRACK_STATE);
	for (const struct opt *o = opts + 1; o->name && all == ANSWER_YES; o++)
		if (info->match_flags & o->given.set)
			all = o->field ? opt_answer(e, o, data) :
			      answer_of(expires_in(e, info) !=
					!!(info->invert_flags & XT_CONNTRACK_EXPIRES));
	return all;
}

/*
 * "ct status dnat", which is a state here. Not negated: without a connection the state is none of
 * these, but nothing can be said of its status.
 */
static bool raise_translated(const struct part *part, enum family family, void *data)
{
	struct xt_conntrack_mtinfo3 *info = data;
	const struct ask *a = &part->ask;
	uint64_t bits = 0;

	(void)family;
	if (part->kind == PART_ASK && a->field == FIELD_CT_STATUS && a->relation == REL_ANY_BIT)
		bits = field_uint(a->field, a->mask);
	if (!bits || bits & ~(uint64_t)(IPS_SRC_NAT | IPS_DST_NAT) || a->negate)
		return false;
	info->match_flags = XT_CONNTRACK_STATE;
	info->state_mask = (uint16_t)((bits & IPS_SRC_NAT ? XT_CONNTRACK_STATE_SNAT : 0) |
				      (bits & IPS_DST_NAT ? XT_CONNTRACK_STATE_DNAT : 0));
	return true;
}

static const struct ext conntrack = {
	.name = "conntrack", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 3,
	.size = sizeof(struct xt_conntrack_mtinfo3), .opts = opts, .some = BIT(13) - 1,
	.tracks = true,
	.some_text = "conntrack: At least one option is required", .effect = EFFECT_PURE,
	.adopt = adopt, .summary = "state, addresses and ports of the packet's connection",
	.manual = "ESTABLISHED is a packet of a connection that was seen in both directions, NEW "
		  "one that begins a connection, RELATED one that begins a connection expected by "
		  "another one (or an error about one), INVALID one of no known connection, "
		  "UNTRACKED one that was exempted in the raw table. SNAT and DNAT tell "
		  "connections with translated addresses.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_CONNTRACK", .examples = examples,
	.match = match, .one_is_its_field = true, .read_apart = true, .raise = raise_translated,
};
EXT_REGISTER(conntrack);
