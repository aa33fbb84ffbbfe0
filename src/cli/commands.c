// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands of `postern` itself, a row each: what runs, `postern help`, completion and postern(8)
 * follow from it. The programs of iptables are no rows; they have names of their own.
 */
#include <stdio.h>
#include <string.h>

#include "base/version.h"
#include "cli/cli.h"
#include "cli/scene.h"
#include "cli/safety.h"

static int run_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("postern %s (speaks iptables %s)\n", VERSION_OWN, VERSION_COMPAT);
	return fflush(stdout) ? 1 : 0;
}

static const struct own_option list_options[] = {
	{ "-4, -6", "tables of one family" },
	{ "-t TABLE", "one table" },
	{ "--handles", "the kernel's own numbers of the rules" },
	{ 0 },
};

static const struct own_option change_options[] = {
	{ "--confirm [TIME]", "the old rules come back by themselves unless `postern confirm' is "
	  "called in time (60s, 5m; without a number as configured, else 60s), whatever happens to "
	  "this session" },
	{ "--dry-run", "only show what would change" },
	{ "-q", "do not show it" },
	{ 0 },
};

static const struct own_option history_options[] = {
	{ "--rules", "the rules of before that change" },
	{ 0 },
};

static const struct own_option scene_options[] = { SCENE_OPTIONS, { 0 } };

static const struct own_option replay_options[] = {
	SCENE_OPTIONS,
	{ "--vs FILE", "other rules, which are compared with; given twice, of either family" },
	ASSUME_OPTION,
	{ "--write FILE", "a capture of the packets that are accepted" },
	{ "-i DEVICE", "through which packets of others come in" },
	{ "--json", "for programs" },
	{ "-q", "no progress on the terminal" },
	{ 0 },
};

static const struct own_option log_options[] = {
	{ "-t, --time", "in front of each line the time and the host, as syslogd put it" },
	{ "-n, --count N", "end after N lines and copies" },
	{ "--copies FILE", "a capture of the packets that -o of ipchains copies; with - only "
	  "that, to standard output" },
	{ 0 },
};

static const struct own_option explain_options[] = {
	{ "-4, -6", "the packet's family, where no address tells it" },
	SCENE_OPTIONS,
	{ "--hex BYTES", "the packet itself, from its IP header on" },
	{ "--read CAPTURE", "the packet from a capture, as if it came alone: its first IP packet" },
	{ "--frame N", "or this frame of it, counted from 1" },
	{ "--payload TEXT", "what it carries; \\n, \\r, \\\\ and \\xHH inside" },
	ASSUME_OPTION,
	{ "--time YYYY-MM-DDThh:mm", "when it comes, UTC; else now" },
	{ "--all", "long runs of rules that do not match are shown, too" },
	{ "-q", "the verdict only" },
	{ "--json", "for programs" },
	{ 0 },
};

static const struct own_option convert_options[] = {
	{ "--from DIALECT", "ipfwadm or ipchains" },
	{ "--to DIALECT", "ipchains or iptables" },
	{ "--host FILE", "devices and addresses of the host, in the words of ip(8)" },
	{ "--packets N", "how many packets are compared; if not said 10000, or 100 for each rule "
	  "when that is more; 0: none" },
	{ 0 },
};

static const struct own_option filter_options[] = {
	{ "--store DIR", "the rules, as changed by postern --store DIR iptables" },
	{ "--tun NAME", "a TUN device, made when it is not there; up to 16 of them" },
	{ "--queue N", "packets that the kernel's rules sent to -j NFQUEUE --queue-num N" },
	{ "--bridge ONE,OTHER", "from one Ethernet device to the other, without NAT" },
	{ "--read CAPTURE", "packets of a capture; --write CAPTURE gets those that pass, --in NAME "
	  "is the device they came by, where the routes do not tell" },
	{ "--host FILE", "devices, addresses and routes of the host from a file" },
	{ "--sets FILE", "what sets hold at the start, from a file of ipset save" },
	{ "--connections N", "the most that are tracked, 65536 if not said" },
	{ "-q", "no words but errors and warnings" },
	{ 0 },
};

