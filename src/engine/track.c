// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A packet's way through connection tracking: nf_conntrack_in(), its end in nf_confirm(), and what
 * becomes of a connection whose first packet went no further. Follows
 * net/netfilter/nf_conntrack_core.c and nf_conntrack_proto.c of Linux 6.12 to 6.18.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>

#include "engine/flow.h"
#include "net/checksum.h"

static void see(struct eval *e, enum conn_state state, unsigned direction, struct flow *flow)
{
	e->ct = (struct conn_view){
		.known = true, .state = state, .direction = (uint8_t)direction,
		.conn = flow ? &flow->conn : NULL,
	};
}

/* ------------------------------------------------------------------ finding and making */

static void assign_helper(struct flow *f, const struct conntrack_template *template)
{
	if (!template || !template->helper[0])
		return;
	memcpy(f->conn.helper, template->helper, sizeof(f->conn.helper));
	f->conn.helper[sizeof(f->conn.helper) - 1] = '\0';
	f->helper = helper_by_name(f->conn.helper, f->conn.way[0].proto);
	f->conn.status |= IPS_HELPER;
}

static void be_expected(struct conntrack *ct, struct eval *e, struct flow *f,
			const struct expectation *expectation)
{
	f->conn.status |= IPS_EXPECTED;
	f->conn.master = &expectation->master->conn;
	expectation->master->children++;
	f->conn.mark = f->conn.master->mark;
	f->conn.secmark = f->conn.master->secmark;
	if (expectation->follows)
		nat_follow_master(ct, e, f, expectation);
}

/*
 * __nf_conntrack_alloc(), init_conntrack(). NULL: `full` tells whether there was no room, or nothing
 * answers such packets.
 */
static struct flow *make(struct conntrack *ct, struct eval *e, const struct tuple *tuple,
			 struct zone zone, const struct conntrack_template *template, bool *full)
{
	struct expectation expectation;
	struct tuple reply;
	struct flow *f;

	*full = false;
	if (!tuple_invert(&reply, tuple))
		return NULL;
	f = flow_new(ct, tuple, &reply, zone);
	/* Who only looks ahead takes nobody's room. */
	if (!f && !e->simulated && flow_make_room(ct, tuple, zone))
		f = flow_new(ct, tuple, &reply, zone);
	if (!f) {
		*full = true;
		return NULL;
	}
	if (ct->counts.expectations &&
	    expect_take(ct, tuple, zone, e->world->now, e->simulated, &expectation))
		be_expected(ct, e, f, &expectation);
	else
		assign_helper(f, template);
	return f;
}

static struct zone zone_of(const struct conntrack_template *template)
{
	if (!template)
		return (struct zone){ .dirs = 3 };
	return (struct zone){
		.id = template->zone, .dirs = template->zone_dirs ? template->zone_dirs : 3,
	};
}

/*
 * A look ahead works on a copy that is in no table; only one is looked at at a time.
 */
static struct flow *copy_for_look(struct conntrack *ct, const struct flow *f)
{
	ct->scratch = *f;
	ct->scratch.listed = false;
	ct->scratch.link[0].chain.at = ct->scratch.link[1].chain.at = NULL;
	ct->scratch.timer.at = ct->scratch.source.at = NULL;
	ct->scratch.expecting = NULL;
	return &ct->scratch;
}

/*
 * resolve_normal_ct(): sets e->ct, without a connection when there can be none. `is_repeated`: the
 * one that was there has died; for a look ahead it still is there.
 */
static enum verdict resolve(struct conntrack *ct, struct eval *e, const struct tuple *tuple,
			    const struct conntrack_template *template, bool is_repeated)
{
	struct zone zone = zone_of(template);
	struct flow *f = NULL;
	uint8_t dir;
	bool full;

	see(e, CONN_INVALID, 0, NULL);
	if (!is_repeated || !e->simulated)
		f = flow_find(ct, tuple, zone, e->world->now, &dir);
	if (f && e->simulated)
		f = copy_for_look(ct, f);
	if (!f) {
		f = make(ct, e, tuple, zone, template, &full);
		dir = IP_CT_DIR_ORIGINAL;
		if (!f) {
			ct->counts.refused += full;
			return full ? VERDICT_DROP : VERDICT_ACCEPT;
		}
	}
	if (dir == IP_CT_DIR_REPLY || (f->conn.status & IPS_SEEN_REPLY))
		see(e, CONN_ESTABLISHED, dir, f);
	else
		see(e, f->conn.status & IPS_EXPECTED ? CONN_RELATED : CONN_NEW, dir, f);
	return VERDICT_ACCEPT;
}

