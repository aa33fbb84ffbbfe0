// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `postern test`: unit tests of a firewall (doc/testing.md), answered in TAP. A file is read line by
 * line; a test is what stands between one `test` line and the next. Without privileges, and nothing
 * is sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/num.h"
#include "base/wrap.h"
#include "cli/cli.h"
#include "cli/trial.h"

enum { TEST_FILE_MOST = 16 * 1024 * 1024 };

/* A file while it is read. */
struct testing {
	struct arena arena;
	struct scene scene;
	struct trial *trial;		/* of the test that is open; NULL: none */
	struct sink facts;		/* lines about the host */
	struct sink diary, failures;
	const char *name;		/* of the open test */
	const char *file;
	/* --rules, --host, --sets: the file's own do not count */
	bool has_rules, rules_given, host_given, sets_given;
	struct assumptions assumptions;
	int line;
	int64_t wall;
	unsigned *count, *failed;	/* of all files */
};

/* ------------------------------------------------------------------ statements */

static int bad(struct testing *t, struct err *err, const char *format, const char *text)
{
	return err_set(err, ERR_SYNTAX, (struct place){ .line = t->line, .word = -1 }, format,
		       text);
}

/* A path in a file is relative to the file. */
static const char *beside(struct testing *t, const char *path)
{
	const char *slash = strrchr(t->file, '/');

	if (*path == '/' || !slash)
		return path;
	return arena_printf(&t->arena, "%.*s/%s", (int)(slash - t->file), t->file, path);
}

/* One more line about the host; all of them are read again, since some refer to others. */
static int add_fact(struct testing *t, const char *line, struct err *err)
{
	struct err inner = ERR_INIT;
	const char *text;

	sink_printf(&t->facts, "%s\n", line);
	if (!host_parse(&t->scene.host, sink_text(&t->facts), t->facts.len, &inner))
		return 0;
	/* Its own number is among those lines only. */
	text = strstr(inner.text, ": ");
	return bad(t, err, "%s", text ? text + 2 : inner.text);
}

/* A line about a failure, as comments of TAP of 80 columns. */
static void print_comment(const char *text, size_t len)
{
	size_t indent = 0;
	AUTO_SINK line = SINK_MEMORY, lines = SINK_MEMORY;
	const char *p;

	while (indent < len && text[indent] == ' ')
		indent++;
	sink_bytes(&line, text + indent, len - indent);
	sink_printf(&lines, "%*s", (int)indent, "");
	sink_wrap(&lines, indent, indent + 4, WRAP_WIDTH - 4, sink_text(&line));
	p = sink_text(&lines);
	for (size_t n; *p; p += n) {
		n = strcspn(p, "\n") + 1;
		fputs("#   ", stdout);
		fwrite(p, 1, n, stdout);
	}
}

static void finish_test(struct testing *t)
{
	const char *p = sink_text(&t->failures);

	if (!t->trial)
		return;
	++*t->count;
	*t->failed += t->failures.len != 0;
	printf("%sok %u - %s\n", t->failures.len ? "not " : "", *t->count, t->name);
	for (size_t len; *p; p += len) {
		len = strcspn(p, "\n") + 1;
		print_comment(p, len - 1);
	}
	trial_close(t->trial);
	free(t->trial);
	t->trial = NULL;
	t->failures.len = t->diary.len = 0;
}

static int do_test(struct testing *t, const struct words *words, struct err *err)
{
	int r;

	finish_test(t);
	if (words->count != 2)
		return bad(t, err, "usage: test \"%s\"", "WHAT IS TESTED");
	/* Without rules everything would pass, and prove nothing. */
	if (!t->has_rules)
		return bad(t, err, "no rules yet: `%s' comes first, or --rules on the command line",
			   "rules FILE");
	t->name = words->items[1];
	t->trial = mem_alloc(sizeof(*t->trial));
	t->trial->assumptions = t->assumptions;
	r = trial_open(t->trial, &t->scene, &t->arena, t->wall, &t->diary, err);
	if (r < 0) {
		free(t->trial);
		t->trial = NULL;
	}
	return r;
}

static int do_rules(struct testing *t, const struct words *words, struct err *err)
{
	bool six = !strcmp(words->items[0], "rules6");

	if (words->count != 2)
		return bad(t, err, "usage: %s FILE", words->items[0]);
	t->has_rules = true;
	if (t->rules_given)
		return 0;
	return scene_add_rules(&t->scene, six ? FAMILY_IPV6 : 0, beside(t, words->items[1]), err);
}

static int do_host(struct testing *t, const struct words *words, struct err *err)
{
	if (words->count != 2)
		return bad(t, err, "usage: host %s", "FILE");
	if (t->host_given)
		return 0;
	return scene_read_host(&t->scene, beside(t, words->items[1]), err);
}

static int do_sets(struct testing *t, const struct words *words, struct err *err)
{
	if (words->count != 2)
		return bad(t, err, "usage: sets %s", "FILE");
	if (t->sets_given)
		return 0;
	return scene_read_sets(&t->scene, beside(t, words->items[1]), err);
}

