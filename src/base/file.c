// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole files: atomic writing, capped reading, locks with a time limit, checksums. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"

void file_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int failed(struct err *err, int errnum, const char *what, const char *path)
{
	return err_errno(err, ERR_RESOURCE, errnum, "cannot %s %s: %s", what, path,
			 strerror(errnum));
}

/* ------------------------------------------------------------------ writing */

/* Where the last part of the path begins. */
static size_t folder_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A descriptor of the folder that holds `path`, or -errno. */
static int open_folder(int dir, const char *path)
{
	size_t len = folder_len(path);
	AUTO_FREE char *folder = mem_alloc(len + 2);
	int fd;

	memcpy(folder, len ? path : ".", len ? len : 1);
	folder[len ? len : 1] = '\0';
	fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A name that nobody guesses, so that O_EXCL fails by chance only. */
static int make_temporary(int folder, char name[40], mode_t mode)
{
	for (int i = 0; i < 16; i++) {
		uint64_t salt;
		int fd;

		if (getrandom(&salt, sizeof(salt), 0) != sizeof(salt))
			return -errno;
		snprintf(name, 40, ".postern-%016llx.tmp", (unsigned long long)salt);
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode & 0700);
		if (fd >= 0 || errno != EEXIST)
			return fd < 0 ? -errno : fd;
	}
	return -EEXIST;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* All of it, on the disk with `sync`, under the temporary name. */
static int fill(int fd, const void *bytes, size_t len, mode_t mode, bool sync)
{
	int r = write_all(fd, bytes, len);

	/* The umask took bits away at open. */
	if (!r && fchmod(fd, mode))
		r = -errno;
	if (!r && sync && fsync(fd))
		r = -errno;
	return r;
}

static int replace(int dir, const char *path, const void *bytes, size_t len, mode_t mode,
		   bool sync, struct err *err)
{
	AUTO_FD folder = open_folder(dir, path);
	const char *last = path + folder_len(path);
	char name[40];
	int fd, r;

	if (folder < 0)
		return failed(err, -folder, "write", path);
	fd = make_temporary(folder, name, mode);
	if (fd < 0)
		return failed(err, -fd, "write", path);
	r = fill(fd, bytes, len, mode, sync);
	if (close(fd) && !r)
		r = -errno;
	if (!r && renameat(folder, name, folder, last))
		r = -errno;
	if (r) {
		unlinkat(folder, name, 0);
		return failed(err, -r, "write", path);
	}
	if (sync && fsync(folder))
		return failed(err, errno, "bring to the disk the folder of", path);
	return 0;
}

int file_write(int dir, const char *path, const void *bytes, size_t len, mode_t mode,
	       struct err *err)
{
	return replace(dir, path, bytes, len, mode, true, err);
}

int file_write_soon(int dir, const char *path, const void *bytes, size_t len, mode_t mode,
		    struct err *err)
{
	return replace(dir, path, bytes, len, mode, false, err);
}

/* ------------------------------------------------------------------ reading */

/* What may be read at all; -errno otherwise. */
static int judge(int fd, size_t most, unsigned flags)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (st.st_size < 0 || (uintmax_t)st.st_size > most)
		return -EFBIG;
	if ((flags & FILE_OWN) &&
	    ((st.st_uid && st.st_uid != geteuid()) || (st.st_mode & (S_IWGRP | S_IWOTH))))
		return -EPERM;
	return 0;
}

/* Up to one byte more than `most`, so that growth meanwhile is noticed. */
static int read_all(int fd, size_t most, char **text, size_t *len)
{
	size_t room = 4096, have = 0;
	char *buf = mem_alloc(room);
	ssize_t n;

	for (;;) {
		if (have + 1 >= room) {
			room *= 2;
			buf = mem_resize(buf, room);
		}
		n = read(fd, buf + have, room - have - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
		if (have > most)
			break;
	}
	if (n < 0 || have > most) {
		int r = n < 0 ? -errno : -EFBIG;

		free(buf);
		return r;
	}
	buf[have] = '\0';
	*text = buf;
	if (len)
		*len = have;
	return 0;
}

int file_read(int dir, const char *path, size_t most, unsigned flags, char **text, size_t *len,
	      struct err *err)
{
	/* Opening a FIFO must not wait for its writer. */
	int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
		  (flags & FILE_FOLLOW ? 0 : O_NOFOLLOW);
	AUTO_FD fd = openat(dir, path, how);
	int r = fd < 0 ? -errno : judge(fd, most, flags);

	if (!r)
		r = read_all(fd, most, text, len);
	if (r == -EFBIG)
		return err_errno(err, ERR_RESOURCE, EFBIG, "%s is larger than %zu bytes", path,
				 most);
	if (r == -EPERM && fd >= 0)
		return err_errno(err, ERR_RESOURCE, EPERM,
				 "%s belongs to somebody else, or others may write it", path);
	return r ? failed(err, -r, "read", path) : 0;
}

/* ------------------------------------------------------------------ locks */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/*
 * flock has no time limit, and alarms are no library's business: so it is tried again and again,
 * after pauses that differ between processes.
 */
static int wait_for_lock(int fd, int how, int milliseconds)
{
	int64_t until = now_ms() + milliseconds;
	struct timespec pause = { .tv_nsec = 200000 + getpid() % 16 * 10000L };

	for (;;) {
		int64_t left = until - now_ms();

		if (!flock(fd, how | (milliseconds < 0 ? 0 : LOCK_NB)))
			return 0;
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return -errno;
		if (left <= 0)
			return -EAGAIN;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 5000000)
			pause.tv_nsec = pause.tv_nsec * 3 / 2;
	}
}

/* A descriptor that outlives the function that opened it. */
static int file_keep(int *fd)
{
	int kept = *fd;

	*fd = -1;
	return kept;
}

int file_lock(int dir, const char *path, enum file_lock_kind kind, int milliseconds, int *fd,
	      struct err *err)
{
	bool shared = kind == FILE_LOCK_SHARED;
	AUTO_FD lock = openat(dir, path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, FILE_PRIVATE);
	int r;

	/* Whoever may only read may still keep writers out while reading. */
	if (lock < 0 && shared && (errno == EACCES || errno == EROFS || errno == EPERM))
		lock = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0)
		return failed(err, errno, "open", path);
	r = wait_for_lock(lock, shared ? LOCK_SH : LOCK_EX, milliseconds);
	if (r == -EAGAIN)
		return err_errno(err, ERR_RESOURCE, EAGAIN, "%s is locked by another program",
				 path);
	if (r)
		return failed(err, -r, "lock", path);
	*fd = file_keep(&lock);
	return 0;
}

/* ------------------------------------------------------------------ checksums */

uint64_t file_checksum(uint64_t before, const void *bytes, size_t len)
{
	static const uint64_t polynomial = 0xc96c5795d7870f42u;
	const uint8_t *b = bytes;
	uint64_t table[256], crc = ~before;

	for (unsigned i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? polynomial : 0);
	}
	for (size_t i = 0; i < len; i++)
		crc = table[(uint8_t)crc ^ b[i]] ^ crc >> 8;
	return ~crc;
}
