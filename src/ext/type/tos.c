// SPDX-License-Identifier: GPL-2.0-or-later
/* The Type of Service byte: "value[/mask]", or a name of RFC 1349, whose mask leaves ECN alone. */
#include "base/num.h"
#include "ext/type/types.h"

enum { NAMED_MASK = 0x3f };

static const struct name tos_names[] = {
	{ "Minimize-Delay", 0x10 }, { "Maximize-Throughput", 0x08 },
	{ "Maximize-Reliability", 0x04 }, { "Minimize-Cost", 0x02 }, { "Normal-Service", 0 }, { 0 },
};

static int read_tos(const struct opt_in *in, uint8_t *value, uint8_t *mask)
{
	const char *text = in->words[0], *end;
	const struct name *row;
	uint64_t v, m = UINT8_MAX;

	if (!num_parse_part(text, &end, 0, UINT8_MAX, &v) || (*end && *end != '/')) {
		row = name_find_nocase(tos_names, text);
		if (!row)
			return opt_bad(in, "Symbolic name \"%s\" is unknown", text);
		v = row->value;
		m = NAMED_MASK;
	} else if (*end && !num_parse(end + 1, 0, UINT8_MAX, &m)) {
		return opt_bad(in, "Illegal value: \"%s\"", text);
	}
	*value = (uint8_t)v;
	*mask = (uint8_t)m;
	return 0;
}

/* In listings a name brings its own blank: libxt_tos puts "tos match0x10/0xff". */
static void put_tos(struct sink *sink, const struct opt_out *out, uint8_t value, uint8_t mask)
{
	const char *name = mask == NAMED_MASK ? name_of(tos_names, value) : NULL;

	if (name && !(out->how & (HOW_SAVE | HOW_NUMERIC)))
		sink_printf(sink, " %s", name);
	else
		sink_printf(sink, "0x%02x/0x%02x", value, mask);
}

void type_tos_names(struct sink *sink)
{
	const char *margin = "                          ";

	sink_printf(sink, "%sAccepted symbolic names for value are:\n", margin);
	for (const struct name *n = tos_names; n->name; n++)
		sink_printf(sink, "%s(0x%02x) %2u %s\n", margin, n->value, n->value, n->name);
	sink_char(sink, '\n');
}

static void sample_tos(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)opt;
	(void)family;
	switch (seed % 4) {
	case 0:
		sink_str(sink, tos_names[seed / 4 % 5].name);
		return;
	case 1:
		sink_u64(sink, seed % 258);
		return;
	}
	sink_printf(sink, "0x%02x/0x%02x", seed * 31 % 256, seed % 7 ? 0x3f : seed % 257);
}

static int parse_tos(const struct opt_in *in, void *at)
{
	return read_tos(in, at, (uint8_t *)at + 1);
}

static void print_tos(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint8_t *tos = at;

	put_tos(sink, out, tos[0], tos[1]);
}

const struct type type_tos = {
	.name = "tos", .metavar = "value[/mask]", .words = 1, .parse = parse_tos,
	.print = print_tos, .sample = sample_tos,
};

static int parse_tos_mask_first(const struct opt_in *in, void *at)
{
	return read_tos(in, (uint8_t *)at + 1, at);
}

static void print_tos_mask_first(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint8_t *tos = at;

	put_tos(sink, out, tos[1], tos[0]);
}

static bool ask_tos(const struct opt *opt, const void *at, struct ask *ask)
{
	const uint8_t *tos = at;

	ask_masked_uint(ask, opt->field, tos[1], tos[0]);
	return true;
}

static bool raise_tos(const struct opt *opt, const struct ask *ask, void *at)
{
	uint8_t *tos = at;

	(void)opt;
	if (ask->relation != REL_EQUAL || ask->len != 1)
		return false;
	tos[0] = ask->mask[0];
	tos[1] = ask->low[0];
	return true;
}

const struct type type_tos_mask_first = {
	.name = "tos_mask_first", .metavar = "value[/mask]", .words = 1,
	.parse = parse_tos_mask_first, .print = print_tos_mask_first, .ask = ask_tos,
	.raise = raise_tos, .sample = sample_tos,
};
