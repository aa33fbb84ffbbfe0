// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of masqueraded flows: -M of ipchains and ipfwadm. */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/vec.h"
#include "cli/old.h"
#include "dialect/old.h"
#include "ext/old.h"
#include "kernel/connection.h"
#include "kernel/masquerade.h"

struct flows {
	struct old_flow *items;
	size_t count, room;
};

static bool is_masqueraded(const struct connection *c)
{
	return c->labels[OLD_LABEL / 8] & BIT(OLD_LABEL % 8) && c->status & IPS_SRC_NAT;
}

static int take(void *context, const struct kernel_flow *flow)
{
	const struct tuple *way = &flow->conn.way[0], *back = &flow->conn.way[1];
	bool icmp = way->proto == IPPROTO_ICMP;
	struct old_flow f = {
		.src = way->src, .dst = way->dst, .proto = way->proto,
		.sport = ntohs(way->sport), .outside = ntohs(back->dport),
		.dport = icmp ? way->icmp_type : ntohs(way->dport), .seconds = flow->seconds,
		.seq = flow->seq, .delta = flow->delta, .previous_delta = flow->previous_delta,
	};

	if (is_masqueraded(&flow->conn))
		VEC_PUSH((struct flows *)context, f);
	return 0;
}

static int no_kernel(struct err *err)
{
	return chosen_store() ? err_errno(err, ERR_OTHER, EOPNOTSUPP, "flows are masqueraded by "
					  "the kernel; a store knows none") : 0;
}

int old_list_masquerade(const struct old_flow_style *how, struct err *err)
{
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct flows flows = { 0 };
	int r = no_kernel(err);

	if (!r)
		r = kernel_flows(FAMILY_IPV4, take, &flows, err);

	if (!r)
		old_list_flows(&out, flows.items, flows.count, how);
	mem_free_ptr(&flows.items);
	if (!r && sink_flush(&out) < 0)
		return err_errno(err, ERR_OTHER, -out.error, "cannot write: %s",
				 strerror(-out.error));
	return r;
}

int old_set_timeouts(struct old_session *session, const char *table, const uint32_t timeouts[3],
		     struct err *err)
{
	/* What is so without a table, too: it only makes one. */
	const struct command make = {
		.kind = COMMAND_POLICY, .family = FAMILY_IPV4, .table = table, .chain = "forward",
		.policy = POLICY_ACCEPT, .chain_place = PLACE_NONE, .jump_place = PLACE_NONE,
	};
	const struct backend *b = &session->backend;
	int r = no_kernel(err);

	if (!r && b->has_table(b->view.context, FAMILY_IPV4, table) == -ENOENT)
		r = old_transact(session, &make, err);
	return r < 0 ? r : kernel_set_timeouts(table, timeouts, err);
}
