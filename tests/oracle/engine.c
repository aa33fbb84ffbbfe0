// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine as a filter of lines, for tests/kernel/test_engine.py and its neighbours:
 *
 *     oracle-engine RULES4 RULES6 HOST [SETS]     files of iptables-save, of the host's facts, of ipset save
 *     in DEVICE HEX                       a packet that arrives
 *     frame DEVICE MAC HEX                the same with its Ethernet header; MAC is the device's own
 *     out HEX                             one that user 7 sends
 *     drawn NUMBER                        what the kernel's chance drew for the next packet
 *     counters                            each rule's: family, table, chain, number, packets, bytes
 *
 * answers each packet with its fate, the device it leaves through ("-" none), and its bytes then.
 */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "engine/engine.h"
#include "ext/type/types.h"

#include "../unit/load.h"

enum { PACKET_MOST = 4096, FILE_MOST = 1 << 24 };

static char *read_file(const char *path)
{
	char *text = NULL;
	struct err err = ERR_INIT;

	if (file_read(AT_FDCWD, path, FILE_MOST, FILE_FOLLOW, &text, NULL, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(EXIT_FAILURE);
	}
	return text;
}

static size_t read_hex(const char *line, uint8_t *bytes)
{
	size_t n = 0;
	unsigned byte;

	for (; n < PACKET_MOST && sscanf(line, "%2x", &byte) == 1; line += 2)
		bytes[n++] = (uint8_t)byte;
	return n;
}

static uint32_t drawn;

static uint32_t draw(void *context)
{
	(void)context;
	return drawn;
}

static const char *const fates[] = {
	[FATE_DELIVERED] = "delivered", [FATE_FORWARDED] = "forwarded", [FATE_SENT] = "sent",
	[FATE_DROPPED] = "dropped", [FATE_REJECTED] = "rejected", [FATE_STOLEN] = "stolen",
	[FATE_QUEUED] = "queued", [FATE_UNKNOWN] = "unknown", [FATE_HELD] = "held",
};

/* To whom a frame is: PACKET_* of linux/if_packet.h. */
static uint8_t kind_of(const uint8_t *frame, const uint8_t *own)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

	if (!memcmp(frame, all, sizeof(all)))
		return PACKET_BROADCAST;
	if (frame[0] & 1)
		return PACKET_MULTICAST;
	return memcmp(frame, own, 6) != 0 ? PACKET_OTHERHOST : PACKET_HOST;
}

/* `own` NULL: without a header of the link. */
static void judge(struct engine *engine, const struct host *host, const char *device,
		  const uint8_t *own, const char *hex, uint64_t now)
{
	enum { HEADER = 14 };
	static uint8_t room[HEADER + PACKET_MOST + 256];
	uint8_t *bytes = own ? room + HEADER : room;
	size_t len = read_hex(hex, room) - (own ? HEADER : 0);
	struct packet packet = { .link = own ? room : NULL, .link_len = own ? HEADER : 0 };
	struct input input = { .packet = &packet, .now = now };
	const struct device *in = host_device(host, device);
	struct outcome o;

	input.flaw = packet_parse(&packet, bytes, len, PACKET_MOST + 256);
	/* A packet shorter than its header says is none (ip_rcv_core, ip6_rcv_core). */
	if (input.flaw == PACKET_GOOD && packet.captured < packet.len)
		input.flaw = PACKET_SHORT_NETWORK;
	input.meta.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE | KNOWN_PRIORITY | KNOWN_OWNER |
			   KNOWN_LINK;
	snprintf(input.meta.in, sizeof(input.meta.in), "%s", device);
	input.meta.in_group = in ? in->group : 0;
	input.meta.pkttype = own ? kind_of(room, own) : PACKET_HOST;
	input.meta.has_socket = !*device;
	input.meta.uid = input.meta.gid = 7;
	engine_run(engine, &input, &o);
	printf("%s %s ", fates[o.fate], *o.meta.out ? o.meta.out : "-");
	for (uint32_t i = 0; i < packet.len && i < packet.captured; i++)
		printf("%02x", packet.bytes[i]);
	printf(" %s %s %u\n", o.why ? o.why : "", o.chain ? o.chain->name : "", o.number);
}

static void print_counters(const struct ruleset *rs)
{
	for (const struct table *t = rs->first; t; t = t->next)
		for (const struct chain *c = t->first; c; c = c->next) {
			unsigned n = 0, family = t->family == FAMILY_IPV6 ? 6 : 4;

			for (const struct rule *r = c->first; r; r = r->next)
				printf("%u %s %s %u %llu %llu\n", family, t->name, c->name, ++n,
				       (unsigned long long)r->counters.packets,
				       (unsigned long long)r->counters.bytes);
			if (c->policy)
				printf("%u %s %s 0 %llu %llu\n", family, t->name, c->name,
				       (unsigned long long)c->counters.packets,
				       (unsigned long long)c->counters.bytes);
		}
	puts(".");
}

int main(int argc, char **argv)
{
	AUTO_RULESET rules = RULESET_INIT;
	AUTO_HOST host = HOST_INIT;
	AUTO_ENGINE *engine = NULL;
	struct engine_config config = {
		.rules = &rules, .host = &host, .keep_counters = true,
		.linear = getenv("LINEAR") != NULL,
	};
	struct err err = ERR_INIT;
	char line[2 * PACKET_MOST + 64], device[16], mac[16];
	AUTO_IPSETS sets = IPSETS_INIT;
	uint8_t own[6];
	uint64_t now = UINT64_C(5000000000000);
	char *facts;
	int at;

	if (argc != 4 && argc != 5)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_names_use(&set_names_given);
	if (argc == 5) {
		facts = read_file(argv[4]);
		if (ipsets_parse(&sets, facts, strlen(facts), &err) < 0) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
		config.sets = &sets;
	}
	facts = read_file(argv[3]);
	if (load_rules(&rules, FAMILY_IPV4, read_file(argv[1])) ||
	    load_rules(&rules, FAMILY_IPV6, read_file(argv[2])) ||
	    host_parse(&host, facts, strlen(facts), &err) < 0 ||
	    engine_open(&engine, &config, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	engine_world(engine)->random = draw;
	while (fgets(line, sizeof(line), stdin)) {
		now += 1000000;
		if (!strncmp(line, "counters", 8))
			print_counters(&rules);
		else if (!strncmp(line, "drawn ", 6))
			drawn = (uint32_t)strtoul(line + 6, NULL, 10);
		else if (sscanf(line, "in %15s %n", device, &at) == 1)
			judge(engine, &host, device, NULL, line + at, now);
		else if (sscanf(line, "frame %15s %12s %n", device, mac, &at) == 2 &&
			 read_hex(mac, own) == sizeof(own))
			judge(engine, &host, device, own, line + at, now);
		else if (!strncmp(line, "out ", 4))
			judge(engine, &host, "", NULL, line + 4, now);
	}
	return EXIT_SUCCESS;
}
