// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of masqueraded flows as ipchains -M -L and ipfwadm -M -l show it. Today's kernel counts
 * their time in seconds, so the hundredths are always 00.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect/old.h"
#include "net/names.h"

static int compare(const void *one, const void *other)
{
	const struct old_flow *a = one, *b = other;
	int r = memcmp(&a->src.v4, &b->src.v4, sizeof(a->src.v4));

	if (!r)
		r = a->proto - b->proto;
	if (!r)
		r = memcmp(&a->dst.v4, &b->dst.v4, sizeof(a->dst.v4));
	if (!r)
		r = a->dport - b->dport;
	return r ? r : a->sport - b->sport;
}

static void put_proto(struct sink *s, uint8_t proto, bool lower)
{
	char buf[32], number[8];
	const char *name = proto_name_any(proto, buf, sizeof(buf));
	size_t start = s->len;

	if (!name) {
		snprintf(number, sizeof(number), "%u", proto);
		name = number;
	}
	for (; *name; name++)
		sink_char(s, !lower && *name >= 'a' && *name <= 'z' ? (char)(*name - 'a' + 'A')
								    : *name);
	sink_pad(s, start, 5);
}

static void put_address(struct sink *s, const union inet_addr *addr, bool numeric)
{
	struct network net = { .addr = *addr };

	addr_mask_from_prefix(FAMILY_IPV4, 32, &net.mask);
	old_print_address(s, &net, numeric);
	sink_char(s, ' ');
}

static void put_ports(struct sink *s, const struct old_flow *f, bool numeric)
{
	if (f->proto != IPPROTO_TCP && f->proto != IPPROTO_UDP && f->proto != IPPROTO_ICMP) {
		sink_str(s, "n/a\n");
		return;
	}
	sink_printf(s, "%u (%u) -> ", f->sport, f->outside);
	old_print_port(s, f->dport, f->proto, numeric);
	sink_char(s, '\n');
}

void old_list_flows(struct sink *s, struct old_flow *flows, size_t count,
		    const struct old_flow_style *how)
{
	sink_str(s, "IP masquerading entries\n");
	if (!count)
		return;
	qsort(flows, count, sizeof(*flows), compare);
	sink_printf(s, "%-5s%-8s ", "prot", "expire");
	if (how->details)
		sink_printf(s, "%10s %5s %5s ", "initseq", "delta", "prevd");
	sink_printf(s, "%-20s %-20s ports\n", "source", "destination");
	for (const struct old_flow *f = flows; f < flows + count; f++) {
		put_proto(s, f->proto, how->lower);
		sink_printf(s, "%02u:%02u.00 ", f->seconds / 60, f->seconds % 60);
		if (how->details)
			sink_printf(s, "%10u %5d %5d ", f->seq, f->delta, f->previous_delta);
		put_address(s, &f->src, how->numeric);
		put_address(s, &f->dst, how->numeric);
		put_ports(s, f, how->numeric);
	}
}
