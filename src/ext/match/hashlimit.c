// SPDX-License-Identifier: GPL-2.0-or-later
/* -m hashlimit: a limit for every address or port of its own. */
#include <net/if.h>

#include <linux/netfilter/xt_hashlimit.h>

#include "ext/buckets.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_hashlimit_mtinfo3, member)
#define MODE_BIT(bit) BITS(struct xt_hashlimit_mtinfo3, cfg.mode, XT_HASHLIMIT_##bit)

enum {
	UPTO, ABOVE, HASH_MODE, SRCMASK, DSTMASK, NAME, BURST, SIZE, ENTRIES, GCINTERVAL, EXPIRE,
	RATE_MATCH, RATE_INTERVAL,
};

static const struct name modes[] = {
	{ "srcip", XT_HASHLIMIT_HASH_SIP }, { "srcport", XT_HASHLIMIT_HASH_SPT },
	{ "dstip", XT_HASHLIMIT_HASH_DIP }, { "dstport", XT_HASHLIMIT_HASH_DPT }, { 0 },
};

static const struct opt opts[] = {
	[UPTO] = { .name = "hashlimit-upto", .also = "hashlimit", .type = &type_hashlimit_rate,
	  .at = AT(cfg), .invert = MODE_BIT(INVERT), .name_inverted = "hashlimit-above",
	  .flags = OPT_ALWAYS, .excludes = BIT(ABOVE), .list = "limit: %(up to|above) %v",
	  .help = "max average match rate\n[Packets per second unless followed by\n"
		  "/sec /minute /hour /day postfixes]" },
	[ABOVE] = { .name = "hashlimit-above", .type = &type_hashlimit_rate, .at = AT(cfg),
	  .given = MODE_BIT(INVERT), .invert = MODE_BIT(INVERT), .flags = OPT_ALIAS,
	  .excludes = BIT(UPTO), .help = "min average match rate" },
	[HASH_MODE] = { .name = "hashlimit-mode", .type = &type_name_bits_masked,
	  .at = AT(cfg.mode), .names = modes, .max = 15, .flags = OPT_EXACT_TEXT,
	  .list = "mode %-", .metavar = "mode",
	  .help = "mode is a comma-separated list of\ndstip,srcip,dstport,srcport (or none)" },
	[SRCMASK] = { .name = "hashlimit-srcmask", .type = &type_prefix_len, .at = AT(cfg.srcmask),
	  .preset = "32", .preset6 = "128", .list = "srcmask %v", .metavar = "length",
	  .help = "source address grouping prefix length" },
	[DSTMASK] = { .name = "hashlimit-dstmask", .type = &type_prefix_len, .at = AT(cfg.dstmask),
	  .preset = "32", .preset6 = "128", .list = "dstmask %v", .metavar = "length",
	  .help = "destination address grouping prefix length" },
	[NAME] = { .name = "hashlimit-name", .type = &type_word, .at = AT(name), .min = 1,
	  .flags = OPT_MUST | OPT_ALWAYS, .list = "", .help = "name for /proc/net/ipt_hashlimit" },
	[BURST] = { .name = "hashlimit-burst", .type = &type_hashlimit_burst, .at = AT(cfg),
	  .preset = "5", .list = "burst %v", .help = "number to match in a burst, default 5" },
	[SIZE] = { .name = "hashlimit-htable-size", .type = &type_uint, .at = AT(cfg.size),
	  .list = "htable-size %v", .metavar = "num", .help = "number of hashtable buckets" },
	[ENTRIES] = { .name = "hashlimit-htable-max", .type = &type_uint, .at = AT(cfg.max),
	  .list = "htable-max %v", .metavar = "num", .help = "number of hashtable entries" },
	[GCINTERVAL] = { .name = "hashlimit-htable-gcinterval", .type = &type_uint,
	  .at = AT(cfg.gc_interval), .preset = "1000", .list = "htable-gcinterval %v",
	  .metavar = "num", .help = "interval between garbage collection runs" },
	[EXPIRE] = { .name = "hashlimit-htable-expire", .type = &type_hashlimit_expire,
	  .at = AT(cfg), .list = "htable-expire %v",
	  .help = "after which time are idle entries expired?" },
	[RATE_MATCH] = { .name = "hashlimit-rate-match", .given = MODE_BIT(RATE_MATCH),
	  .list = "rate-match", .help = "rate match the flow without rate-limiting it" },
	[RATE_INTERVAL] = { .name = "hashlimit-rate-interval", .type = &type_hashlimit_interval,
	  .at = AT(cfg), .list = "rate-interval %v",
	  .help = "interval in seconds for hashlimit-rate-match" },
	{ 0 },
};

