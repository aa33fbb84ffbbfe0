// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP: the states of a connection as somebody in the middle sees them, after
 * net/netfilter/nf_conntrack_proto_tcp.c. Windows are in tcp_window.c.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "engine/tcp.h"

/* What a segment is: the first of RST, SYN, FIN, ACK that it has (get_conntrack_index). */
enum { SEES_SYN, SEES_SYNACK, SEES_FIN, SEES_ACK, SEES_RST, SEES_NONE };

/* States with the short names of the kernel's table. */
enum {
	NO = TCP_CONNTRACK_NONE, SS = TCP_CONNTRACK_SYN_SENT, SR = TCP_CONNTRACK_SYN_RECV,
	ES = TCP_CONNTRACK_ESTABLISHED, FW = TCP_CONNTRACK_FIN_WAIT,
	CW = TCP_CONNTRACK_CLOSE_WAIT, LA = TCP_CONNTRACK_LAST_ACK, TW = TCP_CONNTRACK_TIME_WAIT,
	CL = TCP_CONNTRACK_CLOSE, S2 = TCP_CONNTRACK_SYN_SENT2,
	IV = TCP_CONNTRACK_MAX,		/* invalid */
	IG = TCP_CONNTRACK_IGNORE,	/* perhaps we are out of step: let it pass, change nothing */
};

