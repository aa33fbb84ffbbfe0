// SPDX-License-Identifier: GPL-2.0-or-later
/* -m u32: 32-bit words anywhere in the packet. */
#include <linux/netfilter/xt_u32.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "u32", .type = &type_u32, .at = SPANS(struct xt_u32, tests, ntests),
	  .invert = BITS(struct xt_u32, invert, 1), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "u32 %!%v",
	  .help = "tests := location \"=\" value | tests \"&&\" location \"=\" value\n"
		  "value := range | value \",\" range\n"
		  "range := number | number \":\" number\n"
		  "location := number | location operator number\n"
		  "operator := \"&\" | \"<<\" | \">>\" | \"@\"" },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-m u32 --u32 \"0x0&0xffff=0x100:0xffff\"", .means = "256 bytes or more" },
	{ .rule = "-m u32 ! --u32 \"6&0xFF=1 && 0>>22&0x3C@0>>24=0\"",
	  .means = "anything but an ICMP echo reply",
	  .saved = "-m u32 ! --u32 \"0x6&0xff=0x1&&0x0>>0x16&0x3c@0x0>>0x18=0x0\"" },
	{ 0 },
};

static const struct ext u32 = {
	.name = "u32", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_u32),
	.opts = opts, .effect = EFFECT_PURE, .summary = "32-bit words anywhere in the packet",
	.manual = "A location is the offset of four bytes, taken as one number: & masks it, << and "
		  ">> shift it, and @ takes it as the place from where the next offset counts. "
		  "Every test must find one of its values.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_U32", .examples = examples,
};
EXT_REGISTER(u32);
