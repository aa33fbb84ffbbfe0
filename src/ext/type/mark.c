// SPDX-License-Identifier: GPL-2.0-or-later
/* "value[/mask]" of packet and connection marks. */
#include "base/num.h"
#include "ext/type/types.h"

static int parse_mark(const struct opt_in *in, void *at)
{
	uint32_t *value = at;
	const char *p = in->words[0];
	uint64_t v, mask = UINT32_MAX;

	if (!num_parse_part(p, &p, 0, UINT32_MAX, &v) ||
	    (*p == '/' && !num_parse_part(p + 1, &p, 0, UINT32_MAX, &mask)))
		return opt_bad_number(in);
	if (*p)
		return opt_bad(in, "%s: trailing garbage after value for option \"--%s\".\n",
			       in->ext->name, in->opt->name);
	value[0] = (uint32_t)v;
	value[1] = (uint32_t)mask;
	return 0;
}

static void print_mark(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *value = at;

	(void)out;
	sink_hex(sink, value[0]);
	if (value[1] != UINT32_MAX) {
		sink_char(sink, '/');
		sink_hex(sink, value[1]);
	}
}

static bool ask_mark(const struct opt *opt, const void *at, struct ask *ask)
{
	const uint32_t *value = at;

	ask_masked_uint(ask, opt->field, value[0], value[1]);
	return true;
}

static bool raise_mark(const struct opt *opt, const struct ask *ask, void *at)
{
	uint32_t *value = at;

	(void)opt;
	if (ask->relation != REL_EQUAL || ask->len != 4)
		return false;
	value[0] = (uint32_t)field_uint(ask->field, ask->low);
	value[1] = (uint32_t)field_uint(ask->field, ask->mask);
	return true;
}

static void sample_mark(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	uint32_t value = seed * 2654435761u;

	(void)opt;
	(void)family;
	switch (seed % 5) {
	case 0:
		sink_u64(sink, seed);
		return;
	case 1:
		sink_hex(sink, value);
		return;
	case 2:
		sink_str(sink, "0x100000000");
		return;
	case 3:
		sink_printf(sink, "%u/%u", value & 0xff, 0xffu);
		return;
	}
	sink_printf(sink, "0x%x/0x%x", value & 0xffff, 0xffffu);
}

const struct type type_mark = {
	.name = "mark", .metavar = "value[/mask]", .words = 1, .parse = parse_mark,
	.print = print_mark, .ask = ask_mark, .raise = raise_mark, .sample = sample_mark,
};

static int parse_mark_mask_first(const struct opt_in *in, void *at)
{
	uint32_t *there = at, value[2];
	int r = parse_mark(in, value);

	if (r)
		return r;
	there[0] = value[1];
	there[1] = value[0];
	return 0;
}

static void print_mark_mask_first(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *value = at;

	(void)out;
	sink_printf(sink, "0x%x/0x%x", value[1], value[0]);
}

const struct type type_mark_mask_first = {
	.name = "mark_mask_first", .metavar = "value[/mask]", .words = 1,
	.parse = parse_mark_mask_first, .print = print_mark_mask_first, .sample = sample_mark,
};
