// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters, addresses and ports in the columns of ipchains and ipfwadm; their complaints. */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dialect/old.h"
#include "net/names.h"

void old_print_count(struct sink *s, uint64_t n, int width, bool exact)
{
	static const char units[] = "KMG";
	const char *unit = units;

	if (exact || n <= 99999) {
		sink_printf(s, "%*llu ", width, (unsigned long long)n);
		return;
	}
	for (n = (n + 500) / 1000; n > 9999 && unit[1]; unit++)
		n = (n + 500) / 1000;
	sink_printf(s, "%*llu%c ", width - 1, (unsigned long long)n, *unit);
}

void old_print_network(struct sink *s, const struct network *net, bool numeric)
{
	int prefix = addr_prefix_len(FAMILY_IPV4, &net->mask);
	char name[256];

	if (!prefix) {
		sink_str(s, numeric ? "0.0.0.0/0" : "anywhere");
		return;
	}
	if (!numeric && addr_name(FAMILY_IPV4, &net->addr, name, sizeof(name)))
		sink_str(s, name);
	else if (!numeric && network_name(ntohl(net->addr.v4), name, sizeof(name)))
		sink_str(s, name);
	else
		addr_print(s, FAMILY_IPV4, &net->addr);
	addr_print_mask(s, FAMILY_IPV4, &net->mask, false);
}

void old_print_address(struct sink *s, const struct network *net, bool numeric)
{
	size_t start = s->len;

	old_print_network(s, net, numeric);
	sink_pad(s, start, 20);
}

void old_print_port(struct sink *s, uint16_t port, uint8_t proto, bool numeric)
{
	const char *name = NULL;
	char buf[64];

	if (!numeric && proto != IPPROTO_ICMP)
		name = service_name(port, proto == IPPROTO_TCP ? "tcp" : "udp", buf, sizeof(buf));
	if (name)
		sink_str(s, name);
	else
		sink_u64(s, port);
}

int old_bad(struct err *err, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return err_set(err, ERR_SYNTAX, PLACE_NONE, "%s", text);
}

size_t old_split(struct arena *arena, const char *text, const char **items, size_t most)
{
	char *p = arena_strdup(arena, text);
	size_t count = 0;

	while (*p && count < most) {
		items[count++] = p;
		p += strcspn(p, " ");
		if (*p)
			*p++ = '\0';
	}
	return *p ? 0 : count;
}
