// SPDX-License-Identifier: GPL-2.0-or-later
/* Headers of a packet, found and checked as the kernel's matches do. */
#include "ext/headers.h"

#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <netinet/in.h>
#include <string.h>

enum answer packet_bytes(struct eval *e, uint32_t at, uint32_t len, const uint8_t **bytes)
{
	uint64_t end = (uint64_t)at + len;

	*bytes = NULL;
	if (end > e->packet->len)
		return ANSWER_NO;
	if (end > e->packet->captured)
		return eval_unknown(e, "what lies behind the end of the capture is not known");
	*bytes = e->packet->bytes + at;
	return ANSWER_YES;
}

enum answer packet_header(struct eval *e, uint32_t at, uint32_t len, const uint8_t **bytes)
{
	enum answer there = packet_bytes(e, at, len, bytes);

	if (there == ANSWER_NO)
		e->hotdrop = true;
	return there;
}

enum answer transport_header(struct eval *e, uint32_t len, const uint8_t **bytes)
{
	if (e->packet->fragment)
		return ANSWER_NO;
	return packet_header(e, e->packet->transport, len, bytes);
}

enum answer flow_bytes(struct eval *e, uint8_t proto, uint32_t at, uint8_t bytes[4])
{
	const uint8_t *there;
	enum answer answer;

	memset(bytes, 0, 4);
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
	case IPPROTO_ESP:
		break;
	case IPPROTO_AH:
		at += 4;
		break;
	default:
		return ANSWER_YES;
	}
	answer = packet_bytes(e, at, 4, &there);
	for (int i = 0; answer == ANSWER_YES && i < 4; i++)
		bytes[i] = there[i];
	return answer;
}

/* ipv6_ext_hdr() but for NEXTHDR_NONE, where a chain ends. */
static bool goes_on(uint8_t proto)
{
	return proto == IPPROTO_HOPOPTS || proto == IPPROTO_ROUTING || proto == IPPROTO_FRAGMENT ||
	       proto == IPPROTO_AH || proto == IPPROTO_DSTOPTS;
}

uint32_t ip6_header_len(uint8_t proto, const uint8_t *header)
{
	if (proto == IPPROTO_FRAGMENT)
		return 8;
	return proto == IPPROTO_AH ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
}

enum answer ip6_header(struct eval *e, uint8_t proto, uint32_t *at)
{
	enum { IP6_HEADER = 40 };
	uint8_t next = e->packet->bytes[6];
	uint32_t here = IP6_HEADER;
	const uint8_t *h;

	for (;;) {
		enum answer there;

		if (!goes_on(next)) {
			*at = here;
			return answer_of(next == proto);
		}
		there = packet_header(e, here, next == IPPROTO_FRAGMENT || next == IPPROTO_ROUTING ?
				      4 : 2, &h);
		if (there != ANSWER_YES)
			return there;
		if (next == proto) {
			*at = here;
			return ANSWER_YES;
		}
		/* Behind a later fragment's header there are none. */
		if (next == IPPROTO_FRAGMENT && (h[2] || h[3] & 0xf8))
			return ANSWER_NO;
		here += ip6_header_len(next, h);
		next = h[0];
	}
}

/* A list in the order in which the options stand there; length 255 is any. */
static bool options_begin_with(const struct ip6t_opts *info, const uint8_t *o, uint32_t left)
{
	uint8_t count = info->optsnr <= IP6T_OPTS_OPTSNR ? info->optsnr : IP6T_OPTS_OPTSNR;

	for (uint8_t n = 0; n < count; n++) {
		uint8_t type = info->opts[n] >> 8, want = info->opts[n] & 0xff;
		uint32_t size = 1;

		if (left < 1 || *o != type)
			return false;
		if (type) {
			if (left < 2 || (want != 0xff && want != o[1]))
				return false;
			size = o[1] + 2u;
		}
		/* The last one may run over the end. */
		if (size > left)
			return n + 1 == count;
		o += size;
		left -= size;
	}
	return true;
}

enum answer ip6_options_answer(struct eval *e, uint8_t proto, const struct ip6t_opts *info)
{
	const uint8_t *h;
	uint32_t at, len;
	enum answer there = ip6_header(e, proto, &at);
	bool fits;

	if (there == ANSWER_YES)
		there = packet_header(e, at, 2, &h);
	if (there != ANSWER_YES)
		return there;
	len = ip6_header_len(proto, h);
	fits = !(info->flags & IP6T_OPTS_LEN) ||
	       (info->hdrlen == len) != !!(info->invflags & IP6T_OPTS_INV_LEN);
	there = packet_header(e, at, len, &h);
	if (there != ANSWER_YES || !(info->flags & IP6T_OPTS_OPTS))
		return there == ANSWER_YES ? answer_of(fits) : there;
	return answer_of(options_begin_with(info, h + 2, len - 2) && fits);
}

enum answer tcp_options(struct eval *e, const uint8_t **options, uint32_t *len)
{
	enum { TCP_HEADER = 20 };
	const uint8_t *h;
	enum answer there = packet_header(e, e->packet->transport, TCP_HEADER, &h);
	uint32_t size;

	if (there != ANSWER_YES)
		return there;
	size = (h[12] >> 4) * 4u;
	if (size < TCP_HEADER) {
		e->hotdrop = true;
		return ANSWER_NO;
	}
	*len = size - TCP_HEADER;
	return packet_header(e, e->packet->transport + TCP_HEADER, *len, options);
}

int option_find(const uint8_t *options, uint32_t len, uint8_t kind)
{
	for (uint32_t i = 0; i < len;) {
		if (options[i] == kind)
			return (int)i;
		if (options[i] < 2 || i + 1 == len || !options[i + 1])
			i++;
		else
			i += options[i + 1];
	}
	return -1;
}
