// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Windows of a TCP connection, after tcp_in_window() of net/netfilter/nf_conntrack_proto_tcp.c and
 * Guido van Rooij, "Real Stateful TCP Packet Filtering in IP Filter". A segment is good when
 *
 *   seq       is not behind what its receiver allows         (sender.max_end)
 *   seq + len is not before the window that ends where its sender was  (sender.end - receiver.max_window)
 *   ack       is not behind what its receiver sent           (receiver.end)
 *   ack       is not long before it                          (receiver.end - MAX_ACK_WINDOW)
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "engine/tcp.h"

enum { MAX_ACK_WINDOW = 66000, SCALE_MOST = 14, SACK_BLOCK = 8 };

static bool after(uint32_t a, uint32_t b)
{
	return tcp_before(b, a);
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* ------------------------------------------------------------------ options */

/* The next option with a length at *at, which moves behind it. NULL: that was all, or nonsense. */
static const uint8_t *next_option(const struct segment *s, uint32_t *at)
{
	while (*at < s->options_len) {
		const uint8_t *o = s->options + *at;

		if (*o == TCPOPT_EOL)
			return NULL;
		if (*o == TCPOPT_NOP) {
			++*at;
			continue;
		}
		if (s->options_len - *at < 2 || o[1] < 2 || o[1] > s->options_len - *at)
			return NULL;
		*at += o[1];
		return o;
	}
	return NULL;
}

void tcp_read_options(struct tcp_end *end, const struct segment *s)
{
	const uint8_t *o;
	uint32_t at = 0;

	/* Without options all stays as it was (tcp_options of the kernel). */
	if (!s->options_len)
		return;
	end->scale = 0;
	end->flags &= IP_CT_TCP_FLAG_BE_LIBERAL;
	while ((o = next_option(s, &at))) {
		if (o[0] == TCPOPT_SACK_PERMITTED && o[1] == TCPOLEN_SACK_PERMITTED) {
			end->flags |= IP_CT_TCP_FLAG_SACK_PERM;
		} else if (o[0] == TCPOPT_WINDOW && o[1] == TCPOLEN_WINDOW) {
			end->scale = o[2] > SCALE_MOST ? SCALE_MOST : o[2];
			end->flags |= IP_CT_TCP_FLAG_WINDOW_SCALE;
		}
	}
}

/* The highest right edge of the first SACK option, when above `sack`. */
static uint32_t read_sack(const struct segment *s, uint32_t sack)
{
	const uint8_t *o;
	uint32_t at = 0, edge;

	while ((o = next_option(s, &at))) {
		if (o[0] != TCPOPT_SACK || o[1] < 2 + SACK_BLOCK || (o[1] - 2) % SACK_BLOCK)
			continue;
		for (unsigned i = 2; i < o[1]; i += SACK_BLOCK) {
			edge = load32(o + i + 4);
			if (after(edge, sack))
				sack = edge;
		}
		break;
	}
	return sack;
}

/* ------------------------------------------------------------------ beginnings */

/* The numbers of a segment, as far as they are corrected on the way. */
struct numbers {
	uint32_t seq, end, ack, sack, window;
};

/* tcp_init_sender(): a SYN/ACK that answers a SYN, or a SYN that meets one. */
static void begin_sender(struct tcp_end *sender, struct tcp_end *receiver,
			 const struct segment *s, const struct numbers *n)
{
	sender->end = sender->max_end = n->end;
	sender->max_window = n->window ? n->window : 1;
	tcp_read_options(sender, s);
	/* RFC 7323 2.2: both must offer to scale. */
	if (s->direction == IP_CT_DIR_REPLY &&
	    !(sender->flags & receiver->flags & IP_CT_TCP_FLAG_WINDOW_SCALE))
		sender->scale = receiver->scale = 0;
}

/* Its history is lost: what can be guessed from this segment. */
static void guess_sender(struct tcp_end *sender, struct tcp_end *receiver,
			 const struct numbers *n)
{
	uint32_t scaled = n->window << sender->scale;

	sender->end = n->end;
	sender->max_window = scaled ? scaled : 1;
	sender->max_end = n->end + sender->max_window;
	if (!receiver->max_window)
		receiver->end = receiver->max_end = n->sack;
	else if (n->sack == receiver->end + 1)
		receiver->end++;	/* likely the answer to a keep-alive */
}

/*
 * True: accepted without a look at the window (half of a simultaneous open).
 */
static bool begin(const struct tcp_track *t, struct tcp_end *sender, struct tcp_end *receiver,
		  const struct segment *s, const struct numbers *n)
{
	bool is_syn = s->flags & TH_SYN, has_ack = s->flags & TH_ACK;

	if (!sender->max_window) {
		if (!is_syn) {
			guess_sender(sender, receiver, n);
			return false;
		}
		begin_sender(sender, receiver, s, n);
		return !has_ack;
	}
	/* Begun anew with higher numbers (RFC 793). */
	if (is_syn && after(n->end, sender->end) &&
	    (t->state == TCP_CONNTRACK_SYN_SENT || t->state == TCP_CONNTRACK_SYN_RECV)) {
		begin_sender(sender, receiver, s, n);
		return s->direction == IP_CT_DIR_REPLY && !has_ack;
	}
	return false;
}

/* ------------------------------------------------------------------ the check */

static uint32_t ack_window(const struct tcp_end *sender)
{
	return sender->max_window > MAX_ACK_WINDOW ? sender->max_window : MAX_ACK_WINDOW;
}

/* nf_tcp_store_invalid(): who is liberal takes all. */
static enum window unless_liberal(const struct conntrack *ct, const struct tcp_end *sender,
				  enum window otherwise)
{
	if ((sender->flags & IP_CT_TCP_FLAG_BE_LIBERAL) || ct->settings.tcp_be_liberal)
		return WINDOW_ACCEPT;
	return otherwise;
}

/* It begins behind the window. Some send a little more than they may. */
static enum window check_overshot(const struct conntrack *ct, struct tcp_end *sender,
				  const struct tcp_end *receiver, const struct numbers *n)
{
	uint32_t overshot = n->end - sender->max_end + 1;

	if (receiver->max_window && after(n->end, sender->end - receiver->max_window - 1) &&
	    after(n->sack, receiver->end - ack_window(sender) - 1) &&
	    overshot <= receiver->max_window && tcp_before(n->sack, receiver->end + 1)) {
		/* Its peer may acknowledge it. */
		sender->end = n->end;
		sender->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
		return unless_liberal(ct, sender, WINDOW_IGNORE);
	}
	return unless_liberal(ct, sender, WINDOW_INVALID);
}

/*
 * What follows a verdict of the checks: `stop` tells whether it is final. Note that a liberal
 * conntrack accepts without learning.
 */
static enum window check(const struct conntrack *ct, struct tcp_end *sender,
			 const struct tcp_end *receiver, const struct numbers *n, bool *stop)
{
	*stop = true;
	if (!tcp_before(n->seq, sender->max_end + 1))
		return check_overshot(ct, sender, receiver, n);
	if (!tcp_before(n->sack, receiver->end + 1))
		return unless_liberal(ct, sender, WINDOW_INVALID);
	if (receiver->max_window && !after(n->end, sender->end - receiver->max_window - 1))
		return unless_liberal(ct, sender, WINDOW_IGNORE);
	if (!after(n->sack, receiver->end - ack_window(sender) - 1))
		return unless_liberal(ct, sender, WINDOW_IGNORE);
	*stop = false;
	return WINDOW_ACCEPT;
}

static void count_repeats(struct tcp_track *t, const struct segment *s, const struct numbers *n)
{
	if (t->last_dir == s->direction && t->last_seq == n->seq && t->last_ack == n->ack &&
	    t->last_end == n->end && t->last_window == s->window) {
		t->retrans++;
		return;
	}
	t->last_dir = s->direction;
	t->last_seq = n->seq;
	t->last_ack = n->ack;
	t->last_end = n->end;
	t->last_window = s->window;
	t->retrans = 0;
}

static void learn(struct tcp_end *sender, struct tcp_end *receiver, const struct segment *s,
		  const struct numbers *n)
{
	uint32_t window = s->flags & TH_SYN ? n->window : n->window << sender->scale;

	if (sender->max_window < window + (n->sack - n->ack))
		sender->max_window = window + (n->sack - n->ack);
	if (after(n->end, sender->end)) {
		sender->end = n->end;
		sender->flags |= IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
	}
	if (s->flags & TH_ACK) {
		if (!(sender->flags & IP_CT_TCP_FLAG_MAXACK_SET) ||
		    after(n->ack, sender->max_ack))
			sender->max_ack = n->ack;
		sender->flags |= IP_CT_TCP_FLAG_MAXACK_SET;
	}
	if (receiver->max_window && after(n->end, sender->max_end))
		receiver->max_window += n->end - sender->max_end;
	if (after(n->sack + window, receiver->max_end - 1))
		receiver->max_end = n->sack + window + !window;
	if (n->ack == receiver->end)
		receiver->flags &= (uint8_t)~IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED;
}

enum window tcp_check_window(const struct conntrack *ct, struct flow *flow,
			     const struct segment *s)
{
	struct tcp_track *t = &flow->tcp;
	struct tcp_end *sender = &t->seen[s->direction], *receiver = &t->seen[!s->direction];
	struct numbers n = {
		.seq = s->seq, .end = s->end, .ack = s->ack, .sack = s->ack, .window = s->window,
	};
	enum window window;
	uint32_t moved;
	bool stop;

	if (receiver->flags & IP_CT_TCP_FLAG_SACK_PERM)
		n.sack = read_sack(s, n.sack);
	/* NAT may have moved the numbers that are acknowledged. */
	moved = (uint32_t)seqadj_offset(flow, !s->direction, n.ack - 1);
	n.ack -= moved;
	n.sack -= moved;
	if (begin(t, sender, receiver, s, &n))
		return WINDOW_ACCEPT;
	/* No ACK, or a broken one in a reset: as if it were right. */
	if (!(s->flags & TH_ACK) || ((s->flags & TH_RST) && n.ack == 0))
		n.ack = n.sack = receiver->end;
	/* A reset that answers a SYN. */
	if ((s->flags & TH_RST) && n.seq == 0 && t->state == TCP_CONNTRACK_SYN_SENT)
		n.seq = n.end = sender->end;
	window = check(ct, sender, receiver, &n, &stop);
	if (stop)
		return window;
	learn(sender, receiver, s, &n);
	if (s->is_plain_ack)
		count_repeats(t, s, &n);
	return WINDOW_ACCEPT;
}
