// SPDX-License-Identifier: GPL-2.0-or-later
/* `ipchains -h`, and what the manual page of ipchains says: tables, rendered elsewhere. */
#include <string.h>

#include "base/bits.h"
#include "dialect/describe.h"
#include "dialect/ipchains.h"

static const struct words_meaning commands[] = {
	{ "-A, --append CHAIN RULE", "append a rule" },
	{ "-I, --insert CHAIN [N] RULE", "insert it as number N (1)" },
	{ "-R, --replace CHAIN N RULE", "replace number N" },
	{ "-D, --delete CHAIN RULE | N", "delete the first equal rule, or number N" },
	{ "-C, --check CHAIN PACKET", "say what would happen to a packet" },
	{ "-L, --list [CHAIN]", "list; with -Z the counters start anew" },
	{ "-F, --flush [CHAIN]", "delete all rules" },
	{ "-Z, --zero [CHAIN]", "zero the counters of rules" },
	{ "-N, --new-chain CHAIN", "make a chain" },
	{ "-X, --delete-chain [CHAIN]", "delete it, or all that can be" },
	{ "-P, --policy CHAIN TARGET", "ACCEPT, DENY, REJECT; MASQ in forward" },
	{ "-M, --masquerading -L | -S", "masqueraded flows; their time-outs" },
	{ "-S, --set TCP FIN UDP", "time-outs in seconds, 0 leaves one alone" },
	{ "-h, --help [icmp]", "this, or the names of ICMP types" },
	{ "-V, --version", "the version" },
};

static const struct words_meaning options[] = {
	{ "-p, --protocol [!] PROTO", "number or name; all" },
	{ "-s, --source, --src [!] ADDR[/MASK] [[!] PORT[:PORT]]", "where it comes from" },
	{ "-d, --destination, --dst [!] ADDR[/MASK] [[!] PORT[:PORT]]", "where it goes to" },
	{ "--source-port, --sport [!] PORT[:PORT]", "the source port alone" },
	{ "--destination-port, --dport [!] PORT[:PORT]", "the destination port alone" },
	{ "--icmp-type [!] TYPE", "name or number" },
	{ "-i, --interface [!] NAME[+]", "device of the chain; + is any rest" },
	{ "-j, --jump TARGET [PORT]", "verdict or chain; a port with REDIRECT" },
	{ "[!] -y, --syn", "TCP that asks for a connection" },
	{ "[!] -f, --fragments", "second and later fragments" },
	{ "-b, --bidirectional", "a second rule for the way back" },
	{ "-l, --log", "a line for each match: postern log" },
	{ "-o, --output [SIZE]", "a copy: postern log --copies" },
	{ "-m, --mark [+|-]MARK", "mark the packet" },
	{ "-t, --TOS AND XOR", "change the Type of Service byte" },
	{ "-n, --numeric", "numbers instead of names" },
	{ "-v, --verbose", "say more" },
	{ "-x, --exact", "counters in full" },
	{ "--line-numbers", "with the numbers of rules" },
	{ "--no-warnings", "no warnings" },
};

void ipchains_help(struct sink *sink, const char *program)
{
	sink_printf(sink, "%s\n\nUsage: %s COMMAND [OPTIONS]\n\nCommands:\n", IPCHAINS_VERSION,
		    program);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		sink_printf(sink, "  %-31s %s\n", commands[i].words, commands[i].means);
	sink_str(sink, "\nOptions:\n");
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		sink_printf(sink, "  %-31s %s\n", options[i].words, options[i].means);
}

/* ------------------------------------------------------------------ manual pages */

static void page_of_ipchains(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipchains\n\\fIcommand\\fP [\\fIoptions\\fP]\n"
		 ".SH DESCRIPTION\nThe firewall of Linux 2.2, on nf_tables. Three chains: what "
		 "arrives is judged by \\fBinput\\fP, what is routed on by \\fBforward\\fP as "
		 "well, and what leaves by \\fBoutput\\fP: a routed packet crosses all three. In "
		 "\\fBforward\\fP and \\fBoutput\\fP the device is the one it leaves through. The "
		 "first rule that matches decides, else the policy of the chain. Rules live in a "
		 "table of their own beside those of\n"
		 ".BR iptables (8).\n");
	old_manual_rows(sink, "COMMANDS", commands, ARRAY_SIZE(commands));
	old_manual_rows(sink, "OPTIONS", options, ARRAY_SIZE(options));
	sink_str(sink, ".SH TARGETS\nACCEPT, DENY, REJECT (dropped, and the sender is told), MASQ "
		 "(forward: accepted behind the address of the device), REDIRECT [\\fIport\\fP] "
		 "(input, tcp and udp: to a port of this host), RETURN, or the name of a chain. "
		 "A rule without a target only counts, logs, marks, or changes the Type of "
		 "Service.\n.SH SEE ALSO\n.BR ipchains\\-save (8),\n.BR ipchains\\-restore (8),\n"
		 ".BR postern (8)\n");
}

static void page_of_save(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipchains\\-save\n[\\fB\\-v\\fP] [\\fIchain\\fP]\n"
		 ".SH DESCRIPTION\nPrints all chains, or one, in the form that\n"
		 ".BR ipchains\\-restore (8)\nreads: policies, then rules as commands. Counters "
		 "are not saved.\n.SH OPTIONS\n.TP\n\\fB\\-v\\fP\nrules are repeated on standard "
		 "error\n.SH SEE ALSO\n.BR ipchains (8)\n");
}

static void page_of_restore(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipchains\\-restore\n[\\fB\\-v\\fP] [\\fB\\-f\\fP] "
		 "[\\fB\\-p\\fP]\n.SH DESCRIPTION\nReads what\n"
		 ".BR ipchains\\-save (8)\nprints from standard input. Rules of built-in chains "
		 "stay; for a user chain that is there already it asks, on the terminal, whether "
		 "to skip or to flush it.\n.SH OPTIONS\n.TP\n\\fB\\-f\\fP\nflush, without "
		 "asking\n.TP\n\\fB\\-p\\fP\nmake chains that rules name and nobody declared\n"
		 ".TP\n\\fB\\-v\\fP\nsay what is read\n.SH SEE ALSO\n.BR ipchains (8)\n");
}

const struct old_page ipchains_pages[] = {
	{ "ipchains", "packet filter of Linux 2.2", page_of_ipchains },
	{ "ipchains-restore", "load rules of ipchains", page_of_restore },
	{ "ipchains-save", "print rules of ipchains", page_of_save },
	{ 0 },
};

/* The long name in "-A, --append CHAIN". */
static void put_long(struct sink *sink, const struct words_meaning *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (const char *p = rows[i].words; (p = strstr(p, "--")) != NULL;) {
			size_t len = 2 + strcspn(p + 2, " ,|");

			sink_printf(sink, "%.*s ", (int)len, p);
			p += len;
		}
}

void ipchains_long_options(struct sink *sink)
{
	put_long(sink, commands, ARRAY_SIZE(commands));
	put_long(sink, options, ARRAY_SIZE(options));
}
