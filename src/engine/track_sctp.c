// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SCTP: states of an association by the chunks in its packets, and verification tags. Follows
 * net/netfilter/nf_conntrack_proto_sctp.c; sections are those of RFC 9260.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_sctp.h>

#include "engine/flow.h"
#include "net/checksum.h"

enum chunk_type {
	CHUNK_DATA = 0, CHUNK_INIT = 1, CHUNK_INIT_ACK = 2, CHUNK_HEARTBEAT = 4,
	CHUNK_HEARTBEAT_ACK = 5, CHUNK_ABORT = 6, CHUNK_SHUTDOWN = 7, CHUNK_SHUTDOWN_ACK = 8,
	CHUNK_ERROR = 9, CHUNK_COOKIE_ECHO = 10, CHUNK_COOKIE_ACK = 11,
	CHUNK_SHUTDOWN_COMPLETE = 14,
	CHUNK_KNOWN,
};

enum { SCTP_HEADER = 12, CHUNK_HEADER = 4, INIT_SIZE = 16, FLAG_T = 1 };

enum {
	NO = SCTP_CONNTRACK_NONE, CL = SCTP_CONNTRACK_CLOSED, CW = SCTP_CONNTRACK_COOKIE_WAIT,
	CE = SCTP_CONNTRACK_COOKIE_ECHOED, ES = SCTP_CONNTRACK_ESTABLISHED,
	SS = SCTP_CONNTRACK_SHUTDOWN_SENT, SR = SCTP_CONNTRACK_SHUTDOWN_RECD,
	SA = SCTP_CONNTRACK_SHUTDOWN_ACK_SENT, HS = SCTP_CONNTRACK_HEARTBEAT_SENT,
	IV = SCTP_CONNTRACK_MAX, STATES = HS + 1,
};

/* By direction and chunk: from NO, CL, CW, CE, ES, SS, SR, SA, HS to ... (sctp_conntracks) */
static const uint8_t transitions[2][CHUNK_KNOWN][STATES] = {
	[IP_CT_DIR_ORIGINAL] = {
		[CHUNK_INIT] = { CL, CL, CW, CE, ES, CL, CL, SA, CW },
		[CHUNK_INIT_ACK] = { CL, CL, CW, CE, ES, SS, SR, SA, CL },
		[CHUNK_ABORT] = { CL, CL, CL, CL, CL, CL, CL, CL, CL },
		[CHUNK_SHUTDOWN] = { CL, CL, CW, CE, SS, SS, SR, SA, CL },
		[CHUNK_SHUTDOWN_ACK] = { SA, CL, CW, CE, ES, SA, SA, SA, SA },
		[CHUNK_ERROR] = { CL, CL, CW, CE, ES, SS, SR, SA, CL },
		[CHUNK_COOKIE_ECHO] = { CL, CL, CE, CE, ES, SS, SR, SA, CL },
		[CHUNK_COOKIE_ACK] = { CL, CL, CW, ES, ES, SS, SR, SA, CL },
		[CHUNK_SHUTDOWN_COMPLETE] = { CL, CL, CW, CE, ES, SS, SR, CL, CL },
		[CHUNK_HEARTBEAT] = { HS, CL, CW, CE, ES, SS, SR, SA, HS },
		[CHUNK_HEARTBEAT_ACK] = { CL, CL, CW, CE, ES, SS, SR, SA, HS },
	},
	[IP_CT_DIR_REPLY] = {
		[CHUNK_INIT] = { IV, CL, CW, CE, ES, SS, SR, SA, IV },
		[CHUNK_INIT_ACK] = { IV, CW, CW, CE, ES, SS, SR, SA, IV },
		[CHUNK_ABORT] = { IV, CL, CL, CL, CL, CL, CL, CL, IV },
		[CHUNK_SHUTDOWN] = { IV, CL, CW, CE, SR, SS, SR, SA, IV },
		[CHUNK_SHUTDOWN_ACK] = { IV, CL, CW, CE, ES, SA, SA, SA, IV },
		[CHUNK_ERROR] = { IV, CL, CW, CL, ES, SS, SR, SA, IV },
		[CHUNK_COOKIE_ECHO] = { IV, CL, CE, CE, ES, SS, SR, SA, IV },
		[CHUNK_COOKIE_ACK] = { IV, CL, CW, ES, ES, SS, SR, SA, IV },
		[CHUNK_SHUTDOWN_COMPLETE] = { IV, CL, CW, CE, ES, SS, SR, CL, IV },
		[CHUNK_HEARTBEAT] = { IV, CL, CW, CE, ES, SS, SR, SA, HS },
		[CHUNK_HEARTBEAT_ACK] = { IV, CL, CW, CE, ES, SS, SR, SA, ES },
	},
};

/* Seconds (sctp_timeouts). */
static const uint16_t timeouts[STATES] = {
	[CL] = 10, [CW] = 3, [CE] = 3, [ES] = 210, [SS] = 3, [SR] = 3, [SA] = 3, [HS] = 30,
};

