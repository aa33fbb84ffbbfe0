// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * iptables-apply and ip6tables-apply, with the options, questions and exit statuses of the script
 * of that name in netfilter's iptables (1.8.13, iptables-apply.8). What is better here: the old
 * rules also come back when this program and its terminal are killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "cli/safety.h"

/* Of the script. */
enum {
	EXIT_BAD_TIME = 1, EXIT_NO_FILE = 2, EXIT_NOT_SAVED = 4, EXIT_NOT_APPLIED = 5,
	EXIT_NO_COMMAND = 6, EXIT_COMMAND_FAILED = 7, EXIT_NOT_WRITABLE = 8, EXIT_NOT_WRITTEN = 9,
	EXIT_NOT_CONFIRMED = 255,
};

const struct program_option apply_options[] = {
	{ "timeout", 't', required_argument, "SECONDS", "Time to answer (10)." },
	{ "write", 'w', required_argument, "SAVEFILE",
	  "Where rules that were confirmed are written; empty: the usual rules file." },
	{ "command", 'c', no_argument, NULL, "Run a command instead of loading a file." },
	{ "help", 'h', no_argument, NULL, "Help." },
	{ "version", 'V', no_argument, NULL, "Print the version." },
	{ 0 },
};

struct applying {
	const char *name;
	bool six, command;
	uint32_t timeout;
	const char *save_file;		/* NULL: do not write */
	const char *file;		/* of rules, or the command */
};

static const char *default_file(const struct applying *o, bool command)
{
	if (command)
		return o->six ? "/etc/network/ip6tables.up.run" : "/etc/network/iptables.up.run";
	return o->six ? "/etc/network/ip6tables.up.rules" : "/etc/network/iptables.up.rules";
}

static int print_help(const struct applying *o)
{
	char *words[] = { (char *)"help", (char *)o->name, NULL };

	return run_help(2, words);
}

static int complain(int status, const char *text, const char *of)
{
	fprintf(stderr, "Error: %s: %s\n", text, of);
	return status;
}

/* Fills in the options; -1 to go on, or the exit status. */
static int read_options(struct applying *o, int argc, char **argv)
{
	struct getopt_tables tables;
	const char *timeout = "10";
	uint64_t n;
	int c;

	argv[0] = (char *)o->name;
	program_getopt(apply_options, &tables);
	while ((c = getopt_long(argc, argv, tables.letters, tables.names, NULL)) != -1) {
		switch (c) {
		case 't':
			timeout = optarg;
			break;
		case 'w':
			o->save_file = *optarg ? optarg : default_file(o, false);
			break;
		case 'c':
			o->command = true;
			break;
		case 'h':
			return print_help(o);
		case 'V':
			fprintf(stderr, "%s 1.1 -- a safer way to update iptables remotely\n",
				o->name);
			return 0;
		default:
			return 1;
		}
	}
	if (!num_parse(timeout, 0, PENDING_LONGEST, &n)) {
		fprintf(stderr, "Error: timeout must be a positive number\n");
		return EXIT_BAD_TIME;
	}
	o->timeout = n ? (uint32_t)n : 1;
	o->file = optind < argc ? argv[optind] : default_file(o, o->command);
	if (o->save_file && !access(o->save_file, F_OK) && access(o->save_file, W_OK))
		return complain(EXIT_NOT_WRITABLE, "savefile not writable", o->save_file);
	if (o->command && access(o->file, X_OK))
		return complain(EXIT_NO_COMMAND, "runcmd not executable", o->file);
	if (!o->command && access(o->file, R_OK))
		return complain(EXIT_NO_FILE, "rulesfile not readable", o->file);
	return -1;
}

/* The command itself, no shell; ended when it takes longer than there is to confirm. */
static bool run_command(const char *path, uint32_t seconds)
{
	char *const words[] = { (char *)path, NULL };
	pid_t child = fork();
	int status = 0;

	if (!child) {
		setenv("POSTERN_GUARD", "warn", 1);
		if (path)
			execv(path, words);
		_exit(127);
	}
	for (uint64_t end = boottime_ms() + UINT64_C(1000) * seconds; child > 0;) {
		struct timespec moment = { .tv_nsec = 20000000 };
		pid_t done = waitpid(child, &status, WNOHANG);

		if (done)
			return done == child && WIFEXITED(status) && !WEXITSTATUS(status);
		if (boottime_ms() >= end)
			kill(child, SIGTERM);
		nanosleep(&moment, NULL);
	}
	return false;
}

