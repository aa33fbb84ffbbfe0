// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink socket: opening it with buffers that hold a whole rule set, asking for one object and
 * for all of a kind.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/internal.h"

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

enum {
	/*
	 * A batch is one sendmsg and has to fit the send buffer. The kernel doubles the number, and
	 * without CAP_NET_ADMIN over the first user namespace cuts it at net.core.wmem_max.
	 */
	SEND_SIZE = 512 * 1024 * 1024,
	/* Errors of a batch arrive one by one; the first ones are what counts. */
	RECEIVE_SIZE = 8 * 1024 * 1024,
};

static void socket_options(int fd)
{
	int on = 1, size = SEND_SIZE;

	/* Every one of these is a help, none is needed: failures are ignored on purpose. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	size = RECEIVE_SIZE;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	/* Errors without a copy of what they are about, which may be long. */
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
}

/* nf_tables is asked once, so that a kernel without it, or no permission, is a clear error here. */
static int greet(struct kernel *k, struct err *err)
{
	uint32_t generation;
	int r = nl_generation(k, &generation);

	if (r == -EPERM) {
		err_styled(err, ERR_RESOURCE, ERR_STYLE_FULL, PLACE_NONE,
			   "Could not fetch rule set generation id: Permission denied "
			   "(you must be root)");
		err_hint(err, "run it as root, or in a network namespace of your own: "
			      "unshare -rn");
	} else if (r < 0) {
		err_errno(err, ERR_RESOURCE, -r,
			  "Could not fetch rule set generation id: %s", strerror(-r));
		err_hint(err, "this kernel has no nf_tables (CONFIG_NF_TABLES, module nf_tables)");
	}
	return r;
}

int kernel_open(struct kernel **kernel, struct err *err)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	struct kernel *k;
	int r;

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = errno;
		if (s)
			mnl_socket_close(s);
		err_errno(err, ERR_RESOURCE, r, "cannot open a netlink socket: %s", strerror(r));
		err_hint(err, "this kernel has no netfilter netlink (CONFIG_NETFILTER_NETLINK)");
		return -r;
	}
	k = mem_alloc(sizeof(*k));
	*k = (struct kernel){
		.socket = s, .fd = mnl_socket_get_fd(s), .seq = 1, .buffer = mem_alloc(BUFFER_SIZE),
	};
	socket_options(k->fd);
	r = greet(k, err);
	if (r < 0) {
		kernel_close(&k);
		return r;
	}
	*kernel = k;
	return 0;
}

void kernel_close(struct kernel **kernel)
{
	if (!*kernel)
		return;
	mnl_socket_close((*kernel)->socket);
	free((*kernel)->buffer);
	free(*kernel);
	*kernel = NULL;
}

const struct kernel_counts *kernel_counts(const struct kernel *kernel)
{
	return &kernel->counts;
}

static int send_request(struct kernel *k, struct msg *msg)
{
	size_t len = msg_end(msg);

	if (msg->full)
		return -EMSGSIZE;
	k->counts.requests++;
	if (mnl_socket_sendto(k->socket, msg->head, len) < 0)
		return -errno;
	return 0;
}

/* The error an NLMSG_ERROR or NLMSG_DONE carries. */
static int carried_error(const struct nlmsghdr *h)
{
	int error;

	if (h->nlmsg_len < NLMSG_HDRLEN + sizeof(error))
		return h->nlmsg_type == NLMSG_DONE ? 0 : -EBADMSG;
	memcpy(&error, (const char *)h + NLMSG_HDRLEN, sizeof(error));
	return error;
}

/* What is known of an answer so far. */
struct answer_state {
	uint32_t seq;
	bool dump, finished;
	int error;			/* of the answer as a whole */
	nl_receive *receive;
	void *context;
};

static void take_message(struct answer_state *s, const struct nlmsghdr *h)
{
	int r;

	if (h->nlmsg_seq != s->seq)
		return;		/* left over from an answer nobody waited for */
	if (h->nlmsg_type == NLMSG_ERROR || h->nlmsg_type == NLMSG_DONE) {
		r = carried_error(h);
		s->finished = true;
		if (r < 0 && !s->error)
			s->error = r;
		return;
	}
	if (h->nlmsg_flags & NLM_F_DUMP_INTR && !s->error)
		s->error = -EINTR;
	/* After an error the rest of a dump is still fetched, or it would stay in the socket. */
	if (!s->error) {
		r = s->receive ? s->receive(h, s->context) : 0;
		if (r < 0)
			s->error = r;
	}
	if (!s->dump)
		s->finished = true;
}

static int receive_answer(struct kernel *k, struct answer_state *s)
{
	while (!s->finished) {
		ssize_t n = recv(k->fd, k->buffer, BUFFER_SIZE, 0);
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		for (const struct nlmsghdr *h = (const void *)k->buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			take_message(s, h);
	}
	return s->error;
}

int nl_get(struct kernel *k, struct msg *msg, nl_receive *receive, void *context)
{
	struct answer_state s = {
		.seq = msg->head->nlmsg_seq, .receive = receive, .context = context,
	};
	int r = send_request(k, msg);

	return r < 0 ? r : receive_answer(k, &s);
}

int nl_dump(struct kernel *k, struct msg *msg, nl_receive *receive, void *context)
{
	struct answer_state s = {
		.seq = msg->head->nlmsg_seq, .receive = receive, .context = context, .dump = true,
	};
	int r = send_request(k, msg);

	k->counts.dumps++;
	return r < 0 ? r : receive_answer(k, &s);
}

static int take_generation(const struct nlmsghdr *h, void *context)
{
	const struct nlattr *table[NFTA_GEN_MAX + 1];

	attr_table(attr_of_message(h), table, NFTA_GEN_MAX);
	return attr_u32(table[NFTA_GEN_ID], context) ? 0 : -EBADMSG;
}

int nl_generation(struct kernel *k, uint32_t *generation)
{
	uint32_t room[REQUEST_MOST / 4];
	struct msg msg;

	msg_begin_nft(&msg, room, sizeof(room), NFT_MSG_GETGEN, 0, k->seq++, 0);
	return nl_get(k, &msg, take_generation, generation);
}

int kernel_generation(struct kernel *kernel, uint32_t *generation)
{
	return nl_generation(kernel, generation);
}
