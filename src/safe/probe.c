// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A lifeline's packets. A session is judged with the entry that connection tracking really has of it
 * (none when it is older than that), in both orders, since whoever speaks first decides which rules
 * meet a packet of a connection that the kernel does not know.
 */
#include "safe/shot.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ext/old.h"

enum {
	SHOTS_MOST = 16,
	TRIES = 3,		/* what is lost is sent again */
	/* A session that goes on for a while, and how much of its end has to come through. */
	ROUNDS = 25, ROUNDS_JUDGED = 12, ROUNDS_NEEDED = 4,
};
#define SECOND UINT64_C(1000000000)

#define WE(flags, load) { true, flags, load }
#define PEER(flags, load) { false, flags, load }
#define DATA (TCP_ACK | TCP_PUSH)

static const struct probe {
	struct shot shots[SHOTS_MOST];
	size_t count;
} probes[LOSSES] = {
	[LOSS_WE_SPEAK] = { {
		WE(DATA, LOAD_KEY), PEER(TCP_ACK, LOAD_NONE),
		PEER(DATA, LOAD_KEY), WE(TCP_ACK, LOAD_NONE),
		WE(DATA, LOAD_FULL), PEER(DATA, LOAD_FULL), WE(TCP_ACK, LOAD_NONE),
		PEER(DATA, LOAD_KEY_LOW), PEER(DATA, LOAD_KEY_EF),
	}, 9 },
	[LOSS_PEER_SPEAKS] = { {
		PEER(DATA, LOAD_KEY), WE(TCP_ACK, LOAD_NONE),
		WE(DATA, LOAD_KEY), PEER(TCP_ACK, LOAD_NONE),
		PEER(DATA, LOAD_FULL), WE(DATA, LOAD_FULL), PEER(TCP_ACK, LOAD_NONE),
		PEER(DATA, LOAD_KEY_LOW), PEER(DATA, LOAD_KEY_EF),
	}, 9 },
	[LOSS_LOGIN] = { {
		PEER(TCP_SYN, LOAD_NONE), WE(TCP_SYN | TCP_ACK, LOAD_NONE),
		PEER(TCP_ACK, LOAD_NONE), WE(DATA, LOAD_BANNER), PEER(DATA, LOAD_BANNER),
		WE(TCP_ACK, LOAD_NONE), WE(DATA, LOAD_FULL), PEER(DATA, LOAD_FULL),
		WE(DATA, LOAD_KEY), PEER(DATA, LOAD_KEY), WE(DATA, LOAD_KEY),
		PEER(DATA, LOAD_KEY),
	}, 12 },
	[LOSS_NEIGHBOUR] = { {
		WE(SOLICITATION, LOAD_NONE), PEER(ADVERTISEMENT, LOAD_NONE),
		PEER(SOLICITATION, LOAD_NONE), WE(ADVERTISEMENT, LOAD_NONE),
	}, 4 },
};

/* REDIRECT of the old dialects leaves the port for the translation of what is new. */
static bool is_redirected(const struct probing *p, enum loss loss, const struct outcome *o)
{
	bool is_known = p->tracked && loss != LOSS_LOGIN;

	return !is_known && o->meta.priority >> 16 == NOTE_REDIRECT &&
	       (o->meta.priority & 0xffff) && (o->meta.priority & 0xffff) != p->line->port;
}

/* From and to where both ends know one another: a session's socket hears nothing else. */
static bool is_between(const struct packet *packet, const union inet_addr *from, uint16_t sport,
		       const union inet_addr *to, uint16_t dport)
{
	const uint8_t *ports = packet_transport(packet, 4);
	size_t len = addr_len((enum family)packet->family);

	return ports && ntohs(packet_be16(ports)) == sport &&
	       ntohs(packet_be16(ports + 2)) == dport &&
	       !memcmp(packet_saddr(packet), from->bytes, len) &&
	       !memcmp(packet_daddr(packet), to->bytes, len);
}

