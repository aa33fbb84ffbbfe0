// SPDX-License-Identifier: GPL-2.0-or-later
/* The history: one file a change, named by its number. */
#include "safe/history.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/num.h"
#include "base/vec.h"
#include "safe/snapshot.h"

enum { LINES_MOST = 200, PATH_ROOM = PLACE_MAX + 48, LOCK_MS = 10000 };

/* ------------------------------------------------------------------ who we are */

static void put_user(struct sink *sink, uid_t uid)
{
	char buffer[1024];
	struct passwd entry, *found = NULL;

	if (!getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) && found)
		sink_str(sink, found->pw_name);
	else
		sink_printf(sink, "uid %u", (unsigned)uid);
}

/* The user, who logged in (audit keeps that through su and sudo), and the terminal. */
static const char *who(struct arena *arena)
{
	AUTO_SINK s = SINK_MEMORY;
	AUTO_FD fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
	char text[16] = "", terminal[64];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;
	uint64_t login;

	put_user(&s, getuid());
	/* 4294967295: nobody logged in. */
	if (n > 0 && num_parse_decimal(text, &(const char *){ NULL }, 0, UINT32_MAX - 1, &login) &&
	    (uid_t)login != getuid()) {
		sink_str(&s, ", logged in as ");
		put_user(&s, (uid_t)login);
	}
	if (!ttyname_r(STDIN_FILENO, terminal, sizeof(terminal)) ||
	    !ttyname_r(STDERR_FILENO, terminal, sizeof(terminal)))
		sink_printf(&s, ", on %s", terminal + (strncmp(terminal, "/dev/", 5) ? 0 : 5));
	return arena_strdup(arena, sink_text(&s));
}

static struct record_text text_copy(struct arena *arena, const struct record_text *text)
{
	if (!text->text)
		return *text;
	return (struct record_text){ arena_strndup(arena, text->text, text->len), text->len };
}

static struct record_text kept(struct arena *arena, struct sink *sink)
{
	struct record_text text = { arena_strdup(arena, sink_text(sink)), sink->len };

	sink_free(sink);
	*sink = SINK_MEMORY;
	return text;
}

void history_describe(struct record *record, const char *kind, const char *command,
		      const struct ruleset *before, const struct difference *d)
{
	struct arena *arena = &record->arena;
	AUTO_SINK s = SINK_MEMORY;

	record->when = (uint64_t)time(NULL);
	record->kind = record_text(arena_strdup(arena, kind));
	record->command = record_line(arena, command);
	record->who = record_line(arena, who(arena));
	record->added = d->added;
	record->removed = d->removed;
	record->moved = d->moved;
	record->others = d->others;
	diff_print_counts(&s, d);
	record->summary = kept(arena, &s);
	diff_print(&s, d, LINES_MOST);
	record->changes = kept(arena, &s);
	snapshot_save(&s, before, FAMILY_IPV4, true);
	record->v4 = kept(arena, &s);
	snapshot_save(&s, before, FAMILY_IPV6, true);
	record->v6 = kept(arena, &s);
}

void history_describe_old(struct record *record, const struct ruleset *before)
{
	AUTO_SINK s = SINK_MEMORY;

	snapshot_save_old(&s, before);
	record->old = kept(&record->arena, &s);
}

/* ------------------------------------------------------------------ the files */

struct numbers {
	uint64_t *items;
	size_t count, room;
};

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void entry_path(const struct where *where, uint64_t number, char *path)
{
	snprintf(path, PATH_ROOM, "%s/history/%" PRIu64, where->state, number);
}

/* No number, so it is no entry. */
static void more_path(const struct where *where, uint64_t number, char *path)
{
	snprintf(path, PATH_ROOM, "%s/history/%" PRIu64 ".more", where->state, number);
}

static void remove_entry(const struct where *where, uint64_t number)
{
	char path[PATH_ROOM];

	more_path(where, number, path);
	unlink(path);
	entry_path(where, number, path);
	unlink(path);
}

int history_numbers(const struct where *where, uint64_t **items, size_t *count, struct err *err)
{
	struct numbers found = { 0 };
	char path[PATH_ROOM];
	struct dirent *entry;
	DIR *dir;

	*items = NULL;
	*count = 0;
	snprintf(path, sizeof(path), "%s/history", where->state);
	dir = opendir(path);
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir)
		return err_errno(err, ERR_RESOURCE, errno, "cannot read %s: %s", path,
				 strerror(errno));
	while ((entry = readdir(dir))) {
		const char *end;
		uint64_t number;

		/* A new file that was never finished has another name. */
		if (num_parse_decimal(entry->d_name, &end, 1, UINT64_MAX - 1, &number) && !*end)
			VEC_PUSH(&found, number);
	}
	closedir(dir);
	if (found.count)
		qsort(found.items, found.count, sizeof(*found.items), by_number);
	*items = found.items;
	*count = found.count;
	return 0;
}

