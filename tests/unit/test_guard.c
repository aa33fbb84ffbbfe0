// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets that end where their memory ends (nobody may touch the page behind it), whole and cut at
 * every byte, honest about their length or not, through the whole engine: fragments, tracking, FTP
 * and TFTP, NAT, matches, answers.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/engine.h"

#include "load.h"

enum { ROOM = 4096, PACKETS = 32, MUTATIONS = 30000 };

static const char rules4[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\n"
	"-A PREROUTING -p udp --dport 69 -j CT --helper tftp\nCOMMIT\n"
	"*mangle\n-A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu\n"
	"-A FORWARD -p tcp -j TCPOPTSTRIP --strip-options timestamp\n"
	"-A FORWARD -m ttl --ttl-gt 1 -j TTL --ttl-dec 1\n"
	"-A FORWARD -m string --string needle --algo bm\n"
	"-A FORWARD -m u32 --u32 \"6&0xFF=0x6 && 0>>22&0x3C@12>>26&0x3C@0=0x1\"\n"
	"-A FORWARD -p tcp --tcp-option 8\n-A FORWARD -p sctp --chunk-types any INIT\n"
	"-A FORWARD -p dccp --dccp-option 32\n-A FORWARD -m ecn --ecn-tcp-cwr -p tcp\nCOMMIT\n"
	"*nat\n-A PREROUTING -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80\n"
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	"*filter\n-A FORWARD -m conntrack --ctstate INVALID -j REJECT\nCOMMIT\n";
static const char rules6[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
	"*nat\n-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	"*mangle\n-A FORWARD -m rt --rt-type 0 --rt-0-addrs fd00::1\n"
	"-A FORWARD -m hbh --hbh-len 8\n"
	"-A FORWARD -m dst --dst-len 8\n-A FORWARD -m frag --fragid 1\n-A FORWARD -m ah --ahspi 1\n"
	"-A FORWARD -p mh -m mh --mh-type 5\n"
	"-A FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu\n"
	"-A FORWARD -j HL --hl-dec 1\nCOMMIT\n"
	"*filter\n-A FORWARD -m conntrack --ctstate INVALID -j REJECT\nCOMMIT\n";
static const char host_text[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\naddr fd00::1/64 dev eth1\nroute default via 192.0.2.254\n"
	"route default via 2001:db8::2 dev eth0\nforward on\n";

struct sample {
	uint8_t bytes[256];
	size_t len;
	bool inside;		/* comes from there */
};

static struct ruleset rules;
static struct host host;
static uint8_t *end;		/* of the memory; behind it nobody may look */
static struct sample samples[PACKETS];
static size_t sample_count;

/* ------------------------------------------------------------------ samples */

static void sample(enum family family, bool inside, struct packet_spec spec)
{
	static const uint8_t in4[4] = { 10, 0, 0, 9 }, out4[4] = { 198, 51, 100, 7 };
	static const uint8_t in6[16] = { 0xfd, [15] = 9 };
	static const uint8_t out6[16] = { 0x20, 1, 0xd, 0xb9, [15] = 7 };
	struct sample *s = &samples[sample_count++];
	struct packet packet = { 0 };
	const uint8_t *in = family == FAMILY_IPV6 ? in6 : in4;
	const uint8_t *out = family == FAMILY_IPV6 ? out6 : out4;
	int n;

	assert_true(sample_count <= PACKETS);
	spec.family = family;
	memcpy(spec.saddr.bytes, inside ? in : out, addr_len(family));
	memcpy(spec.daddr.bytes, inside ? out : in, addr_len(family));
	n = packet_build(&packet, &spec, s->bytes, sizeof(s->bytes));
	assert_true(n > 0);
	s->len = (size_t)n;
	s->inside = inside;
}

#define TEXT(text) .payload = (const uint8_t *)(text), .payload_len = sizeof(text) - 1

static void make_samples(enum family family)
{
	/* Options of TCP would need a builder of their own: the mutations make them. */
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 1025, .dport = 21,
	       .tcp_flags = 2, .seq = 99 });
	sample(family, false, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 21,
	       .dport = 1025, .tcp_flags = 18, .seq = 499, .ack = 100 });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 1025, .dport = 21,
	       .tcp_flags = 24, .seq = 100, .ack = 500, TEXT("USER x\r\n") });
	if (family == FAMILY_IPV6)
		sample(family, true, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 1025,
		       .dport = 21, .tcp_flags = 24, .seq = 108, .ack = 500,
		       TEXT("EPRT |2|fd00::9|51201|\r\n") });
	else
		sample(family, true, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 1025,
		       .dport = 21, .tcp_flags = 24, .seq = 108, .ack = 500,
		       TEXT("PORT 10,0,0,9,200,1\r\n") });
	sample(family, false, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 21,
	       .dport = 1025, .tcp_flags = 24, .seq = 500, .ack = 129, TEXT("220 hello\r\n") });
	sample(family, false, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 21,
	       .dport = 1025, .tcp_flags = 24, .seq = 511, .ack = 129,
	       TEXT("227 Entering Passive Mode (198,51,100,7,4,1)\r\n") });
	sample(family, false, (struct packet_spec){ .proto = IPPROTO_TCP, .sport = 21,
	       .dport = 1025, .tcp_flags = 24, .seq = 557, .ack = 129,
	       TEXT("229 Entering Extended Passive Mode (|||6446|)\r\n") });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_UDP, .sport = 1026, .dport = 69,
	       TEXT("\0\1file\0octet") });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_UDP, .sport = 1027, .dport = 53,
	       TEXT("hayneedle"), .more_fragments = true, .fragment_id = 5 });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_UDP, .fragment = 16,
	       TEXT("hayneedle"), .fragment_id = 5 });
	sample(family, true, (struct packet_spec){
	       .proto = family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
	       .icmp_type = family == FAMILY_IPV6 ? 128 : 8, .icmp_id = 7, TEXT("hello") });
	/* An error about the first sample: its start is what the error carries. */
	sample(family, false, (struct packet_spec){
	       .proto = family == FAMILY_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
	       .icmp_type = family == FAMILY_IPV6 ? 1 : 3, .icmp_code = 3,
	       .payload = samples[sample_count - 11].bytes,
	       .payload_len = family == FAMILY_IPV6 ? 60 : 40 });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_SCTP, .sport = 5, .dport = 6,
	       TEXT("\1\0\0\x14                ") });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_DCCP, .sport = 5, .dport = 6,
	       TEXT("\0\0\0\0  ") });
	sample(family, true, (struct packet_spec){ .proto = IPPROTO_AH,
	       TEXT("\6\1\0\0\0\0\0\1\0\0\0\1 ") });
}

