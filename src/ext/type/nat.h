/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the NAT targets share beside their value types. */
#ifndef POSTERN_EXT_TYPE_NAT_H
#define POSTERN_EXT_TYPE_NAT_H

#include "ext/ext.h"

/*
 * Fills the range at the span of `opt` from a native NAT part. False when the part has other flags
 * than `flags` (NF_NAT_RANGE_*), which the target cannot say.
 */
bool nat_range_from_part(const struct part *part, const struct opt *opt, unsigned flags, void *at);

/* The range of IPv4's oldest struct in the newest one. */
struct nf_nat_ipv4_multi_range_compat;
struct nf_nat_range2;
void nat_range_from_compat(const struct nf_nat_ipv4_multi_range_compat *compat,
			   struct nf_nat_range2 *range);
/* The range at the span of `opt`, whatever its struct. */
void nat_range_load(const struct opt *opt, const void *at, struct nf_nat_range2 *range);

/*
 * What a NAT target says: the range is bound to a connection that begins (nf_nat_setup_info), others
 * have what they have. Without a connection, or nobody to bind it, the packet is accepted.
 */
enum verdict nat_act(struct eval *e, const struct opt *opt, const void *data, bool source,
		     enum nat_how how);
/* NETMAP: the host's bits of the address the hook is for, and the network's of the range. */
enum verdict nat_act_netmap(struct eval *e, const struct opt *opt, const void *data);

#endif
