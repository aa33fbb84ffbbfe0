// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tests of 32-bit words anywhere in the packet, the little language of -m u32:
 *
 *	tests := test ["&&" test]...	test := location "=" value ["," value]...
 *	value := number [":" number]	location := number [("&" | "<<" | ">>" | "@") number]...
 *
 * Complaints, with their places, are libxt_u32's.
 */
#include <errno.h>
#include <linux/netfilter/xt_u32.h>

#include "base/num.h"
#include "ext/type/types.h"

static const char *const operators[] = {
	[XT_U32_AND] = "&", [XT_U32_LEFTSH] = "<<", [XT_U32_RIGHTSH] = ">>", [XT_U32_AT] = "@",
};

struct reader {
	const struct opt_in *in;
	const char *start, *p;
};

static int bad_at(const struct reader *r, const char *what)
{
	struct opt_in in = *r->in;
	int at = (int)(r->p - r->start);

	in.place.from += at;
	in.place.to = in.place.from + 1;
	return opt_bad(&in, "u32: at char %d: %s", at, what);
}

static void skip_blanks(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\t' || *r->p == '\n')
		r->p++;
}

static int read_number(struct reader *r, uint32_t *number)
{
	uint64_t v;

	if (!num_parse_part(r->p, &r->p, 0, UINT32_MAX, &v))
		return bad_at(r, "not a number or out of range");
	*number = (uint32_t)v;
	return 0;
}

/* An operator of one or two equal characters; 1: read, 0: none there. */
static int read_operator(struct reader *r, uint8_t *op)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		const char *text = operators[i];

		if (*r->p != *text)
			continue;
		r->p++;
		if (text[1] && *r->p != text[1])
			return bad_at(r, text[1] == '<' ? "a second '<' was expected" :
				      "a second '>' was expected");
		r->p += text[1] != 0;
		*op = i;
		return 1;
	}
	return 0;
}

static int read_location(struct reader *r, struct xt_u32_test *test)
{
	for (;;) {
		struct xt_u32_location_element *e = &test->location[test->nnums];
		int found;

		skip_blanks(r);
		if (*r->p == '=' && !test->nnums)
			return bad_at(r, "location spec missing");
		if (!*r->p && !test->nnums)
			return opt_bad(r->in, "u32: abrupt end of input after location specifier");
		if (read_number(r, &e->number))
			return -1;
		if (++test->nnums > XT_U32_MAXSIZE)
			return bad_at(r, "too many operators");
		skip_blanks(r);
		if (*r->p == '=')
			break;
		if (!*r->p)
			return opt_bad(r->in, "u32: abrupt end of input after location specifier");
		found = read_operator(r, &test->location[test->nnums].nextop);
		if (found < 0)
			return found;
		if (!found)
			return bad_at(r, "operator expected");
	}
	r->p++;
	return 0;
}

/* Up to the end of all, or the second '&' of "&&". */
static int read_values(struct reader *r, struct xt_u32_test *test)
{
	for (;; r->p++) {
		struct xt_u32_value_element *e = &test->value[test->nvalues];

		skip_blanks(r);
		if (!*r->p && !test->nvalues)
			return opt_bad(r->in, "u32: test ended with no value specified");
		if (read_number(r, &e->min))
			return -1;
		if (test->nvalues == XT_U32_MAXSIZE)
			return bad_at(r, "too many \",\"s");
		e->max = e->min;
		skip_blanks(r);
		if (*r->p == ':') {
			r->p++;
			skip_blanks(r);
			if (read_number(r, &e->max))
				return -1;
			skip_blanks(r);
		}
		test->nvalues++;
		if (*r->p != ',')
			break;
	}
	if (*r->p && *r->p != '&')
		return bad_at(r, "expected \",\" or \"&&\"");
	if (*r->p && *++r->p != '&')
		return bad_at(r, "a second '&' was expected");
	return 0;
}

/* The arrays have one element more than may be used, so that the complaint comes behind it. */
static int parse_u32(const struct opt_in *in, void *at)
{
	struct reader r = { .in = in, .start = in->words[0], .p = in->words[0] };
	struct xt_u32 *u32 = at;

	for (;; r.p++) {
		struct xt_u32_test *test = &u32->tests[u32->ntests];

		if (read_location(&r, test) || read_values(&r, test))
			return -EINVAL;
		if (++u32->ntests > XT_U32_MAXSIZE)
			return bad_at(&r, "too many \"&&\"s");
		if (!*r.p)
			return 0;
	}
}

static void put_test(struct sink *sink, const struct xt_u32_test *test)
{
	for (uint8_t i = 0; i < test->nnums && i <= XT_U32_MAXSIZE; i++) {
		const struct xt_u32_location_element *e = &test->location[i];

		if (i)
			sink_str(sink, e->nextop <= XT_U32_AT ? operators[e->nextop] : "?");
		sink_hex(sink, e->number);
	}
	sink_char(sink, '=');
	for (uint8_t i = 0; i < test->nvalues && i <= XT_U32_MAXSIZE; i++) {
		const struct xt_u32_value_element *e = &test->value[i];

		if (i)
			sink_char(sink, ',');
		sink_hex(sink, e->min);
		if (e->max != e->min) {
			sink_char(sink, ':');
			sink_hex(sink, e->max);
		}
	}
}

static void print_u32(struct sink *sink, const struct opt_out *out, const void *at)
{
	const struct xt_u32 *u32 = at;

	(void)out;
	sink_char(sink, '"');
	for (uint8_t i = 0; i < u32->ntests && i <= XT_U32_MAXSIZE; i++) {
		sink_str(sink, i ? "&&" : "");
		put_test(sink, &u32->tests[i]);
	}
	sink_char(sink, '"');
}

static void sample_u32(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	static const char *const tests[] = {
		"0>>22&0x3C@0>>24=0", "6&0xFF=1", "4=1,2,3:5", "0<<8=0x10:0x20", "12=", "=1",
		"0&&1",
	};

	(void)opt;
	(void)family;
	sink_printf(sink, "\"%s", tests[seed % ARRAY_SIZE(tests)]);
	for (uint32_t i = 0; i < seed % 12; i++)
		sink_printf(sink, "&&%s", tests[(seed + i) % 4]);
	sink_char(sink, '"');
}

const struct type type_u32 = {
	.name = "u32", .metavar = "tests", .words = 1, .parse = parse_u32, .print = print_u32,
	.sample = sample_u32,
};