/* It arrives, and where the server listens: a redirection elsewhere is as good as lost. */
static bool arrives(const struct shooting *s, const struct packet *packet, const struct outcome *o)
{
	const struct lifeline *l = s->p->line;
	const uint8_t *ports = packet_transport(packet, 4);
	union inet_addr own = shot_own_addr(s->p);

	if (s->loss == LOSS_LOGIN)
		return ports && ntohs(packet_be16(ports + 2)) == l->port &&
		       !is_redirected(s->p, s->loss, o);
	return is_between(packet, &l->peer, l->peer_port, &own, l->port) &&
	       !is_redirected(s->p, s->loss, o);
}

static bool passes(const struct shooting *s, const struct shot *shot,
		   const struct packet_spec *expected, const struct packet *packet,
		   const struct outcome *o)
{
	/* What a program would say of it nobody knows, but it means no harm where it need not run. */
	if (o->fate == FATE_QUEUED && o->bypass)
		return true;
	if (o->fate != FATE_DELIVERED && (o->fate != FATE_SENT || !shot->outgoing))
		return false;
	if (s->loss == LOSS_NEIGHBOUR)
		return true;
	if (!shot->outgoing)
		return arrives(s, packet, o);
	return is_between(packet, &expected->saddr, expected->sport, &expected->daddr,
			  expected->dport);
}

/* A packet of the peer as the server's socket gets it, one of ours as the peer does. */
static struct packet_spec expected_of(const struct shooting *s, const struct shot *shot,
				      const struct packet_spec *sent)
{
	struct packet_spec spec, expected = *sent;

	if (!shot->outgoing) {
		expected.daddr = shot_own_addr(s->p);
		expected.dport = s->p->line->port;
		if (s->loss != LOSS_LOGIN) {
			expected.saddr = s->p->line->peer;
			expected.sport = s->p->line->peer_port;
		}
		return expected;
	}
	/* The peer waits for an answer from whom it called. */
	shot_make(s, &(struct shot){ .what = shot->what }, &spec);
	expected.saddr = spec.daddr;
	expected.sport = spec.dport;
	expected.daddr = spec.saddr;
	expected.dport = spec.sport;
	return expected;
}

/* The chain of nat that made it another packet than `expected`, or NULL. */
static const char *led_away_by(const struct shot *shot, const struct packet_spec *sent,
			       const struct packet_spec *expected, const struct packet *packet)
{
	const uint8_t *ports = packet_transport(packet, 4);
	size_t len = addr_len(sent->family);
	uint16_t sport, dport;

	if (!ports)
		return NULL;
	sport = ntohs(packet_be16(ports));
	dport = ntohs(packet_be16(ports + 2));
	if ((memcmp(packet_daddr(packet), expected->daddr.bytes, len) != 0 &&
	     memcmp(packet_daddr(packet), sent->daddr.bytes, len) != 0) ||
	    (dport != expected->dport && dport != sent->dport))
		return shot->outgoing ? "OUTPUT" : "PREROUTING";
	if ((memcmp(packet_saddr(packet), expected->saddr.bytes, len) != 0 &&
	     memcmp(packet_saddr(packet), sent->saddr.bytes, len) != 0) ||
	    (sport != expected->sport && sport != sent->sport))
		return shot->outgoing ? "POSTROUTING" : "INPUT";
	return NULL;
}

static enum answer assume(void *context, const struct unknown *unknown)
{
	struct probed *probed = context;

	if (!probed->is_assumed)
		snprintf(probed->doubt, sizeof(probed->doubt), "%s",
			 unknown->why ? unknown->why : "");
	probed->is_assumed = true;
	return probed->assumed;
}

/* Both ends go on with the numbers behind it. */
static void count(struct shooting *s, const struct shot *shot, const struct packet_spec *spec,
		  const struct packet *packet)
{
	uint32_t more = spec->payload_len + ((shot->what & TCP_SYN) != 0);
	const uint8_t *ports = packet_transport(packet, 4);

	if (shot->outgoing) {
		s->sent += more;
		return;
	}
	s->heard += more;
	if (s->loss != LOSS_LOGIN || !ports)
		return;
	memset(&s->seen, 0, sizeof(s->seen));
	memcpy(&s->seen, packet_saddr(packet), addr_len(s->p->line->family));
	s->seen_port = ntohs(packet_be16(ports));
}

