// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A script of plain commands, or a saved set, becomes rules. Of the shell only what such scripts are
 * made of is read: words, quotes, variables set to plain words, `;`, lines that go on. Everything
 * else is left out and told; nothing is run.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/vec.h"
#include "convert/read.h"

enum { WORDS_MOST = 128, LINE_MOST = 16384, DEPTH_MOST = 1000, LOOPS_MOST = 3 };

struct variable {
	const char *name, *value;
};

struct script {
	struct reader reader;
	struct { struct variable *items; size_t count, room; } variables;
	unsigned depth;			/* of what is left out: if, for, ... */
	int block;			/* line where that began */
	struct sink text;		/* all of it */
	unsigned loops;			/* that are being run */
};

static bool run_loop(struct script *s, const char *text);

/* ------------------------------------------------------------------ variables */

static size_t name_len(const char *text)
{
	size_t n = 0;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return 0;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static const char *value_of(const struct script *s, const char *name, size_t len)
{
	for (size_t i = s->variables.count; i--;)
		if (strlen(s->variables.items[i].name) == len &&
		    !strncmp(s->variables.items[i].name, name, len))
			return s->variables.items[i].value;
	return NULL;
}

/* ------------------------------------------------------------------ words */

struct splitter {
	const struct script *script;
	const char *p;
	char text[LINE_MOST];		/* of the word */
	size_t len;
	bool any;			/* a word has begun, be it empty */
	const char *words[WORDS_MOST];
	size_t count;
	const char *why;		/* NULL: all is plain */
};

static bool give_up(struct splitter *s, const char *why)
{
	s->why = why;
	return false;
}

static bool put(struct splitter *s, char c)
{
	s->any = true;
	if (s->len == sizeof(s->text) - 1)
		return give_up(s, "the line is too long");
	s->text[s->len++] = c;
	return true;
}

static bool end_word(struct splitter *s)
{
	if (!s->any)
		return true;
	if (s->count == WORDS_MOST)
		return give_up(s, "there are too many words");
	s->words[s->count++] = arena_strndup(s->script->reader.arena, s->text, s->len);
	s->len = 0;
	s->any = false;
	return true;
}

/* "$NAME" or "${NAME}"; its value is words again unless it stands in quotes. */
static bool put_variable(struct splitter *s, bool quoted)
{
	bool braces = s->p[1] == '{';
	const char *name = s->p + 1 + braces, *value;
	size_t len = name_len(name);

	if (!len || (braces && name[len] != '}'))
		return give_up(s, "the shell would have to work that out");
	value = value_of(s->script, name, len);
	if (!value)
		return give_up(s, "it has a variable that is not set to plain words here");
	s->p = name + len + braces;
	for (; *value; value++) {
		bool blank = *value == ' ' || *value == '\t';

		if (!(blank && !quoted ? end_word(s) : put(s, *value)))
			return false;
	}
	s->any |= quoted;
	return true;
}

static bool put_quoted(struct splitter *s)
{
	char quote = *s->p++;

	s->any = true;
	while (*s->p && *s->p != quote) {
		bool ok;

		if (quote == '"' && *s->p == '`')
			return give_up(s, "the shell would have to work that out");
		if (quote == '"' && *s->p == '$') {
			ok = put_variable(s, true);
		} else {
			if (quote == '"' && *s->p == '\\' && s->p[1])
				s->p++;
			ok = put(s, *s->p++);
		}
		if (!ok)
			return false;
	}
	if (!*s->p)
		return give_up(s, "a quote stays open");
	s->p++;
	return true;
}

/* "> /dev/null", "2>/dev/null", "2>&1": what is said does not matter here. */
static bool pass_redirection(struct splitter *s)
{
	static const char null[] = "/dev/null";

	if (s->len == 1 && (s->text[0] == '1' || s->text[0] == '2')) {
		s->len = 0;
		s->any = false;
	}
	if (s->any)
		return give_up(s, "the shell would have to work that out");
	s->p += s->p[1] == '>' ? 2 : 1;
	if (*s->p == '&' && (s->p[1] == '1' || s->p[1] == '2')) {
		s->p += 2;
		return true;
	}
	s->p += strspn(s->p, " \t");
	if (strncmp(s->p, null, strlen(null)) != 0)
		return give_up(s, "its output goes somewhere");
	s->p += strlen(null);
	return true;
}

static bool take_one(struct splitter *s)
{
	char c = *s->p;

	switch (c) {
	case ' ':
	case '\t':
	case '\r':
		s->p++;
		return end_word(s);
	case '"':
	case '\'':
		return put_quoted(s);
	case '$':
		return put_variable(s, false);
	case '\\':
		s->p += s->p[1] ? 2 : 1;
		return put(s, s->p[-1]);
	case '>':
		return pass_redirection(s);
	case '`':
	case '|':
	case '&':
	case '<':
	case '(':
	case ')':
	case '*':
	case '?':
		return give_up(s, "the shell would have to work that out");
	default:
		s->p++;
		return put(s, c);
	}
}

/* One command, up to ';', a comment or the end; false: s->why. */
static bool split(struct splitter *s)
{
	s->count = s->len = 0;
	s->any = false;
	s->why = NULL;
	while (*s->p && *s->p != ';' && !(*s->p == '#' && !s->any))
		if (!take_one(s))
			return false;
	if (*s->p == '#')
		s->p += strlen(s->p);
	return end_word(s);
}

/* ------------------------------------------------------------------ blocks */

static bool is_one_of(const char *word, size_t len, const char *words)
{
	const char *w;
	size_t n;

	for (words = word_next(words, &w, &n); n; words = word_next(words, &w, &n))
		if (n == len && !strncmp(w, word, len))
			return true;
	return false;
}

/* How much deeper a line leads; what stands in quotes or comments is of no account. */
static int depth_of(const char *line)
{
	int depth = 0;

	for (const char *p = line; *p && *p != '#';) {
		size_t len = strcspn(p, " \t;&|\"'#()");

		if (*p == '"' || *p == '\'') {
			const char *end = strchr(p + 1, *p);

			p = end ? end + 1 : p + strlen(p);
			continue;
		}
		if (is_one_of(p, len, "if for while until case select {"))
			depth++;
		else if (is_one_of(p, len, "fi done esac }"))
			depth--;
		p += len ? len : 1;
	}
	return depth;
}

/* What is worth a line: a block that is over, which only a loop over plain words may come out of. */
static void end_block(struct script *s, int number)
{
	AUTO_SINK text = SINK_MEMORY;

	sink_bytes(&text, sink_text(&s->text), s->text.len);
	sink_free(&s->text);
	s->text = SINK_MEMORY;
	if (run_loop(s, sink_text(&text)))
		return;
	if (s->block == number)
		remark(s->reader.c, number, "left out: nobody knows whether the shell would have "
		       "come to it");
	else
		remark(s->reader.c, s->block, "left out up to line %d: nobody knows whether the "
		       "shell would have come to it", number);
}

/* True when the line belongs to a block. */
static bool is_in_block(struct script *s, const char *line, int number)
{
	const char *start = line + strspn(line, " \t");
	size_t len = strcspn(start, " \t;");
	bool begins = is_one_of(start, len, "if for while until case select function {") ||
		      (len > 2 && !strncmp(start + len - 2, "()", 2));
	int deeper = s->depth || begins ? depth_of(line) : 0;

	if (!s->depth && !begins)
		return false;
	if (!s->depth)
		s->block = number;
	sink_printf(&s->text, "%s\n", line);
	if (deeper > 0 && s->depth < DEPTH_MOST)
		s->depth += (unsigned)deeper;
	else if (deeper < 0)
		s->depth = s->depth > (unsigned)-deeper ? s->depth - (unsigned)-deeper : 0;
	if (!s->depth)
		end_block(s, number);
	return true;
}

/* ------------------------------------------------------------------ lines */

/* "NAME=words"; false when it is none. */
static bool take_assignment(struct script *s, const char *line)
{
	const char *start = line + strspn(line, " \t");
	size_t export = strncmp(start, "export ", 7) ? 0 : 7, len = name_len(start + export);
	struct splitter *split_value;
	struct variable v;

	start += export;
	if (!len || start[len] != '=')
		return false;
	split_value = mem_alloc(sizeof(*split_value));
	split_value->script = s;
	split_value->p = start + len + 1;
	v.name = arena_strndup(s->reader.arena, start, len);
	/* What is not plain is not known, whatever it was before. */
	v.value = NULL;
	if (!split(split_value))
		remark(s->reader.c, s->reader.line, "left out: %s", split_value->why);
	else if (split_value->count > 1 || split_value->p[0])
		remark(s->reader.c, s->reader.line, "left out: an assignment and a command");
	else
		v.value = split_value->count ? split_value->words[0] : "";
	VEC_PUSH(&s->variables, v);
	mem_free_ptr(&split_value);
	return true;
}

static void take_commands(struct script *s, const char *line)
{
	struct splitter *words = mem_alloc(sizeof(*words));

	words->script = s;
	words->p = line;
	for (;;) {
		if (!split(words)) {
			/* Not how far it would have gone either. */
			remark(s->reader.c, s->reader.line, "left out: %s", words->why);
			break;
		}
		if (words->count)
			read_command(&s->reader, words->words, words->count);
		if (*words->p != ';')
			break;
		words->p++;
	}
	mem_free_ptr(&words);
}

static void take_line(struct script *s, const char *line, int number)
{
	s->reader.line = number;
	if (is_in_block(s, line, number) || take_assignment(s, line))
		return;
	take_commands(s, line);
}

/* ------------------------------------------------------------------ loops */

/* The text behind a word that begins here, behind blanks and the ends of commands; NULL: it does not. */
static const char *behind_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	text += strspn(text, " \t\n;");
	return !strncmp(text, word, len) && strchr(" \t\n;", text[len]) ? text + len : NULL;
}

