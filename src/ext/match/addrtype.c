// SPDX-License-Identifier: GPL-2.0-or-later
/* -m addrtype: what the routing tables say of an address. */
#include <errno.h>
#include <linux/netfilter/xt_addrtype.h>
#include <string.h>

#include "base/bits.h"
#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_addrtype_info_v1, flags, XT_ADDRTYPE_##bit)

static const struct name types[] = {
	{ "UNSPEC", XT_ADDRTYPE_UNSPEC }, { "UNICAST", XT_ADDRTYPE_UNICAST },
	{ "LOCAL", XT_ADDRTYPE_LOCAL }, { "BROADCAST", XT_ADDRTYPE_BROADCAST },
	{ "ANYCAST", XT_ADDRTYPE_ANYCAST }, { "MULTICAST", XT_ADDRTYPE_MULTICAST },
	{ "BLACKHOLE", XT_ADDRTYPE_BLACKHOLE }, { "UNREACHABLE", XT_ADDRTYPE_UNREACHABLE },
	{ "PROHIBIT", XT_ADDRTYPE_PROHIBIT }, { "THROW", XT_ADDRTYPE_THROW },
	{ "NAT", XT_ADDRTYPE_NAT }, { "XRESOLVE", XT_ADDRTYPE_XRESOLVE }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "src-type", .type = &type_name_bits,
	  .at = SPAN(struct xt_addrtype_info_v1, source), .invert = FLAG(INVERT_SOURCE),
	  .names = types, .flags = OPT_PREFIX,
	  .bad = "addrtype: bad type \"%v\"", .list = "src-type %n%v", .metavar = "type[,...]",
	  .help = "Match source address type" },
	{ .name = "dst-type", .type = &type_name_bits,
	  .at = SPAN(struct xt_addrtype_info_v1, dest), .invert = FLAG(INVERT_DEST),
	  .names = types, .flags = OPT_PREFIX,
	  .bad = "addrtype: bad type \"%v\"", .list = "dst-type %n%v", .metavar = "type[,...]",
	  .help = "Match destination address type" },
	{ .name = "limit-iface-in", .given = FLAG(LIMIT_IFACE_IN), .excludes = BIT(3),
	  .list = "limit-in", .help = "Match only on the packet's incoming device" },
	{ .name = "limit-iface-out", .given = FLAG(LIMIT_IFACE_OUT), .excludes = BIT(2),
	  .list = "limit-out", .help = "Match only on the packet's outgoing device" },
	{ 0 },
};

static void help(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "\nValid types:\n");
	for (const struct name *n = types; n->name; n++)
		sink_printf(sink, "%32s%s\n", "", n->name);
}

static const struct example examples[] = {
	{ .rule = "-m addrtype --dst-type LOCAL", .means = "packets to one of our own addresses" },
	{ .rule = "-m addrtype ! --src-type LOCAL,UNICAST --dst-type LOCAL --limit-iface-in",
	  .means = "to an address of the device it came in by, from one nobody can have",
	  .saved = "-m addrtype ! --src-type UNICAST,LOCAL --dst-type LOCAL --limit-iface-in" },
	{ .rule = "-m addrtype ! --dst-type UNICAST --limit-iface-out",
	  .means = "to more than one, as seen from the device it leaves by" },
	{ 0 },
};

/* net/netfilter/xt_addrtype.c, addrtype_mt_checkentry_v1. */
static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_addrtype_info_v1 *info = s->data;
	unsigned types_asked = info->source | info->dest;

	*errnum = EINVAL;
	if (info->flags & XT_ADDRTYPE_LIMIT_IFACE_OUT &&
	    s->hooks & (HOOK_PREROUTING | HOOK_INPUT))
		return "--limit-iface-out is not known in PREROUTING and INPUT";
	if (info->flags & XT_ADDRTYPE_LIMIT_IFACE_IN &&
	    s->hooks & (HOOK_POSTROUTING | HOOK_OUTPUT))
		return "--limit-iface-in is not known in OUTPUT and POSTROUTING";
	if (s->family == FAMILY_IPV6 &&
	    types_asked & (XT_ADDRTYPE_BROADCAST | XT_ADDRTYPE_BLACKHOLE | XT_ADDRTYPE_PROHIBIT |
			   XT_ADDRTYPE_THROW | XT_ADDRTYPE_NAT | XT_ADDRTYPE_XRESOLVE))
		return "IPv6 has no BROADCAST, BLACKHOLE, PROHIBIT, THROW, NAT and XRESOLVE";
	return NULL;
}

