// SPDX-License-Identifier: GPL-2.0-or-later
/* Sets of SCTP chunk types, some with flags that must be set (capital) or not (small). */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "ext/type/types.h"

#include <linux/netfilter/xt_sctp.h>

enum { MAP_BYTES = sizeof(((struct xt_sctp_info *)0)->chunkmap) };

static const struct name ways[] = {
	{ "any", SCTP_CHUNK_MATCH_ANY }, { "all", SCTP_CHUNK_MATCH_ALL },
	{ "only", SCTP_CHUNK_MATCH_ONLY }, { 0 },
};

/* RFC 9260, 3758, 5061, 6525, 4820, 8260. */
static const struct name chunks[] = {
	{ "DATA", 0 }, { "INIT", 1 }, { "INIT_ACK", 2 }, { "SACK", 3 }, { "HEARTBEAT", 4 },
	{ "HEARTBEAT_ACK", 5 }, { "ABORT", 6 }, { "SHUTDOWN", 7 }, { "SHUTDOWN_ACK", 8 },
	{ "ERROR", 9 }, { "COOKIE_ECHO", 10 }, { "COOKIE_ACK", 11 }, { "ECN_ECNE", 12 },
	{ "ECN_CWR", 13 }, { "SHUTDOWN_COMPLETE", 14 }, { "I_DATA", 64 }, { "RE_CONFIG", 130 },
	{ "PAD", 132 }, { "ASCONF", 193 }, { "ASCONF_ACK", 128 }, { "FORWARD_TSN", 192 },
	{ "I_FORWARD_TSN", 194 }, { 0 },
};

/* Letters of the flags a chunk has, from the highest bit. */
static const char *letters_of(uint32_t chunk)
{
	switch (chunk) {
	case 0:
	case 64:
		return "----IUBE";
	case 6:
	case 14:
		return "-------T";
	}
	return "--------";
}

/* The span begins with the map and ends with the number of flag_info. */
static struct xt_sctp_info *info_at(const void *at)
{
	return (void *)((char *)at - offsetof(struct xt_sctp_info, chunkmap));
}

static struct xt_sctp_flag_info *find_flags(struct xt_sctp_info *info, uint8_t chunk)
{
	for (int i = 0; i < info->flag_count && i < XT_NUM_SCTP_FLAGS; i++)
		if (info->flag_info[i].chunktype == chunk)
			return &info->flag_info[i];
	return NULL;
}

static int read_flags(const struct opt_in *in, struct xt_sctp_info *info, uint8_t chunk,
		      const char *text)
{
	struct xt_sctp_flag_info *flags = find_flags(info, chunk);

	if (!flags && info->flag_count == XT_NUM_SCTP_FLAGS)
		return opt_bad(in, "Number of chunk types with flags exceeds currently allowed "
			       "limit.Increasing this limit involves changing struct "
			       "xt_sctp_flag_info and recompiling both the kernel space and user "
			       "space modules\n");
	if (!flags) {
		flags = &info->flag_info[info->flag_count++];
		*flags = (struct xt_sctp_flag_info){ .chunktype = chunk };
	}
	for (; *text; text++) {
		const char *letters = letters_of(chunk);
		const char *letter = strchr(letters, toupper((unsigned char)*text));
		uint8_t bit;

		if (!letter || *letter == '-')
			return opt_bad(in, "Invalid flags for chunk type %u", chunk);
		bit = (uint8_t)(0x80 >> (letter - letters));
		flags->flag_mask |= bit;
		if (isupper((unsigned char)*text))
			flags->flag |= bit;
	}
	return 0;
}

static int read_chunk(const struct opt_in *in, struct xt_sctp_info *info, char *text)
{
	char *colon = strchr(text, ':');
	const struct name *row;

	if (colon)
		*colon = '\0';
	row = name_find_nocase(chunks, text);
	if (!row)
		return opt_bad(in, "Unknown sctp chunk `%s'", text);
	SCTP_CHUNKMAP_SET(info->chunkmap, row->value);
	return colon && colon[1] ? read_flags(in, info, (uint8_t)row->value, colon + 1) : 0;
}

/* In the order of the chunks, as saves have them: the same set is the same bytes. */
static void sort_flags(struct xt_sctp_info *info)
{
	for (int i = 1; i < info->flag_count && i < XT_NUM_SCTP_FLAGS; i++) {
		struct xt_sctp_flag_info one = info->flag_info[i];
		int to = i;

		for (; to && info->flag_info[to - 1].chunktype > one.chunktype; to--)
			info->flag_info[to] = info->flag_info[to - 1];
		info->flag_info[to] = one;
	}
}

