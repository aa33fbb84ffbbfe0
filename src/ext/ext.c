// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The registry. Declarations come together in a linker section, so that a new extension is a new
 * file and nothing else.
 */
#include "ext/ext.h"

#include <stdlib.h>
#include <string.h>

#include "ext/type/types.h"

extern const struct ext *const __start_postern_ext[], *const __stop_postern_ext[];

struct entry {
	const char *name;
	size_t len;
	const struct ext *ext;
};

/* Sorted by name at first use; lives as long as the program. */
static struct {
	struct entry *entries;		/* with aliases */
	struct entry *blobs;		/* by the kernel's name, as many as `sorted` */
	const struct ext **sorted;	/* by kind and name; first iptables', then the older ones */
	size_t entry_count, count, all;
} registry;

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

static void load(void)
{
	size_t n = (size_t)(__stop_postern_ext - __start_postern_ext), names = 0, len;
	const char *word;

	if (registry.sorted)
		return;
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
	registry.entries = mem_alloc(names * sizeof(*registry.entries));
	registry.blobs = mem_alloc(n * sizeof(*registry.blobs));
	for (size_t i = 0; i < registry.count; i++) {
		const struct ext *e = registry.sorted[i];
		const char *blob = e->kernel_name ? e->kernel_name : e->name;

		registry.blobs[i] = (struct entry){ blob, strlen(blob), e };
		registry.entries[registry.entry_count++] =
			(struct entry){ e->name, strlen(e->name), e };
		for (const char *p = e->also ? e->also : ""; *p;) {
			p = word_next(p, &word, &len);
			registry.entries[registry.entry_count++] = (struct entry){ word, len, e };
		}
	}
	qsort(registry.entries, registry.entry_count, sizeof(*registry.entries), by_name);
	qsort(registry.blobs, registry.count, sizeof(*registry.blobs), by_name);
}

/* The first entry of this name, or the one where it would stand; `end` is behind the last. */
static const struct entry *first_of_name(const struct entry *entries, size_t count,
					 const char *name, const struct entry **end)
{
	struct entry key = { name, strlen(name), &(const struct ext){ .name = "" } };
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (by_name(&entries[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (high = low; high < count && entries[high].len == key.len &&
			 !memcmp(entries[high].name, name, key.len);)
		high++;
	*end = entries + high;
	return entries + low;
}

const struct ext *ext_find(enum ext_kind kind, enum family family, const char *name)
{
	const struct entry *e, *end;

	load();
	e = first_of_name(registry.entries, registry.entry_count, name, &end);
	for (; e < end; e++)
		if (e->ext->kind == kind && ext_is_for(e->ext, family))
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

	load();
	entry = first_of_name(registry.blobs, registry.count, name, &end);
	for (; entry < end; entry++) {
		const struct ext *e = entry->ext;

		if (e->kind != kind || !ext_is_for(e, family))
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
