// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The master of a pseudo-terminal is a descriptor of /dev/ptmx, whose fdinfo has its number as
 * "tty-index" (Linux 4.14, tty_show_fdinfo).
 */
#include "safe/terminal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/num.h"
#include "safe/process.h"

enum {
	PTY_FIRST = 136, PTY_LAST = 143,	/* majors of slaves: Documentation/admin-guide/devices.txt */
	FDINFO_ROOM = 512, PATH_ROOM = 300,
};

/* The number of the pseudo-terminal, or -1. */
static int64_t index_of(int fd)
{
	struct stat st;

	if (!isatty(fd) || fstat(fd, &st) || !S_ISCHR(st.st_mode) ||
	    major(st.st_rdev) < PTY_FIRST || major(st.st_rdev) > PTY_LAST)
		return -1;
	return (int64_t)(major(st.st_rdev) - PTY_FIRST) << 20 | (int64_t)minor(st.st_rdev);
}

static bool is_master(int pid, const char *fd, const int64_t wanted[2])
{
	char name[PATH_ROOM], text[FDINFO_ROOM];
	const char *at;
	uint64_t index;

	snprintf(name, sizeof(name), "fdinfo/%s", fd);
	if (!process_read(pid, name, text, sizeof(text)))
		return false;
	at = strstr(text, "tty-index:");
	if (!at)
		return false;
	at += strlen("tty-index:");
	at += strspn(at, " \t");
	return num_parse_decimal(at, &at, 0, INT32_MAX, &index) &&
	       ((int64_t)index == wanted[0] || (int64_t)index == wanted[1]);
}

static bool holds_one(int pid, const int64_t wanted[2])
{
	char path[PATH_ROOM], target[32];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		target[n > 0 ? n : 0] = '\0';
		/* "/dev/ptmx", or "/dev/pts/ptmx" where that is a link. */
		found = strstr(target, "ptmx") && is_master(pid, entry->d_name, wanted);
	}
	if (dir)
		closedir(dir);
	return found;
}

size_t terminal_holders(int *pids, size_t room)
{
	const int64_t wanted[2] = { index_of(STDIN_FILENO), index_of(STDERR_FILENO) };
	DIR *dir = wanted[0] >= 0 || wanted[1] >= 0 ? opendir("/proc") : NULL;
	struct dirent *entry;
	size_t count = 0;

	while (dir && count < room && (entry = readdir(dir))) {
		const char *end;
		uint64_t pid;

		if (num_parse_decimal(entry->d_name, &end, 1, INT32_MAX, &pid) && !*end &&
		    holds_one((int)pid, wanted))
			pids[count++] = (int)pid;
	}
	if (dir)
		closedir(dir);
	return count;
}
