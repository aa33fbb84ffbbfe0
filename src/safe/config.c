// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the configuration: "key = value" lines, '#' begins a comment. The keys are a table;
 * doc/postern.conf shows all of them.
 */
#include "safe/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/vec.h"
#include "safe/pending.h"

enum { CONFIG_MOST = 64 << 10, ENTRIES_MOST = 64 };

struct reading {
	struct config *config;
	const char *path;
	int line;
	size_t program_room, entries;
	unsigned given;			/* bits of keys that may stand once */
	struct err *err;
};

void config_free(struct config *config)
{
	free(config->programs);
	arena_free(&config->arena);
	*config = (struct config){ 0 };
}

int seconds_parse(const char *text, uint32_t least, uint32_t most, uint32_t *seconds)
{
	static const struct { const char *unit; uint32_t factor; } units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "min", 60 }, { "h", 3600 },
	};
	const char *end;
	uint64_t n;

	if (!num_parse_decimal(text, &end, 0, UINT32_MAX, &n))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(end, units[i].unit) && n * units[i].factor >= least &&
		    n * units[i].factor <= most) {
			*seconds = (uint32_t)n * units[i].factor;
			return 0;
		}
	return -EINVAL;
}

static int bad(struct reading *in, const char *what, const char *value)
{
	return err_set(in->err, ERR_SYNTAX, PLACE_NONE, "%s:%d: %s, not `%s'", in->path, in->line,
		       what, value);
}

static int set_guard(struct reading *in, char *value)
{
	static const struct { const char *name; enum guard_mode mode; } modes[] = {
		{ "interactive", GUARD_USUAL }, { "off", GUARD_OFF }, { "warn", GUARD_WARN },
		{ "refuse", GUARD_REFUSE },
	};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(value, modes[i].name)) {
			in->config->guard = modes[i].mode;
			return 0;
		}
	return bad(in, "guard is interactive, warn, refuse or off", value);
}

static int set_confirm(struct reading *in, char *value)
{
	if (seconds_parse(value, PENDING_SHORTEST, PENDING_LONGEST, &in->config->confirm))
		return bad(in, "confirm is a time from 1s to 24h", value);
	return 0;
}

static int set_program(struct reading *in, char *value)
{
	struct config *c = in->config;

	if (!*value || strpbrk(value, "/ \t") || strlen(value) > 15)
		return bad(in, "program is a name of at most 15 characters, as in /proc/PID/comm",
			   value);
	if (in->entries++ >= ENTRIES_MOST)
		return bad(in, "there is no room for more", value);
	c->programs = vec_room(c->programs, c->program_count, &in->program_room,
			       sizeof(*c->programs));
	c->programs[c->program_count++] = arena_strdup(&c->arena, value);
	return 0;
}

/* The next blank-separated word of *p, or NULL. */
static char *next_word(char **p)
{
	char *word = *p + strspn(*p, " \t");
	size_t len = strcspn(word, " \t");

	if (!len)
		return NULL;
	*p = word + len + (word[len] ? 1 : 0);
	word[len] = '\0';
	return word;
}

static int set_lifeline(struct reading *in, char *value)
{
	static const char what[] = "lifeline is tcp|udp ADDRESS PORT";
	struct config_lifeline l = { .line = in->line };
	char *whole = arena_strdup(&in->config->arena, value);
	char *proto = next_word(&value), *from = next_word(&value), *port = next_word(&value);
	uint64_t n;

	if (!port || next_word(&value))
		return bad(in, what, whole);
	l.proto = !strcmp(proto, "tcp") ? 6 : !strcmp(proto, "udp") ? 17 : 0;
	l.family = strchr(from, ':') ? FAMILY_IPV6 : FAMILY_IPV4;
	if (!l.proto || !addr_parse(l.family, from, &l.from) || !num_parse(port, 1, 65535, &n))
		return bad(in, what, whole);
	if (in->entries++ >= ENTRIES_MOST)
		return bad(in, "there is no room for more", whole);
	l.port = (uint16_t)n;
	l.next = in->config->lifelines;
	in->config->lifelines = arena_memdup(&in->config->arena, &l, sizeof(l));
	return 0;
}

static const struct key {
	const char *name;
	int (*set)(struct reading *in, char *value);
	bool again;			/* may stand several times */
} keys[] = {
	{ "guard", set_guard, false }, { "confirm", set_confirm, false },
	{ "program", set_program, true }, { "lifeline", set_lifeline, true },
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

static int unknown_key(struct reading *in, const char *key)
{
	const char *names[KEYS], *nearest;

	for (size_t i = 0; i < KEYS; i++)
		names[i] = keys[i].name;
	bad(in, "the keys are guard, confirm, program, lifeline", key);
	nearest = err_nearest(key, names, KEYS);
	if (nearest)
		err_hint(in->err, "did you mean %s?", nearest);
	return -EINVAL;
}

static int set(struct reading *in, size_t key, char *value)
{
	if (!keys[key].again && in->given & 1u << key)
		return bad(in, "this key stands once", keys[key].name);
	in->given |= 1u << key;
	return keys[key].set(in, value);
}

/* Takes the blanks at both ends away, in place. */
static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int read_line(struct reading *in, char *line)
{
	char *comment = strchr(line, '#'), *equals, *key;

	if (comment)
		*comment = '\0';
	line = trim(line);
	if (!*line)
		return 0;
	equals = strchr(line, '=');
	if (!equals)
		return bad(in, "a line is KEY = VALUE", line);
	*equals = '\0';
	key = trim(line);
	for (size_t i = 0; i < KEYS; i++)
		if (!strcmp(key, keys[i].name))
			return set(in, i, trim(equals + 1));
	return unknown_key(in, key);
}

int config_read(struct config *config, const char *path, struct err *err)
{
	struct reading in = { .config = config, .path = path, .err = err };
	AUTO_FREE char *text = NULL;
	struct err quiet = ERR_INIT;
	size_t len;
	char *line;
	int r;

	*config = (struct config){ .confirm = PENDING_USUAL };
	r = file_read(AT_FDCWD, path, CONFIG_MOST, FILE_FOLLOW | FILE_OWN, &text, &len, &quiet);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_errno(err, ERR_RESOURCE, -r, "%s", quiet.text);
	if (memchr(text, '\0', len))
		return err_set(err, ERR_SYNTAX, PLACE_NONE, "%s holds NULs: it is damaged", path);
	r = 0;
	for (char *p = text; !r && (line = strsep(&p, "\n"));) {
		in.line++;
		r = read_line(&in, line);
	}
	return r;
}
