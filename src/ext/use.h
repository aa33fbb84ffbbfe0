/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside ext/: places in the data of a use, for the files that read, write and show it. */
#ifndef POSTERN_EXT_USE_H
#define POSTERN_EXT_USE_H

#include "ext/ext.h"

static inline void *span_at(void *data, uint16_t at)
{
	return (char *)data + at;
}

static inline bool bits_test(const struct bits *bits, const void *data)
{
	uint32_t mask = bits->mask ? bits->mask : bits->set;

	return bits->size &&
	       (uint_load((const char *)data + bits->at, bits->size) & mask) == bits->set;
}

static inline void bits_set(const struct bits *bits, void *data)
{
	void *at = span_at(data, bits->at);

	if (bits->size)
		uint_store(at, bits->size, (uint_load(at, bits->size) & ~bits->mask) | bits->set);
}

/* The data of a use before its first option. Made once for each extension; nobody may change it. */
const char *use_fresh(const struct ext *ext, enum family family);

/* Sets of a series that the data says are there. */
static inline size_t series_count(const struct series *s, const void *data)
{
	size_t n = uint_load((const char *)data + s->count.at, s->count.size);

	return n < s->most ? n : s->most;
}

#endif
