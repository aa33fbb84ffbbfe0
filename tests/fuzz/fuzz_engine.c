// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets of strangers through the whole engine: by the first byte, past rules with every match that
 * there is, or with the targets that change packets. A packet is three bytes (what is done with it,
 * and a length) and its bytes, in memory of just that size. What goes on must be a packet still.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/engine.h"
#include "ext/ext.h"
#include "ext/type/types.h"

#include "../unit/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKET_MOST = 1600, KINDS = 3 };

/* First byte of a packet. */
enum { LEAVES = 1, TRACED = 2, ROOMY = 4, CUT = 8, LATER = 16, OTHER_DEVICE = 32, UNLIKELY = 64 };

static const char host_text[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\naddr fd00::1/64 dev eth1\nroute default via 192.0.2.254\n"
	"route default via 2001:db8::2 dev eth0\nforward on\n";

static const char nat4[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"
	"-A PREROUTING -p udp --dport 69 -j CT --helper tftp\nCOMMIT\n"
	"*nat\n-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80\n"
	"-A PREROUTING -p udp -j DNAT --to-destination 10.0.0.6-10.0.0.9:1000-1003\n"
	"-A POSTROUTING -o eth0 -p tcp -j MASQUERADE --to-ports 4000-4001\n"
	"-A POSTROUTING -j SNAT --to-source 10.0.0.1\nCOMMIT\n"
	"*filter\n-A INPUT -p tcp -j REJECT --reject-with tcp-reset\n-A FORWARD -p icmp -j ACCEPT\n"
	"-A FORWARD -m conntrack --ctstate INVALID -j REJECT\nCOMMIT\n";
static const char nat6[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
	"*nat\n-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination [fd00::5]:80\n"
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n";

/* Those that examples name. */
static const char sets_text[] =
	"create hosts hash:ip counters timeout 1\nadd hosts 192.0.2.1\n"
	"create nets hash:net,port\nadd nets 192.0.2.0/24,tcp:80\n"
	"create nets6 hash:net,iface family inet6\nadd nets6 2001:db8::/32,eth wildcard\n"
	"create blocked list:set\nadd blocked hosts\nadd blocked nets\nadd blocked nets6\n"
	"create services hash:ip,port,net\nadd services 192.0.2.1,udp:53,10.0.0.0/8\n"
	"create seen hash:ip,mac\nadd seen 192.0.2.1,02:11:22:33:44:55\n"
	"create ways bitmap:port range 0-100\nadd ways 80\n";

static struct ruleset rules[KINDS];
static struct host host;
static struct ipsets sets;

static bool is_of(const struct ext *ext, int kind)
{
	return kind == 0 ? ext->kind == EXT_MATCH :
	       ext->kind == EXT_TARGET && ext->effect == EFFECT_COUNTS && ext->tables != TABLE_NAT;
}

/* A rule of its own is tried first: some stand nowhere in these chains. */
static void add_example(struct sink *text, enum family family, const char *rule)
{
	AUTO_RULESET alone = RULESET_INIT;
	AUTO_SINK one = SINK_MEMORY;

	sink_printf(&one, "*mangle\n-A FORWARD %s\n-A INPUT %s\nCOMMIT\n", rule, rule);
	if (!load_rules(&alone, family, sink_text(&one)))
		sink_printf(text, "-A FORWARD %s\n-A INPUT %s\n", rule, rule);
}

/* Each example of each extension of a kind. */
static void load_examples(struct ruleset *rs, int kind, enum family family)
{
	AUTO_SINK text = SINK_MEMORY;
	const struct ext *ext;

	sink_str(&text, "*mangle\n");
	for (size_t n = 0; (ext = ext_nth(n)) != NULL; n++)
		for (const struct example *x = is_of(ext, kind) && ext_is_for(ext, family) ?
		     ext->examples : NULL; x && x->rule; x++)
			if (!x->families || x->families & ext_family_bit(family))
				add_example(&text, family, x->rule);
	sink_str(&text, "COMMIT\n");
	if (load_rules(rs, family, sink_text(&text)))
		abort();
}

static void set_up(void)
{
	struct err err = ERR_INIT;

	set_names_use(&set_names_given);
	for (int kind = 0; kind < 2; kind++) {
		load_examples(&rules[kind], kind, FAMILY_IPV4);
		load_examples(&rules[kind], kind, FAMILY_IPV6);
	}
	if (load_rules(&rules[2], FAMILY_IPV4, nat4) || load_rules(&rules[2], FAMILY_IPV6, nat6) ||
	    host_parse(&host, host_text, strlen(host_text), &err) ||
	    ipsets_parse(&sets, sets_text, strlen(sets_text), &err))
		abort();
}

static void look(void *context, const struct event *event)
{
	AUTO_SINK seen = SINK_MEMORY;

	(void)context;
	if (event->kind == EVENT_RULE && event->answer == ANSWER_NO && event->test)
		event_print_seen(&seen, event);
}

static enum answer decide(void *context, const struct unknown *unknown)
{
	(void)unknown;
	return *(const uint8_t *)context & UNLIKELY ? ANSWER_NO : ANSWER_YES;
}

static void run_one(struct engine *engine, uint64_t *now, uint8_t how, const uint8_t *data,
		    size_t len)
{
	const struct trace trace = { .event = look };
	size_t room = how & ROOMY ? PACKET_MOST : len;
	uint8_t *bytes = malloc(room + !room);
	struct packet packet = { 0 }, after = { 0 };
	struct outcome outcome;
	struct input input = {
		.packet = &packet, .decide = decide, .context = &how,
		.trace = how & TRACED ? &trace : NULL,
		.meta = { .known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE },
	};

	if (!bytes)
		abort();
	memcpy(bytes, data, len);
	if (!(how & LEAVES))
		strcpy(input.meta.in, how & OTHER_DEVICE ? "eth1" : "eth0");
	*now += how & LATER ? UINT64_C(40000000000) : 1000000;
	input.now = *now;
	engine_world(engine)->time_known = how & LATER;
	input.flaw = packet_parse(&packet, bytes, len, room);
	engine_run(engine, &input, &outcome);
	if (outcome.fate <= FATE_SENT &&
	    packet_parse(&after, packet.bytes, packet.captured, packet.room) != PACKET_GOOD)
		abort();
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	AUTO_ENGINE *engine = NULL;
	struct engine_config config = {
		.host = &host, .sets = &sets,
		.limits = { .connections = 8, .expectations = 2, .fragments = 2 },
	};
	struct err err = ERR_INIT;
	uint64_t now = 1000000000;
	size_t at = 1;

	if (!ready)
		set_up();
	ready = true;
	if (size < 4)
		return 0;
	config.rules = &rules[data[0] % KINDS];
	/* An index takes most of the time that an engine takes to be made. */
	config.linear = !(data[0] & 128);
	if (engine_open(&engine, &config, &err) < 0)
		abort();
	for (int n = 0; n < 16 && at + 3 < size; n++) {
		size_t len = ((size_t)data[at + 1] << 8 | data[at + 2]) % PACKET_MOST;
		uint8_t how = data[at];

		at += 3;
		if (len > size - at)
			len = size - at;
		run_one(engine, &now, how, data + at, len);
		at += len;
	}
	return 0;
}