const struct own_command own_commands[] = {
	{ .name = "list", .usage = "[-4] [-6] [-t TABLE] [--handles]",
	  .summary = "every table, chain and rule of both families, with counters",
	  .text = "Prints every table, chain and rule of both families: hooks, priorities, "
		  "policies, how often a chain is jumped to, and each rule with its number, "
		  "packets, bytes and the words that would make it. Tables made by nft are "
		  "shown by name. NO_COLOR=1 turns bold type off.",
	  .options = list_options, .run = run_list },
	{ .name = "apply", .kernel_only = true,
	  .usage = "[-4 FILE] [-6 FILE] [FILE...] [--confirm [TIME]] [--dry-run] [-q]",
	  .summary = "make the rules those of files; shows what changes",
	  .text = "Makes the rules those of the files (as iptables-save writes them), all tables "
		  "of both families in one step. Shows first what changes: + added, - removed, > "
		  "moved, ! policy. Rules that stay keep their counters; tables that no file "
		  "names stay as they are. The family is told by -4 or -6, else by the name "
		  "(rules.v6, ip6tables...) or by the comment of ip6tables-save, else it is IPv4; "
		  "- is standard input.",
	  .options = change_options, .run = run_apply },
	{ .name = "try", .kernel_only = true, .usage = "[--confirm TIME] PROGRAM ARGUMENTS...",
	  .summary = "run a command whose effect has to be confirmed",
	  .text = "Runs iptables, ip6tables or a restore as ever, but the old rules come back "
		  "unless `postern confirm' is called in time: postern try iptables -P INPUT DROP",
	  .run = run_try },
	{ .name = "confirm", .kernel_only = true, .usage = "",
	  .summary = "keep the change that waits for it",
	  .text = "The change made by apply --confirm or try stays.", .run = run_confirm },
	{ .name = "rollback", .kernel_only = true,
	  .usage = "[N] [--confirm [TIME]] [--dry-run] [-q]",
	  .summary = "bring back the rules of before",
	  .text = "What waits for its confirmation is ended; else the last change of the history "
		  "is undone, unless that was a rollback itself; with N all rules become what they "
		  "were before change N.",
	  .options = change_options, .run = run_rollback },
	{ .name = "history", .kernel_only = true, .usage = "[N [--rules]]",
	  .summary = "who changed what, and when",
	  .text = "The changes made with commands of postern, and those typed with iptables and "
		  "its kind on a terminal, the newest first: who, when, from which command, and "
		  "how much changed. What one script or one line does is one of them. With N "
		  "everything about that change. At most 64 are kept, and 32 MiB.",
	  .options = history_options, .run = run_history },
	{ .name = "explain", .usage = "[-4|-6] [-q|--json] [--rules FILE] PACKET...",
	  .summary = "what becomes of a packet, and which rule decides it, and why",
	  .text = "Takes a packet in the words of iptables' own options: postern explain -i eth0 "
		  "-p tcp -s 203.0.113.9 --dport 25. What is not said is assumed, and printed: no "
		  "-d means this host, no -i means made here, no -p a ping, tcp without flags a "
		  "SYN, source port 40000, connection state NEW. Devices need not exist.\n"
		  "Prints the packet's way through tables and chains, each rule that was tried "
		  "with the condition that failed, what NAT made of it, the verdict, and the "
		  "nearest miss: the rule that would have decided otherwise, had one field been "
		  "different. Nothing is sent, and no counter moves.\n"
		  "What cannot be known here (who is in a set that nobody gave, say) makes the "
		  "verdict conditional; --assume settles it.\n"
		  "Ends with 0 when the packet is accepted, 1 when it is dropped or rejected, 2 "
		  "after an error, 3 when it is not known.",
	  .options = explain_options, .run = run_explain },
	{ .name = "test", .usage = "[--rules FILE] [--host FILE] TEST-FILE...",
	  .summary = "unit tests of a firewall: packets, and what is to become of them",
	  .text = "Runs the tests of files: packets and conversations in the words of explain, "
		  "what is expected of each, in TAP. Rules come from the file's own `rules' lines "
		  "or from --rules, which then counts alone, as --host and --sets do; nothing "
		  "is sent, and no privileges are needed. doc/testing.md has the format. Ends "
		  "with 0 when all pass, 1 when some fail, 2 after an error.",
	  .options = scene_options, .run = run_test },
	{ .name = "replay", .usage = "[--rules FILE] [--vs FILE] [--write FILE] CAPTURE",
	  .summary = "every packet of a capture through a rule set",
	  .text = "Judges the packets of a capture (pcap, pcapng; - is standard input) with the "
		  "clock of the capture: how many are accepted and dropped, and how often each "
		  "rule matched. With --vs the flows whose fate would differ with another rule "
		  "set are listed. Packets from an address of the host are taken for its own, the "
		  "others come through the device that leads to their sender, or that of -i. "
		  "Nothing is sent.",
	  .options = replay_options, .run = run_replay },
	{ .name = "run", .usage = "--store DIR --tun NAME...|--queue N|--bridge A,B|--read FILE",
	  .summary = "filter real traffic in user space, with connection tracking and NAT",
	  .text = "Packets pass, are changed, dropped or rejected as the rules of the store say. A "
		  "change of the rules holds from the next packet on. Counters are written back "
		  "every five seconds and at the end. SIGTERM and SIGINT end it: what has "
		  "arrived is still judged. Changes of devices, addresses and routes are followed; "
		  "SIGHUP has the host read again.\n"
		  "What cannot be judged in user space is dropped, and counted. Offloads and MTU: "
		  "doc/run.md.",
	  .options = filter_options, .run = run_filter },
	{ .name = "convert", .usage = "--from DIALECT --to DIALECT [FILE]",
	  .summary = "rules of ipfwadm or ipchains in the words of what came later",
	  .text = "Reads what ipchains-save wrote, or a script of plain commands, and prints what "
		  "ipchains-restore or iptables-restore reads. What cannot be kept exactly, and "
		  "what is left out, is told on stderr with its line; then the same packets are "
		  "judged by both rule sets, and what differs is told. Exit status 0: all was "
		  "kept; 1: something was not; 2: nothing was converted.",
	  .options = convert_options, .run = run_convert },
	{ .name = "save", .usage = "", .summary = "keep the rules in force for the next boot",
	  .text = "Writes the rules of both families, and the sets they name, to the files of the "
		  "distribution: /etc/iptables/rules.v4, rules.v6 and ipsets, or "
		  "/etc/sysconfig/iptables, ip6tables and ipset where that is the custom. A copy "
		  "with checksums, and the one before, are kept in /var/lib/postern.",
	  .run = run_save_all },
	{ .name = "start", .usage = "", .summary = "load the saved rules",
	  .text = "Loads sets and rules that were saved, all of it in one step. A damaged file, or "
		  "one this kernel refuses, is replaced by the last good copy; when nothing can be "
		  "loaded and nothing is in force, everything is dropped but SSH. Both are said "
		  "on stderr and in the system log, and the exit status is 1.",
	  .run = run_start },
	{ .name = "restart", .usage = "", .summary = "start, and drop what was not saved",
	  .text = "As start, but tables that no file names go; in one step, never open.",
	  .run = run_restart },
	{ .name = "stop", .usage = "", .summary = "no rules, every packet passes",
	  .text = "Policies ACCEPT, chains empty. The rules are kept in the history.",
	  .run = run_stop },
	{ .name = "status", .usage = "", .summary = "what is in force, what is saved",
	  .text = "With rules of ipchains, ipfwadm or ipmasqadm in force, also which of these, and "
		  "in which order a packet meets all chains. Exit status 3: no rules are in force.",
	  .run = run_status },
	{ .name = "panic", .usage = "", .summary = "drop everything but your own sessions",
	  .text = "Drops all packets, in and out, but those of the lifelines (postern guard), "
		  "logins from the same hosts, and loopback.", .run = run_panic },
	{ .name = "guard", .usage = "", .summary = "the connections that must not be cut, and why",
	  .text = "Lists the lifelines: established connections of SSH servers, whatever their "
		  "port, mosh sessions, and those of the configuration (/etc/postern.conf). A "
		  "change typed in a session that one of them would not survive, or after which "
		  "nobody could log in again from there, is refused, with the commands that would "
		  "be safe.", .run = run_guard },
	{ .name = "log", .kernel_only = true, .usage = "[-t] [-n N] [--copies FILE]",
	  .summary = "the log lines of ipchains -l and ipfwadm -o, as they were",
	  .text = "Prints, until it is ended by a signal, a line for each packet that a rule with "
		  "-l of ipchains or -o of ipfwadm matches: \"Packet log: input DENY eth0 PROTO=6 "
		  "...\", \"IP fw-in deny eth0 TCP ...\". The rules send them to netlink group "
		  "220, and copies of packets to group 221; one program at a time can listen to "
		  "each.",
	  .options = log_options, .run = run_log },
	{ .name = "ext", .usage = "[NAME...]",
	  .summary = "what matches and targets can do, with examples",
	  .text = "Without a name: every match and target in a line. With names: where each may "
		  "stand, what it needs in the kernel, its options, and examples.",
	  .run = run_ext },
	{ .name = "manual", .usage = "[--list | PAGE]",
	  .summary = "manual pages, in man's own format",
	  .text = "Prints the manual page of PAGE, iptables-extensions when none is named; to "
		  "be read with `postern manual iptables | man -l -'. --list prints each name "
		  "that has a page, and the page.",
	  .run = run_manual },
	{ .name = "completion", .usage = "",
	  .summary = "completion for bash",
	  .text = "Prints what bash needs to complete commands, tables, chains, matches, "
		  "targets and options: . <(postern completion)",
	  .run = run_completion },
	{ .name = "help", .usage = "[COMMAND | EXTENSION]",
	  .summary = "this; help on a command, on a match or on a target",
	  .text = "Without a name: all commands, matches and targets.",
	  .run = run_help },
	{ .name = "version", .usage = "",
	  .summary = "our version, and the one of iptables that we behave as",
	  .text = "Also --version and -V.",
	  .run = run_version },
	{ 0 },
};

const struct own_command *own_command(const char *name)
{
	for (const struct own_command *c = own_commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}
