// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names that the machine's owner gave to numbers, in files of lines "NUMBER NAME": groups of
 * devices, routing realms, connection labels. A file is read at its first use and
 * once; without it there are only numbers.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/vec.h"
#include "ext/type/types.h"

enum { FILES_MOST = 4, LINE_MOST = 256 };

/* Lives as long as the program. */
static struct file {
	const char *path;
	struct name *items;	/* ends with a NULL name */
	size_t count, room;
} files[FILES_MOST];

/* Name behind the number: the rest of the line, or its first word. NULL: none. */
static char *name_in(char *p, bool whole)
{
	char *end;

	if (!isspace((unsigned char)*p))
		return NULL;
	p += strspn(p, " \t\r\n\v\f");
	end = p + (whole ? strlen(p) : strcspn(p, " \t\r\n\v\f"));
	while (end > p && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	/* A quote could not be saved, and behind '#' nothing is said. */
	return !*p || (*p == '#' && !whole) || strchr(p, '"') ? NULL : p;
}

/* A name stands for its first number only; a label has but one name (libnetfilter_conntrack). */
static bool is_taken(const struct file *file, const char *name, uint32_t number, bool once)
{
	for (size_t i = 0; i < file->count; i++)
		if (!strcmp(file->items[i].name, name) || (once && file->items[i].value == number))
			return true;
	return false;
}

static void read_line(struct file *file, char *line, uint32_t max, bool whole)
{
	char *p = line + strspn(line, " \t\r\n\v\f");
	const char *behind;
	uint64_t number;
	char *name;

	if (*p == '#' || !num_parse_part(p, &behind, 0, max, &number))
		return;
	name = name_in(line + (behind - line), whole);
	if (name && !is_taken(file, name, (uint32_t)number, whole)) {
		size_t size = strlen(name) + 1;
		struct name row = { memcpy(mem_alloc(size), name, size), (uint32_t)number };

		VEC_PUSH(file, row);
	}
}

const struct name *type_file_names(const char *path, uint32_t max, bool whole_line)
{
	struct file *file = files;
	struct name end = { 0 };
	char line[LINE_MOST];
	FILE *in;

	while (file->path && strcmp(file->path, path) != 0)
		if (++file == files + FILES_MOST)
			return NULL;
	if (file->path)
		return file->items;
	file->path = path;
	in = fopen(path, "re");
	while (in && fgets(line, sizeof(line), in))
		read_line(file, line, max, whole_line);
	if (in)
		fclose(in);
	VEC_PUSH(file, end);
	return file->items;
}

/* ---------------------------------------------------------------- marks with names */

enum { LMAP_MOST = 255 };	/* as iproute2 reads its own files */

static int parse_mark_named(const struct opt_in *in, void *at)
{
	const struct name *names = type_file_names(in->opt->names, LMAP_MOST, false), *row;
	const char *end, *text = in->words[0];
	uint32_t *value = at;
	uint64_t v;

	if (num_parse_part(text, &end, 0, UINT32_MAX, &v) && (!*end || *end == '/'))
		return type_mark.parse(in, at);
	row = names ? name_find(names, text) : NULL;
	if (!row)
		return opt_bad(in, "%s: could not map name %s to an integer value for option "
			       "\"--%s\".\n", in->ext->name, text, in->opt->name);
	value[0] = row->value;
	value[1] = UINT32_MAX;
	return 0;
}

static void print_mark_named(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *value = at;
	const struct name *names = NULL;
	const char *name = NULL;

	if (value[1] == UINT32_MAX && !(out->how & HOW_NUMERIC))
		names = type_file_names(out->opt->names, LMAP_MOST, false);
	if (names)
		name = name_of(names, value[0]);
	if (name)
		sink_str(sink, name);
	else
		type_mark.print(sink, out, at);
}

static bool ask_mark_named(const struct opt *opt, const void *at, struct ask *ask)
{
	return type_mark.ask(opt, at, ask);
}

static bool raise_mark_named(const struct opt *opt, const struct ask *ask, void *at)
{
	return type_mark.raise(opt, ask, at);
}

static void sample_mark_named(struct sink *sink, const struct opt *opt, enum family family,
			      uint32_t seed)
{
	if (seed % 6 == 5)
		sink_str(sink, "default");
	else
		type_mark.sample(sink, opt, family, seed);
}

const struct type type_mark_named = {
	.name = "mark_named", .metavar = "value[/mask]", .words = 1, .parse = parse_mark_named,
	.print = print_mark_named, .ask = ask_mark_named, .raise = raise_mark_named,
	.sample = sample_mark_named,
};

/* ---------------------------------------------------------------- labels of connections */

static const char label_file[] = "/etc/xtables/connlabel.conf";

static int parse_label(const struct opt_in *in, void *at)
{
	const struct name *names = type_file_names(label_file, UINT16_MAX, true);
	const struct name *row = names ? name_find(names, in->words[0]) : NULL;
	uint64_t v = row ? row->value : 0;

	if (!row && !num_parse(in->words[0], 0, UINT16_MAX, &v)) {
		int r = opt_bad(in, "label '%s' not found or invalid value", in->words[0]);

		err_hint(in->err, "a label is a number from 0 to 127, or has a name in %s",
			 label_file);
		return r;
	}
	uint_store(at, in->opt->at.size, v);
	return 0;
}

static void print_label(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct name *names = type_file_names(label_file, UINT16_MAX, true);
	uint32_t bit = (uint32_t)uint_load(at, out->opt->at.size);
	const char *name = names && !(out->how & HOW_NUMERIC) ? name_of(names, bit) : NULL;

	if (out->how & HOW_SAVE)
		sink_char(sink, '"');
	else if (name)
		sink_char(sink, '\'');
	if (name)
		sink_str(sink, name);
	else
		sink_u64(sink, bit);
	if (out->how & HOW_SAVE)
		sink_char(sink, '"');
	else if (name)
		sink_char(sink, '\'');
}

static void sample_label(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	(void)opt;
	(void)family;
	if (seed % 9 == 8)
		sink_str(sink, "no-such-label");
	else
		sink_u64(sink, seed % 130);
}

const struct type type_label = {
	.name = "label", .metavar = "name", .words = 1, .parse = parse_label, .print = print_label,
	.sample = sample_label,
};
