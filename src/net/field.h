/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * THE table of packet fields: everything a rule can look at that has a place or a key of its own.
 * An option of an extension names a field and a relation; what nf_tables loads for it, what the
 * engine reads from a packet and what an explanation calls it all come from the row of that field.
 */
#ifndef POSTERN_NET_FIELD_H
#define POSTERN_NET_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

enum field {
	FIELD_NONE,
	/* devices and packet metadata */
	FIELD_IIFNAME, FIELD_OIFNAME, FIELD_MARK, FIELD_L4PROTO, FIELD_LENGTH, FIELD_PKTTYPE,
	FIELD_SKUID, FIELD_SKGID, FIELD_CPU, FIELD_IIFGROUP, FIELD_OIFGROUP, FIELD_RTCLASSID,
	/* IPv4 header */
	FIELD_IP_SADDR, FIELD_IP_DADDR, FIELD_IP_PROTOCOL, FIELD_IP_FRAG_OFF, FIELD_IP_TTL,
	FIELD_IP_TOS, FIELD_IP_LENGTH,
	/* IPv6 header */
	FIELD_IP6_SADDR, FIELD_IP6_DADDR, FIELD_IP6_HOPLIMIT, FIELD_IP6_TRAFFIC_CLASS,
	/* transport headers; PORT rows hold for whatever protocol the rule has asked for */
	FIELD_SPORT, FIELD_DPORT,
	FIELD_TCP_FLAGS, FIELD_TCP_OPTION,
	FIELD_ICMP_TYPE, FIELD_ICMP_CODE, FIELD_ICMP6_TYPE, FIELD_ICMP6_CODE,
	FIELD_ICMP, FIELD_ICMP6,	/* type and code as one number */
	FIELD_ETHER_SADDR,
	FIELD_DSCP, FIELD_ECN,		/* of the TOS byte or the traffic class, moved to bit 0 */
	FIELD_AH_SPI, FIELD_ESP_SPI, FIELD_IPCOMP_CPI,
	/* connection tracking */
	FIELD_CT_STATE, FIELD_CT_STATUS, FIELD_CT_MARK, FIELD_CT_DIRECTION, FIELD_CT_EXPIRATION,
	FIELD_CT_PROTO, FIELD_CT_ORIG_SADDR, FIELD_CT_ORIG_DADDR, FIELD_CT_REPL_SADDR,
	FIELD_CT_REPL_DADDR, FIELD_CT_ORIG_SPORT, FIELD_CT_ORIG_DPORT, FIELD_CT_REPL_SPORT,
	FIELD_CT_REPL_DPORT,
	FIELD_COUNT
};

/* Where nf_tables finds a field (linux/netfilter/nf_tables.h). */
enum field_from {
	FROM_NOWHERE,		/* no native expression: only blobs and the engine know it */
	FROM_META,		/* nft_meta, key is NFT_META_* */
	FROM_NETWORK,		/* payload, NFT_PAYLOAD_NETWORK_HEADER, key is the byte offset */
	FROM_TRANSPORT,		/* payload, NFT_PAYLOAD_TRANSPORT_HEADER */
	FROM_LINK,		/* payload, NFT_PAYLOAD_LL_HEADER */
	FROM_CT,		/* nft_ct, key is NFT_CT_* */
};

struct field_info {
	const char *name;	/* as `nft` spells it: "tcp flags", "ip saddr" */
	const char *words;	/* for sentences: "source address" */
	enum field_from from;
	uint8_t key;		/* offset, or key of the source */
	uint8_t len;		/* bytes */
	bool host_order;	/* integer in host byte order (meta, ct); else as on the wire */
	bool per_direction;	/* FROM_CT: needs a direction */
	uint8_t direction;	/* IP_CT_DIR_* */
};

extern const struct field_info field_table[FIELD_COUNT];

enum relation {
	REL_EQUAL,		/* (field & mask) == low */
	REL_RANGE,		/* low <= field <= high, compared as big-endian bytes */
	REL_ANY_BIT,		/* (field & mask) != 0 */
	REL_ONE_OF,		/* one of several values; no native form without a set */
};

/* A test of one field. Bytes are as the field's register holds them. */
struct ask {
	enum field field;
	enum relation relation;
	bool negate;
	uint8_t len;		/* bytes compared; less than the field's for prefixes */
	uint8_t mask[16], low[16], high[16];
};

/* An ask with full mask, for an integer of the field's width in its own byte order. */
void ask_equal_uint(struct ask *ask, enum field field, uint64_t value);
void ask_masked_uint(struct ask *ask, enum field field, uint64_t value, uint64_t mask);
void ask_range_uint(struct ask *ask, enum field field, uint64_t low, uint64_t high);

/* True when all of the field is compared with one value. */
bool ask_is_one_value(const struct ask *ask);

/* An integer in the byte order of `field`, from the bytes of an ask. */
uint64_t field_uint(enum field field, const uint8_t *bytes);

#endif
