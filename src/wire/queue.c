// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets that the kernel's rules sent to a queue (-j NFQUEUE), and what becomes of them
 * (net/netfilter/nfnetlink_queue.c). NFQA_CFG_F_GSO is not asked for: the kernel cuts segments and
 * makes checksums before it hands packets over. Answers leave by a raw socket.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/raw.h"
#include "wire/wire.h"

enum {
	WAITING = 4096,		/* packets that wait in the kernel */
	NAMES = 64,		/* devices by number */
	PAYLOAD_MOST = 65531,	/* an attribute says its length, with 4 bytes of header, in 16 bits */
};

struct queue {
	struct mnl_socket *socket;
	struct raw raw;			/* for answers, when the wire has `answer` */
	uint16_t number;
	char in[IFNAMSIZ], out[IFNAMSIZ];
	struct { uint32_t index; char name[IFNAMSIZ]; } names[NAMES];
	uint8_t link[16 + 14];
	uint8_t bytes[WIRE_ROOM];
	_Alignas(8) uint8_t message[WIRE_ROOM + 1024];
};

static struct nlmsghdr *begin(struct queue *q, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(q->message);
	struct nfgenmsg *n;

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_QUEUE << 8 | type);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	n = mnl_nlmsg_put_extra_header(h, sizeof(*n));
	*n = (struct nfgenmsg){ .version = NFNETLINK_V0, .res_id = htons(q->number) };
	return h;
}

/* The name of a device; a small table, because asking the kernel costs more than judging. */
static void device_name(struct queue *q, uint32_t index, char name[IFNAMSIZ])
{
	size_t slot = index % NAMES;

	if (q->names[slot].index != index) {
		if (!if_indextoname(index, q->names[slot].name))
			q->names[slot].name[0] = '\0';
		q->names[slot].index = index;
	}
	memcpy(name, q->names[slot].name, IFNAMSIZ);
}

static const struct nlattr *attribute(const struct nlmsghdr *h, uint16_t type)
{
	struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

static uint32_t number_of(const struct nlmsghdr *h, uint16_t type)
{
	const struct nlattr *a = attribute(h, type);

	return a && mnl_attr_get_payload_len(a) >= 4 ? ntohl(mnl_attr_get_u32(a)) : 0;
}

/* The sender's hardware address as an Ethernet header, which is all that the kernel tells of it. */
static void link_of(struct queue *q, const struct nlmsghdr *h, struct arrival *arrival)
{
	const struct nlattr *a = attribute(h, NFQA_HWADDR), *l2 = attribute(h, NFQA_L2HDR);
	const struct nfqnl_msg_packet_hw *hw = a ? mnl_attr_get_payload(a) : NULL;

	if (l2 && mnl_attr_get_payload_len(l2) == 14) {
		memcpy(q->link, mnl_attr_get_payload(l2), 14);
	} else if (hw && mnl_attr_get_payload_len(a) >= sizeof(*hw) &&
		   ntohs(hw->hw_addrlen) == 6) {
		memset(q->link, 0, 14);
		memcpy(q->link + 6, hw->hw_addr, 6);
	} else {
		return;
	}
	arrival->link = q->link;
	arrival->link_len = 14;
}

static bool describe(struct queue *q, const struct nlmsghdr *h, struct arrival *arrival)
{
	const struct nlattr *head = attribute(h, NFQA_PACKET_HDR);
	const struct nlattr *payload = attribute(h, NFQA_PAYLOAD);
	const struct nfqnl_msg_packet_hdr *packet = head ? mnl_attr_get_payload(head) : NULL;
	uint32_t in = number_of(h, NFQA_IFINDEX_INDEV), out = number_of(h, NFQA_IFINDEX_OUTDEV);

	if (!packet || mnl_attr_get_payload_len(head) < sizeof(*packet))
		return false;
	*arrival = (struct arrival){
		.bytes = q->bytes, .room = sizeof(q->bytes), .id = ntohl(packet->packet_id),
		.in = q->in, .mark = number_of(h, NFQA_MARK), .port = in,
	};
	if (payload) {
		arrival->captured = mnl_attr_get_payload_len(payload);
		memcpy(q->bytes, mnl_attr_get_payload(payload), arrival->captured);
	}
	q->in[0] = q->out[0] = '\0';
	if (in && packet->hook != NF_INET_LOCAL_OUT)
		device_name(q, in, q->in);
	if (out)
		device_name(q, out, q->out);
	/* Before routing nobody knows where to; at INPUT it is to here. */
	if (packet->hook != NF_INET_PRE_ROUTING)
		arrival->out = packet->hook == NF_INET_LOCAL_IN ? "" : q->out;
	link_of(q, h, arrival);
	return true;
}

static int verdict(struct queue *q, const struct arrival *arrival, uint32_t what,
		   const struct packet *packet, uint32_t mark)
{
	const struct nfqnl_msg_verdict_hdr v = {
		.verdict = htonl(what), .id = htonl(arrival->id),
	};
	struct nlmsghdr *h = begin(q, NFQNL_MSG_VERDICT, 0);

	mnl_attr_put(h, NFQA_VERDICT_HDR, sizeof(v), &v);
	if (packet) {
		mnl_attr_put(h, NFQA_PAYLOAD, packet->len, packet->bytes);
		mnl_attr_put_u32(h, NFQA_MARK, htonl(mark));
	}
	return mnl_socket_sendto(q->socket, h, h->nlmsg_len) < 0 ? -errno : 0;
}

/* An answer of ours that the kernel's rules queue when it leaves, or arrives over loopback. */
static bool is_own_answer(const struct queue *q, const struct arrival *arrival)
{
	return (!*q->in || !strcmp(q->in, "lo")) &&
	       raw_is_own(&q->raw, arrival->bytes, arrival->captured);
}

static int next(void *context, struct arrival *arrival, struct err *err)
{
	struct queue *q = context;

	for (;;) {
		ssize_t len = recv(mnl_socket_get_fd(q->socket), q->message, sizeof(q->message),
				   MSG_DONTWAIT);
		const struct nlmsghdr *h = (const void *)q->message;

		if (len < 0 && errno == EAGAIN)
			return 0;
		/* ENOBUFS: the kernel had to throw packets away; the next ones are whole. */
		if (len < 0 && (errno == EINTR || errno == ENOBUFS))
			continue;
		if (len < 0)
			return err_errno(err, ERR_RESOURCE, errno, "queue %u: %s", q->number,
					 strerror(errno));
		if (!mnl_nlmsg_ok(h, (int)len) ||
		    h->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET) ||
		    !describe(q, h, arrival))
			continue;
		if (!is_own_answer(q, arrival))
			return 1;
		verdict(q, arrival, NF_ACCEPT, NULL, 0);
	}
}

