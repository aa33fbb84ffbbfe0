// SPDX-License-Identifier: GPL-2.0-or-later
/* -m eui64: the IPv6 source address was made from the sender's hardware address (RFC 4291). */
#include <string.h>

#include "ext/ext.h"

static const struct example examples[] = {
	{ .rule = "-m eui64", .means = "the address fits the card it comes from" },
	{ .rule = "-s fe80::/10 -m eui64", .means = "link-local, made from the hardware address" },
	{ 0 },
};

/* The kernel looks at nothing in the data, but wants an int of it. */
/* eui64_mt6() of ip6t_eui64.c: only devices of Ethernet have such addresses. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	enum { HEADER = 14, SOURCE = 6, TYPE = 12 };
	const uint8_t *link = e->packet->link, *mac;

	(void)data;
	(void)state;
	if (!link)
		return e->meta->known & KNOWN_LINK ? ANSWER_NO :
		       eval_unknown(e, "the source hardware address is not known");
	e->hotdrop = e->packet->link_len < HEADER;
	if (e->hotdrop || link[TYPE] != 0x86 || link[TYPE + 1] != 0xdd)
		return ANSWER_NO;
	mac = link + SOURCE;
	return answer_of(!memcmp(packet_saddr(e->packet) + 8,
				 (uint8_t[]){ mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3],
					      mac[4], mac[5] }, 8));
}

static const struct ext eui64 = {
	.name = "eui64", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(int),
	.hooks = HOOK_PREROUTING | HOOK_INPUT | HOOK_FORWARD, .effect = EFFECT_PURE,
	.looks_at = LOOKS_AT_LINK,
	.summary = "the source address was made from the hardware address",
	.kconfig = "CONFIG_IP6_NF_MATCH_EUI64", .examples = examples, .match = match,
};
EXT_REGISTER(eui64);
