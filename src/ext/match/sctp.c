// SPDX-License-Identifier: GPL-2.0-or-later
/* -m sctp: ports and chunks of SCTP. */
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "base/bits.h"
#include "ext/headers.h"
#include "ext/type/types.h"

#include <linux/netfilter/xt_sctp.h>

#define GIVEN(bit) .given = BITS(struct xt_sctp_info, flags, XT_SCTP_##bit), \
		   .invert = BITS(struct xt_sctp_info, invflags, XT_SCTP_##bit)

static const struct opt opts[] = {
	{ .name = "source-port", .also = "sport", .name_saved = "sport", .type = &type_ports,
	  .at = SPAN(struct xt_sctp_info, spts), GIVEN(SRC_PORTS), .flags = OPT_QUIET,
	  .field = FIELD_SPORT, .list = "spt%s:%n%v",
	  .clash = "Only one `--source-port' allowed", .help = "match source port(s)" },
	{ .name = "destination-port", .also = "dport", .name_saved = "dport", .type = &type_ports,
	  .at = SPAN(struct xt_sctp_info, dpts), GIVEN(DEST_PORTS), .flags = OPT_QUIET,
	  .field = FIELD_DPORT, .list = "dpt%s:%n%v",
	  .clash = "Only one `--destination-port' allowed", .help = "match destination port(s)" },
	{ .name = "chunk-types", .type = &type_sctp_chunks,
	  .at = SPANS(struct xt_sctp_info, chunkmap, flag_count), GIVEN(CHUNK_TYPES),
	  .list = "%!%v", .clash = "Only one `--chunk-types' allowed",
	  .help = "match if all, any or only these chunk types are present;\n"
		  "capital letters are flags that must be set, small ones not" },
	{ 0 },
};

/* Unused places of the list of flags hold a chunk type that is none. */
static int check(const struct check *check)
{
	struct xt_sctp_info *info = check->data;

	for (int i = info->flag_count; i < XT_NUM_SCTP_FLAGS; i++)
		info->flag_info[i] = (struct xt_sctp_flag_info){ .chunktype = 0xff };
	return 0;
}

static void help(struct sink *sink, enum family family)
{
	(void)family;
	type_sctp_names(sink);
}

static const struct example examples[] = {
	{ .rule = "-p sctp -m sctp --dport 80", .means = "HTTP over SCTP" },
	{ .rule = "-p sctp -m sctp ! --sport 1024:65535 --chunk-types any INIT,ABORT:T",
	  .means = "from a privileged port, with an INIT or an ABORT whose T bit is set" },
	{ .rule = "-p sctp -m sctp ! --chunk-types only DATA:Be,SACK",
	  .means = "more than the first fragments of messages and their receipts",
	  .saved = "-p sctp -m sctp ! --chunk-types only DATA:Be,SACK" },
	{ 0 },
};

static bool has_flags(const struct xt_sctp_info *info, uint8_t type, uint8_t flags)
{
	for (int i = 0; i < info->flag_count && i < XT_NUM_SCTP_FLAGS; i++)
		if (info->flag_info[i].chunktype == type)
			return (flags & info->flag_info[i].flag_mask) == info->flag_info[i].flag;
	return true;
}

/* match_packet() of xt_sctp.c: chunk after chunk. */
static enum answer has_chunks(struct eval *e, const struct xt_sctp_info *info)
{
	uint32_t left[256 / 32], at = e->packet->transport + 12;
	const uint8_t *chunk;

	memcpy(left, info->chunkmap, sizeof(left));
	do {
		enum answer there = packet_header(e, at, 4, &chunk);
		uint16_t len = there == ANSWER_YES ? ntohs(packet_be16(chunk + 2)) : 0;
		bool listed;

		if (there == ANSWER_UNKNOWN)
			return there;
		if (!len) {
			e->hotdrop = true;
			return ANSWER_NO;
		}
		listed = info->chunkmap[chunk[0] / 32] >> chunk[0] % 32 & 1;
		listed = listed && has_flags(info, chunk[0], chunk[1]);
		if (listed && info->chunk_match_type == SCTP_CHUNK_MATCH_ANY)
			return ANSWER_YES;
		if (!listed && info->chunk_match_type == SCTP_CHUNK_MATCH_ONLY)
			return ANSWER_NO;
		if (listed)
			left[chunk[0] / 32] &= ~(1u << chunk[0] % 32);
		at += (len + 3u) & ~3u;
	} while (at < e->packet->len);
	return answer_of(info->chunk_match_type == SCTP_CHUNK_MATCH_ONLY ||
			 (info->chunk_match_type == SCTP_CHUNK_MATCH_ALL &&
			  bytes_are_zero(left, sizeof(left))));
}

static bool port_fails(const struct xt_sctp_info *info, unsigned bit, const uint8_t *h,
		       const uint16_t range[2])
{
	uint16_t port = ntohs(packet_be16(h));

	return info->flags & bit &&
	       (port >= range[0] && port <= range[1]) == !!(info->invflags & bit);
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_sctp_info *info = data;
	const uint8_t *h;
	enum answer there = transport_header(e, 12, &h);

	(void)state;
	if (there != ANSWER_YES)
		return there;
	if (port_fails(info, XT_SCTP_SRC_PORTS, h, info->spts) ||
	    port_fails(info, XT_SCTP_DEST_PORTS, h + 2, info->dpts))
		return ANSWER_NO;
	if (!(info->flags & XT_SCTP_CHUNK_TYPES))
		return ANSWER_YES;
	there = has_chunks(e, info);
	return info->invflags & XT_SCTP_CHUNK_TYPES ? answer_not(there) : there;
}

static const struct ext sctp = {
	.name = "sctp", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_sctp_info),
	.opts = opts, .title = "sctp", .protos = (const uint8_t[]){ 132, 0 }, .implied = true,
	.effect = EFFECT_PURE, .summary = "ports and chunks of SCTP packets",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_SCTP", .check = check, .help = help,
	.examples = examples, .match = match,
};
EXT_REGISTER(sctp);