static enum track track_packet(struct conntrack *ct, struct eval *e, struct flow *f)
{
	switch (f->conn.way[0].proto) {
	case IPPROTO_TCP:
		return track_tcp(ct, e, f);
	case IPPROTO_UDP:
		return track_udp(ct, e, f);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return track_icmp(ct, e, f);
	case IPPROTO_UDPLITE:
		return track_udplite(ct, e, f);
	case IPPROTO_SCTP:
		return track_sctp(ct, e, f);
	case IPPROTO_GRE:
		return track_gre(ct, e, f);
	}
	return track_generic(ct, e, f);
}

/*
 * Is there a transport header to look at? Not in later fragments; nor in locally made IPv4
 * fragments, which only sockets with IP_NODEFRAG send (ipv4_conntrack_local).
 */
static bool is_trackable(const struct eval *e)
{
	const struct packet *p = e->packet;

	if (p->fragment)
		return false;
	if (p->family == FAMILY_IPV6)
		return p->proto != IPPROTO_NONE;
	return !p->is_fragment || e->hook != NF_INET_LOCAL_OUT;
}

static enum verdict track_flow(struct conntrack *ct, struct eval *e,
			       const struct conntrack_template *template)
{
	struct tuple tuple;

	if (!tuple_of_packet(&tuple, e->packet))
		return VERDICT_ACCEPT;
	for (bool is_repeated = false;; is_repeated = true) {
		enum verdict verdict = resolve(ct, e, &tuple, template, is_repeated);
		struct flow *f;
		enum track track;

		if (!e->ct.conn)
			return verdict;
		f = flow_of(e->ct.conn);
		track = track_packet(ct, e, f);
		if (track == TRACK_ACCEPT) {
			if (e->ct.direction == IP_CT_DIR_REPLY)
				f->conn.status |= IPS_SEEN_REPLY;
			return VERDICT_ACCEPT;
		}
		if (!flow_is_confirmed(f))
			flow_kill(ct, f);
		see(e, CONN_INVALID, 0, NULL);
		if (track == TRACK_INVALID)
			return VERDICT_ACCEPT;
	}
}

enum verdict conntrack_in(struct conntrack *ct, struct eval *e,
			  const struct conntrack_template *template)
{
	enum verdict verdict = VERDICT_ACCEPT;

	/* Seen before: over loopback, or untracked. */
	if (e->ct.known && (e->ct.conn || e->ct.state == CONN_UNTRACKED))
		return VERDICT_ACCEPT;
	conntrack_begin(ct, e->world->now);
	see(e, CONN_INVALID, 0, NULL);
	if (template && template->notrack) {
		e->ct.state = CONN_UNTRACKED;
		return VERDICT_ACCEPT;
	}
	if (is_trackable(e) && track_icmp_special(ct, e, zone_of(template)))
		verdict = track_flow(ct, e, template);
	if (!e->ct.conn && e->ct.state == CONN_INVALID && verdict == VERDICT_ACCEPT)
		ct->counts.invalid++;
	return verdict;
}

/* ------------------------------------------------------------------ the end of the way */

/* Protocols whose two first packets may race (allow_clash of struct nf_conntrack_l4proto). */
static bool may_clash(uint8_t proto)
{
	return proto != IPPROTO_TCP && proto != IPPROTO_ICMP && proto != IPPROTO_ICMPV6 &&
	       proto != IPPROTO_SCTP;
}

static bool is_same_flow(const struct flow *a, const struct flow *b, unsigned way)
{
	struct zone za = flow_zone(a), zb = flow_zone(b);

	return tuple_equal(&a->conn.way[0], &b->conn.way[way]) &&
	       tuple_equal(&a->conn.way[1], &b->conn.way[!way]) &&
	       zone_id(za, 0) == zone_id(zb, way) && zone_id(za, 1) == zone_id(zb, !way);
}

/* __nf_ct_resolve_clash(): the packet goes on with the one that was there first. */
static bool merge(struct conntrack *ct, struct eval *e, struct flow *loser, struct flow *winner)
{
	if (!is_same_flow(winner, loser, 0) && !is_same_flow(winner, loser, 1))
		return false;
	flow_count(ct, winner, e);
	flow_kill(ct, loser);
	e->ct.conn = &winner->conn;
	return true;
}

