/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Byte order as a type, and small helpers on bits and bytes. */
#ifndef POSTERN_BASE_BITS_H
#define POSTERN_BASE_BITS_H

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint16_t be16;
typedef uint32_t be32;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1u << (n))
#define member_size(type, member) sizeof(((type *)0)->member)

/* Most comparisons are decided by the first byte, or by both being the same string. */
static inline bool text_is(const char *a, const char *b)
{
	return a == b || (*a == *b && !strcmp(a, b));
}

/* A copy in lower case, cut to the room; the length of all of it, as of snprintf. */
static inline size_t text_lower(char *to, size_t room, const char *from)
{
	size_t n = 0;

	for (; from[n] && n < room - 1; n++)
		to[n] = (char)tolower((unsigned char)from[n]);
	to[n] = '\0';
	return n + strlen(from + n);
}

static inline bool bytes_are_zero(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		if (b[i])
			return false;
	return true;
}

static inline bool bytes_are_ones(const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		if (b[i] != 0xff)
			return false;
	return true;
}

/* With `turn` from the order of the host to that of the network, or back. */
static inline void bytes_copy_turned(uint8_t *to, const uint8_t *from, size_t len, bool turn)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	turn = false;
#endif
	for (size_t i = 0; i < len; i++)
		to[i] = from[turn ? len - 1 - i : i];
}

/* A number of `len` bytes, the most significant first, plus or minus one; false: it runs over. */
static inline bool bytes_step(uint8_t *bytes, size_t len, bool up)
{
	while (len--) {
		if (up ? ++bytes[len] != 0 : bytes[len]-- != 0)
			return true;
	}
	return false;
}

/* Host-order unsigned integers of 1, 2, 4 or 8 bytes at any address. */
static inline uint64_t uint_load(const void *at, size_t width)
{
	uint8_t b;
	uint16_t h;
	uint32_t w;
	uint64_t d;

	switch (width) {
	case 1:
		memcpy(&b, at, 1);
		return b;
	case 2:
		memcpy(&h, at, 2);
		return h;
	case 4:
		memcpy(&w, at, 4);
		return w;
	}
	memcpy(&d, at, 8);
	return d;
}

static inline void uint_store(void *at, size_t width, uint64_t value)
{
	uint8_t b = (uint8_t)value;
	uint16_t h = (uint16_t)value;
	uint32_t w = (uint32_t)value;

	switch (width) {
	case 1:
		memcpy(at, &b, 1);
		return;
	case 2:
		memcpy(at, &h, 2);
		return;
	case 4:
		memcpy(at, &w, 4);
		return;
	}
	memcpy(at, &value, 8);
}

#endif
