// SPDX-License-Identifier: GPL-2.0-or-later
/* Integers from text, without strtoul's signs, white space and locale. */
#include "base/num.h"

int num_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool read_digits(const char *p, unsigned base, const char **end, uint64_t min, uint64_t max,
			uint64_t *value)
{
	const char *start = p;
	uint64_t v = 0;
	unsigned d;

	for (; (d = (unsigned)num_hex_digit(*p)) < base; p++)
		if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, d, &v))
			return false;
	if (p == start || v < min || v > max)
		return false;
	*end = p;
	*value = v;
	return true;
}

bool num_parse_part(const char *text, const char **end, uint64_t min, uint64_t max,
		    uint64_t *value)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X') && num_hex_digit(text[2]) >= 0)
		return read_digits(text + 2, 16, end, min, max, value);
	return read_digits(text, text[0] == '0' ? 8 : 10, end, min, max, value);
}

bool num_parse_decimal(const char *text, const char **end, uint64_t min, uint64_t max,
		       uint64_t *value)
{
	return read_digits(text, 10, end, min, max, value);
}

bool num_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	const char *end;
	uint64_t v;

	if (!num_parse_part(text, &end, min, max, &v) || *end)
		return false;
	*value = v;
	return true;
}
