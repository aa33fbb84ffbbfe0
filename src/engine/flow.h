/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside connection tracking: what a connection carries beside what extensions see, the pools and
 * tables, and what its files (conntrack, track_*, nat*, expect, helper_*, defrag) want of each
 * other.
 */
#ifndef POSTERN_ENGINE_FLOW_H
#define POSTERN_ENGINE_FLOW_H

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>

#include "engine/conntrack.h"

#define SECONDS 1000000000ull

/* Older headers lack it: an entry whose original direction is somebody else's, too. */
#define FLOW_NAT_CLASH BIT(12)

/* ------------------------------------------------------------------ lists */

/* A node of a doubly linked list; `at` points to what points here, NULL: in no list. */
struct chain {
	struct chain *next, **at;
};

static inline void chain_put(struct chain **head, struct chain *node)
{
	node->next = *head;
	node->at = head;
	if (node->next)
		node->next->at = &node->next;
	*head = node;
}

static inline void chain_take(struct chain *node)
{
	if (!node->at)
		return;
	*node->at = node->next;
	if (node->next)
		node->next->at = node->at;
	node->at = NULL;
}

#define chain_owner(node, type, member) ((type *)((char *)(node) - offsetof(type, member)))

/* ------------------------------------------------------------------ one connection */

/* What one end of a TCP connection has sent and may send (struct ip_ct_tcp_state). */
struct tcp_end {
	uint32_t end;		/* highest seq + len it sent */
	uint32_t max_end;	/* highest it may send */
	uint32_t max_window;	/* largest it advertised; 0: nothing is known of it */
	uint32_t max_ack;
	uint8_t scale, flags;	/* IP_CT_TCP_FLAG_* */
};

struct tcp_track {
	struct tcp_end seen[2];
	uint8_t state;		/* enum tcp_conntrack */
	uint8_t last_dir, last_index, retrans;
	uint32_t last_seq, last_ack, last_end;
	uint16_t last_window;
	uint8_t last_scale, last_flags;
};

struct sctp_track {
	be32 vtag[2];
	uint8_t state;		/* enum sctp_conntrack */
	uint8_t init[2], last_dir;
	bool heartbeat_failed;
};

/* How far NAT moved one direction's sequence numbers (struct nf_ct_seqadj). */
struct seqadj {
	uint32_t position;	/* of the last change */
	int32_t before, after;
};

/* Sequence numbers just behind a newline, where a command or an answer may begin. */
struct ftp_track {
	uint32_t line[2][2];
	uint8_t count[2];
	bool pickup[2];		/* put there from outside: the next line is taken as it comes */
};

enum helper { HELPER_NONE, HELPER_FTP, HELPER_TFTP };

struct tuple_link {
	struct chain chain;
	uint8_t direction;
};

struct flow {
	struct connection conn;		/* first: extensions get a pointer to it */
	struct tuple_link link[2];	/* in the table of tuples */
	struct chain timer;		/* in the wheel; in the list of the dead or the free */
	uint64_t alarm;			/* second of the wheel at which it is looked at */
	struct chain source;		/* in the table of sources, with source NAT */
	struct chain *expecting;	/* what its helper expects */
	uint32_t children;		/* connections that name it as their master */
	uint8_t zone_dirs, helper;
	bool listed;			/* in the tables; a copy for a look ahead is not */
	char out[IFNAMSIZ];		/* device it was masqueraded for; "": not */
	struct seqadj seqadj[2];
	union {
		struct tcp_track tcp;
		struct sctp_track sctp;
		uint64_t udp_stream;	/* from then on it counts as a stream */
	};
	struct ftp_track ftp;
};

static inline struct flow *flow_of(const struct connection *conn)
{
	return (struct flow *)(uintptr_t)conn;
}

struct zone {
	uint16_t id;
	uint8_t dirs;		/* BIT(IP_CT_DIR_*) for which it holds; others are in zone 0 */
};

static inline uint16_t zone_id(struct zone zone, unsigned direction)
{
	return zone.dirs & BIT(direction) ? zone.id : 0;
}

static inline struct zone flow_zone(const struct flow *flow)
{
	return (struct zone){ .id = flow->conn.zone, .dirs = flow->zone_dirs };
}

/* ------------------------------------------------------------------ all of them */

