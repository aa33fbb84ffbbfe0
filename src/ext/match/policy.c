// SPDX-License-Identifier: GPL-2.0-or-later
/* -m policy: what IPsec did to a packet, or is going to do. */
#include <errno.h>

#include "ext/type/types.h"

#include <linux/netfilter/xt_policy.h>

static const struct name directions[] = {
	{ "in", XT_POLICY_MATCH_IN }, { "out", XT_POLICY_MATCH_OUT }, { 0 },
};
static const struct name policies[] = { { "ipsec", 0 }, { "none", XT_POLICY_MATCH_NONE }, { 0 } };
static const struct name protocols[] = { { "ah", 51 }, { "esp", 50 }, { "ipcomp", 108 }, { 0 } };
static const struct name modes[] = {
	{ "transport", XT_POLICY_MODE_TRANSPORT }, { "tunnel", XT_POLICY_MODE_TUNNEL }, { 0 },
};

/* Places in the first element; its bits are one byte each in the kernel's struct. */
#define ELEM(member) SPAN(struct xt_policy_elem, member)
#define ELEMS(first, last) SPANS(struct xt_policy_elem, first, last)
#define GIVEN(bit) .given = BITS(struct xt_policy_elem, match, bit), \
		   .invert = BITS(struct xt_policy_elem, invert, bit)
enum { SADDR = 1, DADDR = 2, PROTO = 4, MODE_ = 8, SPI = 16, REQID = 32 };

static const struct opt opts[] = {
	{ .name = "dir", .type = &type_name_masked, .at = SPAN(struct xt_policy_info, flags),
	  .max = XT_POLICY_MATCH_IN | XT_POLICY_MATCH_OUT, .names = directions,
	  .flags = OPT_ALWAYS | OPT_EXACT_TEXT, .bad = "policy_match: invalid dir \"%v\"",
	  .metavar = "in|out", .help = "match policy applied during decapsulation/\n"
				       "policy to be applied during encapsulation" },
	{ .name = "pol", .type = &type_name_masked, .at = SPAN(struct xt_policy_info, flags),
	  .max = XT_POLICY_MATCH_NONE, .names = policies, .flags = OPT_ALWAYS | OPT_EXACT_TEXT,
	  .bad = "policy match: invalid policy \"%v\"", .metavar = "none|ipsec",
	  .help = "match policy" },
	{ .name = "strict", .given = BITS(struct xt_policy_info, flags, XT_POLICY_MATCH_STRICT),
	  .help = "match entire policy instead of single element\nat any position" },
	{ .name = "reqid", .type = &type_uint, .at = ELEM(reqid), GIVEN(REQID),
	  .clash = "policy match: double --reqid option", .metavar = "reqid",
	  .help = "match reqid" },
	{ .name = "spi", .type = &type_hex, .at = ELEM(spi), GIVEN(SPI),
	  .clash = "policy match: double --spi option", .metavar = "spi", .help = "match SPI" },
	{ .name = "proto", .type = &type_proto, .at = ELEM(proto), GIVEN(PROTO),
	  .names = protocols, .bad = "policy match: protocol must be ah/esp/ipcomp",
	  .clash = "policy match: double --proto option",
	  .help = "match protocol (ah/esp/ipcomp)" },
	{ .name = "mode", .type = &type_name, .at = ELEM(mode), GIVEN(MODE_), .names = modes,
	  .flags = OPT_EXACT_TEXT, .bad = "policy match: invalid mode \"%v\"",
	  .clash = "policy match: double --mode option", .metavar = "mode",
	  .help = "match mode (transport/tunnel)" },
	{ .name = "tunnel-src", .type = &type_network, .at = ELEMS(saddr, smask), GIVEN(SADDR),
	  .clash = "policy match: double --tunnel-src option", .metavar = "addr/mask",
	  .help = "match tunnel source" },
	{ .name = "tunnel-dst", .type = &type_network, .at = ELEMS(daddr, dmask), GIVEN(DADDR),
	  .clash = "policy match: double --tunnel-dst option", .metavar = "addr/mask",
	  .help = "match tunnel destination" },
	{ .name = "next", .needs = BIT(2), .flags = OPT_REPEAT,
	  .help = "begin next element in policy" },
	{ 0 },
};

