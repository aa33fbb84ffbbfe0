// SPDX-License-Identifier: GPL-2.0-or-later
/* -m set: sets of addresses, ports, devices ... that ipset(8) keeps. */
#include <linux/netfilter/xt_set.h>

#include "ext/type/types.h"

#define FLAG(bit) BITS(struct xt_set_info_match_v4, flags, IPSET_FLAG_##bit)
#define OP(member, which) \
	MODE(struct xt_set_info_match_v4, member.op, IPSET_COUNTER_##which, 0xff)
#define COUNTER(member, which) \
	.type = &type_uint, .at = SPAN(struct xt_set_info_match_v4, member.value), \
	.given = OP(member, which), .metavar = "value", \
	.bad = "Cannot parse %v as a counter value\n"
#define ONE_OF(what) .clash = "only one of the --" what "-[eq|lt|gt] is allowed\n"

enum {
	MATCH, RETURN_NOMATCH, UPDATE, UPDATE_SUB, PACKETS_EQ, PACKETS_LT, PACKETS_GT, BYTES_EQ,
	BYTES_LT, BYTES_GT, OLD,
};

#define PACKETS (BIT(PACKETS_EQ) | BIT(PACKETS_LT) | BIT(PACKETS_GT))
#define BYTES (BIT(BYTES_EQ) | BIT(BYTES_LT) | BIT(BYTES_GT))

static const struct opt opts[] = {
	[MATCH] = { .name = "match-set", .type = &type_set,
	  .at = SPAN(struct xt_set_info_match_v4, match_set),
	  .invert = BITS(struct xt_set_info_match_v4, match_set.flags, IPSET_INV_MATCH),
	  .flags = OPT_ALWAYS, .excludes = BIT(OLD),
	  .clash = "--match-set can be specified only once",
	  .help = "'name' is the set name from to match,\n"
		  "'flags' are the comma separated list of\n'src' and 'dst' specifications." },
	[RETURN_NOMATCH] = { .name = "return-nomatch", .given = FLAG(RETURN_NOMATCH),
	  .flags = OPT_REPEAT, .help = "elements marked nomatch count, too" },
	[UPDATE] = { .name = "update-counters", .invert = FLAG(SKIP_COUNTER_UPDATE),
	  .flags = OPT_REPEAT, .help = "with !: leave the counters of the element alone" },
	[UPDATE_SUB] = { .name = "update-subcounters", .invert = FLAG(SKIP_SUBCOUNTER_UPDATE),
	  .flags = OPT_REPEAT, .help = "with !: leave those in the sets of a list alone" },
	[PACKETS_EQ] = { .name = "packets-eq", COUNTER(packets, EQ), .invert = OP(packets, NE),
	  .excludes = PACKETS & ~BIT(PACKETS_EQ), ONE_OF("packets"),
	  .help = "the element has counted so many packets" },
	[PACKETS_LT] = { .name = "packets-lt", COUNTER(packets, LT),
	  .excludes = PACKETS & ~BIT(PACKETS_LT), ONE_OF("packets"), .help = "fewer packets" },
	[PACKETS_GT] = { .name = "packets-gt", COUNTER(packets, GT),
	  .excludes = PACKETS & ~BIT(PACKETS_GT), ONE_OF("packets"), .help = "more packets" },
	[BYTES_EQ] = { .name = "bytes-eq", COUNTER(bytes, EQ), .invert = OP(bytes, NE),
	  .excludes = BYTES & ~BIT(BYTES_EQ), ONE_OF("bytes"),
	  .help = "the element has counted so many bytes" },
	[BYTES_LT] = { .name = "bytes-lt", COUNTER(bytes, LT),
	  .excludes = BYTES & ~BIT(BYTES_LT), ONE_OF("bytes"), .help = "fewer bytes" },
	[BYTES_GT] = { .name = "bytes-gt", COUNTER(bytes, GT),
	  .excludes = BYTES & ~BIT(BYTES_GT), ONE_OF("bytes"), .help = "more bytes" },
	[OLD] = { .name = "set", .type = &type_set,
	  .at = SPAN(struct xt_set_info_match_v4, match_set),
	  .invert = BITS(struct xt_set_info_match_v4, match_set.flags, IPSET_INV_MATCH),
	  .flags = OPT_ALIAS | OPT_HIDDEN, .excludes = BIT(MATCH),
	  .clash = "--match-set can be specified only once" },
	{ 0 },
};

/* A list of sets is of no family of its own. */
#define MADE .before = "ipset -exist create blocked list:set && " \
		       "ipset -exist create services list:set"

static const struct example examples[] = {
	{ .rule = "-m set --match-set blocked src", .means = "packets from addresses in the set",
	  MADE },
	{ .rule = "-m set ! --match-set services dst,dst --return-nomatch ! --update-counters "
		  "! --update-subcounters", .means = "anything but these services, and not counted",
	  MADE },
	{ .rule = "-m set --match-set blocked src --packets-gt 100 ! --bytes-eq 0",
	  .means = "those the set has counted often", MADE },
	{ .rule = "-m set --match-set blocked src ! --packets-eq 1 --bytes-lt 4096",
	  .means = "not just one packet, but little", MADE },
	{ .rule = "-m set --match-set blocked src --packets-lt 3 --bytes-gt 1500",
	  .means = "few packets, and large ones", MADE },
	{ .rule = "-m set --set blocked dst", .means = "the old spelling",
	  .saved = "-m set --match-set blocked dst", MADE },
	{ 0 },
};

/*
 * Revisions 1 and 2 are the set alone, told apart by a flag; 3 has the counters in another order.
 */
static bool adopt(uint8_t revision, const void *theirs, size_t size, void *data)
{
	struct xt_set_info_match_v4 *info = data;
	const struct xt_set_info_match_v3 *three = theirs;

	if (revision < 1 || revision > 3 || size < (revision == 3 ? sizeof(*three) :
						    sizeof(struct xt_set_info_match_v1)))
		return false;
	memcpy(&info->match_set, theirs, sizeof(info->match_set));
	if (revision == 3) {
		info->packets.op = three->packets.op;
		info->packets.value = three->packets.value;
		info->bytes.op = three->bytes.op;
		info->bytes.value = three->bytes.value;
		info->flags = three->flags;
	} else if (info->match_set.flags & IPSET_RETURN_NOMATCH) {
		info->match_set.flags &= (uint8_t)~IPSET_RETURN_NOMATCH;
		info->flags = IPSET_FLAG_RETURN_NOMATCH;
	}
	return true;
}

/* set_match_v4() of xt_set.c. */
static enum answer match(struct eval *e, const void *data, void *state)
{
	const struct xt_set_info_match_v4 *info = data;
	const struct world *w = e->world;
	const struct set_use use = {
		.index = info->match_set.index, .dim = info->match_set.dim,
		.flags = info->match_set.flags, .options = info->flags, .timeout = UINT32_MAX,
		.packets_op = info->packets.op, .packets = info->packets.value,
		.bytes_op = info->bytes.op, .bytes = info->bytes.value,
	};
	char name[32] = "";
	enum answer answer;

	(void)state;
	if (!w->set_has) {
		set_name(use.index, name);
		return eval_unknown(e, "who is in set %.*s is not known", (int)sizeof(name), name);
	}
	answer = w->set_has(w->context, e, &use, NULL);
	return info->match_set.flags & IPSET_INV_MATCH ? answer_not(answer) : answer;
}

static const struct ext set = {
	.name = "set", .kind = EXT_MATCH, .families = IN_BOTH, .revision = 4,
	.size = sizeof(struct xt_set_info_match_v4), .opts = opts, .some = BIT(MATCH) | BIT(OLD),
	.some_text = "You must specify `--match-set' with proper arguments",
	/* Some sets hold hardware addresses. */
	.effect = EFFECT_STATEFUL, .looks_at = LOOKS_AT_LINK, .adopt = adopt,
	.summary = "sets that ipset(8) keeps",
	.manual = "A set has to be there before a rule names it, and cannot be destroyed or "
	  "renamed "
		  "while one does. The flags say for each part of an element whether it is "
		  "compared with the source or the destination of the packet.",
	.kconfig = "CONFIG_NETFILTER_XT_SET", .examples = examples, .match = match,
};
EXT_REGISTER(set);
