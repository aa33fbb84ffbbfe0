// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of nft's words for header fields and keys, and values as nft shows them. */
#include "kernel/words.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <linux/netfilter/nf_tables.h>

#include "net/names.h"

struct payload_words {
	uint8_t family, proto;		/* 0: any */
	uint8_t base, at, len;
	struct field_words words;
};

#define NH NFT_PAYLOAD_NETWORK_HEADER
#define TH NFT_PAYLOAD_TRANSPORT_HEADER
#define LL NFT_PAYLOAD_LL_HEADER

static const struct payload_words payloads[] = {
	{ FAMILY_IPV4, 0, NH, 1, 1, { "ip tos", SHOWN_HEX } },
	{ FAMILY_IPV4, 0, NH, 2, 2, { "ip length", SHOWN_NUMBER } },
	{ FAMILY_IPV4, 0, NH, 4, 2, { "ip id", SHOWN_NUMBER } },
	{ FAMILY_IPV4, 0, NH, 6, 2, { "ip frag-off", SHOWN_NUMBER } },
	{ FAMILY_IPV4, 0, NH, 8, 1, { "ip ttl", SHOWN_NUMBER } },
	{ FAMILY_IPV4, 0, NH, 9, 1, { "ip protocol", SHOWN_PROTO } },
	{ FAMILY_IPV4, 0, NH, 10, 2, { "ip checksum", SHOWN_NUMBER } },
	{ FAMILY_IPV4, 0, NH, 12, 4, { "ip saddr", SHOWN_ADDR } },
	{ FAMILY_IPV4, 0, NH, 16, 4, { "ip daddr", SHOWN_ADDR } },
	{ FAMILY_IPV6, 0, NH, 4, 2, { "ip6 length", SHOWN_NUMBER } },
	{ FAMILY_IPV6, 0, NH, 6, 1, { "ip6 nexthdr", SHOWN_PROTO } },
	{ FAMILY_IPV6, 0, NH, 7, 1, { "ip6 hoplimit", SHOWN_NUMBER } },
	{ FAMILY_IPV6, 0, NH, 8, 16, { "ip6 saddr", SHOWN_ADDR } },
	{ FAMILY_IPV6, 0, NH, 24, 16, { "ip6 daddr", SHOWN_ADDR } },
	{ 0, IPPROTO_TCP, TH, 0, 2, { "tcp sport", SHOWN_NUMBER } },
	{ 0, IPPROTO_TCP, TH, 2, 2, { "tcp dport", SHOWN_NUMBER } },
	{ 0, IPPROTO_TCP, TH, 13, 1, { "tcp flags", SHOWN_TCP_FLAGS } },
	{ 0, IPPROTO_UDP, TH, 0, 2, { "udp sport", SHOWN_NUMBER } },
	{ 0, IPPROTO_UDP, TH, 2, 2, { "udp dport", SHOWN_NUMBER } },
	{ 0, IPPROTO_ICMP, TH, 0, 1, { "icmp type", SHOWN_NUMBER } },
	{ 0, IPPROTO_ICMP, TH, 1, 1, { "icmp code", SHOWN_NUMBER } },
	{ 0, IPPROTO_ICMPV6, TH, 0, 1, { "icmpv6 type", SHOWN_NUMBER } },
	{ 0, IPPROTO_ICMPV6, TH, 1, 1, { "icmpv6 code", SHOWN_NUMBER } },
	{ 0, 0, TH, 0, 2, { "th sport", SHOWN_NUMBER } },
	{ 0, 0, TH, 2, 2, { "th dport", SHOWN_NUMBER } },
	{ 0, 0, LL, 0, 6, { "ether daddr", SHOWN_HEX } },
	{ 0, 0, LL, 6, 6, { "ether saddr", SHOWN_HEX } },
	{ 0, 0, LL, 12, 2, { "ether type", SHOWN_HEX } },
};

