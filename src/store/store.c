// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading, changing and locking a store. */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "store/text.h"

enum {
	FILE_MOST = 256 << 20,
	LOCK_MS = 60000,	/* a change takes milliseconds: more is somebody who hangs */
	HEAD_MOST = 128,	/* of the first two lines: checksum and generation */
};

struct store {
	char *folder, *rules, *lock;	/* paths; NULL: nothing is kept but in memory */
	char *text;			/* then: what would be the file; NULL: there is none yet */
	size_t len;
	struct ruleset now;		/* as of `head` */
	char head[HEAD_MOST];		/* how the file began that `now` is; "": unknown */
};

void store_close(struct store **store)
{
	struct store *s = *store;

	if (!s)
		return;
	ruleset_free(&s->now);
	free(s->folder);
	free(s->rules);
	free(s->lock);
	free(s->text);
	free(s);
	*store = NULL;
}

static char *join(const char *folder, const char *name)
{
	size_t len = strlen(folder) + strlen(name) + 2;
	char *path = mem_alloc(len);

	snprintf(path, len, "%s%s%s", folder, *name ? "/" : "", name);
	return path;
}

/* ------------------------------------------------------------------ reading */

static void forget(struct store *s)
{
	ruleset_free(&s->now);
	s->head[0] = '\0';
}

/* Nothing is there yet. A generation of 0 would mean "made without looking". */
static void become_empty(struct store *s)
{
	forget(s);
	s->now.generation = 1;
	snprintf(s->head, sizeof(s->head), "%s", "empty");
}

/* The two lines that differ when anything differs. */
static void keep_head(struct store *s, const char *text)
{
	size_t first = strcspn(text, "\n"), len = first;

	if (text[len])
		len += 1 + strcspn(text + first + 1, "\n");
	len = len < HEAD_MOST ? len : HEAD_MOST - 1;
	memcpy(s->head, text, len);
	s->head[len] = '\0';
}

/* As file_read. */
static int read_text(const struct store *s, char **text, size_t *len, struct err *err)
{
	if (s->rules)
		return file_read(AT_FDCWD, s->rules, FILE_MOST, 0, text, len, err);
	if (!s->text)
		return -ENOENT;
	*text = mem_alloc(s->len + 1);
	memcpy(*text, s->text, s->len + 1);
	*len = s->len;
	return 0;
}

/* Makes `now` what the file says; parsed only when that is something else. */
static int refresh(struct store *s, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct err read_err = ERR_INIT;
	size_t len, same = strlen(s->head);
	int r;

	/* What is only in memory changes by nobody else. */
	if (!s->rules && same)
		return 0;
	r = read_text(s, &text, &len, &read_err);
	if (r == -ENOENT) {
		if (strcmp(s->head, "empty") != 0)
			become_empty(s);
		return 0;
	}
	if (r < 0) {
		forget(s);
		return err_errno(err, ERR_RESOURCE, -r, "%s", read_err.text);
	}
	if (same && !strncmp(s->head, text, same) && text[same] == '\n')
		return 0;
	forget(s);
	r = store_parse(text, len, s->rules ? s->rules : "memory", &s->now, err);
	if (r < 0)
		forget(s);
	else
		keep_head(s, text);
	return r;
}

int store_open(struct store **store, const char *folder, struct err *err)
{
	struct store *s = mem_alloc(sizeof(*s));
	int r;

	*s = (struct store){
		.folder = join(folder, ""), .rules = join(folder, "rules"),
		.lock = join(folder, "lock"),
	};
	r = refresh(s, err);
	if (r < 0)
		store_close(&s);
	else
		*store = s;
	return r;
}

void store_open_memory(struct store **store)
{
	struct store *s = mem_alloc(sizeof(*s));

	*s = (struct store){ 0 };
	become_empty(s);
	*store = s;
}

const struct ruleset *store_rules(struct store *store, struct err *err)
{
	return refresh(store, err) < 0 ? NULL : &store->now;
}

/* ------------------------------------------------------------------ changing */

static int make_folder(const struct store *s, struct err *err)
{
	if (!mkdir(s->folder, 0700) || errno == EEXIST)
		return 0;
	return err_errno(err, ERR_RESOURCE, errno, "cannot make %s: %s", s->folder,
			 strerror(errno));
}

static int keep_text(struct store *s, struct sink *text)
{
	free(s->text);
	s->len = text->len;
	s->text = mem_alloc(s->len + 1);
	memcpy(s->text, sink_text(text), s->len + 1);
	keep_head(s, s->text);
	return 0;
}

