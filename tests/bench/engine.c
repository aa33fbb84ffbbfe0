// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same packets through our engine and through the kernel's filter, for tests/bench/engine.py:
 *
 *     bench-engine engine RULES [linear]    RULES: a file of iptables-save
 *     bench-engine kernel TUN               written to a TUN device of this name, which is made
 *
 * UDP from FLOWS senders to port 53 of 10.9.0.1, none answered: each packet is looked up among the
 * connections and passes all rules. Prints nanoseconds of processor time a packet, the median of ROUNDS.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/engine.h"

#include "../unit/load.h"

enum {
	FLOWS = 1024, LEN = 28 + 32, ROOM = 128, ROUNDS = 5, ROUND_NS = 200000000,
	FILE_MOST = 1 << 28,
};

static uint8_t packets[FLOWS][ROOM];

/* Of this process only: others run on the machine, too. */
static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void make_packets(void)
{
	static const uint8_t payload[32] = "the same question, every time";

	for (unsigned i = 0; i < FLOWS; i++) {
		struct packet_spec spec = {
			.family = FAMILY_IPV4, .proto = IPPROTO_UDP, .dport = 53,
			.sport = (uint16_t)(1024 + i * 7), .payload = payload,
			.payload_len = sizeof(payload),
		};
		struct packet packet = { 0 };

		spec.saddr.v4 = htonl(0x0a090100 + i);
		spec.daddr.v4 = htonl(0x0a090001);
		if (packet_build(&packet, &spec, packets[i], ROOM) != LEN)
			abort();
	}
}

/* Sends each flow's packet once. */
typedef void sweep_function(void *context);

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double measure(sweep_function *sweep, void *context)
{
	double rounds[ROUNDS];

	sweep(context);
	for (unsigned r = 0; r < ROUNDS; r++) {
		uint64_t start = clock_ns(), now = start, sweeps = 0;

		while (now - start < ROUND_NS) {
			sweep(context);
			sweeps++;
			now = clock_ns();
		}
		rounds[r] = (double)(now - start) / (double)(sweeps * FLOWS);
	}
	qsort(rounds, ROUNDS, sizeof(*rounds), by_value);
	return rounds[ROUNDS / 2];
}

/* ------------------------------------------------------------------ the engine */

static uint64_t now_ns = 1000000000000, accepted;

static void sweep_engine(void *context)
{
	for (unsigned i = 0; i < FLOWS; i++) {
		struct packet packet = { 0 };
		struct input input = { .packet = &packet, .now = now_ns += 100 };
		struct outcome outcome;

		input.flaw = packet_parse(&packet, packets[i], LEN, ROOM);
		input.meta.known = KNOWN_IN | KNOWN_MARK | KNOWN_PKTTYPE;
		memcpy(input.meta.in, "tun0", 5);
		engine_run(context, &input, &outcome);
		accepted += outcome.fate == FATE_DELIVERED;
	}
}

static int run_engine(const char *path, bool linear)
{
	static const char facts[] = "link tun0\naddr 10.9.0.1/16 dev tun0\n";
	AUTO_RULESET rules = RULESET_INIT;
	AUTO_HOST host = HOST_INIT;
	AUTO_ENGINE *engine = NULL;
	AUTO_FREE char *text = NULL;
	const struct engine_config config = {
		.rules = &rules, .host = &host, .linear = linear, .keep_counters = true,
	};
	struct err err = ERR_INIT;
	double ns;

	if (file_read(AT_FDCWD, path, FILE_MOST, FILE_FOLLOW, &text, NULL, &err) < 0 ||
	    load_rules(&rules, FAMILY_IPV4, text) ||
	    host_parse(&host, facts, strlen(facts), &err) < 0 ||
	    engine_open(&engine, &config, &err) < 0) {
		fprintf(stderr, "bench-engine: %s\n", err.text);
		return 1;
	}
	ns = measure(sweep_engine, engine);
	if (!accepted || conntrack_counts(engine_conntrack(engine))->connections != FLOWS) {
		fprintf(stderr, "bench-engine: the packets do not pass\n");
		return 1;
	}
	printf("%.1f\n", ns);
	return 0;
}

/* ------------------------------------------------------------------ the kernel */

static void sweep_kernel(void *context)
{
	const int *fd = context;

	for (unsigned i = 0; i < FLOWS; i++)
		if (write(*fd, packets[i], LEN) != LEN)
			abort();
}

/* A server that never reads: what its small buffer does not hold is thrown away. */
static int open_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), least = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) < 0 ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	return fd;
}

/* 10.9.0.1/16, and up. */
static int address(const char *name)
{
	struct ifreq request = { 0 };
	struct sockaddr_in *at = (void *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), r = -1;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	at->sin_family = AF_INET;
	at->sin_addr.s_addr = htonl(0x0a090001);
	if (fd >= 0 && ioctl(fd, SIOCSIFADDR, &request) == 0) {
		at->sin_addr.s_addr = htonl(0xffff0000);
		r = ioctl(fd, SIOCSIFNETMASK, &request);
		request.ifr_flags = IFF_UP | IFF_RUNNING;
		r = r ? r : ioctl(fd, SIOCSIFFLAGS, &request);
	}
	if (fd >= 0)
		close(fd);
	return r;
}

static int run_kernel(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 || address(name) < 0 ||
	    open_server() < 0) {
		perror("bench-engine");
		return 1;
	}
	printf("%.1f\n", measure(sweep_kernel, &fd));
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	make_packets();
	if (argc >= 3 && !strcmp(argv[1], "engine"))
		return run_engine(argv[2], argc > 3);
	if (argc == 3 && !strcmp(argv[1], "kernel"))
		return run_kernel(argv[2]);
	fprintf(stderr, "usage: bench-engine engine RULES [linear] | kernel TUN\n");
	return 2;
}
