// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry. Declarations come together in a linker section, so that a new extension is a new
 * file and nothing else.
 */
#include "ext/ext.h"

#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "ext/type/types.h"

extern const struct ext *const __start_postern_ext[], *const __stop_postern_ext[];

struct entry {
	const char *name;
	size_t len;
	const struct ext *ext;
};

/* Sorted by name. */
struct entries {
	struct entry *items;
	size_t count;
	uint16_t from[UINT8_MAX + 2];	/* the first one whose first byte is this or a later one */
};

/* Made at first use; lives as long as the program. */
static struct {
	struct entries names;		/* with aliases */
	struct entries blobs;		/* by the kernel's name */
	const struct ext **sorted;	/* by kind and name; first iptables', then the older ones */
	size_t count, all;
} registry;
static once_flag is_loaded = ONCE_FLAG_INIT;

static int by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int c = strncmp(x->name, y->name, x->len < y->len ? x->len : y->len);

	if (c)
		return c;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	if (x->ext->kind != y->ext->kind)
		return x->ext->kind < y->ext->kind ? -1 : 1;
	if (x->ext->families != y->ext->families)
		return x->ext->families < y->ext->families ? -1 : 1;
	/* Of one name for the kernel, not for people. */
	return strcmp(x->ext->name, y->ext->name);
}

static int by_kind(const void *a, const void *b)
{
	const struct ext *x = *(const struct ext *const *)a, *y = *(const struct ext *const *)b;

	if (x->old != y->old)
		return y->old ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (strcmp(x->name, y->name) != 0)
		return strcmp(x->name, y->name);
	return x->families < y->families ? -1 : x->families > y->families;
}

const char *word_next(const char *p, const char **word, size_t *len)
{
	while (*p == ' ')
		p++;
	*word = p;
	*len = strcspn(p, " ");
	return p + *len;
}

static void finish_names(struct entries *e)
{
	size_t n = 0;

	qsort(e->items, e->count, sizeof(*e->items), by_name);
	for (unsigned c = 0; c < ARRAY_SIZE(e->from); c++) {
		while (n < e->count && (unsigned char)e->items[n].name[0] < c)
			n++;
		e->from[c] = (uint16_t)n;
	}
}

static void load_names(size_t most)
{
	struct entries *names = &registry.names, *blobs = &registry.blobs;
	const char *word;
	size_t len;

	names->items = mem_alloc(most * sizeof(*names->items));
	blobs->items = mem_alloc(registry.count * sizeof(*blobs->items));
	for (size_t i = 0; i < registry.count; i++) {
		const struct ext *e = registry.sorted[i];
		const char *blob = e->kernel_name ? e->kernel_name : e->name;

		blobs->items[blobs->count++] = (struct entry){ blob, strlen(blob), e };
		names->items[names->count++] = (struct entry){ e->name, strlen(e->name), e };
		for (const char *p = e->also ? e->also : ""; *p;) {
			p = word_next(p, &word, &len);
			names->items[names->count++] = (struct entry){ word, len, e };
		}
	}
	finish_names(names);
	finish_names(blobs);
}

static void load_once(void)
{
	size_t n = (size_t)(__stop_postern_ext - __start_postern_ext), names = 0, len;
	const char *word;

	registry.sorted = mem_alloc(n * sizeof(*registry.sorted));
	for (size_t i = 0; i < n; i++) {
		const struct ext *e = __start_postern_ext[i];

		registry.sorted[i] = e;
		names++;
		for (const char *p = e->also ? e->also : ""; *p; names++)
			p = word_next(p, &word, &len);
	}
	qsort(registry.sorted, n, sizeof(*registry.sorted), by_kind);
	registry.all = n;
	for (size_t i = 0; i < n; i++)
		registry.count += !registry.sorted[i]->old;
	load_names(names);
}

static void load(void)
{
	call_once(&is_loaded, load_once);
}

/* The entries whose first byte is that of `name`; behind the last one is `end`. */
static const struct entry *entries_like(const struct entries *e, const char *name,
					const struct entry **end)
{
	unsigned char c = (unsigned char)name[0];

	*end = e->items + e->from[c + 1];
	return e->items + e->from[c];
}

static bool is_called(const struct entry *e, const char *name, size_t len)
{
	return e->len == len && !memcmp(e->name, name, len);
}

const struct ext *ext_find(enum ext_kind kind, enum family family, const char *name)
{
	size_t len = strlen(name);
	const struct entry *e, *end;

	load();
	for (e = entries_like(&registry.names, name, &end); e < end; e++)
		if (is_called(e, name, len) && e->ext->kind == kind && ext_is_for(e->ext, family))
			return e->ext;
	return NULL;
}

static bool bits_are_set(const struct bits *bits, const void *data, size_t size)
{
	return bits->at + (size_t)bits->size <= size &&
	       (uint_load((const char *)data + bits->at, bits->size) & bits->set) == bits->set;
}

bool ext_tracks(const struct ext *ext, const void *data)
{
	return ext->tracks && !(ext->tracks_unless.size &&
				bits_are_set(&ext->tracks_unless, data, ext->size));
}

const struct ext *ext_find_kernel(enum ext_kind kind, enum family family, const char *name,
				  uint8_t revision, const void *data, size_t size)
{
	const struct ext *found = NULL;
	const struct entry *entry, *end;
	size_t len = strlen(name);

	load();
	for (entry = entries_like(&registry.blobs, name, &end); entry < end; entry++) {
		const struct ext *e = entry->ext;

		if (!is_called(entry, name, len) || e->kind != kind || !ext_is_for(e, family))
			continue;
		if (e->alias.size) {
			if (e->revision == revision && bits_are_set(&e->alias, data, size))
				return e;
		} else if (!found || e->revision == revision) {
			found = e;
		}
	}
	return found;
}

const struct ext *ext_for_proto(enum family family, uint8_t proto)
{
	load();
	/* The one match whose name is the protocol's: `-p tcp` brings `-m tcp`. */
	for (size_t i = 0; i < registry.count; i++) {
		const struct ext *e = registry.sorted[i];

		if (e->kind == EXT_MATCH && e->protos && e->protos[0] == proto && !e->protos[1] &&
		    e->implied && ext_is_for(e, family))
			return e;
	}
	return NULL;
}

const struct ext *ext_nth_old(size_t n)
{
	load();
	return n < registry.all - registry.count ? registry.sorted[registry.count + n] : NULL;
}

const struct ext *ext_find_old(enum ext_kind kind, const char *name)
{
	const struct ext *e;

	for (size_t n = 0; (e = ext_nth_old(n)) != NULL; n++)
		if (e->kind == kind && !strcmp(e->name, name))
			return e;
	return NULL;
}

const struct ext *ext_nth(size_t n)
{
	load();
	return n < registry.count ? registry.sorted[n] : NULL;
}
