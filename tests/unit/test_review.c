// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The review with facts that are given instead of read: hardware addresses of peers and gateways, and how
 * long connections last. Lifelines that nobody is connected to, so that the kernel is not asked.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "safe/review.h"

#include "load.h"

static const char host_text[] =
	"link eth0\nlink eth1\nlink eth2\nlink wg0\naddr 192.0.2.1/24 dev eth0\n"
	"addr 203.0.113.1/24 dev eth1\naddr 10.9.0.1/24 dev eth2\naddr 10.8.0.1/24 dev wg0\n"
	"addr 2001:db8::1/64 dev eth0\n"
	"route default via 192.0.2.254\nroute ::/0 via 2001:db8::ff dev eth0\n"
	"route 10.1.0.0/16 via 203.0.113.2\nroute 10.2.0.0/16 via 203.0.113.3\n"
	"route 10.3.0.0/16 via 10.9.0.2\n";

static struct scenery scenery;

static void meet(const char *device, const char *addr, const uint8_t mac[6])
{
	enum family family = strchr(addr, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	union inet_addr bytes = { 0 };

	assert_true(addr_parse(family, addr, &bytes));
	host_add_neighbour(&scenery.host, host_device(&scenery.host, device), family, &bytes, mac);
}

static int set_up(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	scenery = SCENERY_INIT;
	if (host_parse(&scenery.host, host_text, strlen(host_text), &err) < 0)
		return -1;
	host_device(&scenery.host, "wg0")->ether = false;
	meet("eth0", "192.0.2.9", (uint8_t[]){ 2, 0, 0, 0, 0, 9 });
	meet("eth0", "192.0.2.254", (uint8_t[]){ 2, 0, 0, 0, 0, 0xfe });
	meet("eth0", "2001:db8::9", (uint8_t[]){ 2, 0, 0, 0, 0, 9 });
	meet("eth0", "2001:db8::ff", (uint8_t[]){ 2, 0, 0, 0, 0, 0xff });
	meet("eth1", "203.0.113.2", (uint8_t[]){ 2, 0, 0, 0, 0, 2 });
	meet("eth2", "10.9.0.2", (uint8_t[]){ 0, 0, 0x5e, 0, 1, 7 });
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	scenery_free(&scenery);
	return 0;
}

enum said { HARMLESS, CUTS, MAY_CUT };

/* What the review says of the rules, of a filter table, made where there were none. */
static enum said judged(const char *peer, const char *rules)
{
	enum family family = strchr(peer, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	struct lifeline line = {
		.kind = LIFELINE_CONFIGURED, .family = family, .proto = IPPROTO_TCP,
		.port = 22, .has_peer = true, .root = true,
	};
	struct lifelines lines = { .first = &line, .count = 1 };
	AUTO_RULESET before = RULESET_INIT, after = RULESET_INIT;
	AUTO_REVIEW review = REVIEW_INIT;
	struct err err = ERR_INIT;
	char text[512];

	assert_true(addr_parse(family, peer, &line.peer));
	snprintf(text, sizeof(text), "*filter\n%s\nCOMMIT\n", rules);
	assert_int_equal(load_rules(&after, family, text), 0);
	assert_int_equal(review_change(&review, &lines, &before, &after, &scenery, &err), 0);
	assert_int_equal(review.looked_at, 1);
	return !review.count ? HARMLESS : review.first->certain ? CUTS : MAY_CUT;
}

#define MAC "-A INPUT -m mac --mac-source "
#define NOT(mac) "-A INPUT -m mac ! --mac-source " mac " -j DROP"
#define LET(mac) ":INPUT DROP [0:0]\n" MAC mac " -j ACCEPT"

static void neighbours(void **state)
{
	(void)state;
	assert_int_equal(judged("192.0.2.9", MAC "00:11:22:33:44:55 -j DROP"), HARMLESS);
	assert_int_equal(judged("192.0.2.9", MAC "02:00:00:00:00:09 -j DROP"), CUTS);
	assert_int_equal(judged("192.0.2.9", LET("02:00:00:00:00:09")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", LET("02:00:00:00:00:fe")), CUTS);
	assert_int_equal(judged("192.0.2.9", NOT("02:00:00:00:00:09")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", NOT("02:00:00:00:00:fe")), CUTS);
	assert_int_equal(judged("2001:db8::9", MAC "00:11:22:33:44:55 -j DROP"), HARMLESS);
	assert_int_equal(judged("2001:db8::9", MAC "02:00:00:00:00:09 -j DROP"), CUTS);
	/* Nobody has heard of this one. */
	assert_int_equal(judged("192.0.2.8", MAC "00:11:22:33:44:55 -j DROP"), MAY_CUT);
	assert_int_equal(judged("192.0.2.8", LET("02:00:00:00:00:08")), MAY_CUT);
	assert_int_equal(judged("2001:db8::8", MAC "00:11:22:33:44:55 -j DROP"), MAY_CUT);
}

static void gateways(void **state)
{
	(void)state;
	assert_int_equal(judged("198.51.100.9", MAC "02:00:00:00:00:09 -j DROP"), HARMLESS);
	assert_int_equal(judged("198.51.100.9", MAC "02:00:00:00:00:fe -j DROP"), CUTS);
	assert_int_equal(judged("198.51.100.9", LET("02:00:00:00:00:fe")), HARMLESS);
	assert_int_equal(judged("198.51.100.9", LET("02:00:00:00:00:09")), CUTS);
	assert_int_equal(judged("2001:db8:7::9", MAC "02:00:00:00:00:ff -j DROP"), CUTS);
	assert_int_equal(judged("2001:db8:7::9", MAC "02:00:00:00:00:09 -j DROP"), HARMLESS);
	/* Of two on one link, either may hand it over. */
	assert_int_equal(judged("10.1.0.9", MAC "00:11:22:33:44:55 -j DROP"), MAY_CUT);
	assert_int_equal(judged("10.2.0.9", MAC "00:11:22:33:44:55 -j DROP"), MAY_CUT);
	/* Two routers behind one address of VRRP. */
	assert_int_equal(judged("10.3.0.9", MAC "00:11:22:33:44:55 -j DROP"), MAY_CUT);
	assert_int_equal(judged("10.3.0.9", LET("00:00:5e:00:01:07")), MAY_CUT);
}

/* The kernel finds no hardware address there, whichever is asked for. */
static void no_ethernet(void **state)
{
	(void)state;
	assert_int_equal(judged("10.8.0.9", MAC "00:11:22:33:44:55 -j DROP"), HARMLESS);
	assert_int_equal(judged("10.8.0.9", NOT("00:11:22:33:44:55")), HARMLESS);
	assert_int_equal(judged("10.8.0.9", LET("00:11:22:33:44:55")), CUTS);
}

#define EXPIRES(time) "-A INPUT -m conntrack --ctexpire " time " -j DROP"
#define ANSWERS(time) "-A OUTPUT -m conntrack --ctexpire " time " -j DROP"

static void time_left(void **state)
{
	(void)state;
	scenery.tracking = CONNTRACK_USUAL;
	assert_int_equal(judged("192.0.2.9", EXPIRES("1000:10000")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", EXPIRES("400000:500000")), CUTS);
	/* A connection that begins has no time yet; what is not acknowledged waits 300 s. */
	assert_int_equal(judged("192.0.2.9", EXPIRES("0")), CUTS);
	assert_int_equal(judged("192.0.2.9", EXPIRES("290:310")), CUTS);
	assert_int_equal(judged("192.0.2.9", ANSWERS("50:70")), CUTS);
	/* This host has it otherwise. */
	scenery.tracking.tcp_established = 7200;
	scenery.tracking.tcp_unacknowledged = 200;
	scenery.tracking.tcp_syn_recv = 30;
	assert_int_equal(judged("192.0.2.9", EXPIRES("400000:500000")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", EXPIRES("290:310")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", EXPIRES("190:210")), CUTS);
	assert_int_equal(judged("192.0.2.9", EXPIRES("7000:7200")), CUTS);
	assert_int_equal(judged("192.0.2.9", ANSWERS("50:70")), HARMLESS);
	assert_int_equal(judged("192.0.2.9", ANSWERS("20:30")), CUTS);
	scenery.tracking = CONNTRACK_USUAL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours),
		cmocka_unit_test(gateways),
		cmocka_unit_test(no_ethernet),
		cmocka_unit_test(time_left),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
