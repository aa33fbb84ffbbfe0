// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Raw sockets that are given whole packets (raw(7), IP_HDRINCL; net/ipv4/raw.c, net/ipv6/raw.c).
 * What is sent is remembered: where rules queue what this host sends, it comes back to us.
 */
#include "wire/raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"

int raw_open(struct raw *raw)
{
	const int type = SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK;

	memset(raw->sent, 0, sizeof(raw->sent));
	if (getrandom(raw->key, sizeof(raw->key), 0) != sizeof(raw->key))
		return -errno;
	/* IPPROTO_RAW: the header is in the packet, and nothing is ever received. */
	raw->fds[0] = socket(AF_INET, type, IPPROTO_RAW);
	if (raw->fds[0] < 0)
		return -errno;
	raw->fds[1] = socket(AF_INET6, type, IPPROTO_RAW);
	return 0;
}

void raw_close(struct raw *raw)
{
	for (size_t i = 0; i < 2; i++)
		if (raw->fds[i] >= 0)
			close(raw->fds[i]);
}

/* From the addresses on: the kernel fills in the IPv4 identification and its checksum. */
static uint64_t name_of(const struct raw *raw, const uint8_t *bytes, size_t len)
{
	size_t from = bytes[0] >> 4 == 6 ? 8 : 12;
	uint64_t name = len > from ? hash_keyed(raw->key, bytes + from, len - from) : 0;

	return name + !name;
}

bool raw_is_own(const struct raw *raw, const uint8_t *bytes, size_t len)
{
	uint64_t name = len ? name_of(raw, bytes, len) : 0;

	return name && raw->sent[name % RAW_REMEMBERED] == name;
}

static bool holds_on_one_link(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;	/* fe80::/10 */
}

int raw_send(struct raw *raw, const struct packet *packet, unsigned device)
{
	uint64_t name = name_of(raw, packet->bytes, packet->len);
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	ssize_t n;

	raw->sent[name % RAW_REMEMBERED] = name;
	if (packet->family == FAMILY_IPV4) {
		memcpy(&to4.sin_addr, packet_daddr(packet), sizeof(to4.sin_addr));
		n = sendto(raw->fds[0], packet->bytes, packet->len, 0,
			   (const struct sockaddr *)&to4, sizeof(to4));
		return n < 0 ? -errno : 0;
	}
	memcpy(&to6.sin6_addr, packet_daddr(packet), sizeof(to6.sin6_addr));
	if (holds_on_one_link(to6.sin6_addr.s6_addr))
		to6.sin6_scope_id = device;
	n = sendto(raw->fds[1], packet->bytes, packet->len, 0, (const struct sockaddr *)&to6,
		   sizeof(to6));
	return n < 0 ? -errno : 0;
}
