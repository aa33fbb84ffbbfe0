// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In steady state nothing is allocated per packet: connections that come and go, NAT, fragments that
 * are put together, FTP commands that grow, matches with state. Every malloc of the program is
 * counted, those of the C library, too.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "engine/engine.h"
#include "net/cut.h"

#include "load.h"

static unsigned long allocations;

/* A sanitizer brings an allocator of its own, which must not be replaced: traffic only, then. */
#if defined(__SANITIZE_ADDRESS__)
enum { CAN_COUNT = 0 };
#else
enum { CAN_COUNT = 1 };
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
	allocations++;
	return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	allocations++;
	return __libc_memalign(alignment, size);
}
#endif

enum {
	ROOM = 4096, BIG = 3000, ROUNDS = 200, FLOWS = 8,
	SYN = 2, SYN_ACK = 0x12, ACK = 0x10, PSH_ACK = 0x18, FIN_ACK = 0x11,
};

static const char gateway[] =
	"link eth0\nlink eth1\naddr 192.0.2.1/24 dev eth0\naddr 10.0.0.1/8 dev eth1\n"
	"addr 2001:db8::1/64 dev eth0\naddr fd00::1/64 dev eth1\n"
	"route default via 192.0.2.254\nroute ::/0 via 2001:db8::ff dev eth0\nforward on\n";

/* From eth1 all goes out; from eth0 comes what belongs to it, and port 8080. */
static const char rules4[] =
	"*raw\n-A PREROUTING -p tcp --dport 21 -j CT --helper ftp\nCOMMIT\n"
	"*mangle\n-A PREROUTING -m hashlimit --hashlimit-above 90000/sec --hashlimit-name all "
	"--hashlimit-mode srcip -j DROP\n-A PREROUTING -m recent --name seen --set\n"
	"-A FORWARD -m conntrack --ctstate NEW -m connlimit --connlimit-above 60000 -j DROP\n"
	"-A FORWARD -m limit --limit 1/s -j MARK --set-mark 2\n"
	"-A FORWARD -m quota --quota 100000 -j TOS --set-tos 4\nCOMMIT\n"
	"*nat\n-A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 10.0.0.5:80\n"
	"-A POSTROUTING -o eth0 -j MASQUERADE\nCOMMIT\n"
	"*filter\n:FORWARD DROP\n-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
	"-A FORWARD -i eth1 -j ACCEPT\n-A FORWARD -d 10.0.0.5 -p tcp --dport 80 -j ACCEPT\n"
	"COMMIT\n";
static const char rules6[] =
	"*filter\n:FORWARD DROP\n-A FORWARD -i eth1 -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n";

struct traffic {
	struct ruleset rules;
	struct host host;
	struct engine *engine;
	uint64_t now;
	struct packet packet;		/* as it left */
	uint8_t bytes[ROOM];
	struct outcome outcome;
	unsigned related;		/* packets that were */
};

static void run(struct traffic *t, const char *in)
{
	struct input input = {
		.packet = &t->packet, .now = t->now,
		.meta = { .known = KNOWN_IN | KNOWN_MARK },
	};

	strcpy(input.meta.in, in);
	t->now += UINT64_C(1000000);
	engine_run(t->engine, &input, &t->outcome);
	t->related += t->outcome.ct.state == CONN_RELATED;
}

static union inet_addr addr4(uint32_t number)
{
	union inet_addr addr = { 0 };

	addr.v4 = htonl(number);
	return addr;
}

static void run_spec(struct traffic *t, const char *in, const struct packet_spec *spec)
{
	assert_true(packet_build(&t->packet, spec, t->bytes, ROOM) > 0);
	run(t, in);
}

static void pass(struct traffic *t, const char *in, const struct packet_spec *spec)
{
	run_spec(t, in, spec);
	if (t->outcome.fate != FATE_FORWARDED)
		fail_msg("from %s, protocol %u, port %u: %s, by %s", in, spec->proto, spec->dport,
			 t->outcome.why ? t->outcome.why : "dropped",
			 t->outcome.chain ? t->outcome.chain->name : "none");
}

