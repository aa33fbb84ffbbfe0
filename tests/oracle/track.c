// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets in hexadecimal, a line each, forwarded through connection tracking; prints for each what the
 * kernel's tools would show: its state, the seconds its connection has left, "assured". A line "new"
 * begins with empty tables. For tests/kernel/test_tracking.py.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/conntrack.h"

enum { PACKET_MOST = 4096 };

static const uint64_t second = 1000000000;

static size_t read_hex(const char *line, uint8_t *bytes)
{
	size_t n = 0;
	unsigned byte;

	for (; n < PACKET_MOST && sscanf(line, "%2x", &byte) == 1; line += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

/* "held", "dropped", or what the packet and its connection are. */
static void forward(struct conntrack *ct, struct packet *packet, uint64_t now)
{
	static const char *const states[] = {
		[CONN_INVALID] = "INVALID", [CONN_NEW] = "NEW", [CONN_RELATED] = "RELATED",
		[CONN_ESTABLISHED] = "ESTABLISHED", [CONN_UNTRACKED] = "UNTRACKED",
	};
	const struct world world = { .now = now };
	struct meta meta = { .in = "left", .out = "right", .known = KNOWN_IN };
	struct eval e = {
		.packet = packet, .meta = &meta, .world = &world, .hook = NF_INET_PRE_ROUTING,
		.family = (enum family)packet->family,
	};
	const struct connection *c;

	if (conntrack_defrag(ct, packet, 0, now) != DEFRAG_PASS) {
		puts("gone");
		return;
	}
	if (conntrack_in(ct, &e, NULL) != VERDICT_ACCEPT) {
		conntrack_forget(ct, &e);
		puts("gone");
		return;
	}
	e.hook = NF_INET_POST_ROUTING;
	conntrack_confirm(ct, &e);
	c = e.ct.conn;
	printf("%s %u", states[e.ct.state], packet->len);
	if (c && !(c->status & IPS_DYING))
		printf(" %llu%s", (unsigned long long)((c->expires - now) / second),
		       c->status & IPS_ASSURED ? " assured" : "");
	putchar('\n');
}

int main(void)
{
	struct conntrack *ct = NULL;
	struct err err = ERR_INIT;
	char line[2 * PACKET_MOST + 2];
	uint8_t bytes[PACKET_MOST];
	uint64_t now = 5000 * second;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof(line), stdin)) {
		struct packet packet = { 0 };
		size_t len;

		if (!strncmp(line, "new", 3)) {
			conntrack_close(&ct);
			if (conntrack_open(&ct, NULL, &err) < 0)
				return EXIT_FAILURE;
			continue;
		}
		now += second / 1000;
		len = read_hex(line, bytes);
		if (!ct || packet_parse(&packet, bytes, len, sizeof(bytes)) != PACKET_GOOD)
			puts("gone");
		else
			forward(ct, &packet, now);
	}
	conntrack_close(&ct);
	return EXIT_SUCCESS;
}
