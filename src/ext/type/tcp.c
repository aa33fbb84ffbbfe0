// SPDX-License-Identifier: GPL-2.0-or-later
/* TCP flags: those looked at and those that must be set among them. */
#include <string.h>

#include "ext/type/types.h"

static const struct name flag_names[] = {
	{ "FIN", 0x01 }, { "SYN", 0x02 }, { "RST", 0x04 }, { "PSH", 0x08 }, { "ACK", 0x10 },
	{ "URG", 0x20 }, { "ALL", 0x3f }, { "NONE", 0 }, { 0 },
};

static int parse_set(const struct opt_in *in, const char *text, uint8_t *set)
{
	char buf[64], *parts[16];
	size_t n = type_split(text, ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));

	*set = 0;
	if (!n)
		return opt_bad(in, "Unknown TCP flag `%s'", text);
	for (size_t i = 0; i < n; i++) {
		const struct name *row = name_find_nocase(flag_names, parts[i]);

		/* "" is the same as NONE in the original (strtok finds no word). */
		if (!row && *parts[i])
			return opt_bad(in, "Unknown TCP flag `%s'", parts[i]);
		*set |= row ? (uint8_t)row->value : 0;
	}
	return 0;
}

static int parse_flags(const struct opt_in *in, void *at)
{
	uint8_t flags[2];
	int r = parse_set(in, in->words[0], &flags[0]);

	if (!r)
		r = parse_set(in, in->words[1], &flags[1]);
	if (!r)
		memcpy(at, flags, 2);
	return r;
}

static void print_set(struct sink *sink, uint8_t set)
{
	const char *comma = "";

	for (const struct name *n = flag_names; n->value && n->value != 0x3f; n++) {
		if (!(set & n->value))
			continue;
		sink_str(sink, comma);
		sink_str(sink, n->name);
		comma = ",";
	}
	if (!*comma)
		sink_str(sink, "NONE");
}

static void print_flags(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint8_t *flags = at;

	if (out->how & HOW_NUMERIC) {
		sink_printf(sink, "0x%02X/0x%02X", flags[0], flags[1]);
		return;
	}
	print_set(sink, flags[0]);
	sink_char(sink, out->how & HOW_LIST ? '/' : ' ');
	print_set(sink, flags[1]);
}

static bool ask_flags(const struct opt *opt, const void *at, struct ask *ask)
{
	const uint8_t *flags = at;

	ask_masked_uint(ask, opt->field, flags[1], flags[0]);
	return true;
}

/* ECE and CWR have no name here. */
static bool flags_are_named(const void *at)
{
	const uint8_t *flags = at;

	return !((flags[0] | flags[1]) & ~0x3f);
}

static bool raise_flags(const struct opt *opt, const struct ask *ask, void *at)
{
	uint8_t *flags = at;

	(void)opt;
	if (ask->relation != REL_EQUAL || ask->len != 1)
		return false;
	flags[0] = ask->mask[0];
	flags[1] = ask->low[0];
	return flags_are_named(flags);
}

static void sample_flags(struct sink *sink, const struct opt *opt, enum family family,
			 uint32_t seed)
{
	static const char *const sets[] = { "SYN,RST,ACK,FIN", "ALL", "NONE", "SYN", "syn,ack",
					    "URG,PSH", "ACK", "FIN,FIN", "SYN,FOO" };

	(void)opt;
	(void)family;
	sink_printf(sink, "%s %s", sets[seed % ARRAY_SIZE(sets)], sets[seed / 3 % 8]);
}

const struct type type_tcp_flags = {
	.name = "tcp_flags", .metavar = "mask comp", .words = 2, .parse = parse_flags,
	.print = print_flags, .ask = ask_flags, .raise = raise_flags,
	.sayable = flags_are_named, .sample = sample_flags,
};

static int parse_syn(const struct opt_in *in, void *at)
{
	static const uint8_t syn[2] = { 0x17, 0x02 };

	(void)in;
	memcpy(at, syn, sizeof(syn));
	return 0;
}

const struct type type_tcp_flags_syn = {
	.name = "tcp_flags_syn", .metavar = "", .words = 0, .parse = parse_syn,
};
