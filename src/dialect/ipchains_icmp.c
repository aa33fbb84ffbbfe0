// SPDX-License-Identifier: GPL-2.0-or-later
/* The ICMP names of ipchains 1.3.10, in the order in which `-h icmp` lists them. */
#include <string.h>
#include <strings.h>

#include "dialect/ipchains.h"

#define ANY(name_, type_) { .name = (name_), .type = (type_), .code = -1 }
#define ALSO(name_, type_) { .name = (name_), .type = (type_), .code = -1, .also = true }
#define ONE(name_, type_, code_) \
	{ .name = (name_), .type = (type_), .code = (code_), .narrows = true }

const struct ipchains_icmp ipchains_icmps[] = {
	ANY("echo-reply", 0), ALSO("pong", 0),
	ANY("destination-unreachable", 3),
	ONE("network-unreachable", 3, 0), ONE("host-unreachable", 3, 1),
	ONE("protocol-unreachable", 3, 2), ONE("port-unreachable", 3, 3),
	ONE("fragmentation-needed", 3, 4), ONE("source-route-failed", 3, 5),
	ONE("network-unknown", 3, 6), ONE("host-unknown", 3, 7),
	ONE("network-prohibited", 3, 9), ONE("host-prohibited", 3, 10),
	ONE("TOS-network-unreachable", 3, 11), ONE("TOS-host-unreachable", 3, 12),
	ONE("communication-prohibited", 3, 13), ONE("host-precedence-violation", 3, 14),
	ONE("precedence-cutoff", 3, 15),
	ANY("source-quench", 4),
	ANY("redirect", 5),
	ONE("network-redirect", 5, 0), ONE("host-redirect", 5, 1),
	ONE("TOS-network-redirect", 5, 2), ONE("TOS-host-redirect", 5, 3),
	ANY("echo-request", 8), ALSO("ping", 8),
	ANY("router-advertisement", 9),
	ANY("router-solicitation", 10),
	ANY("time-exceeded", 11), ALSO("ttl-exceeded", 11),
	ONE("ttl-zero-during-transit", 11, 0), ONE("ttl-zero-during-reassembly", 11, 1),
	ANY("parameter-problem", 12),
	ONE("ip-header-bad", 12, 0), ONE("required-option-missing", 12, 1),
	ANY("timestamp-request", 13),
	ANY("timestamp-reply", 14),
	ANY("address-mask-request", 17),
	ANY("address-mask-reply", 18),
	{ .name = NULL },
};

const struct ipchains_icmp *ipchains_icmp_find(const char *text,
					       const struct ipchains_icmp **other)
{
	const struct ipchains_icmp *found = NULL;

	*other = NULL;
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++) {
		if (!strcasecmp(i->name, text)) {
			*other = NULL;
			return i;
		}
		if (strncasecmp(i->name, text, strlen(text)) != 0)
			continue;
		if (!found)
			found = i;
		else if (!*other)
			*other = i;
	}
	return *text ? found : NULL;
}

void ipchains_help_icmp(struct sink *sink)
{
	sink_str(sink, "Valid ICMP Types:");
	for (const struct ipchains_icmp *i = ipchains_icmps; i->name; i++) {
		if (i->also)
			sink_printf(sink, " (%s)", i->name);
		else
			sink_printf(sink, "\n%s%s", i->narrows ? "   " : "", i->name);
	}
	sink_char(sink, '\n');
}
