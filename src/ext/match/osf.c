// SPDX-License-Identifier: GPL-2.0-or-later
/* -m osf: guesses the system that opened a TCP connection from how its first packet looks. */
#include <linux/netfilter/nfnetlink_osf.h>

#include "ext/type/types.h"

static const struct opt opts[] = {
	{ .name = "genre", .type = &type_text_counted, .at = SPANS(struct nf_osf_info, genre, len),
	  .invert = BITS(struct nf_osf_info, flags, NF_OSF_INVERT), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "%!%v", .metavar = "string",
	  .help = "Match a OS genre by passive fingerprinting." },
	{ .name = "ttl", .type = &type_uint, .at = SPAN(struct nf_osf_info, ttl), .max = 2,
	  .given = BITS(struct nf_osf_info, flags, NF_OSF_TTL), .list = "", .metavar = "level",
	  .help = "Use some TTL check extensions to determine OS:\n"
		  "0 true ip and fingerprint TTL comparison. Works for LAN.\n"
		  "1 check if ip TTL is less than fingerprint one. Works for global addresses.\n"
		  "2 do not compare TTL at all. This allows NMAP detection, but can produce "
		  "false results." },
	{ .name = "log", .type = &type_uint, .at = SPAN(struct nf_osf_info, loglevel), .max = 2,
	  .given = BITS(struct nf_osf_info, flags, NF_OSF_LOG), .list = "", .metavar = "level",
	  .help = "Log determined genres into dmesg even if they do not match desired one:\n"
		  "0 log all matched or unknown signatures.\n"
		  "1 log only first one.\n"
		  "2 log all known matched signatures." },
	{ 0 },
};

static const struct example examples[] = {
	{ .rule = "-p tcp -m osf --genre Linux --ttl 0 --log 0",
	  .means = "connections that a Linux on this LAN opens; say so in the kernel log" },
	{ .rule = "-p tcp -m osf ! --genre Windows", .means = "those of any other system" },
	{ 0 },
};

static const struct ext osf = {
	.name = "osf", .kind = EXT_MATCH, .families = IN_V4, .size = sizeof(struct nf_osf_info),
	.opts = opts, .title = "OS fingerprint match", .protos = (const uint8_t[]){ 6, 0 },
	.hooks = HOOK_PREROUTING | HOOK_INPUT | HOOK_FORWARD, .effect = EFFECT_PURE,
	.summary = "the system that opens a TCP connection, guessed",
	.manual = "Only SYN packets are looked at. The fingerprints must be loaded into the kernel "
		  "(nfnl_osf -f pf.os); unknown is the genre of those that are in no list.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_OSF", .examples = examples,
	.unknowable = "the fingerprints of systems are known to the kernel only",
};
EXT_REGISTER(osf);
