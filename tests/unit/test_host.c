// SPDX-License-Identifier: GPL-2.0-or-later
/* The model of a host: from text and back, and what routing makes of addresses. */
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/host.h"
#include "net/host.h"

static const char text[] =
	"# a gateway\n"
	"link eth0 group 7 mtu 1400\n"
	"link eth1\n"
	"link eth2 down\n"
	"addr 192.0.2.1/24 dev eth0\n"
	"addr 192.0.2.2/24 dev eth0 secondary\n"
	"addr 10.0.0.1/8 dev eth1 broadcast 10.0.0.255\n"
	"addr 2001:db8::1/64 dev eth0\n"
	"addr 198.51.100.1/24 dev eth2\n"
	"route default via 192.0.2.254\n"
	"route 10.1.0.0/16 dev eth0 metric 10\n"
	"route 10.1.0.0/16 dev eth1 metric 5 realm 3\n"
	"route blackhole 203.0.113.0/24\n"
	"route ::/0 via 2001:db8::ff dev eth0 src 2001:db8::1\n"
	"forward on 4\n";

/* What route_of says of an address: type, device, source. */
static void routed(const struct host *host, const char *dst, int type, const char *device,
		   const char *source)
{
	enum family family = strchr(dst, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	union inet_addr addr = { 0 }, want = { 0 };
	struct route_answer answer;

	assert_true(addr_parse(family, dst, &addr));
	if (type < 0) {
		assert_false(host_route(host, family, &addr, &answer));
		return;
	}
	assert_true(host_route(host, family, &addr, &answer));
	assert_int_equal(answer.type, type);
	assert_string_equal(answer.device ? answer.device->name : "", device);
	assert_true(!*source || addr_parse(family, source, &want));
	assert_memory_equal(&answer.source, &want, sizeof(want));
}

static void routes(void **state)
{
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(host_parse(&host, text, strlen(text), &err), 0);
	assert_true(host.forwards4 && !host.forwards6);
	routed(&host, "192.0.2.77", RTN_UNICAST, "eth0", "192.0.2.1");
	routed(&host, "192.0.2.2", RTN_LOCAL, "lo", "192.0.2.2");
	routed(&host, "192.0.2.255", RTN_BROADCAST, "eth0", "192.0.2.1");
	routed(&host, "127.1.2.3", RTN_LOCAL, "lo", "127.1.2.3");
	routed(&host, "8.8.8.8", RTN_UNICAST, "eth0", "192.0.2.1");
	routed(&host, "10.1.2.3", RTN_UNICAST, "eth1", "10.0.0.1");
	routed(&host, "10.2.2.3", RTN_UNICAST, "eth1", "10.0.0.1");
	routed(&host, "203.0.113.9", RTN_BLACKHOLE, "", "");
	/* What a device that is down leads to, something else may. */
	routed(&host, "198.51.100.9", RTN_UNICAST, "eth0", "192.0.2.1");
	routed(&host, "2001:db8::77", RTN_UNICAST, "eth0", "2001:db8::1");
	routed(&host, "2001:db8::1", RTN_LOCAL, "lo", "2001:db8::1");
	routed(&host, "2001:db8:5::1", RTN_UNICAST, "eth0", "2001:db8::1");
	routed(&host, "ff02::1", RTN_MULTICAST, "eth0", "2001:db8::1");
}

static void no_route(void **state)
{
	static const char lonely[] = "link eth0\naddr 192.0.2.1/32 dev eth0\n";
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(host_parse(&host, lonely, strlen(lonely), &err), 0);
	routed(&host, "192.0.2.2", -1, "", "");
	routed(&host, "2001:db8::1", -1, "", "");
}

static int type_of(const struct host *host, const char *text_addr, const char *device)
{
	enum family family = strchr(text_addr, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	union inet_addr addr = { 0 };

	assert_true(addr_parse(family, text_addr, &addr));
	return host_addr_type(host, family, &addr, device ? host_device(host, device) : NULL);
}

static void types_of_addresses(void **state)
{
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(type_of(&host, "192.0.2.1", NULL), -1);
	assert_int_equal(host_parse(&host, text, strlen(text), &err), 0);
	assert_int_equal(type_of(&host, "192.0.2.1", NULL), RTN_LOCAL);
	assert_int_equal(type_of(&host, "192.0.2.1", "eth0"), RTN_LOCAL);
	assert_int_equal(type_of(&host, "192.0.2.1", "eth1"), RTN_UNICAST);
	assert_int_equal(type_of(&host, "10.0.0.255", NULL), RTN_BROADCAST);
	assert_int_equal(type_of(&host, "10.255.255.255", NULL), RTN_UNICAST);
	assert_int_equal(type_of(&host, "255.255.255.255", NULL), RTN_BROADCAST);
	assert_int_equal(type_of(&host, "224.0.0.1", NULL), RTN_MULTICAST);
	/* Only the local table is asked. */
	assert_int_equal(type_of(&host, "203.0.113.1", NULL), RTN_UNICAST);
	assert_int_equal(type_of(&host, "2001:db8::1", NULL), RTN_LOCAL);
	assert_int_equal(type_of(&host, "2001:db8::1", "eth1"), RTN_UNICAST);
	assert_int_equal(type_of(&host, "ff02::1", NULL), RTN_MULTICAST);
}

static void text_and_back(void **state)
{
	AUTO_HOST host = HOST_INIT, again = HOST_INIT;
	AUTO_SINK one = SINK_MEMORY, two = SINK_MEMORY;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(host_parse(&host, text, strlen(text), &err), 0);
	host_print(&one, &host);
	assert_int_equal(host_parse(&again, sink_text(&one), one.len, &err), 0);
	host_print(&two, &again);
	assert_string_equal(sink_text(&one), sink_text(&two));
	assert_non_null(strstr(sink_text(&one),
			       "\naddr 10.0.0.1/8 dev eth1 broadcast 10.0.0.255\n"));
	assert_non_null(strstr(sink_text(&one), "\nroute default via 192.0.2.254 dev eth0\n"));
}

static void bad_text_has_a_place_and_changes_nothing(void **state)
{
	static const struct { const char *text; int line; int word; } bads[] = {
		{ "addr 192.0.2.1/24\n", 1, 1 },
		{ "link eth0\nlink name-that-is-too-long\n", 2, 1 },
		{ "link eth0\naddr 192.0.2.1/33 dev eth0\n", 2, 1 },
		{ "link eth0\naddr 192.0.x.2/24 dev eth0\n", 2, 1 },
		{ "\n\naddr 192.0.2.1 dev eth9\n", 3, 3 },
		{ "route default via 192.0.2.1\n", 1, 0 },
		{ "route default dev\n", 1, 3 },
		{ "forward maybe", 1, 1 },
		{ "fnord", 1, 0 },
		{ "link eth0 mtu many", 1, 3 },
	};
	AUTO_HOST host = HOST_INIT;
	struct err good = ERR_INIT;

	(void)state;
	assert_int_equal(host_parse(&host, text, strlen(text), &good), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bads); i++) {
		struct err err = ERR_INIT;

		assert_int_equal(host_parse(&host, bads[i].text, strlen(bads[i].text), &err), -22);
		assert_int_equal(err.place.line, bads[i].line);
		assert_int_equal(err.place.word, bads[i].word);
	}
	routed(&host, "8.8.8.8", RTN_UNICAST, "eth0", "192.0.2.1");
}

/* Whatever this machine has: loopback is there, and local. */
static void this_machine(void **state)
{
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(kernel_read_host(&host, &err), 0);
	assert_non_null(host_device(&host, "lo"));
	assert_true(host_device(&host, "lo")->loopback);
	if (host_device(&host, "lo")->up)
		routed(&host, "127.0.0.1", RTN_LOCAL, "lo", "127.0.0.1");
	assert_false(host_device(&host, "lo")->ether);
	assert_int_equal(kernel_read_neighbours(&host, &err), 0);
	for (const struct neighbour *n = host.neighbours; n; n = n->next) {
		assert_true(n->device && n->device->ether);
		assert_non_null(host_neighbour(&host, n->device, n->family, &n->addr));
	}
}

static void neighbours(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	union inet_addr near = { .bytes = { 192, 0, 2, 9 } };
	AUTO_HOST host = HOST_INIT;
	struct err err = ERR_INIT;
	const struct device *d;

	(void)state;
	assert_int_equal(host_parse(&host, text, strlen(text), &err), 0);
	d = host_device(&host, "eth0");
	assert_null(host_neighbour(&host, d, FAMILY_IPV4, &near));
	host_add_neighbour(&host, d, FAMILY_IPV4, &near, mac);
	assert_memory_equal(host_neighbour(&host, d, FAMILY_IPV4, &near)->mac, mac, 6);
	assert_null(host_neighbour(&host, d, FAMILY_IPV6, &near));
	assert_null(host_neighbour(&host, host_device(&host, "eth1"), FAMILY_IPV4, &near));
	near.bytes[3] = 8;
	assert_null(host_neighbour(&host, d, FAMILY_IPV4, &near));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes),
		cmocka_unit_test(no_route),
		cmocka_unit_test(types_of_addresses),
		cmocka_unit_test(text_and_back),
		cmocka_unit_test(bad_text_has_a_place_and_changes_nothing),
		cmocka_unit_test(this_machine),
		cmocka_unit_test(neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
