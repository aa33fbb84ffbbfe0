// SPDX-License-Identifier: GPL-2.0-or-later
/* nfnetlink_log (net/netfilter/nfnetlink_log.c): listening to groups, and its messages read. */
#include "kernel/logs.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel/internal.h"

#include <linux/netfilter/nfnetlink_log.h>

enum {
	RECEIVE_SIZE = 4 * 1024 * 1024,
	/* A packet with all about it; the kernel copies no more than 64 KiB. */
	LOG_ROOM = 128 * 1024,
};

struct kernel_logs {
	struct mnl_socket *socket;
	int fd, left;			/* bytes of `at` not looked at */
	const struct nlmsghdr *at;
	uint32_t seq;
	uint8_t room[LOG_ROOM] __attribute__((aligned(8)));
};

/* ------------------------------------------------------------------ opening */

static int ask(struct kernel_logs *l, struct msg *m)
{
	uint8_t answer[1024] __attribute__((aligned(8)));
	const struct nlmsghdr *h = (const void *)answer;
	size_t len = msg_end(m);
	ssize_t n;
	int error;

	if (mnl_socket_sendto(l->socket, m->head, len) < 0)
		return -errno;
	/* Packets of a group that is open already are passed over: nobody reads before all are. */
	do {
		n = mnl_socket_recvfrom(l->socket, answer, sizeof(answer));
		if (n < 0)
			return -errno;
	} while (!mnl_nlmsg_ok(h, (int)n) || h->nlmsg_type != NLMSG_ERROR);
	memcpy(&error, mnl_nlmsg_get_payload(h), sizeof(error));
	return error;
}

static int open_group(struct kernel_logs *l, uint16_t group, uint32_t most)
{
	const struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode mode = {
		.copy_mode = NFULNL_COPY_PACKET, .copy_range = htobe32(most),
	};
	uint32_t room[REQUEST_MOST / 4];
	struct msg m;

	msg_begin(&m, room, sizeof(room), NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, NLM_F_ACK,
		  l->seq++, AF_UNSPEC, group);
	msg_put(&m, NFULA_CFG_CMD, &bind, sizeof(bind));
	msg_put(&m, NFULA_CFG_MODE, &mode, sizeof(mode));
	/* Each packet at once: people look. */
	msg_put_u32(&m, NFULA_CFG_QTHRESH, 1);
	return ask(l, &m);
}

int kernel_logs_open(struct kernel_logs **logs, const uint16_t *groups, size_t count, uint32_t most,
		     struct err *err)
{
	struct kernel_logs *l = mem_alloc(sizeof(*l));
	int r = 0, size = RECEIVE_SIZE;

	*l = (struct kernel_logs){ .seq = 1 };
	l->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!l->socket || mnl_socket_bind(l->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = errno;
		kernel_logs_close(&l);
		return err_errno(err, ERR_RESOURCE, r, "cannot open a netlink socket: %s",
				 strerror(r));
	}
	l->fd = mnl_socket_get_fd(l->socket);
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	for (size_t i = 0; !r && i < count; i++) {
		r = open_group(l, groups[i], most);
		/* What a stranger may not do, and what only one may do, is the same to the kernel. */
		if (r == -EPERM)
			err_errno(err, ERR_RESOURCE, EPERM, "cannot listen to group %u: another "
				  "program does, or you are not root", groups[i]);
		else if (r)
			err_errno(err, ERR_RESOURCE, -r, "cannot listen to what rules log: %s "
				  "(CONFIG_NETFILTER_NETLINK_LOG)", strerror(-r));
	}
	if (r)
		kernel_logs_close(&l);
	else
		*logs = l;
	return r;
}

void kernel_logs_close(struct kernel_logs **logs)
{
	if (!*logs)
		return;
	if ((*logs)->socket)
		mnl_socket_close((*logs)->socket);
	free(*logs);
	*logs = NULL;
}

int kernel_logs_fd(const struct kernel_logs *logs)
{
	return logs->fd;
}

/* ------------------------------------------------------------------ packets */

/* "#7" when the device has gone meanwhile. */
static void take_device(const struct nlattr *attr, char name[IFNAMSIZ])
{
	uint32_t index;

	name[0] = '\0';
	if (attr_u32(attr, &index) && index && !if_indextoname(index, name))
		snprintf(name, IFNAMSIZ, "#%u", index);
}

static uint64_t take_time(const struct nlattr *attr)
{
	struct nfulnl_msg_packet_timestamp stamp;
	struct timespec now;

	if (attr && attr_len(attr) >= sizeof(stamp)) {
		memcpy(&stamp, attr_data(attr), sizeof(stamp));
		return be64toh(stamp.sec) * 1000000000 + be64toh(stamp.usec) * 1000;
	}
	/* The kernel stamps only what it has received from outside. */
	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool take_packet(const struct nlmsghdr *h, struct kernel_log *log)
{
	const struct nfgenmsg *head = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[NFULA_MAX + 1];
	struct nfulnl_msg_packet_hdr packet;
	const char *prefix;

	if (h->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET) ||
	    mnl_nlmsg_get_payload_len(h) < sizeof(*head) || head->nfgen_family != AF_INET)
		return false;
	attr_table(attr_of_message(h), a, NFULA_MAX);
	if (!a[NFULA_PACKET_HDR] || attr_len(a[NFULA_PACKET_HDR]) < sizeof(packet))
		return false;
	memcpy(&packet, attr_data(a[NFULA_PACKET_HDR]), sizeof(packet));
	prefix = attr_str(a[NFULA_PREFIX]);
	*log = (struct kernel_log){
		.group = be16toh(head->res_id), .hook = packet.hook,
		.prefix = prefix ? prefix : "", .ns = take_time(a[NFULA_TIMESTAMP]),
		.bytes = a[NFULA_PAYLOAD] ? attr_data(a[NFULA_PAYLOAD]) : NULL,
		.len = a[NFULA_PAYLOAD] ? attr_len(a[NFULA_PAYLOAD]) : 0,
	};
	take_device(a[NFULA_IFINDEX_INDEV], log->in);
	take_device(a[NFULA_IFINDEX_OUTDEV], log->out);
	return true;
}

int kernel_logs_next(struct kernel_logs *l, struct kernel_log *log, struct err *err)
{
	for (;;) {
		ssize_t n;

		while (mnl_nlmsg_ok(l->at, l->left)) {
			const struct nlmsghdr *h = l->at;

			l->at = mnl_nlmsg_next(h, &l->left);
			if (take_packet(h, log))
				return 1;
		}
		n = recv(l->fd, l->room, sizeof(l->room), MSG_DONTWAIT);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		if (n < 0 && errno == ENOBUFS)
			return -ENOBUFS;
		if (n < 0)
			return err_errno(err, ERR_RESOURCE, errno, "cannot read what rules log: "
					 "%s", strerror(errno));
		l->at = (const void *)l->room;
		l->left = (int)n;
	}
}
