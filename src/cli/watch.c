// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The watchers of a change that waits for its confirmation: processes that live without the
 * session, terminal and control group they were made in. What they do is in safe/pending.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/safety.h"

enum { READY_MS = 10000 };

struct watcher {
	const struct where *where;
	uint64_t deadline;
	const struct ruleset *before;
	int ready;			/* a pipe to who waits for us; -1: nobody */
};

static volatile sig_atomic_t roll_back_now;

static void on_term(int number)
{
	(void)number;
	roll_back_now = 1;
}

/*
 * The scope of a login session is killed as a whole when the session ends (KillUserProcesses of
 * logind.conf), so we leave it: for the root of each hierarchy there is.
 */
static void leave_control_group(void)
{
	static const char *const roots[] = {
		"/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/unified/cgroup.procs",
		"/sys/fs/cgroup/systemd/cgroup.procs", "/sys/fs/cgroup/freezer/cgroup.procs",
		"/sys/fs/cgroup/pids/cgroup.procs",
	};

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		int fd = open(roots[i], O_WRONLY | O_CLOEXEC);
		/* Not being allowed to is no reason not to watch. */
		ssize_t n = fd >= 0 ? write(fd, "0", 1) : 0;

		(void)n;
		if (fd >= 0)
			close(fd);
	}
}

/* No terminal, no files of the caller (its locks among them), no signals of its session. */
static void detach(int keep)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, term = { .sa_handler = on_term };
	static const int deaf_to[] = { SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTTOU, SIGTTIN,
				       SIGTSTP, SIGALRM, SIGUSR1, SIGUSR2 };
	struct sigaction reap = { .sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT };
	sigset_t none;
	int null;

	/* Callers without standard streams get low numbers. */
	if (keep >= 0)
		keep = fcntl(keep, F_DUPFD, 3);
	setsid();
	for (size_t i = 0; i < sizeof(deaf_to) / sizeof(*deaf_to); i++)
		sigaction(deaf_to[i], &ignore, NULL);
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGCHLD, &reap, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd <= 2; fd++)
		if (null >= 0)
			dup2(null, fd);
	if (keep > 3) {
		dup2(keep, 3);
		keep = 3;
	}
	syscall(SYS_close_range, keep == 3 ? 4 : 3, ~0U, 0);
	if (chdir("/")) {
		/* Then it stays where it is: nothing here depends on it. */
	}
	prctl(PR_SET_NAME, "postern-watch");
	leave_control_group();
}

static int start_partner(void *context);

/* The life of a watcher. `partner`: of the process that made it, or 0: it makes one itself. */
static void watch(struct watcher *w, pid_t partner)
{
	struct err err = ERR_INIT;
	AUTO_FD lock = -1;
	struct watch watch = {
		.where = w->where, .deadline = w->deadline, .before = w->before,
		.now = &roll_back_now, .partner = -1, .start = start_partner, .context = w,
	};
	int ready = w->ready >= 0 ? 3 : -1;

	detach(w->ready);
	/* Partners that we make later have nobody to tell. */
	w->ready = -1;
	if (pending_watch_lock(w->where, &lock, &err) < 0)
		return;
	if (partner) {
		watch.partner = (int)syscall(SYS_pidfd_open, partner, 0);
	} else {
		w->ready = ready;
		watch.partner = start_partner(w);
		w->ready = -1;
	}
	if (ready >= 0) {
		if (watch.partner < 0 || write(ready, "r", 1) != 1)
			return;
		close(ready);
	}
	if (pending_watch(&watch)) {
		openlog("postern", LOG_PID, LOG_AUTH);
		syslog(LOG_WARNING, "a change of the firewall was not confirmed in time and has "
				    "been rolled back");
	}
}

static int start_partner(void *context)
{
	struct watcher *w = context;
	pid_t self = getpid(), child = fork();

	if (!child) {
		watch(w, self);
		_exit(0);
	}
	return child < 0 ? -1 : (int)syscall(SYS_pidfd_open, child, 0);
}

/* Both have said that they are there. */
static int wait_ready(int fd, struct err *err)
{
	char text[2];
	size_t got = 0;

	while (got < 2) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, READY_MS) <= 0)
			break;
		n = read(fd, text, sizeof(text));
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	return got >= 2 ? 0 : err_errno(err, ERR_RESOURCE, ECHILD,
					"the watchers did not start, so nothing was changed");
}

int start_watchers(const struct where *where, uint64_t deadline, const struct ruleset *before,
		   struct err *err)
{
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return err_errno(err, ERR_RESOURCE, errno, "no pipe: %s", strerror(errno));
	child = fork();
	if (!child) {
		struct watcher w = { where, deadline, before, ends[1] };

		/* Once more, so that it is init's child and never a leader that gets a terminal. */
		setsid();
		if (!fork())
			watch(&w, 0);
		_exit(0);
	}
	close(ends[1]);
	if (child > 0)
		waitpid(child, NULL, 0);
	r = child < 0 ? err_errno(err, ERR_RESOURCE, errno, "no process: %s", strerror(errno))
		      : wait_ready(ends[0], err);
	close(ends[0]);
	return r;
}
