/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small model of a host: its devices, addresses and routes, as far as packets depend on them.
 * Read from the kernel (kernel/host.c), or from text in the words of ip(8).
 */
#ifndef POSTERN_NET_HOST_H
#define POSTERN_NET_HOST_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sink.h"
#include "net/addr.h"

struct device {
	struct device *next;
	char name[IFNAMSIZ];
	uint32_t index, group, mtu;
	char master[IFNAMSIZ];		/* bridge or VRF, "" none */
	uint32_t master_index;		/* 0: none */
	bool loopback, up;
	bool ether;			/* packets have an Ethernet header; not in text */
	uint8_t mac[6];			/* zero: not known; not in text */
	bool noarp;			/* neighbours need not be found there; not in text */
};

struct device_addr {
	struct device_addr *next;
	struct device *device;
	enum family family;
	union inet_addr addr, broadcast;	/* broadcast zero: none */
	uint8_t prefix;
	bool secondary;
};

struct route {
	struct route *next;
	enum family family;
	union inet_addr dst, gateway, source;	/* zero: none */
	union inet_addr mask;		/* of `dst`, as `prefix` says */
	uint8_t prefix;
	uint8_t type;			/* RTN_* */
	uint32_t table, metric;
	uint32_t realm;
	bool derived;			/* follows from an address */
	bool several;			/* more hops than this one; a hash of the flow chooses */
	struct device *device;		/* NULL: none (unreachable, blackhole) */
};

/* Who sits on a link, as ARP and neighbour discovery have it. */
struct neighbour {
	struct neighbour *next;
	const struct device *device;
	enum family family;
	union inet_addr addr;
	uint8_t mac[6];
};

struct host {
	struct arena arena;
	struct device *devices;
	struct device_addr *addrs;
	struct route *routes;
	struct neighbour *neighbours;	/* not in text */
	bool forwards4, forwards6;	/* net.ipv4.ip_forward, net.ipv6.conf.all.forwarding */
	bool known;			/* false: nothing has been read */
};

#define HOST_INIT ((struct host){ 0 })
void host_free(struct host *host);
#define AUTO_HOST __attribute__((cleanup(host_free))) struct host

/*
 * Facts, one after the other; what is named must have been added before. Memory is the host's. (The
 * kernel's are read by kernel_read_host.)
 */
struct device *host_add_device(struct host *host, const char *name);
struct device_addr *host_add_addr(struct host *host, struct device *device, enum family family,
				  const union inet_addr *addr, unsigned prefix);
struct route *host_add_route(struct host *host, enum family family, const union inet_addr *dst,
			     unsigned prefix);
void host_add_neighbour(struct host *host, const struct device *device, enum family family,
			const union inet_addr *addr, const uint8_t mac[6]);

/*
 * Text, a fact a line; '#' begins a comment:
 *
 *     link eth0 [group N] [mtu N] [master NAME] [down]
 *     addr 192.0.2.1/24 dev eth0 [broadcast ADDR] [secondary]
 *     route [TYPE] default|NETWORK [via ADDR] [dev NAME] [src ADDR] [metric N] [realm N]
 *     forward on|off [4|6]
 *
 * A device `lo` is always there. Local, broadcast and connected routes follow from the addresses as
 * the kernel makes them. An error carries line and word.
 */
int host_parse(struct host *host, const char *text, size_t len, struct err *err);
/* The same as text again; what follows from the addresses is left out. */
void host_print(struct sink *sink, const struct host *host);

struct route_answer {
	uint8_t type;			/* RTN_UNICAST, _LOCAL, _BROADCAST, _MULTICAST, ... */
	const struct device *device;	/* it leaves through; lo for LOCAL */
	union inet_addr source;		/* preferred source; zero: none known */
	union inet_addr gateway;	/* zero: on the link */
	uint32_t realm;
	bool several;			/* of several hops the first was taken */
};

/*
 * Longest prefix, then metric; the local table first (fib_lookup without rules of policy routing).
 * False: no route.
 */
bool host_route(const struct host *host, enum family family, const union inet_addr *dst,
		struct route_answer *answer);

/*
 * Type of the route to a packet's source, or -1 when there is none through the device it came by (NULL:
 * any will do); that of an address of this host leads to the device that has it. For the test of the
 * reverse path (ipt_rpfilter.c, ip6t_rpfilter.c).
 */
int host_route_back(const struct host *host, enum family family, const union inet_addr *source,
		    const struct device *device);

/* RTN_* of an address (inet_addr_type, as -m addrtype sees it), or -1 when the host is not known. */
int host_addr_type(const struct host *host, enum family family, const union inet_addr *addr,
		   const struct device *device);
struct device *host_device(const struct host *host, const char *name);
/* NULL: nothing is known of it. */
const struct neighbour *host_neighbour(const struct host *host, const struct device *device,
				       enum family family, const union inet_addr *addr);
/* First address of a device (MASQUERADE), by the destination it will be sent to; false: none. */
bool host_device_source(const struct host *host, enum family family, const struct device *device,
			const union inet_addr *dst, union inet_addr *source);

#endif
