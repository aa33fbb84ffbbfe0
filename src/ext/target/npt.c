// SPDX-License-Identifier: GPL-2.0-or-later
/* -j SNPT and DNPT: another network prefix, without state (RFC 6296). */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter_ipv6/ip6t_NPT.h>

#include <string.h>

#include "ext/headers.h"
#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "src-pfx", .type = &type_network_apart, .metavar = "prefix/length",
	  .at = SPANS(struct ip6t_npt_tginfo, src_pfx, src_pfx_len), .flags = OPT_MUST | OPT_ALWAYS,
	  .help = "The network that addresses have" },
	{ .name = "dst-pfx", .type = &type_network_apart, .metavar = "prefix/length",
	  .at = SPANS(struct ip6t_npt_tginfo, dst_pfx, dst_pfx_len), .flags = OPT_MUST | OPT_ALWAYS,
	  .help = "The network that they get" },
	{ 0 },
};

/* The sum of 16-bit words as the checksum has it, in the order of memory. */
static uint16_t sum_of(uint32_t sum, const void *bytes, size_t len)
{
	be16 words[8];

	memcpy(words, bytes, len);
	for (size_t i = 0; i < len / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* ip6t_npt_map_pfx() of ip6t_NPT.c. False: no word of the address can make up for the prefix. */
static bool map_prefix(const struct ip6t_npt_tginfo *npt, uint8_t *addr)
{
	unsigned len = npt->src_pfx_len > npt->dst_pfx_len ? npt->src_pfx_len : npt->dst_pfx_len;
	uint16_t difference = sum_of((uint16_t)~sum_of(0, &npt->dst_pfx, 16), &npt->src_pfx, 16);
	const uint8_t *to = (const uint8_t *)&npt->dst_pfx;
	static const uint8_t ones[2] = { 0xff, 0xff };
	unsigned word = len <= 48 ? 3 : 4;
	uint16_t sum;

	for (unsigned i = 0; i < len && i < 128; i++) {
		uint8_t bit = (uint8_t)(0x80 >> i % 8);

		addr[i / 8] = (uint8_t)((addr[i / 8] & ~bit) | (to[i / 8] & bit));
	}
	while (len > 48 && word < 8 && !memcmp(addr + (size_t)2 * word, ones, 2))
		word++;
	if (word == 8)
		return false;
	sum = sum_of(difference, addr + (size_t)2 * word, 2);
	if (sum == 0xffff)
		sum = 0;
	memcpy(addr + (size_t)2 * word, &sum, 2);
	return true;
}

/* The other address of the packet that an ICMPv6 error quotes, when it is of the network, too. */
static void map_quoted(struct eval *e, const struct ip6t_npt_tginfo *npt, size_t at)
{
	enum { ICMP6 = 58, ICMP6_HEADER = 8, IP6_HEADER = 40, ERRORS = 4 };
	const struct packet *p = e->packet;
	uint32_t icmp = p->transport;
	uint8_t *addr = p->bytes + icmp + ICMP6_HEADER + at;
	const uint8_t *unused, *from = (const uint8_t *)&npt->src_pfx;

	if (p->bytes[6] != ICMP6 ||
	    packet_bytes(e, icmp, ICMP6_HEADER + IP6_HEADER, &unused) != ANSWER_YES ||
	    !p->bytes[icmp] || p->bytes[icmp] > ERRORS)
		return;
	for (unsigned i = 0; i < npt->src_pfx_len && i < 128; i++)
		if ((addr[i / 8] ^ from[i / 8]) & 0x80 >> i % 8)
			return;
	map_prefix(npt, addr);
}

/* The checksums stay right by themselves. The kernel tells the sender why it drops a packet. */
static enum verdict map(struct eval *e, const struct ip6t_npt_tginfo *npt, bool source)
{
	enum { SADDR = 8, DADDR = 24 };
	uint8_t addr[16], *place = source ? packet_saddr(e->packet) : packet_daddr(e->packet);

	memcpy(addr, place, sizeof(addr));
	if (!map_prefix(npt, addr))
		return VERDICT_DROP;
	if (e->simulated)
		return VERDICT_NONE;
	memcpy(place, addr, sizeof(addr));
	map_quoted(e, npt, source ? DADDR : SADDR);
	return VERDICT_NONE;
}

static enum verdict act_source(struct eval *e, const void *data, void *state)
{
	(void)state;
	return map(e, data, true);
}

static enum verdict act_destination(struct eval *e, const void *data, void *state)
{
	(void)state;
	return map(e, data, false);
}

static const struct example snpt_examples[] = {
	{ .rule = "-s fd00::/64 -o eth0 -j SNPT --src-pfx fd00::/64 --dst-pfx 2001:db8:1::/64",
	  .means = "inner addresses look like ours from outside" },
	{ .rule = "-j SNPT --src-pfx fd00::/48 --dst-pfx 2001:db8::/48", .means = "a whole site" },
	{ 0 },
};

static const struct ext snpt = {
	.name = "SNPT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_npt_tginfo),
	.compared = offsetof(struct ip6t_npt_tginfo, adjustment), .opts = opts, .title = "SNPT",
	.tables = TABLE_MANGLE, .hooks = HOOK_INPUT | HOOK_POSTROUTING, .effect = EFFECT_COUNTS,
	.summary = "replace the network of the source address",
	.kconfig = "CONFIG_IP6_NF_TARGET_NPT", .examples = snpt_examples,
	.act = act_source,
};
EXT_REGISTER(snpt);

static const struct example dnpt_examples[] = {
	{ .rule = "-d 2001:db8:1::/64 -i eth0 -j DNPT --src-pfx 2001:db8:1::/64 --dst-pfx "
	  "fd00::/64",
	  .means = "and the way back" },
	{ .rule = "-j DNPT --src-pfx 2001:db8::/48 --dst-pfx fd00::/48", .means = "a whole site" },
	{ 0 },
};

static const struct ext dnpt = {
	.name = "DNPT", .kind = EXT_TARGET, .families = IN_V6,
	.size = sizeof(struct ip6t_npt_tginfo),
	.compared = offsetof(struct ip6t_npt_tginfo, adjustment), .opts = opts, .title = "DNPT",
	.tables = TABLE_MANGLE, .hooks = HOOK_PREROUTING | HOOK_OUTPUT, .effect = EFFECT_COUNTS,
	.summary = "replace the network of the destination address",
	.kconfig = "CONFIG_IP6_NF_TARGET_NPT", .examples = dnpt_examples,
	.act = act_destination,
};
EXT_REGISTER(dnpt);
