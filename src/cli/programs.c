// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs that stand beside `iptables` and `ip6tables`: what help, manual pages and completion
 * say of them, a row each, and getopt's tables from their options.
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

const struct program programs[] = {
	{ .suffix = "-save", .usage = "[-c] [-t TABLE] [-f FILE] [-M COMMAND] [-V]",
	  .summary = "print all rules in the form that the restore program reads",
	  .text = "Prints the tables that are there, each from *TABLE to COMMIT: policies and "
		  "chains, then the rules as commands. What nft made and iptables has no words "
		  "for becomes a comment.",
	  .options = save_options, .see = "iptables-restore(8)" },
	{ .suffix = "-restore",
	  .usage = "[-c] [-n] [-t] [-T TABLE] [-v] [-w [SECONDS]] [-4] [-6] [FILE]",
	  .summary = "load rules from a file or from standard input",
	  .text = "Reads what iptables-save prints. Each table, up to its COMMIT, is one "
		  "transaction: it is loaded as a whole or not at all, and no packet meets half "
		  "of it. A line that is wrong is named by its number.\n"
		  "Lines: *TABLE, :CHAIN POLICY [PACKETS:BYTES], commands of iptables(8) "
		  "without -t, each with counters in front where wanted ([PACKETS:BYTES] -A "
		  "...), COMMIT, and comments behind #.",
	  .options = restore_options, .see = "iptables-save(8)" },
	{ .suffix = "-apply",
	  .usage = "[-hV] [-t SECONDS] [-w SAVEFILE] {[RULESFILE] | -c [RUNCMD]}",
	  .summary = "apply rules, and go back unless somebody confirms",
	  .text = "Loads the rules of RULESFILE (as iptables-save writes them), or runs a command "
		  "that changes rules, and asks whether new connections are possible. Unless the "
		  "answer is y, and comes in time, the old rules come back, also when this "
		  "program or its terminal dies. Usual files: /etc/network/iptables.up.rules, "
		  "/etc/network/iptables.up.run (ip6tables.up.* for IPv6).\n"
		  "Exit status: 0 confirmed; 255 not confirmed; 1 bad time; 2 no rules file; 4, 5 "
		  "rules not saved or applied; 6, 7 no command, or it failed; 8, 9 SAVEFILE "
		  "cannot be written.",
	  .options = apply_options, .see = "iptables-restore(8), postern(8)", .plain = true },
	{ 0 },
};

void program_getopt(const struct program_option *options, struct getopt_tables *tables)
{
	size_t names = 0, letters = 0;

	memset(tables, 0, sizeof(*tables));
	for (; options->letter && names + 1 < sizeof(tables->names) / sizeof(*tables->names);
	     options++) {
		if (options->name)
			tables->names[names++] = (struct option){
				options->name, options->argument, NULL, options->letter };
		tables->letters[letters++] = options->letter;
		/* As getopt has it: none, one or two colons. */
		for (int i = 0; i < options->argument && letters + 3 < sizeof(tables->letters); i++)
			tables->letters[letters++] = ':';
	}
}
