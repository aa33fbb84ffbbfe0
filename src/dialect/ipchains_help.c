// SPDX-License-Identifier: GPL-2.0-or-later
/* `ipchains -h`, and what the manual page of ipchains says: tables, rendered elsewhere. */
#include "dialect/ipchains.h"

static const struct {
	const char *words, *means;
} commands[] = {
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
}, options[] = {
	{ "-p, --protocol [!] PROTO", "number or name; all" },
	{ "-s, --source [!] ADDR[/MASK] [[!] PORT[:PORT]]", "where it comes from" },
	{ "-d, --destination [!] ADDR[/MASK] [[!] PORT[:PORT]]", "where it goes to" },
	{ "--sport, --dport [!] PORT[:PORT]", "the ports alone" },
	{ "--icmp-type [!] TYPE", "name or number" },
	{ "-i, --interface [!] NAME[+]", "device of the chain; + is any rest" },
	{ "-j, --jump TARGET [PORT]", "verdict or chain; a port with REDIRECT" },
	{ "[!] -y, --syn", "TCP that asks for a connection" },
	{ "[!] -f, --fragments", "second and later fragments" },
	{ "-b, --bidirectional", "a second rule for the way back" },
	{ "-l, --log", "a line in the log for each match" },
	{ "-o, --output [SIZE]", "a copy to user space" },
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