/* nf_ct_resolve_clash() */
static enum verdict resolve_clash(struct conntrack *ct, struct eval *e, struct flow *f,
				  struct flow *other)
{
	uint64_t now = e->world->now;
	struct flow *reply;
	uint8_t dir;

	if (!may_clash(f->conn.way[0].proto))
		return VERDICT_DROP;
	if (merge(ct, e, f, other))
		return VERDICT_ACCEPT;
	reply = flow_find(ct, &f->conn.way[1], flow_zone(f), now, &dir);
	if (reply)
		return merge(ct, e, f, reply) ? VERDICT_ACCEPT : VERDICT_DROP;
	/* Its answers find it, its own packets the other one; it goes soon. */
	f->conn.expires = now + SECONDS;
	f->conn.status |= IPS_FIXED_TIMEOUT | FLOW_NAT_CLASH;
	flow_list(ct, f, false);
	return VERDICT_ACCEPT;
}

/* __nf_conntrack_confirm() */
static enum verdict confirm(struct conntrack *ct, struct eval *e, struct flow *f)
{
	enum verdict verdict = VERDICT_ACCEPT;
	struct flow *other;
	uint8_t dir;

	if (flow_is_confirmed(f) || e->ct.direction != IP_CT_DIR_ORIGINAL)
		return VERDICT_ACCEPT;
	if (f->conn.status & IPS_DYING)
		return VERDICT_DROP;
	other = flow_find(ct, &f->conn.way[0], flow_zone(f), e->world->now, &dir);
	if (!other)
		other = flow_find(ct, &f->conn.way[1], flow_zone(f), e->world->now, &dir);
	if (e->simulated) {
		verdict = other && !may_clash(f->conn.way[0].proto) ? VERDICT_DROP : verdict;
		flow_kill(ct, f);
	} else if (other) {
		verdict = resolve_clash(ct, e, f, other);
	} else {
		flow_list(ct, f, true);
	}
	return verdict;
}

/*
 * Over loopback a packet passes here twice; its numbers were adjusted when it left
 * (nf_is_loopback_packet).
 */
static bool comes_from_loopback(const struct eval *e)
{
	return e->hook == NF_INET_LOCAL_IN && !strcmp(e->meta->in, "lo");
}

/*
 * The checksum of what a helper rewrote is made last, from nothing (CHECKSUM_PARTIAL of
 * nf_nat_csum_recalc); where that gives 0 it is all ones (skb_checksum_help).
 */
static void finish_checksum(struct packet *packet)
{
	uint8_t *place = packet_checksum_place(packet);

	if (place && !place[0] && !place[1])
		memset(place, 0xff, 2);
}

enum verdict conntrack_confirm(struct conntrack *ct, struct eval *e)
{
	enum verdict verdict = VERDICT_ACCEPT;
	struct flow *f;
	bool adjust;

	if (!e->ct.conn)
		return VERDICT_ACCEPT;
	f = flow_of(e->ct.conn);
	/* Not errors about what the client sent; those of the client are taken for segments of TCP. */
	adjust = (f->conn.status & IPS_SEQ_ADJUST) && !comes_from_loopback(e) &&
		 !(e->ct.state == CONN_RELATED && e->ct.direction == IP_CT_DIR_REPLY);
	ct->mangled = false;
	if (!e->packet->fragment) {
		bool own = e->packet->proto == f->conn.way[0].proto && !e->simulated;

		if (own && f->helper == HELPER_FTP)
			verdict = helper_ftp(ct, e, f);
		else if (own && f->helper == HELPER_TFTP)
			verdict = helper_tftp(ct, e, f);
		if (verdict != VERDICT_ACCEPT)
			return verdict;
		if (adjust && !seqadj_packet(f, e->packet, e->ct.direction))
			return VERDICT_DROP;
		if (ct->mangled)
			finish_checksum(e->packet);
	}
	return confirm(ct, e, f);
}

void conntrack_forget(struct conntrack *ct, struct eval *e)
{
	struct flow *f;

	if (!e->ct.conn)
		return;
	f = flow_of(e->ct.conn);
	if (!flow_is_confirmed(f))
		flow_kill(ct, f);
}