/* What answers the packet as it left. */
static struct packet_spec answer_to(const struct packet *packet, uint8_t flags)
{
	const uint8_t *h = packet_transport(packet, 8);
	struct packet_spec spec = { .family = packet->family, .proto = packet->proto,
				    .tcp_flags = flags };

	assert_non_null(h);
	memcpy(&spec.saddr, packet_daddr(packet), addr_len(spec.family));
	memcpy(&spec.daddr, packet_saddr(packet), addr_len(spec.family));
	spec.sport = ntohs(packet_be16(h + 2));
	spec.dport = ntohs(packet_be16(h));
	return spec;
}

/* A question from inside, its answer, and an ICMP error that quotes the question as it left. */
static void udp(struct traffic *t, uint32_t client, uint16_t port)
{
	uint8_t quoted[ROOM];
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = IPPROTO_UDP, .saddr = addr4(client),
		.daddr = addr4(0xc6336407), .sport = port, .dport = 53,
	}, error = {
		.family = FAMILY_IPV4, .proto = IPPROTO_ICMP, .saddr = addr4(0xc6336407),
		.daddr = addr4(0xc0000201), .icmp_type = 3, .icmp_code = 3, .payload = quoted,
	}, answer;

	pass(t, "eth1", &spec);
	assert_int_equal(ntohl(*(const be32 *)packet_saddr(&t->packet)), 0xc0000201);
	answer = answer_to(&t->packet, 0);
	error.payload_len = t->packet.len;
	memcpy(quoted, t->packet.bytes, t->packet.len);
	pass(t, "eth0", &answer);
	pass(t, "eth0", &error);
}

/* A connection from outside to the forwarded port, from SYN to FIN. */
static void tcp(struct traffic *t, uint32_t client, uint16_t port)
{
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = IPPROTO_TCP, .saddr = addr4(client),
		.daddr = addr4(0xc0000201), .sport = port, .dport = 8080, .tcp_flags = SYN,
		.seq = 1000,
	}, answer;

	pass(t, "eth0", &spec);
	assert_int_equal(ntohl(*(const be32 *)packet_daddr(&t->packet)), 0x0a000005);
	answer = answer_to(&t->packet, SYN_ACK);
	answer.seq = 5000;
	answer.ack = 1001;
	pass(t, "eth1", &answer);
	spec.tcp_flags = ACK;
	spec.seq = answer.ack;
	spec.ack = 5001;
	pass(t, "eth0", &spec);
	answer.tcp_flags = FIN_ACK;
	answer.seq = 5001;
	pass(t, "eth1", &answer);
}

/* Active FTP from inside: the command grows under NAT, the data connection is RELATED. */
static void ftp(struct traffic *t, uint32_t client, uint16_t port)
{
	static const char user[] = "USER a\r\n", command[] = "PORT 10,0,0,9,78,32\r\n";
	struct packet_spec spec = {
		.family = FAMILY_IPV4, .proto = IPPROTO_TCP, .saddr = addr4(client),
		.daddr = addr4(0xc6336407), .sport = port, .dport = 21, .tcp_flags = SYN,
		.seq = 1000,
	}, answer, data;
	uint32_t len;

	pass(t, "eth1", &spec);
	answer = answer_to(&t->packet, SYN_ACK);
	answer.seq = 5000;
	answer.ack = 1001;
	pass(t, "eth0", &answer);
	spec.tcp_flags = ACK;
	spec.seq = answer.ack;
	spec.ack = 5001;
	pass(t, "eth1", &spec);
	/* The first line tells where the second begins. */
	spec.tcp_flags = PSH_ACK;
	spec.payload = (const uint8_t *)user;
	spec.payload_len = sizeof(user) - 1;
	pass(t, "eth1", &spec);
	spec.seq += spec.payload_len;
	spec.payload = (const uint8_t *)command;
	spec.payload_len = sizeof(command) - 1;
	pass(t, "eth1", &spec);
	len = t->packet.len - t->packet.transport - 20;
	assert_int_not_equal(len, sizeof(command) - 1);
	data = answer_to(&t->packet, SYN);
	data.sport = port;
	data.dport = 78 * 256 + 32;
	data.seq = 9000;
	pass(t, "eth0", &data);
	assert_int_equal(t->outcome.ct.state, CONN_RELATED);
}

