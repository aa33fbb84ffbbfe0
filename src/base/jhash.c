// SPDX-License-Identifier: GPL-2.0-or-later
/* lookup3 (jhash.h). */
#include "base/jhash.h"

static uint32_t rotated(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

static void mix(uint32_t s[3])
{
	static const uint8_t by[6] = { 4, 6, 8, 16, 19, 4 };

	for (unsigned i = 0; i < 6; i++) {
		uint32_t *a = &s[i % 3], *b = &s[(i + 1) % 3], *c = &s[(i + 2) % 3];

		*a -= *c;
		*a ^= rotated(*c, by[i]);
		*c += *b;
	}
}

static void finish(uint32_t s[3])
{
	static const uint8_t by[7] = { 14, 11, 25, 16, 4, 14, 24 };

	for (unsigned i = 0; i < 7; i++) {
		uint32_t *to = &s[(i + 2) % 3], from = s[(i + 1) % 3];

		*to ^= from;
		*to -= rotated(from, by[i]);
	}
}

uint32_t jhash_words(const uint32_t *words, size_t count, uint32_t initial)
{
	uint32_t start = 0xdeadbeefu + (uint32_t)(count << 2) + initial;
	uint32_t s[3] = { start, start, start };

	for (; count > 3; count -= 3, words += 3) {
		for (unsigned i = 0; i < 3; i++)
			s[i] += words[i];
		mix(s);
	}
	for (unsigned i = 0; i < count; i++)
		s[i] += words[i];
	if (count)
		finish(s);
	return s[2];
}
