// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows of THE field table. Offsets are those of RFC 791, 8200, 9293, 792 and 4443; keys and
 * byte orders are those of linux/netfilter/nf_tables.h and net/netfilter/nft_meta.c, nft_ct.c.
 */
#include "net/field.h"

#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "base/bits.h"

#define META(name_, words_, key_, len_) \
	{ .name = (name_), .words = (words_), .from = FROM_META, .key = (key_), .len = (len_), \
	  .host_order = true }
/* Bytes and names have no byte order. */
#define META_BYTES(name_, words_, key_, len_) \
	{ .name = (name_), .words = (words_), .from = FROM_META, .key = (key_), .len = (len_) }
#define NETWORK(name_, words_, at_, len_) \
	{ .name = (name_), .words = (words_), .from = FROM_NETWORK, .key = (at_), .len = (len_) }
#define TRANSPORT(name_, words_, at_, len_) \
	{ .name = (name_), .words = (words_), .from = FROM_TRANSPORT, .key = (at_), .len = (len_) }
#define CT(name_, words_, key_, len_, host_) \
	{ .name = (name_), .words = (words_), .from = FROM_CT, .key = (key_), .len = (len_), \
	  .host_order = (host_) }
#define CT_WAY(name_, words_, key_, len_, way_) \
	{ .name = (name_), .words = (words_), .from = FROM_CT, .key = (key_), .len = (len_), \
	  .per_direction = true, .direction = (way_) }

const struct field_info field_table[FIELD_COUNT] = {
	[FIELD_NONE] = { .name = "nothing", .words = "nothing" },

	[FIELD_IIFNAME] = META_BYTES("iifname", "incoming device", NFT_META_IIFNAME, 16),
	[FIELD_OIFNAME] = META_BYTES("oifname", "outgoing device", NFT_META_OIFNAME, 16),
	[FIELD_MARK] = META("meta mark", "packet mark", NFT_META_MARK, 4),
	[FIELD_L4PROTO] = META_BYTES("meta l4proto", "protocol", NFT_META_L4PROTO, 1),
	[FIELD_LENGTH] = META("meta length", "packet length", NFT_META_LEN, 4),
	[FIELD_PKTTYPE] = META_BYTES("meta pkttype", "packet type", NFT_META_PKTTYPE, 1),
	[FIELD_SKUID] = META("meta skuid", "user of the sending socket", NFT_META_SKUID, 4),
	[FIELD_SKGID] = META("meta skgid", "group of the sending socket", NFT_META_SKGID, 4),
	[FIELD_CPU] = META("meta cpu", "processor", NFT_META_CPU, 4),
	[FIELD_IIFGROUP] = META("iifgroup", "group of the incoming device", NFT_META_IIFGROUP, 4),
	[FIELD_OIFGROUP] = META("oifgroup", "group of the outgoing device", NFT_META_OIFGROUP, 4),
	[FIELD_RTCLASSID] = META("rtclassid", "routing realm", NFT_META_RTCLASSID, 4),

	[FIELD_IP_SADDR] = NETWORK("ip saddr", "source address", 12, 4),
	[FIELD_IP_DADDR] = NETWORK("ip daddr", "destination address", 16, 4),
	[FIELD_IP_PROTOCOL] = NETWORK("ip protocol", "protocol", 9, 1),
	[FIELD_IP_FRAG_OFF] = NETWORK("ip frag-off", "fragment offset", 6, 2),
	[FIELD_IP_TTL] = NETWORK("ip ttl", "time to live", 8, 1),
	[FIELD_IP_TOS] = NETWORK("ip tos", "type of service", 1, 1),
	[FIELD_IP_LENGTH] = NETWORK("ip length", "IPv4 length", 2, 2),

	[FIELD_IP6_SADDR] = NETWORK("ip6 saddr", "source address", 8, 16),
	[FIELD_IP6_DADDR] = NETWORK("ip6 daddr", "destination address", 24, 16),
	[FIELD_IP6_HOPLIMIT] = NETWORK("ip6 hoplimit", "hop limit", 7, 1),
	/* Twelve bits into the header: asks of it carry the mask 0x0ff0. */
	[FIELD_IP6_TRAFFIC_CLASS] = NETWORK("ip6 tclass", "traffic class", 0, 2),

	[FIELD_SPORT] = TRANSPORT("th sport", "source port", 0, 2),
	[FIELD_DPORT] = TRANSPORT("th dport", "destination port", 2, 2),
	[FIELD_TCP_FLAGS] = TRANSPORT("tcp flags", "TCP flags", 13, 1),
	[FIELD_TCP_OPTION] = { .name = "tcp option", .words = "TCP option" },
	[FIELD_ICMP_TYPE] = TRANSPORT("icmp type", "ICMP type", 0, 1),
	[FIELD_ICMP_CODE] = TRANSPORT("icmp code", "ICMP code", 1, 1),
	[FIELD_ICMP6_TYPE] = TRANSPORT("icmpv6 type", "ICMPv6 type", 0, 1),
	[FIELD_ICMP6_CODE] = TRANSPORT("icmpv6 code", "ICMPv6 code", 1, 1),
	[FIELD_ICMP] = TRANSPORT("icmp type", "ICMP type and code", 0, 2),
	[FIELD_ICMP6] = TRANSPORT("icmpv6 type", "ICMPv6 type and code", 0, 2),
	[FIELD_ETHER_SADDR] = { .name = "ether saddr", .words = "source hardware address",
				.from = FROM_LINK, .key = 6, .len = 6 },
	/*
	 * Parts of a byte, and headers that are no transport: asked about, but nowhere to be
	 * loaded.
	 */
	[FIELD_DSCP] = { .name = "dscp", .words = "DiffServ code point", .len = 1 },
	[FIELD_ECN] = { .name = "ecn", .words = "congestion notification", .len = 1 },
	[FIELD_AH_SPI] = { .name = "ah spi", .words = "security parameter index", .len = 4 },
	[FIELD_ESP_SPI] = { .name = "esp spi", .words = "security parameter index", .len = 4 },
	[FIELD_IPCOMP_CPI] = { .name = "comp cpi", .words = "compression parameter index",
			       .len = 4 },

	[FIELD_CT_STATE] = CT("ct state", "connection state", NFT_CT_STATE, 4, true),
	[FIELD_CT_STATUS] = CT("ct status", "connection status", NFT_CT_STATUS, 4, true),
	[FIELD_CT_MARK] = CT("ct mark", "connection mark", NFT_CT_MARK, 4, true),
	[FIELD_CT_DIRECTION] = CT("ct direction", "direction", NFT_CT_DIRECTION, 1, false),
	/* Milliseconds in the register. */
	[FIELD_CT_EXPIRATION] = CT("ct expiration", "time until the connection is forgotten",
				   NFT_CT_EXPIRATION, 4, true),
	[FIELD_CT_PROTO] = CT_WAY("ct original protocol", "protocol of the connection",
				  NFT_CT_PROTOCOL, 1, IP_CT_DIR_ORIGINAL),
	/* NFT_CT_SRC and _DST are as long as the table's family makes them: 4 or 16 bytes. */
	[FIELD_CT_ORIG_SADDR] = CT_WAY("ct original saddr", "original source address",
				       NFT_CT_SRC, 16, IP_CT_DIR_ORIGINAL),
	[FIELD_CT_ORIG_DADDR] = CT_WAY("ct original daddr", "original destination address",
				       NFT_CT_DST, 16, IP_CT_DIR_ORIGINAL),
	[FIELD_CT_REPL_SADDR] = CT_WAY("ct reply saddr", "source address of replies",
				       NFT_CT_SRC, 16, IP_CT_DIR_REPLY),
	[FIELD_CT_REPL_DADDR] = CT_WAY("ct reply daddr", "destination address of replies",
				       NFT_CT_DST, 16, IP_CT_DIR_REPLY),
	[FIELD_CT_ORIG_SPORT] = CT_WAY("ct original proto-src", "original source port",
				       NFT_CT_PROTO_SRC, 2, IP_CT_DIR_ORIGINAL),
	[FIELD_CT_ORIG_DPORT] = CT_WAY("ct original proto-dst", "original destination port",
				       NFT_CT_PROTO_DST, 2, IP_CT_DIR_ORIGINAL),
	[FIELD_CT_REPL_SPORT] = CT_WAY("ct reply proto-src", "source port of replies",
				       NFT_CT_PROTO_SRC, 2, IP_CT_DIR_REPLY),
	[FIELD_CT_REPL_DPORT] = CT_WAY("ct reply proto-dst", "destination port of replies",
				       NFT_CT_PROTO_DST, 2, IP_CT_DIR_REPLY),
};