const struct field_words *words_payload(enum family family, uint8_t proto, uint32_t base,
					uint32_t at, uint32_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(payloads); i++) {
		const struct payload_words *p = &payloads[i];
		/* A few bytes of an address are a prefix of it. */
		bool fits = p->words.shown == SHOWN_ADDR ? len <= p->len : len == p->len;

		if (p->base == base && p->at == at && fits &&
		    (!p->family || p->family == (uint8_t)family) &&
		    (!p->proto || p->proto == proto))
			return &p->words;
	}
	return NULL;
}

static const struct field_words metas[] = {
	[NFT_META_LEN] = { "meta length", SHOWN_HOST_NUMBER },
	[NFT_META_PROTOCOL] = { "meta protocol", SHOWN_HEX },
	[NFT_META_PRIORITY] = { "meta priority", SHOWN_HOST_HEX },
	[NFT_META_MARK] = { "meta mark", SHOWN_HOST_HEX },
	[NFT_META_IIF] = { "iif", SHOWN_DEVICE },
	[NFT_META_OIF] = { "oif", SHOWN_DEVICE },
	[NFT_META_IIFNAME] = { "iifname", SHOWN_NAME },
	[NFT_META_OIFNAME] = { "oifname", SHOWN_NAME },
	[NFT_META_IFTYPE] = { "iiftype", SHOWN_HOST_NUMBER },
	[NFT_META_OIFTYPE] = { "oiftype", SHOWN_HOST_NUMBER },
	[NFT_META_SKUID] = { "meta skuid", SHOWN_HOST_NUMBER },
	[NFT_META_SKGID] = { "meta skgid", SHOWN_HOST_NUMBER },
	[NFT_META_NFTRACE] = { "meta nftrace", SHOWN_NUMBER },
	[NFT_META_RTCLASSID] = { "meta rtclassid", SHOWN_HOST_NUMBER },
	[NFT_META_SECMARK] = { "meta secmark", SHOWN_HOST_HEX },
	[NFT_META_NFPROTO] = { "meta nfproto", SHOWN_NFPROTO },
	[NFT_META_L4PROTO] = { "meta l4proto", SHOWN_PROTO },
	[NFT_META_BRI_IIFNAME] = { "meta ibrname", SHOWN_NAME },
	[NFT_META_BRI_OIFNAME] = { "meta obrname", SHOWN_NAME },
	[NFT_META_PKTTYPE] = { "meta pkttype", SHOWN_PKTTYPE },
	[NFT_META_CPU] = { "meta cpu", SHOWN_HOST_NUMBER },
	[NFT_META_IIFGROUP] = { "iifgroup", SHOWN_HOST_NUMBER },
	[NFT_META_OIFGROUP] = { "oifgroup", SHOWN_HOST_NUMBER },
	[NFT_META_CGROUP] = { "meta cgroup", SHOWN_HOST_NUMBER },
	[NFT_META_PRANDOM] = { "meta random", SHOWN_HOST_HEX },
	[NFT_META_SECPATH] = { "meta ipsec", SHOWN_NUMBER },
	[NFT_META_IIFKIND] = { "meta iifkind", SHOWN_NAME },
	[NFT_META_OIFKIND] = { "meta oifkind", SHOWN_NAME },
	[NFT_META_TIME_NS] = { "meta time", SHOWN_HEX },
	[NFT_META_TIME_DAY] = { "meta day", SHOWN_NUMBER },
	[NFT_META_TIME_HOUR] = { "meta hour", SHOWN_HOST_NUMBER },
	[NFT_META_SDIF] = { "meta sdif", SHOWN_DEVICE },
	[NFT_META_SDIFNAME] = { "meta sdifname", SHOWN_NAME },
};

