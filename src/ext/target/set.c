// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * -j SET: put the packet's addresses into a set of ipset(8), take them out, or apply what it says.
 */
#include <netinet/in.h> /* before linux/in.h, which makes room for it */
#include <linux/netfilter/xt_set.h>

#include "ext/type/types.h"

#define AT(member) SPAN(struct xt_set_info_target_v3, member)
#define FLAG(bit) BITS(struct xt_set_info_target_v3, flags, IPSET_FLAG_##bit)
#define ONCE(option) .clash = "--" option " can be specified only once"

enum { ADD, EXIST, TIMEOUT, DEL, MAP, MAP_MARK, MAP_PRIO, MAP_QUEUE };

static const struct opt opts[] = {
	[ADD] = { .name = "add-set", .type = &type_set_maybe, .at = AT(add_set), .preset = "",
		  ONCE("add-set"), .help = "add src/dst IP/port to the named set" },
	[EXIST] = { .name = "exist", .given = FLAG(EXIST), .flags = OPT_REPEAT,
		    .help = "renew the timeout of what is in the set already" },
	[TIMEOUT] = { .name = "timeout", .type = &type_set_timeout, .at = AT(timeout), .preset = "",
		      .flags = OPT_REPEAT, .help = "another timeout than the set's own" },
	[DEL] = { .name = "del-set", .type = &type_set_maybe, .at = AT(del_set), .preset = "",
		  ONCE("del-set"), .help = "del src/dst IP/port from the named set" },
	[MAP] = { .name = "map-set", .type = &type_set_maybe, .at = AT(map_set), .preset = "",
		  ONCE("map-set"), .help = "apply what the set holds for the packet" },
	[MAP_MARK] = { .name = "map-mark", .given = FLAG(MAP_SKBMARK), .flags = OPT_REPEAT,
		       .help = "the mark" },
	[MAP_PRIO] = { .name = "map-prio", .given = FLAG(MAP_SKBPRIO), .flags = OPT_REPEAT,
		       .help = "the class of tc" },
	[MAP_QUEUE] = { .name = "map-queue", .given = FLAG(MAP_SKBQUEUE), .flags = OPT_REPEAT,
			.help = "the hardware queue" },
	{ 0 },
};

static int check(const struct check *check)
{
	const struct xt_set_info_target_v3 *info = check->data;
	uint32_t given = check->given,
		maps = given & (BIT(MAP_MARK) | BIT(MAP_PRIO) | BIT(MAP_QUEUE));
	const char *bad = NULL;

	if ((given & BIT(ADD) && info->add_set.index == IPSET_INVALID_ID) ||
	    (given & BIT(DEL) && info->del_set.index == IPSET_INVALID_ID) ||
	    (given & BIT(MAP) && info->map_set.index == IPSET_INVALID_ID))
		bad = "Set  doesn't exist.\n";
	else if (!(given & (BIT(ADD) | BIT(DEL) | BIT(MAP))))
		bad = "You must specify either `--add-set' or `--del-set' or `--map-set'";
	else if (given & BIT(EXIST) && !(given & BIT(ADD)))
		bad = "Flag `--exist' can be used with `--add-set' only";
	else if (given & BIT(TIMEOUT) && !(given & BIT(ADD)))
		bad = "Option `--timeout' can be used with `--add-set' only";
	else if (given & BIT(MAP_MARK) && !(given & BIT(MAP)))
		bad = "Flag `--map-mark' can be used with `--map-set' only";
	else if (given & BIT(MAP_PRIO) && !(given & BIT(MAP)))
		bad = "Flag `--map-prio' can be used with `--map-set' only";
	else if (given & BIT(MAP_QUEUE) && !(given & BIT(MAP)))
		bad = "Flag `--map-queue' can be used with `--map-set' only";
	else if (given & BIT(MAP) && !maps)
		bad = "You must specify flags `--map-mark' or '--map-prio` or `--map-queue'";
	return bad ? err_set(check->err, ERR_SYNTAX, check->place, "%s", bad) : 0;
}

