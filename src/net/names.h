/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of numbers: protocols, services, and tables of them. */
#ifndef POSTERN_NET_NAMES_H
#define POSTERN_NET_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row of a table of names; a table ends with a NULL name. */
struct name {
	const char *name;
	uint32_t value;
};

/* Exact or case-blind look-up. Returns the row, or NULL. */
const struct name *name_find(const struct name *table, const char *text);
const struct name *name_find_nocase(const struct name *table, const char *text);
/* First row with the value, or NULL. */
const char *name_of(const struct name *table, uint32_t value);

/*
 * Protocols. `proto_number` knows the built-in names (iptables' xtables_chain_protos), "all" as 0,
 * and then what /etc/protocols says. `proto_name_saved` gives only the built-in names, NULL for
 * others: a save must mean the same on a machine without /etc/protocols.
 */
bool proto_number(const char *text, uint8_t *proto);
const char *proto_name_saved(uint8_t proto);
/* As saved, else from /etc/protocols, else NULL. `room` at least 32. */
const char *proto_name_any(uint8_t proto, char *buf, size_t room);
/* The built-in name most like `text`, or NULL. */
const char *proto_nearest(const char *text);

/*
 * Name of a network (host byte order, host part zero) in /etc/networks, or NULL. `room` at least
 * 32.
 */
const char *network_name(uint32_t net, char *buf, size_t room);

/*
 * Services. A port from a number or a name; `proto` is "tcp", "udp", ... or NULL for any. Names are
 * looked up in a built-in table first, then in the machine's own data.
 */
bool service_port(const char *text, const char *proto, uint16_t *port);
const char *service_name(uint16_t port, const char *proto, char *buf, size_t room);

#endif
