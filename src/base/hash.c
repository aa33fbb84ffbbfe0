// SPDX-License-Identifier: GPL-2.0-or-later
/* Open addressing with linear probing; a removed entry keeps its key and has a NULL value. */
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bits.h"

uint64_t hash_bytes(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * 0x100000001b3u;
	return h;
}

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t hash_keyed(const uint64_t key[2], const void *bytes, size_t len)
{
	uint64_t v[4] = {
		key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
		key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u,
	};
	uint64_t word, last = (uint64_t)len << 56;
	const uint8_t *b = bytes;

	for (; len >= 8; len -= 8, b += 8) {
		memcpy(&word, b, 8);
		v[3] ^= word;
		sip_round(v);
		v[0] ^= word;
	}
	for (size_t i = 0; i < len; i++)
		last |= (uint64_t)b[i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	sip_round(v);
	sip_round(v);
	sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static struct hash_slot *find(const struct hash *hash, const char *key)
{
	size_t at = hash_bytes(key, strlen(key)) & (hash->room - 1);

	while (hash->slots[at].key && !text_is(hash->slots[at].key, key))
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
