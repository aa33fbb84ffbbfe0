/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that must not be lost: written whole or not at all, read whole with a cap, locked. What
 * the project keeps on disk (stores, history, saved rules) goes through here.
 *
 * `dir` is a descriptor that `path` is relative to, or AT_FDCWD. All functions return 0 or -errno;
 * with an `err` the text names the path ("cannot write PATH: No space left on device"), code
 * ERR_RESOURCE.
 */
#ifndef POSTERN_BASE_FILE_H
#define POSTERN_BASE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum { FILE_PRIVATE = 0600 };

/* A descriptor that closes itself; -1: none. */
void file_close(int *fd);
#define AUTO_FD __attribute__((cleanup(file_close))) int

/*
 * Replaces the file, or makes it, with exactly this mode: a new file in the same folder
 * (O_EXCL, O_NOFOLLOW), all bytes, fsync, rename, fsync of the folder. A reader sees the old file
 * or the new one; after a crash it is the old one or the new one. On failure nothing is left
 * behind, except when only the last fsync failed: then the new file is there and the error says so.
 * A symbolic link at `path` is replaced, not followed.
 */
int file_write(int dir, const char *path, const void *bytes, size_t len, mode_t mode,
	       struct err *err);

/*
 * The same without waiting for the disk: after a power failure the file may be damaged, too. For
 * what a checksum guards and nobody misses.
 */
int file_write_soon(int dir, const char *path, const void *bytes, size_t len, mode_t mode,
		    struct err *err);

enum file_flags {
	FILE_FOLLOW = 1,	/* a symbolic link at the end of the path is followed */
	FILE_OWN = 2,		/* must belong to us or to root, and nobody else may write it: -EPERM */
};

/*
 * Reads a regular file whole: *text is malloc'd, NUL-terminated (NULs may also be inside), and the
 * caller's to free. -EFBIG when it has more than `most` bytes, -EINVAL when it is no regular file,
 * -ELOOP for a symbolic link, -ENOENT. `len` may be NULL.
 */
int file_read(int dir, const char *path, size_t most, unsigned flags, char **text, size_t *len,
	      struct err *err);

enum file_lock_kind { FILE_LOCK_SHARED, FILE_LOCK_EXCLUSIVE };

/*
 * Opens the file (making an empty one of mode 0600 when it may) and locks it; *fd holds the lock
 * until it is closed. The lock is flock(2)'s: of the open file, so it also excludes other threads
 * and goes with the process. Waits up to `milliseconds`; 0: not at all; negative: without end.
 * -EAGAIN when somebody else kept it. A file that is renamed over must not be its own lock.
 */
int file_lock(int dir, const char *path, enum file_lock_kind kind, int milliseconds, int *fd,
	      struct err *err);

/*
 * CRC-64/XZ (ECMA-182, reflected): finds every damaged run of up to 64 bits. `before` is 0, or the
 * result so far. No protection against people who can write the file.
 */
uint64_t file_checksum(uint64_t before, const void *bytes, size_t len);

#endif