static const struct field_words cts[] = {
	[NFT_CT_STATE] = { "ct state", SHOWN_CT_STATE },
	[NFT_CT_DIRECTION] = { "ct direction", SHOWN_NUMBER },
	[NFT_CT_STATUS] = { "ct status", SHOWN_CT_STATUS },
	[NFT_CT_MARK] = { "ct mark", SHOWN_HOST_HEX },
	[NFT_CT_SECMARK] = { "ct secmark", SHOWN_HOST_HEX },
	[NFT_CT_EXPIRATION] = { "ct expiration", SHOWN_HOST_NUMBER },
	[NFT_CT_HELPER] = { "ct helper", SHOWN_NAME },
	[NFT_CT_L3PROTOCOL] = { "ct l3proto", SHOWN_NFPROTO },
	[NFT_CT_SRC] = { "ct saddr", SHOWN_ADDR },
	[NFT_CT_DST] = { "ct daddr", SHOWN_ADDR },
	[NFT_CT_PROTOCOL] = { "ct protocol", SHOWN_PROTO },
	[NFT_CT_PROTO_SRC] = { "ct proto-src", SHOWN_NUMBER },
	[NFT_CT_PROTO_DST] = { "ct proto-dst", SHOWN_NUMBER },
	[NFT_CT_LABELS] = { "ct label", SHOWN_HEX },
	[NFT_CT_PKTS] = { "ct packets", SHOWN_HOST_NUMBER },
	[NFT_CT_BYTES] = { "ct bytes", SHOWN_HOST_NUMBER },
	[NFT_CT_AVGPKT] = { "ct avgpkt", SHOWN_HOST_NUMBER },
	[NFT_CT_ZONE] = { "ct zone", SHOWN_HOST_NUMBER },
	[NFT_CT_EVENTMASK] = { "ct event", SHOWN_HOST_HEX },
	[NFT_CT_SRC_IP] = { "ct ip saddr", SHOWN_ADDR },
	[NFT_CT_DST_IP] = { "ct ip daddr", SHOWN_ADDR },
	[NFT_CT_SRC_IP6] = { "ct ip6 saddr", SHOWN_ADDR },
	[NFT_CT_DST_IP6] = { "ct ip6 daddr", SHOWN_ADDR },
	[NFT_CT_ID] = { "ct id", SHOWN_NUMBER },
};

const struct field_words *words_meta(uint32_t key)
{
	return key < ARRAY_SIZE(metas) && metas[key].text ? &metas[key] : NULL;
}

const struct field_words *words_ct(uint32_t key)
{
	return key < ARRAY_SIZE(cts) && cts[key].text ? &cts[key] : NULL;
}

enum shown_as words_turned(enum shown_as shown)
{
	return shown == SHOWN_HOST_NUMBER ? SHOWN_NUMBER : shown == SHOWN_HOST_HEX ? SHOWN_HEX
										   : shown;
}

/* ------------------------------------------------------------------ values */

/* NF_CT_STATE_BIT of linux/netfilter/nf_conntrack_common.h; what nft calls them. */
static const struct name ct_states[] = {
	{ "invalid", 1 }, { "established", 2 }, { "related", 4 }, { "new", 8 },
	{ "untracked", 64 }, { NULL, 0 },
};
static const struct name ct_statuses[] = {
	{ "expected", 1 }, { "seen-reply", 2 }, { "assured", 4 }, { "confirmed", 8 },
	{ "snat", 16 }, { "dnat", 32 }, { "dying", 512 }, { NULL, 0 },
};
static const struct name tcp_flags[] = {
	{ "fin", 1 }, { "syn", 2 }, { "rst", 4 }, { "psh", 8 }, { "ack", 16 }, { "urg", 32 },
	{ "ecn", 64 }, { "cwr", 128 }, { NULL, 0 },
};

static const struct name packet_types[] = {
	{ "host", 0 }, { "broadcast", 1 }, { "multicast", 2 }, { "other", 3 }, { NULL, 0 },
};
/* RTN_* of linux/rtnetlink.h. */
static const struct name route_types[] = {
	{ "unspec", 0 }, { "unicast", 1 }, { "local", 2 }, { "broadcast", 3 }, { "anycast", 4 },
	{ "multicast", 5 }, { "blackhole", 6 }, { "unreachable", 7 }, { "prohibit", 8 },
	{ "throw", 9 }, { "nat", 10 }, { "xresolve", 11 }, { NULL, 0 },
};

static uint64_t big_endian(const uint8_t *bytes, size_t len)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len && i < 8; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint64_t host_order(const uint8_t *bytes, size_t len)
{
	return len == 1 || len == 2 || len == 4 || len == 8 ? uint_load(bytes, len)
							     : big_endian(bytes, len);
}

