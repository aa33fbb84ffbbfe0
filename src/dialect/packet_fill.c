// SPDX-License-Identifier: GPL-2.0-or-later
/* From what is said of a packet to the packet: fields set, the rest assumed, bytes made. */
#include <errno.h>
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/if_packet.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "dialect/packet.h"

enum { TCP_SYN = 0x02, TCP_ACK = 0x10, ECHO4 = 8, ECHO6 = 128 };

/* Headers of which something was said. */
enum {
	SAID_HEADERS = SAID_SRC | SAID_DST | SAID_PROTO | SAID_SPORT | SAID_DPORT | SAID_FLAGS |
		       SAID_ICMP,
};

/* Headers end before that. */
enum { PACKET_LOOK = 2048 };

/* ------------------------------------------------------------------ fields */

static int set_state(struct packet_words *p, uint64_t bits)
{
	static const struct { uint32_t bit; enum conn_state state; } states[] = {
		{ NF_CT_STATE_BIT(IP_CT_ESTABLISHED), CONN_ESTABLISHED },
		{ NF_CT_STATE_BIT(IP_CT_NEW), CONN_NEW },
		{ NF_CT_STATE_BIT(IP_CT_RELATED), CONN_RELATED },
		{ NF_CT_STATE_INVALID_BIT, CONN_INVALID },
		{ NF_CT_STATE_UNTRACKED_BIT, CONN_UNTRACKED },
	};

	/* Of several the simplest: a connection that goes on, if that is among them. */
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i].bit & bits) {
			p->state = states[i].state;
			p->said |= SAID_STATE;
			return 0;
		}
	return -ENOTSUP;
}

static int set_connection(struct packet_words *p, enum field field, uint64_t value)
{
	switch ((unsigned)field) {
	case FIELD_CT_STATE:
		return set_state(p, value);
	case FIELD_CT_STATUS:
		p->conn.status |= (uint32_t)value;
		break;
	case FIELD_CT_MARK:
		p->conn.mark = (uint32_t)value;
		break;
	case FIELD_CT_DIRECTION:
		p->direction = (uint8_t)value;
		break;
	default:
		return -ENOTSUP;
	}
	/* Who speaks of a connection means that there is one. */
	if (!(p->said & SAID_STATE)) {
		p->state = CONN_ESTABLISHED;
		p->said |= SAID_STATE;
	}
	return 0;
}

static int set_meta(struct packet_words *p, enum field field, uint64_t value)
{
	struct meta *m = &p->meta;

	switch ((unsigned)field) {
	case FIELD_MARK:
		m->mark = (uint32_t)value;
		return 0;
	case FIELD_LENGTH:
		p->length = (uint32_t)value;
		return 0;
	case FIELD_PKTTYPE:
		m->pkttype = (uint8_t)value;
		return 0;
	case FIELD_SKUID:
		m->uid = (uint32_t)value;
		m->known |= KNOWN_OWNER;
		m->has_socket = true;
		return 0;
	case FIELD_SKGID:
		m->gid = (uint32_t)value;
		m->known |= KNOWN_OWNER;
		m->has_socket = true;
		return 0;
	case FIELD_CPU:
		m->cpu = (uint32_t)value;
		m->known |= KNOWN_CPU;
		return 0;
	case FIELD_RTCLASSID:
		m->realm = (uint32_t)value;
		m->known |= KNOWN_REALM;
		return 0;
	case FIELD_IIFGROUP:
		m->in_group = (uint32_t)value;
		return 0;
	case FIELD_OIFGROUP:
		m->out_group = (uint32_t)value;
		return 0;
	default:
		return set_connection(p, field, value);
	}
}

static void set_icmp(struct packet_words *p, uint64_t type, uint64_t code)
{
	p->spec.icmp_type = (uint8_t)type;
	p->spec.icmp_code = (uint8_t)code;
	p->said |= SAID_ICMP;
}

