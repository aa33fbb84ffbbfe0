// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of protocols and services: what is built in, and in what order it is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/names.h"

static void test_protocols(void **state)
{
	uint8_t proto;
	char buf[32];

	(void)state;
	assert_true(proto_number("tcp", &proto) && proto == 6);
	assert_true(proto_number("icmpv6", &proto) && proto == 58);
	assert_true(proto_number("all", &proto) && proto == 0);
	assert_true(proto_number("0x11", &proto) && proto == 17);
	assert_false(proto_number("256", &proto));
	assert_false(proto_number("", &proto));
	assert_false(proto_number("nosuchproto", &proto));
	assert_string_equal(proto_name_saved(58), "ipv6-icmp");
	assert_string_equal(proto_name_saved(135), "mobility-header");
	assert_string_equal(proto_name_saved(0), "all");
	assert_null(proto_name_saved(47));
	assert_string_equal(proto_name_any(6, buf, sizeof(buf)), "tcp");
	assert_string_equal(proto_nearest("tpc"), "tcp");
}

static void test_services(void **state)
{
	uint16_t port;
	char buf[32];

	(void)state;
	assert_true(service_port("ssh", "tcp", &port) && port == 22);
	assert_true(service_port("domain", NULL, &port) && port == 53);
	assert_true(service_port("www", "tcp", &port) && port == 80);	/* a second name of http */
	assert_true(service_port("65535", "tcp", &port) && port == 65535);
	assert_false(service_port("65536", "tcp", &port));
	assert_false(service_port("nosuchservice", "tcp", &port));
	assert_string_equal(service_name(80, "tcp", buf, sizeof(buf)), "http");
	assert_string_equal(service_name(53, "udp", buf, sizeof(buf)), "domain");
	assert_string_equal(service_name(22, NULL, buf, sizeof(buf)), "ssh");
	assert_null(service_name(64999, "tcp", buf, sizeof(buf)));
}

/* Every port finds its name and every name its port, so the table is sorted as it says. */
static void test_all_ports(void **state)
{
	char buf[64];

	(void)state;
	for (unsigned port = 1; port < 65536; port++) {
		const char *name = service_name((uint16_t)port, "tcp", buf, sizeof(buf));
		uint16_t back;

		if (!name)
			continue;
		assert_true(service_port(name, "tcp", &back));
		if (!strcmp(name, "dicom"))	/* also a second name of acr-nema,
			which comes first */
			continue;
		assert_int_equal(back, port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_all_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