/* The commands of a loop: up to its `done`, which nothing follows. NULL: it is no such loop. */
static const char *loop_body(struct script *s, const char *text)
{
	const char *body = behind_word(text, "do"), *end;
	size_t len = strlen(text);

	while (len && strchr(" \t\n;", text[len - 1]))
		len--;
	if (!body || len < 4 || strncmp(text + len - 4, "done", 4) != 0)
		return NULL;
	end = text + len - 4;
	return end < body ? NULL : arena_strndup(s->reader.arena, body, (size_t)(end - body));
}

static void run_body(struct script *s, const char *body)
{
	int line = s->reader.line;

	while (*body) {
		size_t len = strcspn(body, "\n");

		take_line(s, arena_strndup(s->reader.arena, body, len), line);
		body += len + (body[len] == '\n');
	}
}

/* "for NAME in WORDS; do COMMANDS; done". False: something else. */
static bool run_loop(struct script *s, const char *text)
{
	const char *p = behind_word(text, "for"), *body;
	struct splitter *words;
	struct variable v;
	bool ran = false;

	p = p ? p + strspn(p, " \t") : NULL;
	if (!p || !name_len(p) || s->loops == LOOPS_MOST)
		return false;
	v.name = arena_strndup(s->reader.arena, p, name_len(p));
	p = behind_word(p + name_len(p), "in");
	if (!p)
		return false;
	words = mem_alloc(sizeof(*words));
	words->script = s;
	words->p = arena_strndup(s->reader.arena, p, strcspn(p, ";\n"));
	body = loop_body(s, p + strcspn(p, ";\n"));
	if (body && split(words)) {
		ran = true;
		s->loops++;
		s->reader.line = s->block;
		for (size_t i = 0; i < words->count; i++) {
			v.value = words->words[i];
			VEC_PUSH(&s->variables, v);
			run_body(s, body);
		}
		s->loops--;
	}
	mem_free_ptr(&words);
	return ran;
}

