// SPDX-License-Identifier: GPL-2.0-or-later
/* The packets of `ipchains -C`: everything about them has to be said exactly. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "dialect/ipchains_spec.h"

static int refuse_bangs(struct ipchains_parser *p)
{
	const struct ipchains_spec *s = &p->spec;
	const struct word *const words[] = {
		&s->proto, &s->src, &s->dst, &s->sport, &s->dport, &s->icmp, &s->device,
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (words[i]->inverted)
			return ipchains_bad(p, words[i]->at, "a packet is something: no `!' in -C");
	if (s->syn_inverted || s->fragment_inverted)
		return ipchains_bad(p, -1, "a packet is something: no `!' in -C");
	return 0;
}

static int one_address(struct ipchains_parser *p, const struct word *w, union inet_addr *addr)
{
	struct network nets[OLD_NETWORKS_MOST];
	union inet_addr full;
	size_t count;

	addr_mask_from_prefix(FAMILY_IPV4, 32, &full);
	if (ipchains_addresses(p, w, nets, &count) < 0)
		return -EINVAL;
	if (count > 1)
		return ipchains_bad(p, w->at, "`%s' has several addresses, a packet has one",
				    w->text);
	if (memcmp(&nets[0].mask, &full, sizeof(full)) != 0)
		return ipchains_bad(p, w->at, "`%s' is a network, a packet has one address",
				    w->text);
	*addr = nets[0].addr;
	return 0;
}

/* A name that stands for several codes is no packet; one with no narrower names means code 0. */
static int icmp_of_name(struct ipchains_parser *p, struct old_ports *ports)
{
	const struct ipchains_spec *s = &p->spec;
	const struct word *w = s->icmp.text ? &s->icmp : &s->sport;
	const struct ipchains_icmp *other, *icmp = ipchains_icmp_find(w->text, &other);

	if (!icmp || other || icmp->code >= 0 || ports->dst[0] == ports->dst[1])
		return 0;
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++)
		if (i->type == icmp->type && i->narrows)
			return ipchains_bad(p, w->at, "`%s' stands for several codes, a packet "
					    "has one", w->text);
	ports->dst[0] = ports->dst[1] = 0;
	return 0;
}

static int exact_ports(struct ipchains_parser *p, struct ipchains_packet *packet)
{
	const struct ipchains_spec *s = &p->spec;
	struct old_ports ports;

	if (ipchains_ports(p, packet->proto, &ports) < 0)
		return -EINVAL;
	if (packet->fragment || (packet->proto != IPPROTO_TCP && packet->proto != IPPROTO_UDP &&
				 packet->proto != IPPROTO_ICMP))
		return 0;
	if (packet->proto == IPPROTO_ICMP && (s->icmp.text || s->sport.text) &&
	    icmp_of_name(p, &ports) < 0)
		return -EINVAL;
	if (ports.src[0] != ports.src[1] || ports.dst[0] != ports.dst[1])
		return ipchains_bad(p, (int)p->words->count, packet->proto == IPPROTO_ICMP ?
				    "a packet has one ICMP type and one code" :
				    "a packet has one source port and one destination port");
	packet->sport = ports.src[0];
	packet->dport = ports.dst[0];
	return 0;
}

static void turn(struct ipchains_packet *packet)
{
	union inet_addr addr = packet->src;
	uint16_t port = packet->sport;

	packet->src = packet->dst;
	packet->dst = addr;
	if (packet->proto == IPPROTO_ICMP)
		return;
	packet->sport = packet->dport;
	packet->dport = port;
}

/* The packet in the words of a rule, for -v. */
static struct rule *echo_of(struct ipchains_parser *p, const struct ipchains_packet *packet)
{
	struct rule *r = arena_alloc(p->arena, sizeof(*r));
	struct old_ports ports = {
		.src = { packet->sport, packet->sport }, .dst = { packet->dport, packet->dport },
		.proto = packet->proto,
	};
	struct old_syn syn = { 0 };

	r->head.proto = packet->proto;
	r->head.fragment = packet->fragment;
	r->head.src.addr = packet->src;
	r->head.dst.addr = packet->dst;
	addr_mask_from_prefix(FAMILY_IPV4, 32, &r->head.src.mask);
	addr_mask_from_prefix(FAMILY_IPV4, 32, &r->head.dst.mask);
	memcpy(r->head.in, packet->device, IFNAMSIZ);
	if (!packet->fragment && (packet->proto == IPPROTO_TCP || packet->proto == IPPROTO_UDP ||
				  packet->proto == IPPROTO_ICMP))
		old_add(p->arena, r, OLD_PORTS, &ports);
	if (packet->syn)
		old_add(p->arena, r, OLD_SYN, &syn);
	return r;
}

int ipchains_packets(struct ipchains_parser *p)
{
	const struct ipchains_spec *s = &p->spec;
	struct ipchains_call *c = p->call;
	struct ipchains_packet *packet = &c->packets[0];

	c->action = IPCHAINS_CHECK;
	c->chain = arena_strdup(p->arena, s->chain.text);
	*packet = (struct ipchains_packet){ .syn = s->syn, .fragment = s->fragment };
	if (refuse_bangs(p) < 0 || ipchains_proto(p, &packet->proto) < 0)
		return -EINVAL;
	if (!packet->proto)
		return ipchains_bad(p, s->proto.at, "a packet has one protocol, not `%s'",
				    s->proto.text);
	if (packet->syn && packet->proto != IPPROTO_TCP)
		return ipchains_bad(p, -1, "-y needs -p tcp");
	if (packet->syn && packet->fragment)
		return ipchains_bad(p, -1, "later fragments (-f) have no flags for -y");
	if (one_address(p, &s->src, &packet->src) < 0 ||
	    one_address(p, &s->dst, &packet->dst) < 0 ||
	    ipchains_device_name(p, packet->device) < 0 || exact_ports(p, packet) < 0)
		return -EINVAL;
	c->packet_count = 1;
	if (s->both) {
		c->packets[1] = c->packets[0];
		turn(&c->packets[1]);
		c->packet_count = 2;
	}
	for (size_t i = 0; i < c->packet_count; i++)
		c->echo[i] = echo_of(p, &c->packets[i]);
	return 0;
}