/* The newest stays however large it is. */
static void prune(const struct where *where, const uint64_t *numbers, size_t count)
{
	uint64_t bytes = 0;
	size_t kept_count = 0;

	while (count-- > 0) {
		char path[PATH_ROOM];
		struct stat st;

		entry_path(where, numbers[count], path);
		if (!lstat(path, &st))
			bytes += (uint64_t)st.st_size;
		if (kept_count++ && (kept_count > HISTORY_MOST || bytes > HISTORY_BYTES))
			remove_entry(where, numbers[count]);
	}
}

int history_lock(const struct where *where, int milliseconds, int *lock, struct err *err)
{
	char path[PATH_ROOM];
	int r = where_make(where, false, err);

	snprintf(path, sizeof(path), "%s/history/lock", where->state);
	return r ? r : file_lock(AT_FDCWD, path, FILE_LOCK_EXCLUSIVE, milliseconds, lock, err);
}

int history_newest(const struct where *where, uint64_t *newest, struct err *err)
{
	AUTO_FREE uint64_t *numbers = NULL;
	size_t count = 0;
	int r = history_numbers(where, &numbers, &count, err);

	if (!r)
		*newest = count ? numbers[count - 1] : 0;
	return r;
}

int history_add_locked(const struct where *where, struct record *record, struct err *err)
{
	AUTO_FREE uint64_t *numbers = NULL;
	char path[PATH_ROOM];
	size_t count = 0;
	int r = history_numbers(where, &numbers, &count, err);

	if (r < 0)
		return r;
	record->boot = record_text(where->boot);
	record->number = count ? numbers[count - 1] + 1 : 1;
	entry_path(where, record->number, path);
	r = record_write(path, record, err);
	if (r < 0)
		return r;
	numbers = mem_resize(numbers, (count + 1) * sizeof(*numbers));
	numbers[count++] = record->number;
	prune(where, numbers, count);
	return 0;
}

int history_add(const struct where *where, struct record *record, struct err *err)
{
	AUTO_FD lock = -1;
	int r = history_lock(where, LOCK_MS, &lock, err);

	return r ? r : history_add_locked(where, record, err);
}

int history_update(const struct where *where, const struct record *record, struct err *err)
{
	char path[PATH_ROOM];

	entry_path(where, record->number, path);
	return record_write(path, record, err);
}

void history_remove(const struct where *where, uint64_t number)
{
	remove_entry(where, number);
}

int history_read_more(const struct where *where, uint64_t number, struct record *more,
		      struct err *err)
{
	char path[PATH_ROOM];

	more_path(where, number, path);
	return record_read(path, more, err);
}

int history_write_more(const struct where *where, uint64_t number, const struct record *more,
		       struct err *err)
{
	char path[PATH_ROOM];

	more_path(where, number, path);
	if (more)
		return record_write_soon(path, more, err);
	unlink(path);
	return 0;
}

/* What was added to an entry stands for what the entry itself says of it. */
static void take_more(const struct where *where, struct record *record)
{
	AUTO_RECORD more = { 0 };
	struct err ignored = ERR_INIT;

	if (history_read_more(where, record->number, &more, &ignored) < 0)
		return;
	record->last = more.last;
	record->commands = more.commands;
	record->summary = text_copy(&record->arena, &more.summary);
	record->changes = text_copy(&record->arena, &more.changes);
	record->typed = text_copy(&record->arena, &more.typed);
}

int history_read(const struct where *where, uint64_t number, struct record *record,
		 struct err *err)
{
	char path[PATH_ROOM];
	int r;

	entry_path(where, number, path);
	r = record_read(path, record, err);
	if (r == -ENOENT)
		return err_errno(err, ERR_OTHER, ENOENT, "the history has no change %" PRIu64,
				 number);
	if (!r && record->commands)
		take_more(where, record);
	return r;
}

int history_rules(const struct record *record, struct ruleset *rs, struct err *err)
{
	int r = snapshot_parse(rs, FAMILY_IPV4, record->v4.text, record->v4.len, "the IPv4 rules",
			       true, err);

	if (!r)
		r = snapshot_parse(rs, FAMILY_IPV6, record->v6.text, record->v6.len,
				   "the IPv6 rules", true, err);
	if (!r && record->old.text)
		r = snapshot_parse_old(rs, record->old.text, err);
	return r;
}
