// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ctnetlink (net/netfilter/nf_conntrack_netlink.c): one entry asked for by a tuple, and a dump of
 * all.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>

#include "ext/eval.h"
#include "kernel/connection.h"
#include "kernel/internal.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

/* ------------------------------------------------------------------ asking */

static void put_tuple(struct msg *m, uint16_t type, const struct tuple *t)
{
	uint8_t *tuple = msg_open(m, type), *nest = msg_open(m, CTA_TUPLE_IP);
	bool six = t->family == FAMILY_IPV6;
	size_t len = addr_len((enum family)t->family);

	msg_put(m, six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC, t->src.bytes, len);
	msg_put(m, six ? CTA_IP_V6_DST : CTA_IP_V4_DST, t->dst.bytes, len);
	msg_close(m, nest);
	nest = msg_open(m, CTA_TUPLE_PROTO);
	msg_put(m, CTA_PROTO_NUM, &t->proto, sizeof(t->proto));
	msg_put(m, CTA_PROTO_SRC_PORT, &t->sport, sizeof(t->sport));
	msg_put(m, CTA_PROTO_DST_PORT, &t->dport, sizeof(t->dport));
	msg_close(m, nest);
	msg_close(m, tuple);
}

/* ------------------------------------------------------------------ reading */

static bool copy_attr(const struct nlattr *attr, void *to, size_t len)
{
	if (!attr || attr_len(attr) < len)
		return false;
	memcpy(to, attr_data(attr), len);
	return true;
}

static bool take_tuple(const struct nlattr *attr, enum family family, struct tuple *t)
{
	const struct nlattr *parts[CTA_TUPLE_MAX + 1], *ip[CTA_IP_MAX + 1];
	const struct nlattr *proto[CTA_PROTO_MAX + 1];
	bool six = family == FAMILY_IPV6;
	size_t len = addr_len(family);

	*t = (struct tuple){ .family = (uint8_t)family };
	attr_table(attr_inside(attr), parts, CTA_TUPLE_MAX);
	attr_table(attr_inside(parts[CTA_TUPLE_IP]), ip, CTA_IP_MAX);
	attr_table(attr_inside(parts[CTA_TUPLE_PROTO]), proto, CTA_PROTO_MAX);
	copy_attr(proto[CTA_PROTO_SRC_PORT], &t->sport, sizeof(t->sport));
	copy_attr(proto[CTA_PROTO_DST_PORT], &t->dport, sizeof(t->dport));
	if (copy_attr(proto[CTA_PROTO_ICMP_ID], &t->sport, sizeof(t->sport)))
		t->dport = t->sport;
	copy_attr(proto[CTA_PROTO_ICMP_TYPE], &t->icmp_type, sizeof(t->icmp_type));
	copy_attr(proto[CTA_PROTO_ICMP_CODE], &t->icmp_code, sizeof(t->icmp_code));
	return copy_attr(ip[six ? CTA_IP_V6_SRC : CTA_IP_V4_SRC], t->src.bytes, len) &&
	       copy_attr(ip[six ? CTA_IP_V6_DST : CTA_IP_V4_DST], t->dst.bytes, len) &&
	       copy_attr(proto[CTA_PROTO_NUM], &t->proto, sizeof(t->proto));
}

static void take_tcp(const struct nlattr *attr, uint8_t *state)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1], *tcp[CTA_PROTOINFO_TCP_MAX + 1];

	attr_table(attr_inside(attr), info, CTA_PROTOINFO_MAX);
	attr_table(attr_inside(info[CTA_PROTOINFO_TCP]), tcp, CTA_PROTOINFO_TCP_MAX);
	copy_attr(tcp[CTA_PROTOINFO_TCP_STATE], state, sizeof(*state));
}

static void take_helper(const struct nlattr *attr, char *helper, size_t room)
{
	const struct nlattr *help[CTA_HELP_MAX + 1];
	const char *name;

	attr_table(attr_inside(attr), help, CTA_HELP_MAX);
	name = attr_str(help[CTA_HELP_NAME]);
	if (name)
		snprintf(helper, room, "%s", name);
}

/* False: it is no entry as we know them. */
static bool take_connection(const struct nlmsghdr *h, enum family family, struct connection *conn,
			    uint8_t *tcp_state)
{
	const struct nlattr *table[CTA_MAX + 1];
	struct connection c = { 0 };
	uint32_t seconds;

	attr_table(attr_of_message(h), table, CTA_MAX);
	if (!take_tuple(table[CTA_TUPLE_ORIG], family, &c.way[0]) ||
	    !take_tuple(table[CTA_TUPLE_REPLY], family, &c.way[1]))
		return false;
	attr_u32(table[CTA_STATUS], &c.status);
	attr_u32(table[CTA_MARK], &c.mark);
	attr_u16(table[CTA_ZONE], &c.zone);
	copy_attr(table[CTA_LABELS], c.labels, sizeof(c.labels));
	take_helper(table[CTA_HELP], c.helper, sizeof(c.helper));
	if (attr_u32(table[CTA_TIMEOUT], &seconds))
		c.expires = seconds * UINT64_C(1000000000);
	*tcp_state = 0;
	take_tcp(table[CTA_PROTOINFO], tcp_state);
	*conn = c;
	return true;
}

