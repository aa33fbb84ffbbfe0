// SPDX-License-Identifier: GPL-2.0-or-later
/* Unit tests of base/file: atomic writing, capped reading, locks, checksums. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

struct place_of_test {
	char path[64];
	int dir;
};

static int make_place(void **state)
{
	struct place_of_test *p = malloc(sizeof(*p));

	strcpy(p->path, "/tmp/postern-file.XXXXXX");
	if (!mkdtemp(p->path))
		return -1;
	p->dir = open(p->path, O_RDONLY | O_DIRECTORY);
	*state = p;
	return p->dir < 0 ? -1 : 0;
}

static int remove_place(void **state)
{
	struct place_of_test *p = *state;

	for (const char *const *name = (const char *const[]){ "a", "lock", "link", "fifo", NULL };
	     *name; name++)
		unlinkat(p->dir, *name, 0);
	close(p->dir);
	/* Fails, and the test with it, when a temporary file was left behind. */
	if (rmdir(p->path))
		return -1;
	free(p);
	return 0;
}

static void written_and_read(void **state)
{
	const struct place_of_test *p = *state;
	struct err err = ERR_INIT;
	struct stat st;
	char *text, path[80];
	size_t len;
	mode_t mask = umask(077);

	assert_int_equal(file_write(p->dir, "a", "one", 3, 0644, &err), 0);
	umask(mask);
	assert_int_equal(fstatat(p->dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(file_read(p->dir, "a", 3, FILE_OWN, &text, &len, &err), 0);
	assert_int_equal(len, 3);
	assert_string_equal(text, "one");
	free(text);

	snprintf(path, sizeof(path), "%s/a", p->path);
	assert_int_equal(file_write(AT_FDCWD, path, "", 0, FILE_PRIVATE, &err), 0);
	assert_int_equal(file_read(AT_FDCWD, path, 0, 0, &text, NULL, &err), 0);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(fstatat(p->dir, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, FILE_PRIVATE);
	assert_false(err_is_set(&err));
}

static void refusals(void **state)
{
	const struct place_of_test *p = *state;
	struct err err = ERR_INIT;
	char *text = NULL;

	assert_int_equal(file_read(p->dir, "a", 10, 0, &text, NULL, &err), -ENOENT);
	assert_string_equal(err.text, "cannot read a: No such file or directory");
	err = ERR_INIT;
	assert_int_equal(file_write(p->dir, "a", "four", 4, FILE_PRIVATE, &err), 0);
	assert_int_equal(file_read(p->dir, "a", 3, 0, &text, NULL, &err), -EFBIG);
	assert_string_equal(err.text, "a is larger than 3 bytes");
	err = ERR_INIT;
	assert_int_equal(symlinkat("a", p->dir, "link"), 0);
	assert_int_equal(file_read(p->dir, "link", 9, 0, &text, NULL, &err), -ELOOP);
	assert_null(text);
	err = ERR_INIT;
	assert_int_equal(file_read(p->dir, "link", 9, FILE_FOLLOW, &text, NULL, &err), 0);
	free(text);
	assert_int_equal(fchmodat(p->dir, "a", 0620, 0), 0);
	assert_int_equal(file_read(p->dir, "a", 9, FILE_OWN, &text, NULL, &err), -EPERM);
	err = ERR_INIT;
	assert_int_equal(mkfifoat(p->dir, "fifo", 0600), 0);
	assert_int_equal(file_read(p->dir, "fifo", 9, 0, &text, NULL, &err), -EINVAL);
	err = ERR_INIT;
	assert_int_equal(file_read(p->dir, ".", 9, 0, &text, NULL, &err), -EISDIR);
	err = ERR_INIT;
	assert_int_equal(file_write(p->dir, "none/a", "x", 1, FILE_PRIVATE, &err), -ENOENT);
	assert_string_equal(err.text, "cannot write none/a: No such file or directory");
}

/* A link at the place is replaced: what it led to stays as it was. */
static void link_is_replaced(void **state)
{
	const struct place_of_test *p = *state;
	struct err err = ERR_INIT;
	struct stat st;
	char *text;

	assert_int_equal(file_write(p->dir, "a", "old", 3, FILE_PRIVATE, &err), 0);
	assert_int_equal(symlinkat("a", p->dir, "link"), 0);
	assert_int_equal(file_write(p->dir, "link", "new", 3, FILE_PRIVATE, &err), 0);
	assert_int_equal(fstatat(p->dir, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(file_read(p->dir, "a", 9, 0, &text, NULL, &err), 0);
	assert_string_equal(text, "old");
	free(text);
	/* A folder cannot be replaced; its temporary file is taken away again (remove_place). */
	assert_int_equal(mkdirat(p->dir, "folder", 0700), 0);
	assert_true(file_write(p->dir, "folder", "new", 3, FILE_PRIVATE, &err) < 0);
	assert_int_equal(unlinkat(p->dir, "folder", AT_REMOVEDIR), 0);
}

static void locks(void **state)
{
	const struct place_of_test *p = *state;
	struct err err = ERR_INIT;
	AUTO_FD first = -1;
	AUTO_FD second = -1;
	AUTO_FD third = -1;

	assert_int_equal(file_lock(p->dir, "lock", FILE_LOCK_SHARED, 0, &first, &err), 0);
	assert_int_equal(file_lock(p->dir, "lock", FILE_LOCK_SHARED, 0, &second, &err), 0);
	assert_int_equal(file_lock(p->dir, "lock", FILE_LOCK_EXCLUSIVE, 0, &third, &err), -EAGAIN);
	assert_int_equal(third, -1);
	assert_string_equal(err.text, "lock is locked by another program");
	err = ERR_INIT;
	assert_int_equal(file_lock(p->dir, "lock", FILE_LOCK_EXCLUSIVE, 20, &third, &err), -EAGAIN);
	file_close(&first);
	file_close(&second);
	err = ERR_INIT;
	assert_int_equal(file_lock(p->dir, "lock", FILE_LOCK_EXCLUSIVE, -1, &third, &err), 0);
}

/* Eight processes count in one file: nothing is lost when each holds the lock. */
static void lock_excludes(void **state)
{
	enum { PROCESSES = 8, TIMES = 25 };
	const struct place_of_test *p = *state;
	struct err err = ERR_INIT;
	char *text;
	int status;

	assert_int_equal(file_write(p->dir, "a", "", 0, FILE_PRIVATE, &err), 0);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid)
			continue;
		for (int n = 0; n < TIMES; n++) {
			AUTO_FD lock = -1;
			AUTO_FD fd = -1;
			size_t len = 0;

			if (file_lock(p->dir, "lock", FILE_LOCK_EXCLUSIVE, 20000, &lock, &err) ||
			    file_read(p->dir, "a", 1000, 0, &text, &len, &err))
				_exit(1);
			text[len] = 'x';
			fd = openat(p->dir, "a", O_WRONLY | O_TRUNC);
			if (write(fd, text, len + 1) != (ssize_t)len + 1)
				_exit(2);
			free(text);
		}
		_exit(0);
	}
	for (int i = 0; i < PROCESSES; i++) {
		assert_true(wait(&status) > 0);
		assert_int_equal(status, 0);
	}
	assert_int_equal(file_read(p->dir, "a", 1000, 0, &text, NULL, &err), 0);
	assert_int_equal(strlen(text), PROCESSES * TIMES);
	free(text);
}

static void checksums(void **state)
{
	/* The check value of CRC-64/XZ in the catalogue of CRC algorithms. */
	static const char digits[] = "123456789";

	(void)state;
	assert_true(file_checksum(0, digits, 9) == 0x995dc9bbdf1939fau);
	assert_true(file_checksum(file_checksum(0, digits, 4), digits + 4, 5) ==
		    0x995dc9bbdf1939fau);
	assert_true(file_checksum(0, "", 0) == 0);
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, remove_place)
	const struct CMUnitTest tests[] = {
		IN_PLACE(written_and_read), IN_PLACE(refusals), IN_PLACE(link_is_replaced),
		IN_PLACE(locks), IN_PLACE(lock_excludes), cmocka_unit_test(checksums),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
