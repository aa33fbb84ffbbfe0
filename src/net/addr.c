// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses by inet_pton/inet_ntop, names by the resolver. */
#include "net/addr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

static int af_of(enum family family)
{
	return family == FAMILY_IPV6 ? AF_INET6 : AF_INET;
}

/*
 * Four parts; fewer are filled with zeros ("10" is 10.0.0.0), as iptables does. As there and in
 * inet_aton(3) a leading 0 makes a part octal: "010" is 8 for every other program of the machine.
 */
static bool parse_dotted(const char *text, union inet_addr *addr)
{
	const char *p = text;
	uint64_t part;

	*addr = (union inet_addr){ 0 };
	for (size_t i = 0; i < 4; i++) {
		if (!num_parse_part(p, &p, 0, 255, &part))
			return false;
		addr->bytes[i] = (uint8_t)part;
		if (!*p)
			return true;
		if (*p++ != '.')
			return false;
	}
	return false;
}

bool addr_parse_plain(enum family family, const char *text, union inet_addr *addr)
{
	union inet_addr a = { 0 };

	if (inet_pton(af_of(family), text, a.bytes) != 1)
		return false;
	*addr = a;
	return true;
}

bool addr_parse(enum family family, const char *text, union inet_addr *addr)
{
	union inet_addr a;

	if (family == FAMILY_IPV6)
		return addr_parse_plain(family, text, addr);
	if (!parse_dotted(text, &a))
		return false;
	*addr = a;
	return true;
}

void addr_mask_from_prefix(enum family family, unsigned prefix, union inet_addr *mask)
{
	*mask = (union inet_addr){ 0 };
	for (unsigned i = 0; i < addr_len(family) && prefix; i++) {
		unsigned bits = prefix < 8 ? prefix : 8;

		mask->bytes[i] = (uint8_t)(0xff00u >> bits);
		prefix -= bits;
	}
}

bool addr_parse_mask(enum family family, const char *text, union inet_addr *mask)
{
	uint64_t prefix;

	if (num_parse(text, 0, addr_len(family) * 8, &prefix)) {
		addr_mask_from_prefix(family, (unsigned)prefix, mask);
		return true;
	}
	if (family != FAMILY_IPV6) {
		/* A mask has all four parts: "/24.0" is a slip, not 24.0.0.0. */
		union inet_addr m;
		const char *dot = text;
		unsigned dots = 0;

		while ((dot = strchr(dot, '.')) != NULL) {
			dots++;
			dot++;
		}
		if (dots != 3 || !parse_dotted(text, &m))
			return false;
		*mask = m;
		return true;
	}
	return addr_parse(family, text, mask);
}

int addr_prefix_len(enum family family, const union inet_addr *mask)
{
	unsigned len = 0, most = (unsigned)addr_len(family) * 8;

	while (len < most && mask->bytes[len / 8] & (0x80u >> len % 8))
		len++;
	for (unsigned i = len; i < most; i++)
		if (mask->bytes[i / 8] & (0x80u >> i % 8))
			return -1;
	return (int)len;
}

void addr_apply_mask(union inet_addr *addr, const union inet_addr *mask)
{
	for (size_t i = 0; i < sizeof(addr->bytes); i++)
		addr->bytes[i] &= mask->bytes[i];
}

void addr_print(struct sink *sink, enum family family, const union inet_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (family == FAMILY_IPV6) {
		sink_str(sink, inet_ntop(AF_INET6, addr->bytes, text, sizeof(text)));
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		if (i)
			sink_char(sink, '.');
		sink_u64(sink, addr->bytes[i]);
	}
}

void addr_print_mask(struct sink *sink, enum family family, const union inet_addr *mask,
		     bool always)
{
	int prefix = addr_prefix_len(family, mask);

	if (prefix == (int)addr_len(family) * 8 && !always)
		return;
	sink_char(sink, '/');
	if (prefix >= 0)
		sink_u64(sink, (uint64_t)prefix);
	else
		addr_print(sink, family, mask);
}

size_t addr_resolve(enum family family, const char *name, union inet_addr *addrs, size_t room)
{
	struct addrinfo hints = {
		.ai_family = af_of(family), .ai_socktype = SOCK_RAW,
		/* No AI_CANONNAME: it would ask twice. */
	};
	struct addrinfo *list, *ai;
	size_t count = 0;

	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return 0;
	for (ai = list; ai && count < room; ai = ai->ai_next) {
		union inet_addr a = { 0 };
		size_t i = 0;

		if (ai->ai_family == AF_INET6)
			memcpy(a.bytes, &((struct sockaddr_in6 *)(void *)ai->ai_addr)->sin6_addr,
				16);
		else
			memcpy(a.bytes, &((struct sockaddr_in *)(void *)ai->ai_addr)->sin_addr, 4);
		while (i < count && memcmp(&addrs[i], &a, sizeof(a)) != 0)
			i++;
		if (i == count)
			addrs[count++] = a;
	}
	freeaddrinfo(list);
	return count;
}

bool addr_name(enum family family, const union inet_addr *addr, char *name, size_t room)
{
	struct sockaddr_storage ss = { .ss_family = (sa_family_t)af_of(family) };
	socklen_t len;

	if (family == FAMILY_IPV6) {
		memcpy(&((struct sockaddr_in6 *)&ss)->sin6_addr, addr->bytes, 16);
		len = sizeof(struct sockaddr_in6);
	} else {
		memcpy(&((struct sockaddr_in *)&ss)->sin_addr, addr->bytes, 4);
		len = sizeof(struct sockaddr_in);
	}
	return getnameinfo((struct sockaddr *)&ss, len, name, (socklen_t)room, NULL, 0,
			   NI_NAMEREQD) == 0;
}

bool addr_network(const char *name, union inet_addr *addr)
{
	struct netent *net = getnetbyname(name);

	if (!net || net->n_addrtype != AF_INET)
		return false;
	*addr = (union inet_addr){ 0 };
	addr->v4 = htonl(net->n_net);
	return true;
}
