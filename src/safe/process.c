// SPDX-License-Identifier: GPL-2.0-or-later
/* /proc/PID: a few bytes of a file there, and two fields of `stat`. */
#include "safe/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"

enum {
	PATH_ROOM = 64, STAT_ROOM = 512,
	/* Fields behind the name, which is the second: "PID (NAME) STATE PPID ...". */
	FIELD_PARENT = 1, FIELD_START = 19,
};

bool process_read(int pid, const char *name, char *text, size_t room)
{
	char path[PATH_ROOM];
	AUTO_FD fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, room - 1) : -1;
	if (n <= 0)
		return false;
	text[text[n - 1] == '\n' ? n - 1 : n] = '\0';
	return true;
}

/* The name may hold anything, so counted from its last parenthesis on. */
static uint64_t read_field(int pid, int field)
{
	char text[STAT_ROOM];
	const char *p;
	uint64_t value;

	if (!process_read(pid, "stat", text, sizeof(text)))
		return 0;
	p = strrchr(text, ')');
	for (int i = 0; p && i <= field; i++)
		p = strchr(p + 1, ' ');
	return p && num_parse_decimal(p + 1, &p, 0, UINT64_MAX, &value) ? value : 0;
}

int process_parent(int pid)
{
	uint64_t parent = read_field(pid, FIELD_PARENT);

	return parent <= INT32_MAX ? (int)parent : 0;
}

uint64_t process_start(int pid)
{
	return read_field(pid, FIELD_START);
}
