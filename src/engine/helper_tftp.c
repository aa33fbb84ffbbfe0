// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TFTP: the server answers a request from another port (RFC 1350, section 4). After
 * net/netfilter/nf_conntrack_tftp.c and nf_nat_tftp.c.
 */
#include <netinet/in.h>

#include "engine/flow.h"

enum { REQUEST_READ = 1, REQUEST_WRITE = 2 };

enum verdict helper_tftp(struct conntrack *ct, struct eval *e, struct flow *flow)
{
	const struct tuple *reply = &flow->conn.way[IP_CT_DIR_REPLY];
	const uint8_t *udp = packet_transport(e->packet, 8 + 2);
	struct expectation x;
	unsigned operation;

	if (!udp)
		return VERDICT_ACCEPT;
	operation = (unsigned)udp[8] << 8 | udp[9];
	if (operation != REQUEST_READ && operation != REQUEST_WRITE)
		return VERDICT_ACCEPT;
	expect_init(&x, flow, &reply->src, &reply->dst, IPPROTO_UDP, reply->dport);
	if (flow->conn.status & IPS_NAT_MASK) {
		x.saved_port = flow->conn.way[IP_CT_DIR_ORIGINAL].sport;
		x.direction = IP_CT_DIR_REPLY;
		x.follows = true;
	}
	return expect_add(ct, &x, e->world->now) ? VERDICT_DROP : VERDICT_ACCEPT;
}