/* Older revisions lack the set to map, and the first one what belongs to adding. */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_set_info_target_v3 *info = data;
	const struct xt_set_info_target_v2 *two = theirs;

	if (revision < 1 || revision > 2 ||
	    size < (revision == 2 ? sizeof(*two) : sizeof(struct xt_set_info_target_v1)))
		return false;
	info->add_set = two->add_set;
	info->del_set = two->del_set;
	if (revision == 2) {
		info->flags = two->flags;
		info->timeout = two->timeout;
	}
	return true;
}

/* A list of sets is of no family of its own. */
#define MADE .before = "ipset -exist create seen list:set && ipset -exist create ways list:set"

static const struct example examples[] = {
	{ .rule = "-j SET --add-set seen src --exist --timeout 600 --del-set ways dst,dst",
	  .means = "remember the source for ten minutes, forget the destination", MADE },
	{ .rule = "-j SET --map-set ways src --map-mark",
	  .means = "the mark that the set holds", MADE },
	{ .rule = "-j SET --map-set ways src,dst --map-prio --map-queue",
	  .means = "class and queue that the set holds", MADE },
	{ 0 },
};

static struct set_use use_of(const struct xt_set_info *info)
{
	return (struct set_use){
		.index = info->index, .dim = info->dim, .flags = info->flags,
		.timeout = UINT32_MAX,
	};
}

/* What the set holds for the packet; the queue of a device nobody looks at here. */
static void map(struct eval *e, const struct xt_set_info_target_v3 *info)
{
	struct set_use use = use_of(&info->map_set);
	struct set_found found = { 0 };
	enum answer answer = ANSWER_UNKNOWN;

	use.options = info->flags & (IPSET_FLAG_MAP_SKBMARK | IPSET_FLAG_MAP_SKBPRIO |
				     IPSET_FLAG_MAP_SKBQUEUE);
	if (e->world->set_has)
		answer = e->world->set_has(e->world->context, e, &use, &found);
	if (answer == ANSWER_NO)
		return;
	if (info->flags & IPSET_FLAG_MAP_SKBMARK)
		act_set_mark(e, found.mark, found.mark_mask);
	if (info->flags & IPSET_FLAG_MAP_SKBPRIO)
		e->meta->priority = found.priority;
	if (answer == ANSWER_UNKNOWN)
		e->meta->known &= ~(unsigned)(KNOWN_MARK | KNOWN_PRIORITY);
}

/* set_target_v3() of xt_set.c. */
static enum verdict act(struct eval *e, const void *data, void *state)
{
	const struct xt_set_info_target_v3 *info = data;
	const struct world *w = e->world;
	struct set_use add = use_of(&info->add_set), del = use_of(&info->del_set);

	(void)state;
	if (e->simulated)
		return VERDICT_NONE;
	add.options = info->flags;
	add.timeout = info->timeout;
	if (info->add_set.index != IPSET_INVALID_ID && w->set_change)
		w->set_change(w->context, e, &add, true);
	if (info->del_set.index != IPSET_INVALID_ID && w->set_change)
		w->set_change(w->context, e, &del, false);
	if (info->map_set.index != IPSET_INVALID_ID)
		map(e, info);
	return VERDICT_NONE;
}

static const struct ext set = {
	.name = "SET", .kind = EXT_TARGET, .families = IN_BOTH, .revision = 3,
	.size = sizeof(struct xt_set_info_target_v3), .opts = opts, .effect = EFFECT_COUNTS,
	.summary = "put addresses into sets of ipset(8), or take them out",
	.manual = "--map-set works in the mangle table only, --map-prio and --map-queue in "
	  "FORWARD, "
		  "OUTPUT and POSTROUTING.",
	.kconfig = "CONFIG_NETFILTER_XT_SET", .check = check, .adopt = adopt, .examples = examples,
	.act = act,
};
EXT_REGISTER(set);