/* One key, without Enter where there is a terminal; 0 when the time is over. */
static char ask(uint64_t deadline)
{
	struct termios old, raw;
	bool terminal = !tcgetattr(STDIN_FILENO, &old);
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	uint64_t now = boottime_ms();
	char key = 0;

	if (terminal) {
		raw = old;
		raw.c_lflag &= (tcflag_t)~ICANON;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	/* A second for the confirmation itself. */
	if (deadline > now + 300 && poll(&p, 1, (int)(deadline - now - 300)) > 0 &&
	    read(STDIN_FILENO, &key, 1) != 1)
		key = 0;
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &old);
	return key;
}

static int write_rules(const struct applying *o, struct try_run *t, struct err *err)
{
	AUTO_RULESET rs = RULESET_INIT;
	AUTO_SINK text = SINK_MEMORY;
	int r = snapshot_read(&t->backend, &rs, err);

	if (r < 0)
		return r;
	printf("Writing successfully applied rules to '%s'...\n", o->save_file);
	snapshot_save(&text, &rs, o->six ? FAMILY_IPV6 : FAMILY_IPV4, false);
	return file_write(AT_FDCWD, o->save_file, sink_text(&text), text.len, FILE_PRIVATE, err);
}

static int revert(struct try_run *t, int status)
{
	AUTO_SINK none = SINK_MEMORY;
	struct err err = ERR_INIT;

	printf("Reverting to old iptables rules... ");
	fflush(stdout);
	if (try_end(t, true, &none, &err) < 0)
		return safety_fail(&err);
	printf("done.\n");
	return status;
}

static int confirm_or_not(const struct applying *o, struct try_run *t)
{
	AUTO_FD lock = -1;
	struct err err = ERR_INIT;
	char key;
	int r;

	printf("Can you establish NEW connections to the machine? (y/N) ");
	fflush(stdout);
	key = ask(t->record.deadline);
	printf("\n");
	if (key != 'y' && key != 'Y') {
		printf(key && key != '\n' ?
		       "No affirmative response! Better play it safe...\n" :
		       "Timeout! Something happened (or did not). Better play it safe...\n");
		return revert(t, EXIT_NOT_CONFIRMED);
	}
	r = pending_lock(&t->where, &lock, &err);
	if (!r && access(t->where.pending, F_OK)) {
		printf("Too late: the old rules are back.\n");
		return EXIT_NOT_CONFIRMED;
	}
	if (!r)
		r = pending_end(&t->where, &err);
	if (!r && o->save_file && write_rules(o, t, &err) < 0) {
		safety_fail(&err);
		return EXIT_NOT_WRITTEN;
	}
	if (r < 0)
		return safety_fail(&err);
	printf("... then my job is done. See you next time.\n");
	return 0;
}

int run_iptables_apply(const char *name, int argc, char **argv)
{
	__attribute__((cleanup(try_free))) struct try_run t = { 0 };
	struct applying o = { .name = name, .six = strchr(name, '6') != NULL };
	char *restore[] = { (char *)"iptables-restore", NULL, NULL };
	const char *words[3] = { name };
	AUTO_ARENA arena = ARENA_INIT;
	struct err err = ERR_INIT;
	bool done;
	int status = read_options(&o, argc, argv);

	if (status >= 0)
		return status;
	/* What nobody confirms is taken back. */
	guard_wish(GUARD_ONLY_WARNS);
	words[1] = o.command ? "-c" : o.file;
	words[2] = o.file;
	if (try_begin(&t, typed_command(&arena, words, o.command ? 3 : 2), o.timeout, &err) < 0) {
		safety_fail(&err);
		return EXIT_NOT_SAVED;
	}
	if (o.command) {
		printf("Running command '%s'... ", o.file);
		fflush(stdout);
		done = run_command(o.file, o.timeout);
	} else {
		printf("Applying new iptables rules from '%s'... ", o.file);
		fflush(stdout);
		restore[0] = (char *)(o.six ? "ip6tables-restore" : "iptables-restore");
		restore[1] = (char *)o.file;
		optind = 0;
		done = !run_program(restore[0], 2, restore);
	}
	if (!done) {
		printf("failed.\n");
		complain(0, o.command ? "unknown error running command" :
			 "unknown error applying new iptables rules", o.file);
		return revert(&t, o.command ? EXIT_COMMAND_FAILED : EXIT_NOT_APPLIED);
	}
	printf("done.\n");
	return confirm_or_not(&o, &t);
}