static int set_header(struct packet_words *p, enum field field, uint64_t value)
{
	struct packet_spec *s = &p->spec;

	switch ((unsigned)field) {
	case FIELD_IP_PROTOCOL:
	case FIELD_L4PROTO:
		s->proto = (uint8_t)value;
		p->said |= SAID_PROTO;
		return 0;
	case FIELD_SPORT:
		s->sport = (uint16_t)value;
		p->said |= SAID_SPORT;
		return 0;
	case FIELD_DPORT:
		s->dport = (uint16_t)value;
		p->said |= SAID_DPORT;
		return 0;
	case FIELD_TCP_FLAGS:
		s->tcp_flags = (uint8_t)value;
		p->said |= SAID_FLAGS;
		return 0;
	case FIELD_ICMP_TYPE:
	case FIELD_ICMP6_TYPE:
		set_icmp(p, value, s->icmp_code);
		return 0;
	case FIELD_ICMP:
	case FIELD_ICMP6:
		set_icmp(p, value >> 8, value & 0xff);
		return 0;
	case FIELD_IP_TTL:
	case FIELD_IP6_HOPLIMIT:
		s->ttl = (uint8_t)value;
		return value ? 0 : -ENOTSUP;	/* 0 is "the usual one" in a spec */
	case FIELD_IP_TOS:
		s->tos = (uint8_t)value;
		return 0;
	case FIELD_IP6_TRAFFIC_CLASS:
		s->tos = (uint8_t)(value >> 4);
		return 0;
	case FIELD_DSCP:
		s->tos = (uint8_t)((s->tos & 3) | value << 2);
		return 0;
	case FIELD_ECN:
		s->tos = (uint8_t)((s->tos & 0xfc) | (value & 3));
		return 0;
	default:
		return set_meta(p, field, value);
	}
}

static void set_addr(struct packet_words *p, bool source, const uint8_t *bytes)
{
	union inet_addr addr = { 0 };

	memcpy(addr.bytes, bytes, addr_len(p->spec.family));
	*(source ? &p->spec.saddr : &p->spec.daddr) = addr;
	p->said |= source ? SAID_SRC : SAID_DST;
}

/* Addresses and names, which are no numbers. False: it is another field. */
static bool set_bytes(struct packet_words *p, enum field field, const uint8_t *bytes)
{
	switch ((unsigned)field) {
	case FIELD_IP_SADDR:
	case FIELD_IP6_SADDR:
		set_addr(p, true, bytes);
		return true;
	case FIELD_IP_DADDR:
	case FIELD_IP6_DADDR:
		set_addr(p, false, bytes);
		return true;
	case FIELD_IIFNAME:
		memcpy(p->meta.in, bytes, IFNAMSIZ - 1);
		p->said |= SAID_IN;
		return true;
	case FIELD_OIFNAME:
		memcpy(p->meta.out, bytes, IFNAMSIZ - 1);
		p->meta.known |= KNOWN_OUT;
		p->said |= SAID_OUT;
		return true;
	case FIELD_ETHER_SADDR:
		memcpy(p->link + 6, bytes, 6);
		p->link[12] = p->spec.family == FAMILY_IPV6 ? 0x86 : 0x08;
		p->link[13] = p->spec.family == FAMILY_IPV6 ? 0xdd : 0x00;
		p->has_link = true;
		return true;
	default:
		return false;
	}
}

int packet_words_set(struct packet_words *packet, const struct ask *ask)
{
	uint8_t bytes[16] = { 0 };
	uint64_t value;

	switch (ask->relation) {
	case REL_EQUAL:
		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = ask->low[i] & ask->mask[i];
		break;
	case REL_RANGE:
		memcpy(bytes, ask->low, sizeof(bytes));
		break;
	case REL_ANY_BIT:
		memcpy(bytes, ask->mask, sizeof(bytes));
		break;
	case REL_ONE_OF:
		return -ENOTSUP;
	}
	if (set_bytes(packet, ask->field, bytes))
		return 0;
	if (field_table[ask->field].len > 8)
		return -ENOTSUP;
	value = field_uint(ask->field, bytes);
	return set_header(packet, ask->field, value);
}

/* ------------------------------------------------------------------ what was not said */

static void say_addr(struct sink *assumed, const char *option, enum family family,
		     const union inet_addr *addr)
{
	sink_printf(assumed, "%s%s ", assumed->len ? " " : "", option);
	addr_print(assumed, family, addr);
}

static void say(struct sink *assumed, const char *format, unsigned value)
{
	sink_str(assumed, assumed->len ? " " : "");
	sink_printf(assumed, format, value);
}

