// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -j NFLOG: a copy of the packet to a program. In the kernel it is nf_tables' own log expression.
 */
#include <linux/netfilter/xt_NFLOG.h>
#include <string.h>

#include "ext/type/types.h"

/* As xt_nflog_info, with the longer prefix of nf_tables. */
struct info {
	uint32_t len;
	uint16_t group, threshold, flags, unused;
	char prefix[128];
};

#define AT(member) SPAN(struct info, member)

static const struct opt opts[] = {
	{ .name = "nflog-prefix", .type = &type_text_quoted, .at = AT(prefix), .min = 1,
	  .metavar = "STRING", .help = "Prefix string for log messages" },
	{ .name = "nflog-group", .type = &type_uint, .at = AT(group), .metavar = "NUM",
	  .help = "NETLINK group used for logging" },
	{ .name = "nflog-range", .type = &type_uint, .at = AT(len), .metavar = "NUM",
	  .flags = OPT_ALIAS, .excludes = BIT(3),
	  .help = "This option has no effect, use --nflog-size" },
	{ .name = "nflog-size", .type = &type_uint, .at = AT(len), .metavar = "NUM",
	  .given = BITS(struct info, flags, XT_NFLOG_F_COPY_LEN),
	  .help = "Number of bytes to copy" },
	{ .name = "nflog-threshold", .type = &type_uint, .at = AT(threshold), .metavar = "NUM",
	  .help = "Message threshold of in-kernel queue" },
	{ 0 },
};

/* No kernel ever looked at the number of --nflog-range. */
static int check(const struct check *check)
{
	struct info *info = check->data;

	if (!(info->flags & XT_NFLOG_F_COPY_LEN))
		info->len = 0;
	return 0;
}

static bool lower(const void *data, struct part *part)
{
	const struct info *info = data;

	part->kind = PART_LOG;
	part->log.to_group = true;
	part->log.group = info->group;
	part->log.snaplen = info->len;
	part->log.flags = info->flags;
	part->log.threshold = info->threshold;
	memcpy(part->log.prefix, info->prefix, sizeof(info->prefix));
	return true;
}

static bool raise_nflog(const struct part *part, enum family family, void *data)
{
	struct info *info = data;

	(void)family;
	if (part->kind != PART_LOG || !part->log.to_group ||
	    strlen(part->log.prefix) >= sizeof(info->prefix))
		return false;
	info->group = part->log.group;
	info->len = part->log.snaplen;
	info->flags = part->log.flags & XT_NFLOG_F_COPY_LEN;
	info->threshold = part->log.threshold;
	memcpy(info->prefix, part->log.prefix, strlen(part->log.prefix) + 1);
	return true;
}

/* The blob of iptables before 1.8.4. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	if (revision != 0 || size < sizeof(struct xt_nflog_info))
		return false;
	memcpy(data, theirs, sizeof(struct xt_nflog_info));
	return true;
}

static const struct example examples[] = {
	{ .rule = "-j NFLOG --nflog-prefix \"in: \" --nflog-group 5 --nflog-size 64 "
	  "--nflog-threshold 20",
	  .means = "the first 64 bytes to the listener of group 5, twenty packets at once" },
	{ .rule = "-j NFLOG --nflog-range 100", .means = "the old option is read and means nothing",
	  .saved = "-j NFLOG" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct info *info = data;

	(void)state;
	if (e->world->log && !e->simulated)
		e->world->log(e->world->context, e, info->prefix, 0, info->flags, info->group);
	return VERDICT_NONE;
}

static const struct ext nflog = {
	.name = "NFLOG", .kind = EXT_TARGET, .families = IN_BOTH,
	.size = sizeof(struct info), .opts = opts, .effect = EFFECT_COUNTS, .native = true,
	.summary = "send a copy to a program that listens on a netlink group",
	.kconfig = "CONFIG_NFT_LOG", .check = check, .lower = lower, .raise = raise_nflog,
	.adopt = adopt, .examples = examples, .act = act,
};
EXT_REGISTER(nflog);