/* ------------------------------------------------------------------ one exchange */

static int exchange(struct mnl_socket *nl, const struct tuple *tuple, struct connection *conn,
		    uint8_t *tcp_state)
{
	uint32_t room[512 / 4];
	uint8_t buf[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const void *)buf;
	struct msg m;
	ssize_t n;
	int left, error;

	/* The kernel looks up any direction by either attribute. */
	msg_begin(&m, room, sizeof(room), NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
		  NLM_F_ACK, 1, tuple->family, 0);
	put_tuple(&m, CTA_TUPLE_ORIG, tuple);
	if (mnl_socket_sendto(nl, m.head, msg_end(&m)) < 0)
		return -errno;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	left = (int)n;
	if (n < 0)
		return -errno;
	if (!mnl_nlmsg_ok(h, left))
		return -EBADMSG;
	if (h->nlmsg_type == NLMSG_ERROR) {
		memcpy(&error, mnl_nlmsg_get_payload(h), sizeof(error));
		return error ? error : -EBADMSG;
	}
	return take_connection(h, (enum family)tuple->family, conn, tcp_state) ? 0 : -EBADMSG;
}

int kernel_connection(struct connection *conn, uint8_t *tcp_state, const struct tuple *tuple,
		      struct err *err)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	int r = nl ? mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) : -1;

	r = r < 0 ? -errno : exchange(nl, tuple, conn, tcp_state);
	if (nl)
		mnl_socket_close(nl);
	/* -EINVAL, -EOPNOTSUPP: this kernel has no ctnetlink, or no conntrack at all. */
	if (r == -EINVAL || r == -EOPNOTSUPP)
		r = -ENOENT;
	if (r < 0 && r != -ENOENT)
		err_errno(err, ERR_RESOURCE, -r, "cannot read the table of connections: %s",
			  strerror(-r));
	return r;
}

/* ------------------------------------------------------------------ all of them */

struct flow_dump {
	enum family family;
	int (*take)(void *context, const struct kernel_flow *flow);
	void *context;
};

/* Attributes of the sequence numbers; those of older kernels are the same (CTA_NAT_SEQ_*). */
static void take_seq(const struct nlattr *attr, struct kernel_flow *flow)
{
	const struct nlattr *seq[CTA_SEQADJ_MAX + 1];
	uint32_t behind = 0, in_front = 0;

	attr_table(attr_inside(attr), seq, CTA_SEQADJ_MAX);
	attr_u32(seq[CTA_SEQADJ_CORRECTION_POS], &flow->seq);
	attr_u32(seq[CTA_SEQADJ_OFFSET_AFTER], &behind);
	attr_u32(seq[CTA_SEQADJ_OFFSET_BEFORE], &in_front);
	flow->delta = (int32_t)behind;
	flow->previous_delta = (int32_t)in_front;
}

static int take_flow(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *table[CTA_MAX + 1];
	const struct flow_dump *dump = context;
	struct kernel_flow flow = { 0 };
	uint8_t tcp_state;

	if (!take_connection(h, dump->family, &flow.conn, &tcp_state))
		return 0;
	attr_table(attr_of_message(h), table, CTA_MAX);
	attr_u32(table[CTA_TIMEOUT], &flow.seconds);
	take_seq(table[CTA_SEQ_ADJ_ORIG], &flow);
	return dump->take(dump->context, &flow);
}

int kernel_flows(enum family family,
		 int (*take)(void *context, const struct kernel_flow *flow), void *context,
		 struct err *err)
{
	struct flow_dump dump = { family, take, context };
	AUTO_KERNEL *kernel = NULL;
	uint32_t room[REQUEST_MOST / 4];
	struct msg m;
	int r = kernel_open(&kernel, err);

	if (r < 0)
		return r;
	msg_begin(&m, room, sizeof(room), NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET,
		  NLM_F_DUMP, kernel->seq++, (uint8_t)family, 0);
	r = nl_dump(kernel, &m, take_flow, &dump);
	if (r == -EINVAL || r == -EOPNOTSUPP)
		return err_errno(err, ERR_RESOURCE, EOPNOTSUPP, "this kernel does not show its "
				 "connections (CONFIG_NF_CT_NETLINK)");
	return r < 0 ? err_errno(err, ERR_RESOURCE, -r, "cannot read the table of connections: %s",
				 strerror(-r)) : 0;
}
