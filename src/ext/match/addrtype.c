// SPDX-License-Identifier: GPL-2.0-or-later
/* -m addrtype: what the routing tables say of an address. */
#include <errno.h>
#include <linux/netfilter/xt_addrtype.h>

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

static const struct ext addrtype = {
	.name = "addrtype", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_addrtype_info_v1), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "addrtype: you must specify --src-type or --dst-type",
	.title = "ADDRTYPE match", .effect = EFFECT_PURE, .help = help, .adopt = adopt,
	.refused = refused,
	.summary = "kind of an address: local, broadcast, multicast ...",
	.manual = "--limit-iface-in can stand where packets have come in by a device, "
		  "--limit-iface-out where they are about to leave by one. In IPv6 there are no "
		  "BROADCAST, BLACKHOLE, PROHIBIT, THROW, NAT and XRESOLVE.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_ADDRTYPE", .examples = examples,
};
EXT_REGISTER(addrtype);
