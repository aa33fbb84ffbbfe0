// SPDX-License-Identifier: GPL-2.0-or-later
/* Arena blocks: a chain of mallocs, each at least BLOCK bytes. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena_block {
	struct arena_block *next;
	size_t size;
	alignas(max_align_t) unsigned char data[];
};

/* Pointers and 64-bit numbers are the largest things in an arena; no long double, no vectors. */
enum { BLOCK_FIRST = 4096, BLOCK_MOST = 1 << 20, ALIGN = 8 };

static void out_of_memory(void)
{
	static const char text[] = "out of memory\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(4);
	_exit(4);
}

void *mem_alloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *mem_resize(void *old, size_t size)
{
	void *p = realloc(old, size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void mem_free_ptr(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *b = arena->head;
	size_t at = (arena->used + ALIGN - 1) & ~((size_t)ALIGN - 1);

	if (size > (size_t)1 << 40)
		out_of_memory();
	if (!b || at + size > b->size) {
		/* Blocks double, so that one rule costs a page and 100,000 cost few mallocs. */
		size_t want = b ? b->size * 2 : BLOCK_FIRST;

		if (want > BLOCK_MOST)
			want = BLOCK_MOST;
		if (want < size)
			want = size;
		b = mem_alloc(sizeof(*b) + want);
		b->next = arena->head;
		b->size = want;
		arena->head = b;
		arena->total += sizeof(*b) + want;
		at = 0;
	}
	arena->used = at + size;
	return memset(b->data + at, 0, size);
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
	void *p = arena_alloc(arena, size);

	return size ? memcpy(p, data, size) : p;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	size_t n = strnlen(text, len);
	char *p = arena_alloc(arena, n + 1);

	memcpy(p, text, n);
	return p;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_memdup(arena, text, strlen(text) + 1);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	AUTO_FREE char *text = NULL;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		out_of_memory();
	va_end(args);
	return arena_strdup(arena, text);
}

void arena_free(struct arena *arena)
{
	struct arena_block *b = arena->head;

	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
	*arena = ARENA_INIT;
}

void arena_absorb(struct arena *into, struct arena *from)
{
	struct arena_block *last = from->head;

	if (!last)
		return;
	if (!into->head) {
		*into = *from;
	} else {
		/* Behind the block that is being filled. */
		while (last->next)
			last = last->next;
		last->next = into->head->next;
		into->head->next = from->head;
		into->total += from->total;
	}
	*from = ARENA_INIT;
}