static int set_up(void **state)
{
	struct err err = ERR_INIT;
	uint8_t *pages = mmap(NULL, 2 * ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);

	(void)state;
	if (pages == MAP_FAILED || mprotect(pages + ROOM, ROOM, PROT_NONE))
		return -1;
	end = pages + ROOM;
	make_samples(FAMILY_IPV4);
	make_samples(FAMILY_IPV6);
	return load_rules(&rules, FAMILY_IPV4, rules4) || load_rules(&rules, FAMILY_IPV6, rules6) ||
	       host_parse(&host, host_text, strlen(host_text), &err);
}

static int tear_down(void **state)
{
	(void)state;
	ruleset_free(&rules);
	host_free(&host);
	munmap(end - ROOM, 2 * ROOM);
	return 0;
}

/* ------------------------------------------------------------------ running */

static void look(void *context, const struct event *event)
{
	AUTO_SINK text = SINK_MEMORY;

	(void)context;
	if (event->kind == EVENT_RULE && event->test)
		event_print_seen(&text, event);
}

/* Bytes at the very end of the memory; true when the packet went on. */
static bool run(struct engine *engine, const uint8_t *bytes, size_t len, bool inside, uint64_t now)
{
	const struct trace trace = { .event = look };
	struct packet packet = { 0 }, after = { 0 };
	struct outcome outcome;
	struct input input = {
		.packet = &packet, .now = now, .trace = now & 1 ? &trace : NULL,
		.meta = { .known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE },
	};
	uint8_t *at = end - len;

	memcpy(at, bytes, len);
	strcpy(input.meta.in, inside ? "eth1" : "eth0");
	input.flaw = packet_parse(&packet, at, len, len);
	engine_run(engine, &input, &outcome);
	if (outcome.fate > FATE_SENT)
		return false;
	/* Whatever was changed: it is a packet still. */
	assert_int_equal(packet_parse(&after, packet.bytes, packet.captured, packet.room),
			 PACKET_GOOD);
	return true;
}

