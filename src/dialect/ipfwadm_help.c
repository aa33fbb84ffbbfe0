// SPDX-License-Identifier: GPL-2.0-or-later
/* `ipfwadm -h`, its manual page, and its options for completion: from the same tables. */
#include "base/bits.h"
#include "base/wrap.h"
#include "dialect/describe.h"
#include "dialect/ipfwadm.h"

static const struct words_meaning categories[] = {
	{ "-A [DIRECTION]", "accounting: count in, out or both (default), decide nothing" },
	{ "-F", "forwarding firewall: what is routed on; the device is the leaving one" },
	{ "-I", "input firewall: what arrives" },
	{ "-O", "output firewall: what leaves" },
	{ "-M", "masquerading" },
};

static const struct words_meaning commands[] = {
	{ "-a [POLICY]", "append a rule; accounting has no policies" },
	{ "-i [POLICY]", "insert it at the front" },
	{ "-d [POLICY]", "delete the first equal rule" },
	{ "-l", "list the rules; with -z the counters start anew" },
	{ "-z", "zero the counters" },
	{ "-f", "remove all rules; the default policy stays" },
	{ "-p POLICY", "the default policy" },
	{ "-c", "check a packet (with -F, -I, -O)" },
	{ "-s TCP FIN UDP", "time-outs of masqueraded flows in seconds, 0 leaves one alone" },
	{ "-h", "this text" },
};

static const struct words_meaning options[] = {
	{ "-P PROTOCOL", "all, tcp, udp or icmp" },
	{ "-S ADDRESS[/MASK] [PORT...]", "where it comes from; of icmp the types" },
	{ "-D ADDRESS[/MASK] [PORT...]", "where it goes to" },
	{ "-V ADDRESS", "the device with this address" },
	{ "-W NAME", "the device of this name" },
	{ "-b", "both directions: source and destination may be exchanged" },
	{ "-k", "TCP packets must have ACK" },
	{ "-y", "TCP packets must have SYN, and not ACK" },
	{ "-m", "masquerade what is accepted (-F)" },
	{ "-o", "a line for each match: postern log" },
	{ "-r [PORT]", "redirect to a port of this host (-I)" },
	{ "-t AND XOR", "change the Type of Service byte of what is accepted" },
	{ "-e", "list more" },
	{ "-n", "numbers instead of names" },
	{ "-x", "counters in full" },
	{ "-v", "say what is done" },
};

static void put_rows(struct sink *sink, const char *heading, const struct words_meaning *rows,
		     size_t count)
{
	sink_printf(sink, "\n%s:\n", heading);
	for (size_t i = 0; i < count; i++) {
		sink_printf(sink, "  %-29s ", rows[i].words);
		sink_wrap(sink, 32, 32, WRAP_WIDTH, rows[i].means);
	}
}

void ipfwadm_help(struct sink *sink, const char *program)
{
	sink_printf(sink, "Usage: %s CATEGORY COMMAND [OPTIONS]\n", program);
	put_rows(sink, "Categories", categories, ARRAY_SIZE(categories));
	put_rows(sink, "Commands", commands, ARRAY_SIZE(commands));
	put_rows(sink, "Options", options, ARRAY_SIZE(options));
	sink_str(sink, "\nPOLICY is accept, deny or reject; DIRECTION in, out or both.\n"
		       "Words may be cut short.\n");
}

static void page_of_ipfwadm(struct sink *sink)
{
	sink_str(sink, ".SH SYNOPSIS\n.B ipfwadm\n\\fIcategory command\\fP [\\fIoptions\\fP]\n"
		 ".SH DESCRIPTION\nThe firewall of Linux 2.0, on nf_tables. Three lists of rules "
		 "judge packets: \\fBinput\\fP what arrives, \\fBforward\\fP what is routed on, "
		 "\\fBoutput\\fP what leaves; a routed packet crosses all three. The first rule "
		 "that matches decides, else the default policy. A fourth list counts: every rule "
		 "of it that matches. A rule can have up to ten ports, of which each side may "
		 "begin with one range. Rules live in a table of their own beside those of\n"
		 ".BR iptables (8).\n");
	old_manual_rows(sink, "CATEGORIES", categories, ARRAY_SIZE(categories));
	old_manual_rows(sink, "COMMANDS", commands, ARRAY_SIZE(commands));
	old_manual_rows(sink, "OPTIONS", options, ARRAY_SIZE(options));
	sink_str(sink, ".SH EXIT STATUS\n0: done. 2: the command line is wrong. 1: the rules "
		 "cannot be read. 255: the kernel refused; the text begins with \\(lqsetsockopt "
		 "failed\\(rq, as scripts expect.\n"
		 ".SH DIFFERENCES\nFor \\fB\\-V\\fP nf_tables is told the device that has the "
		 "address when the rule is made. \\fB\\-d\\fP compares ports exactly, the redirect "
		 "port as well.\n"
		 ".SH SEE ALSO\n.BR ipchains (8),\n.BR postern (8)\n");
}

const struct old_page ipfwadm_pages[] = {
	{ "ipfwadm", "packet filter and accounting of Linux 2.0", page_of_ipfwadm },
	{ 0 },
};

static void put_letters(struct sink *sink, const struct words_meaning *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sink_printf(sink, "%.2s ", rows[i].words);
}

void ipfwadm_options(struct sink *sink)
{
	put_letters(sink, categories, ARRAY_SIZE(categories));
	put_letters(sink, commands, ARRAY_SIZE(commands));
	put_letters(sink, options, ARRAY_SIZE(options));
}
