// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones of connection tracking: a number, or "mark" for the packet's own mark. The span holds the
 * flags and the zone of struct xt_ct_target_info_v1; opt->max is the flag of the direction.
 */
#include <linux/netfilter/xt_CT.h>
#include <strings.h>

#include "base/num.h"
#include "ext/type/types.h"

enum { BOTH_WAYS = XT_CT_ZONE_DIR_ORIG | XT_CT_ZONE_DIR_REPL };

static int parse_zone(const struct opt_in *in, void *at)
{
	uint16_t *flags = at, *zone = flags + 1;
	uint64_t v = 0;

	if (!strcasecmp(in->words[0], "mark"))
		*flags |= XT_CT_ZONE_MARK;
	else if (!num_parse(in->words[0], 0, UINT16_MAX, &v))
		return opt_bad(in, "Cannot parse %s as a zone ID", in->words[0]);
	*zone = (uint16_t)v;
	*flags |= (uint16_t)in->opt->max;
	return 0;
}

static void print_zone(struct sink *sink, const struct opt_out *out, const void *at)
{
	const uint16_t *flags = at, *zone = flags + 1;

	(void)out;
	if (*flags & XT_CT_ZONE_MARK)
		sink_str(sink, "mark");
	else
		sink_u64(sink, *zone);
}

/* Both directions said one by one are no direction. */
static bool zone_absent(const struct opt *opt, enum family family, const void *at)
{
	const uint16_t *flags = at, *zone = flags + 1;
	unsigned way = *flags & BOTH_WAYS;

	(void)family;
	if (way == BOTH_WAYS)
		way = 0;
	return way != opt->max || (!*zone && !(*flags & XT_CT_ZONE_MARK));
}

static void sample_zone(struct sink *sink, const struct opt *opt, enum family family, uint32_t seed)
{
	(void)opt;
	(void)family;
	if (seed % 4 == 3)
		sink_str(sink, "mark");
	else
		sink_u64(sink, seed % 5 == 4 ? 65536 : seed % 5 == 0 ? 65535 : seed + 1);
}

const struct type type_zone = {
	.name = "zone", .metavar = "{ID|mark}", .words = 1, .parse = parse_zone,
	.print = print_zone,
	.absent = zone_absent, .sample = sample_zone,
};
