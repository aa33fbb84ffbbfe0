// SPDX-License-Identifier: GPL-2.0-or-later
/* -m ipvs: connections that the kernel's load balancer handles. */
#include <netinet/in.h>	/* before the kernel's headers, which give way to it */

#include <linux/ip_vs.h>
#include <linux/netfilter/xt_ipvs.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_ipvs_mtinfo, member)
#define GIVEN(bit) BITS(struct xt_ipvs_mtinfo, bitmask, bit)
#define NOT(bit) BITS(struct xt_ipvs_mtinfo, invert, bit)

static const char no_port[] = "Port \"%v\" does not resolve to anything.\n";

/* The direction has no place of its own: the bit that negates other options says it. */
static const struct name directions[] = { { "ORIGINAL", 0 }, { "REPLY", XT_IPVS_DIR }, { 0 } };

static const struct name methods[] = {
	{ "GATE", IP_VS_CONN_F_DROUTE }, { "IPIP", IP_VS_CONN_F_TUNNEL },
	{ "MASQ", IP_VS_CONN_F_MASQ }, { 0 },
};

/* In the order of the XT_IPVS_ bits: check() relies on it. Bare --ipvs is saved only on its own. */
static const struct opt opts[] = {
	{ .name = "ipvs", .given = MODE(struct xt_ipvs_mtinfo, bitmask, XT_IPVS_IPVS_PROPERTY,
					XT_IPVS_MASK),
	  .invert = NOT(XT_IPVS_IPVS_PROPERTY), .help = "packet belongs to an IPVS connection" },
	{ .name = "vproto", .type = &type_proto, .at = AT(l4proto), .given = GIVEN(XT_IPVS_PROTO),
	  .invert = NOT(XT_IPVS_PROTO), .metavar = "protocol",
	  .help = "VIP protocol to match; by number or name,\ne.g. \"tcp\"" },
	{ .name = "vaddr", .type = &type_network, .at = SPANS(struct xt_ipvs_mtinfo, vaddr, vmask),
	  .given = GIVEN(XT_IPVS_VADDR), .invert = NOT(XT_IPVS_VADDR),
	  .help = "VIP address to match" },
	{ .name = "vport", .type = &type_port_be, .at = AT(vport), .given = GIVEN(XT_IPVS_VPORT),
	  .invert = NOT(XT_IPVS_VPORT), .bad = no_port,
	  .help = "VIP port to match; by number or name,\ne.g. \"http\"" },
	{ .name = "vdir", .type = &type_name_masked, .at = AT(invert), .max = XT_IPVS_DIR,
	  .given = GIVEN(XT_IPVS_DIR), .names = directions, .metavar = "{ORIGINAL|REPLY}",
	  .help = "flow direction of packet" },
	{ .name = "vmethod", .type = &type_name, .at = AT(fwd_method),
	  .given = GIVEN(XT_IPVS_METHOD), .invert = NOT(XT_IPVS_METHOD), .names = methods,
	  .metavar = "{GATE|IPIP|MASQ}",
	  .help = "IPVS forwarding method used" },
	{ .name = "vportctl", .type = &type_port_be, .at = AT(vportctl),
	  .given = GIVEN(XT_IPVS_VPORTCTL), .invert = NOT(XT_IPVS_VPORTCTL), .bad = no_port,
	  .metavar = "port",
	  .help = "VIP port of the controlling connection to\nmatch, e.g. 21 for FTP" },
	{ 0 },
};

static int check(const struct check *c)
{
	struct xt_ipvs_mtinfo *info = c->data;

	if (c->given & XT_IPVS_ONCE_MASK && info->invert & XT_IPVS_IPVS_PROPERTY)
		return err_set(c->err, ERR_SYNTAX, c->place,
			       "! --ipvs cannot be together with other options");
	info->bitmask = (uint8_t)c->given | XT_IPVS_IPVS_PROPERTY;
	return 0;
}

static const struct example examples[] = {
	{ .rule = "-m ipvs ! --ipvs", .means = "what the load balancer has nothing to do with" },
	{ .rule = "-m ipvs --vproto 6 --vaddr 192.0.2.1 --vport 80 --vdir ORIGINAL "
		  "! --vmethod GATE", .families = IN_V4,
	  .means = "requests to a virtual web server that are not just routed on" },
	{ .rule = "-m ipvs ! --vport 443 --vdir REPLY --vportctl 21",
	  .means = "replies of FTP data connections" },
	{ 0 },
};

static const struct ext ipvs = {
	.name = "ipvs", .kind = EXT_MATCH, .families = IN_BOTH,
	.size = sizeof(struct xt_ipvs_mtinfo), .opts = opts, .some = XT_IPVS_MASK,
	.some_text = "IPVS: At least one option is required", .effect = EFFECT_PURE,
	.summary = "connections of the kernel's load balancer (IPVS)",
	.manual = "Any option but --ipvs means --ipvs as well.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_IPVS", .check = check, .examples = examples,
	.unknowable = "which connections the load balancer has is known to the kernel only",
};
EXT_REGISTER(ipvs);
