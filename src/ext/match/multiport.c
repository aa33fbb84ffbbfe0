// SPDX-License-Identifier: GPL-2.0-or-later
/* -m multiport: up to fifteen ports or ranges at once. */
#include <linux/netfilter/xt_multiport.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define PORTS(which) \
	.type = &type_port_list, .at = SPANS(struct xt_multiport_v1, count, pflags), \
	.given = MODE(struct xt_multiport_v1, flags, which, 0xff), \
	.invert = BITS(struct xt_multiport_v1, invert, 1)

static const struct opt opts[] = {
	{ .name = "source-ports", .also = "sports", .name_saved = "sports",
	  PORTS(XT_MULTIPORT_SOURCE), .excludes = BIT(1) | BIT(2), .field = FIELD_SPORT,
	  .relation = REL_ONE_OF, .list = "sports %(| !)%v", .help = "match source port(s)" },
	{ .name = "destination-ports", .also = "dports", .name_saved = "dports",
	  PORTS(XT_MULTIPORT_DESTINATION), .excludes = BIT(0) | BIT(2), .field = FIELD_DPORT,
	  .relation = REL_ONE_OF, .list = "dports %(| !)%v", .help = "match destination port(s)" },
	{ .name = "ports", PORTS(XT_MULTIPORT_EITHER), .excludes = BIT(0) | BIT(1),
	  .field = FIELD_SPORT, .field_or = FIELD_DPORT, .relation = REL_ONE_OF,
	  .list = "ports %(| !)%v", .help = "match both source and destination port(s)" },
	{ 0 },
};

/* xt_multiport.c asks for one of these in the rule's own -p. */
static int check(const struct check *c)
{
	if (!c->head || (type_proto_name(c->head) && !(c->head->invert & INVERT_PROTO)))
		return 0;
	if (!c->head->proto)
		return err_set(c->err, ERR_SYNTAX, c->place, "multiport needs `-p tcp', `-p udp', "
			       "`-p udplite', `-p sctp' or `-p dccp'");
	return err_set(c->err, ERR_SYNTAX, c->place,
		       "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP");
}

static const struct example examples[] = {
	{ .rule = "-p tcp -m multiport --dports 25,80,443,6000:6063", .means = "some services" },
	{ .rule = "-p udp -m multiport ! --sports 53,123", .means = "not from these" },
	{ .rule = "-p tcp -m multiport --ports 22,2222", .means = "SSH, whoever speaks" },
	{ 0 },
};

static bool has_port(const struct xt_multiport_v1 *info, uint16_t port)
{
	for (unsigned i = 0; i < info->count && i < XT_MULTI_PORTS; i++) {
		uint16_t low = info->ports[i];
		bool range = info->pflags[i] && i + 1 < XT_MULTI_PORTS;

		if (port >= low && port <= info->ports[range ? ++i : i])
			return true;
	}
	return false;
}

/* multiport_mt() of xt_multiport.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_multiport_v1 *info = data;
	const uint8_t *h;
	enum answer there = transport_header(e, 4, &h);

	(void)state;
	if (there != ANSWER_YES)
		return there;
	return answer_of(((info->flags != XT_MULTIPORT_DESTINATION &&
			   has_port(info, ntohs(packet_be16(h)))) ||
			  (info->flags != XT_MULTIPORT_SOURCE &&
			   has_port(info, ntohs(packet_be16(h + 2))))) != !!info->invert);
}

/*
 * What nft made of "tcp dport { 22, 80 }"; and a single port of a protocol whose own match knows
 * none (UDP-Lite). As with -m icmp the two agree on whole packets and first fragments; in a later
 * fragment, which has no ports, some kernels let nft compare whatever lies there (linux 6.18), and
 * xtables never does.
 */
static bool raise_ports(const struct part *part, enum family family, void *data)
{
	struct xt_multiport_v1 *info = data;
	struct part one = { 0 };
	const struct ask *a = &part->ask;
	bool is_port = part->kind == PART_ASK &&
		       (a->field == FIELD_SPORT || a->field == FIELD_DPORT);

	(void)family;
	if (is_port && (a->relation == REL_RANGE || ask_is_one_value(a))) {
		one.ports.field = a->field;
		one.ports.negate = a->negate;
		one.ports.count = 1;
		one.ports.low[0] = (uint16_t)field_uint(a->field, a->low);
		one.ports.high[0] = a->relation == REL_RANGE ?
			(uint16_t)field_uint(a->field, a->high) : one.ports.low[0];
		part = &one;
	} else if (part->kind != PART_PORTS) {
		return false;
	}
	info->flags = part->ports.field == FIELD_SPORT ? XT_MULTIPORT_SOURCE
						       : XT_MULTIPORT_DESTINATION;
	info->invert = part->ports.negate;
	for (unsigned i = 0; i < part->ports.count; i++) {
		bool range = part->ports.low[i] != part->ports.high[i];

		if (info->count + range >= XT_MULTI_PORTS)
			return false;
		info->pflags[info->count] = range;
		info->ports[info->count++] = part->ports.low[i];
		if (range)
			info->ports[info->count++] = part->ports.high[i];
	}
	return true;
}

static const struct ext multiport = {
	.name = "multiport", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_multiport_v1), .opts = opts, .some = BIT(0) | BIT(1) | BIT(2),
	.some_text = "multiport expection an option", .title = "multiport", .effect = EFFECT_PURE,
	.check = check, .summary = "several ports at once",
	.manual = "A range counts as two of the fifteen.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_MULTIPORT", .examples = examples, .match = match,
	.raise = raise_ports,
};
EXT_REGISTER(multiport);
