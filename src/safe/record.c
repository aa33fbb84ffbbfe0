// SPDX-License-Identifier: GPL-2.0-or-later
/* Records on disk. What a field is called and how it is kept stands in one table. */
#include "safe/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/sink.h"

static const char magic[] = "postern record 1\n";
static const char check_key[] = "check ";

enum {
	RECORD_MOST = 256 << 20,	/* bytes of a file; a million rules are some 150 MiB */
	LINE_MOST = 1024,
	CHECK_LEN = 6 + 16 + 1,		/* "check " 16 digits '\n' */
};

#define NUMBER(member) { #member, offsetof(struct record, member), false }
#define TEXT(member) { #member, offsetof(struct record, member), true }

static const struct field {
	const char *name;
	size_t at;
	bool is_text;
} fields[] = {
	NUMBER(number), NUMBER(when), NUMBER(deadline), NUMBER(window), NUMBER(last),
	NUMBER(commands), NUMBER(added), NUMBER(removed), NUMBER(moved), NUMBER(others),
	TEXT(kind), TEXT(state), TEXT(who), TEXT(command), TEXT(boot), TEXT(typed), TEXT(job),
	TEXT(summary), TEXT(changes), TEXT(ports), TEXT(sets), TEXT(v4), TEXT(v6), TEXT(old),
};

void record_free(struct record *record)
{
	arena_free(&record->arena);
	*record = (struct record){ 0 };
}

struct record_text record_text(const char *text)
{
	return (struct record_text){ text, text ? strlen(text) : 0 };
}

struct record_text record_line(struct arena *arena, const char *text)
{
	size_t len = strnlen(text, LINE_MOST);
	char *copy = arena_strndup(arena, text, len);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
			copy[i] = '?';
	return (struct record_text){ copy, len };
}

static void put_record(struct sink *sink, const struct record *record)
{
	sink_str(sink, magic);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *at = (const char *)record + fields[i].at;

		if (fields[i].is_text) {
			const struct record_text *text = (const struct record_text *)at;

			if (!text->text)
				continue;
			sink_printf(sink, "%s %zu\n", fields[i].name, text->len);
			sink_bytes(sink, text->text, text->len);
			sink_char(sink, '\n');
		} else if (*(const uint64_t *)at) {
			sink_printf(sink, "%s %" PRIu64 "\n", fields[i].name,
				    *(const uint64_t *)at);
		}
	}
	sink_printf(sink, "%s%016" PRIx64 "\n", check_key,
		    file_checksum(0, sink->text, sink->len));
}

int record_write(const char *path, const struct record *record, struct err *err)
{
	AUTO_SINK s = SINK_MEMORY;

	put_record(&s, record);
	return file_write(AT_FDCWD, path, s.text, s.len, FILE_PRIVATE, err);
}

int record_write_soon(const char *path, const struct record *record, struct err *err)
{
	AUTO_SINK s = SINK_MEMORY;

	put_record(&s, record);
	return file_write_soon(AT_FDCWD, path, s.text, s.len, FILE_PRIVATE, err);
}

/* ------------------------------------------------------------------ reading */

static const struct field *find_field(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strlen(fields[i].name) == len && !memcmp(fields[i].name, name, len))
			return &fields[i];
	return NULL;
}

/* One field at *p, which ends before `end`; moves behind it. */
static bool read_field(struct record *record, const char **p, const char *end)
{
	const char *blank = memchr(*p, ' ', (size_t)(end - *p)), *digits;
	const struct field *field;
	uint64_t value;
	char *at, *copy;

	if (!blank || !num_parse_decimal(blank + 1, &digits, 0, UINT64_MAX, &value) ||
	    digits >= end || *digits != '\n')
		return false;
	field = find_field(*p, (size_t)(blank - *p));
	if (!field)
		return false;
	*p = digits + 1;
	at = (char *)record + field->at;
	if (!field->is_text) {
		*(uint64_t *)at = value;
		return true;
	}
	if (value >= (uint64_t)(end - *p) || (*p)[value] != '\n')
		return false;
	copy = arena_memdup(&record->arena, *p, value + 1);
	copy[value] = '\0';
	*(struct record_text *)at = (struct record_text){ copy, value };
	*p += value + 1;
	return true;
}

static bool is_whole(const char *text, size_t len)
{
	AUTO_SINK s = SINK_MEMORY;

	if (len < sizeof(magic) - 1 + CHECK_LEN || memcmp(text, magic, sizeof(magic) - 1) != 0)
		return false;
	len -= CHECK_LEN;
	sink_printf(&s, "%s%016" PRIx64 "\n", check_key, file_checksum(0, text, len));
	return !memcmp(sink_text(&s), text + len, CHECK_LEN);
}

int record_read(const char *path, struct record *record, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct record found = { 0 };
	struct err quiet = ERR_INIT;
	const char *p, *end;
	size_t len = 0;
	int r = file_read(AT_FDCWD, path, RECORD_MOST, FILE_OWN, &text, &len, &quiet);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return err_errno(err, ERR_RESOURCE, -r, "%s", quiet.text);
	p = text + sizeof(magic) - 1;
	end = text + len - CHECK_LEN;
	if (!is_whole(text, len))
		goto damaged;
	while (p < end)
		if (!read_field(&found, &p, end))
			goto damaged;
	*record = found;
	return 0;
damaged:
	record_free(&found);
	return err_errno(err, ERR_RESOURCE, EBADMSG, "%s is damaged", path);
}
