// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ipset(8), executed without a shell: it is the reference for the text form of some twenty types of
 * sets. No search path, and an environment of our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/safety.h"

enum { OUTPUT_MOST = 64 << 20, COMPLAINT_MOST = 400 };

static const char *find_program(void)
{
	static const char *const paths[] = {
		"/usr/sbin/ipset", "/sbin/ipset", "/usr/bin/ipset", "/usr/local/sbin/ipset",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!access(paths[i], X_OK))
			return paths[i];
	return NULL;
}

struct talk {
	const char *const *words;
	const char *input;		/* NULL: none */
	size_t len;
	struct sink *output;		/* NULL: not wanted */
};

static void become(const struct talk *t, int in, int out, int complaints)
{
	static const char *const environment[] = { "LC_ALL=C", "PATH=/usr/sbin:/sbin", NULL };

	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(complaints, STDERR_FILENO);
	execve(t->words[0], (char *const *)t->words, (char *const *)environment);
	_exit(127);
}

/* Gives the input and takes what is said, so that neither side waits for the other. */
static void converse(const struct talk *t, int in, int out, int complaints, struct sink *said)
{
	size_t given = 0;
	bool open_out = true, open_said = true;

	while (open_out || open_said) {
		struct pollfd p[] = {
			{ .fd = open_out ? out : -1, .events = POLLIN },
			{ .fd = open_said ? complaints : -1, .events = POLLIN },
			{ .fd = given < t->len ? in : -1, .events = POLLOUT },
		};
		char buf[4096];
		ssize_t n;

		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return;
		if (p[2].revents) {
			n = write(in, t->input + given, t->len - given);
			given = n > 0 ? given + (size_t)n : t->len;
		}
		if (given >= t->len && in >= 0) {
			close(in);
			in = -1;
		}
		if (p[0].revents) {
			n = read(out, buf, sizeof(buf));
			open_out = n > 0;
			if (n > 0 && t->output && t->output->len < OUTPUT_MOST)
				sink_bytes(t->output, buf, (size_t)n);
		}
		if (p[1].revents) {
			n = read(complaints, buf, sizeof(buf));
			open_said = n > 0;
			if (n > 0 && said->len < COMPLAINT_MOST)
				sink_bytes(said, buf, (size_t)n);
		}
	}
	if (in >= 0)
		close(in);
}

static int run_ipset(const struct talk *t, struct err *err)
{
	AUTO_SINK said = SINK_MEMORY;
	int in[2], out[2], complaints[2], status = 0;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	pid_t child;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(complaints, O_CLOEXEC))
		return err_errno(err, ERR_RESOURCE, errno, "no pipe: %s", strerror(errno));
	sigaction(SIGPIPE, &ignore, &old);
	child = fork();
	if (!child)
		become(t, in[0], out[1], complaints[1]);
	close(in[0]);
	close(out[1]);
	close(complaints[1]);
	converse(t, in[1], out[0], complaints[0], &said);
	close(out[0]);
	close(complaints[0]);
	if (child > 0)
		waitpid(child, &status, 0);
	sigaction(SIGPIPE, &old, NULL);
	if (child > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return err_errno(err, ERR_RESOURCE, ECANCELED, "ipset %s failed: %.*s", t->words[1],
			 (int)strcspn(sink_text(&said), "\n"), sink_text(&said));
}

static int no_program(struct err *err)
{
	err_errno(err, ERR_RESOURCE, ENOENT, "rules name sets, and ipset is not installed");
	err_hint(err, "Debian: apt-get install ipset");
	return -ENOENT;
}

int ipset_save(struct sink *sink, const char *name, struct err *err)
{
	const char *words[] = { find_program(), "save", name, NULL };
	struct talk t = { .words = words, .output = sink };

	return words[0] ? run_ipset(&t, err) : no_program(err);
}

int ipset_restore(const char *text, size_t len, struct err *err)
{
	const char *words[] = { find_program(), "-exist", "restore", NULL };
	struct talk t = { .words = words, .input = text, .len = len };

	return words[0] ? run_ipset(&t, err) : no_program(err);
}