/* ------------------------------------------------------------------ all of it */

/* The next line with those it goes on in; its length, its newlines counted. */
static size_t join_lines(struct sink *line, const char *text, size_t len, int *lines)
{
	size_t at = 0;

	*lines = 0;
	while (at < len) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t n = end ? (size_t)(end - text) - at : len - at;
		bool goes_on = n && text[at + n - 1] == '\\' && end;

		sink_bytes(line, text + at, goes_on ? n - 1 : n);
		at += n + (end != NULL);
		++*lines;
		if (!goes_on)
			break;
	}
	return at;
}

int convert_read(struct conversion *c, const char *text, size_t len, struct err *err)
{
	struct script s = { .reader = { .c = c, .arena = &c->arena }, .text = SINK_MEMORY };
	int number = 1, lines;

	for (size_t at = 0; at < len; number += lines) {
		AUTO_SINK line = SINK_MEMORY;

		at += join_lines(&line, text + at, len - at, &lines);
		if (memchr(sink_text(&line), '\0', line.len)) {
			remark(c, number, "left out: a NUL byte");
			continue;
		}
		take_line(&s, sink_text(&line), number);
	}
	sink_free(&s.text);
	if (s.depth)
		remark(c, s.block, "left out up to the end: nobody knows whether the shell would "
		       "have come to it");
	mem_free_ptr(&s.variables.items);
	if (!s.reader.accepted)
		err_set(err, ERR_OTHER, PLACE_NONE, "there is no command of %s in it",
			c->from == DIALECT_IPFWADM ? "ipfwadm" : "ipchains");
	read_end(&s.reader);
	return s.reader.accepted ? 0 : -EINVAL;
}

/* ------------------------------------------------------------------ what it is */

/* The first word of a line that tells, or a chain of a saved set. */
static bool tells(const char *line, size_t len, enum dialect *from)
{
	static const struct { const char *word; enum dialect dialect; } words[] = {
		{ "ipfwadm", DIALECT_IPFWADM }, { "ipchains", DIALECT_IPCHAINS },
		{ ":input ", DIALECT_IPCHAINS }, { ":forward ", DIALECT_IPCHAINS },
		{ ":output ", DIALECT_IPCHAINS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *at = memmem(line, len, words[i].word, strlen(words[i].word));

		if (!at || (words[i].word[0] == ':' && at != line))
			continue;
		*from = words[i].dialect;
		return true;
	}
	return false;
}

bool convert_guess(const char *text, size_t len, enum dialect *from)
{
	for (size_t at = 0; at < len;) {
		const char *line = text + at, *end = memchr(line, '\n', len - at);
		size_t n = end ? (size_t)(end - line) : len - at;

		if (n && *line == '*')
			return false;
		if (n && *line != '#' && tells(line, n, from))
			return true;
		at += n + 1;
	}
	return false;
}
