// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the data of a use is before its first option: zeros, and the presets of the declaration.
 * Presets are texts, and rules many: each extension's are read once.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "ext/use.h"

struct fresh {
	const struct ext *ext;
	_Atomic(char *) data[2];	/* for IPv4 and for IPv6, made when it is asked for */
};

/* All extensions, by where they are. */
static struct {
	struct fresh *slots;
	size_t room;			/* a power of two */
} table;
static once_flag is_filled = ONCE_FLAG_INIT;

static struct fresh *slot_of(const struct ext *ext)
{
	/* They stand a few hundred bytes apart. */
	size_t at = ((uintptr_t)ext >> 4) * 0x9e3779b1u >> 8 & (table.room - 1);

	while (table.slots[at].ext && table.slots[at].ext != ext)
		at = (at + 1) & (table.room - 1);
	return &table.slots[at];
}

static void fill_table(void)
{
	const struct ext *e;
	size_t count = 0, old = 0;

	while (ext_nth(count))
		count++;
	while (ext_nth_old(old))
		old++;
	for (table.room = 1; table.room < 2 * (count + old);)
		table.room *= 2;
	table.slots = mem_alloc(table.room * sizeof(*table.slots));
	memset(table.slots, 0, table.room * sizeof(*table.slots));
	for (size_t n = 0; (e = ext_nth(n)) != NULL; n++)
		slot_of(e)->ext = e;
	for (size_t n = 0; (e = ext_nth_old(n)) != NULL; n++)
		slot_of(e)->ext = e;
}

static char *make(const struct ext *ext, enum family family)
{
	struct err err = ERR_INIT;
	struct opt_in in = { .ext = ext, .family = family, .err = &err };
	char *data = mem_alloc(ext->size);

	memset(data, 0, ext->size);
	bits_set(&ext->alias, data);
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		if (!o->preset || !o->type)
			continue;
		in.opt = o;
		in.words = family == FAMILY_IPV6 && o->preset6 ? &o->preset6 : &o->preset;
		/* One that its own type refuses is a slip in the file; a unit test looks. */
		o->type->parse(&in, span_at(data, o->at.at));
	}
	return data;
}

const char *use_fresh(const struct ext *ext, enum family family)
{
	_Atomic(char *) *at;
	char *data, *other = NULL;

	call_once(&is_filled, fill_table);
	at = &slot_of(ext)->data[family == FAMILY_IPV6];
	data = atomic_load_explicit(at, memory_order_acquire);
	if (data)
		return data;
	data = make(ext, family);
	/* Another thread may have been quicker. */
	if (atomic_compare_exchange_strong(at, &other, data))
		return data;
	free(data);
	return other;
}
