// SPDX-License-Identifier: GPL-2.0-or-later
/* Open addressing with linear probing; a removed entry keeps its key and has a NULL value. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

uint64_t hash_bytes(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static struct hash_slot *find(const struct hash *hash, const char *key)
{
	size_t at = hash_bytes(key, strlen(key)) & (hash->room - 1);

	while (hash->slots[at].key && strcmp(hash->slots[at].key, key))
		at = (at + 1) & (hash->room - 1);
	return &hash->slots[at];
}

void *hash_get(const struct hash *hash, const char *key)
{
	return hash->room ? find(hash, key)->value : NULL;
}

static void grow(struct hash *hash)
{
	struct hash old = *hash;

	hash->room = old.room ? old.room * 2 : 16;
	hash->count = 0;
	hash->slots = mem_alloc(hash->room * sizeof(*hash->slots));
	memset(hash->slots, 0, hash->room * sizeof(*hash->slots));
	for (size_t i = 0; i < old.room; i++)
		if (old.slots[i].value)
			hash_put(hash, old.slots[i].key, old.slots[i].value);
	free(old.slots);
}

void hash_put(struct hash *hash, const char *key, void *value)
{
	struct hash_slot *slot;

	if (hash->count * 2 >= hash->room)
		grow(hash);
	slot = find(hash, key);
	if (!slot->key)
		hash->count++;
	slot->key = key;
	slot->value = value;
}

void hash_remove(struct hash *hash, const char *key)
{
	if (hash->room)
		find(hash, key)->value = NULL;
}

void hash_free(struct hash *hash)
{
	free(hash->slots);
	*hash = HASH_INIT;
}
