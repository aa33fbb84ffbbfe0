// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The floor under every -A: one batch with one rule over raw netlink, and nothing else.
 *
 *	bench-floor	appends "-s 172.16.0.9 -p udp --dport 53 -j DROP" to ip filter INPUT
 *
 * Deliberately without any of Postern's code: it is what Postern is measured against.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

static struct nlmsghdr *message(char *at, uint16_t type, uint16_t flags, uint8_t family,
				uint16_t subsystem, uint32_t seq)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(at);
	struct nfgenmsg *g;

	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = seq;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->nfgen_family = family;
	g->res_id = htons(subsystem);
	return h;
}

static struct nlattr *open_expr(struct nlmsghdr *h, const char *name, struct nlattr **data)
{
	struct nlattr *e = mnl_attr_nest_start(h, NFTA_LIST_ELEM);

	mnl_attr_put_strz(h, NFTA_EXPR_NAME, name);
	*data = mnl_attr_nest_start(h, NFTA_EXPR_DATA);
	return e;
}

static void put_be32(struct nlmsghdr *h, uint16_t type, uint32_t value)
{
	mnl_attr_put_u32(h, type, htonl(value));
}

static void put_test(struct nlmsghdr *h, uint32_t base, uint32_t offset, const void *want,
		     uint32_t len)
{
	struct nlattr *data, *e = open_expr(h, "payload", &data), *value;

	put_be32(h, NFTA_PAYLOAD_DREG, NFT_REG_1);
	put_be32(h, NFTA_PAYLOAD_BASE, base);
	put_be32(h, NFTA_PAYLOAD_OFFSET, offset);
	put_be32(h, NFTA_PAYLOAD_LEN, len);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, e);
	e = open_expr(h, "cmp", &data);
	put_be32(h, NFTA_CMP_SREG, NFT_REG_1);
	put_be32(h, NFTA_CMP_OP, NFT_CMP_EQ);
	value = mnl_attr_nest_start(h, NFTA_CMP_DATA);
	mnl_attr_put(h, NFTA_DATA_VALUE, len, want);
	mnl_attr_nest_end(h, value);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, e);
}

static void put_rule(struct nlmsghdr *h)
{
	static const uint8_t source[4] = { 172, 16, 0, 9 }, udp = 17, port[2] = { 0, 53 };
	struct nlattr *list, *data, *e, *value, *verdict;

	mnl_attr_put_strz(h, NFTA_RULE_TABLE, "filter");
	mnl_attr_put_strz(h, NFTA_RULE_CHAIN, "INPUT");
	list = mnl_attr_nest_start(h, NFTA_RULE_EXPRESSIONS);
	put_test(h, NFT_PAYLOAD_NETWORK_HEADER, 12, source, 4);
	put_test(h, NFT_PAYLOAD_NETWORK_HEADER, 9, &udp, 1);
	put_test(h, NFT_PAYLOAD_TRANSPORT_HEADER, 2, port, 2);
	e = open_expr(h, "counter", &data);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, e);
	e = open_expr(h, "immediate", &data);
	put_be32(h, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	value = mnl_attr_nest_start(h, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(h, NFTA_DATA_VERDICT);
	put_be32(h, NFTA_VERDICT_CODE, NF_DROP);
	mnl_attr_nest_end(h, verdict);
	mnl_attr_nest_end(h, value);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, e);
	mnl_attr_nest_end(h, list);
}

int main(void)
{
	static char buf[4096], answer[8192];
	struct mnl_socket *nl = mnl_socket_open(NETLINK_NETFILTER);
	struct nlmsghdr *h;
	char *at = buf;
	ssize_t n;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		perror("netlink");
		return 1;
	}
	h = message(at, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 1);
	at += MNL_ALIGN(h->nlmsg_len);
	h = message(at, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
		    NLM_F_CREATE | NLM_F_APPEND | NLM_F_ACK, NFPROTO_IPV4, 0, 2);
	put_rule(h);
	at += MNL_ALIGN(h->nlmsg_len);
	h = message(at, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, 3);
	at += MNL_ALIGN(h->nlmsg_len);
	if (mnl_socket_sendto(nl, buf, (size_t)(at - buf)) < 0) {
		perror("send");
		return 1;
	}
	n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
	h = (struct nlmsghdr *)answer;
	if (n < 0 || h->nlmsg_type != NLMSG_ERROR ||
	    ((struct nlmsgerr *)mnl_nlmsg_get_payload(h))->error != 0) {
		fprintf(stderr, "refused\n");
		return 1;
	}
	mnl_socket_close(nl);
	return 0;
}
