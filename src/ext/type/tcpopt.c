// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of TCP options, "wscale,8": u32[8], a bit for each kind (xt_TCPOPTSTRIP). */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

const struct name tcp_option_names[] = {
	{ "wscale", 3 }, { "mss", 2 }, { "sack-permitted", 4 }, { "sack", 5 }, { "timestamp", 8 },
	{ "md5", 19 }, { 0 },
};

static int read_option(const struct opt_in *in, const char *text, uint32_t *set)
{
	const struct name *row = name_find(tcp_option_names, text);
	uint64_t v = row ? row->value : 0;

	if (!row && !num_parse(text, 0, UINT8_MAX, &v))
		return opt_bad(in, "Bad TCP option value \"%s\"", text);
	if (v < 2)
		return opt_bad(in, "Option value may not be 0 or 1");
	if (set[v / 32] & BIT(v % 32))
		return opt_bad(in, "Option \"%s\" already specified", text);
	set[v / 32] |= BIT(v % 32);
	return 0;
}

static int parse_tcp_options(const struct opt_in *in, void *at)
{
	char buf[1024], *parts[256];
	size_t n = type_split(in->words[0], ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));
	uint32_t set[8] = { 0 };
	int r = n ? 0 : opt_bad(in, "Bad TCP option value \"%s\"", in->words[0]);

	for (size_t i = 0; i < n && !r; i++)
		r = read_option(in, parts[i], set);
	if (!r)
		memcpy(at, set, sizeof(set));
	return r;
}

static void print_tcp_options(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint32_t *set = at;
	const char *comma = "";

	for (unsigned i = 0; i < 256; i++) {
		const char *name = out->how & (HOW_SAVE | HOW_NUMERIC) ? NULL :
				   name_of(tcp_option_names, i);

		if (!(set[i / 32] & BIT(i % 32)))
			continue;
		sink_str(sink, comma);
		if (name)
			sink_str(sink, name);
		else
			sink_u64(sink, i);
		comma = ",";
	}
}

static void sample_tcp_options(struct sink *sink, const struct opt *opt, enum family family,
			       uint32_t seed)
{
	(void)opt;
	(void)family;
	sink_printf(sink, "%u,%s", seed % 257, tcp_option_names[seed % 6].name);
}

const struct type type_tcp_options = {
	.name = "tcp_options", .metavar = "option[,option...]", .words = 1,
	.parse = parse_tcp_options, .print = print_tcp_options, .sample = sample_tcp_options,
};
