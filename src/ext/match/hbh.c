// SPDX-License-Identifier: GPL-2.0-or-later
/* -m hbh: the hop-by-hop options header of IPv6. */
#include <linux/netfilter_ipv6/ip6t_opts.h>
#include <netinet/in.h>

#include "ext/headers.h"
#include "ext/type/types.h"

#define GIVEN(bit) BITS(struct ip6t_opts, flags, bit)

static const struct opt opts[] = {
	{ .name = "hbh-len", .type = &type_uint, .at = SPAN(struct ip6t_opts, hdrlen),
	  .given = GIVEN(IP6T_OPTS_LEN),
	  .invert = BITS(struct ip6t_opts, invflags, IP6T_OPTS_INV_LEN), .list = "length:%n%v",
	  .metavar = "length", .help = "total length of this header" },
	{ .name = "hbh-opts", .type = &type_ip6_opts, .at = SPANS(struct ip6t_opts, opts, optsnr),
	  .given = GIVEN(IP6T_OPTS_OPTS), .list = "opts %v",
	  .help = "Options and its length (list, max: 16)" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m hbh --hbh-opts 5:2", .means = "router alert (RFC 2711)" },
	{ .rule = "-m hbh ! --hbh-len 8 --hbh-opts 194:4,1",
	  .means = "other than eight bytes long: a jumbo payload (RFC 2675), then padding" },
	{ 0 },
};

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)state;
	return ip6_options_answer(e, IPPROTO_HOPOPTS, data);
}

static const struct ext hbh = {
	.name = "hbh", .kind = EXT_MATCH, .families = IN_V6, .size = sizeof(struct ip6t_opts),
	.opts = opts, .title = "hbh", .effect = EFFECT_PURE,
	.summary = "the hop-by-hop options header: length and options",
	.kconfig = "CONFIG_IP6_NF_MATCH_OPTS", .examples = examples, .match = match,
};
EXT_REGISTER(hbh);
