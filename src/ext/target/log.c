// SPDX-License-Identifier: GPL-2.0-or-later
/* -j LOG: a line in the kernel's log for each packet. */
#include <linux/netfilter/nf_log.h>
#include <linux/netfilter/xt_LOG.h>
#include <string.h>

#include "ext/type/types.h"

enum { LEVEL_USUAL = 4 };

/* syslog's names; "panic" is an old one of the first. Listings shorten two of them. */
static const struct name levels[] = {
	{ "emerg", 0 }, { "panic", 0 }, { "alert", 1 }, { "crit", 2 }, { "error", 3 },
	{ "warning", LEVEL_USUAL }, { "notice", 5 }, { "info", 6 }, { "debug", 7 }, { 0 },
};
static const struct name levels_listed[] = {
	{ "emerg", 0 }, { "alert", 1 }, { "crit", 2 }, { "err", 3 }, { "warn", LEVEL_USUAL },
	{ "notice", 5 }, { "info", 6 }, { "debug", 7 }, { 0 },
};

#define FLAG(bit) BITS(struct xt_log_info, logflags, bit)

static const struct opt opts[] = {
	{ .name = "log-prefix", .type = &type_text, .at = SPAN(struct xt_log_info, prefix),
	  .min = 1,
	  .metavar = "prefix", .help = "Prefix log messages with this prefix." },
	{ .name = "log-level", .type = &type_number_named, .at = SPAN(struct xt_log_info, level),
	  .max = 7, .names = levels, .preset = "4", .flags = OPT_EXACT_TEXT, .metavar = "level",
	  .bad = "log level \"%v\" unknown\n",
	  .help = "Level of logging (numeric or see syslog.conf)" },
	{ .name = "log-tcp-sequence", .given = FLAG(NF_LOG_TCPSEQ),
	  .help = "Log TCP sequence numbers." },
	{ .name = "log-tcp-options", .given = FLAG(NF_LOG_TCPOPT), .help = "Log TCP options." },
	{ .name = "log-ip-options", .given = FLAG(NF_LOG_IPOPT), .help = "Log IP options." },
	{ .name = "log-uid", .given = FLAG(NF_LOG_UID),
	  .help = "Log UID owning the local socket." },
	{ .name = "log-macdecode", .given = FLAG(NF_LOG_MACDECODE),
	  .help = "Decode MAC addresses and protocol." },
	{ 0 },
};

static int check(const struct check *check)
{
	const struct xt_log_info *info = check->data;

	if (memchr(info->prefix, '\n', sizeof(info->prefix)))
		return err_set(check->err, ERR_SYNTAX, check->place,
			       "Newlines not allowed in --log-prefix");
	return 0;
}

static void list(struct sink *sink, enum family family, const void *data, unsigned how)
{
	const struct xt_log_info *info = data;
	const char *level = name_of(levels_listed, info->level);

	(void)family;
	if (how & HOW_NUMERIC)
		sink_printf(sink, " LOG flags %u level %u", info->logflags, info->level);
	else if (level)
		sink_printf(sink, " LOG level %s", level);
	else
		sink_printf(sink, " LOG UNKNOWN level %u", info->level);
	for (const struct opt *o = opts + 2; o->name && !(how & HOW_NUMERIC); o++)
		if (info->logflags & o->given.set)
			sink_printf(sink, " %s", o->name + strlen("log-"));
	if (info->prefix[0])
		sink_printf(sink, " prefix \"%.*s\"", (int)sizeof(info->prefix), info->prefix);
}

static bool raise_log(const struct part *part, enum family family, void *data)
{
	struct xt_log_info *info = data;

	(void)family;
	if (part->kind != PART_LOG || part->log.to_group || part->log.level > 7 ||
	    part->log.flags > UINT8_MAX || strlen(part->log.prefix) >= sizeof(info->prefix))
		return false;
	info->level = (uint8_t)part->log.level;
	info->logflags = (uint8_t)part->log.flags;
	memcpy(info->prefix, part->log.prefix, strlen(part->log.prefix) + 1);
	return true;
}

static const struct example examples[] = {
	{ .rule = "-j LOG --log-prefix \"dropped: \" --log-level 6",
	  .means = "a line of level info" },
	{ .rule = "-j LOG --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid "
		  "--log-macdecode", .means = "everything there is to say" },
	{ .rule = "-j LOG --log-level warning", .means = "the usual level", .saved = "-j LOG" },
	{ 0 },
};

static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_log_info *info = data;

	(void)state;
	if (e->world->log && !e->simulated)
		e->world->log(e->world->context, e, info->prefix, info->level, info->logflags, -1);
	return VERDICT_NONE;
}

static const struct ext log_ = {
	.name = "LOG", .kind = EXT_TARGET, .families = IN_BOTH, .size = sizeof(struct xt_log_info),
	.opts = opts, .effect = EFFECT_COUNTS, .summary = "write a line into the kernel's log",
	.manual = "Behind -m limit it cannot fill the disk.",
	.kconfig = "CONFIG_NETFILTER_XT_TARGET_LOG", .check = check, .list = list,
	.raise = raise_log, .examples = examples, .act = act,
};
EXT_REGISTER(log_);
