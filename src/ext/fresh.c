// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the data of a use is before its first option: zeros, and the presets of the declaration.
 * Presets are texts, and rules many: each extension's are read once.
 */
#include <stdalign.h>
#include <stdatomic.h>
#include <string.h>

#include "ext/use.h"

enum { LISTS = 64 };

/* Made when it is asked for; lives as long as the program. */
struct fresh {
	struct fresh *next;
	const struct ext *ext;
	enum family family;
	alignas(8) char data[];
};

static _Atomic(struct fresh *) lists[LISTS];

static struct fresh *make(const struct ext *ext, enum family family)
{
	struct fresh *fresh = mem_alloc(sizeof(*fresh) + ext->size);
	struct err err = ERR_INIT;
	struct opt_in in = { .ext = ext, .family = family, .err = &err };

	*fresh = (struct fresh){ .ext = ext, .family = family };
	memset(fresh->data, 0, ext->size);
	bits_set(&ext->alias, fresh->data);
	for (const struct opt *o = ext->opts; o && o->name; o++) {
		if (!o->preset || !o->type)
			continue;
		in.opt = o;
		in.words = family == FAMILY_IPV6 && o->preset6 ? &o->preset6 : &o->preset;
		/* One that its own type refuses is a slip in the file; a unit test looks. */
		o->type->parse(&in, span_at(fresh->data, o->at.at));
	}
	return fresh;
}

const char *use_fresh(const struct ext *ext, enum family family)
{
	/* Declarations stand a few hundred bytes apart. */
	_Atomic(struct fresh *) *list = &lists[((uintptr_t)ext >> 5) % LISTS];
	struct fresh *f = atomic_load_explicit(list, memory_order_acquire);

	for (; f; f = f->next)
		if (f->ext == ext && f->family == family)
			return f->data;
	f = make(ext, family);
	/* Of two threads at once each adds one: they say the same. */
	f->next = atomic_load(list);
	while (!atomic_compare_exchange_weak(list, &f->next, f))
		;
	return f->data;
}
