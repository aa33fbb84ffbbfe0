/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bob Jenkins' lookup3 over 32-bit words, bit for bit as include/linux/jhash.h has it: where the kernel
 * decides by such a hash, so must who wants to know the outcome.
 */
#ifndef POSTERN_BASE_JHASH_H
#define POSTERN_BASE_JHASH_H

#include <stddef.h>
#include <stdint.h>

/* jhash2(); jhash_1word() and jhash_3words() are the same with one word and three. */
uint32_t jhash_words(const uint32_t *words, size_t count, uint32_t initial);

/* reciprocal_scale(): a hash as a number below `below`. */
static inline uint32_t jhash_scale(uint32_t hash, uint32_t below)
{
	return (uint32_t)((uint64_t)hash * below >> 32);
}

#endif