static void tidy_chunks(const struct opt *opt, enum family family, void *at)
{
	(void)opt;
	(void)family;
	sort_flags(info_at(at));
}

static int parse_chunks(const struct opt_in *in, void *at)
{
	const struct name *way = name_find_nocase(ways, in->words[0]);
	struct xt_sctp_info *info = info_at(at);
	char buf[512], *parts[64];
	size_t n = type_split(in->words[1], ',', buf, sizeof(buf), parts, ARRAY_SIZE(parts));

	if (!way)
		return opt_bad(in, "Match type has to be one of \"ALL\", \"ANY\" or \"ONLY\"");
	info->chunk_match_type = way->value;
	if (!strcasecmp(in->words[1], "ALL")) {
		SCTP_CHUNKMAP_SET_ALL(info->chunkmap);
		return 0;
	}
	if (!strcasecmp(in->words[1], "NONE"))
		return 0;
	if (!n)
		return opt_bad_word(in, in->words[1]);
	for (size_t i = 0; i < n; i++) {
		/* strtok finds no word between two commas. */
		int r = *parts[i] ? read_chunk(in, info, parts[i]) : 0;

		if (r)
			return r;
	}
	sort_flags(info);
	return 0;
}

static void put_flags(struct sink *sink, const struct xt_sctp_flag_info *flags)
{
	const char *letters = letters_of(flags->chunktype);

	sink_char(sink, ':');
	for (int i = 0; i < 8; i++)
		if (flags->flag_mask & 0x80 >> i)
			sink_char(sink, flags->flag & 0x80 >> i ? letters[i] :
				  (char)tolower((unsigned char)letters[i]));
}

static void print_chunks(struct sink *sink, const struct opt_out *out, const void *at)
{
	struct xt_sctp_info *info = info_at(at);
	const char *way = name_of(ways, info->chunk_match_type), *comma = " ";

	sink_str(sink, way ? way : "?");
	if (bytes_are_zero(info->chunkmap, MAP_BYTES))
		sink_str(sink, " NONE");
	if (SCTP_CHUNKMAP_IS_ALL_SET(info->chunkmap)) {
		sink_str(sink, " ALL");
		return;
	}
	for (uint32_t chunk = 0; chunk < 256; chunk++) {
		const struct xt_sctp_flag_info *flags = find_flags(info, (uint8_t)chunk);
		const char *name = out->how & HOW_NUMERIC ? NULL : name_of(chunks, chunk);

		if (!SCTP_CHUNKMAP_IS_SET(info->chunkmap, chunk))
			continue;
		sink_str(sink, comma);
		if (name)
			sink_str(sink, name);
		else
			sink_printf(sink, "0x%04X", chunk);
		if (flags)
			put_flags(sink, flags);
		comma = ",";
	}
}

void type_sctp_names(struct sink *sink)
{
	sink_str(sink, "chunktypes -");
	for (const struct name *n = chunks; n->name; n++)
		sink_printf(sink, " %s", n->name);
	sink_str(sink, " ALL NONE\n");
}

/* No flags of I_DATA: the reference, which tests give the same lines, dies of saving them. */
static void sample_chunks(struct sink *sink, const struct opt *opt, enum family family,
			  uint32_t seed)
{
	static const char *const flags[] = { "", ":", ":U", ":ube", ":T", ":X", "", "" };

	(void)opt;
	(void)family;
	sink_printf(sink, "%s ", seed % 17 == 16 ? "none" : ways[seed % 3].name);
	if (seed % 7 == 6) {
		sink_str(sink, seed % 2 ? "ALL" : "NONE");
		return;
	}
	for (uint32_t i = 0; i <= seed % 5; i++) {
		const struct name *chunk = &chunks[(seed + i * i) % (ARRAY_SIZE(chunks) - 1)];

		sink_printf(sink, "%s%s%s", i ? "," : "", chunk->name,
			    chunk->value == 64 ? "" : flags[(seed / 3 + i) % ARRAY_SIZE(flags)]);
	}
}

const struct type type_sctp_chunks = {
	.name = "sctp_chunks", .metavar = "(all|any|only) CHUNK[:FLAGS][,CHUNK[:FLAGS]...]",
	.words = 2, .parse = parse_chunks, .print = print_chunks,
	.tidy = tidy_chunks, .sample = sample_chunks,
};