/* An address of this host: that of the device it arrives on, else any that is not loopback's. */
static union inet_addr own_addr(const struct packet_words *p, const struct host *host,
				bool *is_its)
{
	static const union inet_addr doc4 = { .bytes = { 192, 0, 2, 1 } };
	static const union inet_addr doc6 = {
		.bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
	};
	const struct device_addr *best = NULL;

	*is_its = true;
	for (const struct device_addr *a = host ? host->addrs : NULL; a; a = a->next) {
		if (a->family != p->spec.family)
			continue;
		if (!strcmp(a->device->name, p->meta.in))
			return a->addr;
		if (!best || best->device->loopback)
			best = a;
	}
	if (best && (!best->device->loopback || !*p->meta.in))
		return best->addr;
	*is_its = false;
	return p->spec.family == FAMILY_IPV6 ? doc6 : doc4;
}

/* Somebody whom nobody knows (RFC 5737, RFC 3849). */
static union inet_addr stranger(enum family family)
{
	static const union inet_addr v4 = { .bytes = { 203, 0, 113, 77 } };
	static const union inet_addr v6 = {
		.bytes = { 0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, [15] = 0x77 },
	};

	return family == FAMILY_IPV6 ? v6 : v4;
}

static void assume_addrs(struct packet_words *p, const struct host *host, struct sink *assumed)
{
	struct packet_spec *s = &p->spec;
	bool here = !*p->meta.in, is_its = true;
	struct route_answer route;

	if (!(p->said & SAID_DST)) {
		s->daddr = here && p->said & SAID_OUT && strcmp(p->meta.out, "lo") != 0 ?
			   stranger(s->family) : own_addr(p, host, &is_its);
		/* It is for this host, even if that has no address yet. */
		if (!is_its && !here && !(p->said & SAID_OUT)) {
			*p->meta.out = '\0';
			p->meta.known |= KNOWN_OUT;
		}
		say_addr(assumed, "-d", s->family, &s->daddr);
	}
	if (p->said & SAID_SRC)
		return;
	if (!here && strcmp(p->meta.in, "lo") != 0)
		s->saddr = stranger(s->family);
	else if (!host || !host_route(host, s->family, &s->daddr, &route) ||
		 bytes_are_zero(&route.source, sizeof(route.source)))
		s->saddr = own_addr(p, host, &is_its);
	else
		s->saddr = route.source;
	say_addr(assumed, "-s", s->family, &s->saddr);
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_SCTP || proto == IPPROTO_DCCP;
}

static void assume_transport(struct packet_words *p, struct sink *assumed)
{
	struct packet_spec *s = &p->spec;
	bool six = s->family == FAMILY_IPV6;

	if (!(p->said & SAID_PROTO)) {
		s->proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		say(assumed, six ? "-p icmpv6" : "-p icmp", 0);
	}
	if (s->fragment)
		return;
	if ((s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6) && !(p->said & SAID_ICMP)) {
		s->icmp_type = six ? ECHO6 : ECHO4;
		say(assumed, six ? "--icmpv6-type echo-request" : "--icmp-type echo-request", 0);
	}
	if (has_ports(s->proto) && !(p->said & SAID_SPORT)) {
		s->sport = 40000;
		say(assumed, "--sport %u", s->sport);
	}
	if (has_ports(s->proto) && !(p->said & SAID_DPORT)) {
		s->dport = 80;
		say(assumed, "--dport %u", s->dport);
	}
	if (s->proto == IPPROTO_TCP && !(p->said & SAID_FLAGS)) {
		bool first = !(p->said & SAID_STATE) || p->state == CONN_NEW;

		s->tcp_flags = first ? TCP_SYN : TCP_ACK;
		say(assumed, first ? "--syn" : "--tcp-flags ALL ACK", 0);
	}
}

void packet_words_assume(struct packet_words *packet, const struct host *host,
			 struct sink *assumed)
{
	struct meta *m = &packet->meta;
	const struct device *in = host && *m->in ? host_device(host, m->in) : NULL;

	if (in && !m->in_group)
		m->in_group = in->group;
	if (packet->has_link)
		m->known |= KNOWN_LINK;
	/* What is made here has a sender; who that is was said, or is not known. */
	if (*m->in)
		m->known |= KNOWN_OWNER;
	if (packet->said & SAID_RAW)
		return;
	assume_addrs(packet, host, assumed);
	assume_transport(packet, assumed);
	if (!(packet->said & SAID_STATE))
		say(assumed, "--ctstate NEW", 0);
}

