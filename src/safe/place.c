// SPDX-License-Identifier: GPL-2.0-or-later
/* Folders, the boot and the network namespace. */
#include "safe/place.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71	/* Linux 5.14 */
#endif

uint64_t boottime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static int find_netns(uint64_t *netns, struct err *err)
{
	AUTO_FD fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*netns);
	struct stat st;

	if (fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, netns, &size) && *netns)
		return 0;
	if (stat("/proc/self/ns/net", &st))
		return err_errno(err, ERR_RESOURCE, errno, "cannot tell the network namespace: %s",
				 strerror(errno));
	*netns = (uint64_t)st.st_ino;
	return 0;
}

static bool is_main_namespace(void)
{
	struct stat ours, first;

	if (stat("/proc/self/ns/net", &ours) || stat("/proc/1/ns/net", &first))
		return true;
	return ours.st_ino == first.st_ino && ours.st_dev == first.st_dev;
}

int where_find(struct where *where, struct err *err)
{
	AUTO_FD fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r;

	*where = (struct where){ .main = is_main_namespace() };
	n = fd >= 0 ? read(fd, where->boot, BOOT_ID_LEN) : 0;
	if (n != BOOT_ID_LEN)
		where->boot[0] = '\0';
	r = find_netns(&where->netns, err);
	if (r < 0)
		return r;
	if (where->main)
		snprintf(where->state, sizeof(where->state), "%s", PLACE_STATE);
	else
		snprintf(where->state, sizeof(where->state), PLACE_RUN "/netns-%" PRIu64,
			 where->netns);
	snprintf(where->pending, sizeof(where->pending), PLACE_PENDING "/%" PRIu64, where->netns);
	snprintf(where->lock, sizeof(where->lock), PLACE_RUN "/lock-%" PRIu64, where->netns);
	return 0;
}

static int make_folder(const char *path, struct err *err)
{
	struct stat st;

	if (mkdir(path, 0700) && errno != EEXIST)
		return err_errno(err, ERR_RESOURCE, errno, "cannot make %s: %s", path,
				 strerror(errno));
	if (lstat(path, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		return err_errno(err, ERR_RESOURCE, EPERM, "%s is not a folder of our own", path);
	return 0;
}

int where_make(const struct where *where, bool pending, struct err *err)
{
	char history[PLACE_MAX + 16];
	int r;

	if ((mkdir("/var/lib", 0755) && errno != EEXIST) ||
	    (mkdir("/run", 0755) && errno != EEXIST))
		return err_errno(err, ERR_RESOURCE, errno, "cannot make /var/lib or /run: %s",
				 strerror(errno));
	snprintf(history, sizeof(history), "%s/history", where->state);
	/* What another namespace keeps in /run has no part in it. */
	r = where->main || pending ? make_folder(PLACE_STATE, err) : 0;
	if (!r)
		r = make_folder(PLACE_RUN, err);
	if (!r)
		r = make_folder(where->state, err);
	if (!r)
		r = make_folder(history, err);
	if (!r && pending)
		r = make_folder(PLACE_PENDING, err);
	return r;
}
