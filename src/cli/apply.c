// SPDX-License-Identifier: GPL-2.0-or-later
/* `postern apply`: files into the kernel. `postern try`: a command that has to be confirmed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/safety.h"
#include "cli/scene.h"
#include "kernel/kernel.h"

enum { INPUT_MOST = 256 << 20 };

/* ------------------------------------------------------------------ files */

/* The whole of a file or, for "-", of standard input; the caller frees. */
static int read_input(const char *file, char **text, size_t *len, struct err *err)
{
	AUTO_SINK kept = SINK_MEMORY;
	char buf[1 << 16];
	ssize_t n;

	if (strcmp(file, "-") != 0)
		return file_read(AT_FDCWD, file, INPUT_MOST, FILE_FOLLOW, text, len, err);
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		sink_bytes(&kept, buf, (size_t)n);
		if (kept.len > INPUT_MOST)
			return err_errno(err, ERR_RESOURCE, EFBIG, "the input is too large");
	}
	if (n < 0)
		return err_errno(err, ERR_RESOURCE, errno, "cannot read: %s", strerror(errno));
	*len = kept.len;
	*text = mem_alloc(kept.len + 1);
	memcpy(*text, sink_text(&kept), kept.len + 1);
	return 0;
}

static int add_file(struct ruleset *want, const char *file, enum family family, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct err inner = ERR_INIT;
	size_t len = 0;
	int r = read_input(file, &text, &len, err);

	if (r < 0)
		return r;
	if (!family)
		family = rules_family(file, text ? text : "");
	r = snapshot_parse(want, family, text, len, file, false, &inner);
	if (r < 0) {
		size_t end = strlen(inner.text);

		while (end && inner.text[end - 1] == '\n')
			inner.text[--end] = '\0';
		if (inner.place.line)
			err_set(err, inner.code, PLACE_NONE, "%s:%d: %s", file, inner.place.line,
				inner.text[0] ? inner.text : "not understood");
		else
			err_set(err, inner.code, PLACE_NONE, "%s: %s", file, inner.text);
		err_hint(err, "%s", inner.hint);
		return r;
	}
	if (!want->first)
		return err_set(err, ERR_SYNTAX, PLACE_NONE,
			       "%s names no table: that is no file of rules", file);
	return 0;
}

/* ------------------------------------------------------------------ apply */

/* --confirm, with a time in the same or in the next word, or as configured. */
static int read_confirm(int argc, char **argv, int *i, uint32_t *seconds, struct err *err)
{
	AUTO_CONFIG config = { 0 };
	const char *value = argv[*i] + strlen("--confirm");

	if (*value == '=')
		value++;
	else if (*i + 1 < argc && argv[*i + 1][0] >= '0' && argv[*i + 1][0] <= '9')
		value = argv[++*i];
	if (!*value) {
		int r = config_read(&config, CONFIG_FILE, err);

		*seconds = config.confirm;
		return r;
	}
	if (seconds_parse(value, PENDING_SHORTEST, PENDING_LONGEST, seconds))
		return err_set(err, ERR_SYNTAX, PLACE_NONE,
			       "--confirm takes a time from 1s to 24h, not `%s'", value);
	return 0;
}

/* An option that apply and rollback share: 1 taken, 0 not one, negative: an error. */
int change_option(int argc, char **argv, int *i, struct change_all *change, struct err *err)
{
	int r;

	if (!strcmp(argv[*i], "--confirm") || !strncmp(argv[*i], "--confirm=", 10)) {
		r = read_confirm(argc, argv, i, &change->confirm, err);
		return r < 0 ? r : 1;
	}
	if (!strcmp(argv[*i], "--dry-run") || !strcmp(argv[*i], "-n"))
		change->dry = true;
	else if (!strcmp(argv[*i], "-q") || !strcmp(argv[*i], "--quiet"))
		change->quiet = true;
	else
		return 0;
	return 1;
}

int run_apply(int argc, char **argv)
{
	AUTO_RULESET want = RULESET_INIT;
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	struct err err = ERR_INIT;
	struct where where;
	struct change_all change = { .where = &where, .want = &want, .kind = "apply",
				     .out = &out };
	enum family family = 0;
	unsigned files = 0;
	int r = 0;

	for (int i = 1; i < argc && r >= 0; i++) {
		r = change_option(argc, argv, &i, &change, &err);
		if (r)
			continue;
		if (!strcmp(argv[i], "-4") || !strcmp(argv[i], "-6")) {
			family = argv[i][1] == '4' ? FAMILY_IPV4 : FAMILY_IPV6;
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return wrong_usage("apply");
		} else {
			r = add_file(&want, argv[i], family, &err);
			family = 0;
			files++;
		}
	}
	if (r >= 0 && !files)
		return wrong_usage("apply");
	change.typed = typed_own(&arena, argc, argv);
	change.command = typed_command(&arena, change.typed.words, change.typed.count);
	if (r >= 0)
		r = where_find(&where, &err);
	if (change.confirm)
		guard_wish(GUARD_ONLY_WARNS);
	if (r >= 0)
		r = change_all(&change, &err);
	if (r < 0)
		return safety_fail(&err);
	return sink_flush(&out) < 0;
}