static int write_rules(struct store *s, struct err *err)
{
	AUTO_SINK text = SINK_MEMORY;
	int r;

	if (!++s->now.generation)
		s->now.generation = 1;
	store_print(&text, &s->now);
	if (!s->rules)
		return keep_text(s, &text);
	r = file_write(AT_FDCWD, s->rules, text.text, text.len, FILE_PRIVATE, err);
	if (r < 0)
		forget(s);
	else
		keep_head(s, sink_text(&text));
	return r;
}

/* `now` is changed, or forgotten when the plan is refused. */
static int change(struct store *s, const struct plan *plan, struct refusal *refusal,
		  struct err *err)
{
	const struct op *refused = NULL;
	int r = plan_apply_judged(plan, &s->now, false, &refused), again;

	/* About a table as a whole: which rule made it so? */
	if (r == -EMLINK || r == -EINVAL) {
		forget(s);
		again = refresh(s, err);
		if (again < 0)
			return again;
		again = plan_apply_judged(plan, &s->now, true, &refused);
		r = again < 0 ? again : r;
	}
	if (r < 0) {
		forget(s);
		*refusal = (struct refusal){ .op = refused, .errnum = -r };
	}
	return r;
}

int store_apply(struct store *s, const struct plan *plan, const struct pass *pass,
		struct refusal *refusal, struct err *err)
{
	AUTO_FD lock = -1;
	int r;

	*refusal = (struct refusal){ 0 };
	if (!pass) {
		refusal->errnum = EPERM;
		return -EPERM;
	}
	r = s->folder ? make_folder(s, err) : 0;
	if (!r && s->lock)
		r = file_lock(AT_FDCWD, s->lock, FILE_LOCK_EXCLUSIVE, LOCK_MS, &lock, err);
	if (!r)
		r = refresh(s, err);
	if (!r && plan->generation && plan->generation != s->now.generation)
		r = -ERESTART;
	if (!r)
		r = change(s, plan, refusal, err);
	if (!r)
		r = write_rules(s, err);
	if (r < 0 && !refusal->errnum)
		refusal->errnum = -r;
	return r;
}

/* ------------------------------------------------------------------ counting */

static void add(struct counters *to, const struct counters *by, bool *counts)
{
	to->packets += by->packets;
	to->bytes += by->bytes;
	*counts |= by->packets != 0;
}

/* Both lists are in one order, but for what was changed since: the search begins where it was. */
static void add_rules(struct chain *to, const struct chain *by)
{
	struct rule *at = to->first;

	for (const struct rule *r = by->first; r; r = r->next) {
		struct rule *from = at;

		if (!r->counters.packets)
			continue;
		while (at && at->handle != r->handle)
			at = at->next;
		if (!at)
			for (at = to->first; at && at != from && at->handle != r->handle;)
				at = at->next;
		if (at && at->handle == r->handle)
			add(&at->counters, &r->counters, &at->counts);
	}
}

static void add_table(struct table *to, const struct table *by)
{
	for (const struct chain *c = by->first; c; c = c->next) {
		struct chain *mine = table_chain(to, c->name);

		if (!mine || !mine->exists)
			continue;
		add(&mine->counters, &c->counters, &mine->counts);
		add_rules(mine, c);
	}
}

int store_count(struct store *s, const struct ruleset *counted, uint32_t *generation,
		struct err *err)
{
	AUTO_FD lock = -1;
	bool unchanged;
	int r = refresh(s, err);

	/* No rules, no folder: nobody's packets, and nothing to lock. */
	if (r || !strcmp(s->head, "empty"))
		return r;
	if (s->lock)
		r = file_lock(AT_FDCWD, s->lock, FILE_LOCK_EXCLUSIVE, LOCK_MS, &lock, err);
	if (!r)
		r = refresh(s, err);
	if (r)
		return r;
	unchanged = s->now.generation == *generation;
	for (const struct table *t = counted->first; t; t = t->next) {
		struct table *mine = ruleset_table(&s->now, t->family, t->name);

		if (mine && mine->exists)
			add_table(mine, t);
	}
	r = write_rules(s, err);
	if (!r && unchanged)
		*generation = s->now.generation;
	return r;
}

bool store_changed(const struct store *s, struct store_stamp *stamp)
{
	struct stat st = { 0 };
	struct store_stamp now;

	if (s->rules)
		stat(s->rules, &st);
	now = (struct store_stamp){
		.inode = st.st_ino, .size = (uint64_t)st.st_size,
		.ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec,
	};
	if (now.inode == stamp->inode && now.size == stamp->size && now.ns == stamp->ns)
		return false;
	*stamp = now;
	return true;
}
