// SPDX-License-Identifier: GPL-2.0-or-later
/* -m sctp: ports and chunks of SCTP. */
#include <stdbool.h>
#include <string.h>

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

static const struct ext sctp = {
	.name = "sctp", .kind = EXT_MATCH, .families = IN_BOTH, .size = sizeof(struct xt_sctp_info),
	.opts = opts, .title = "sctp", .protos = (const uint8_t[]){ 132, 0 }, .implied = true,
	.effect = EFFECT_PURE, .summary = "ports and chunks of SCTP packets",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_SCTP", .check = check, .help = help,
	.examples = examples,
};
EXT_REGISTER(sctp);
