// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iptables(8): its commands and options in the order of the program's own table, so that the page
 * has what the program takes, and the built-in tables with their chains.
 */
#include <ctype.h>
#include <string.h>

#include "base/bits.h"
#include "dialect/describe.h"
#include "dialect/parser.h"

struct meaning {
	char letter;
	const char *argument;	/* NULL: none */
	const char *text;
};

static const struct meaning commands[] = {
	{ 'A', "CHAIN RULE", "Append a rule to the end of a chain. When a name of the source or "
	  "destination has several addresses, or several are listed, there is a rule for each "
	  "combination." },
	{ 'C', "CHAIN RULE", "Is there a rule like this in the chain? Exit status 0 when "
	  "there is, 1 when there is none; nothing is changed. Rules are compared by what "
	  "they mean, not by how they are spelled." },
	{ 'D', "CHAIN RULE | CHAIN NUMBER", "Delete a rule: the first that means the same, or the "
	  "one of this number; the first has number 1." },
	{ 'I', "CHAIN [NUMBER] RULE", "Insert a rule before the one of this number, at the head of "
	  "the chain when none is given." },
	{ 'R', "CHAIN NUMBER RULE", "Replace the rule of this number. A rule with several "
	  "addresses cannot replace one." },
	{ 'L', "[CHAIN [NUMBER]]", "List the rules of a chain, or of all chains of the table. "
	  "Names of hosts are looked up unless -n is given." },
	{ 'S', "[CHAIN [NUMBER]]", "Print rules as the commands that would make them: policies, "
	  "chains, rules. With -v: with counters." },
	{ 'F', "[CHAIN]", "Flush: delete all rules of a chain, or of all chains of the table. "
	  "Policies stay: with policy DROP, nothing passes any more." },
	{ 'Z', "[CHAIN [NUMBER]]", "Set the counters of a rule, a chain or all chains to zero. "
	  "Together with -L: what is listed is what was there before." },
	{ 'N', "CHAIN", "Make a new chain. Names are up to 28 characters long and do not "
	  "begin with `-' or `!'." },
	{ 'X', "[CHAIN]", "Delete a chain that is empty and that no rule jumps to; without a name, "
	  "all of them but the built-in ones." },
	{ 'P', "CHAIN TARGET", "Set the policy of a built-in chain: ACCEPT or DROP, for "
	  "packets that no rule of it decides." },
	{ 'E', "OLD NEW", "Rename a chain; jumps to it follow." },
	{ 'h', NULL, "Print a summary of all options, and those of the matches and targets named "
	  "before." },
	{ 'V', NULL, "Print the version." },
};

static const struct meaning parameters[] = {
	{ 'p', "PROTOCOL", "The protocol: a name (tcp, udp, icmp, ipv6-icmp, sctp, esp, ah, "
	  "..., all) or its number; 0 is all. Options of the match of that name can follow "
	  "without -m." },
	{ 's', "ADDRESS[/MASK][,...]", "Source: an address, a network with the length or the "
	  "bits of its mask, or a name that is looked up once, now." },
	{ 'd', "ADDRESS[/MASK][,...]", "Destination, in the same form." },
	{ 'i', "NAME", "The interface by which the packet came in; a `+' at the end stands for any "
	  "further characters. Only in PREROUTING, INPUT, FORWARD and chains called from there." },
	{ 'o', "NAME", "The interface by which the packet leaves. Only in FORWARD, OUTPUT, "
	  "POSTROUTING and chains called from there." },
	{ 'f', NULL, "Second and further fragments of a packet, which carry no ports and no ICMP "
	  "type. IPv4 only." },
	{ 'm', "MATCH", "A match; its options follow. See iptables\\-extensions(8)." },
	{ 'j', "TARGET", "What becomes of a packet that matches: a target, or a chain to go "
	  "through. A rule without it only counts." },
	{ 'g', "CHAIN", "Go on in that chain; where it ends, its caller's caller goes on." },
	{ 'c', "PACKETS BYTES", "Begin with these counters, also for a policy." },
};

static const struct meaning others[] = {
	{ 't', "TABLE", "The table to work on; filter when none is given." },
	{ 'v', NULL, "More: listings with counters, interfaces and options; changes are echoed." },
	{ 'n', NULL, "Numbers instead of names of hosts, networks and services." },
	{ 'x', NULL, "Counters in full, not as K, M or G." },
	{ '0', NULL, "Numbers in front of the listed rules." },
	{ 'w', "[SECONDS]", "Wait for others. Changes are transactions of the kernel and wait for "
	  "nobody; the option is read for the sake of scripts." },
	{ 'W', "MICROSECONDS", "Accepted beside -w, and ignored." },
	{ 'M', "COMMAND", "Accepted, and ignored: the kernel loads its own modules." },
	{ '4', NULL, "In ip6tables\\-restore: a line that it skips." },
	{ '6', NULL, "In iptables\\-restore: a line that it skips." },
};

/* What the tables are for; where they stand follows from the built-in chains. */
static const struct { const char *name, *text; } tables[] = {
	{ "filter", "What may pass; the table of commands without -t." },
	{ "nat", "Addresses and ports: asked for the first packet of a connection only." },
	{ "mangle", "Changes to packets: marks, TOS, TTL." },
	{ "raw", "Before connection tracking: what it shall not see." },
	{ "security", "Labels for mandatory access control." },
};