/* Revision 0, IPv4 only. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	const struct xt_addrtype_info *old = theirs;
	struct xt_addrtype_info_v1 *info = data;

	if (revision != 0 || size < sizeof(*old))
		return false;
	*info = (struct xt_addrtype_info_v1){
		.source = old->source, .dest = old->dest,
		.flags = (old->invert_source ? XT_ADDRTYPE_INVERT_SOURCE : 0u) |
			 (old->invert_dest ? XT_ADDRTYPE_INVERT_DEST : 0u),
	};
	return true;
}

/* What the routing tables say, as the bit of the type. Negative: not known. */
static int bit_of(struct eval *e, const uint8_t *addr, const char *device)
{
	const struct world *w = e->world;
	int type = w->addr_type ? w->addr_type(w->context, e->family, addr, device) : -1;

	return type < 0 ? -1 : 1 << type;
}

/* match_type6(): all that is asked must hold, but of what routes tell one is enough. */
static enum answer has_type6(struct eval *e, const uint8_t *addr, const char *device, uint16_t mask)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const unsigned routed = XT_ADDRTYPE_LOCAL | XT_ADDRTYPE_ANYCAST | XT_ADDRTYPE_UNREACHABLE;
	bool any = bytes_are_zero(addr, 16), group = *addr == 0xff;
	int bit;

	if ((mask & XT_ADDRTYPE_MULTICAST && !group) || (mask & XT_ADDRTYPE_UNSPEC && !any) ||
	    (mask & XT_ADDRTYPE_UNICAST && (any || group || !memcmp(addr, mapped, 12))))
		return ANSWER_NO;
	bit = mask & routed ? bit_of(e, addr, device) : (int)mask;
	return bit < 0 ? ANSWER_UNKNOWN : answer_of(!(mask & routed) || bit & mask & routed);
}

static enum answer has_type(struct eval *e, const uint8_t *addr, const char *device, uint16_t mask,
			    bool invert)
{
	int bit = e->family == FAMILY_IPV4 ? bit_of(e, addr, device) : 0;
	enum answer answer = e->family == FAMILY_IPV6 ? has_type6(e, addr, device, mask) :
			     bit < 0 ? ANSWER_UNKNOWN : answer_of(bit & mask);

	if (answer == ANSWER_UNKNOWN)
		return eval_unknown(e, "which addresses and routes this host has is not known");
	return invert ? answer_not(answer) : answer;
}

/* addrtype_mt_v1() of xt_addrtype.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_addrtype_info_v1 *info = data;
	bool in = info->flags & XT_ADDRTYPE_LIMIT_IFACE_IN;
	bool out = info->flags & XT_ADDRTYPE_LIMIT_IFACE_OUT;
	const char *device = in ? e->meta->in : out ? e->meta->out : NULL;
	enum answer source = ANSWER_YES, dest = ANSWER_YES;

	(void)state;
	if (device && !(e->meta->known & (in ? KNOWN_IN : KNOWN_OUT)))
		return eval_unknown(e, "the device is not known");
	if (info->source)
		source = has_type(e, packet_saddr(e->packet), device, info->source,
				  info->flags & XT_ADDRTYPE_INVERT_SOURCE);
	if (source != ANSWER_NO && info->dest)
		dest = has_type(e, packet_daddr(e->packet), device, info->dest,
				info->flags & XT_ADDRTYPE_INVERT_DEST);
	return dest == ANSWER_NO ? dest : source == ANSWER_YES ? dest : source;
}

/* What nft made of "fib daddr type local". */
static bool raise_type(const struct part *part, enum family family, void *data)
{
	struct xt_addrtype_info_v1 *info = data;
	bool source;

	(void)family;
	if (part->kind != PART_ADDR_TYPE || !part->addr_type.types ||
	    part->addr_type.types >= 2 * XT_ADDRTYPE_XRESOLVE)
		return false;
	source = part->addr_type.source;
	*(source ? &info->source : &info->dest) = (uint16_t)part->addr_type.types;
	info->flags = (part->addr_type.in ? XT_ADDRTYPE_LIMIT_IFACE_IN : 0u) |
		      (part->addr_type.out ? XT_ADDRTYPE_LIMIT_IFACE_OUT : 0u);
	if (part->addr_type.negate)
		info->flags |= source ? XT_ADDRTYPE_INVERT_SOURCE : XT_ADDRTYPE_INVERT_DEST;
	return true;
}

static const struct ext addrtype = {
	.name = "addrtype", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_addrtype_info_v1), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "addrtype: you must specify --src-type or --dst-type",
	.title = "ADDRTYPE match", .effect = EFFECT_PURE, .help = help, .adopt = adopt,
	.refused = refused, .raise = raise_type,
	.summary = "kind of an address: local, broadcast, multicast ...",
	.manual = "--limit-iface-in can stand where packets have come in by a device, "
		  "--limit-iface-out where they are about to leave by one. In IPv6 there are no "
		  "BROADCAST, BLACKHOLE, PROHIBIT, THROW, NAT and XRESOLVE.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_ADDRTYPE", .examples = examples, .match = match,
};
EXT_REGISTER(addrtype);
