// SPDX-License-Identifier: GPL-2.0-or-later
/* -m recent: lists of addresses that rules write and read. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/xt_recent.h>

#include "ext/seen.h"
#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_recent_mtinfo_v1, member)
#define CHECK(bit) BITS(struct xt_recent_mtinfo_v1, check_set, XT_RECENT_##bit)
#define NOT BITS(struct xt_recent_mtinfo_v1, invert, 1)
#define SIDE(which) MODE(struct xt_recent_mtinfo_v1, side, XT_RECENT_##which, 0xff)

enum { SET, RCHECK, UPDATE, REMOVE, SECONDS, REAP, HITCOUNT, RTTL, NAME, RSOURCE, RDEST, MASK };

#define OTHERS(own) ((BIT(SET) | BIT(RCHECK) | BIT(UPDATE) | BIT(REMOVE)) & ~BIT(own))

static const struct opt opts[] = {
	[SET] = { .name = "set", .given = CHECK(SET), .invert = NOT, .excludes = OTHERS(SET),
	  .list = "%!recent: SET", .help = "Add source address to list, always matches." },
	[RCHECK] = { .name = "rcheck", .given = CHECK(CHECK), .invert = NOT,
	  .excludes = OTHERS(RCHECK), .list = "%!recent: CHECK",
	  .help = "Match if source address in list." },
	[UPDATE] = { .name = "update", .given = CHECK(UPDATE), .invert = NOT,
	  .excludes = OTHERS(UPDATE), .list = "%!recent: UPDATE",
	  .help = "Match if source address in list,\nalso update last-seen time." },
	[REMOVE] = { .name = "remove", .given = CHECK(REMOVE), .invert = NOT,
	  .excludes = OTHERS(REMOVE), .list = "%!recent: REMOVE",
	  .help = "Match if source address in list,\nalso removes that address from list." },
	[SECONDS] = { .name = "seconds", .type = &type_uint, .at = AT(seconds), .min = 1,
	  .list = "seconds: %v", .metavar = "seconds",
	  .help = "For check and update commands above.\n"
		  "Specifies that the match will only occur if\n"
		  "source address last seen within the last\n'seconds' seconds." },
	[REAP] = { .name = "reap", .given = CHECK(REAP), .needs = BIT(SECONDS), .list = "reap",
	  .help = "Purge entries older then 'seconds'.\n"
		  "Can only be used in conjunction with the\nseconds option." },
	[HITCOUNT] = { .name = "hitcount", .type = &type_uint, .at = AT(hit_count),
	  .list = "hit_count: %v", .metavar = "hits",
	  .help = "For check and update commands above.\n"
		  "Specifies that the match will only occur if\n"
		  "source address seen hits times. May be used in\n"
		  "conjunction with the seconds option." },
	[RTTL] = { .name = "rttl", .given = CHECK(TTL), .excludes = BIT(SET) | BIT(REMOVE),
	  .list = "TTL-Match",
	  .help = "For check and update commands above.\n"
		  "Specifies that the match will only occur if\n"
		  "the source address and the TTL match between\n"
		  "this packet and the one which was set." },
	[NAME] = { .name = "name", .type = &type_word, .at = AT(name), .preset = "DEFAULT",
	  .flags = OPT_ALWAYS, .list = "name: %v",
	  .help = "Name of the recent list to be used.\nDEFAULT used if none given." },
	[RSOURCE] = { .name = "rsource", .given = SIDE(SOURCE), .list = "side: source",
	  .help = "Match/Save the source address of each packet\n"
		  "in the recent list table (default)." },
	[RDEST] = { .name = "rdest", .given = SIDE(DEST), .list = "side: dest",
	  .help = "Match/Save the destination address of each\npacket in the recent list table." },
	[MASK] = { .name = "mask", .type = &type_mask, .at = AT(mask), .preset = "255.255.255.255",
	  .preset6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .flags = OPT_ALWAYS,
	  .list = "mask: %v", .help = "Netmask that will be applied to this recent list." },
	{ 0 },
};

/* net/netfilter/xt_recent.c: 16 bits since linux 6.9; XT_RECENT_MAX_NSTAMPS (256) before. */
enum { HITS_MOST = 65535 };

static const char *refused(const struct standing *s, int *errnum)
{
	const struct xt_recent_mtinfo_v1 *info = s->data;

	*errnum = EINVAL;
	return info->hit_count > HITS_MOST ? "--hitcount goes up to 65535" : NULL;
}

static const struct example examples[] = {
	{ .rule = "-m recent --set --name ssh --mask 255.255.255.255 --rsource",
	  .means = "remember who it was", .families = IN_V4 },
	{ .rule = "-m recent --update --seconds 60 --reap --hitcount 4 --rttl --name ssh "
		  "--mask 255.255.255.255 --rsource",
	  .means = "the fourth time within a minute", .families = IN_V4 },
	{ .rule = "-m recent ! --rcheck --seconds 3600", .means = "nobody we saw in the last hour",
	  .saved = "-m recent ! --rcheck --seconds 3600 --name DEFAULT --mask 255.255.255.255 "
		   "--rsource", .families = IN_V4 },
	{ .rule = "-m recent --remove --name asked --mask ffff:ffff:ffff:ffff:: --rdest",
	  .means = "forget the network it goes to", .families = IN_V6 },
	{ 0 },
};

/* Revision 0 has no mask. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_recent_mtinfo_v1 *info = data;

	if (revision != 0 || size < sizeof(struct xt_recent_mtinfo))
		return false;
	memcpy(info, theirs, offsetof(struct xt_recent_mtinfo, side) + 1);
	return true;
}

static enum answer match(struct eval *e, const void *data, void *state)
{
	(void)state;
	return seen_answer(e, data);
}

static const struct ext recent = {
	.name = "recent", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 1,
	.size = sizeof(struct xt_recent_mtinfo_v1), .opts = opts,
	.shown = (const uint8_t[]){ SET, RCHECK, UPDATE, REMOVE, SECONDS, REAP, HITCOUNT, RTTL,
				    NAME, MASK, RSOURCE, RDEST, SHOWN_END },
	.listed = (const uint8_t[]){ SET, RCHECK, UPDATE, REMOVE, SECONDS, REAP, HITCOUNT, RTTL,
				     NAME, RSOURCE, RDEST, MASK, SHOWN_END },
	.some = OTHERS(31),
	.some_text = "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'",
	.effect = EFFECT_STATEFUL, .adopt = adopt, .refused = refused,
	.summary = "lists of addresses that rules write and read",
	.manual = "The lists are files of their names in /proc/net/xt_recent: reading shows them, "
		  "writing +ADDRESS, -ADDRESS or / adds, removes or empties. How much the kernel "
		  "keeps is set with the module's parameters ip_list_tot and ip_pkt_list_tot.",
	.kconfig = "CONFIG_NETFILTER_XT_MATCH_RECENT", .examples = examples, .match = match,
};
EXT_REGISTER(recent);
