// SPDX-License-Identifier: GPL-2.0-or-later
/* sock_diag: Documentation is sock_diag(7), linux/inet_diag.h. */
#include "safe/sockets.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/vec.h"

#define STATE(s) (1u << TCP_##s)

void sockets_free(struct inet_sockets *sockets)
{
	free(sockets->items);
	*sockets = (struct inet_sockets){ 0 };
}

static bool is_mapped(const uint8_t *bytes)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return !memcmp(bytes, prefix, sizeof(prefix));
}

static void put_addr(union inet_addr *addr, enum family family, bool mapped, const void *raw)
{
	memset(addr, 0, sizeof(*addr));
	memcpy(addr, (const uint8_t *)raw + (mapped ? 12 : 0), addr_len(family));
}

struct reading {
	struct inet_sockets *sockets;
	uint8_t proto;
};

/* An attribute of one byte, 0 where there is none. */
static uint8_t byte_of(const struct nlmsghdr *h, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct inet_diag_msg))
		if (mnl_attr_get_type(attr) == type && mnl_attr_get_payload_len(attr) >= 1)
			return mnl_attr_get_u8(attr);
	return 0;
}

/* Told by Linux 5.9 and later, without being asked. */
static uint64_t cgroup_of(const struct nlmsghdr *h)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, h, sizeof(struct inet_diag_msg))
		if (mnl_attr_get_type(attr) == INET_DIAG_CGROUP_ID &&
		    mnl_attr_get_payload_len(attr) >= sizeof(uint64_t))
			return mnl_attr_get_u64(attr);
	return 0;
}

static int take(const struct nlmsghdr *h, void *context)
{
	struct reading *reading = context;
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct inet_socket s = { .proto = reading->proto };
	const uint8_t *local = (const uint8_t *)m->id.idiag_src;
	bool mapped;

	if (mnl_nlmsg_get_payload_len(h) < sizeof(*m) ||
	    reading->sockets->count >= SOCKETS_MOST)
		return MNL_CB_OK;
	mapped = m->idiag_family == AF_INET6 && is_mapped(local);
	s.family = m->idiag_family == AF_INET || mapped ? FAMILY_IPV4 : FAMILY_IPV6;
	s.listens = reading->proto == IPPROTO_TCP && m->idiag_state == TCP_LISTEN;
	put_addr(&s.local, s.family, mapped, m->id.idiag_src);
	put_addr(&s.peer, s.family, mapped, m->id.idiag_dst);
	s.port = ntohs(m->id.idiag_sport);
	s.peer_port = ntohs(m->id.idiag_dport);
	s.inode = m->idiag_inode;
	s.uid = m->idiag_uid;
	s.cgroup = cgroup_of(h);
	/* Comes unasked with sockets that listen, and with UDP that has no peer. */
	s.only_v6 = byte_of(h, INET_DIAG_SKV6ONLY);
	s.tos = byte_of(h, s.family == FAMILY_IPV4 ? INET_DIAG_TOS : INET_DIAG_TCLASS);
	VEC_PUSH(reading->sockets, s);
	return MNL_CB_OK;
}

static int dump(struct mnl_socket *socket, struct reading *reading, uint8_t family)
{
	static uint32_t seq;
	char buf[1 << 15];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct inet_diag_req_v2 *req;
	uint32_t mine = ++seq;
	ssize_t n;
	int r = MNL_CB_OK;

	h->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	h->nlmsg_seq = mine;
	req = mnl_nlmsg_put_extra_header(h, sizeof(*req));
	req->sdiag_family = family;
	req->sdiag_protocol = reading->proto;
	req->idiag_ext = 1 << (INET_DIAG_TOS - 1) | 1 << (INET_DIAG_TCLASS - 1);
	req->idiag_states = reading->proto == IPPROTO_TCP ? STATE(ESTABLISHED) | STATE(LISTEN) |
							     STATE(CLOSE_WAIT) : ~0u;
	if (mnl_socket_sendto(socket, h, h->nlmsg_len) < 0)
		return -errno;
	while (r > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buf, (size_t)n, mine, mnl_socket_get_portid(socket), take, reading);
		if (r < 0)
			return -errno;
	}
	return 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct inet_socket *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

int sockets_read(struct inet_sockets *sockets, struct err *err)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct mnl_socket *socket = mnl_socket_open(NETLINK_SOCK_DIAG);
	int r = socket ? mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) : -1;

	*sockets = (struct inet_sockets){ 0 };
	if (r < 0)
		r = -errno;
	for (size_t p = 0; p < 2; p++)
		for (size_t f = 0; r >= 0 && f < 2; f++) {
			struct reading reading = { sockets, protos[p] };

			r = dump(socket, &reading, families[f]);
			/* A kernel without IPv6, or without udp_diag. */
			if (r == -ENOENT || r == -EAFNOSUPPORT)
				r = 0;
		}
	if (socket)
		mnl_socket_close(socket);
	if (r < 0) {
		sockets_free(sockets);
		return err_errno(err, ERR_RESOURCE, -r, "cannot list the sockets: %s",
				 strerror(-r));
	}
	if (sockets->count)
		qsort(sockets->items, sockets->count, sizeof(*sockets->items), by_inode);
	return 0;
}

struct inet_socket *sockets_find(const struct inet_sockets *sockets, uint32_t inode)
{
	struct inet_socket key = { .inode = inode };

	if (!sockets->count || !inode)
		return NULL;
	return bsearch(&key, sockets->items, sockets->count, sizeof(key), by_inode);
}