static unsigned next_state(unsigned direction, unsigned state, unsigned type)
{
	switch (type) {
	case CHUNK_INIT:
	case CHUNK_INIT_ACK:
	case CHUNK_HEARTBEAT:
	case CHUNK_HEARTBEAT_ACK:
	case CHUNK_ABORT:
	case CHUNK_SHUTDOWN:
	case CHUNK_SHUTDOWN_ACK:
	case CHUNK_ERROR:
	case CHUNK_COOKIE_ECHO:
	case CHUNK_COOKIE_ACK:
	case CHUNK_SHUTDOWN_COMPLETE:
		return transitions[direction][type][state < STATES ? state : NO];
	}
	/* DATA, SACK and others change nothing. */
	return state;
}

/* ------------------------------------------------------------------ chunks */

struct sctp {
	const uint8_t *header;
	uint32_t len;			/* of header and chunks, as far as they are there */
	be32 vtag;
	uint64_t types[4];		/* bit of each type of chunk */
};

struct chunk {
	uint32_t at;			/* from the SCTP header */
	unsigned n;
	uint8_t type, flags;
	uint16_t len;
};

static bool has_type(const struct sctp *s, unsigned type)
{
	return s->types[type / 64] >> (type % 64) & 1;
}

/* Reads the chunk at c->at; false behind the last one. */
static bool read_chunk(const struct sctp *s, struct chunk *c)
{
	const uint8_t *h = s->header + c->at;

	if (c->at + CHUNK_HEADER > s->len)
		return false;
	c->type = h[0];
	c->flags = h[1];
	c->len = (uint16_t)(h[2] << 8 | h[3]);
	return true;
}

static void skip_chunk(struct chunk *c)
{
	c->at += (c->len + 3u) & ~3u;
	c->n++;
}

static bool init_tag(const struct sctp *s, const struct chunk *c, be32 *tag)
{
	if (c->at + CHUNK_HEADER + INIT_SIZE > s->len)
		return false;
	memcpy(tag, s->header + c->at + CHUNK_HEADER, sizeof(*tag));
	return true;
}

/* sctp_error() and do_basic_checks(): INIT, INIT ACK and SHUTDOWN COMPLETE are alone. */
static bool read_sctp(const struct conntrack *ct, const struct eval *e, struct sctp *s)
{
	const struct packet *p = e->packet;
	struct chunk c = { .at = SCTP_HEADER };
	uint32_t end = p->captured < p->len ? p->captured : p->len, crc;
	bool is_alone = false;

	s->header = packet_transport(p, SCTP_HEADER);
	if (!s->header)
		return false;
	s->len = end - p->transport;
	memcpy(&s->vtag, s->header + 4, sizeof(s->vtag));
	if (track_checks_checksum(ct, e) && packet_sctp_checksum(p, &crc)) {
		uint8_t bytes[4] = {
			(uint8_t)crc,
			(uint8_t)(crc >> 8),
			(uint8_t)(crc >> 16),
			(uint8_t)(crc >> 24),
		};

		if (memcmp(bytes, s->header + 8, 4))
			return false;
	}
	for (; read_chunk(s, &c); skip_chunk(&c)) {
		if (c.type == CHUNK_INIT || c.type == CHUNK_INIT_ACK ||
		    c.type == CHUNK_SHUTDOWN_COMPLETE)
			is_alone = true;
		if (!c.len || (c.n && (is_alone || c.type == CHUNK_COOKIE_ACK ||
				       c.type == CHUNK_COOKIE_ECHO)))
			return false;
		s->types[c.type / 64] |= 1ull << (c.type % 64);
	}
	return c.n > 0;
}

/* ------------------------------------------------------------------ a new one */

/* sctp_new() */
static bool begin(struct sctp_track *t, const struct sctp *s)
{
	struct chunk c = { .at = SCTP_HEADER };

	/* Section 8.4: answers to what we do not know. */
	if (has_type(s, CHUNK_ABORT) || has_type(s, CHUNK_SHUTDOWN_COMPLETE) ||
	    has_type(s, CHUNK_COOKIE_ACK))
		return false;
	*t = (struct sctp_track){ 0 };
	for (; read_chunk(s, &c); skip_chunk(&c)) {
		unsigned state = next_state(IP_CT_DIR_ORIGINAL, NO, c.type);

		if (state == NO || state == IV)
			return false;
		if (c.type == CHUNK_INIT) {
			/* Section 8.5.1 (A) */
			if (s->vtag || !init_tag(s, &c, &t->vtag[IP_CT_DIR_REPLY]))
				return false;
		} else if (c.type == CHUNK_HEARTBEAT) {
			t->vtag[IP_CT_DIR_ORIGINAL] = s->vtag;
		} else if (c.type == CHUNK_SHUTDOWN_ACK) {
			/* Section 8.4 (5): a SHUTDOWN COMPLETE with this tag will come. */
			t->vtag[IP_CT_DIR_REPLY] = s->vtag;
		}
	}
	return true;
}

/* ------------------------------------------------------------------ verification tags */

