// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of names, protocols, and networks by name. */
#include "net/names.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/num.h"

/*
 * iptables' xtables_chain_protos (libxtables/xtables.c): what a save may name. The first name of a
 * number is the one that is written.
 */
static const struct name protos[] = {
	{ "tcp", 6 },
	{ "sctp", 132 },
	{ "udp", 17 },
	{ "udplite", 136 },
	{ "icmp", 1 },
	{ "ipv6-icmp", 58 },
	{ "icmpv6", 58 },
	{ "esp", 50 },
	{ "ah", 51 },
	{ "mobility-header", 135 },
	{ "ipv6-mh", 135 },
	{ "mh", 135 },
	{ "dccp", 33 },
	{ "ipcomp", 108 },
	{ "all", 0 },
	{ NULL, 0 },
};

const struct name *name_find(const struct name *table, const char *text)
{
	for (; table->name; table++)
		if (!strcmp(table->name, text))
			return table;
	return NULL;
}

const struct name *name_find_nocase(const struct name *table, const char *text)
{
	for (; table->name; table++)
		if (!strcasecmp(table->name, text))
			return table;
	return NULL;
}

const char *name_of(const struct name *table, uint32_t value)
{
	for (; table->name; table++)
		if (table->value == value)
			return table->name;
	return NULL;
}

bool proto_number(const char *text, uint8_t *proto)
{
	const struct name *row;
	struct protoent entry, *found = NULL;
	char buf[1024];
	uint64_t number;

	if (num_parse(text, 0, UINT8_MAX, &number)) {
		*proto = (uint8_t)number;
		return true;
	}
	row = name_find(protos, text);
	if (row) {
		*proto = (uint8_t)row->value;
		return true;
	}
	if (getprotobyname_r(text, &entry, buf, sizeof(buf), &found) != 0 || !found ||
	    found->p_proto < 0 || found->p_proto > UINT8_MAX)
		return false;
	*proto = (uint8_t)found->p_proto;
	return true;
}

const char *proto_name_saved(uint8_t proto)
{
	return name_of(protos, proto);
}

const char *proto_name_any(uint8_t proto, char *buf, size_t room)
{
	const char *name = proto_name_saved(proto);
	struct protoent entry, *found = NULL;
	char data[1024];

	if (name)
		return name;
	if (getprotobynumber_r(proto, &entry, data, sizeof(data), &found) != 0 || !found)
		return NULL;
	snprintf(buf, room, "%s", found->p_name);
	return buf;
}

const char *proto_nearest(const char *text)
{
	const char *names[sizeof(protos) / sizeof(protos[0])];
	size_t count = 0;

	for (const struct name *row = protos; row->name; row++)
		names[count++] = row->name;
	return err_nearest(text, names, count);
}

const char *network_name(uint32_t net, char *buf, size_t room)
{
	struct netent entry, *found = NULL;
	char data[1024];
	int h_error;

	if (getnetbyaddr_r(net, AF_INET, &entry, data, sizeof(data), &found,
		&h_error) != 0 || !found)
		return NULL;
	snprintf(buf, room, "%s", found->n_name);
	return buf;
}
