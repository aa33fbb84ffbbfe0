/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Internet addresses, masks and networks of both families, from text and back. */
#ifndef POSTERN_NET_ADDR_H
#define POSTERN_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bits.h"
#include "base/sink.h"

/* NFPROTO_* of linux/netfilter.h, so that no translation is needed anywhere. */
enum family {
	FAMILY_IPV4 = 2,
	FAMILY_ARP = 3,
	FAMILY_BRIDGE = 7,
	FAMILY_IPV6 = 10,
};

/* Network byte order. IPv4 uses the first four bytes, the rest is zero. */
union inet_addr {
	uint8_t bytes[16];
	be32 v4;
	be32 v6[4];
};

struct network {
	union inet_addr addr, mask;
};

static inline size_t addr_len(enum family family)
{
	return family == FAMILY_IPV6 ? 16 : 4;
}

/* A numeric address, all of `text`. False leaves `addr` alone. No name is looked up. */
bool addr_parse(enum family family, const char *text, union inet_addr *addr);

/* The same without short and octal forms: what inet_pton(3) takes. */
bool addr_parse_plain(enum family family, const char *text, union inet_addr *addr);

/* Mask from "24", "255.255.255.0" or "ffff::". False if it is none. */
bool addr_parse_mask(enum family family, const char *text, union inet_addr *mask);

void addr_mask_from_prefix(enum family family, unsigned prefix, union inet_addr *mask);

/* Leading ones of a mask, or -1 when it is not contiguous. */
int addr_prefix_len(enum family family, const union inet_addr *mask);

/* addr &= mask */
void addr_apply_mask(union inet_addr *addr, const union inet_addr *mask);

void addr_print(struct sink *sink, enum family family, const union inet_addr *addr);

/* "/24", "/255.0.255.0"; nothing for a full mask unless `always`. */
void addr_print_mask(struct sink *sink, enum family family, const union inet_addr *mask,
		     bool always);

/*
 * Addresses of a host name from the resolver, at most `room`. Returns how many there are, 0 when
 * the name is unknown. This may ask the network; numeric text never reaches it.
 */
size_t addr_resolve(enum family family, const char *name, union inet_addr *addrs, size_t room);

/* Name of a host, or false; for listings without -n. */
bool addr_name(enum family family, const union inet_addr *addr, char *name, size_t room);

/* Address of a network name of /etc/networks (IPv4). */
bool addr_network(const char *name, union inet_addr *addr);

#endif
