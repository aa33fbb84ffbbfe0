// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of saved rules: writing them as one, reading what is whole. */
#include "safe/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { FILE_MOST = 128 << 20 };

const struct boot_files *boot_files(void)
{
	static const struct boot_files debian = {
		"/etc/iptables", "/etc/iptables/rules.v4", "/etc/iptables/rules.v6",
		"/etc/iptables/ipsets",
	}, redhat = {
		"/etc/sysconfig", "/etc/sysconfig/iptables", "/etc/sysconfig/ip6tables",
		"/etc/sysconfig/ipset",
	};

	if (!access(redhat.v4, F_OK) || !access(redhat.v6, F_OK))
		return &redhat;
	if (access(debian.folder, F_OK) && !access(redhat.folder, F_OK))
		return &redhat;
	return &debian;
}

/* saved: the last good copy, and the journal; saved.1: the one before */
static void saved_path(const struct where *where, const char *end, char path[PLACE_MAX + 16])
{
	snprintf(path, PLACE_MAX + 16, "%s/saved%s", where->state, end);
}

/* ------------------------------------------------------------------ saving */

static int write_part(const char *path, const struct record_text *text, struct err *err)
{
	return text->text ? file_write(AT_FDCWD, path, text->text, text->len, FILE_PRIVATE, err)
			  : 0;
}

static int write_files(const struct record *record, struct err *err)
{
	const struct boot_files *files = boot_files();
	int r = 0;

	if (mkdir(files->folder, 0755) && errno != EEXIST)
		return err_errno(err, ERR_RESOURCE, errno, "cannot make %s: %s", files->folder,
				 strerror(errno));
	/* Sets first, as rules need them: whoever reads in between finds what it looks for. */
	r = write_part(files->sets, &record->sets, err);
	if (!r)
		r = write_part(files->v4, &record->v4, err);
	if (!r)
		r = write_part(files->v6, &record->v6, err);
	return r;
}

/* The last good copy becomes the one before, if it is one. */
static void rotate(const struct where *where)
{
	char path[PLACE_MAX + 16], before[PLACE_MAX + 16];
	AUTO_RECORD record = { 0 };
	struct err ignored = ERR_INIT;

	saved_path(where, "", path);
	saved_path(where, ".1", before);
	if (!record_read(path, &record, &ignored))
		rename(path, before);
}

static int write_saved(const struct where *where, struct record *record, const char *state,
		       struct err *err)
{
	char path[PLACE_MAX + 16];

	saved_path(where, "", path);
	record->kind = record_text("saved");
	record->state = record_text(state);
	record->when = (uint64_t)time(NULL);
	return record_write(path, record, err);
}

int boot_save(const struct where *where, struct record *record, struct err *err)
{
	int r = where_make(where, false, err);

	if (r < 0)
		return r;
	rotate(where);
	r = write_saved(where, record, "writing", err);
	if (!r)
		r = write_files(record, err);
	return r ? r : write_saved(where, record, "done", err);
}

static bool is_text(const struct record_text *a, const char *text)
{
	return a->text && !strcmp(a->text, text);
}

int boot_finish_save(const struct where *where, struct err *err)
{
	char path[PLACE_MAX + 16];
	AUTO_RECORD record = { 0 };
	struct err quiet = ERR_INIT;
	int r;

	saved_path(where, "", path);
	r = record_read(path, &record, &quiet);
	if (r < 0 || !is_text(&record.state, "writing"))
		return 0;
	r = write_files(&record, err);
	if (!r)
		r = write_saved(where, &record, "done", err);
	return r ? r : 1;
}

static bool is_same(const struct record_text *a, const struct record_text *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->text, b->text, a->len));
}

void boot_remember(const struct where *where, struct record *record)
{
	char path[PLACE_MAX + 16];
	AUTO_RECORD known = { 0 };
	struct err ignored = ERR_INIT;

	saved_path(where, "", path);
	if (!record_read(path, &known, &ignored) && is_same(&known.v4, &record->v4) &&
	    is_same(&known.v6, &record->v6) && is_same(&known.sets, &record->sets))
		return;
	if (where_make(where, false, &ignored))
		return;
	record->ports = known.ports;
	rotate(where);
	write_saved(where, record, "done", &ignored);
	record->ports = (struct record_text){ 0 };
}

/* ------------------------------------------------------------------ reading */

/* A file that only begins as what was saved, or holds NULs, was torn by a crash or a full disk. */
static int judge(const char *path, const struct record_text *now, const struct record_text *saved,
		 struct err *err)
{
	if (now->text && memchr(now->text, '\0', now->len))
		return err_errno(err, ERR_RESOURCE, EBADMSG, "%s is damaged: it holds NULs", path);
	if (!saved->text || !saved->len)
		return 0;
	if (!now->text)
		return err_errno(err, ERR_RESOURCE, ENOENT, "%s was saved, and is gone", path);
	if (now->len < saved->len && !memcmp(now->text, saved->text, now->len))
		return err_errno(err, ERR_RESOURCE, EBADMSG,
				 "%s is damaged: it ends after %zu of %zu bytes", path, now->len,
				 saved->len);
	return 0;
}

static int read_part(const char *path, struct record *record, struct record_text *text,
		     const struct record_text *saved, struct err *err)
{
	AUTO_FREE char *read = NULL;
	struct err quiet = ERR_INIT;
	size_t len = 0;
	int r = file_read(AT_FDCWD, path, FILE_MOST, FILE_FOLLOW | FILE_OWN, &read, &len, &quiet);

	if (r < 0 && r != -ENOENT)
		return err_errno(err, ERR_RESOURCE, -r, "%s", quiet.text);
	if (!r)
		*text = (struct record_text){ arena_memdup(&record->arena, read, len + 1), len };
	return judge(path, text, saved, err);
}

static int read_files(const struct where *where, struct record *record, struct err *err)
{
	const struct boot_files *files = boot_files();
	AUTO_RECORD saved = { 0 };
	struct err ignored = ERR_INIT;
	char path[PLACE_MAX + 16];
	int r;

	saved_path(where, "", path);
	record_read(path, &saved, &ignored);
	r = read_part(files->sets, record, &record->sets, &saved.sets, err);
	if (!r)
		r = read_part(files->v4, record, &record->v4, &saved.v4, err);
	if (!r)
		r = read_part(files->v6, record, &record->v6, &saved.v6, err);
	if (!r && !record->v4.text && !record->v6.text)
		return -ENOENT;
	return r;
}

int boot_read(const struct where *where, enum boot_source source, struct record *record,
	      struct err *err)
{
	char path[PLACE_MAX + 16];

	switch (source) {
	case BOOT_FILES:
		return read_files(where, record, err);
	case BOOT_SAVED:
	case BOOT_SAVED_BEFORE:
		saved_path(where, source == BOOT_SAVED ? "" : ".1", path);
		return record_read(path, record, err);
	case BOOT_LIFELINES:
		break;
	}
	return -ENOENT;
}
