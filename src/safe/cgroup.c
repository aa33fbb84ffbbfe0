// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the number of a control group to its path: the number is all of a file handle there
 * (kernfs_fh_to_dentry), and what it opens has a name in /proc/self/fd.
 */
#include "safe/cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum {
	KERNFS = 0xfe,		/* FILEID_KERNFS of linux/exportfs.h, which programs do not see */
	LINE_ROOM = 4096, PATH_ROOM = 4096,
};

/* The n-th word from 0 of a line of /proc/self/mountinfo, with its length. */
static const char *word(const char *line, unsigned n, size_t *len)
{
	while (n--) {
		line += strcspn(line, " \n");
		line += strspn(line, " ");
	}
	*len = strcspn(line, " \n");
	return line;
}

/* Where the tree is mounted, from the root of our namespace of groups on, as rules count it. */
static bool find_tree(char *path, size_t room)
{
	enum { ROOT = 3, POINT = 4 };
	FILE *f = fopen("/proc/self/mountinfo", "re");
	char line[LINE_ROOM];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		size_t root_len, len;
		const char *root = word(line, ROOT, &root_len), *point = word(line, POINT, &len);

		if (!strstr(line, " - cgroup2 ") || root_len != 1 || *root != '/' || len >= room ||
		    memchr(point, '\\', len))
			continue;
		memcpy(path, point, len);
		path[len] = '\0';
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

bool cgroup_path(uint64_t number, char *path, size_t room)
{
	union {
		struct file_handle handle;
		uint8_t bytes[sizeof(struct file_handle) + sizeof(number)];
	} at = { .handle = { .handle_bytes = sizeof(number), .handle_type = KERNFS } };
	char tree[PATH_ROOM], link[32], there[PATH_ROOM];
	AUTO_FD root = -1, group = -1;
	size_t len;
	ssize_t n;

	*path = '\0';
	if (!number || !find_tree(tree, sizeof(tree)))
		return false;
	memcpy(at.bytes + sizeof(struct file_handle), &number, sizeof(number));
	root = open(tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	group = root >= 0 ? open_by_handle_at(root, &at.handle, O_PATH | O_CLOEXEC) : -1;
	if (group < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", group);
	n = readlink(link, there, sizeof(there) - 1);
	len = strlen(tree);
	if (n < 0 || (size_t)n < len || memcmp(there, tree, len) != 0)
		return false;
	there[n] = '\0';
	if (there[len] && there[len] != '/')
		return false;
	return snprintf(path, room, "%s", there[len] ? there + len : "/") < (int)room;
}
