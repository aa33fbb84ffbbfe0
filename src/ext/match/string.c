// SPDX-License-Identifier: GPL-2.0-or-later
/* -m string: bytes anywhere in the packet. */
#include <linux/netfilter/xt_string.h>
#include <string.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_string_info, member)
#define FLAG(bit) BITS(struct xt_string_info, u.v1.flags, XT_STRING_FLAG_##bit)
#define PATTERN SPANS(struct xt_string_info, pattern, patlen)

static const struct opt opts[] = {
	{ .name = "from", .type = &type_uint, .at = AT(from_offset), .preset = "0",
	  .list = "FROM %v", .metavar = "offset", .help = "Offset to start searching from" },
	{ .name = "to", .type = &type_uint, .at = AT(to_offset), .preset = "65535",
	  .list = "TO %v", .metavar = "offset", .help = "Offset to stop searching" },
	{ .name = "algo", .type = &type_algorithm, .at = AT(algo), .flags = OPT_MUST | OPT_ALWAYS,
	  .list = "ALGO name %v", .help = "Algorithm" },
	{ .name = "icase", .given = FLAG(IGNORECASE), .list = "ICASE",
	  .help = "Ignore case (default: 0)" },
	{ .name = "string", .type = &type_pattern, .at = PATTERN, .invert = FLAG(INVERT),
	  .max = XT_STRING_MAX_PATTERN_SIZE, .flags = OPT_ALWAYS, .excludes = BIT(5),
	  .list = "%n %v", .help = "Match a string in a packet" },
	{ .name = "hex-string", .type = &type_pattern_hex, .at = PATTERN, .invert = FLAG(INVERT),
	  .max = XT_STRING_MAX_PATTERN_SIZE, .flags = OPT_ALIAS,
	  .help = "Match a hex string in a packet" },
	{ 0 },
};

/* Revision 0 knows "not" only, in the byte where the flags are. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_string_info *info = data;

	if (revision != 0 || size < offsetof(struct xt_string_info, config))
		return false;
	memcpy(info, theirs, offsetof(struct xt_string_info, config));
	info->u.v1.flags = info->u.v0.invert ? XT_STRING_FLAG_INVERT : 0;
	return true;
}

static const struct example examples[] = {
	{ .rule = "-m string --string \"GET /index.html\" --algo bm",
	  .means = "requests for the start page" },
	{ .rule = "-m string ! --string \"host: example.org\" --algo kmp --from 40 --to 600 "
		  "--icase",
	  .means = "no such line in the first bytes, in capitals or not" },
	{ .rule = "-m string --algo bm --hex-string \"|16 03|\"",
	  .means = "two bytes that begin a TLS record",
	  .saved = "-m string --hex-string \"|1603|\" --algo bm" },
	{ 0 },
};

/* toupper() of the kernel's ctype.h knows Latin-1, and takes sharp s and y with dots for small ones. */
static uint8_t capital(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 0xdf && c != 0xf7) ? c - 32 : c;
}

static bool is_here(const struct xt_string_info *info, const uint8_t *at)
{
	if (!(info->u.v1.flags & XT_STRING_FLAG_IGNORECASE))
		return !memcmp(at, info->pattern, info->patlen);
	for (uint8_t i = 0; i < info->patlen; i++)
		if (capital(at[i]) != capital((uint8_t)info->pattern[i]))
			return false;
	return true;
}

/*
 * string_mt() of xt_string.c with skb_find_text(): all of it lies between the offsets. Both
 * algorithms find the same, but for bm in packets that lie in several pieces.
 */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_string_info *info = data;
	const struct packet *p = e->packet;
	uint32_t end = info->to_offset < p->len ? info->to_offset : p->len;
	bool invert = info->u.v1.flags & XT_STRING_FLAG_INVERT;

	(void)state;
	if (!info->patlen || info->patlen > sizeof(info->pattern))
		return eval_unknown(e, "no kernel takes such a pattern");
	for (uint64_t at = info->from_offset; at + info->patlen <= end; at++) {
		if (at + info->patlen > p->captured)
			return eval_unknown(e, "what lies behind the end of the capture is not "
					       "known");
		if (is_here(info, p->bytes + at))
			return answer_of(!invert);
	}
	return answer_of(invert);
}

static const struct ext string = {
	.name = "string", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_string_info), .compared = offsetof(struct xt_string_info, config),
	.opts = opts, .shown = (const uint8_t[]){ 4, 2, 0, 1, 3, SHOWN_END },
	.some = BIT(4) | BIT(5),
	.some_text = "STRING match: You must specify `--string' or `--hex-string'",
	.title = "STRING match", .effect = EFFECT_PURE, .summary = "bytes anywhere in the packet",
	.manual = "The algorithm is bm (Boyer-Moore) or kmp (Knuth-Pratt-Morris). Offsets count "
		  "from the IP header. A text that goes over the edge of a packet is not found.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_STRING", .adopt = adopt, .examples = examples,
	.match = match,
};
EXT_REGISTER(string);
