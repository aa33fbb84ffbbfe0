// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Expressions to a rule. Registers are followed by what they hold (a piece of a header, a key, a
 * constant, masked or not), so it does not matter which registers are used, in what order things
 * were loaded, or whether iptables of any version or nft wrote it. Every step either adds to the
 * rule exactly what the expression says, or gives up: then the rule is `unsaid`, never nearly
 * right.
 */
#include "kernel/decode.h"

#include <errno.h>

#include "base/bits.h"
#include "kernel/expr.h"
#include "kernel/members.h"
#include "plan/place.h"

enum {
	BLOB_ALIGN = 8,
	UDATA_COMMENT = 0,		/* NFTNL_UDATA_RULE_COMMENT of libnftnl */
	COMMENT_SIZE = 256,		/* XT_MAX_COMMENT_LEN */
};

static bool push_use(struct decoder *d, struct use use)
{
	if (d->count == MATCH_MOST)
		return false;
	d->as_it_is[d->count] = true;
	d->uses[d->count++] = use;
	return true;
}

/* ------------------------------------------------------------------ statements */

static bool take_verdict(struct decoder *d, const struct expr *e)
{
	const char *name;
	const struct ext *ext;

	switch (e->verdict.code) {
	case NF_ACCEPT:
		name = "ACCEPT";
		break;
	case NF_DROP:
		name = "DROP";
		break;
	case NFT_RETURN:
		name = "RETURN";
		break;
	case NFT_CONTINUE:
		return true;		/* says nothing */
	case NFT_JUMP:
	case NFT_GOTO:
		d->rule->jump = e->verdict.code == NFT_JUMP ? JUMP_CHAIN : JUMP_GOTO;
		d->rule->chain_to = arena_strdup(d->arena, e->verdict.chain);
		d->ended = true;
		return true;
	default:
		return false;
	}
	ext = ext_find(EXT_TARGET, d->family, name);
	return ext && decoder_end(d, (struct use){ .ext = ext, .data = ext->size
				? arena_alloc(d->arena, ext->size) : NULL });
}

static bool take_counter(struct decoder *d, const struct expr *e)
{
	if (d->rule->counts)
		return false;
	d->rule->counts = true;
	d->rule->counters = (struct counters){ e->counter.packets, e->counter.bytes };
	return true;
}

/*
 * The kernel keeps nanoseconds per packet (nft_limit_init), so 60 a minute is 1 a second; a rate
 * that the match would only come near to is not its rate.
 */
static bool is_same_limit(const struct decoder *d, const struct part *part)
{
	const uint64_t second = 1000000000;
	struct part own[1];

	return part->limit.rate && part->limit.unit <= UINT64_MAX / second &&
	       use_lower(d->family, &d->uses[d->count - 1], own, 1) == 1 &&
	       own->kind == PART_LIMIT && own->limit.rate &&
	       own->limit.burst == part->limit.burst &&
	       own->limit.unit * second / own->limit.rate ==
		       part->limit.unit * second / part->limit.rate;
}

static bool take_limit(struct decoder *d, const struct expr *e)
{
	struct part part = {
		.kind = PART_LIMIT,
		.limit = {
			.rate = e->limit.rate, .unit = e->limit.unit, .burst = e->limit.burst,
			.bytes = e->limit.type == NFT_LIMIT_PKT_BYTES,
			.over = e->limit.flags & NFT_LIMIT_F_INV,
		},
	};
	uint16_t before = d->count;

	/* A limit is a bucket of its own: two are never one match. */
	return decoder_offer(d, &part) && d->count == before + 1 && is_same_limit(d, &part);
}

/* ------------------------------------------------------------------ blobs */

static bool blob_use(struct decoder *d, enum ext_kind kind, const struct expr *e, struct use *use)
{
	const struct bytes *info = &e->blob.info;
	uint8_t revision = (uint8_t)e->blob.revision;
	/* Attributes lie on multiples of four; structs want eight. */
	void *theirs = arena_memdup(d->arena, info->at, info->len);
	const struct ext *ext = ext_find_kernel(kind, d->family, e->blob.name, revision, theirs,
						info->len);
	size_t padded;

	if (!ext)
		return false;
	*use = (struct use){ .ext = ext, .data = ext->size ? theirs : NULL };
	padded = (ext->size + (size_t)BLOB_ALIGN - 1) & ~((size_t)BLOB_ALIGN - 1);
	if (ext->revision != revision || (info->len != padded && info->len != ext->size)) {
		if (!ext->adopt)
			return false;
		use->data = arena_alloc(d->arena, ext->size);
		use_init(ext, d->family, use->data);
		if (!ext->adopt(revision, theirs, info->len, use->data))
			return false;
		/* What tells aliases apart can be looked at only now. */
		use->ext = ext_find_kernel(kind, d->family, e->blob.name, ext->revision, use->data,
					   ext->size);
		if (!use->ext || use->ext->size != ext->size)
			return false;
	}
	if (ext->size)
		use_tidy(use->ext, d->family, use->data);
	return use_is_sayable(use->ext, use->data) &&
	       use_comes_back(d->arena, d->family, decoder_proto(d), use);
}