static void print_flags(struct sink *to, const struct name *names, uint64_t bits)
{
	const char *comma = "";

	for (; names->name; names++)
		if (bits & names->value) {
			sink_str(to, comma);
			sink_str(to, names->name);
			bits &= ~(uint64_t)names->value;
			comma = ",";
		}
	if (bits || !*comma) {
		sink_str(to, comma);
		sink_hex(to, bits);
	}
}

static void print_named(struct sink *to, const struct name *names, uint32_t value)
{
	const char *name = name_of(names, value);

	if (name)
		sink_str(to, name);
	else
		sink_u64(to, value);
}

/* Quoted; without its NUL a name is a prefix. */
static void print_name(struct sink *to, const uint8_t *bytes, size_t len)
{
	size_t n = strnlen((const char *)bytes, len);

	sink_char(to, '"');
	for (size_t i = 0; i < n; i++)
		sink_char(to, bytes[i] < ' ' || bytes[i] == '"' ? '?' : (char)bytes[i]);
	sink_str(to, n == len ? "*\"" : "\"");
}

static void print_addr(struct sink *to, enum family family, const uint8_t *bytes, size_t len)
{
	union inet_addr addr = { 0 };

	memcpy(addr.bytes, bytes, len < addr_len(family) ? len : addr_len(family));
	addr_print(to, family, &addr);
}

static void print_bytes(struct sink *to, const uint8_t *bytes, size_t len)
{
	sink_str(to, "0x");
	for (size_t i = 0; i < len; i++)
		sink_printf(to, "%02x", bytes[i]);
}

static void print_proto(struct sink *to, const uint8_t *bytes)
{
	const char *name = proto_name_saved(bytes[0]);

	/* 0 is "all" to iptables, here it is a protocol. */
	if (name && bytes[0])
		sink_str(to, name);
	else
		sink_u64(to, bytes[0]);
}

static void print_device(struct sink *to, uint64_t index)
{
	char name[IF_NAMESIZE];

	if (index <= UINT32_MAX && if_indextoname((unsigned)index, name))
		sink_printf(to, "\"%s\"", name);
	else
		sink_u64(to, index);
}

void words_value(struct sink *to, enum family family, enum shown_as shown, const uint8_t *bytes,
		 size_t len, bool bare)
{
	if (bare && shown != SHOWN_ADDR && shown != SHOWN_HOST_NUMBER && shown != SHOWN_HOST_HEX &&
	    shown != SHOWN_NUMBER && shown != SHOWN_TCP_FLAGS)
		shown = SHOWN_HEX;
	switch (shown) {
	case SHOWN_HEX:
		print_bytes(to, bytes, len);
		return;
	case SHOWN_NUMBER:
		sink_u64(to, big_endian(bytes, len));
		return;
	case SHOWN_HOST_NUMBER:
		sink_u64(to, host_order(bytes, len));
		return;
	case SHOWN_HOST_HEX:
		sink_hex(to, host_order(bytes, len));
		return;
	case SHOWN_ADDR:
		print_addr(to, family, bytes, len);
		return;
	case SHOWN_NAME:
		print_name(to, bytes, len);
		return;
	case SHOWN_PROTO:
		print_proto(to, bytes);
		return;
	case SHOWN_DEVICE:
		print_device(to, host_order(bytes, len));
		return;
	case SHOWN_NFPROTO:
		sink_str(to, bytes[0] == FAMILY_IPV4 ? "ipv4" : bytes[0] == FAMILY_IPV6 ? "ipv6"
											: "?");
		return;
	case SHOWN_TCP_FLAGS:
		print_flags(to, tcp_flags, host_order(bytes, len));
		return;
	case SHOWN_PKTTYPE:
		print_named(to, packet_types, bytes[0]);
		return;
	case SHOWN_ROUTE_TYPE:
		print_named(to, route_types, (uint32_t)host_order(bytes, len));
		return;
	case SHOWN_CT_STATE:
		print_flags(to, ct_states, host_order(bytes, len));
		return;
	case SHOWN_CT_STATUS:
		print_flags(to, ct_statuses, host_order(bytes, len));
		return;
	}
}
