// SPDX-License-Identifier: GPL-2.0-or-later
/* -m mh: messages of Mobile IPv6 (RFC 6275). */
#include "ext/headers.h"
#include "ext/type/types.h"

#include <linux/netfilter_ipv6/ip6t_mh.h>
#include <netinet/in.h>

/* By number; the second name of each is its short one. */
static const struct name messages[] = {
	{ "binding-refresh-request", 0 }, { "brr", 0 }, { "home-test-init", 1 }, { "hoti", 1 },
	{ "careof-test-init", 2 }, { "coti", 2 }, { "home-test", 3 }, { "hot", 3 },
	{ "careof-test", 4 }, { "cot", 4 }, { "binding-update", 5 }, { "bu", 5 },
	{ "binding-acknowledgement", 6 }, { "ba", 6 }, { "binding-error", 7 }, { "be", 7 }, { 0 },
};

static const struct opt opts[] = {
	{ .name = "mh-type", .type = &type_name_range, .at = SPAN(struct ip6t_mh, types),
	  .names = messages, .preset = "0:255",
	  .invert = BITS(struct ip6t_mh, invflags, IP6T_MH_INV_TYPE), .list = "%n%v",
	  .bad = "Invalid MH type `%v'", .metavar = "type[:type]", .help = "match mh type" },
	{ 0 },
};

static void help(struct sink *sink, enum family family)
{
	(void)family;
	sink_str(sink, "Valid MH types:");
	for (const struct name *n = messages; n->name; n += 2)
		sink_printf(sink, "\n%s (%s)", n[0].name, n[1].name);
	sink_char(sink, '\n');
}

static const struct example examples[] = {
	{ .rule = "-p mobility-header -m mh --mh-type 5", .means = "binding updates" },
	{ .rule = "-p mobility-header -m mh ! --mh-type hoti:cot", .means = "no tests of return "
	  "routability", .saved = "-p mobility-header -m mh ! --mh-type 1:4" },
	{ 0 },
};

/* mh_mt6() of ip6t_mh.c: nothing may follow the message. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct ip6t_mh *mh = data;
	const uint8_t *h;
	enum answer there = transport_header(e, 6, &h);

	(void)state;
	e->hotdrop |= there == ANSWER_YES && h[0] != IPPROTO_NONE;
	return there != ANSWER_YES ? there :
	       answer_of((h[2] >= mh->types[0] && h[2] <= mh->types[1]) != mh->invflags);
}

static const struct ext mh = {
	.name = "mh", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_mh),
	.opts = opts, .title = "mh", .protos = (const uint8_t[]){ 135, 0 }, .effect = EFFECT_PURE,
	.summary = "messages of Mobile IPv6", .kconfig = "CONFIG_IP6_NF_MATCH_MH", .help = help,
	.examples = examples, .match = match,
};
EXT_REGISTER(mh);