/* True: it comes through. */
static bool fire(struct shooting *s, const struct shot *shot)
{
	struct probed *probed = s->probed;
	uint8_t bytes[LOAD_MOST + 128], header[LINK_HEADER];
	struct packet packet = { 0 };
	struct packet_spec spec, expected;
	struct input input = {
		.packet = &packet, .now = s->now, .decide = assume, .context = probed,
	};

	shot_make(s, shot, &spec);
	expected = expected_of(s, shot, &spec);
	packet_build(&packet, &spec, bytes, sizeof(bytes));
	shot_meta(s->p, s->loss, shot, &input.meta);
	if (!shot->outgoing && shot_link(s->p, header, &input.meta)) {
		packet.link = header;
		packet.link_len = sizeof(header);
	}
	engine_run(s->engine, &input, &probed->outcome);
	s->now += SECOND / 1000;
	probed->outgoing = shot->outgoing;
	probed->called = !shot->outgoing && probed->outcome.hook == 0;
	if (passes(s, shot, &expected, &packet, &probed->outcome)) {
		count(s, shot, &spec, &packet);
		return true;
	}
	probed->elsewhere = s->loss == LOSS_NEIGHBOUR ? NULL :
			    led_away_by(shot, &spec, &expected, &packet);
	/* A login at another port, or a session without the translation that it had. */
	if (!probed->elsewhere && !shot->outgoing && probed->outcome.fate == FATE_DELIVERED)
		probed->elsewhere = "PREROUTING";
	probed->redirected = !shot->outgoing && is_redirected(s->p, s->loss, &probed->outcome);
	return false;
}

/* Whoever misses an answer sends again, a second later. */
static bool fire_again(struct shooting *s, const struct shot *shot)
{
	for (int i = 0; i < TRIES; i++) {
		if (fire(s, shot))
			return true;
		s->now += SECOND;
	}
	return false;
}

/*
 * A minute of slow typing: what runs out (limit, recent, quota) runs out. A packet lost now and
 * then is none; where two of three are, nobody works any more.
 */
static bool lasts(struct shooting *s)
{
	static const struct shot ways[] = { WE(DATA, LOAD_KEY), PEER(DATA, LOAD_KEY) };
	unsigned through[2] = { 0 };

	for (unsigned i = 0; i < ROUNDS; i++) {
		s->now += 2 * SECOND;
		for (unsigned way = 0; way < 2; way++)
			if (fire(s, &ways[way]) && i >= ROUNDS - ROUNDS_JUDGED)
				through[way]++;
	}
	for (unsigned way = 0; way < 2; way++) {
		if (through[way] >= ROUNDS_NEEDED)
			continue;
		/* The outcome that is told is that of one that was lost. */
		for (unsigned i = 0; i < ROUNDS && fire(s, &ways[way]);)
			i++;
		return false;
	}
	return true;
}

int probe_run(const struct probing *p, struct engine *engine, enum loss loss,
	      enum answer assumed, struct probed *probed, struct err *err)
{
	const struct probe *probe = &probes[loss];
	struct shooting s = {
		.p = p, .engine = engine, .loss = loss, .probed = probed, .now = SECOND,
		.sent = 5000, .heard = 1000,
	};
	struct err ignored = ERR_INIT;
	int r = engine_forget(engine, err);

	*probed = (struct probed){ .assumed = assumed };
	if (r < 0)
		return r;
	if (p->tracked && loss != LOSS_LOGIN && loss != LOSS_NEIGHBOUR) {
		struct connection conn = p->conn;

		conn.expires += conn.expires ? s.now : 0;
		conntrack_insert(engine_conntrack(engine), &conn, p->tcp_state, &ignored);
	}
	for (size_t i = 0; i < probe->count; i++)
		if (!fire_again(&s, &probe->shots[i]))
			return 0;
	if (p->needs_time && (loss == LOSS_WE_SPEAK || loss == LOSS_PEER_SPEAKS)) {
		probed->later = true;
		if (!lasts(&s))
			return 0;
	}
	probed->alive = true;
	return 0;
}
