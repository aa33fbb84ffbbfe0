// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "echo-request", "3", "3/1": an ICMP type and a range of its codes. The names are a table of the
 * extension, made with ICMP_NAME; how they are looked up and what is complained about is
 * libxt_icmp's.
 */
#include <string.h>

#include "base/num.h"
#include "ext/type/types.h"

/* Error texts call it so; the table is of ICMPv6 when its option says so. */
static const char *protocol(const struct opt *opt)
{
	return strstr(opt->name, "v6") ? "ICMPv6" : "ICMP";
}

/* All names begin with each word they may be cut to, as long as only one does. */
static int find_name(const struct opt_in *in, const struct name **found)
{
	const char *text = in->words[0];
	size_t len = strlen(text);

	*found = NULL;
	for (const struct name *n = in->opt->names; n->name; n++) {
		if (strncasecmp(n->name, text, len) != 0)
			continue;
		if (*found)
			return opt_bad(in, "Ambiguous %s type `%s': `%s' or `%s'?",
				       protocol(in->opt), text, (*found)->name, n->name);
		*found = n;
		if (!n->name[len])
			break;
	}
	return 0;
}

static int parse_icmp(const struct opt_in *in, void *at)
{
	uint8_t *out = at;
	const struct name *row;
	const char *p = in->words[0];
	uint64_t type, code = 0;
	int r = find_name(in, &row);

	if (r)
		return r;
	if (row) {
		out[0] = (uint8_t)(row->value >> 16);
		out[1] = (uint8_t)(row->value >> 8);
		out[2] = (uint8_t)row->value;
		return 0;
	}
	if (!num_parse_part(p, &p, 0, 255, &type) || (*p && *p != '/')) {
		r = opt_bad(in, "Unknown %s type `%s'", protocol(in->opt), in->words[0]);
		err_hint(in->err, "names and numbers: -p %s -h lists them",
			 in->family == FAMILY_IPV6 ? "ipv6-icmp" : "icmp");
		return r;
	}
	if (*p && !num_parse(p + 1, 0, 255, &code))
		return opt_bad(in, "Unknown %s code `%s'", protocol(in->opt), in->words[0]);
	out[0] = (uint8_t)type;
	out[1] = *p ? (uint8_t)code : 0;
	out[2] = *p ? (uint8_t)code : 255;
	return 0;
}

static uint32_t packed(const uint8_t *at)
{
	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

/* "type 3 code 1", with a name where the listing may have one: "!port-unreachable". */
static void list_icmp(struct sink *sink, const struct opt_out *out, const uint8_t *icmp)
{
	const char *name = name_of(out->opt->names, packed(icmp));
	const char *not = opt_is_negated(out->opt, out->data) ? "!" : "";

	if (name && !(out->how & HOW_NUMERIC)) {
		sink_printf(sink, " %s%s", not, name);
		return;
	}
	sink_printf(sink, "%s%stype %u", *not ? " " : "", not, icmp[0]);
	if (icmp[1] == icmp[2])
		sink_printf(sink, " code %u", icmp[1]);
	else if (icmp[1] != 0 || icmp[2] != 255)
		sink_printf(sink, " codes %u-%u", icmp[1], icmp[2]);
}

static void print_icmp(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint8_t *icmp = at;
	const char *name = name_of(out->opt->names, packed(icmp));

	if (!(out->how & HOW_SAVE)) {
		list_icmp(sink, out, icmp);
	} else if (name && !strcmp(name, "any")) {
		sink_str(sink, name);
	} else {
		sink_u64(sink, icmp[0]);
		if (icmp[1] != 0 || icmp[2] != 255)
			sink_printf(sink, "/%u", icmp[1]);
	}
}

/* The field is the two bytes of type and code. */
static bool ask_icmp(const struct opt *opt, const void *at, struct ask *ask)
{
	const uint8_t *icmp = at;
	uint32_t type = (uint32_t)icmp[0] << 8;
	const char *name = name_of(opt->names, packed(icmp));

	if (name && !strcmp(name, "any"))
		ask_masked_uint(ask, opt->field, 0, 0);
	else if (icmp[1] == 0 && icmp[2] == 255)
		ask_masked_uint(ask, opt->field, type, 0xff00);
	else
		ask_range_uint(ask, opt->field, type | icmp[1], type | icmp[2]);
	return true;
}

static bool raise_icmp(const struct opt *opt, const struct ask *ask, void *at)
{
	uint8_t *icmp = at;

	(void)opt;
	if (ask->relation != REL_EQUAL || !ask->len || ask->mask[0] != 0xff ||
	    (ask->len == 2 && ask->mask[1] != 0 && ask->mask[1] != 0xff))
		return false;
	icmp[0] = ask->low[0];
	icmp[1] = ask->len == 2 && ask->mask[1] ? ask->low[1] : 0;
	icmp[2] = ask->len == 2 && ask->mask[1] ? ask->low[1] : 255;
	return true;
}

static void sample_icmp(struct sink *sink, const struct opt *opt, enum family family,
			uint32_t seed)
{
	const struct name *names = opt->names;
	size_t n = 0;

	(void)family;
	while (names[n].name)
		n++;
	if (seed % 3 == 0)
		sink_str(sink, names[seed / 3 % n].name);
	else if (seed % 3 == 1)
		sink_u64(sink, seed % 258);
	else
		sink_printf(sink, "%u/%u", seed % 256, seed / 7 % 257);
}

const struct type type_icmp = {
	.name = "icmp", .metavar = "typename", .words = 1, .parse = parse_icmp, .print = print_icmp,
	.ask = ask_icmp, .raise = raise_icmp, .sample = sample_icmp,
};

void type_icmp_names(struct sink *sink, const struct name *names)
{
	for (const struct name *n = names; n->name; n++) {
		bool same = n > names && n->value == n[-1].value;
		uint8_t low = (uint8_t)(n->value >> 8), high = (uint8_t)n->value;

		if (same)
			sink_printf(sink, " (%s)", n->name);
		else
			sink_printf(sink, "%s%s%s", n > names ? "\n" : "", low == high ? "   " : "",
				    n->name);
	}
	sink_char(sink, '\n');
}
