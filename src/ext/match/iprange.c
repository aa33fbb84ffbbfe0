// SPDX-License-Identifier: GPL-2.0-or-later
/* -m iprange: addresses from one to another. */
#include <arpa/inet.h>
#include <linux/netfilter/xt_iprange.h>

#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_iprange_mtinfo, flags, IPRANGE_##bit)

static const struct opt opts[] = {
	{ .name = "src-range", .type = &type_addr_range,
	  .at = SPANS(struct xt_iprange_mtinfo, src_min, src_max), .given = FLAG(SRC),
	  .invert = FLAG(SRC_INV), .list = "source IP range %!%v",
	  .help = "Match source IP in the specified range" },
	{ .name = "dst-range", .type = &type_addr_range,
	  .at = SPANS(struct xt_iprange_mtinfo, dst_min, dst_max), .given = FLAG(DST),
	  .invert = FLAG(DST_INV), .list = "destination IP range %!%v",
	  .help = "Match destination IP in the specified range" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m iprange --src-range 192.0.2.10-192.0.2.20", .means = "eleven hosts",
	  .families = IN_V4 },
	{ .rule = "-m iprange ! --src-range 192.0.2.1 --dst-range 198.51.100.0-198.51.100.9",
	  .saved = "-m iprange ! --src-range 192.0.2.1-192.0.2.1 "
		   "--dst-range 198.51.100.0-198.51.100.9",
	  .means = "to one of ten, but not from the router", .families = IN_V4 },
	{ .rule = "-m iprange --src-range 2001:db8::1-2001:db8::ff", .means = "255 hosts",
	  .families = IN_V6 },
	{ 0 },
};

static bool is_in(const uint8_t *addr, const void *low, const void *high, size_t len)
{
	return memcmp(addr, low, len) >= 0 && memcmp(addr, high, len) <= 0;
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_iprange_mtinfo *info = data;
	size_t len = addr_len(e->family);

	(void)state;
	return answer_of((!(info->flags & IPRANGE_SRC) ||
			  is_in(packet_saddr(e->packet), &info->src_min, &info->src_max, len) !=
				  !!(info->flags & IPRANGE_SRC_INV)) &&
			 (!(info->flags & IPRANGE_DST) ||
			  is_in(packet_daddr(e->packet), &info->dst_min, &info->dst_max, len) !=
				  !!(info->flags & IPRANGE_DST_INV)));
}

/* What nft made by hand of "ip saddr 192.0.2.1-192.0.2.9". */
static bool raise_range(const struct part *part, enum family family, void *data)
{
	bool six = family == FAMILY_IPV6;
	const struct ask *a = &part->ask;
	struct xt_iprange_mtinfo *info = data;
	bool source;

	if (part->kind != PART_ASK || a->relation != REL_RANGE)
		return false;
	source = a->field == (six ? FIELD_IP6_SADDR : FIELD_IP_SADDR);
	if (!source && a->field != (six ? FIELD_IP6_DADDR : FIELD_IP_DADDR))
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (a->mask[i] != 0xff)
			return false;
	memcpy(source ? &info->src_min : &info->dst_min, a->low, a->len);
	memcpy(source ? &info->src_max : &info->dst_max, a->high, a->len);
	info->flags = source ? IPRANGE_SRC : IPRANGE_DST;
	if (a->negate)
		info->flags |= source ? IPRANGE_SRC_INV : IPRANGE_DST_INV;
	return true;
}

static const struct ext iprange = {
	.name = "iprange", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_iprange_mtinfo), .opts = opts, .some = BIT(0) | BIT(1),
	.some_text = "iprange match: You must specify `--src-range' or `--dst-range'",
	.effect = EFFECT_PURE, .summary = "addresses from one to another",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_IPRANGE", .raise = raise_range,
	.examples = examples, .match = match,
};
EXT_REGISTER(iprange);