/* ------------------------------------------------------------------ making it */

struct conn_view packet_words_view(struct packet_words *packet)
{
	struct connection *c = &packet->conn;
	const struct packet_spec *s = &packet->spec;
	struct tuple there = {
		.src = s->saddr, .dst = s->daddr, .sport = htons(s->sport),
		.dport = htons(s->dport), .proto = s->proto, .family = (uint8_t)s->family,
	};
	struct tuple back = there;

	back.src = there.dst;
	back.dst = there.src;
	back.sport = there.dport;
	back.dport = there.sport;
	c->way[packet->direction] = there;
	c->way[!packet->direction] = back;
	if (packet->state == CONN_ESTABLISHED)
		c->status |= IPS_SEEN_REPLY | IPS_ASSURED;
	if (packet->state != CONN_NEW)
		c->status |= IPS_CONFIRMED;
	return (struct conn_view){
		.known = true, .state = packet->state, .direction = packet->direction,
		.conn = packet->state == CONN_INVALID || packet->state == CONN_UNTRACKED ? NULL : c,
	};
}

/* What its own bytes say, for the connection it is said to be of. */
static void say_headers(struct packet_words *p, const struct packet *packet)
{
	struct packet_spec *s = &p->spec;
	size_t len = addr_len(s->family);
	const uint8_t *ports = packet->has_ports ? packet_transport(packet, 4) : NULL;

	memcpy(s->saddr.bytes, packet_saddr(packet), len);
	memcpy(s->daddr.bytes, packet_daddr(packet), len);
	s->proto = packet->proto;
	if (!ports)
		return;
	s->sport = ntohs(packet_be16(ports));
	s->dport = ntohs(packet_be16(ports + 2));
}

int packet_words_take(struct packet_words *packet, const uint8_t *bytes, size_t len,
		      bool captured)
{
	uint8_t copy[PACKET_LOOK];
	struct packet seen = { 0 };
	enum packet_flaw flaw;
	size_t there = len < sizeof(copy) ? len : sizeof(copy);

	if (packet->said & SAID_HEADERS)
		return -EINVAL;
	memcpy(copy, bytes, there);
	flaw = packet_parse(&seen, copy, there, sizeof(copy));
	if (flaw == PACKET_NOT_IP || flaw == PACKET_SHORT_NETWORK || (seen.len > len && !captured))
		return -EINVAL;
	packet->raw = bytes;
	packet->raw_len = len;
	packet->flaw = flaw;
	packet->captured = captured;
	packet->said |= SAID_RAW;
	packet->spec.family = (enum family)seen.family;
	say_headers(packet, &seen);
	return 0;
}

static int build_raw(const struct packet_words *words, struct packet *packet, uint8_t *bytes,
		     size_t room)
{
	if (words->raw_len > room)
		return -EMSGSIZE;
	memcpy(bytes, words->raw, words->raw_len);
	packet_parse(packet, bytes, words->raw_len, room);
	return (int)packet->len;
}

int packet_words_build(const struct packet_words *words, struct packet *packet, uint8_t *bytes,
		       size_t room)
{
	static const uint8_t zeros[65536];
	struct packet_spec s = words->spec;
	struct packet made = { 0 };
	int n;

	if (words->has_link) {
		made.link = words->link;
		made.link_len = sizeof(words->link);
	}
	if (words->said & SAID_RAW) {
		n = build_raw(words, &made, bytes, room);
		if (n > 0)
			*packet = made;
		return n;
	}
	n = packet_build(&made, &s, bytes, room);
	if (n < 0)
		return n;
	if (words->length && words->length != (uint32_t)n) {
		uint32_t headers = (uint32_t)n - s.payload_len;

		if (words->length < headers || words->length > UINT16_MAX || s.payload_len)
			return -EMSGSIZE;
		s.payload = zeros;
		s.payload_len = words->length - headers;
		n = packet_build(&made, &s, bytes, room);
		if (n < 0)
			return n;
	}
	if (words->has_link) {
		made.link = words->link;
		made.link_len = sizeof(words->link);
	}
	*packet = made;
	return n;
}
