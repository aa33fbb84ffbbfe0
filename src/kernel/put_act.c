// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions that change packets, end their way or name objects: iptables carries these as blobs,
 * the older dialects say them natively.
 */
#include <netinet/in.h> /* before linux/netfilter.h, which makes room for it */
#include <linux/netfilter/nf_nat.h>
#include <linux/rtnetlink.h>

#include "kernel/put.h"

enum { IP_CHECKSUM_AT = 10 };

void put_change(struct msg *m, const void *mask, const void *exclusive_or, size_t len)
{
	struct nest n = put_open(m, "bitwise");

	msg_put_u32(m, NFTA_BITWISE_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BITWISE_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_BITWISE_LEN, (uint32_t)len);
	put_value(m, NFTA_BITWISE_MASK, mask, len);
	put_value(m, NFTA_BITWISE_XOR, exclusive_or, len);
	put_close(m, n);
}

void put_immediate(struct msg *m, enum nft_registers reg, const void *bytes, size_t len)
{
	struct nest n = put_open(m, "immediate");

	msg_put_u32(m, NFTA_IMMEDIATE_DREG, reg);
	put_value(m, NFTA_IMMEDIATE_DATA, bytes, len);
	put_close(m, n);
}

void put_meta_set(struct msg *m, uint32_t key)
{
	struct nest n = put_open(m, "meta");

	msg_put_u32(m, NFTA_META_KEY, key);
	msg_put_u32(m, NFTA_META_SREG, NFT_REG_1);
	put_close(m, n);
}

void put_ct_set(struct msg *m, uint32_t key)
{
	struct nest n = put_open(m, "ct");

	msg_put_u32(m, NFTA_CT_KEY, key);
	msg_put_u32(m, NFTA_CT_SREG, NFT_REG_1);
	put_close(m, n);
}

void put_header_set(struct msg *m, uint32_t at, size_t len)
{
	struct nest n = put_open(m, "payload");

	msg_put_u32(m, NFTA_PAYLOAD_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	msg_put_u32(m, NFTA_PAYLOAD_OFFSET, at);
	msg_put_u32(m, NFTA_PAYLOAD_LEN, (uint32_t)len);
	msg_put_u32(m, NFTA_PAYLOAD_CSUM_TYPE, NFT_PAYLOAD_CSUM_INET);
	msg_put_u32(m, NFTA_PAYLOAD_CSUM_OFFSET, IP_CHECKSUM_AT);
	put_close(m, n);
}

void put_reject(struct msg *m, uint32_t type, uint8_t code)
{
	struct nest n = put_open(m, "reject");

	msg_put_u32(m, NFTA_REJECT_TYPE, type);
	msg_put(m, NFTA_REJECT_ICMP_CODE, &code, sizeof(code));
	put_close(m, n);
}

static void put_port(struct msg *m, enum nft_registers reg, uint16_t port)
{
	be16 value = htobe16(port);

	put_immediate(m, reg, &value, sizeof(value));
}

void put_masquerade(struct msg *m, uint16_t low, uint16_t high)
{
	struct nest n;

	if (low) {
		put_port(m, NFT_REG_1, low);
		put_port(m, NFT_REG_2, high);
	}
	n = put_open(m, "masq");
	if (low) {
		msg_put_u32(m, NFTA_MASQ_REG_PROTO_MIN, NFT_REG_1);
		msg_put_u32(m, NFTA_MASQ_REG_PROTO_MAX, NFT_REG_2);
		/* nft_masq reads the ports, but without the flag they say nothing. */
		msg_put_u32(m, NFTA_MASQ_FLAGS, NF_NAT_RANGE_PROTO_SPECIFIED);
	}
	put_close(m, n);
}

void put_counting(struct msg *m, uint32_t modulus)
{
	struct nest n = put_open(m, "numgen");

	msg_put_u32(m, NFTA_NG_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_NG_MODULUS, modulus);
	msg_put_u32(m, NFTA_NG_TYPE, NFT_NG_INCREMENTAL);
	msg_put_u32(m, NFTA_NG_OFFSET, 0);
	put_close(m, n);
	put_byteorder(m, sizeof(modulus));
}

/* All that nft_nat.c says when it is asked, so that the rule read is the rule written. */
void put_dnat(struct msg *m, be32 addr, uint16_t port)
{
	struct nest n;

	put_immediate(m, NFT_REG_1, &addr, sizeof(addr));
	if (port)
		put_port(m, NFT_REG_2, port);
	n = put_open(m, "nat");
	msg_put_u32(m, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	msg_put_u32(m, NFTA_NAT_FAMILY, NFPROTO_IPV4);
	msg_put_u32(m, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	msg_put_u32(m, NFTA_NAT_REG_ADDR_MAX, NFT_REG_1);
	if (port) {
		msg_put_u32(m, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
		msg_put_u32(m, NFTA_NAT_REG_PROTO_MAX, NFT_REG_2);
	}
	msg_put_u32(m, NFTA_NAT_FLAGS,
		    NF_NAT_RANGE_MAP_IPS | (port ? NF_NAT_RANGE_PROTO_SPECIFIED : 0u));
	put_close(m, n);
}

void put_is_local(struct msg *m)
{
	const uint32_t local = RTN_LOCAL;
	struct nest n = put_open(m, "fib");

	msg_put_u32(m, NFTA_FIB_DREG, NFT_REG_1);
	msg_put_u32(m, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	msg_put_u32(m, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
	put_close(m, n);
	put_cmp(m, NFT_CMP_EQ, &local, sizeof(local));
}

void put_redirect(struct msg *m, bool to_port)
{
	struct nest n = put_open(m, "redir");

	if (to_port)
		msg_put_u32(m, NFTA_REDIR_REG_PROTO_MIN, NFT_REG_1);
	put_close(m, n);
}

void put_map(struct msg *m, const char *map)
{
	struct nest n = put_open(m, "lookup");

	msg_put_str(m, NFTA_LOOKUP_SET, map);
	msg_put_u32(m, NFTA_LOOKUP_SREG, NFT_REG_1);
	msg_put_u32(m, NFTA_LOOKUP_DREG, NFT_REG_1);
	put_close(m, n);
}

void put_object(struct msg *m, uint32_t type, const char *name)
{
	struct nest n = put_open(m, "objref");

	msg_put_u32(m, NFTA_OBJREF_IMM_TYPE, type);
	msg_put_str(m, NFTA_OBJREF_IMM_NAME, name);
	put_close(m, n);
}
