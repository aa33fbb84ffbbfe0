// SPDX-License-Identifier: GPL-2.0-or-later
/* Protocols by name or number. */
#include "base/num.h"
#include "ext/type/types.h"

static int parse_proto(const struct opt_in *in, void *at)
{
	uint8_t proto;

	if (!proto_number(in->words[0], &proto))
		return opt_bad(in, "unknown protocol \"%s\" specified", in->words[0]);
	if (in->opt->names && !name_of(in->opt->names, proto))
		return opt_bad_value(in);
	uint_store(at, in->opt->at.size, proto);
	return 0;
}

static void print_proto(struct sink *sink, const struct opt_out *out, const void *at)
{
	uint8_t proto = (uint8_t)uint_load(at, out->opt->at.size);
	const char *name = out->opt->names ? name_of(out->opt->names, proto) : NULL;

	if (name && !(out->how & HOW_NUMERIC))
		sink_str(sink, name);
	else
		sink_u64(sink, proto);
}

static void sample_proto(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	static const char *const protos[] = { "esp", "ah", "tcp", "108", "50", "nonsense", "256" };

	(void)opt;
	(void)family;
	sink_str(sink, protos[seed % ARRAY_SIZE(protos)]);
}

const struct type type_proto = {
	.name = "proto", .metavar = "proto", .words = 1, .parse = parse_proto,
	.print = print_proto, .sample = sample_proto,
};