static void open_engine(struct engine **engine)
{
	const struct engine_config config = {
		.rules = &rules, .host = &host,
		.limits = { .connections = 64, .expectations = 4, .fragments = 4 },
	};
	struct err err = ERR_INIT;

	assert_int_equal(engine_open(engine, &config, &err), 0);
}

/* The header says what is there. */
static void make_honest(uint8_t *bytes, size_t len)
{
	be16 sum;

	if (bytes[0] >> 4 == 6) {
		bytes[4] = (uint8_t)((len - 40) >> 8);
		bytes[5] = (uint8_t)(len - 40);
		return;
	}
	bytes[2] = (uint8_t)(len >> 8);
	bytes[3] = (uint8_t)len;
	memset(bytes + 10, 0, 2);
	sum = checksum_finish(checksum_add(0, bytes, 20));
	memcpy(bytes + 10, &sum, 2);
}

/* And so does the checksum of the transport header, or tracking would look no further. */
static void make_valid(uint8_t *bytes, size_t len)
{
	struct packet p = { 0 };
	uint8_t *h;
	be16 sum;
	size_t at;

	if (packet_parse(&p, bytes, len, len) != PACKET_GOOD || !packet_checksum(&p, &sum))
		return;
	at = p.proto == IPPROTO_TCP || p.proto == IPPROTO_DCCP ? 16 :
	     p.proto == IPPROTO_UDP ? 6 : 2;
	h = p.proto == IPPROTO_SCTP ? NULL : packet_transport(&p, at + 2);
	if (h)
		memcpy(h + at, &sum, 2);
}

/* All samples up to one, so that it finds the connections it belongs to; that one cut to `len`. */
static bool run_cut(size_t which, size_t len, bool honest)
{
	AUTO_ENGINE *engine = NULL;
	uint8_t bytes[sizeof(samples->bytes)];
	uint64_t now = 1000000000 + len;

	open_engine(&engine);
	for (size_t i = 0; i < which; i++)
		run(engine, samples[i].bytes, samples[i].len, samples[i].inside, now += 1000);
	memcpy(bytes, samples[which].bytes, len);
	if (honest)
		make_honest(bytes, len);
	return run(engine, bytes, len, samples[which].inside, now);
}

static void whole_and_cut(void **state)
{
	size_t passed = 0;

	(void)state;
	for (size_t i = 0; i < sample_count; i++) {
		size_t head = samples[i].bytes[0] >> 4 == 6 ? 40 : 20;

		passed += run_cut(i, samples[i].len, false);
		for (size_t len = 0; len < samples[i].len; len++) {
			run_cut(i, len, false);
			if (len >= head)
				run_cut(i, len, true);
		}
	}
	/* Most of them are packets that pass. */
	assert_true(passed > sample_count / 2);
}

/* Some bytes of a sample are others. */
static void mutated(void **state)
{
	AUTO_ENGINE *engine = NULL;
	size_t passed = 0;

	(void)state;
	open_engine(&engine);
	srandom(4);
	for (uint64_t n = 1; n <= MUTATIONS; n++) {
		const struct sample *s = &samples[(size_t)random() % sample_count];
		uint8_t bytes[sizeof(s->bytes)];
		size_t len = s->len, head = s->bytes[0] >> 4 == 6 ? 40 : 20;

		memcpy(bytes, s->bytes, len);
		for (int i = (int)(random() % 4); i >= 0; i--)
			bytes[(size_t)random() % len] = (uint8_t)random();
		bytes[0] = s->bytes[0];
		if (random() % 8 == 0)
			len = head + (size_t)random() % (len - head + 1);
		make_honest(bytes, len);
		if (n % 4)
			make_valid(bytes, len);
		passed += run(engine, bytes, len, s->inside, 1000000000 + n * 1000000);
	}
	assert_true(passed > MUTATIONS / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_and_cut), cmocka_unit_test(mutated),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