enum {
	WHEEL_SECONDS = 1024,	/* deadlines further away are looked at again on the way */
	EXPECT_BUCKETS = 256,
	EXPECT_SECONDS = 300,	/* of FTP and TFTP */
	EXPECT_MOST = 1,	/* open ones of one connection; the oldest gives way */
};

/* Something a helper heard of: the next connection like this is RELATED. */
struct expectation {
	struct chain hash, of_master;	/* `hash` of a free one is in the list of the free */
	struct flow *master;
	struct tuple tuple;		/* any source port will do */
	uint64_t expires;
	struct zone zone;
	/* NAT: the new connection follows its master (nf_nat_follow_master) */
	bool follows;
	uint8_t direction;
	be16 saved_port;
};

struct defrag_pool;

struct conntrack {
	struct conntrack_settings settings;
	struct conntrack_counts counts;
	uint64_t key[2];
	struct chain **buckets, **sources;
	uint32_t mask;			/* of both */

	struct flow *flows;
	uint32_t room, touched;		/* flows; those ever used */
	struct chain *free;
	struct chain *dead;		/* readable until the next packet begins */
	struct chain *wheel[WHEEL_SECONDS];
	uint64_t wheel_second, now;	/* now: of the last packet */
	struct flow scratch;		/* of a look ahead */
	bool mangled;			/* a helper has rewritten the packet under way */

	struct expectation *expects;
	struct chain *free_expects, *expect_buckets[EXPECT_BUCKETS];

	struct defrag_pool *defrag;
};

/* ------------------------------------------------------------------ tuple.c */

/* Of a packet. False: its transport header is not there, or is none that can be tracked. */
bool tuple_of_packet(struct tuple *tuple, const struct packet *packet);
/* Of a datagram quoted in an ICMP error: `len` bytes at `bytes`. */
bool tuple_of_quote(struct tuple *tuple, enum family family, const uint8_t *bytes, size_t len);
/* What answers look like. False: this ICMP type has no answer. */
bool tuple_invert(struct tuple *to, const struct tuple *from);
/* Word by word: a call of memcmp() takes longer than all of this. */
static inline bool tuple_equal(const struct tuple *a, const struct tuple *b)
{
	uint64_t x[5], y[5];

	_Static_assert(sizeof(x) == sizeof(*a), "a tuple is five words, without padding");
	memcpy(x, a, sizeof(x));
	memcpy(y, b, sizeof(y));
	return !((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]) | (x[4] ^ y[4]));
}
/*
 * Transport header of an IPv6 packet behind its extension headers (ipv6_skip_exthdr of
 * net/ipv6/exthdrs_core.c): its offset, or -1. `fragment` is the offset of a fragment.
 */
int ipv6_transport(const uint8_t *bytes, size_t len, uint8_t *proto, uint16_t *fragment);

/* ------------------------------------------------------------------ conntrack.c */

/* NULL when the pool is used up. Unconfirmed. */
struct flow *flow_new(struct conntrack *ct, const struct tuple *original,
		      const struct tuple *reply, struct zone zone);
/*
 * The table is full: connections that are not assured, in the first of eight buckets from a new one's
 * on that has any, give way (early_drop). False: there are none.
 */
bool flow_make_room(struct conntrack *ct, const struct tuple *original, struct zone zone);
struct flow *flow_find(struct conntrack *ct, const struct tuple *tuple, struct zone zone,
		       uint64_t now, uint8_t *direction);
/* Is there another one with this tuple, as seen from a reply? (nf_conntrack_tuple_taken) */
bool flow_is_taken(struct conntrack *ct, const struct tuple *tuple, const struct flow *but,
		   uint64_t now);
void flow_list(struct conntrack *ct, struct flow *flow, bool original);
/* Takes it out of the tables with all it expects. It stays readable until the next packet. */
void flow_kill(struct conntrack *ct, struct flow *flow);
/* Moves the deadline (ns from now) and counts; not for a fixed time-out (__nf_ct_refresh_acct). */
void flow_refresh(struct conntrack *ct, struct flow *flow, struct eval *e, uint64_t timeout);
void flow_set_deadline(struct conntrack *ct, struct flow *flow, uint64_t expires);
void flow_count(struct conntrack *ct, struct flow *flow, const struct eval *e);
void flow_put_source(struct conntrack *ct, struct flow *flow);
struct chain **flow_sources(struct conntrack *ct, const struct tuple *original, struct zone zone);
/* Begins a packet: the dead are gone, those whose time is over die. */
void conntrack_begin(struct conntrack *ct, uint64_t now);
/* 32 bits of world.random, or of a fixed sequence when chance is not known. */
uint32_t conntrack_random(const struct eval *e);

