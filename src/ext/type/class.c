// SPDX-License-Identifier: GPL-2.0-or-later
/* A class of traffic control: "MAJOR:MINOR", both hexadecimal, in one u32. */
#include "base/num.h"
#include "ext/type/types.h"

/* Up to four digits, with or without 0x, ended by `end`. */
static bool read_half(const char **p, char end, uint32_t *half)
{
	char text[7] = "0x";
	size_t n = 2;
	uint64_t v;

	if ((*p)[0] == '0' && ((*p)[1] == 'x' || (*p)[1] == 'X'))
		*p += 2;
	while (**p && **p != end && n < sizeof(text) - 1)
		text[n++] = *(*p)++;
	text[n] = '\0';
	if (**p != end || !num_parse(text, 0, UINT16_MAX, &v))
		return false;
	*p += end != '\0';
	*half = (uint32_t)v;
	return true;
}

static int parse_class(const struct opt_in *in, void *at)
{
	const char *p = in->words[0];
	uint32_t major, minor;

	if (!read_half(&p, ':', &major) || !read_half(&p, '\0', &minor))
		return opt_bad(in, "Bad class value \"%s\"", in->words[0]);
	*(uint32_t *)at = major << 16 | minor;
	return 0;
}

static void print_class(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint32_t v = *(const uint32_t *)at;
	int digits = out->how & HOW_SAVE ? 4 : 1;

	sink_printf(sink, "%0*x:%0*x", digits, v >> 16, digits, v & 0xffff);
}

static void sample_class(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%x:%x", seed * 7919u % 0x10000u, seed * 31u % 0x11000u);
}

const struct type type_class = {
	.name = "class", .metavar = "MAJOR:MINOR", .words = 1, .parse = parse_class,
	.print = print_class, .sample = sample_class,
};