/* A fragment on its way; the last one makes the datagram whole. */
struct pieces {
	struct traffic *traffic;
	unsigned held, forwarded;
};

static int send_piece(void *context, const struct packet *piece)
{
	struct pieces *p = context;
	struct traffic *t = p->traffic;
	uint8_t bytes[ROOM];

	memcpy(bytes, piece->bytes, piece->len);
	assert_int_equal(packet_parse(&t->packet, bytes, piece->len, sizeof(bytes)), PACKET_GOOD);
	run(t, "eth1");
	p->held += t->outcome.fate == FATE_HELD;
	p->forwarded += t->outcome.fate == FATE_FORWARDED;
	return 0;
}

static void fragments(struct traffic *t, enum family family, uint32_t id)
{
	static uint8_t payload[BIG], whole[ROOM], piece[ROOM];
	struct packet_spec spec = {
		.family = family, .proto = IPPROTO_UDP, .sport = (uint16_t)(2000 + id),
		.dport = 9, .fragment_id = id, .payload = payload, .payload_len = BIG,
	};
	struct pieces pieces = { .traffic = t };
	struct packet packet;

	if (family == FAMILY_IPV4) {
		spec.saddr = addr4(0x0a000007);
		spec.daddr = addr4(0xc6336407);
	} else {
		assert_true(addr_parse(family, "fd00::7", &spec.saddr));
		assert_true(addr_parse(family, "2001:db8:1::7", &spec.daddr));
	}
	assert_true(packet_build(&packet, &spec, whole, ROOM) > 0);
	assert_int_equal(packet_cut(&packet, 1280, id, piece, sizeof(piece), send_piece, &pieces),
			 0);
	assert_int_equal(pieces.held, 2);
	assert_int_equal(pieces.forwarded, 1);
}

/* Ten seconds of all of it; what came before runs out meanwhile. */
static void round_of(struct traffic *t, uint32_t round)
{
	for (uint32_t i = 0; i < FLOWS; i++) {
		uint16_t port = (uint16_t)(1024 + (round * FLOWS + i) % 60000);

		udp(t, 0x0a000100 + round, port);
		tcp(t, 0xcb007100 + i, port);
		fragments(t, FAMILY_IPV4, round * FLOWS + i);
		fragments(t, FAMILY_IPV6, round * FLOWS + i);
	}
	ftp(t, 0x0a000009, (uint16_t)(1024 + round));
	t->now += 10 * UINT64_C(1000000000);
}

static void nothing_is_allocated(void **state)
{
	static struct traffic t;
	const struct engine_config config = {
		.rules = &t.rules, .host = &t.host, .keep_counters = true,
		.limits = { .connections = 4096, .expectations = 16, .fragments = 8 },
	};
	struct err err = ERR_INIT;
	unsigned long before;

	(void)state;
	t.now = 1000 * UINT64_C(1000000000);
	assert_int_equal(load_rules(&t.rules, FAMILY_IPV4, rules4), 0);
	assert_int_equal(load_rules(&t.rules, FAMILY_IPV6, rules6), 0);
	assert_int_equal(host_parse(&t.host, gateway, strlen(gateway), &err), 0);
	assert_int_equal(engine_open(&t.engine, &config, &err), 0);
	before = allocations;
	round_of(&t, 0);
	/* Tables that rules share are made when their first packet comes. */
	assert_true(allocations > before || !CAN_COUNT);
	before = allocations;
	for (uint32_t round = 1; round < ROUNDS; round++)
		round_of(&t, round);
	assert_int_equal(allocations, before);
	assert_true(t.related >= ROUNDS * (FLOWS + 1));
	/* Many more came than there is room for: they went again. */
	assert_int_equal(conntrack_counts(engine_conntrack(t.engine))->refused, 0);
	engine_close(&t.engine);
	ruleset_free(&t.rules);
	host_free(&t.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_allocated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