/* "time 2026-01-05T09:30", UTC */
static int do_time(struct testing *t, const struct words *words, struct err *err)
{
	if (words->count != 2 || !scene_parse_time(words->items[1], &t->wall))
		return bad(t, err, "usage: time %s", "YYYY-MM-DDThh:mm");
	if (t->trial)
		t->trial->wall = t->wall;
	return 0;
}

/* "assume friends=yes": for the test that is open, or for all that follow. */
static int do_assume(struct testing *t, const struct words *words, struct err *err)
{
	if (words->count != 2)
		return bad(t, err, "usage: assume %s", "yes|no|WORDS=yes|WORDS=no");
	return assumptions_add(t->trial ? &t->trial->assumptions : &t->assumptions,
			       words->items[1], err);
}

/* "wait 30s", "wait 5m", "wait 500ms" */
static int do_wait(struct testing *t, const struct words *words, struct err *err)
{
	static const struct { const char *unit; uint64_t ns; } units[] = {
		{ "ms", 1000000 }, { "s", 1000000000 }, { "", 1000000000 },
		{ "m", UINT64_C(60000000000) }, { "h", UINT64_C(3600000000000) },
		{ "d", UINT64_C(86400000000000) },
	};
	const char *end = "?";
	uint64_t n = 0;

	if (words->count == 2 &&
	    num_parse_decimal(words->items[1], &end, 0, 1000000, &n))
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (!strcmp(units[i].unit, end)) {
				trial_wait(t->trial, n * units[i].ns);
				return 0;
			}
	return bad(t, err, "usage: wait N%s", "ms|s|m|h|d");
}

static void fail_test(struct testing *t, const char *what, const char *got)
{
	sink_printf(&t->failures, "line %d: %s\n  got: %s\n", t->line, what, got);
	if (t->diary.len)
		sink_printf(&t->failures, "%s", sink_text(&t->diary));
	t->diary.len = 0;
}

static const char *joined(struct testing *t, const struct words *words)
{
	AUTO_SINK text = SINK_MEMORY;

	for (size_t i = 0; i < words->count; i++)
		sink_printf(&text, "%s%s", i ? " " : "", words->items[i]);
	return arena_strdup(&t->arena, sink_text(&text));
}

static int do_expect(struct testing *t, const struct words *words, struct err *err)
{
	struct words rest = *words;
	AUTO_SINK got = SINK_MEMORY;
	int r;

	rest.items++;
	rest.count--;
	r = trial_expect(t->trial, &rest, &got, err);
	if (!r)
		fail_test(t, joined(t, words), sink_text(&got));
	return r < 0 ? r : 0;
}

static int do_conversation(struct testing *t, const struct words *words, struct err *err)
{
	struct words rest = *words;
	AUTO_SINK got = SINK_MEMORY;
	const char *failed = NULL;
	int r;

	rest.items++;
	rest.count--;
	r = trial_conversation(t->trial, &rest, &failed, err);
	if (!r && failed) {
		trial_print_outcome(&got, t->trial);
		fail_test(t, arena_printf(&t->arena, "conversation: %s does not come through",
					  failed), sink_text(&got));
	}
	return r;
}

static int do_packet(struct testing *t, const struct words *words, struct err *err)
{
	struct words rest = *words;

	rest.items++;
	rest.count--;
	switch (words->items[0][0]) {
	case 'p':
		return trial_packet(t->trial, &rest, err);
	case 'r':
		return trial_reply(t->trial, &rest, err);
	default:
		return trial_again(t->trial, &rest, err);
	}
}

static const struct {
	const char *name;
	bool in_test;			/* only behind a `test` line */
	int (*run)(struct testing *t, const struct words *words, struct err *err);
} statements[] = {
	{ "rules", false, do_rules }, { "rules6", false, do_rules }, { "host", false, do_host },
	{ "sets", false, do_sets },
	{ "time", false, do_time }, { "test", false, do_test }, { "packet", true, do_packet },
	{ "reply", true, do_packet }, { "again", true, do_packet }, { "wait", true, do_wait },
	{ "conversation", true, do_conversation }, { "expect", true, do_expect },
	{ "assume", false, do_assume },
};

static bool is_fact(const char *word)
{
	return !strcmp(word, "link") || !strcmp(word, "addr") || !strcmp(word, "route") ||
	       !strcmp(word, "forward");
}

static int run_statement(struct testing *t, const struct words *words, const char *line,
			 struct err *err)
{
	const char *names[sizeof(statements) / sizeof(*statements)], *nearest;

	if (is_fact(words->items[0])) {
		if (t->trial)
			return bad(t, err, "%s: what the host is stands in front of the tests",
				   words->items[0]);
		return t->host_given ? 0 : add_fact(t, line, err);
	}
	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		names[i] = statements[i].name;
		if (strcmp(names[i], words->items[0]) != 0)
			continue;
		if (statements[i].in_test && !t->trial)
			return bad(t, err, "%s: a line `test \"...\"' comes first", names[i]);
		return statements[i].run(t, words, err);
	}
	nearest = err_nearest(words->items[0], names, sizeof(names) / sizeof(*names));
	bad(t, err, nearest ? "no statement is called `%s'; `postern help test' names them" :
			      "no statement is called `%s'", words->items[0]);
	if (nearest)
		err_hint(err, "did you mean %s?", nearest);
	return -EINVAL;
}