static inline bool flow_is_confirmed(const struct flow *flow)
{
	return flow->conn.status & IPS_CONFIRMED;
}

/* ------------------------------------------------------------------ track_*.c */

/* What a protocol says of a packet of a connection. */
enum track {
	TRACK_ACCEPT,
	TRACK_INVALID,
	TRACK_REPEAT,		/* the connection is gone; look again, it begins a new one */
};

enum track track_tcp(struct conntrack *ct, struct eval *e, struct flow *flow);
enum track track_sctp(struct conntrack *ct, struct eval *e, struct flow *flow);
enum track track_udp(struct conntrack *ct, struct eval *e, struct flow *flow);
enum track track_udplite(struct conntrack *ct, struct eval *e, struct flow *flow);
enum track track_icmp(struct conntrack *ct, struct eval *e, struct flow *flow);
enum track track_gre(struct conntrack *ct, struct eval *e, struct flow *flow);
/*
 * ICMP errors and what is not tracked: sets e->ct. True: a query, or another protocol, to be tracked
 * like any packet; false: that was it.
 */
bool track_icmp_special(struct conntrack *ct, struct eval *e, struct zone zone);
enum track track_generic(struct conntrack *ct, struct eval *e, struct flow *flow);

/* How long a TCP state lasts without traffic, ns. */
uint64_t tcp_timeout(const struct conntrack *ct, unsigned state);
const char *tcp_state_name(unsigned state);
/* The usual time of a connection as it stands, ns. */
uint64_t track_timeout(const struct conntrack *ct, const struct flow *flow);

/* Checksums are looked at where packets arrive, when the settings say so. */
static inline bool track_checks_checksum(const struct conntrack *ct, const struct eval *e)
{
	return ct->settings.checksum && e->hook == 0 /* NF_INET_PRE_ROUTING */;
}

/* Setting or the kernel's usual value, as ns. */
static inline uint64_t timeout_of(uint32_t setting, uint32_t usual)
{
	return (setting ? setting : usual) * SECONDS;
}

/* ------------------------------------------------------------------ nat.c, helpers */

enum verdict nat_setup(struct conntrack *ct, struct eval *e, struct flow *flow,
		       const struct nf_nat_range2 *range, bool source);
/* A new expected connection is translated like its master (nf_nat_follow_master). */
void nat_follow_master(struct conntrack *ct, struct eval *e, struct flow *flow,
		       const struct expectation *expectation);

/* Expects a connection; 0, -EBUSY (somebody else expects it), -EMFILE (no room). */
int expect_add(struct conntrack *ct, const struct expectation *expectation, uint64_t now);
/* The expectation a new tuple fulfils, taken out: copied to `found`. */
bool expect_take(struct conntrack *ct, const struct tuple *tuple, struct zone zone, uint64_t now,
		 bool simulated, struct expectation *found);
void expect_remove_all(struct conntrack *ct, struct flow *master);
/* An expectation of a connection's answer side, source port open. */
void expect_init(struct expectation *expectation, struct flow *master,
		 const union inet_addr *source, const union inet_addr *destination, uint8_t proto,
		 be16 port);
/* Takes out the one with exactly this tuple. */
void expect_remove(struct conntrack *ct, const struct expectation *expectation);

enum helper helper_by_name(const char *name, uint8_t proto);
enum verdict helper_ftp(struct conntrack *ct, struct eval *e, struct flow *flow);
enum verdict helper_tftp(struct conntrack *ct, struct eval *e, struct flow *flow);

/* Sequence numbers of a connection whose payload NAT changed (nf_conntrack_seqadj.c). */
void seqadj_add(struct flow *flow, unsigned direction, uint32_t seq, int32_t by);
int32_t seqadj_offset(const struct flow *flow, unsigned direction, uint32_t seq);
bool seqadj_packet(struct flow *flow, struct packet *packet, unsigned direction);

/* ------------------------------------------------------------------ defrag.c */

struct defrag_pool *defrag_open(uint32_t datagrams);
void defrag_close(struct defrag_pool **pool);

#endif