/* One that has a native form, and will be written so, is read as what that is read as. */
static bool take_match(struct decoder *d, const struct expr *e)
{
	struct part parts[PARTS_MOST];
	struct use use;
	int n;

	if (!blob_use(d, EXT_MATCH, e, &use))
		return false;
	n = use_lower(d->family, &use, parts, PARTS_MOST);
	if (n < 0)
		return push_use(d, use);
	for (int i = 0; i < n; i++)
		if (!decoder_offer(d, &parts[i]))
			return false;
	return true;
}

static bool take_target(struct decoder *d, const struct expr *e)
{
	struct use use;

	d->target_as_it_is = true;
	return blob_use(d, EXT_TARGET, e, &use) && decoder_end(d, use);
}

/* ------------------------------------------------------------------ the list */

/*
 * A test behind the counter would be counted differently as an iptables rule, which counts what all
 * tests let pass; behind the target nothing stands in an iptables rule, but a counter may be read
 * as one in front of it where all packets come to both.
 */
static bool is_out_of_place(const struct decoder *d, enum expr_kind kind)
{
	switch (kind) {
	case EXPR_CMP:
	case EXPR_RANGE:
	case EXPR_MATCH:
	case EXPR_LIMIT:
	case EXPR_LOOKUP:
		return d->rule->counts || d->ended;
	case EXPR_PAYLOAD:
	case EXPR_META:
	case EXPR_CT:
	case EXPR_FIB:
	case EXPR_RT:
	case EXPR_BITWISE:
	case EXPR_BYTEORDER:
	case EXPR_IMMEDIATE:
		return false;		/* loads alone say nothing */
	case EXPR_COUNTER:
		return d->ended && !d->goes_on;
	default:
		return d->ended;
	}
}

static bool take(struct decoder *d, const struct expr *e)
{
	if (is_out_of_place(d, e->kind) || !decoder_settle(d, e))
		return false;
	switch (e->kind) {
	case EXPR_PAYLOAD:
	case EXPR_META:
	case EXPR_CT:
	case EXPR_FIB:
	case EXPR_RT:
	case EXPR_BITWISE:
	case EXPR_BYTEORDER:
	case EXPR_IMMEDIATE:
		decoder_load(d, e);
		return true;
	case EXPR_CMP:
		return decoder_cmp(d, e);
	case EXPR_RANGE:
		return decoder_range(d, e);
	case EXPR_LOOKUP:
		return decoder_lookup(d, e);
	case EXPR_VERDICT:
		return take_verdict(d, e);
	case EXPR_COUNTER:
		return take_counter(d, e);
	case EXPR_LIMIT:
		return take_limit(d, e);
	case EXPR_LOG:
	case EXPR_META_SET:
	case EXPR_CT_SET:
	case EXPR_NAT:
	case EXPR_MASQUERADE:
	case EXPR_REDIRECT:
	case EXPR_REJECT:
	case EXPR_NOTRACK:
	case EXPR_QUEUE:
		return decoder_act(d, e);
	case EXPR_MATCH:
		return take_match(d, e);
	case EXPR_TARGET:
		return take_target(d, e);
	case EXPR_UNKNOWN: case EXPR_EXTHDR: case EXPR_SOCKET: case EXPR_QUOTA: case EXPR_OBJECT:
	case EXPR_DYNSET: case EXPR_CONNLIMIT: case EXPR_NUMGEN: case EXPR_HASH:
		break;
	}
	return false;
}

static bool take_list(struct decoder *d, const struct nlattr *expressions)
{
	struct attrs list = attr_inside(expressions);
	const struct nlattr *a;
	struct expr e;
	bool said = true;

	/* After the first unsayable one only the counter is still of interest. */
	while ((a = attr_next(&list))) {
		bool known = expr_read(&e, a);

		if (known && e.kind == EXPR_LOOKUP && d->members)
			d->wants |= !members_find(d->members, e.lookup.set);
		if (said)
			said = known && take(d, &e);
		else if (known && e.kind == EXPR_COUNTER)
			take_counter(d, &e);
	}
	return said && !list.left && decoder_settle(d, NULL) && d->is_ether == d->asks_mac;
}

