/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection tracking and NAT in user space: the kernel's state tables, time-outs and choices, on
 * pools of a stated size. One conntrack serves both families. Nothing allocates per packet once the
 * pools stand. Sources: net/netfilter/nf_conntrack_core.c, nf_conntrack_proto_*.c, nf_nat_core.c,
 * nf_conntrack_ftp.c, nf_conntrack_tftp.c, net/ipv4/ip_fragment.c, net/ipv6/netfilter.
 */
#ifndef POSTERN_ENGINE_CONNTRACK_H
#define POSTERN_ENGINE_CONNTRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "ext/eval.h"

struct conntrack;
struct host;

struct conntrack_limits {
	uint32_t connections;	/* 0: 65536. When they are used up, a new one takes the room of
				 * some that are not assured (early_drop); where it finds none it
				 * is refused and counted. Assured ones go on */
	uint32_t expectations;	/* 0: 1024 */
	uint32_t fragments;	/* datagrams being put together, 0: 256 */
};

struct conntrack_counts {
	uint32_t connections, expectations;
	uint64_t refused;	/* new flows for which there was no room */
	uint64_t early_dropped;	/* flows that were not assured, and had to make room */
	uint64_t invalid;
};

/* Fails with ERR_RESOURCE only. */
int conntrack_open(struct conntrack **ct, const struct conntrack_limits *limits, struct err *err);
void conntrack_close(struct conntrack **ct);
const struct conntrack_counts *conntrack_counts(const struct conntrack *ct);

/*
 * The settings of net.netfilter (nf_conntrack_*) and of the FTP helper that change verdicts. A
 * conntrack that was just opened has CONNTRACK_USUAL. (Helpers are never assigned by port: since
 * Linux 6.1 there is -j CT --helper only.)
 */
struct conntrack_settings {
	bool tcp_loose, tcp_be_liberal, tcp_ignore_invalid_rst, checksum, acct, ftp_loose;
	uint32_t tcp_max_retrans;
	/* seconds; 0: the kernel's usual one */
	uint32_t tcp_established, tcp_syn_recv, tcp_max_retrans_time, tcp_unacknowledged;
	uint32_t udp, udp_stream, icmp, generic;
};
#define CONNTRACK_USUAL ((struct conntrack_settings){ .tcp_loose = true, .checksum = true, \
						      .acct = true, .tcp_max_retrans = 3 })
void conntrack_set(struct conntrack *ct, const struct conntrack_settings *settings);
/* Those of another one. */
void conntrack_take_settings(struct conntrack *ct, const struct conntrack *other);

/* ------------------------------------------------------------------ a packet's way */

enum defrag {
	DEFRAG_PASS,		/* go on with `packet`: no fragment, or whole now. Some odd IPv6
				 * fragments pass as they are (nf_ct_frag6_gather) */
	DEFRAG_HELD,		/* kept; it waits for the others */
	DEFRAG_REFUSED,		/* dropped, and with it what waited for it */
};

/*
 * Fragments, in PREROUTING and OUTPUT at priority -400 (NF_IP_PRI_CONNTRACK_DEFRAG). A datagram that
 * is whole now lies in the conntrack's own buffer, until the next call. `now` in ns.
 */
enum defrag conntrack_defrag(struct conntrack *ct, struct packet *packet, uint16_t zone,
			     uint64_t now);

/* What -j CT said of the packet before it was looked up (raw table). */
struct conntrack_template {
	bool is_set;		/* the first word counts (xt_ct_target, nft_notrack_eval) */
	bool notrack;
	uint16_t zone;		/* of both directions unless only one is meant */
	uint8_t zone_dirs;	/* 0: both; BIT(IP_CT_DIR_*) */
	char helper[16];
};

/*
 * PREROUTING and OUTPUT at priority -200: finds or makes the connection and its state; a new one
 * stays unconfirmed, known to this packet only. Returns VERDICT_ACCEPT, or VERDICT_DROP (the table
 * is full). Does not change the packet.
 */
enum verdict conntrack_in(struct conntrack *ct, struct eval *e,
			  const struct conntrack_template *template);

/*
 * NAT at its place in a hook (PREROUTING, OUTPUT: destination; INPUT, POSTROUTING: source): for the
 * first packet of a connection `rules` (may be NULL) walks the nat chains, whose targets call
 * world.nat, which the engine hands to conntrack_nat_setup; then the packet is translated as the
 * connection says.
 */
typedef enum verdict nat_rules(void *context, struct eval *e);
enum verdict conntrack_nat(struct conntrack *ct, struct eval *e, nat_rules *rules, void *context);

/*
 * Binds the source or destination of an unconfirmed connection to the range (kernel flags
 * NF_NAT_RANGE_*; addresses already filled in for MASQUERADE and REDIRECT). world.random draws;
 * without it searches begin at the lowest port. `how` is remembered: a masqueraded connection
 * whose route changes its device is dropped (nf_nat_oif_changed).
 */
enum verdict conntrack_nat_setup(struct conntrack *ct, struct eval *e,
				 const struct nf_nat_range2 *range, bool source, enum nat_how how);

/*
 * INPUT and POSTROUTING, last: helpers look at the payload (priority 300; may rewrite it under NAT
 * and make expectations), then the connection is confirmed. VERDICT_DROP: clash, or dying.
 */
enum verdict conntrack_confirm(struct conntrack *ct, struct eval *e);

/* The packet went no further: an unconfirmed connection of it is forgotten. */
void conntrack_forget(struct conntrack *ct, struct eval *e);

/* ------------------------------------------------------------------ from outside */

/*
 * Puts a connection there (read from the kernel, or from a test file); copied, but for its master.
 * way[1] all zero: what answers way[0]. expires 0: the usual time of its state from the last packet
 * on. `tcp_state` is enum tcp_conntrack of linux/netfilter/nf_conntrack_tcp.h, window checks are
 * off for it.
 */
int conntrack_insert(struct conntrack *ct, const struct connection *conn, uint8_t tcp_state,
		     struct err *err);
/* The connection of a packet as it would be found, without changing anything; NULL if none. */
struct connection *conntrack_find(struct conntrack *ct, const struct packet *packet, uint16_t zone,
				  uint8_t *direction);
/* The same by its tuple, as a packet would carry it. */
struct connection *conntrack_lookup(struct conntrack *ct, const struct tuple *tuple, uint16_t zone,
				    uint8_t *direction);
/*
 * A reset is being sent to the sender of a TCP segment (nf_send_reset): its connection has closed
 * (nf_conntrack_tcp_set_closing), unless the segment is one that gets no reset.
 */
void conntrack_reset_sent(struct conntrack *ct, struct eval *e);
/*
 * "ESTABLISHED", "SYN_SENT"...; "" for other protocols than TCP, and for a connection that is not
 * one of this conntrack's.
 */
const char *conntrack_tcp_state(const struct conntrack *ct, const struct connection *conn);
/*
 * Another host, or the same with other addresses: what was masqueraded with one that is gone, or whose
 * device is, ends (masq_inet_event, masq_device_event of net/netfilter/nf_nat_masquerade.c).
 */
void conntrack_host_changed(struct conntrack *ct, const struct host *host);
/* Calls for each connection that has not run out. Stops when it returns false. */
void conntrack_each(struct conntrack *ct, uint64_t now,
		    bool (*each)(void *context, struct connection *conn), void *context);

#endif