/* ------------------------------------------------------------------ try */

/* The state behind the command becomes that of the history. */
static int settle_try(const struct where *where, struct record *record,
		      const struct backend *backend, const struct ruleset *before, bool *changed,
		      struct sink *out, struct err *err)
{
	AUTO_RULESET after = RULESET_INIT;
	AUTO_DIFF d = { 0 };
	AUTO_RECORD again = { 0 };
	int r = snapshot_read(backend, &after, err);

	if (r < 0)
		return r;
	diff_rulesets(&d, before, &after, DIFF_WHOLE);
	*changed = d.count > 0;
	if (!d.count)
		return 0;
	diff_print(out, &d, 100);
	history_describe(&again, record->kind.text, record->command.text, before, &d);
	again.number = record->number;
	return history_update(where, &again, err);
}

int try_begin(struct try_run *t, const char *command, uint32_t seconds, struct err *err)
{
	AUTO_FD lock = -1;
	AUTO_DIFF none = { 0 };
	int r = where_find(&t->where, err);

	if (!r)
		r = kernel_open_backend(&t->backend, err);
	if (!r)
		r = pending_lock(&t->where, &lock, err);
	if (!r)
		r = snapshot_read(&t->backend, &t->before, err);
	if (r < 0)
		return r;
	history_describe(&t->record, "try", command, &t->before, &none);
	r = history_add(&t->where, &t->record, err);
	if (r < 0)
		return r;
	r = begin_confirm(&t->where, &t->record, &t->before, seconds, err);
	if (r < 0)
		history_remove(&t->where, t->record.number);
	return r;
}

int try_end(struct try_run *t, bool failed, struct sink *out, struct err *err)
{
	bool changed = false;
	int r;

	if (failed) {
		/* Some of it may be in force: a restore of several tables, a script. */
		r = pending_rollback(&t->where, t->record.deadline, &t->before, "rollback", NULL,
				     err);
		history_remove(&t->where, t->record.number);
		return r == -ENOENT ? 0 : r;
	}
	r = settle_try(&t->where, &t->record, &t->backend, &t->before, &changed, out, err);
	if (r < 0 || changed)
		return r < 0 ? r : 1;
	history_remove(&t->where, t->record.number);
	return pending_end(&t->where, err);
}

void try_free(struct try_run *t)
{
	backend_close(&t->backend);
	ruleset_free(&t->before);
	record_free(&t->record);
}

int run_try(int argc, char **argv)
{
	__attribute__((cleanup(try_free))) struct try_run t = { 0 };
	AUTO_ARENA arena = ARENA_INIT;
	AUTO_SINK out = SINK_FD(STDOUT_FILENO);
	AUTO_CONFIG config = { 0 };
	struct err err = ERR_INIT;
	const char *command;
	int r = config_read(&config, CONFIG_FILE, &err), first = 1, status;

	if (!r && argc > 1 && !strncmp(argv[1], "--confirm", 9)) {
		r = read_confirm(argc, argv, &first, &config.confirm, &err);
		first++;
	}
	if (!r && (first >= argc || argv[first][0] == '-'))
		return wrong_usage("try");
	if (!r && !runs_program(argv[first])) {
		r = err_set(&err, ERR_SYNTAX, PLACE_NONE,
			    "`%s' is no program whose changes can be tried", argv[first]);
	}
	command = typed_command(&arena, (const char *const *)argv + first, (size_t)(argc - first));
	guard_wish(GUARD_ONLY_WARNS);
	if (!r)
		r = try_begin(&t, command, config.confirm, &err);
	if (r < 0)
		return safety_fail(&err);
	status = run_program(argv[first], argc - first, argv + first);
	fflush(stdout);
	r = try_end(&t, status != 0, &out, &err);
	if (r > 0)
		say_confirm(&out, config.confirm);
	if (r < 0)
		return safety_fail(&err);
	return sink_flush(&out) < 0 ? 1 : status;
}
