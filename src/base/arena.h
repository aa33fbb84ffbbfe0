/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory with one owner. Everything that belongs to a rule set, a plan or one parse is taken from
 * that owner's arena and goes with it; nothing in an arena is freed on its own.
 *
 * Running out of memory ends the program with exit status 4 (iptables' "resource problem"): nothing
 * is half done then, because the kernel sees a change only as one finished transaction.
 */
#ifndef POSTERN_BASE_ARENA_H
#define POSTERN_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;	/* newest block first */
	size_t used;			/* bytes taken from the newest block */
	size_t total;			/* bytes held by all blocks */
};

#define ARENA_INIT ((struct arena){ 0 })

/* Zeroed memory of `size` bytes, aligned for pointers and 64-bit numbers; never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies into the arena. `arena_strndup` stops at `len` bytes and adds the final NUL. */
void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Moves all that `from` holds into `into`, where it stays valid; `from` is empty afterwards. */
void arena_absorb(struct arena *into, struct arena *from);

/* Frees all blocks; the arena is empty and usable afterwards. */
void arena_free(struct arena *arena);

/* For `__attribute__((cleanup))`. */
#define AUTO_ARENA __attribute__((cleanup(arena_free))) struct arena

/* malloc family that ends the program when there is no memory (see above). */
void *mem_alloc(size_t size);
void *mem_resize(void *old, size_t size);
void mem_free_ptr(void *pointer_to_pointer);
#define AUTO_FREE __attribute__((cleanup(mem_free_ptr)))

#endif