/* ------------------------------------------------------------------ files */

/*
 * The line without a comment behind it. Lines are split as those of restore files are, where a
 * backslash in quotes only takes the meaning of what follows it; here \r, \n and \xHH are payloads'
 * business.
 */
static const char *clean_line(struct testing *t, const char *line)
{
	char *kept = arena_alloc(&t->arena, 2 * strlen(line) + 1), *out = kept;
	bool quoted = false, blank = true;

	for (; *line && (quoted || !blank || *line != '#'); line++) {
		blank = *line == ' ' || *line == '\t';
		if (quoted && *line == '\\' && line[1] == '"') {
			*out++ = *line++;
		} else if (*line == '"') {
			quoted = !quoted;
		} else if (quoted && *line == '\\') {
			*out++ = '\\';
		}
		*out++ = *line;
	}
	*out = '\0';
	return kept;
}

static int run_line(struct testing *t, const char *line, struct err *err)
{
	struct words words = { .program = "postern test" };
	const char **items = NULL;
	int r = restore_split(&t->arena, clean_line(t, line), &items, &words.count, err);

	words.items = items;
	if (!r && words.count)
		r = run_statement(t, &words, line, err);
	if (r < 0 && !err->place.line)
		err->place = (struct place){ .line = t->line, .word = -1 };
	return r;
}

static int run_lines(struct testing *t, const char *text, struct err *err)
{
	int r = 0;

	for (t->line = 1; !r && *text; t->line++) {
		size_t len = strcspn(text, "\n");
		const char *line = arena_strndup(&t->arena, text, len);

		r = run_line(t, line, err);
		text += len + (text[len] == '\n');
	}
	if (!r)
		finish_test(t);
	return r;
}

static void testing_free(struct testing *t)
{
	if (t->trial)
		trial_close(t->trial);
	free(t->trial);
	scene_free(&t->scene);
	sink_free(&t->facts);
	sink_free(&t->diary);
	sink_free(&t->failures);
	arena_free(&t->arena);
}

static int run_file(const char *path, const struct scene_source *source, unsigned *count,
		    unsigned *failed)
{
	struct testing t __attribute__((cleanup(testing_free))) = {
		.file = path, .count = count, .failed = failed, .facts = SINK_MEMORY,
		.diary = SINK_MEMORY, .failures = SINK_MEMORY,
		.rules_given = source->rule_count || source->rule6_count,
		.has_rules = source->rule_count || source->rule6_count || chosen_store(),
		.host_given = source->host != NULL, .sets_given = source->sets != NULL,
	};
	AUTO_FREE char *text = NULL;
	struct err err = ERR_INIT;
	int r = file_read(AT_FDCWD, path, TEST_FILE_MOST, FILE_FOLLOW, &text, NULL, &err);

	if (!r && t.rules_given)
		r = scene_load_rules(&t.scene, source, &err);
	else if (!r && chosen_store())
		r = scene_load_store(&t.scene, &err);
	if (!r && source->host)
		r = scene_read_host(&t.scene, source->host, &err);
	if (!r && source->sets)
		r = scene_read_sets(&t.scene, source->sets, &err);
	if (!r)
		r = run_lines(&t, text, &err);
	if (r >= 0)
		return 0;
	fflush(stdout);
	if (err.place.line)
		fprintf(stderr, "postern test: %s, line %d: %s\n", path, err.place.line, err.text);
	else
		fprintf(stderr, "postern test: %s\n", err.text);
	if (err.hint[0])
		fprintf(stderr, "  %s\n", err.hint);
	return -1;
}

int run_test(int argc, char **argv)
{
	struct scene_source source = { 0 };
	struct err err = ERR_INIT;
	unsigned count = 0, failed = 0, files = 0;
	int broken = 0;

	for (int i = 1; i < argc; i++) {
		int r = scene_option(&source, argc, argv, &i, &err);

		if (r < 0) {
			fprintf(stderr, "postern test: %s\n", err.text);
			return 2;
		}
		if (!r && argv[i][0] == '-') {
			fprintf(stderr, "postern test: no option is called `%s'\n", argv[i]);
			return 2;
		}
		files += !r;
		argv[i] = r ? (char *)"" : argv[i];
		if (r)
			argv[i - 1] = (char *)"";
	}
	if (!files) {
		fprintf(stderr, "usage: postern test [--rules FILE] [--rules6 FILE] [--host FILE] "
			"TEST-FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (*argv[i])
			broken |= run_file(argv[i], &source, &count, &failed);
	if (broken)
		printf("Bail out! a test file could not be read to its end\n");
	printf("1..%u\n", count);
	if (fflush(stdout))
		return 2;
	return broken ? 2 : failed ? 1 : 0;
}