static int check(const struct check *c)
{
	return type_hashlimit_settle(c, c->given & BIT(BURST), c->given & BIT(EXPIRE));
}

static const struct example examples[] = {
	{ .rule = "-m hashlimit --hashlimit-upto 3/min --hashlimit-burst 5 --hashlimit-mode srcip "
		  "--hashlimit-name ssh", .means = "three in a minute from each address" },
	{ .rule = "-m hashlimit --hashlimit-above 512kb/s --hashlimit-burst 1mb "
		  "--hashlimit-mode dstip --hashlimit-name down --hashlimit-dstmask 24",
	  .means = "more than half a megabyte in a second to a network of 256" },
	{ .rule = "-m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 5 "
		  "--hashlimit-mode srcip,dstport --hashlimit-name many "
		  "--hashlimit-htable-size 1024 --hashlimit-htable-max 4096 "
		  "--hashlimit-htable-gcinterval 2000 "
		  "--hashlimit-htable-expire 5000 --hashlimit-srcmask 16",
	  .means = "ten in a second for each port and network; the table has its limits" },
	{ .rule = "-m hashlimit --hashlimit-above 100/sec --hashlimit-burst 5 "
		  "--hashlimit-mode srcip --hashlimit-name flood --hashlimit-rate-match "
		  "--hashlimit-rate-interval 10",
	  .means = "hosts that sent more than 100 in ten seconds" },
	{ 0 },
};

/* Revision 1 counts in 1/10000 s and 32 bits; revision 2 is revision 3 without its interval. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_hashlimit_mtinfo3 *info = data;
	const struct xt_hashlimit_mtinfo1 *one = theirs;
	const struct xt_hashlimit_mtinfo2 *two = theirs;
	uint64_t scale = XT_HASHLIMIT_SCALE_v2 / XT_HASHLIMIT_SCALE;

	if (revision == 1 && size >= offsetof(struct xt_hashlimit_mtinfo1, hinfo)) {
		memcpy(info->name, one->name, strnlen(one->name, sizeof(one->name)));
		info->cfg = (struct hashlimit_cfg3){
			.avg = one->cfg.avg * (one->cfg.mode & XT_HASHLIMIT_BYTES ? 1 : scale),
			.burst = one->cfg.burst, .mode = one->cfg.mode, .size = one->cfg.size,
			.max = one->cfg.max, .gc_interval = one->cfg.gc_interval,
			.expire = one->cfg.expire, .srcmask = one->cfg.srcmask,
			.dstmask = one->cfg.dstmask,
		};
		return true;
	}
	if (revision != 2 || size < offsetof(struct xt_hashlimit_mtinfo2, hinfo))
		return false;
	memcpy(info->name, two->name, strnlen(two->name, sizeof(two->name) - 1));
	memcpy(&info->cfg, &two->cfg, offsetof(struct hashlimit_cfg3, interval));
	info->cfg.srcmask = two->cfg.srcmask;
	info->cfg.dstmask = two->cfg.dstmask;
	return true;
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)state;
	return buckets_answer(e, data);
}

static const struct ext hashlimit = {
	.name = "hashlimit", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 3,
	.size = sizeof(struct xt_hashlimit_mtinfo3),
	.compared = offsetof(struct xt_hashlimit_mtinfo3, hinfo), .opts = opts,
	.shown = (const uint8_t[]){ UPTO, BURST, HASH_MODE, NAME, SIZE, ENTRIES, GCINTERVAL, EXPIRE,
				    SRCMASK, DSTMASK, RATE_MATCH, RATE_INTERVAL, SHOWN_END },
	.some = BIT(UPTO) | BIT(ABOVE), .some_text = "You have to specify --hashlimit",
	.effect = EFFECT_STATEFUL, .check = check, .adopt = adopt,
	.summary = "a limit for each address, port or network of its own",
	.manual = "A rate is in packets (10, 10/sec, 3/min) or in bytes (512kb/s, 1mb/s). Rules "
		  "with the same name share a table; what is in it can be read in "
		  "/proc/net/ipt_hashlimit and /proc/net/ip6t_hashlimit. Times are in "
		  "milliseconds, the interval in seconds.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_HASHLIMIT", .examples = examples, .match = match,
};
EXT_REGISTER(hashlimit);