static void drop(void *context, const struct arrival *arrival)
{
	verdict(context, arrival, NF_DROP, NULL, 0);
}

/* What got no verdict would wait in the kernel for ever. */
static int pass(void *context, const struct arrival *arrival, const struct packet *packet,
		const char *out, uint32_t mark)
{
	int r = -EMSGSIZE;

	(void)out;
	if (!packet || (packet->len <= PAYLOAD_MOST && packet->len <= packet->captured))
		r = verdict(context, arrival, NF_ACCEPT, packet, mark);
	if (r)
		drop(context, arrival);
	return r;
}

static int answer(void *context, const struct arrival *arrival, const struct packet *packet)
{
	struct queue *q = context;

	return raw_send(&q->raw, packet, arrival->port);
}

static void host_changed(void *context)
{
	struct queue *q = context;

	memset(q->names, 0, sizeof(q->names));
}

static int close_queue(void *context, struct err *err)
{
	struct queue *q = context;

	(void)err;
	mnl_socket_close(q->socket);
	raw_close(&q->raw);
	free(q);
	return 0;
}

/* Sends what was begun, and hears what the kernel says to it. */
static int ask(struct queue *q, const struct nlmsghdr *h, struct err *err)
{
	ssize_t len = mnl_socket_sendto(q->socket, h, h->nlmsg_len);
	int r = -1;

	if (len >= 0)
		len = mnl_socket_recvfrom(q->socket, q->message, sizeof(q->message));
	if (len >= 0)
		r = mnl_cb_run(q->message, (size_t)len, 0, mnl_socket_get_portid(q->socket), NULL,
			       NULL);
	if (r >= 0)
		return 0;
	if (errno == EPERM)
		return err_errno(err, ERR_RESOURCE, EPERM, "queue %u: no permission, or another "
				 "program has it", q->number);
	return err_errno(err, ERR_RESOURCE, errno, "queue %u: %s", q->number, strerror(errno));
}

static int bind_queue(struct queue *q, struct err *err)
{
	const struct nfqnl_msg_config_cmd bind = { .command = NFQNL_CFG_CMD_BIND };
	const struct nfqnl_msg_config_params copy = {
		.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_PACKET,
	};
	struct nlmsghdr *h = begin(q, NFQNL_MSG_CONFIG, NLM_F_ACK);
	int r;

	mnl_attr_put(h, NFQA_CFG_CMD, sizeof(bind), &bind);
	r = ask(q, h, err);
	if (r)
		return r;
	h = begin(q, NFQNL_MSG_CONFIG, NLM_F_ACK);
	mnl_attr_put(h, NFQA_CFG_PARAMS, sizeof(copy), &copy);
	mnl_attr_put_u32(h, NFQA_CFG_QUEUE_MAXLEN, htonl(WAITING));
	return ask(q, h, err);
}

int wire_open_queue(struct wire *wire, uint16_t number, struct err *err)
{
	struct queue *q = mem_alloc(sizeof(*q));
	int r;

	memset(q, 0, sizeof(*q));
	q->number = number;
	q->raw.fds[0] = q->raw.fds[1] = -1;
	q->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!q->socket || mnl_socket_bind(q->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = err_errno(err, ERR_RESOURCE, errno, "queue %u: %s", number, strerror(errno));
		if (q->socket)
			mnl_socket_close(q->socket);
		free(q);
		return r;
	}
	r = bind_queue(q, err);
	if (r) {
		close_queue(q, err);
		return r;
	}
	*wire = (struct wire){
		.context = q, .hops_on = true, .fd_count = 1, .next = next, .pass = pass,
		.drop = drop, .host_changed = host_changed, .close = close_queue,
	};
	wire->fds[0] = (struct pollfd){ .fd = mnl_socket_get_fd(q->socket), .events = POLLIN };
	wire->mute = -raw_open(&q->raw);
	if (!wire->mute)
		wire->answer = answer;
	return 0;
}
