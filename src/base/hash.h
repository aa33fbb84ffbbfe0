/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map from names to pointers (chains by name), open addressing, keys not copied. */
#ifndef POSTERN_BASE_HASH_H
#define POSTERN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_slot {
	const char *key;
	void *value;
};

struct hash {
	struct hash_slot *slots;
	size_t room;		/* a power of two, or 0 */
	size_t count;		/* used slots, removed ones included */
};

#define HASH_INIT ((struct hash){ 0 })

uint64_t hash_bytes(const void *bytes, size_t len);	/* FNV-1a, 64 bit */

/*
 * SipHash-1-3 (Aumasson, Bernstein): for tables whose keys strangers choose. Who does not know the
 * key can not make the chains long.
 */
uint64_t hash_keyed(const uint64_t key[2], const void *bytes, size_t len);

void *hash_get(const struct hash *hash, const char *key);
/* The key must live as long as the entry. Replaces an entry of the same key. */
void hash_put(struct hash *hash, const char *key, void *value);
void hash_remove(struct hash *hash, const char *key);
void hash_free(struct hash *hash);

#endif
