// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Texts of ipset save, true ones and others. What was taken is found again, also in a copy from which
 * every other element was taken out; and an error has a place.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/ipset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ipset *set)
{
	struct ipset *copy = ipset_copy(set);
	uint32_t live = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		struct ipset_element *e = &copy->elements[i];
		struct ipset_query q = { .key = e->key, .name = e->name, .counts = true, .len = 1 };

		if (!e->used)
			continue;
		live++;
		/* Of the same parts; and some element fits it, unless it is a network of none. */
		if (ipset_exact(copy, &e->key, e->name, 0) != e)
			abort();
		if (set->method != IPSET_LIST)
			ipset_match(copy, &q);
		if (live % 2)
			ipset_remove(copy, e);
	}
	if (live != set->live || copy->live != live / 2)
		abort();
	for (uint32_t i = 0; i < set->count; i++)
		if (copy->elements[i].used &&
		    ipset_exact(copy, &copy->elements[i].key, copy->elements[i].name, 0) !=
			    &copy->elements[i])
			abort();
	ipset_free(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_IPSETS sets = IPSETS_INIT;
	struct err err = ERR_INIT;
	char *text = malloc(size + 1);

	/* To the byte, so that sanitizers see every step outside. */
	memcpy(text, data, size);
	if (ipsets_parse(&sets, text, size, &err) < 0 && (!err.place.line || !*err.text))
		abort();
	for (const struct ipset *set = sets.first; set; set = set->following)
		check(set);
	free(text);
	return 0;
}