/* Chunks whose rules for the tag are their own (8.5.1); all others must carry the right one. */
static bool tag_is_good(const struct sctp_track *t, const struct sctp *s, unsigned direction)
{
	return has_type(s, CHUNK_INIT) || has_type(s, CHUNK_SHUTDOWN_COMPLETE) ||
	       has_type(s, CHUNK_COOKIE_ECHO) || has_type(s, CHUNK_ABORT) ||
	       has_type(s, CHUNK_SHUTDOWN_ACK) || has_type(s, CHUNK_HEARTBEAT) ||
	       has_type(s, CHUNK_HEARTBEAT_ACK) || s->vtag == t->vtag[direction];
}

enum heard { HEARD, HEARD_IGNORE, HEARD_WRONG };

/* Heartbeats may go over another path than the one whose tags we know. */
static enum heard hear_heartbeat(struct sctp_track *t, const struct sctp *s, unsigned type,
				 unsigned direction, bool ignored_before)
{
	if (!t->vtag[direction]) {
		t->vtag[direction] = s->vtag;
		return HEARD;
	}
	if (s->vtag == t->vtag[direction]) {
		t->heartbeat_failed = false;
		return HEARD;
	}
	if (has_type(s, CHUNK_DATA) || ignored_before)
		return HEARD_WRONG;
	if (type == CHUNK_HEARTBEAT) {
		t->heartbeat_failed = true;
		t->last_dir = (uint8_t)direction;
		return HEARD_IGNORE;
	}
	if (!t->heartbeat_failed || t->last_dir == direction)
		return HEARD_WRONG;
	t->heartbeat_failed = false;
	t->vtag[direction] = s->vtag;
	t->vtag[!direction] = 0;
	return HEARD;
}

static enum heard hear(struct sctp_track *t, const struct sctp *s, const struct chunk *c,
		       unsigned direction, bool ignored_before)
{
	bool reflected = c->flags & FLAG_T;

	switch (c->type) {
	case CHUNK_INIT:
		return s->vtag ? HEARD_WRONG : HEARD;
	case CHUNK_ABORT:
	case CHUNK_SHUTDOWN_COMPLETE:
		return s->vtag == t->vtag[reflected ? !direction : direction] ? HEARD : HEARD_WRONG;
	case CHUNK_COOKIE_ECHO:
		return s->vtag == t->vtag[direction] ? HEARD : HEARD_WRONG;
	case CHUNK_COOKIE_ACK:
		t->init[0] = t->init[1] = 0;
		return HEARD;
	case CHUNK_HEARTBEAT:
	case CHUNK_HEARTBEAT_ACK:
		return hear_heartbeat(t, s, c->type, direction, ignored_before);
	}
	return HEARD;
}

/* Notes the tag of an INIT or INIT ACK; false when it cannot be. */
static bool note_init(struct sctp_track *t, const struct sctp *s, const struct chunk *c,
		      unsigned direction, unsigned old)
{
	be32 tag, known = t->vtag[!direction];

	if (!init_tag(s, c, &tag))
		return false;
	if (c->type == CHUNK_INIT) {
		/* Not a stale or repeated one. */
		if (old == NO || known != tag) {
			if (t->init[direction] && t->init[!direction])
				t->init[!direction] = 0;
			t->init[direction] = 1;
		}
	} else if (known != tag) {
		/* Two INITs crossed, or somebody makes this up. */
		if ((!t->init[!direction] && known) || (t->init[direction] && t->init[!direction]))
			return false;
	}
	t->vtag[!direction] = tag;
	return true;
}

/* ------------------------------------------------------------------ a packet */

enum track track_sctp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	struct sctp_track *t = &flow->sctp;
	struct sctp s = { 0 };
	struct chunk c = { .at = SCTP_HEADER };
	unsigned dir = e->ct.direction, old, state = NO;
	bool ignore = false;

	if (!read_sctp(ct, e, &s))
		return TRACK_INVALID;
	if (!flow_is_confirmed(flow) && !begin(t, &s))
		return TRACK_INVALID;
	if (!tag_is_good(t, &s, dir))
		return TRACK_INVALID;
	for (; read_chunk(&s, &c); skip_chunk(&c)) {
		enum heard heard = hear(t, &s, &c, dir, ignore);

		if (heard == HEARD_WRONG)
			return TRACK_INVALID;
		if (heard == HEARD_IGNORE) {
			ignore = true;
			continue;
		}
		old = t->state;
		state = next_state(dir, old, c.type);
		if (state == IV)
			return TRACK_INVALID;
		if ((c.type == CHUNK_INIT || c.type == CHUNK_INIT_ACK) &&
		    !note_init(t, &s, &c, dir, old))
			return TRACK_INVALID;
		/* An INIT again does not keep it alive. */
		if (c.type == CHUNK_INIT && state == CL && old == CL && flow_is_confirmed(flow))
			ignore = true;
		t->state = (uint8_t)state;
		if (old != state && state == ES)
			flow->conn.status |= IPS_ASSURED;
	}
	if (!ignore)
		flow_refresh(ct, flow, e, timeouts[state] * SECONDS);
	return TRACK_ACCEPT;
}