/* What nft keeps of `comment "..."`, as libnftnl's type-length-value triples. */
static bool take_comment(struct decoder *d, const struct nlattr *userdata)
{
	struct attrs u = attr_inside(userdata);
	const struct ext *ext;
	char *text;

	while (u.left >= 2 && u.left - 2 >= u.at[1]) {
		size_t len = u.at[1];

		if (u.at[0] == UDATA_COMMENT && memchr(u.at + 2, 0, len) && len <= COMMENT_SIZE) {
			ext = ext_find(EXT_MATCH, d->family, "comment");
			if (!ext || ext->size != COMMENT_SIZE)
				return false;
			text = arena_alloc(d->arena, COMMENT_SIZE);
			memcpy(text, u.at + 2, strlen((const char *)u.at + 2));
			return push_use(d, (struct use){ .ext = ext, .data = text });
		}
		u.at += len + 2;
		u.left -= len + 2;
	}
	return true;
}

/*
 * What is an extension of xtables in words only has to be one that could be loaded: nft may put its
 * tests and targets where the kernel lets no such extension stand.
 */
static bool may_stand(const struct decoder *d, const struct chain *chain, const struct use *use)
{
	struct err err = ERR_INIT;
	struct check check = {
		.ext = use->ext, .family = d->family, .head = &d->rule->head, .data = use->data,
		.place = PLACE_NONE, .err = &err,
	};

	return use->ext->native || ((!use->ext->check || !use->ext->check(&check)) &&
				    !place_check_use(chain, d->rule, use));
}

/*
 * Programs of the family take no device where a packet has none yet, or none any more, though nft
 * and the kernel do.
 */
static bool devices_may_stand(const struct decoder *d, const struct chain *chain)
{
	const struct builtin_chain *b = builtin_chain(chain->table->name, chain->name);
	unsigned hook = b ? BIT(b->hook) : 0;

	return !(d->seen & INVERT_OUT && hook & (HOOK_PREROUTING | HOOK_INPUT)) &&
	       !(d->seen & INVERT_IN && hook & (HOOK_OUTPUT | HOOK_POSTROUTING));
}

static bool all_may_stand(const struct decoder *d, const struct chain *chain)
{
	if (d->seen & (INVERT_IN | INVERT_OUT) && !devices_may_stand(d, chain))
		return false;
	for (uint16_t i = 0; i < d->count; i++)
		if (!d->as_it_is[i] && !may_stand(d, chain, &d->uses[i]))
			return false;
	return d->rule->jump != JUMP_TARGET || d->target_as_it_is ||
	       may_stand(d, chain, &d->rule->target);
}

static bool decode_words(struct arena *arena, const struct chain *chain, struct rule *rule,
			 const struct nlmsghdr *h, struct members *members)
{
	const struct nlattr *table[NFTA_RULE_MAX + 1];
	struct decoder d;
	struct unsaid *unsaid;

	attr_table(attr_of_message(h), table, NFTA_RULE_MAX);
	decoder_init(&d, arena, chain->table->family, rule);
	d.members = members;
	if (take_list(&d, table[NFTA_RULE_EXPRESSIONS]) &&
	    take_comment(&d, table[NFTA_RULE_USERDATA]) && all_may_stand(&d, chain)) {
		rule->unsaid = NULL;
		rule->match_count = d.count;
		if (d.count)
			rule->matches = arena_memdup(arena, d.uses, d.count * sizeof(d.uses[0]));
		return false;
	}
	/* Nothing half said may stay: whoever overlooks `unsaid` must not see a plain rule. */
	rule->head = (struct head){ 0 };
	rule->jump = JUMP_NONE;
	rule->target = (struct use){ 0 };
	rule->chain_to = NULL;
	unsaid = arena_alloc(arena, sizeof(*unsaid));
	unsaid->text = expr_words(arena, chain->table->family, table[NFTA_RULE_EXPRESSIONS],
				  members);
	rule->unsaid = unsaid;
	return d.wants;
}

int decode_rule(struct ruleset *rs, struct chain *chain, const struct nlmsghdr *h, bool words,
		struct members *members)
{
	const struct nlattr *table[NFTA_RULE_MAX + 1];
	struct rule *rule;
	uint64_t handle;

	attr_table(attr_of_message(h), table, NFTA_RULE_MAX);
	if (!attr_u64(table[NFTA_RULE_HANDLE], &handle) || !handle)
		return -EBADMSG;
	rule = arena_alloc(&rs->arena, sizeof(*rule));
	rule->handle = handle;
	if (words && decode_words(&rs->arena, chain, rule, h, members))
		members_wait(members, chain, rule, h);
	chain_insert(chain, rule, NULL);
	return 0;
}

void members_settle(struct members *members)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct waiting_rule *w = &members->items[i];

		w->rule->counts = false;
		w->rule->counters = (struct counters){ 0 };
		decode_words(members->arena, w->chain, w->rule, w->message, members);
	}
	members->count = 0;
}
