// SPDX-License-Identifier: GPL-2.0-or-later
/* Answers to packets that are not taken. */
#include "net/answer.h"

#include <errno.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Groups, and sources that are nobody, get no answer (RFC 1122 3.2.2, RFC 4443 2.4 e). */
static bool is_someone(const struct packet *p)
{
	const uint8_t *s = packet_saddr(p), *d = packet_daddr(p);

	if (p->family == FAMILY_IPV6)
		return s[0] != 0xff && d[0] != 0xff &&
		       !bytes_are_zero(s, sizeof(struct in6_addr));
	return s[0] < 224 && s[0] != 0 && d[0] < 224;
}

static bool is_error(const struct packet *p)
{
	const uint8_t *h = packet_transport(p, 1);

	if (p->proto == IPPROTO_ICMPV6)
		return !h || !(h[0] & 0x80);
	if (p->proto != IPPROTO_ICMP)
		return false;
	return !h || !(h[0] == ICMP_ECHO || h[0] == ICMP_ECHOREPLY || h[0] == ICMP_TIMESTAMP ||
		       h[0] == ICMP_TIMESTAMPREPLY || h[0] == ICMP_ADDRESS ||
		       h[0] == ICMP_ADDRESSREPLY || h[0] == ICMP_INFO_REQUEST ||
		       h[0] == ICMP_INFO_REPLY);
}

static bool is_due(const struct packet *to)
{
	return !to->fragment && is_someone(to) && packet_checksum_is_good(to);
}

static struct packet_spec back(const struct packet *to, uint8_t proto)
{
	struct packet_spec spec = { .family = (enum family)to->family, .proto = proto };
	size_t len = addr_len(spec.family);

	memcpy(&spec.saddr, packet_daddr(to), len);
	memcpy(&spec.daddr, packet_saddr(to), len);
	return spec;
}

int answer_reset(struct packet *answer, const struct packet *to, uint8_t *bytes, size_t room)
{
	const uint8_t *h = packet_transport(to, 20);
	struct packet_spec spec = back(to, IPPROTO_TCP);
	uint8_t flags;
	int r;

	if (!h || to->proto != IPPROTO_TCP || to->is_fragment || !is_due(to))
		return -ENOMSG;
	flags = h[13];
	if (flags & TH_RST)
		return -ENOMSG;
	spec.sport = (uint16_t)(h[2] << 8 | h[3]);
	spec.dport = (uint16_t)(h[0] << 8 | h[1]);
	spec.tcp_flags = TH_RST;
	if (flags & TH_ACK) {
		spec.seq = load32(h + 8);
	} else {
		spec.tcp_flags |= TH_ACK;
		spec.ack = load32(h + 4) + !!(flags & TH_SYN) + !!(flags & TH_FIN) + to->len -
			   to->transport - (uint32_t)(h[12] >> 4) * 4;
	}
	r = packet_build(answer, &spec, bytes, room);
	/* A window of 0 means the usual one to packet_build. */
	if (r > 0)
		packet_set_bytes(answer, answer->transport + 14, (const uint8_t[]){ 0, 0 }, 2);
	return r;
}

static int icmp(struct packet *answer, const struct packet *to, uint8_t type, uint8_t code,
		uint32_t rest, const union inet_addr *source, uint8_t *bytes, size_t room)
{
	bool six = to->family == FAMILY_IPV6;
	struct packet_spec spec = back(to, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	/* RFC 1812 4.3.2.3: 576 bytes in all. */
	uint32_t most = six ? ANSWER_QUOTE : 576 - 28, there = to->captured;

	if (!is_due(to) || is_error(to))
		return -ENOMSG;
	spec.saddr = *source;
	spec.icmp_type = type;
	spec.icmp_code = code;
	spec.icmp_id = (uint16_t)(rest >> 16);
	spec.icmp_seq = (uint16_t)rest;
	spec.payload = to->bytes;
	spec.payload_len = there < most ? there : most;
	if (spec.payload_len > to->len)
		spec.payload_len = to->len;
	return packet_build(answer, &spec, bytes, room);
}

int answer_unreachable(struct packet *answer, const struct packet *to, unsigned code,
		       const union inet_addr *source, uint8_t *bytes, size_t room)
{
	uint8_t type = to->family == FAMILY_IPV6 ? ICMPV6_DEST_UNREACH : ICMP_DEST_UNREACH;

	return icmp(answer, to, type, (uint8_t)code, 0, source, bytes, room);
}

int answer_too_big(struct packet *answer, const struct packet *to, uint32_t mtu,
		   const union inet_addr *source, uint8_t *bytes, size_t room)
{
	bool six = to->family == FAMILY_IPV6;

	return icmp(answer, to, six ? ICMPV6_PKT_TOOBIG : ICMP_DEST_UNREACH,
		    six ? 0 : ICMP_FRAG_NEEDED, mtu, source, bytes, room);
}

int answer_expired(struct packet *answer, const struct packet *to, const union inet_addr *source,
		   uint8_t *bytes, size_t room)
{
	uint8_t type = to->family == FAMILY_IPV6 ? ICMPV6_TIME_EXCEED : ICMP_TIME_EXCEEDED;

	return icmp(answer, to, type, 0, 0, source, bytes, room);
}
