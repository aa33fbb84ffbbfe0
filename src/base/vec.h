/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Growing arrays: `items`, `count`, `room` live in the struct that owns them. */
#ifndef POSTERN_BASE_VEC_H
#define POSTERN_BASE_VEC_H

#include <stddef.h>

#include "base/arena.h"

/* Room for at least one more item; returns the (moved) array. malloc'd: the owner frees it. */
static inline void *vec_room(void *items, size_t count, size_t *room, size_t item_size)
{
	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 8;
	return mem_resize(items, *room * item_size);
}

/* Appends an lvalue to `v` (a struct with items, count, room). */
#define VEC_PUSH(v, item)                                                                     \
	do {                                                                                  \
		(v)->items = vec_room((v)->items, (v)->count, &(v)->room, sizeof(*(v)->items)); \
		(v)->items[(v)->count++] = (item);                                            \
	} while (0)

#endif