static const struct { const char *number, *text; } statuses[] = {
	{ "0", "All went well." },
	{ "1", "The chain or rule is not there, or is there already." },
	{ "2", "The command line is wrong, or names a match, target or chain that does not "
	  "exist." },
	{ "3", "The table does not exist." },
	{ "4", "The kernel refused it, or something ran out." },
};

static bool is_invertible(char letter)
{
	for (const struct base_option *o = base_options; o->name; o++) {
		if (o->letter != letter)
			continue;
		for (size_t i = 0; i < OPTION_COUNT; i++)
			if (!strcmp(head_options[i].name + 2, o->name) && head_options[i].invert)
				return true;
	}
	return false;
}

/* "[!] -s, --source, --src ADDRESS": every long name of that letter. */
static void put_words(struct sink *sink, const struct meaning *m)
{
	const char *gap = "";

	sink_printf(sink, ".TP\n%s", is_invertible(m->letter) ? "[\\fB!\\fP] " : "");
	if (!isdigit((unsigned char)m->letter) || m->letter > '0') {
		sink_printf(sink, "\\fB\\-%c\\fP", m->letter);
		gap = ", ";
	}
	for (const struct base_option *o = base_options; o->name; o++) {
		if (o->letter != m->letter)
			continue;
		sink_printf(sink, "%s\\fB\\-\\-", gap);
		manual_text(sink, o->name);
		sink_str(sink, "\\fP");
		gap = ", ";
	}
	if (m->argument)
		sink_printf(sink, " \\fI%s\\fP", m->argument);
	sink_char(sink, '\n');
}

static void put_meanings(struct sink *sink, const char *title, const struct meaning *m,
			 size_t count)
{
	sink_printf(sink, ".SH %s\n", title);
	for (size_t i = 0; i < count; i++) {
		put_words(sink, &m[i]);
		sink_printf(sink, "%s\n", m[i].text);
	}
}

static void put_tables(struct sink *sink)
{
	sink_str(sink, ".SH TABLES\n");
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		const struct builtin_table *t = builtin_table(tables[i].name);

		sink_printf(sink, ".TP\n.B %s\n%s Built\\-in chains:", tables[i].name,
			    tables[i].text);
		for (size_t n = 0; t && n < t->count; n++)
			sink_printf(sink, "%s %s", n ? "," : "", t->chains[n].name);
		sink_str(sink, ".\n");
	}
}

static const char description[] =
	".SH DESCRIPTION\n"
	"The kernel holds tables, tables hold chains, and chains hold rules. A packet goes "
	"through the rules of a chain in their order; the first one that matches and decides "
	"wins, and the policy of a built\\-in chain speaks where none does. \\fBiptables\\fP "
	"changes and lists the rules of IPv4, \\fBip6tables\\fP those of IPv6.\n"
	".PP\n"
	"Rules live in the kernel's nf_tables, as iptables 1.8.13 writes them, and that one, "
	"nft(8) and these programs can be used beside one another. Each command is one "
	"transaction: it is carried out as a whole or not at all.\n"
	".PP\n"
	"A rule takes effect at once. Accept the port of the session you are typing in before "
	"you drop anything.\n";

static const char targets[] =
	".SH TARGETS\n"
	".TP\n.B ACCEPT\nThe packet passes this table.\n"
	".TP\n.B DROP\nThe packet is gone, without a word to its sender.\n"
	".TP\n.B RETURN\nBack to the rule behind the jump; in a built\\-in chain, its policy.\n"
	".TP\n.I CHAIN\nThrough the rules of that chain, and back if none decides.\n"
	".PP\nAll others are targets of iptables\\-extensions(8).\n";

static const char examples[] =
	".SH EXAMPLES\n"
	".TP\n.B iptables \\-A INPUT \\-p tcp \\-\\-dport 25 \\-s 203.0.113.9 \\-j ACCEPT\n"
	"One host may send mail to this machine.\n"
	".TP\n.B iptables \\-A INPUT \\-p tcp \\-\\-dport 25 \\-j DROP\n"
	"And nobody else.\n"
	".TP\n.B iptables \\-A INPUT \\-m conntrack \\-\\-ctstate RELATED,ESTABLISHED \\-j ACCEPT\n"
	"What belongs to a connection that was let in.\n"
	".TP\n.B iptables \\-L INPUT \\-n \\-v \\-\\-line\\-numbers\n"
	"The rules of a chain with counters and numbers.\n";

void manual_iptables(struct sink *sink, const char *date)
{
	manual_begin(sink, "iptables", "ip6tables", date,
		     "administration of IPv4 and IPv6 packet filtering and NAT");
	sink_str(sink, ".SH SYNOPSIS\n");
	for (size_t i = 0; i < iptables_usage_count; i++) {
		sink_printf(sink, "%s.B iptables\n[\\fB\\-t\\fP \\fItable\\fP] ", i ? ".br\n" : "");
		manual_text(sink, iptables_usage[i]);
		sink_char(sink, '\n');
	}
	sink_str(sink, ".PP\nip6tables takes the same.\n");
	sink_str(sink, description);
	put_tables(sink);
	sink_str(sink, targets);
	put_meanings(sink, "COMMANDS", commands, ARRAY_SIZE(commands));
	put_meanings(sink, "PARAMETERS OF A RULE", parameters, ARRAY_SIZE(parameters));
	put_meanings(sink, "OTHER OPTIONS", others, ARRAY_SIZE(others));
	sink_str(sink, ".SH EXIT STATUS\n");
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		sink_printf(sink, ".TP\n.B %s\n%s\n", statuses[i].number, statuses[i].text);
	sink_str(sink, examples);
}
