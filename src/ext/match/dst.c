// SPDX-License-Identifier: GPL-2.0-or-later
/* -m dst: the destination options header of IPv6. */
#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <netinet/in.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define GIVEN(bit) BITS(struct ip6t_opts, flags, bit)

static const struct opt opts[] = {
	{ .name = "dst-len", .type = &type_uint, .at = SPAN(struct ip6t_opts, hdrlen),
	  .given = GIVEN(IP6T_OPTS_LEN),
	  .invert = BITS(struct ip6t_opts, invflags, IP6T_OPTS_INV_LEN), .list = "length:%n%v",
	  .metavar = "length", .help = "total length of this header" },
	{ .name = "dst-opts", .type = &type_ip6_opts, .at = SPANS(struct ip6t_opts, opts, optsnr),
	  .given = GIVEN(IP6T_OPTS_OPTS), .list = "opts %v",
	  .help = "Options and its length (list, max: 16)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m dst --dst-opts 201:16", .means = "a home address (RFC 6275)" },
	{ .rule = "-m dst ! --dst-len 8 --dst-opts 1,4:1",
	  .means = "other than eight bytes long: padding, then a tunnel limit (RFC 2473)" },
	{ 0 },
};

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)state;
	return ip6_options_answer(e, IPPROTO_DSTOPTS, data);
}

static const struct ext dst = {
	.name = "dst", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_opts),
	.opts = opts, .title = "dst", .effect = EFFECT_PURE,
	.summary = "the destination options header: length and options",
	.kconfig = "CONFIG_IP6_NF_MATCH_OPTS", .examples = examples, .match = match,
};
EXT_REGISTER(dst);
