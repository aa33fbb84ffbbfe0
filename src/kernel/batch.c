// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Carrying out a plan: its messages in pages, sent with one sendmsg, which is what makes it one
 * transaction. The kernel works through a batch before sendmsg returns, so all answers wait in the
 * socket then: one error for each message that was refused, an acknowledgement of the last message
 * (asked for, so that silence is never taken for success), and an error of the batch's first
 * message when the transaction as a whole failed (nfnetlink_rcv_batch in
 * net/netfilter/nfnetlink.c).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/vec.h"
#include "kernel/batch.h"

enum { PAGE_SIZE_BATCH = 1 << 20 };

void batch_free(struct batch *batch)
{
	for (size_t i = 0; i < batch->pages.count; i++)
		free(batch->pages.items[i].iov_base);
	free(batch->pages.items);
	*batch = (struct batch){ 0 };
}

void *batch_room(struct batch *batch, size_t *size)
{
	size_t n = batch->pages.count;
	struct iovec *page;

	if (!n || PAGE_SIZE_BATCH - batch->pages.items[n - 1].iov_len < MESSAGE_MOST) {
		struct iovec fresh = { .iov_base = mem_alloc(PAGE_SIZE_BATCH) };

		VEC_PUSH(&batch->pages, fresh);
		n++;
	}
	page = &batch->pages.items[n - 1];
	*size = PAGE_SIZE_BATCH - page->iov_len;
	return (char *)page->iov_base + page->iov_len;
}

int batch_done(struct batch *batch, struct msg *msg)
{
	size_t len = msg_end(msg);

	if (msg->full)
		return -EMSGSIZE;
	batch->pages.items[batch->pages.count - 1].iov_len += len;
	batch->bytes += len;
	batch->messages++;
	batch->last = msg->head;
	return 0;
}

/* NFNL_MSG_BATCH_BEGIN or _END. */
static void put_bracket(struct batch *batch, uint16_t type, uint32_t seq, uint32_t generation)
{
	struct msg msg;
	size_t size;
	void *room = batch_room(batch, &size);

	msg_begin(&msg, room, size, type, 0, seq, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	if (generation)
		msg_put_u32(&msg, NFNL_BATCH_GENID, generation);
	batch_done(batch, &msg);
}

void batch_begin(struct batch *batch, uint32_t seq, uint32_t generation)
{
	put_bracket(batch, NFNL_MSG_BATCH_BEGIN, seq, generation);
}

void batch_end(struct batch *batch, uint32_t seq)
{
	batch->last->nlmsg_flags |= NLM_F_ACK;
	put_bracket(batch, NFNL_MSG_BATCH_END, seq, 0);
}

/* The kernel's words, behind the error and (unless capped) a copy of the refused message. */
static void take_words(const struct nlmsghdr *h, const struct nlmsgerr *e, char *text, size_t room)
{
	size_t skip = NLMSG_HDRLEN + sizeof(*e);
	const struct nlattr *table[NLMSGERR_ATTR_MAX + 1];
	const char *words;

	text[0] = '\0';
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN((size_t)e->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS) || skip > h->nlmsg_len)
		return;
	attr_table((struct attrs){ (const uint8_t *)h + skip, h->nlmsg_len - skip }, table,
		   NLMSGERR_ATTR_MAX);
	words = attr_str(table[NLMSGERR_ATTR_MSG]);
	snprintf(text, room, "%s", words ? words : "");
}

static void take_answer(struct batch_result *r, uint32_t seq, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = (const void *)((const char *)h + NLMSG_HDRLEN);
	uint32_t which = h->nlmsg_seq - seq;

	if (h->nlmsg_type != NLMSG_ERROR || h->nlmsg_len < NLMSG_HDRLEN + sizeof(*e) ||
	    which > r->last)
		return;
	if (!e->error) {
		r->acknowledged = true;
		return;
	}
	r->errors++;
	if (r->refused)
		r->refused(r->context, which, -e->error);
	/* The first message stands for the whole: what a later one says is more exact. */
	if (!r->errnum || (which && (!r->which || which < r->which))) {
		r->which = which;
		r->errnum = -e->error;
		take_words(h, e, r->text, sizeof(r->text));
	}
}

static int collect(struct kernel *k, uint32_t seq, struct batch_result *r)
{
	for (;;) {
		ssize_t n = recv(k->fd, k->buffer, BUFFER_SIZE, MSG_DONTWAIT);
		int left = (int)n;

		if (n < 0 && errno == EINTR)
			continue;
		/* More errors than the buffer holds: the first ones, which matter, are in it. */
		if (n < 0 && errno == ENOBUFS) {
			r->overrun = true;
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		for (const struct nlmsghdr *h = (const void *)k->buffer; mnl_nlmsg_ok(h, left);
		     h = mnl_nlmsg_next(h, &left))
			take_answer(r, seq, h);
	}
}

int batch_send(struct kernel *k, struct batch *batch, uint32_t seq, struct batch_result *r)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = batch->pages.items, .msg_iovlen = batch->pages.count,
	};
	ssize_t n;
	int err;

	k->counts.batches++;
	k->counts.messages += batch->messages;
	do
		n = sendmsg(k->fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		r->errnum = errno;
		if (errno == EMSGSIZE || errno == ENOBUFS)
			snprintf(r->text, sizeof(r->text),
				 "%zu KiB of changes in one transaction are more than this socket "
				 "may send (net.core.wmem_max)", batch->bytes / 1024);
		return -r->errnum;
	}
	err = collect(k, seq, r);
	if (err < 0 && !r->errnum)
		r->errnum = -err;
	if (!r->errnum && !r->acknowledged)
		r->errnum = r->overrun ? ENOBUFS : EPROTO;
	return -r->errnum;
}
