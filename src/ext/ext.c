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
	const struct ext **sorted;	/* by kind and name */
	size_t entry_count, count;
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
	return x->ext->families < y->ext->families ? -1 : x->ext->families > y->ext->families;
}

static int by_kind(const void *a, const void *b)
{
	const struct ext *x = *(const struct ext *const *)a, *y = *(const struct ext *const *)b;

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
	registry.count = n;
	registry.entries = mem_alloc(names * sizeof(*registry.entries));
	for (size_t i = 0; i < n; i++) {
		const struct ext *e = registry.sorted[i];

		registry.entries[registry.entry_count++] =
			(struct entry){ e->name, strlen(e->name), e };
		for (const char *p = e->also ? e->also : ""; *p;) {
			p = word_next(p, &word, &len);
			registry.entries[registry.entry_count++] = (struct entry){ word, len, e };
		}
	}
	qsort(registry.entries, registry.entry_count, sizeof(*registry.entries), by_name);
}

const struct ext *ext_find(enum ext_kind kind, enum family family, const char *name)
{
	struct entry key = { name, strlen(name), &(const struct ext){ .kind = EXT_MATCH } };
	size_t low = 0, high;

	load();
	high = registry.entry_count;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (by_name(&registry.entries[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < registry.entry_count; low++) {
		const struct entry *e = &registry.entries[low];

		if (e->len != key.len || memcmp(e->name, name, key.len) != 0)
			break;
		if (e->ext->kind == kind && ext_is_for(e->ext, family))
			return e->ext;
	}
	return NULL;
}

static bool bits_are_set(const struct bits *bits, const void *data, size_t size)
{
	return bits->at + (size_t)bits->size <= size &&
	       (uint_load((const char *)data + bits->at, bits->size) & bits->set) == bits->set;
}

const struct ext *ext_find_kernel(enum ext_kind kind, enum family family, const char *name,
				  uint8_t revision, const void *data, size_t size)
{
	const struct ext *found = NULL;

	load();
	for (size_t i = 0; i < registry.count; i++) {
		const struct ext *e = registry.sorted[i];

		if (e->kind != kind || !ext_is_for(e, family) ||
		    strcmp(e->kernel_name ? e->kernel_name : e->name, name) != 0)
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

const struct ext *ext_nth(size_t n)
{
	load();
	return n < registry.count ? registry.sorted[n] : NULL;
}