/* By direction and segment: from NO, SS, SR, ES, FW, CW, LA, TW, CL, S2 to ... (tcp_conntracks) */
static const uint8_t transitions[2][6][TCP_CONNTRACK_MAX] = {
	[IP_CT_DIR_ORIGINAL] = {
		[SEES_SYN] = { SS, SS, IG, IG, IG, IG, IG, SS, SS, S2 },
		[SEES_SYNACK] = { IV, IV, SR, IV, IV, IV, IV, IV, IV, SR },
		[SEES_FIN] = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[SEES_ACK] = { ES, IV, ES, ES, CW, CW, TW, TW, CL, IV },
		[SEES_RST] = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[SEES_NONE] = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
	[IP_CT_DIR_REPLY] = {
		[SEES_SYN] = { IV, S2, IV, IV, IV, IV, IV, SS, IV, S2 },
		[SEES_SYNACK] = { IV, SR, IG, IG, IG, IG, IG, IG, IG, SR },
		[SEES_FIN] = { IV, IV, FW, FW, LA, LA, LA, TW, CL, IV },
		[SEES_ACK] = { IV, IG, SR, ES, CW, CW, TW, TW, CL, IG },
		[SEES_RST] = { IV, CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[SEES_NONE] = { IV, IV, IV, IV, IV, IV, IV, IV, IV, IV },
	},
};

/* Seconds (tcp_timeouts). */
static const uint32_t timeouts[TCP_CONNTRACK_TIMEOUT_MAX] = {
	[SS] = 120, [SR] = 60, [ES] = 5 * 24 * 3600, [FW] = 120, [CW] = 60, [LA] = 30, [TW] = 120,
	[CL] = 10, [S2] = 120, [TCP_CONNTRACK_RETRANS] = 300, [TCP_CONNTRACK_UNACK] = 300,
};

uint64_t tcp_timeout(const struct conntrack *ct, unsigned state)
{
	const struct conntrack_settings *set = &ct->settings;
	uint32_t setting = state == ES ? set->tcp_established :
			   state == SR ? set->tcp_syn_recv :
			   state == TCP_CONNTRACK_RETRANS ? set->tcp_max_retrans_time :
			   state == TCP_CONNTRACK_UNACK ? set->tcp_unacknowledged : 0;

	return state < ARRAY_SIZE(timeouts) ? timeout_of(setting, timeouts[state]) : 0;
}

const char *tcp_state_name(unsigned state)
{
	static const char *const names[] = {
		[NO] = "NONE", [SS] = "SYN_SENT", [SR] = "SYN_RECV", [ES] = "ESTABLISHED",
		[FW] = "FIN_WAIT", [CW] = "CLOSE_WAIT", [LA] = "LAST_ACK", [TW] = "TIME_WAIT",
		[CL] = "CLOSE", [S2] = "SYN_SENT2",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "";
}

/* ------------------------------------------------------------------ the segment */

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Flags but PSH, ECE and CWR, which say nothing here: which together are valid. */
static bool flags_are_valid(uint8_t flags)
{
	switch (flags & (TH_FIN | TH_SYN | TH_RST | TH_ACK | TH_URG)) {
	case TH_SYN:
	case TH_SYN | TH_URG:
	case TH_SYN | TH_ACK:
	case TH_RST:
	case TH_RST | TH_ACK:
	case TH_FIN | TH_ACK:
	case TH_FIN | TH_ACK | TH_URG:
	case TH_ACK:
	case TH_ACK | TH_URG:
		return true;
	}
	return false;
}

/* tcp_error(): false when the segment is unfit. Options that a capture cut off are none. */
static bool read_segment(const struct conntrack *ct, const struct eval *e, struct segment *s)
{
	const struct packet *p = e->packet;
	const uint8_t *h = packet_transport(p, 20);
	uint32_t size, len = p->len - p->transport;

	if (!h)
		return false;
	size = (h[12] >> 4) * 4u;
	if (size < 20 || len < size)
		return false;
	if (track_checks_checksum(ct, e) && !packet_checksum_is_good(p))
		return false;
	if (!flags_are_valid(h[13]))
		return false;
	*s = (struct segment){
		.seq = load32(h + 4), .ack = load32(h + 8), .flags = h[13],
		.window = (uint16_t)(h[14] << 8 | h[15]), .direction = e->ct.direction,
		.options = h + 20, .options_len = packet_transport(p, size) ? size - 20 : 0,
	};
	s->end = s->seq + len - size + !!(s->flags & TH_SYN) + !!(s->flags & TH_FIN);
	if (s->flags & TH_RST)
		s->sees = SEES_RST;
	else if (s->flags & TH_SYN)
		s->sees = s->flags & TH_ACK ? SEES_SYNACK : SEES_SYN;
	else if (s->flags & TH_FIN)
		s->sees = SEES_FIN;
	else
		s->sees = s->flags & TH_ACK ? SEES_ACK : SEES_NONE;
	s->is_plain_ack = s->sees == SEES_ACK;
	return true;
}

/* tcp_new(): false when no connection begins like this. */
static bool begin(const struct conntrack *ct, struct tcp_track *t, const struct segment *s)
{
	unsigned state = transitions[IP_CT_DIR_ORIGINAL][s->sees][NO];
	struct tcp_end *end = &t->seen[0];

	if (state >= IV || (state != SS && !ct->settings.tcp_loose))
		return false;
	*t = (struct tcp_track){ .last_index = SEES_NONE };
	end->end = s->end;
	end->max_window = s->window ? s->window : 1;
	end->max_end = end->end;
	if (state == SS) {
		tcp_read_options(end, s);
		return true;
	}
	/* In the middle: take SACK and scaled windows for granted. */
	end->max_end += end->max_window;
	t->seen[0].flags = t->seen[1].flags = IP_CT_TCP_FLAG_SACK_PERM | IP_CT_TCP_FLAG_BE_LIBERAL;
	return true;
}

/* ------------------------------------------------------------------ out of step */

/*
 * A SYN/ACK that answers a SYN which we had ignored: client and server are in step, we were not. Back
 * into step with what was noted of the SYN.
 */
static bool is_answer_to_ignored_syn(const struct tcp_track *t, const struct segment *s)
{
	return s->sees == SEES_SYNACK && t->last_index == SEES_SYN &&
	       t->last_dir != s->direction && s->ack == t->last_end;
}

static void get_in_step(struct tcp_track *t, const struct segment *s)
{
	struct tcp_end *other = &t->seen[t->last_dir], *own = &t->seen[s->direction];

	other->end = other->max_end = t->last_end;
	other->max_window = t->last_window ? t->last_window : 1;
	other->scale = t->last_scale;
	t->last_flags &= (uint8_t)~IP_CT_EXP_CHALLENGE_ACK;
	other->flags = t->last_flags;
	*own = (struct tcp_end){ .flags = own->flags & IP_CT_TCP_FLAG_BE_LIBERAL };
}

/* Notes what passed without being believed. */
static void note_ignored(struct tcp_track *t, const struct segment *s, unsigned old)
{
	struct tcp_end seen = { 0 };

	t->last_index = (uint8_t)s->sees;
	t->last_dir = s->direction;
	t->last_seq = s->seq;
	t->last_end = s->end;
	t->last_window = s->window;
	if (s->sees == SEES_SYN && s->direction == IP_CT_DIR_ORIGINAL) {
		tcp_read_options(&seen, s);
		t->last_flags =
			seen.flags & (IP_CT_TCP_FLAG_WINDOW_SCALE | IP_CT_TCP_FLAG_SACK_PERM);
		t->last_scale = seen.flags & IP_CT_TCP_FLAG_WINDOW_SCALE ? seen.scale : 0;
		/* RFC 5961: an ACK that answers it acknowledges no FIN. */
		if (old == LA)
			t->last_flags |= IP_CT_EXP_CHALLENGE_ACK;
	}
	/* Perhaps a challenge ACK to a SYN. */
	if (old == SS && s->sees == SEES_ACK && s->direction == IP_CT_DIR_REPLY)
		t->last_ack = s->ack;
}

static bool is_closed_or_aborted(const struct tcp_track *t, const struct segment *s)
{
	return ((t->seen[0].flags | t->seen[1].flags) & IP_CT_TCP_FLAG_CLOSE_INIT) ||
	       (t->last_dir == s->direction && t->last_index == SEES_RST);
}

/* ------------------------------------------------------------------ resets */

enum reset { RESET_CHECK_WINDOW, RESET_BELIEVED, RESET_INVALID };

static bool is_closing(unsigned state)
{
	return state == FW || state == LA || state == TW || state == CL || state == CW;
}

/* A reset as a part of what was sent just now: "P 1:20, R 20:20". */
static bool continues_last(const struct tcp_track *t, const struct segment *s)
{
	return t->last_index == SEES_ACK && t->last_dir == s->direction && s->seq == t->last_end;
}

static bool is_established(const struct flow *f)
{
	return f->tcp.state == ES && (f->conn.status & IPS_ASSURED);
}

/* The case TCP_CONNTRACK_CLOSE of nf_conntrack_tcp_packet(). May set the state back. */
static enum reset judge_reset(const struct conntrack *ct, const struct flow *f,
			      const struct segment *s, unsigned old, unsigned *new_state)
{
	const struct tcp_track *t = &f->tcp;
	const struct tcp_end *peer = &t->seen[!s->direction];

	/* The tuple may be in use again: what we know is outdated. */
	if (is_closing(t->state))
		return RESET_BELIEVED;
	if ((peer->flags & IP_CT_TCP_FLAG_MAXACK_SET) && t->last_index != SEES_SYN) {
		/* Likely the answer to a SYN that was let through. */
		if (s->seq == 0 && !is_established(f))
			return RESET_CHECK_WINDOW;
		if (tcp_before(s->seq, peer->max_ack) && !ct->settings.tcp_ignore_invalid_rst)
			return RESET_INVALID;
		if (!is_established(f) || s->seq == peer->max_ack || continues_last(t, s))
			return RESET_CHECK_WINDOW;
		/* Not exactly where it should be: the peer may challenge it (RFC 5961). */
		*new_state = old;
	}
	/* It answers a SYN or an ACK that was let through. */
	if ((((f->conn.status & IPS_SEEN_REPLY) && t->last_index == SEES_SYN &&
	      t->last_dir != s->direction) ||
	     (!(f->conn.status & IPS_ASSURED) && t->last_index == SEES_ACK)) &&
	    s->ack == t->last_end)
		return RESET_BELIEVED;
	/* It answers a challenge ACK. */
	if (old == SS && t->last_index == SEES_ACK && t->last_dir == IP_CT_DIR_REPLY &&
	    s->seq == t->last_ack)
		return RESET_BELIEVED;
	return RESET_CHECK_WINDOW;
}

/* ------------------------------------------------------------------ after the window */

/*
 * nf_tcp_handle_invalid(): a FIN or RST outside of the window, answered by one outside, too: the
 * connection is not kept for days any more.
 */
static void shorten_after_invalid(struct conntrack *ct, struct eval *e, struct flow *f,
				  const struct segment *s)
{
	struct tcp_track *t = &f->tcp;
	uint64_t now = e->world->now, limit = tcp_timeout(ct, TCP_CONNTRACK_UNACK);

	if (!(f->conn.status & IPS_ASSURED) || (f->conn.status & IPS_FIXED_TIMEOUT) ||
	    (s->sees != SEES_RST && s->sees != SEES_FIN))
		return;
	if (t->last_dir == s->direction ||
	    (t->last_index != SEES_FIN && t->last_index != SEES_RST)) {
		t->last_index = (uint8_t)s->sees;
		t->last_dir = s->direction;
		return;
	}
	if (f->conn.expires >= now + 120 * SECONDS && f->conn.expires > now + limit)
		flow_set_deadline(ct, f, now + limit);
}

static uint64_t timeout_in(const struct conntrack *ct, const struct flow *f,
			   const struct segment *s, unsigned state)
{
	const struct tcp_track *t = &f->tcp;
	uint64_t usual = tcp_timeout(ct, state);
	uint64_t retrans = tcp_timeout(ct, TCP_CONNTRACK_RETRANS);
	uint64_t unack = tcp_timeout(ct, TCP_CONNTRACK_UNACK);

	if (t->retrans >= ct->settings.tcp_max_retrans && usual > retrans)
		return retrans;
	/* Even one that only may be right, and is challenged (RFC 5961). */
	if (s->sees == SEES_RST)
		return tcp_timeout(ct, TCP_CONNTRACK_CLOSE);
	if (((t->seen[0].flags | t->seen[1].flags) & IP_CT_TCP_FLAG_DATA_UNACKNOWLEDGED) &&
	    usual > unack)
		return unack;
	if (t->last_window == 0 && usual > retrans)
		return retrans;
	return usual;
}

/* The label in_window of nf_conntrack_tcp_packet(): the segment is believed. */
static enum track believe(struct conntrack *ct, struct eval *e, struct flow *f,
			  const struct segment *s, unsigned old, unsigned state)
{
	struct tcp_track *t = &f->tcp;
	uint64_t timeout;

	t->last_index = (uint8_t)s->sees;
	t->last_dir = s->direction;
	t->state = (uint8_t)state;
	if (old != state && state == FW)
		t->seen[s->direction].flags |= IP_CT_TCP_FLAG_CLOSE_INIT;
	timeout = timeout_in(ct, f, s, state);
	if (!(f->conn.status & IPS_SEEN_REPLY)) {
		/* Answered by a reset alone: there was no connection. */
		if (s->flags & TH_RST) {
			flow_count(ct, f, e);
			flow_kill(ct, f);
			return TRACK_ACCEPT;
		}
		/* A SYN again does not keep it alive. */
		if (s->sees == SEES_SYN && old == SS)
			return TRACK_ACCEPT;
		/* Picked up in the middle, and nobody answered yet. */
		if (state == ES && timeout > tcp_timeout(ct, TCP_CONNTRACK_UNACK))
			timeout = tcp_timeout(ct, TCP_CONNTRACK_UNACK);
	} else if ((old == SR || old == ES) && state == ES) {
		f->conn.status |= IPS_ASSURED;
	}
	flow_refresh(ct, f, e, timeout);
	return TRACK_ACCEPT;
}

/* ------------------------------------------------------------------ a segment */

enum step { STEP_WINDOW, STEP_BELIEVE, STEP_ACCEPT, STEP_INVALID, STEP_REPEAT };

/* An RFC 5961 challenge ACK to a SYN in LAST_ACK does not acknowledge the FIN. */
static bool is_challenge(struct tcp_track *t, const struct segment *s, unsigned old)
{
	if (old != LA || s->sees != SEES_ACK || t->last_dir == s->direction ||
	    t->last_index != SEES_SYN || !(t->last_flags & IP_CT_EXP_CHALLENGE_ACK))
		return false;
	t->last_flags &= (uint8_t)~IP_CT_EXP_CHALLENGE_ACK;
	return true;
}

static enum step step_ignored(struct tcp_track *t, const struct segment *s, unsigned *old,
			      unsigned *state)
{
	if (!is_answer_to_ignored_syn(t, s)) {
		note_ignored(t, s, *old);
		return STEP_ACCEPT;
	}
	*old = SS;
	*state = SR;
	get_in_step(t, s);
	return STEP_WINDOW;
}

/* The switch of nf_conntrack_tcp_packet(). */
static enum step step(struct conntrack *ct, struct flow *f, const struct segment *s, unsigned *old,
		      unsigned *state)
{
	struct tcp_track *t = &f->tcp;

	switch (*state) {
	case SS:
		if (*old < TW)
			return STEP_WINDOW;
		/* RFC 1122 4.2.2.13: a SYN may open it again. */
		if (is_closed_or_aborted(t, s)) {
			flow_kill(ct, f);
			return STEP_REPEAT;
		}
		return step_ignored(t, s, old, state);
	case IG:
		return step_ignored(t, s, old, state);
	case IV:
		return STEP_INVALID;
	case TW:
		return is_challenge(t, s, *old) ? STEP_ACCEPT : STEP_WINDOW;
	case S2:
		t->last_flags |= IP_CT_TCP_SIMULTANEOUS_OPEN;
		return STEP_WINDOW;
	case SR:
		if (s->direction == IP_CT_DIR_REPLY && s->sees == SEES_ACK &&
		    (t->last_flags & IP_CT_TCP_SIMULTANEOUS_OPEN))
			*state = ES;
		return STEP_WINDOW;
	case CL:
		if (s->sees != SEES_RST)
			return STEP_WINDOW;
		switch (judge_reset(ct, f, s, *old, state)) {
		case RESET_BELIEVED:
			return STEP_BELIEVE;
		case RESET_INVALID:
			return STEP_INVALID;
		case RESET_CHECK_WINDOW:
			return STEP_WINDOW;
		}
	}
	return STEP_WINDOW;
}

enum track track_tcp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	struct segment s;
	unsigned old, state;

	if (!read_segment(ct, e, &s))
		return TRACK_INVALID;
	if (!flow_is_confirmed(flow) && !begin(ct, &flow->tcp, &s))
		return TRACK_INVALID;
	old = flow->tcp.state;
	state = transitions[s.direction][s.sees][old < IV ? old : NO];
	switch (step(ct, flow, &s, &old, &state)) {
	case STEP_ACCEPT:
		return TRACK_ACCEPT;
	case STEP_INVALID:
		return TRACK_INVALID;
	case STEP_REPEAT:
		return TRACK_REPEAT;
	case STEP_BELIEVE:
		return believe(ct, e, flow, &s, old, state);
	case STEP_WINDOW:
		break;
	}
	switch (tcp_check_window(ct, flow, &s)) {
	case WINDOW_IGNORE:
		return TRACK_ACCEPT;
	case WINDOW_INVALID:
		shorten_after_invalid(ct, e, flow, &s);
		return TRACK_INVALID;
	case WINDOW_ACCEPT:
		break;
	}
	return believe(ct, e, flow, &s, old, state);
}

void conntrack_reset_sent(struct conntrack *ct, struct eval *e)
{
	const uint8_t *h = packet_transport(e->packet, 20);
	struct flow *f = e->ct.conn ? flow_of(e->ct.conn) : NULL;

	if (!f || !flow_is_confirmed(f) || f->conn.way[0].proto != IPPROTO_TCP || !h ||
	    h[13] & TH_RST || !packet_checksum_is_good(e->packet))
		return;
	if (f->tcp.state != CL && !(f->conn.status & IPS_FIXED_TIMEOUT))
		flow_set_deadline(ct, f, e->world->now + tcp_timeout(ct, CL));
	f->tcp.state = CL;
}