static const struct series elements = {
	.members = 0x1f8, .next = 9, .stride = sizeof(struct xt_policy_elem),
	.count = SPAN(struct xt_policy_info, len), .most = XT_POLICY_MAX_ELEM,
	.full = "policy match: maximum policy depth reached",
};

static int bad(const struct check *check, const char *text)
{
	return err_set(check->err, ERR_SYNTAX, check->place, "policy match: %s", text);
}

static int check_element(const struct check *check, const struct xt_policy_elem *e, unsigned n)
{
	const struct xt_policy_info *info = check->data;

	if (info->flags & XT_POLICY_MATCH_STRICT && bytes_are_zero(&e->match, sizeof(e->match)))
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "policy match: empty policy element %u. --strict is in effect, but "
			       "at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode "
			       "is required.", n);
	if ((e->match.saddr || e->match.daddr) &&
	    ((e->mode == XT_POLICY_MODE_TUNNEL && e->invert.mode) ||
	     (e->mode == XT_POLICY_MODE_TRANSPORT && !e->invert.mode)))
		return bad(check, "--tunnel-src/--tunnel-dst is only valid in tunnel mode");
	return 0;
}

static int check(const struct check *check)
{
	struct xt_policy_info *info = check->data;

	if (!(info->flags & (XT_POLICY_MATCH_IN | XT_POLICY_MATCH_OUT)))
		return bad(check, "neither --dir in nor --dir out specified");
	if (info->flags & XT_POLICY_MATCH_NONE) {
		if (info->flags & XT_POLICY_MATCH_STRICT)
			return bad(check, "policy none but --strict given");
		if (info->len)
			return bad(check, "policy none but policy given");
		memset(info->pol, 0, sizeof(info->pol));	/* saves would not show it */
		return 0;
	}
	info->len++;
	for (unsigned i = 0; i < info->len; i++)
		if (check_element(check, &info->pol[i], i))
			return -EINVAL;
	return 0;
}

/* net/netfilter/xt_policy.c, policy_mt_check. */
static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_policy_info *info = s->data;

	*errnum = EINVAL;
	if (info->flags & XT_POLICY_MATCH_OUT && s->hooks & (HOOK_PREROUTING | HOOK_INPUT))
		return "--dir out is not known in PREROUTING and INPUT";
	if (info->flags & XT_POLICY_MATCH_IN && s->hooks & (HOOK_POSTROUTING | HOOK_OUTPUT))
		return "--dir in is over in OUTPUT and POSTROUTING";
	return NULL;
}

static const struct example examples[] = {
	{ .rule = "-m policy --dir in --pol none", .means = "came in the clear" },
	{ .rule = "-m policy --dir in --pol ipsec --mode tunnel ! --tunnel-src 192.0.2.0/24",
	  .means = "out of a tunnel from elsewhere", .families = IN_V4 },
	{ .rule = "-m policy --dir in --pol ipsec --strict --reqid 1 --spi 0x1 --proto esp "
		  "--mode tunnel --tunnel-dst 2001:db8::/32 --tunnel-src 2001:db8::/32 --next "
		  "--reqid 2",
	  .means = "out of that very tunnel and one policy more", .families = IN_V6 },
	{ 0 },
};

static const struct ext policy = {
	.name = "policy", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_policy_info), .opts = opts, .series = &elements,
	.shown = (const uint8_t[]){ 0, 1, 2, 3, 4, 5, 6, 8, 7, 9, SHOWN_END },
	.title = "policy match", .effect = EFFECT_PURE, .summary = "what IPsec did or will do",
	.manual = "Options from --reqid on describe an element of the policy; --next begins "
		  "another. Beware: --spi is compared in the byte order of this machine, as "
		  "iptables has always done; for SPI 0x1 a PC wants 0x1000000.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_POLICY", .check = check, .refused = refused,
	.examples = examples,
	.unknowable = "what IPsec does with a packet is known to the kernel only",
};
EXT_REGISTER(policy);