/* A field without a place (a TCP option) is asked about as a number of one byte. */
static size_t field_len(enum field field)
{
	return field_table[field].len ? field_table[field].len : 1;
}

static void field_store(enum field field, uint8_t *bytes, uint64_t value)
{
	size_t len = field_len(field);

	if (field_table[field].host_order) {
		uint_store(bytes, len, value);
		return;
	}
	for (size_t i = len; i--; value >>= 8)
		bytes[i] = (uint8_t)value;
}

uint64_t field_uint(enum field field, const uint8_t *bytes)
{
	size_t len = field_len(field);
	uint64_t value = 0;

	if (field_table[field].host_order)
		return uint_load(bytes, len);
	for (size_t i = 0; i < len; i++)
		value = value << 8 | bytes[i];
	return value;
}

bool ask_is_one_value(const struct ask *ask)
{
	uint8_t len = field_table[ask->field].len;

	return ask->relation == REL_EQUAL && ask->len == len && bytes_are_ones(ask->mask, len);
}

void ask_masked_uint(struct ask *ask, enum field field, uint64_t value, uint64_t mask)
{
	*ask = (struct ask){
		.field = field, .relation = REL_EQUAL, .len = (uint8_t)field_len(field),
	};
	field_store(field, ask->low, value);
	field_store(field, ask->mask, mask);
}

void ask_equal_uint(struct ask *ask, enum field field, uint64_t value)
{
	ask_masked_uint(ask, field, value, UINT64_MAX);
	memset(ask->mask, 0xff, ask->len);
}

void ask_range_uint(struct ask *ask, enum field field, uint64_t low, uint64_t high)
{
	ask_equal_uint(ask, field, low);
	ask->relation = REL_RANGE;
	field_store(field, ask->high, high);
}
